"""What gets through the way in for Teams, and what does not."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from microsoft_teams.api.models.adaptive_card import AdaptiveCardActionMessageResponse
from microsoft_teams.api.models.task_module import TaskModuleMessageResponse

from handlers.teams_http import LARGEST_BODY
from playground.teams_keys import BadToken, Signer, TeamsKeys
from tests.teams_doors import APP, MARK, SERVICE, Door, activity, door_open

ELSEWHERE = "d0000000-0000-4000-8000-000000000004"


@pytest.fixture(scope="module")
def keys() -> TeamsKeys:
    return TeamsKeys(APP)


@pytest.fixture
async def door(keys: TeamsKeys) -> AsyncIterator[Door]:
    async with door_open(keys) as opened:
        yield opened


def part(told: Any) -> str:
    text = told if isinstance(told, str) else json.dumps(told)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


async def refused(door: Door, code: str, logged: list[Any], *args: Any, **more: Any) -> int:
    """The status of what did not get through; the log has the code, and nothing else of it."""
    status, body = await door.knock(*args, **more)

    assert (body, door.heard) == ("", [])
    assert [line["code"] for line in logged] == [code]
    assert set(logged[0]) == {"event", "log_level", "code", "reference"}
    return status


# --------------------------------------------------------------------------------- what gets in


async def test_an_activity_with_a_good_token_reaches_the_edge_whole(door: Door):
    assert await door.knock() == (200, "")
    assert door.heard == [activity()]


async def test_what_the_edge_answers_goes_out_as_json(door: Door):
    door.replies = (200, {"task": {"type": "message", "value": "\ud800 <b> é"}})

    status, body = await door.knock(activity(type="invoke", name="task/fetch"))

    assert status == 200
    assert json.loads(body) == door.replies[1]


async def test_the_edge_s_own_status_goes_out(door: Door):
    door.replies = (501, None)

    assert await door.knock(activity(type="invoke", name="config/fetch")) == (501, "")


async def test_the_tenant_is_taken_from_the_channel_data_where_the_conversation_names_none(
    door: Door,
):
    conversation = {"id": "a:teacher"}

    assert (await door.knock(activity(conversation=conversation)))[0] == 200


async def test_a_slash_at_the_end_of_the_service_url_makes_no_difference(door: Door):
    assert (await door.knock(activity(serviceUrl=SERVICE.rstrip("/"))))[0] == 200


async def test_bearer_may_be_written_small(door: Door):
    headers = {"Authorization": f"bearer {door.keys.token(SERVICE)}"}

    assert (await door.knock(headers=headers))[0] == 200


# --------------------------------------------------------------------------- tokens that do not do

WRONG_TOKENS = {
    BadToken.AUDIENCE: "InvalidAudienceError",
    BadToken.EXPIRED: "ExpiredSignatureError",
    BadToken.FORGED: "InvalidSignatureError",
    BadToken.GARBAGE: "token_unreadable",
    BadToken.HMAC: "token_of_another_kind",
    BadToken.ISSUER: "InvalidIssuerError",
    BadToken.NO_EXPIRY: "token_without_end",
    BadToken.NO_SERVICE_URL: "token_without_service",
    BadToken.NONE: "token_of_another_kind",
    BadToken.NOT_YET: "ImmatureSignatureError",
    BadToken.UNKNOWN_KEY: "key_unknown",
}


@pytest.mark.parametrize(("kind", "code"), WRONG_TOKENS.items())
async def test_a_token_with_one_thing_wrong_is_refused_by_name(
    door: Door, logged: list[Any], kind: BadToken, code: str
):
    token = door.keys.bad_token(kind, SERVICE)

    assert await refused(door, code, logged, token=token) == 401


def test_every_kind_of_bad_token_is_tried():
    assert set(WRONG_TOKENS) | {BadToken.SERVICE_URL} == set(BadToken)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic dGVhY2hlcjpzZWNyZXQ="},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer\t"},
    ],
)
async def test_without_a_bearer_token_nothing_gets_in(
    door: Door, logged: list[Any], headers: dict[str, str]
):
    assert await refused(door, "no_token", logged, headers=headers) == 401
    assert door.key_set.asked == 0


async def test_a_good_token_under_another_scheme_is_none(door: Door, logged: list[Any]):
    headers = {"Authorization": f"Token {door.keys.token(SERVICE)}"}

    assert await refused(door, "no_token", logged, headers=headers) == 401


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b",
        "..",
        "%00.%00.%00",
        "é.é.é",
        f"{part('[' * 9_000)}.{part({})}.x",
        f"{part({'alg': 'RS256', 'kid': 7})}.{part({})}.x",
        f"{part([1])}.{part({})}.x",
        f"{part({'alg': 'RS256', 'kid': 'k', 'crit': 'no list'})}.{part({})}.x",
    ],
)
async def test_what_is_no_token_is_refused(door: Door, logged: list[Any], token: str):
    assert await refused(door, "token_unreadable", logged, token=token) == 401
    assert door.key_set.asked == 0


async def test_a_token_without_a_key_id_is_refused(door: Door, logged: list[Any]):
    claims = jwt.decode(door.keys.token(SERVICE), options={"verify_signature": False})
    token = jwt.encode(claims, door.keys.signer.key, algorithm="RS256")

    assert await refused(door, "token_of_another_kind", logged, token=token) == 401


async def test_a_token_longer_than_any_is_not_even_read(door: Door, logged: list[Any]):
    assert await refused(door, "token_too_long", logged, token="x" * 20_000) == 401


async def test_a_good_token_with_a_changed_claim_is_refused(door: Door, logged: list[Any]):
    head, _, seal = door.keys.token(SERVICE).split(".")
    claims = jwt.decode(door.keys.token(SERVICE), options={"verify_signature": False})
    token = f"{head}.{part(claims | {'exp': claims['exp'] + 60})}.{seal}"

    assert await refused(door, "InvalidSignatureError", logged, token=token) == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": "soon"},
        {"exp": "9" * 9_000},
        {"nbf": "soon"},
        {"nbf": float("-inf")},
        {"iat": [1]},
        {"aud": {}},
        {"sub": 7},
        {"serviceurl": [SERVICE]},
    ],
)
async def test_odd_claims_under_a_good_signature_are_refused(
    door: Door, logged: list[Any], claims: dict[str, Any]
):
    status, _ = await door.knock(token=door.keys.token(SERVICE, **claims))

    assert (status, door.heard) == (401, [])
    assert [line["event"] for line in logged] == ["teams_refused"]


async def test_claims_nested_too_deep_are_refused(door: Door, logged: list[Any]):
    signer = door.keys.signer
    claims = b'{"a":' * 1_500 + b"1" + b"}" * 1_500
    token = jwt.PyJWS().encode(claims, signer.key, "RS256", headers={"kid": signer.kid})

    assert await refused(door, "DecodeError", logged, token=token) == 401


async def test_what_cannot_be_checked_stays_out(
    door: Door, logged: list[Any], monkeypatch: pytest.MonkeyPatch
):
    async def fail(*_: object) -> None:
        raise RuntimeError(MARK)

    monkeypatch.setattr(door.signing_keys, "find", fail)

    assert await door.knock() == (401, "")
    assert door.heard == []
    assert logged[0]["event"] == "fault"
    assert MARK not in json.dumps(logged)


async def test_a_token_of_entra_is_refused_since_it_vouches_for_no_service(
    door: Door, logged: list[Any]
):
    issuer = f"https://login.microsoftonline.com/{ELSEWHERE}/v2.0"
    token = door.keys.token(SERVICE, iss=issuer, tid=ELSEWHERE)

    assert await refused(door, "InvalidIssuerError", logged, token=token) == 401


async def test_a_key_that_does_not_vouch_for_teams_opens_nothing(logged: list[Any]):
    class Email(Signer):
        def as_jwk(self) -> dict[str, Any]:
            return super().as_jwk() | {"endorsements": ["email", "skype"]}

    others = TeamsKeys(APP)
    others._signers = [Email("email")]
    async with door_open(others) as door:
        assert await refused(door, "key_not_for_teams", logged) == 403


# ------------------------------------------------------------------------------- the service URL


async def test_a_token_for_another_service_is_refused(door: Door, logged: list[Any]):
    token = door.keys.token("https://smba.trafficmanager.net/amer/")

    assert await refused(door, "service_url_differs", logged, token=token) == 401


async def test_a_known_token_is_compared_with_each_body(door: Door, logged: list[Any]):
    token = door.keys.token(SERVICE)
    assert (await door.knock(token=token))[0] == 200

    other = activity(serviceUrl="https://smba.trafficmanager.net/amer/")

    assert (await door.knock(other, token=token))[0] == 401
    assert (len(door.heard), logged[0]["code"]) == (1, "service_url_differs")


@pytest.mark.parametrize("url", [None, "", 7, ["https://smba.trafficmanager.net/uk/"]])
async def test_a_body_without_a_service_url_is_refused(door: Door, logged: list[Any], url: Any):
    assert await refused(door, "no_service_url", logged, activity(serviceUrl=url)) == 401


@pytest.mark.parametrize(
    "url",
    [
        "https://service.elsewhere.example/",
        "http://smba.trafficmanager.net/uk/",
        "https://smba.trafficmanager.net:8443/uk/",
        "https://smba.trafficmanager.net.elsewhere.example/",
        "https://smba.trafficmanager.net@elsewhere.example/",
        "https://elsewhere.example\\@smba.trafficmanager.net/",
        "//smba.trafficmanager.net/uk/",
        "smba.trafficmanager.net",
        "https://[",
    ],
)
async def test_a_service_that_is_not_allowed_is_refused_even_under_a_good_token(
    door: Door, logged: list[Any], url: str
):
    token = door.keys.token(url)

    assert (
        await refused(door, "service_not_allowed", logged, activity(serviceUrl=url), token) == 403
    )


# --------------------------------------------------------------------------------- whose it is


@pytest.mark.parametrize(
    "changes",
    [
        {"conversation": {"id": "a:x", "tenantId": ELSEWHERE}},
        {"conversation": {"id": "a:x"}, "channelData": {"tenant": {"id": ELSEWHERE}}},
        {"conversation": {"id": "a:x"}, "channelData": None},
        {"conversation": None, "channelData": "x"},
        {"conversation": [], "channelData": {"tenant": 7}},
        {"conversation": {"tenantId": {"$ne": ""}}},
    ],
)
async def test_an_activity_of_another_tenant_or_none_is_refused(
    door: Door, logged: list[Any], changes: dict[str, Any]
):
    assert await refused(door, "tenant_unknown", logged, activity(**changes)) == 403


@pytest.mark.parametrize("channel", [None, "email", "webchat", ["msteams"]])
async def test_what_comes_over_another_channel_is_refused(
    door: Door, logged: list[Any], channel: Any
):
    assert await refused(door, "channel_unknown", logged, activity(channelId=channel)) == 403


# ------------------------------------------------------------------------------------- the body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"serviceUrl=https",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe\x00",
        b'{"serviceUrl": ',
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"a":' + b"[" * 100_000,
        b'{"a": ' + b"9" * 10_000 + b"}",
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(door: Door, logged: list[Any], body: bytes):
    assert await refused(door, "body_unreadable", logged, body) == 400


async def test_a_body_larger_than_any_is_refused(door: Door, logged: list[Any]):
    body = b" " * (LARGEST_BODY + 1)

    assert await refused(door, "body_too_large", logged, body) == 413


async def test_a_body_as_large_as_allowed_gets_in(door: Door):
    body = json.dumps(activity()).encode()

    assert (await door.knock(body.ljust(LARGEST_BODY)))[0] == 200


async def test_an_unsigned_body_is_not_read_at_all(door: Door, logged: list[Any]):
    headers = {"Authorization": "Bearer x"}

    assert (
        await refused(door, "token_unreadable", logged, b"[" * LARGEST_BODY, headers=headers) == 401
    )


async def test_other_methods_are_refused(door: Door):
    async with door.session.get(door.url) as answer:
        assert answer.status == 405


# ------------------------------------------------------------------------- faults behind the door


async def test_a_fault_at_a_message_is_answered_and_logged_without_its_words(
    door: Door, logged: list[Any]
):
    door.replies = RuntimeError(MARK)

    assert await door.knock() == (200, "")
    assert logged[0]["event"] == "fault"
    assert MARK not in json.dumps(logged)


@pytest.mark.parametrize(
    "name",
    ["task/fetch", "task/submit", "composeExtension/fetchTask", "composeExtension/submitAction"],
)
async def test_a_fault_in_a_dialog_shows_the_reference_and_does_not_close_it_as_if_sent(
    door: Door, logged: list[Any], name: str
):
    door.replies = RuntimeError(MARK)

    status, body = await door.knock(activity(type="invoke", name=name))

    shown = TaskModuleMessageResponse.model_validate(json.loads(body)["task"])
    assert (status, shown.value) == (200, logged[0]["reference"])


async def test_a_fault_at_a_button_in_a_message_is_an_error_inside_a_good_answer(
    door: Door, logged: list[Any]
):
    door.replies = RuntimeError(MARK)

    status, body = await door.knock(activity(type="invoke", name="adaptiveCard/action"))

    told = json.loads(body)
    assert (status, told["statusCode"], told["type"]) == (
        200,
        500,
        "application/vnd.microsoft.error",
    )
    assert told["value"]["message"] == logged[0]["reference"]
    with pytest.raises(ValueError, match="statusCode"):
        AdaptiveCardActionMessageResponse.model_validate(told)


async def test_an_answer_that_cannot_be_written_is_a_fault_too(door: Door, logged: list[Any]):
    door.replies = (200, {"task": {MARK}})

    assert await door.knock() == (200, "")
    assert logged[0]["event"] == "fault"


async def test_a_fault_at_an_unknown_invoke_is_answered(door: Door, logged: list[Any]):
    door.replies = RuntimeError(MARK)

    assert await door.knock(activity(type="invoke", name=["config/fetch"])) == (200, "")
    assert logged[0]["event"] == "fault"


# --------------------------------------------------------------------------------------- the logs


async def test_nothing_of_a_token_or_a_body_reaches_any_log(
    door: Door,
    logged: list[Any],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    caplog.set_level(logging.DEBUG)
    claims = {"appid": MARK, "aud": [MARK, APP], "oid": MARK}
    tokens = [
        door.keys.token(SERVICE, **claims),
        door.keys.token(SERVICE, **claims | {"aud": MARK}),
        door.keys.token(SERVICE, **claims | {"iss": MARK}),
        door.keys.token(f"https://{MARK}.example/", **claims),
        door.keys.token(SERVICE, **claims | {"exp": int(time.time()) - 9_000}),
        door.keys.bad_token(BadToken.FORGED, SERVICE),
        door.keys.bad_token(BadToken.UNKNOWN_KEY, SERVICE),
        f"{MARK}.{MARK}.{MARK}",
    ]
    for token in tokens:
        await door.knock(token=token)

    said = json.dumps(logged) + caplog.text + "".join(capfd.readouterr())
    assert len(logged) == len(tokens) - 1
    assert MARK not in said
    assert not any(piece in said for token in tokens for piece in token.split("."))
    assert "smba.trafficmanager.net" not in said
    assert [line.name for line in caplog.records if line.name.startswith("microsoft")] == []
