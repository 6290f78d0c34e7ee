"""An activity that Teams sends again: it is answered once, and again only where that failed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from handlers.teams_repeats import KEPT_FOR, MOST_KEPT, Repeats
from playground import teams_school as tenant
from tests.pretend_teams import TeamsSchool

TEACHER = tenant.TEACHER


async def send_again(teams: TeamsSchool, times: int = 1, **changes: Any) -> None:
    """Deliver the last activity again, with a good token."""
    told = teams.teams.sent[-1]
    for _ in range(times):
        await teams.teams.deliver(told | changes)
    await teams.settle()


@pytest.mark.parametrize("word", ["home", "mine", "open", "help", "sharecheck"])
async def test_a_word_that_teams_tells_of_again_is_answered_once(teams: TeamsSchool, word: str):
    before = len(teams.told(TEACHER))
    await teams.teams.say(TEACHER, teams.tenant.chat_id(TEACHER), word)
    await teams.settle()

    await send_again(teams, 2)

    assert len(teams.told(TEACHER)) == before + 1
    await send_again(teams, id="another")
    assert len(teams.told(TEACHER)) == before + 2


async def test_two_at_once_are_answered_once(teams: TeamsSchool):
    before = len(teams.told(TEACHER))
    await teams.run(TEACHER, "mine")
    again = teams.teams.sent[-1] | {"id": "at-once"}

    await asyncio.gather(*(teams.teams.deliver(again) for _ in range(4)))
    await teams.settle()

    assert len(teams.told(TEACHER)) == before + 2


async def test_who_is_welcomed_is_welcomed_once(teams: TeamsSchool):
    await teams.teams.install(tenant.OFFICE)
    await teams.settle()
    before = len(teams.told(tenant.OFFICE))

    await send_again(teams, 2)

    assert len(teams.told(tenant.OFFICE)) == before


async def test_what_could_not_be_answered_is_answered_when_it_comes_again(
    teams: TeamsSchool, logged: list[Any]
):
    before = len(teams.told(TEACHER))
    teams.tenant.conditions["teams.post"].refusals = ("BadArgument",)
    await teams.run(TEACHER, "mine")
    assert len(teams.told(TEACHER)) == before
    teams.tenant.conditions["teams.post"].refusals = ()

    await send_again(teams, 2)

    assert len(teams.told(TEACHER)) == before + 1


# ----------------------------------------------------------------------------------- what is kept


def activity(name: str | None) -> dict[str, Any]:
    told = {"conversation": {"id": "a:chat"}}
    return told if name is None else told | {"id": name}


async def count(repeats: Repeats, *names: str | None) -> int:
    """How often work is done for these activities."""
    done: list[None] = []

    async def work() -> None:
        done.append(None)

    for name in names:
        await repeats.do_once(activity(name), work)
    return len(done)


async def test_an_id_is_remembered_for_ten_minutes():
    now = 0.0
    repeats = Repeats(lambda: now)
    assert await count(repeats, "1", "1") == 1

    now = KEPT_FOR - 1
    assert await count(repeats, "1") == 0
    now = KEPT_FOR
    assert await count(repeats, "1", "1") == 1


async def test_only_so_many_are_remembered():
    repeats = Repeats(lambda: 0.0)
    names = [str(number) for number in range(MOST_KEPT + 1)]

    assert await count(repeats, *names) == len(names)
    assert await count(repeats, names[-1]) == 0
    assert await count(repeats, names[0]) == 1


async def test_what_has_no_id_is_done_each_time():
    assert await count(Repeats(), None, None, "") == 3
