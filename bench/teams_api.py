"""Microsoft's side, which takes everything at once, in a process of its own: never the brake.

Run as `python -m bench.teams_api <port> <login's port> <folder>`. It answers the connector and the
key set over HTTP, and the login over TLS, as they would when all is well. What `bench.chat_api`
tells under `/bench/`, it tells too.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from bench.chat_api import Caller, Listener, as_answer
from bench.processes import LOOPBACK
from bench.teams_tenant import CERTIFICATE, DEPUTY, DSL, KEY_SET, KEYS, TOKEN, member

CONVERSATIONS = "/teams/connector/v3/conversations/"
ROSTER, POST, OTHER = "roster", "post", "other"
"""What the connector's calls are counted as; a roster with the place it is of."""


class Tenant(Listener):
    """What Microsoft answers; `login` is the address of its login."""

    def __init__(self, login: str, folder: Path) -> None:
        super().__init__()
        self._ids = itertools.count(1_700_000_000_000)
        self._keys = as_answer(json.loads((folder / KEY_SET).read_text()))
        token = (folder / TOKEN).read_text()
        self._token = as_answer({"token_type": "Bearer", "expires_in": 3599, "access_token": token})
        self._roster = as_answer({"members": [member(DSL), member(DEPUTY)]})
        self._login = login

    def answer(self, path: str, body: bytes) -> bytes:
        """The whole HTTP answer to a call; the connector's are remembered."""
        if path.startswith(CONVERSATIONS):
            return self._converse(path, body)
        if path.endswith(KEYS):
            return self._keys
        if path.endswith("/token"):
            return self._token
        if path.endswith("/v2.0/.well-known/openid-configuration"):
            return as_answer(_discovery(self._login, path.split("/")[1]))
        return as_answer({})

    def _converse(self, path: str, body: bytes) -> bytes:
        place, _, what = path.removeprefix(CONVERSATIONS).partition("/")
        kind = what.partition("?")[0]
        if kind == "pagedmembers":
            self.calls.append((f"{ROSTER} {place}", time.time(), b""))
            return self._roster
        self.calls.append((POST if kind == "activities" else OTHER, time.time(), body))
        return as_answer({"id": str(next(self._ids))})


def _discovery(login: str, tenant: str) -> dict[str, Any]:
    start = f"{login}/{tenant}"
    return {
        "issuer": f"{start}/v2.0",
        "token_endpoint": f"{start}/oauth2/v2.0/token",
        "authorization_endpoint": f"{start}/oauth2/v2.0/authorize",
        "jwks_uri": f"{start}/discovery/v2.0/keys",
    }


async def answer_calls(port: int, login_port: int, folder: Path) -> None:
    """Answer until the process is ended."""
    loop = asyncio.get_running_loop()
    tenant = Tenant(f"https://{LOOPBACK}:{login_port}", folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / CERTIFICATE)
    login = await loop.create_server(lambda: Caller(tenant), LOOPBACK, login_port, ssl=tls)
    server = await loop.create_server(lambda: Caller(tenant), LOOPBACK, port, backlog=1024)
    async with login, server:
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(answer_calls(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
