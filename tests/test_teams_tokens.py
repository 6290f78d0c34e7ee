"""The app's own tokens: msal's real code over a transport of ours."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bot.chat import NotNow, RefusedForGood
from handlers.teams_certificate import Certificate, read_certificate
from handlers.teams_tokens import CONNECTOR, GRAPH, PatientClient, Tokens
from tests.teams_doors import Hands

TENANT = "b0000000-0000-4000-8000-000000000002"
APP = "a0000000-0000-4000-8000-000000000001"
SECRET = "zebrafinch-secret"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@dataclass
class Reply:
    """What msal takes for a response."""

    status_code: int = 200
    text: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)


def told(status: int = 200, headers: dict[str, str] | None = None, **body: Any) -> Reply:
    return Reply(status, json.dumps(body), headers or {})


def refusal(error: str, number: int, status: int = 401) -> Reply:
    """As Entra refuses: with words that hold more than a log should."""
    words = f"AADSTS{number}: no, {SECRET}. Trace ID: 1"
    return told(status, error=error, error_description=words, error_codes=[number, "x"])


class Login:
    """Entra's side of the wire: what it was sent, and what it says."""

    def __init__(self, home: str = "https://login.microsoftonline.com") -> None:
        self.authority = f"{home}/{TENANT}"
        self.posted: list[dict[str, Any]] = []
        self.got: list[str] = []
        self.threads: set[int] = set()
        self.at_once = self.most_at_once = 0
        self.seconds: Any = 3599
        self.discovery: Callable[[], Reply] = self.describe
        self.answer: Callable[[dict[str, Any]], Reply] = self.grant
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.closed = False

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Reply:
        self.got.append(url)
        return self.discovery()

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any
    ) -> Reply:
        assert url == f"{self.authority}/oauth2/v2.0/token"
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.threads.add(threading.get_ident())
        self.posted.append(data)
        assert self.may_answer.wait(10)
        self.at_once -= 1
        return self.answer(data)

    def close(self) -> None:
        self.closed = True

    def describe(self) -> Reply:
        return told(
            issuer=f"{self.authority}/v2.0",
            authorization_endpoint=f"{self.authority}/oauth2/v2.0/authorize",
            token_endpoint=f"{self.authority}/oauth2/v2.0/token",
        )

    def grant(self, data: dict[str, Any]) -> Reply:
        token = f"token-{len(self.posted)}-{data['scope']}"
        return told(token_type="Bearer", expires_in=self.seconds, access_token=token)


@pytest.fixture
def login() -> Login:
    return Login()


@pytest.fixture
def clock() -> Hands:
    return Hands(NOON.timestamp())


@pytest.fixture
def tokens(login: Login, clock: Hands) -> Tokens:
    return Tokens(TENANT, APP, SECRET, http_client=login, clock=clock)


# --------------------------------------------------------------------------- what is asked, and kept


async def test_a_secret_is_shown_to_the_tenant_s_own_login(tokens: Tokens, login: Login):
    assert await tokens.token(CONNECTOR) == f"token-1-{CONNECTOR}"

    assert login.got == [f"{login.authority}/v2.0/.well-known/openid-configuration"]
    sent = login.posted[0]
    assert (sent["client_id"], sent["client_secret"]) == (APP, SECRET)
    assert (sent["grant_type"], sent["scope"]) == ("client_credentials", CONNECTOR)


async def test_msal_does_not_run_in_the_loop_s_thread(tokens: Tokens, login: Login):
    await tokens.token(CONNECTOR)

    assert threading.get_ident() not in login.threads


async def test_a_token_is_kept_until_five_minutes_before_its_end(
    tokens: Tokens, login: Login, clock: Hands
):
    login.seconds = 3600
    first = await tokens.token(CONNECTOR)
    clock.now += 3299

    assert await tokens.token(CONNECTOR) == first
    assert len(login.posted) == 1
    assert tokens._held[CONNECTOR].until == NOON.timestamp() + 3300


async def test_a_short_token_is_kept_for_half_its_time(tokens: Tokens, login: Login, clock: Hands):
    login.seconds = 200  # too short for msal's own memory
    first = await tokens.token(CONNECTOR)
    clock.now += 99
    assert await tokens.token(CONNECTOR) == first

    clock.now += 1
    assert await tokens.token(CONNECTOR) == f"token-2-{CONNECTOR}"


async def test_each_scope_has_its_own_token(tokens: Tokens):
    assert await tokens.token(CONNECTOR) == f"token-1-{CONNECTOR}"
    assert await tokens.token(GRAPH) == f"token-2-{GRAPH}"
    assert await tokens.token(CONNECTOR) == f"token-1-{CONNECTOR}"


