"""One human on two platforms: nobody decides their own case, nobody kept out reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.case import Outcome
from bot.chat import NotNow, Place, Standing
from bot.people import ChannelRoute, PeopleRoute, Person
from bot.refusals import Excluded, NotOnRoute, OwnCase
from handlers import acquaintance
from handlers.home import look
from storage.lists import Listed
from storage.tables import outbox
from tests.two_platforms import (
    DPO_ROOM,
    DSL_ROOM,
    SLACK,
    TEAM,
    TwoPlatforms,
    make_school,
    open_two,
    slack,
    teams,
)

ADULT = {"adult": "staff"}
HEADS_ROOM = Place(SLACK, TEAM, "C0HEADS001")
HEADS_CHANNEL = {"head": ChannelRoute("Headteacher", HEADS_ROOM)}


@pytest.fixture
def two(tmp_path: Path) -> Iterator[TwoPlatforms]:
    with open_two(tmp_path) as opened:
        yield opened


# --------------------------------------------------------------------------------- deciding


async def test_who_asked_on_slack_may_not_decide_it_on_teams(two: TwoPlatforms):
    case = await two.raise_case(slack("dsl"))

    with pytest.raises(OwnCase):
        await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")

    changed = await two.visit(teams("deputy"), case).decide(Outcome.SHARE, "It is right")
    assert changed.decision is not None
    assert not changed.decision.single


async def test_who_asked_on_teams_may_not_decide_it_on_slack(two: TwoPlatforms):
    case = await two.raise_case(teams("dpo"), answers={"trigger": "records_request"})
    two.slack.rooms[DPO_ROOM].add(slack("office"))

    with pytest.raises(OwnCase):
        await two.visit(slack("dpo"), case).decide(Outcome.SHARE, "It is right")


async def test_the_only_reviewer_decides_their_own_case_as_such_from_either_platform(
    two: TwoPlatforms,
):
    two.teams.rooms[DSL_ROOM] = {teams("dsl")}
    case = await two.raise_case(slack("dsl"))

    changed = await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")

    assert changed.decision is not None
    assert (changed.decision.single, changed.decision.by) == (True, case.requester)


async def test_a_reviewer_acts_from_their_other_platform(two: TwoPlatforms):
    case = await two.raise_case(teams("teacher"))

    changed = await two.visit(slack("deputy"), case).decide(Outcome.SHARE, "It is right")

    assert changed.decision is not None


@pytest.mark.parametrize("fault", ["away", "deaf"])
async def test_while_the_other_platform_says_nothing_nobody_decides_and_later_they_do(
    two: TwoPlatforms, fault: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(acquaintance, "LOOK_WITHIN", 0.05)
    case = await two.raise_case(slack("teacher"))
    two.slack.away = fault == "away"
    two.slack.deaf = asyncio.Event() if fault == "deaf" else None

    with pytest.raises(NotNow) as trouble:
        await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")
    assert trouble.value.code == "person_unknown"

    two.slack.away = False
    if two.slack.deaf is not None:
        two.slack.deaf.set()
    changed = await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")
    assert changed.decision is not None


async def test_work_on_one_platform_does_not_wait_for_the_other(two: TwoPlatforms):
    case = await two.raise_case(teams("teacher"))
    two.slack.away = True

    changed = await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")

    assert changed.decision is not None


async def test_what_the_table_knows_is_enough_while_the_other_platform_is_away(
    two: TwoPlatforms,
):
    case = await two.raise_case(slack("dsl"))
    await two.desk.learn(two.school, (slack("dsl"),))
    two.forget()
    two.slack.away = True

    with pytest.raises(OwnCase):
        await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")
    changed = await two.visit(teams("deputy"), case).decide(Outcome.SHARE, "It is right")
    assert changed.decision is not None


async def test_who_cannot_be_told_apart_from_whoever_asked_decides_nothing(two: TwoPlatforms):
    case = await two.raise_case(slack("teacher"))
    two.teams.join(teams("dsl"))

    with pytest.raises(NotOnRoute):
        await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")
    assert (await two.case(case)).status == "waiting"


async def test_who_is_listed_with_both_accounts_needs_no_address(tmp_path: Path):
    dsl = Person("dsl", (slack("dsl"), teams("dsl")), "DSL")
    with open_two(tmp_path, people=(dsl,)) as two:
        two.slack.join(slack("dsl"))
        two.teams.join(teams("dsl"))
        own, other = await two.raise_case(slack("dsl")), await two.raise_case(slack("teacher"))
        two.slack.away = True

        with pytest.raises(OwnCase):
            await two.visit(teams("dsl"), own).decide(Outcome.SHARE, "It is right")
        changed = await two.visit(teams("dsl"), other).decide(Outcome.SHARE, "It is right")
        assert changed.decision is not None
        assert changed.decision.by == "dsl"


async def test_the_requester_answers_for_their_case_from_their_other_platform(two: TwoPlatforms):
    case = await two.raise_case(slack("teacher"))

    changed = await two.visit(teams("teacher"), case).withdraw("Dealt with")

    assert changed.close_requested


# --------------------------------------------------------------------------------- being kept out


async def test_who_is_kept_out_on_slack_may_not_open_it_on_teams(tmp_path: Path):
    heads = {"head": ChannelRoute("Headteacher", DSL_ROOM)}
    with open_two(tmp_path, routes=heads) as two:
        case = await two.raise_case(
            slack("teacher"), answers=ADULT, excluded=frozenset({str(slack("dsl"))})
        )

        with pytest.raises(Excluded):
            await two.visit(teams("dsl"), case).read()
        assert (await two.visit(teams("deputy"), case).read()).id == case.id


async def test_a_channel_on_teams_with_somebody_kept_out_on_slack_gets_no_card(tmp_path: Path):
    heads = {"head": ChannelRoute("Headteacher", DSL_ROOM)}
    with open_two(tmp_path, routes=heads) as two:
        case = await two.raise_case(
            slack("teacher"), answers=ADULT, excluded=frozenset({str(slack("dsl"))})
        )

        await two.settle()

        assert two.cards(DSL_ROOM) == two.cards(teams("dsl")) == two.cards(slack("dsl")) == []
        assert [*two.cards(teams("deputy")), *two.cards(slack("deputy"))] != []
        sent = [row for row in await two.rows(case) if row.last_error == "sent_singly"]
        assert len(sent) == 1


async def test_nothing_is_sent_while_nobody_can_say_who_is_kept_out_and_then_it_is(
    tmp_path: Path,
):
    heads = {"head": ChannelRoute("Headteacher", DSL_ROOM)}
    with open_two(tmp_path, routes=heads) as two:
        case = await two.raise_case(
            teams("teacher"), answers=ADULT, excluded=frozenset({str(slack("office"))})
        )
        two.slack.away = True
        await two.settle()
        (root,) = await two.rows(case)
        assert (root.state, root.last_error) == ("pending", "person_unknown")
        assert two.cards(DSL_ROOM) == []

        two.slack.away = False
        await rest(two)

        assert len(two.cards(DSL_ROOM)) == 1


async def test_whom_nobody_can_tell_from_those_kept_out_gets_no_card_but_others_do(
    tmp_path: Path,
):
    heads = {"head": ChannelRoute("Headteacher", DSL_ROOM)}
    with open_two(tmp_path, routes=heads) as two:
        two.teams.join(teams("dsl"))
        case = await two.raise_case(
            teams("teacher"), answers=ADULT, excluded=frozenset({str(slack("office"))})
        )

        await two.settle()

        assert two.cards(DSL_ROOM) == two.cards(teams("dsl")) == []
        assert len(two.cards(teams("deputy")) + two.cards(slack("deputy"))) == 1
        assert (await two.case(case)).route == "head"


async def test_when_nobody_can_be_told_from_those_kept_out_the_case_goes_on(tmp_path: Path):
    heads = {"head": ChannelRoute("Headteacher", DSL_ROOM)}
    with open_two(tmp_path, routes=heads) as two:
        two.slack.join(slack("office"))
        case = await two.raise_case(
            teams("teacher"), answers=ADULT, excluded=frozenset({str(slack("office"))})
        )

        await two.settle()

        assert (await two.case(case)).route == "chair"
        assert len(two.cards(slack("chair"))) == 1


async def test_a_worry_about_the_head_keeps_out_the_heads_account_on_the_other_platform(
    tmp_path: Path,
):
    chairs = {
        "head": ChannelRoute("Headteacher", HEADS_ROOM),
        "chair": ChannelRoute("Chair", DSL_ROOM),
    }
    with open_two(tmp_path, routes=chairs) as two:
        two.slack.rooms[HEADS_ROOM] = {slack("deputy")}
        case = await two.raise_case(teams("teacher"), answers={"adult": "head"})

        await two.settle()

        assert two.cards(DSL_ROOM) == two.cards(teams("deputy")) == []
        with pytest.raises(Excluded):
            await two.visit(teams("deputy"), case).read()
        assert len(two.cards(teams("dsl")) + two.cards(slack("dsl"))) == 1


async def test_a_case_already_posted_gets_no_more_replies_where_one_kept_out_now_is(
    tmp_path: Path,
):
    heads = {"head": ChannelRoute("Headteacher", DSL_ROOM)}
    with open_two(tmp_path, routes=heads) as two:
        case = await two.raise_case(
            slack("teacher"), answers=ADULT, excluded=frozenset({str(slack("office"))})
        )
        await two.settle()
        before = len(two.cards(DSL_ROOM, "thread_note"))
        two.teams.rooms[DSL_ROOM].add(teams("office"))

        await two.visit(teams("dsl"), case).ask("Since when?")
        await two.settle()

        assert len(two.cards(DSL_ROOM, "thread_note")) == before


async def test_who_is_kept_out_is_written_down_under_every_account_that_is_known(tmp_path: Path):
    heads = {"head": ChannelRoute("Headteacher", DSL_ROOM)}
    with open_two(tmp_path, routes=heads) as two:
        case = await two.raise_case(
            slack("teacher"), answers=ADULT, excluded=frozenset({str(slack("dsl"))})
        )
        await two.desk.learn(two.school, (teams("dsl"),))

        await two.visit(teams("deputy"), case).ask("Since when?")

        assert (await two.case(case)).excluded == {str(slack("dsl")), str(teams("dsl"))}


async def test_a_guest_on_the_other_platform_is_nobodys_other_account(two: TwoPlatforms):
    two.teams.join(teams("visitor"), standing=Standing.GUEST)
    await two.desk.learn(two.school, (teams("visitor"), slack("teacher")))

    assert two.school.person(teams("visitor")).accounts == (teams("visitor"),)


async def test_people_named_on_a_route_are_asked_in_whichever_account_they_use(tmp_path: Path):
    routes = {"dsl": PeopleRoute("DSL", (Person("dsl", (slack("dsl"),), "DSL"),))}
    people = (Person("dsl", (slack("dsl"),), "DSL"),)
    with open_two(tmp_path, routes=routes, people=people) as two:
        case = await two.raise_case(teams("teacher"))

        changed = await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")

        assert changed.decision is not None
        assert changed.decision.by == "dsl"


# --------------------------------------------------------------------------------- what they find


async def test_a_list_holds_what_somebody_asked_under_any_of_their_accounts(two: TwoPlatforms):
    on_slack = await two.raise_case(slack("teacher"))
    on_teams = await two.raise_case(teams("teacher"))
    await two.raise_case(teams("office"))
    await two.desk.learn(two.school, (slack("teacher"),))
    two.forget()

    for account in (teams("teacher"), slack("teacher")):
        seen = await look(two.desk, two.school, account, reviewing=False)
        page = await two.desk.store.read(
            lambda unit, who=seen.viewer: unit.listed(who, Listed.MINE, limit=9)
        )
        assert {case.id for case in page.cases} == {on_slack.id, on_teams.id}


async def test_ones_own_list_is_there_though_the_platforms_say_nothing(two: TwoPlatforms):
    case = await two.raise_case(teams("teacher"))
    two.slack.away = two.teams.away = True

    seen = await look(two.desk, two.school, teams("teacher"), reviewing=False)

    assert seen.viewer.ids == {str(teams("teacher"))}
    assert seen.may_see(case)


async def test_a_reviewer_on_teams_sees_what_waits_when_they_look_on_slack(two: TwoPlatforms):
    await two.raise_case(slack("teacher"))

    seen = await look(two.desk, two.school, slack("dsl"))

    assert "dsl" in seen.viewer.routes


async def test_a_school_on_one_platform_asks_nobody_who_is_who(tmp_path: Path):
    school = make_school(slack_team=None)
    with open_two(tmp_path) as two:
        two.desk.schools = {"hill": school}
        two.desk.__post_init__()
        case = await two.raise_case(teams("teacher"))

        await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")

        assert two.teams.profiles_asked == two.slack.profiles_asked == 0


async def test_many_who_ask_at_once_cost_one_look(two: TwoPlatforms):
    await asyncio.gather(*(two.desk.learn(two.school, (slack("teacher"),)) for _ in range(20)))
    await two.desk.learn(two.school, (slack("teacher"),))

    assert two.slack.profiles_asked == 1


async def test_what_the_table_knows_of_this_week_is_not_asked_again(two: TwoPlatforms):
    await two.desk.learn(two.school, (slack("teacher"),))
    two.forget()

    assert await two.desk.learn(two.school, (slack("teacher"),)) == frozenset()
    assert two.slack.profiles_asked == 1


async def rest(two: TwoPlatforms) -> None:
    """Deliver what waits for a later try."""
    await two.desk.store.write(
        lambda unit: unit._connection.execute(update(outbox).values(not_before=None))
    )
    await two.settle()
