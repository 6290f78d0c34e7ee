"""The floor on Teams: the SDK's own `App`, as a newcomer would write it, served as we are.

Run as `python -m bench.teams_floor <port> <app id> <tenant> <API's port> <folder>`.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop

from bench.processes import LOOPBACK
from bench.teams_tenant import OPENID, TOKEN

if TYPE_CHECKING:
    from fastapi import FastAPI
    from microsoft_teams.apps import App

PATH = "/teams/messages"
WORDS = "Hello, world"


def hello_world(port: int, app_id: str, tenant: str, api_url: str, folder: Path) -> App:
    """Answers a message with a small card, and a page of a dialog with another.

    Only what it must reach here is not as it comes: the address of the key set, which is a setting
    of its cloud, and where its own token is from. Tokens are checked as the SDK does it.
    """
    from microsoft_teams.api.auth.cloud_environment import PUBLIC
    from microsoft_teams.api.models import (
        AdaptiveCardAttachment,
        CardTaskModuleTaskInfo,
        TaskModuleResponse,
        card_attachment,
    )
    from microsoft_teams.api.models import TaskModuleContinueResponse as Continue
    from microsoft_teams.apps import App, FastAPIAdapter
    from microsoft_teams.cards import AdaptiveCard, TextBlock

    token = (folder / TOKEN).read_text()
    app = App(
        client_id=app_id,
        tenant_id=tenant,
        token=lambda _scope, _tenant: token,
        cloud=replace(PUBLIC, openid_metadata_url=f"{api_url}{OPENID}"),
        messaging_endpoint=PATH,
        http_server_adapter=FastAPIAdapter(server_factory=lambda served: _server(served, port)),
    )

    @app.on_message
    async def answer(context: Any) -> None:
        await context.send(AdaptiveCard(body=[TextBlock(text=WORDS)]))

    @app.on_dialog_submit
    async def turn(_context: Any) -> TaskModuleResponse:
        card = AdaptiveCard(body=[TextBlock(text=WORDS)])
        attachment = card_attachment(AdaptiveCardAttachment(content=card))
        page = CardTaskModuleTaskInfo(title="Hello", card=attachment)
        return TaskModuleResponse(task=Continue(value=page))

    return app


def _server(served: FastAPI, port: int) -> uvicorn.Server:
    """With the settings of `bot/serving.py`."""

    @served.get("/readyz")
    async def say_ready() -> dict[str, bool]:
        return {"ready": True}

    config = uvicorn.Config(
        served, host=LOOPBACK, port=port, log_config=None, access_log=False, server_header=False
    )
    return uvicorn.Server(config)


def serve(port: int, app_id: str, tenant: str, api_port: int, folder: Path) -> None:
    """Serve it until the process is ended."""
    logging.disable(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        app = hello_world(port, app_id, tenant, f"http://{LOOPBACK}:{api_port}", folder)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(app.start(port))


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), Path(sys.argv[5]))
