"""Words typed to Sharecheck on Teams, one to one and in channels: what comes, and what stays out."""

from __future__ import annotations

import pytest

from bot.case import Case
from handlers.teams_payload import read_said
from playground import teams_school as tenant
from tests.pretend_teams import TeamsSchool
from tests.scenarios import SURE

TEACHER, OFFICE, DSL = tenant.TEACHER, tenant.OFFICE, tenant.DSL
STAFF = tenant.STAFF_CHANNEL
ASKED = SURE | {"advice": "wanted"}


@pytest.fixture
async def waiting(teams: TeamsSchool) -> Case:
    await teams.check(TEACHER, **ASKED)
    return await teams.finish(TEACHER)


async def mention(teams: TeamsSchool, person: str, text: str) -> tuple[str, str]:
    """Write in the staff channel: the one answer one to one, and the one in the channel."""
    told, posted = len(teams.told(person)), len(teams.posted(STAFF))
    await teams.teams.say(person, STAFF, text)
    await teams.settle()
    (alone,), (_, here) = teams.told(person)[told:], teams.posted(STAFF)[posted:]
    return alone, here


async def test_in_a_channel_the_bare_word_brings_the_button_one_to_one(teams: TeamsSchool):
    _, here = await mention(teams, TEACHER, "@Sharecheck /sharecheck")

    await teams.press(TEACHER, "ways.check")

    assert teams.page_name(TEACHER) == "walk.page"
    assert "I have messaged you" in here


@pytest.mark.parametrize("word", ["mine", "open", "home"])
async def test_in_a_channel_a_word_is_read_past_the_mention_and_its_list_stays_out_of_there(
    teams: TeamsSchool, waiting: Case, word: str
):
    who = DSL if word == "open" else TEACHER

    alone, here = await mention(teams, who, f"@Sharecheck {word}")

    assert waiting.ref in alone
    assert waiting.ref not in here
    assert "I have messaged you" in here


@pytest.mark.parametrize("where", ["one to one", "in a channel"])
async def test_help_says_what_it_keeps_and_names_no_command_that_teams_has_not(
    teams: TeamsSchool, where: str
):
    if where == "in a channel":
        alone, _ = await mention(teams, TEACHER, "@Sharecheck help")
    else:
        await teams.run(TEACHER, "help")
        alone = teams.told(TEACHER)[-1]

    assert "What it keeps" in alone
    assert "/sharecheck" not in alone, "Teams has no slash command"


async def test_who_has_not_got_the_app_reads_how_to_add_it_and_nothing_else_in_the_channel(
    teams: TeamsSchool,
):
    posted = len(teams.posted(STAFF))

    await teams.teams.say(OFFICE, STAFF, "@Sharecheck home")
    await teams.settle()

    _, here = teams.posted(STAFF)[posted:]
    assert "press **Add**" in here
    assert "What you asked" not in here
    assert teams.told(OFFICE) == []
    teams.tenant.faults.clear()  # Teams says that the app is not there for them


@pytest.mark.parametrize(
    "text",
    [
        "<at>Another name</at> mine",
        '<at id="0">Sharecheck (trial)</at>&nbsp;/sharecheck mine',
        "<p><at>Sharecheck</at>\n Mine </p>",
        "mine <at>Somebody</at>",
    ],
)
def test_whatever_was_mentioned_the_word_beside_it_is_read(text: str):
    said = read_said({"conversation": {"id": STAFF}, "text": text})

    assert said.word == "mine"


@pytest.mark.parametrize("text", ["mine " * 30, None, 7, ["mine"], "<at>", ""])
def test_what_is_no_word_is_none(text: object):
    assert read_said({"conversation": {"id": STAFF}, "text": text}).word not in {"mine", "open"}


async def test_whoever_starts_in_a_channel_without_the_app_learns_how_to_get_the_answer(
    teams: TeamsSchool,
):
    await teams.teams.extension(OFFICE, "compose", STAFF)
    await teams.answer(OFFICE, ASKED)
    await teams.finish(OFFICE)

    assert "please add Sharecheck for yourself" in teams.page(OFFICE).replace("*", "")

    teams.tenant.faults.clear()  # that they have not got the app is what this is about


async def test_whoever_can_be_written_to_is_not_told_to_get_the_app(teams: TeamsSchool):
    await teams.teams.extension(TEACHER, "compose", STAFF)
    await teams.answer(TEACHER, ASKED)
    await teams.finish(TEACHER)

    assert "Saved as" in teams.page(TEACHER)
    assert "please add" not in teams.page(TEACHER)
