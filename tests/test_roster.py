"""Who is in a place, on each platform: asked for seldom, once for all who wait, and never guessed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.chat import DeliveryError, Member, Place, Platform
from handlers.roster import Roster
from storage.store import Store
from tests.chat_worlds import WORLDS, World

Heard = list[tuple[Place, tuple[Member, ...]]]


class Hands:
    """A clock that a test turns."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=[Platform.SLACK, Platform.TEAMS])
async def world(request: pytest.FixtureRequest, sqlite_store: Store) -> AsyncIterator[World]:
    async with WORLDS[request.param](sqlite_store) as opened:
        yield opened


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def heard() -> Heard:
    return []


@pytest.fixture
async def roster(world: World, clock: Hands, heard: Heard) -> AsyncIterator[Roster]:
    opened = Roster(
        {world.platform: world.chat}, lambda place, members: heard.append((place, members)), clock
    )
    yield opened
    await opened.close()


async def test_within_a_minute_the_platform_is_asked_once(
    world: World, roster: Roster, clock: Hands
):
    first = await roster.members(world.room)
    clock.now += 59

    assert await roster.members(world.room) == first
    assert world.asked("members") == 1


async def test_after_a_minute_it_is_asked_again(world: World, roster: Roster, clock: Hands):
    await roster.members(world.room)
    clock.now += 60

    await roster.members(world.room)

    assert world.asked("members") == 2


async def test_many_who_ask_at_once_wait_for_one_answer(world: World, roster: Roster, heard: Heard):
    found = await asyncio.gather(*(roster.members(world.room) for _ in range(20)))

    assert len(set(found)) == 1
    assert world.asked("members") == 1
    assert heard == [(world.room, found[0])]


async def test_whoever_wants_to_know_of_now_is_not_told_of_before(world: World, roster: Roster):
    await roster.members(world.room)

    await roster.members(world.room, fresh=True)

    assert world.asked("members") == 2


async def test_what_could_not_be_asked_is_not_taken_for_an_answer(
    world: World, roster: Roster, heard: Heard
):
    world.conditions[world.verbs["members"]].down = True
    with pytest.raises(DeliveryError):
        await roster.members(world.room)
    world.conditions.clear()

    assert heard == []
    assert await roster.members(world.room)


async def test_when_it_cannot_be_asked_afresh_what_was_known_stays_for_the_others(
    world: World, roster: Roster
):
    before = await roster.members(world.room)
    world.conditions[world.verbs["members"]].down = True

    with pytest.raises(DeliveryError):
        await roster.members(world.room, fresh=True)

    assert await roster.members(world.room) == before