async def test_a_forgotten_token_is_fetched_anew_and_no_other(tokens: Tokens, login: Login):
    await tokens.token(CONNECTOR)
    await tokens.token(GRAPH)
    tokens.forget(CONNECTOR)

    assert await tokens.token(CONNECTOR) == f"token-3-{CONNECTOR}"
    assert await tokens.token(GRAPH) == f"token-2-{GRAPH}"


async def test_to_forget_what_was_never_there_costs_nothing(tokens: Tokens, login: Login):
    tokens.forget(CONNECTOR)

    assert login.posted == []


async def test_many_at_once_wait_for_one_login(tokens: Tokens, login: Login):
    found = await asyncio.gather(*(tokens.token(CONNECTOR) for _ in range(20)))

    assert set(found) == {f"token-1-{CONNECTOR}"}
    assert len(login.posted) == 1


async def test_one_login_at_a_time(tokens: Tokens, login: Login):
    await tokens.token("https://service.example/.default")
    login.may_answer.clear()
    waiting = [asyncio.create_task(tokens.token(scope)) for scope in (CONNECTOR, GRAPH)]
    while len(login.posted) < 2:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.1)
    login.may_answer.set()
    await asyncio.gather(*waiting)

    assert (len(login.posted), login.most_at_once) == (3, 1)


async def test_the_loop_goes_on_while_the_login_takes_its_time(tokens: Tokens, login: Login):
    login.may_answer.clear()
    waiting = asyncio.create_task(tokens.token(CONNECTOR))
    while not login.posted:
        await asyncio.sleep(0.001)
    assert not waiting.done()
    login.may_answer.set()

    assert await waiting == f"token-1-{CONNECTOR}"


async def test_who_stops_waiting_does_not_end_the_login_for_the_others(
    tokens: Tokens, login: Login
):
    login.may_answer.clear()
    first = asyncio.create_task(tokens.token(CONNECTOR))
    second = asyncio.create_task(tokens.token(CONNECTOR))
    while not login.posted:
        await asyncio.sleep(0.001)
    first.cancel()
    await asyncio.wait([first])
    login.may_answer.set()

    assert await second == f"token-1-{CONNECTOR}"
    assert len(login.posted) == 1


async def test_another_login_address_is_asked_for_nothing_but_its_tenant(clock: Hands):
    login = Login("https://login.school.example")
    tokens = Tokens(
        TENANT, APP, SECRET, login_url="https://login.school.example/", http_client=login
    )

    assert await tokens.token(GRAPH) == f"token-1-{GRAPH}"
    assert login.got == [f"{login.authority}/v2.0/.well-known/openid-configuration"]


async def test_closing_closes_the_transport(tokens: Tokens, login: Login):
    await tokens.token(CONNECTOR)
    tokens.close()

    assert login.closed


# ---------------------------------------------------------------------------------- the certificate


def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certify(key: Any, days: int = 30) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sharecheck")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(7)
    builder = builder.not_valid_before(NOON).not_valid_after(NOON + timedelta(days=days))
    return builder.public_key(key.public_key()).sign(key, hashes.SHA256())


def write(*parts: Any, password: bytes | None = None) -> bytes:
    """The PEM file of keys and certificates."""
    lock: Any = forms.BestAvailableEncryption(password) if password else forms.NoEncryption()
    shape = forms.PrivateFormat.TraditionalOpenSSL
    return b"".join(
        part.public_bytes(forms.Encoding.PEM)
        if isinstance(part, x509.Certificate)
        else part.private_bytes(forms.Encoding.PEM, shape, lock)
        for part in parts
    )


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return private_key()


@pytest.fixture(scope="module")
def other_key() -> rsa.RSAPrivateKey:
    return private_key()


async def test_a_certificate_signs_what_is_shown_and_the_secret_stays_here(
    login: Login, key: rsa.RSAPrivateKey
):
    own = certify(key)
    tokens = Tokens(TENANT, APP, read_certificate(write(key, own)), http_client=login)

    assert await tokens.token(CONNECTOR) == f"token-1-{CONNECTOR}"

    sent = login.posted[0]
    assert "client_secret" not in sent
    assert sent["client_assertion_type"].endswith("jwt-bearer")
    shown = sent["client_assertion"]
    head = jwt.get_unverified_header(shown)
    thumb = base64.urlsafe_b64decode(head["x5t#S256"] + "==")
    claims = jwt.decode(
        shown, key.public_key(), ["PS256"], audience=f"{login.authority}/oauth2/v2.0/token"
    )
    assert thumb == own.fingerprint(hashes.SHA256())
    assert (claims["iss"], claims["sub"]) == (APP, APP)
    assert "PRIVATE KEY" not in json.dumps([{**sent, "client_assertion": str(shown)}])


