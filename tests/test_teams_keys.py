"""The Bot Framework's keys: fetched when needed, never too often, and never in anybody's way."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from handlers import teams_passes
from handlers.teams_keys import AGAIN, DAY, KEPT, LARGEST_SET, NoKeys, SigningKeys, read_keys
from handlers.teams_passes import NoPass, Passes
from playground.teams_keys import BadToken, Signer, TeamsKeys
from tests.teams_doors import ALLOWED, APP, SERVICE, Door, Hands, door_open, key_set_served


@pytest.fixture
def keys() -> TeamsKeys:
    return TeamsKeys(APP)


@pytest.fixture
async def door(keys: TeamsKeys) -> AsyncIterator[Door]:
    async with door_open(keys) as opened:
        yield opened


async def status(door: Door, token: str | None = None) -> int:
    return (await door.knock(token=token))[0]


# ------------------------------------------------------------------------------- how often it asks


async def test_nothing_is_asked_before_a_key_is_needed(door: Door):
    assert door.key_set.asked == 0
    assert await status(door) == 200
    assert door.key_set.asked == 1


async def test_many_at_once_wait_for_one_fetch(door: Door):
    door.key_set.may_answer.clear()
    knocks = [asyncio.create_task(status(door)) for _ in range(20)]
    await door.key_set.until_asked()
    await asyncio.sleep(0.05)
    door.key_set.may_answer.set()

    assert await asyncio.gather(*knocks) == [200] * 20
    assert door.key_set.asked == 1


async def test_a_new_key_is_fetched_when_a_token_names_it(door: Door):
    assert await status(door) == 200
    door.keys.rotate()
    door.clock.now += AGAIN

    assert await status(door) == 200
    assert door.key_set.asked == 2


async def test_an_unknown_key_causes_one_fetch_and_then_none_for_a_minute(door: Door):
    token = door.keys.bad_token(BadToken.UNKNOWN_KEY, SERVICE)
    assert await status(door) == 200
    door.clock.now += AGAIN

    assert {await status(door, token) for _ in range(30)} == {401}
    assert door.key_set.asked == 2

    door.clock.now += AGAIN
    assert await status(door, token) == 401
    assert door.key_set.asked == 3


async def test_an_unknown_key_at_the_very_start_causes_one_fetch(door: Door):
    token = door.keys.bad_token(BadToken.UNKNOWN_KEY, SERVICE)

    assert {await status(door, token) for _ in range(5)} == {401}
    assert door.key_set.asked == 1


async def test_good_tokens_pass_while_a_fetch_for_an_unknown_key_hangs(door: Door):
    token = door.keys.token(SERVICE)
    assert await status(door, token) == 200
    door.clock.now += AGAIN
    door.key_set.may_answer.clear()
    waiting = asyncio.create_task(status(door, door.keys.bad_token(BadToken.UNKNOWN_KEY, SERVICE)))
    await door.key_set.until_asked(2)

    async with asyncio.timeout(10):
        assert await status(door, token) == 200
        assert await status(door, door.keys.token(SERVICE, nbf=None)) == 200
    assert not waiting.done()

    door.key_set.may_answer.set()
    assert await waiting == 401


async def test_who_stops_waiting_does_not_end_the_fetch_for_the_others(door: Door):
    door.key_set.may_answer.clear()
    key_id = door.keys.signer.kid
    first = asyncio.create_task(door.signing_keys.find(key_id))
    second = asyncio.create_task(door.signing_keys.find(key_id))
    await door.key_set.until_asked()
    first.cancel()
    await asyncio.wait([first])
    door.key_set.may_answer.set()

    assert await second is not None
    assert door.key_set.asked == 1


# -------------------------------------------------------------------------------- how long they last


async def test_after_a_day_the_keys_are_fetched_anew_and_nobody_waits_for_it(door: Door):
    assert await status(door) == 200
    door.clock.now += DAY + 1
    door.key_set.may_answer.clear()

    async with asyncio.timeout(10):
        assert await status(door, door.keys.token(SERVICE, nbf=None)) == 200
    await door.key_set.until_asked(2)
    door.key_set.may_answer.set()


async def test_within_a_day_they_are_not_fetched_again(door: Door):
    assert await status(door) == 200
    door.clock.now += DAY - 1

    assert await status(door, door.keys.token(SERVICE, nbf=None)) == 200
    assert door.key_set.asked == 1


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500},
        {"status": 404},
        {"status": 302, "location": "/elsewhere"},
        {"body": b""},
        {"body": b"<html>"},
        {"body": b"[]"},
        {"body": b'{"keys": []}'},
        {"body": b'{"keys": {}}'},
        {"body": b'{"keys": [7, null, {"kid": "x"}]}'},
        {"body": b'{"keys": ' + b"[" * 100_000},
        {"padding": LARGEST_SET + 1},
        {"body": b"\xff\xff"},
    ],
)
async def test_where_a_fetch_fails_the_old_keys_stay_in_use(
    door: Door, logged: list[Any], trouble: dict[str, Any]
):
    assert await status(door) == 200
    door.clock.now += KEPT - 1
    for name, value in trouble.items():
        setattr(door.key_set, name, value)
    unknown = door.keys.bad_token(BadToken.UNKNOWN_KEY, SERVICE)

    assert await status(door, unknown) == 401  # it waits until the fetch is over
    assert await status(door, door.keys.token(SERVICE, nbf=None)) == 200
    assert door.key_set.asked == 2
    assert [line["event"] for line in logged] == ["teams_keys_not_fetched", "teams_refused"]


async def test_after_five_days_without_a_fetch_nothing_gets_in_until_one_succeeds(door: Door):
    token = door.keys.token(SERVICE)
    assert await status(door, token) == 200
    door.key_set.status = 500
    door.clock.now += KEPT + 1

    assert await status(door, door.keys.token(SERVICE, nbf=None)) == 503
    assert await status(door, token) == 503

    door.key_set.status = 200
    door.clock.now += AGAIN
    assert await status(door, token) == 200


async def test_without_any_keys_it_asks_again_soon_and_says_that_it_cannot_tell(
    door: Door, logged: list[Any]
):
    door.key_set.status = 500
    assert {await status(door) for _ in range(5)} == {503}
    assert door.key_set.asked == 1
    assert [line.get("code") for line in logged[1:]] == ["no_keys"] * 5

    door.key_set.status = 200
    door.clock.now += 5
    assert await status(door) == 200


async def test_a_set_as_large_as_allowed_is_taken(door: Door):
    door.key_set.padding = LARGEST_SET

    assert await status(door) == 200


async def test_a_key_server_that_never_answers_is_given_up(keys: TeamsKeys, logged: list[Any]):
    async with key_set_served(keys) as (key_set, url), aiohttp.ClientSession() as session:
        key_set.may_answer.clear()
        signing_keys = SigningKeys(session, url, patience=0.05)

        with pytest.raises(NoKeys):
            async with asyncio.timeout(10):
                await signing_keys.find(keys.signer.kid)
        key_set.may_answer.set()

    assert [line["event"] for line in logged] == ["teams_keys_not_fetched"]


async def test_a_fetch_under_way_is_ended_at_the_end(door: Door):
    door.key_set.may_answer.clear()
    waiting = asyncio.create_task(door.signing_keys.find(door.keys.signer.kid))
    await door.key_set.until_asked()

    await door.signing_keys.finish()

    with pytest.raises(NoKeys):
        await waiting
    door.key_set.may_answer.set()


# ------------------------------------------------------------------------------ what counts as a key


def key_set(*entries: Any) -> bytes:
    return json.dumps({"keys": entries}).encode()


def test_only_keys_that_check_rsa_signatures_are_taken():
    good = Signer("good").as_jwk()
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - it is to be refused
    curve = ec.generate_private_key(ec.SECP256R1())
    body = key_set(
        good,
        good | {"kid": None},
        good | {"kid": ""},
        good | {"kid": "for-sealing", "use": "enc"},
        good | {"kid": "no-number", "n": "!"},
        good | {"kid": "odd-number", "n": [1]},
        {"kid": "no-numbers", "kty": "RSA"},
        {"kid": "secret", "kty": "oct", "k": "c2VjcmV0"},
        ECAlgorithm.to_jwk(curve.public_key(), as_dict=True) | {"kid": "curve"},
        RSAAlgorithm.to_jwk(short.public_key(), as_dict=True) | {"kid": "short"},
        RSAAlgorithm.to_jwk(Signer("private").key, as_dict=True) | {"kid": "private"},
    )

    assert set(read_keys(body)) == {good["kid"]}


def test_a_key_says_for_which_channels_it_is():
    good = Signer("good").as_jwk()
    silent = {name: value for name, value in good.items() if name != "endorsements"}

    found = read_keys(key_set(good, silent | {"kid": "silent"}))

    assert found[good["kid"]].channels == {"msteams"}
    assert found["silent"].channels is None


# ------------------------------------------------------------------------- what is remembered of them


@pytest.fixture
def passes(door: Door) -> Passes:
    return Passes(door.signing_keys, APP, ALLOWED, Hands(time.time()))


class Counted:
    """How often the SDK's validator really looked."""

    def __init__(self, validator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        self.look = validator.validate_token
        monkeypatch.setattr(validator, "validate_token", self)

    async def __call__(self, token: str) -> Any:
        self.times += 1
        return await self.look(token)


@pytest.fixture
def looked(passes: Passes, monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(passes._validator, monkeypatch)


async def test_a_token_is_looked_at_once_in_five_minutes(
    door: Door, passes: Passes, looked: Counted
):
    token = door.keys.token(SERVICE)
    for _ in range(10):
        await passes.check(token)
    assert looked.times == 1

    passes._clock.now += 301
    await passes.check(token)
    assert looked.times == 2


async def test_a_token_is_not_remembered_beyond_its_end(
    door: Door, passes: Passes, looked: Counted
):
    end = int(passes._clock.now) + 60
    token = door.keys.token(SERVICE, exp=end)
    await passes.check(token)

    passes._clock.now = end
    await passes.check(token)
    assert looked.times == 2


async def test_a_token_that_was_refused_is_not_remembered(
    door: Door, passes: Passes, looked: Counted
):
    for _ in range(2):
        with pytest.raises(NoPass):
            await passes.check(door.keys.bad_token(BadToken.FORGED, SERVICE))

    assert looked.times == 2
    assert passes._passes == {}


async def test_when_a_key_is_withdrawn_its_tokens_are_forgotten(door: Door):
    token = door.keys.token(SERVICE)
    assert await status(door, token) == 200
    door.keys.rotate(keep=False)
    door.clock.now += AGAIN

    assert await status(door) == 200  # brings the new set
    assert await status(door, token) == 401


async def test_a_fetch_that_changes_nothing_forgets_nothing(
    door: Door, passes: Passes, looked: Counted
):
    token = door.keys.token(SERVICE)
    await passes.check(token)
    door.clock.now += AGAIN
    assert await door.signing_keys.find("unknown") is None
    await passes.check(token)

    assert (door.key_set.asked, looked.times) == (2, 1)


async def test_only_so_many_tokens_are_remembered(
    door: Door, passes: Passes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(teams_passes, "MOST_REMEMBERED", 3)
    for number in range(10):
        await passes.check(door.keys.token(SERVICE, jti=str(number)))

    assert len(passes._passes) == 3


async def test_no_token_is_kept_itself(door: Door, passes: Passes):
    token = door.keys.token(SERVICE)
    await passes.check(token)

    assert token.encode() not in repr(passes._passes).encode()
    assert all(len(trace) == 32 for trace in passes._passes)
