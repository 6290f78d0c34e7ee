"""When a card is refused for good: the other account, then the next route, then whoever asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.case import Outcome
from bot.chat import Account, Place, Platform
from bot.people import PeopleRoute, Person
from tests.two_platforms import (
    DPO_ROOM,
    DSL_ROOM,
    OPERATORS,
    MemoryChat,
    TwoPlatforms,
    open_two,
    slack,
    teams,
)

CODES = (
    "conversation_not_found",
    "bot_not_in_roster",
    "bot_not_installed",
    "channel_not_found",
    "is_archived",
)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[TwoPlatforms]:
    with open_two(tmp_path) as opened:
        yield opened


def alone_with(account: Account) -> Place:
    return Place(account.platform, account.team, f"dm:{account.user}")


def refuse(two: TwoPlatforms, *places: Place, code: str = "bot_blocked") -> None:
    for place in places:
        chat: MemoryChat = two.slack if place.platform is Platform.SLACK else two.teams
        chat.refusing[place] = code


@pytest.mark.parametrize("code", CODES)
async def test_a_channel_that_is_not_to_be_reached_gives_the_case_to_the_next_route(
    two: TwoPlatforms, code: str
):
    case = await two.raise_case(slack("teacher"))
    refuse(two, DSL_ROOM, code=code)

    await two.settle()

    now = await two.case(case)
    assert (now.route, now.status) == ("head", "waiting")
    assert len(two.cards(teams("head"))) == 1
    assert len(two.cards(teams("head"), "thread")) == 1
    told = two.cards(slack("teacher"), "requester_turn")
    assert [card.context["event"] for card in told] == ["passed_on"]
    (operators,) = two.cards(OPERATORS, "buried")
    assert operators.context["code"] == code
    history = await two.desk.store.read(lambda unit: unit.history(now))
    assert history[-1].codes == {"from": "dsl", "to": "head", "refused": code}
    assert await two.rows(case, "unreached") == []


async def test_one_route_after_another_is_tried_until_somebody_has_it(two: TwoPlatforms):
    case = await two.raise_case(slack("teacher"), answers={"trigger": "records_request"})
    refuse(two, DPO_ROOM, DSL_ROOM)

    await two.settle()

    assert (await two.case(case)).route == "head"
    assert len(two.cards(teams("head"))) == 1


async def test_at_the_end_whoever_asked_rings_the_contact(two: TwoPlatforms):
    case = await two.raise_case(slack("teacher"), answers={"adult": "staff"})
    people = [slack("head"), teams("head"), slack("chair"), teams("chair")]
    refuse(two, *map(alone_with, people))

    await two.settle()

    now = await two.case(case)
    assert (now.route, now.status) == ("lado", "outside")
    (told,) = two.cards(slack("teacher"), "requester_turn")[-1:]
    assert told.context["contact"]["phone"] == "01632 960 003"


async def test_a_restricted_case_goes_on_to_none_but_its_own_routes(two: TwoPlatforms):
    case = await two.raise_case(slack("teacher"), answers={"adult": "staff"})
    refuse(two, alone_with(slack("head")), alone_with(teams("head")))

    await two.settle()

    assert (await two.case(case)).route == "chair"
    assert two.cards(DSL_ROOM) == two.cards(DPO_ROOM) == []


async def test_somebody_refused_on_one_platform_is_told_on_the_other(two: TwoPlatforms):
    case = await two.raise_case(slack("teacher"), answers={"adult": "staff"})
    refuse(two, alone_with(teams("head")))

    await two.settle()

    assert (await two.case(case)).route == "head"
    assert len(two.cards(slack("head"))) == 1
    assert len(two.cards(slack("head"), "thread")) == 1
    states = sorted(row.state for row in await two.rows(case) if row.target)
    assert states == ["buried", "done"]


async def test_a_requester_refused_on_one_platform_is_told_on_the_other(two: TwoPlatforms):
    case = await two.raise_case(teams("teacher"))
    await two.desk.learn(two.school, (teams("teacher"), slack("teacher")))
    refuse(two, alone_with(teams("teacher")))

    await two.settle()

    assert len(two.cards(slack("teacher"), "requester_copy")) == 1
    assert (await two.case(case)).route == "dsl"


async def test_where_whoever_asked_cannot_be_told_the_thread_asks_its_reviewers_to(
    two: TwoPlatforms,
):
    case = await two.raise_case(slack("teacher"))
    await two.desk.learn(two.school, (teams("teacher"), slack("teacher")))
    await two.settle()
    refuse(two, alone_with(slack("teacher")), alone_with(teams("teacher")))

    await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")
    await two.settle()

    said = [card.context["event"] for card in two.cards(DSL_ROOM, "thread_note")]
    assert said == ["decided", "untold"]
    tried = [row.state for row in await two.rows(case, "requester_turn")]
    assert tried == ["buried", "buried"]


async def test_who_is_told_on_their_other_platform_is_told(two: TwoPlatforms):
    case = await two.raise_case(slack("teacher"))
    await two.desk.learn(two.school, (teams("teacher"), slack("teacher")))
    await two.settle()
    refuse(two, alone_with(slack("teacher")))

    await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")
    await two.settle()

    assert len(two.cards(teams("teacher"), "requester_turn")) == 1
    assert [c.context["event"] for c in two.cards(DSL_ROOM, "thread_note")] == ["decided"]


async def test_the_other_account_is_tried_once_and_then_the_next_route(two: TwoPlatforms):
    case = await two.raise_case(slack("teacher"), answers={"adult": "staff"})
    refuse(two, alone_with(teams("head")), alone_with(slack("head")))

    await two.settle()

    tried = [row for row in await two.rows(case) if row.target == "head"]
    assert [row.state for row in tried] == ["buried", "buried"]
    assert (await two.case(case)).route == "chair"
    assert len(two.cards(slack("chair"))) == 1


async def test_while_one_of_several_has_it_nobody_further_is_asked(tmp_path: Path):
    dsl = Person("dsl", (slack("dsl"),), "DSL")
    deputy = Person("deputy", (teams("deputy"),), "Deputy DSL")
    routes = {"dsl": PeopleRoute("DSL", (dsl, deputy))}
    with open_two(tmp_path, routes=routes, people=(dsl, deputy)) as two:
        case = await two.raise_case(slack("teacher"))
        refuse(two, alone_with(slack("dsl")), alone_with(teams("dsl")))

        await two.settle()

        assert (await two.case(case)).route == "dsl"
        assert len(two.cards(teams("deputy"))) == 1
        assert await two.rows(case, "unreached") == []


async def test_a_case_already_decided_goes_nowhere_else(two: TwoPlatforms):
    case = await two.raise_case(slack("teacher"))
    refuse(two, DSL_ROOM)
    await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")
    await two.settle()

    assert (await two.case(case)).route == "dsl"
    assert two.cards(teams("head")) == []


async def test_a_card_that_was_taken_without_an_id_has_its_buttons_all_the_same(
    two: TwoPlatforms,
):
    case = await two.raise_case(slack("teacher"))
    two.teams.wordless.add(DSL_ROOM)

    await two.settle()
    assert len(two.cards(DSL_ROOM, "thread")) == 1

    await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")
    await two.settle()

    assert [c.context["event"] for c in two.cards(DSL_ROOM, "thread_note")] == ["decided"]
    redraws = [r for r in await two.rows(case, "root") if r.verb == "update"]
    assert [(r.state, r.last_error) for r in redraws] == [("skipped", "not_posted")]


# --------------------------------------------------------------------------------- names on cards


async def test_readers_on_teams_learn_the_name_of_who_asked_on_slack(two: TwoPlatforms):
    await two.raise_case(slack("teacher"))

    await two.settle()

    (card,) = two.cards(DSL_ROOM)
    assert card.context["requester"]["name"] == "Name of U0TEACHER"


async def test_readers_on_slack_learn_the_name_of_who_asked_on_teams(two: TwoPlatforms):
    await two.raise_case(teams("teacher"), answers={"trigger": "records_request"})

    await two.settle()

    (card,) = two.cards(DPO_ROOM)
    assert card.context["requester"]["name"] == "Name of aad-teacher"


async def test_whom_slack_itself_can_mention_needs_no_name(two: TwoPlatforms):
    await two.raise_case(slack("teacher"), answers={"trigger": "records_request"})

    await two.settle()

    (card,) = two.cards(DPO_ROOM)
    assert card.context["requester"]["name"] == ""


async def test_a_card_goes_out_without_a_name_where_the_platform_does_not_give_it(
    two: TwoPlatforms,
):
    two.slack.away = True
    case = await two.raise_case(slack("teacher"))

    await two.settle()

    (card,) = two.cards(DSL_ROOM)
    assert card.context["requester"]["name"] == ""
    assert case.ref == card.context["case"]["ref"]


async def test_no_name_is_ever_stored(two: TwoPlatforms, tmp_path: Path):
    case = await two.raise_case(slack("teacher"))
    await two.settle()

    (row,) = await two.rows(case)
    assert "Name of" not in str(row)
    kept = all_that_is_kept(tmp_path)
    assert case.ref.encode() in kept
    assert b"Name of" not in kept
    assert b"school.example" not in kept


def all_that_is_kept(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("two.db*"))
