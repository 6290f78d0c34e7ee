"""The home card on Teams: searched, paged and pressed, with what each person may see."""

from __future__ import annotations

import pytest

from bot.case import Case
from playground import teams_school as tenant
from tests.pretend_teams import TeamsSchool
from tests.scenarios import SURE

TEACHER, OFFICE, DSL = tenant.TEACHER, tenant.OFFICE, tenant.DSL
SEARCH = "home.search"
ASKED = SURE | {"advice": "wanted"}


async def raised(teams: TeamsSchool, **answers: str) -> Case:
    await teams.check(TEACHER, **(ASKED | answers))
    return await teams.finish(TEACHER)


async def home(teams: TeamsSchool, person: str) -> str:
    """Ask for the home card, and give what it says."""
    await teams.run(person, "home")
    return teams.told(person)[-1]


async def search(teams: TeamsSchool, person: str, typed: str) -> str:
    """Type into the box of the newest home card and press the button beside it."""
    message = teams.message_with(person, SEARCH)
    wanted = teams._wanted(person, message, SEARCH, None)
    await teams.teams.press(person, message, wanted, {SEARCH: typed})
    await teams.settle()
    return teams.words(person, message)


@pytest.mark.parametrize("how", ["{}", " {} ", "bare", "small"])
async def test_a_reviewer_finds_a_case_by_its_reference_however_it_was_typed(
    teams: TeamsSchool, how: str
):
    case = await raised(teams)
    await home(teams, DSL)
    typed = {"bare": case.ref[3:], "small": case.ref.lower()}.get(how, how.format(case.ref))

    found = await search(teams, DSL, typed)

    assert case.ref in found
    assert teams.sees(DSL, "case.ask", case)


async def test_a_search_finds_nothing_that_is_restricted_and_says_so_as_of_nothing(
    teams: TeamsSchool,
):
    await teams.check(TEACHER, **SURE | {"adult": "staff"})
    hidden = await teams.finish(TEACHER)
    await home(teams, DSL)

    of_hidden = await search(teams, DSL, hidden.ref)
    await home(teams, DSL)
    of_nothing = await search(teams, DSL, "SC-22222")

    assert hidden.ref not in of_hidden
    assert of_hidden == of_nothing


async def test_staff_have_no_search_and_see_their_own_alone(teams: TeamsSchool):
    case = await raised(teams)
    await teams.teams.install(OFFICE)

    assert case.ref in await home(teams, TEACHER)
    assert case.ref not in await home(teams, OFFICE)
    assert not teams.sees(TEACHER, SEARCH)
    assert not teams.sees(OFFICE, SEARCH)


async def test_the_home_card_turns_its_pages_in_its_own_place(teams: TeamsSchool):
    cases = [await raised(teams) for _ in range(11)]
    overview = await home(teams, TEACHER)
    messages = len(teams.told(TEACHER))

    await teams.press(TEACHER, "home.all")
    first = teams.told(TEACHER)[-1]
    await teams.press(TEACHER, "home.older")
    second = teams.told(TEACHER)[-1]
    await teams.press(TEACHER, "home.back")

    refs = {case.ref for case in cases}
    on_first, on_second = ({ref for ref in refs if ref in page} for page in (first, second))
    assert (len(on_first), len(on_second)) == (10, 1)
    assert on_first | on_second == refs
    assert teams.told(TEACHER)[-1] == overview
    assert len(teams.told(TEACHER)) == messages, "it is one card, drawn again"