async def test_the_assertion_of_another_key_would_be_noticed(
    login: Login, key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey
):
    tokens = Tokens(TENANT, APP, read_certificate(write(key, certify(key))), http_client=login)
    await tokens.token(CONNECTOR)

    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(
            login.posted[0]["client_assertion"],
            other_key.public_key(),
            ["PS256"],
            options={"verify_aud": False},
        )


def test_the_key_s_own_certificate_is_found_among_others(
    key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey
):
    found = read_certificate(write(certify(other_key), certify(key, days=9), key))

    assert x509.load_pem_x509_certificate(found.public.encode()) == certify(key, days=9)
    assert found.ends == NOON + timedelta(days=9)


def test_a_certificate_says_nothing_of_itself_when_it_is_shown(key: rsa.RSAPrivateKey):
    assert "PEM" not in repr(read_certificate(write(key, certify(key))))
    assert "BEGIN" not in repr(read_certificate(write(key, certify(key))))


def test_what_is_wrong_with_a_certificate_is_said_and_nothing_of_it(
    key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey
):
    curve = ec.generate_private_key(ec.SECP256R1())
    pems = {
        b"": "no private key",
        b"zebrafinch": "no private key",
        write(certify(key)): "no private key",
        write(key): "no certificate",
        write(key, certify(other_key)): "certificate of the private key is not in the file",
        write(key, certify(key), password=b"zebrafinch"): "has a password",
        write(curve, certify(curve)): "not an RSA key",
        write(key, certify(key))[:-200]: "no certificate",
    }
    for pem, problem in pems.items():
        with pytest.raises(ValueError, match=problem) as raised:
            read_certificate(pem)
        assert "zebrafinch" not in str(raised.value)
        assert raised.value.__cause__ is None


# ------------------------------------------------------------------------------------ what may go wrong


REFUSALS = [
    refusal("invalid_client", 7000215),
    refusal("unauthorized_client", 700016, 400),
    refusal("invalid_client", 7000222),
    refusal("invalid_scope", 70011, 400),
    refusal("access_denied", 53003, 403),
]


@pytest.mark.parametrize("reply", REFUSALS)
async def test_what_entra_refuses_is_refused_for_good(
    tokens: Tokens, login: Login, logged: list[Any], reply: Reply
):
    login.answer = lambda _: reply

    with pytest.raises(RefusedForGood) as raised:
        await tokens.token(CONNECTOR)

    assert raised.value.code == "login_refused"
    assert [line["event"] for line in logged] == ["teams_login_refused"]
    assert logged[0]["numbers"] == [json.loads(reply.text)["error_codes"][0]]
    assert SECRET not in json.dumps(logged) + repr(raised.value)


@pytest.mark.parametrize("status", [400, 404])
async def test_a_tenant_that_is_not_known_is_refused_for_good(
    tokens: Tokens, login: Login, status: int
):
    login.discovery = lambda: refusal("invalid_tenant", 90002, status)

    with pytest.raises(RefusedForGood):
        await tokens.token(CONNECTOR)
    assert login.posted == []


def fail(problem: Exception) -> Callable[..., Reply]:
    def raise_it(*_: object) -> Reply:
        raise problem

    return raise_it


def away() -> list[Exception]:
    import requests

    return [
        requests.ConnectionError(SECRET),
        requests.Timeout(SECRET),
        requests.exceptions.ChunkedEncodingError(SECRET),
        ConnectionResetError(),
        TimeoutError(),
    ]


TROUBLE = [
    told(500),
    told(503, {"Retry-After": "7"}),
    told(429, {"Retry-After": "7"}, error="too_many_requests"),
    Reply(200, "<html>sign in to the network</html>"),
    Reply(200, "[]"),
    Reply(200, '{"token_type": "Bearer"}'),
    Reply(407, "proxy"),
    Reply(403, "<html>blocked</html>"),
    Reply(400, "[]"),
    Reply(401, "{}"),
    Reply(200, "[" * 100_000),
    Reply(502, "x" * 1000),
    told(400, error="temporarily_unavailable"),
]


@pytest.mark.parametrize("step", ["discovery", "answer"])
@pytest.mark.parametrize("trouble", [*TROUBLE[:-1], *map(fail, away())])
async def test_a_login_that_is_away_is_for_later(
    tokens: Tokens, login: Login, logged: list[Any], step: str, trouble: Any
):
    setattr(login, step, trouble if callable(trouble) else lambda *_: trouble)

    with pytest.raises(NotNow) as raised:
        await tokens.token(CONNECTOR)

    assert raised.value.code == "login_failed"
    assert [line["event"] for line in logged] == ["teams_login_failed"]
    assert SECRET not in json.dumps(logged) + repr(raised.value)


