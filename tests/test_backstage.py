"""The routes behind the page: who may ask, and that nonsense is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from playground.backstage import MOST_BYTES, EmptyStage, NoSuchDeed
from playground.school import open_school
from playground.server import build
from playground.workspace import Workspace
from tests.fixtures_demo import Demo
from tests.quick_server import served


class Recorder(EmptyStage):
    """A stage that knows one deed."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []

    async def do(self, deed: str, choice: str) -> str:
        if deed != "push":
            raise NoSuchDeed(deed)
        self.done.append((deed, choice))
        return "Done."


@pytest.fixture
def workspace() -> Workspace:
    return open_school()


@pytest.fixture
def stage() -> Recorder:
    return Recorder()


@pytest.fixture
async def address(workspace: Workspace, stage: Recorder) -> AsyncIterator[str]:
    async with served(build(workspace, "", "secret", stage)) as address:
        yield f"{address}/play/backstage"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def test_a_deed_is_done_answered_in_words_and_told_to_every_page(
    workspace: Workspace, stage: Recorder, address: str, session: aiohttp.ClientSession
):
    before = workspace.version
    async with session.post(address, json={"deed": "push", "choice": "hour"}) as answer:
        said = await answer.json()

    assert said == {"ok": True, "said": "Done."}
    assert stage.done == [("push", "hour")]
    assert workspace.version > before


NONSENSE: dict[str, Any] = {
    "no JSON": b"deed=push",
    "not text at all": b"\xff\xfe\x00",
    "a list": b'["push"]',
    "a number": b"7",
    "nothing": b"",
    "no deed": b'{"choice": "hour"}',
    "a deed that is no text": b'{"deed": 7}',
    "a choice that is no text": b'{"deed": "push", "choice": {"hour": 1}}',
    "an unknown deed": b'{"deed": "drop table"}',
    "very deep": b"[" * 900,
    "very long": b'{"deed": "push", "choice": "' + b"x" * MOST_BYTES + b'"}',
}


@pytest.mark.parametrize("body", NONSENSE.values(), ids=list(NONSENSE))
async def test_nonsense_is_refused_and_nothing_is_done(
    stage: Recorder, address: str, session: aiohttp.ClientSession, body: bytes
):
    async with session.post(address, data=body) as answer:
        status, said = answer.status, await answer.json()

    assert (status, said["error"]) == (400, "invalid_arguments")
    assert stage.done == []


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://elsewhere.example"}, {"Origin": "null"}, {"Host": "elsewhere.example"}],
)
async def test_another_site_can_do_nothing(
    stage: Recorder, address: str, session: aiohttp.ClientSession, headers: dict[str, str]
):
    async with session.post(address, json={"deed": "push"}, headers=headers) as answer:
        status = answer.status

    assert status == 403
    assert stage.done == []


async def test_looking_at_the_address_does_nothing(
    stage: Recorder, address: str, session: aiohttp.ClientSession
):
    async with session.get(address) as answer:
        status = answer.status

    assert status == 405
    assert stage.done == []


async def test_a_workspace_without_an_app_behind_it_can_be_asked_for_nothing(
    workspace: Workspace, session: aiohttp.ClientSession
):
    async with (
        served(build(workspace, "", "secret")) as address,
        session.post(f"{address}/play/backstage", json={"deed": "push"}) as answer,
    ):
        status = answer.status

    assert status == 400


@pytest.mark.parametrize(
    ("deed", "choice"),
    [
        ("push", ""),
        ("push", "back"),
        ("push", "-1"),
        ("on", "everything"),
        ("off", "CHAT_DOWN"),
        ("tamper", "ledger; DROP TABLE ledger"),
        ("__init__", ""),
        ("_push", "hour"),
        ("", ""),
    ],
)
async def test_the_demo_does_only_what_it_offers(demo: Demo, deed: str, choice: str):
    remembered = demo.school.remembered()

    status, said = await demo.post({"deed": deed, "choice": choice})

    assert (status, said["error"]) == (400, "invalid_arguments")
    assert demo.school.remembered() == remembered
    assert not demo.clock.ahead
