"""Addresses that change hands: what linked two accounts is believed no longer, nor forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.case import Outcome
from bot.chat import Account, NotNow, Standing
from bot.links import Links
from bot.people import Person
from bot.refusals import Excluded, NotOnRoute, OwnCase
from handlers.home import look
from storage.tables import account_links
from tests.example_cases import make_school
from tests.two_platforms import DSL_ROOM, TwoPlatforms, open_two, slack, teams

ADDRESS, OTHER_ADDRESS = "teacher@school.example", "new-name@school.example"
ON_SLACK, ON_TEAMS = slack("teacher"), teams("teacher")
BOTH = (ON_SLACK, ON_TEAMS)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[TwoPlatforms]:
    with open_two(tmp_path) as opened:
        yield opened


async def age_links(two: TwoPlatforms) -> None:
    """As if all that the table holds had been heard eight days ago, by a process that has ended."""
    await two.desk.store.write(
        lambda unit: unit._connection.execute(
            update(account_links).values(seen_at=datetime.now(UTC) - timedelta(days=8))
        )
    )
    two.forget()


async def meet_again(two: TwoPlatforms, *accounts: Account) -> None:
    """They act when it is time to look who they are."""
    two.desk.acquaintance._believed.clear()
    await two.desk.learn(two.school, accounts)


LOSSES = {
    "closed": lambda two: two.slack.people.pop(ON_SLACK),
    "a guest's": lambda two: two.slack.join(ON_SLACK, standing=Standing.GUEST),
    "renamed": lambda two: two.slack.join(ON_SLACK, OTHER_ADDRESS),
}


@pytest.fixture(params=LOSSES.values(), ids=list(LOSSES))
def lose(request: pytest.FixtureRequest) -> object:
    """How the account on Slack loses its address."""
    return request.param


# ------------------------------------------------------------------------- given to somebody else


async def test_who_is_given_an_address_is_not_whoever_had_it_on_the_other_platform(
    two: TwoPlatforms, lose
):
    old = await two.raise_case(ON_SLACK)
    await two.desk.learn(two.school, (ON_SLACK,))
    lose(two)

    seen = await look(two.desk, two.school, ON_TEAMS)

    assert seen.viewer.ids == {str(ON_TEAMS)}
    assert not seen.may_see(old)


async def test_who_is_given_the_address_of_a_listed_person_does_not_get_their_post(
    tmp_path: Path, lose
):
    head = Person("head", (ON_SLACK,), "Headteacher")
    with open_two(tmp_path, people=(head,)) as two:
        await two.desk.learn(two.school, (ON_SLACK,))
        lose(two)

        await two.desk.learn(two.school, (ON_TEAMS,))

        assert two.school.person(ON_TEAMS).id == str(ON_TEAMS)
        assert two.school.person_by_id("head").accounts == (ON_SLACK,)


async def test_an_old_link_is_asked_again_on_both_sides_before_it_is_believed(
    two: TwoPlatforms, lose
):
    await two.desk.learn(two.school, BOTH)
    await age_links(two)
    lose(two)

    await two.desk.learn(two.school, (ON_TEAMS,))

    assert two.school.person(ON_TEAMS).accounts == (ON_TEAMS,)


async def test_an_old_link_that_holds_is_believed_again(two: TwoPlatforms):
    await two.desk.learn(two.school, BOTH)
    await age_links(two)

    await two.desk.learn(two.school, (ON_TEAMS,))

    assert two.school.person(ON_TEAMS).accounts == BOTH


async def test_who_may_be_whoever_asked_by_a_lost_address_decides_nothing_and_others_do(
    two: TwoPlatforms, lose
):
    two.teams.rooms[DSL_ROOM].add(ON_TEAMS)
    case = await two.raise_case(ON_SLACK)
    await two.desk.learn(two.school, BOTH)
    await age_links(two)
    lose(two)
    await two.desk.learn(two.school, (ON_SLACK,))

    for _ in range(2):
        with pytest.raises(NotOnRoute):
            await two.visit(ON_TEAMS, case).decide(Outcome.SHARE, "It is right")
        two.forget()
    changed = await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")
    assert changed.decision is not None


async def test_who_may_be_whoever_is_kept_out_by_a_lost_address_reads_nothing(tmp_path: Path, lose):
    with open_two(tmp_path) as two:
        two.teams.rooms[DSL_ROOM].add(ON_TEAMS)
        case = await two.raise_case(slack("office"), excluded=frozenset({str(ON_SLACK)}))
        await two.desk.learn(two.school, BOTH)
        lose(two)
        await meet_again(two, ON_SLACK)

        with pytest.raises((Excluded, NotOnRoute)):
            await two.visit(ON_TEAMS, case).read()
        assert (await two.visit(teams("deputy"), case).read()).id == case.id


# ---------------------------------------------------------------------- in a process that runs


async def test_a_lost_address_links_no_longer_as_soon_as_it_is_known(two: TwoPlatforms, lose):
    await two.desk.learn(two.school, BOTH)
    assert two.school.person(ON_TEAMS).accounts == BOTH
    two.school.links.clock = lambda: datetime.now(UTC) + timedelta(days=8)
    await meet_again(two, *BOTH)
    assert two.school.person(ON_TEAMS).accounts == BOTH
    lose(two)

    two.school.links.clock = lambda: datetime.now(UTC) + timedelta(days=16)
    await meet_again(two, *BOTH)

    assert two.school.person(ON_TEAMS).accounts == (ON_TEAMS,)
    assert two.school.person(ON_SLACK).accounts == (ON_SLACK,)


@pytest.mark.parametrize(
    ("standing", "emails"), [(Standing.GUEST, ()), (Standing.MEMBER, (OTHER_ADDRESS,))]
)
async def test_what_a_list_of_members_says_counts_at_once_and_after_a_restart(
    two: TwoPlatforms, standing: Standing, emails: tuple[str, ...]
):
    await two.desk.learn(two.school, BOTH)
    two.teams.rooms[DSL_ROOM].add(ON_TEAMS)
    two.teams.join(ON_TEAMS, *emails, standing=standing)

    await two.desk.members(DSL_ROOM)
    assert two.school.person(ON_SLACK).accounts == (ON_SLACK,)

    await asyncio.gather(*two.desk.acquaintance._asked.values())
    two.forget()
    await two.desk.learn(two.school, (ON_SLACK,))
    assert two.school.person(ON_SLACK).accounts == (ON_SLACK,)


async def test_who_was_seen_in_a_list_and_has_left_is_not_whoever_gets_the_address(
    two: TwoPlatforms,
):
    two.teams.rooms[DSL_ROOM].add(ON_TEAMS)
    await two.desk.members(DSL_ROOM)
    del two.teams.people[ON_TEAMS]

    await two.desk.learn(two.school, (ON_SLACK,))

    assert two.school.person(ON_SLACK).accounts == (ON_SLACK,)


async def test_a_list_that_gives_no_addresses_takes_none_away(two: TwoPlatforms):
    await two.desk.learn(two.school, BOTH)
    two.teams.rooms[DSL_ROOM].add(ON_TEAMS)
    two.teams.join(ON_TEAMS)

    await two.desk.members(DSL_ROOM)

    assert two.school.person(ON_SLACK).accounts == BOTH


async def test_an_account_that_is_opened_again_is_linked_again(two: TwoPlatforms):
    await two.desk.learn(two.school, BOTH)
    there = two.slack.people.pop(ON_SLACK)
    await age_links(two)
    await two.desk.learn(two.school, BOTH)
    assert two.school.person(ON_TEAMS).accounts == (ON_TEAMS,)

    two.slack.people[ON_SLACK] = there
    await meet_again(two, *BOTH)

    assert two.school.person(ON_TEAMS).accounts == BOTH


# ------------------------------------------------------------------ while a platform says nothing


async def test_an_old_link_gives_nothing_while_the_platform_cannot_confirm_it(two: TwoPlatforms):
    case = await two.raise_case(ON_SLACK)
    await two.desk.learn(two.school, BOTH)
    await age_links(two)
    two.slack.away = True

    seen = await look(two.desk, two.school, ON_TEAMS, reviewing=False)

    assert not seen.may_see(case)
    two.slack.away = False
    seen = await look(two.desk, two.school, ON_TEAMS, reviewing=False)
    assert seen.may_see(case)


async def test_an_old_link_keeps_from_deciding_while_the_platform_cannot_confirm_it(
    two: TwoPlatforms,
):
    case = await two.raise_case(slack("dsl"))
    await two.desk.learn(two.school, (slack("dsl"), teams("dsl"), teams("deputy")))
    await age_links(two)
    two.slack.away = True

    with pytest.raises(NotNow) as trouble:
        await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")
    assert trouble.value.code == "person_unknown"
    changed = await two.visit(teams("deputy"), case).decide(Outcome.SHARE, "It is right")
    assert changed.decision is not None


async def test_once_it_can_be_confirmed_it_is_ones_own_case(two: TwoPlatforms):
    case = await two.raise_case(slack("dsl"))
    await two.desk.learn(two.school, (slack("dsl"), teams("dsl")))
    await age_links(two)
    two.slack.away = True
    with pytest.raises(NotNow):
        await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")
    two.slack.away = False

    with pytest.raises(OwnCase):
        await two.visit(teams("dsl"), case).decide(Outcome.SHARE, "It is right")


# --------------------------------------------------------------------------- what is known of it


def test_what_was_heard_eight_days_ago_tells_apart_and_no_longer_links():
    now = datetime.now(UTC)
    links = Links(lambda: now)
    for account, one in ((ON_SLACK, "h1"), (ON_TEAMS, "h1"), (teams("office"), "h2")):
        links.learn(account, (one,), now - timedelta(days=8))
    school = make_school(links=links)
    teacher, same, office = (Person(str(a), (a,)) for a in (*BOTH, teams("office")))

    assert school.person(ON_TEAMS).accounts == (ON_TEAMS,)
    assert not school.tells_apart(teacher, same)
    assert school.tells_apart(teacher, office)
    assert links.is_stale(ON_TEAMS)


def test_what_was_heard_earlier_does_not_undo_what_was_heard_later():
    now = datetime.now(UTC)
    links = Links(lambda: now)
    links.learn(ON_SLACK, ("h1",))
    links.learn(ON_TEAMS, ("h1",))
    assert links.correct(ON_SLACK, ())
    links.learn(ON_SLACK, ("h1",), now - timedelta(minutes=1))
    assert links.same_as(ON_TEAMS) == (ON_TEAMS,)

    links.learn(ON_SLACK, ("h1",), now + timedelta(minutes=1))

    assert links.same_as(ON_TEAMS) == BOTH
    assert not links.correct(ON_SLACK, ("h1",))