async def test_an_error_that_passes_is_for_later(tokens: Tokens, login: Login, clock: Hands):
    """Also when msal says it again from its memory, in which it keeps errors for a minute."""
    login.answer = lambda _: TROUBLE[-1]

    for _ in range(3):
        with pytest.raises(NotNow):
            await tokens.token(CONNECTOR)
        clock.now += 5
    assert len(login.posted) == 1


async def test_a_refusal_that_msal_repeats_from_memory_stays_one(
    tokens: Tokens, login: Login, clock: Hands
):
    login.answer = lambda _: REFUSALS[1]

    for _ in range(2):
        with pytest.raises(RefusedForGood):
            await tokens.token(CONNECTOR)
        clock.now += 60
    assert len(login.posted) == 1


async def test_how_long_the_login_wants_to_be_left_alone_is_passed_on(
    tokens: Tokens, login: Login, clock: Hands
):
    login.discovery = lambda: told(503, {"Retry-After": "30"})
    with pytest.raises(NotNow) as raised:
        await tokens.token(CONNECTOR)
    assert raised.value.after == 30

    clock.now += 29
    with pytest.raises(NotNow):
        await tokens.token(CONNECTOR)
    assert len(login.got) == 1

    clock.now += 1
    login.discovery = login.describe
    assert await tokens.token(CONNECTOR) == f"token-1-{CONNECTOR}"


@pytest.mark.parametrize("wait", ["-1", "soon", "1e400", "٣", "9" * 400])
async def test_a_strange_wait_is_no_harm(tokens: Tokens, login: Login, wait: str):
    login.discovery = lambda: told(503, {"Retry-After": wait})
    with pytest.raises(NotNow) as raised:
        await tokens.token(CONNECTOR)

    assert raised.value.after in {None, 3600}


async def test_a_refusal_is_believed_for_a_minute(tokens: Tokens, login: Login, clock: Hands):
    login.answer = lambda _: REFUSALS[0]
    for _ in range(5):
        with pytest.raises(RefusedForGood):
            await tokens.token(CONNECTOR)
        tokens.forget(CONNECTOR)
    assert len(login.posted) == 1

    clock.now += 60
    login.answer = login.grant
    assert await tokens.token(CONNECTOR) == f"token-2-{CONNECTOR}"


async def test_after_trouble_it_asks_again_soon(tokens: Tokens, login: Login, clock: Hands):
    login.answer = fail(TimeoutError())
    with pytest.raises(NotNow):
        await tokens.token(CONNECTOR)
    login.answer = login.grant
    clock.now += 5

    assert await tokens.token(CONNECTOR) == f"token-2-{CONNECTOR}"


async def test_nothing_of_a_token_or_secret_reaches_a_log(
    tokens: Tokens, login: Login, logged: list[Any], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    await tokens.token(CONNECTOR)
    login.answer = lambda _: Reply(200, f"access_token={SECRET}")
    with pytest.raises(NotNow):
        await tokens.token(GRAPH)

    said = json.dumps(logged) + caplog.text
    assert SECRET not in said
    assert "token-1" not in said
    assert SECRET not in repr(tokens._held)
    assert "token-1" not in repr(tokens._held)


# ---------------------------------------------------------------------------- the transport by default


async def test_the_transport_by_default_gives_up_on_a_login_that_says_nothing():
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    client = PatientClient((1.0, 0.05))
    try:
        for ask in (client.get, client.post):
            with pytest.raises(OSError, match="timed out"):
                await asyncio.to_thread(ask, url)
    finally:
        client.close()
        server.close()
        await server.wait_closed()


async def test_the_transport_by_default_speaks_as_msal_asks():
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        heard.append(head.split(b" ")[1] + b" " + await reader.readexactly(size))
        writer.write(b"HTTP/1.1 429 Wait\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/token"
    client = PatientClient()
    try:
        reply = await asyncio.to_thread(client.post, url, {"a": "1"}, {"b": "ü"}, {"X-Y": "z"})
    finally:
        client.close()
        server.close()
        await server.wait_closed()

    assert heard == [b"/token?a=1 b=%C3%BC"]
    assert (reply.status_code, reply.text, reply.headers["retry-after"]) == (429, "{}", "3")


def test_a_certificate_is_what_tokens_take_beside_a_secret(key: rsa.RSAPrivateKey):
    assert isinstance(read_certificate(write(key, certify(key))), Certificate)
