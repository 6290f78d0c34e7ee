"""Reviewers from a group, in a channel on another platform than the requester's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

import pytest

from bot.case import Case, Outcome
from bot.chat import Account, Card, Member, MessageRef, NotNow, Place, Platform, Standing
from bot.people import ChannelRoute, Person
from bot.refusals import Guest, NotOnRoute, Refusal
from handlers.desk import Desk
from handlers.review import Visit
from handlers.screens import receivers
from playground import school as pretend
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

TENANT = "7e7e7e7e-1111-4222-8333-444444444444"
CHANNEL = Place(Platform.TEAMS, TENANT, "19:all@thread.tacv2")
GROUP = Place(Platform.TEAMS, TENANT, "group:9999aaaa-1111-4222-8333-444444444444")
FIRST, SECOND, CLERK, SUPPLY, ABROAD = (
    Account(Platform.TEAMS, team, user)
    for team, user in (
        (TENANT, "first"), (TENANT, "second"), (TENANT, "clerk"), (TENANT, "supply"),
        ("elsewhere", "abroad"),
    )
)  # fmt: skip
STANDINGS = {SUPPLY: Standing.GUEST, ABROAD: Standing.STRANGER}
ABOUT_STAFF = SURE | {"adult": "staff"}
ASKED = SURE | {"advice": "wanted"}


def describe(account: Account) -> Member:
    """A colleague by their account; a guest's address proves nothing, so none is told."""
    standing = STANDINGS.get(account, Standing.MEMBER)
    emails = (f"{account.user}@campus.example",) if standing is Standing.MEMBER else ()
    return Member(account, standing, account.user, emails)


@dataclass
class Campus:
    """A chat platform in memory: who is where, and what was put where."""

    people: dict[Place, tuple[Account, ...]] = field(default_factory=dict)
    sent: list[tuple[Place, Card]] = field(default_factory=list)
    away: bool = False
    numbers: Iterator[int] = field(default_factory=count)

    async def send(
        self,
        place: Place,
        card: Card,
        *,
        thread: MessageRef | None = None,
        only_for: Account | None = None,
        key: str,
        look_first: bool = False,
    ) -> MessageRef:
        self.sent.append((place, card))
        return MessageRef(place, str(next(self.numbers)))

    async def update(self, ref: MessageRef, card: Card) -> None:
        pass

    async def open(self, trigger: str, card: Card) -> None:
        raise NotImplementedError

    async def show_home(self, account: Account, card: Card, *, version: str = "") -> str:
        raise NotImplementedError

    async def direct(self, account: Account) -> Place:
        return Place(account.platform, account.team, f"a:{account.user}")

    async def members(self, place: Place) -> tuple[Member, ...]:
        if self.away:
            raise NotNow("service_unavailable")
        return tuple(describe(account) for account in self.people[place])

    async def profile(self, account: Account) -> Member | None:
        return describe(account)

    def told(self, case: Case) -> set[str]:
        """The conversations in which a case was put."""
        cards: Iterator[tuple[Place, Mapping[str, object]]]
        cards = ((place, card.context) for place, card in self.sent)
        return {place.id for place, said in cards if case.ref in str(said)}


@pytest.fixture
def campus(school: PretendSchool) -> Campus:
    """The pretend school with its heads on Teams: a channel of all, where a group decides."""
    app = school.workspace.app
    granted = {*(app.scopes or ()), "users:read.email"}
    school.workspace.app = replace(app, scopes=frozenset(granted))
    campus = Campus({CHANNEL: (FIRST, SECOND, CLERK, SUPPLY), GROUP: (FIRST, SECOND)})
    desk = school.app.desk
    desk.chats = {**desk.chats, Platform.TEAMS: campus}
    known = desk.schools["pretend"]
    wide = ChannelRoute("Heads", CHANNEL, reviewers_in=GROUP)
    routes = known.routes | {"head": wide, "dsl": wide}
    changed = replace(known, teams_tenant=TENANT, routes=routes)
    desk.schools = {"pretend": changed}
    desk.__post_init__()
    return campus


async def raised(school: PretendSchool, answers: dict[str, str], *ticked: str) -> Case:
    await school.check(pretend.TEACHER, ticked or ("nobody",), **answers)
    return await school.finish(pretend.TEACHER)


def visit(desk: Desk, account: Account, case: Case) -> Visit:
    return Visit(desk, desk.schools["pretend"], account, case.id)


async def decide(desk: Desk, account: Account, case: Case) -> Case:
    return await visit(desk, account, case).decide(Outcome.SHARE, "The child needs it")


async def test_the_full_members_of_the_group_review_and_nobody_else(
    school: PretendSchool, campus: Campus
):
    campus.people[GROUP] = (FIRST, SECOND, SUPPLY, ABROAD)
    desk = school.app.desk

    found = await desk.reviewers(desk.schools["pretend"], "head")

    assert found == {str(FIRST), str(SECOND)}


@pytest.mark.parametrize(
    ("who", "refusal"), [(CLERK, NotOnRoute), (SUPPLY, Guest), (ABROAD, Guest)]
)
async def test_a_guest_of_the_group_or_a_reader_of_the_channel_decides_nothing(
    school: PretendSchool, campus: Campus, who: Account, refusal: type[Refusal]
):
    campus.people[GROUP] = (FIRST, SUPPLY, ABROAD)
    case = await raised(school, ASKED)

    with pytest.raises(refusal):
        await decide(school.app.desk, who, case)

    assert (await decide(school.app.desk, FIRST, case)).decision.by == str(FIRST)


async def test_an_ordinary_case_is_put_into_the_channel_once(school: PretendSchool, campus: Campus):
    case = await raised(school, ASKED)

    assert campus.told(case) == {CHANNEL.id}


async def test_a_restricted_case_goes_to_those_of_the_group_and_to_nobody_else_in_the_channel(
    school: PretendSchool, campus: Campus
):
    campus.people[GROUP] = (FIRST, SECOND, SUPPLY)

    case = await raised(school, ABOUT_STAFF)

    assert case.restricted
    assert campus.told(case) == {"a:first", "a:second"}


async def test_whoever_was_ticked_is_not_told_though_they_are_of_the_group(
    school: PretendSchool, campus: Campus
):
    case = await raised(school, ABOUT_STAFF, str(SECOND))

    assert campus.told(case) == {"a:first"}
    with pytest.raises(Refusal):
        await decide(school.app.desk, SECOND, case)


async def test_where_all_of_the_group_are_kept_out_the_next_post_gets_it(
    school: PretendSchool, campus: Campus
):
    case = await raised(school, ABOUT_STAFF, str(FIRST), str(SECOND))

    assert campus.told(case) == set()
    assert (await school.case(case)).route == "chair"
    assert school.sees(pretend.CHAIR, "case.read")


async def test_those_of_the_group_are_offered_to_be_kept_out(school: PretendSchool, campus: Campus):
    campus.people[GROUP] = (FIRST, SECOND, SUPPLY)
    desk = school.app.desk

    offered = await receivers(desk, desk.schools["pretend"])

    assert [person for person, _ in offered] == [str(FIRST), str(SECOND), "chair"]


async def test_while_the_group_cannot_be_asked_nothing_restricted_is_sent(
    school: PretendSchool, campus: Campus
):
    campus.away = True

    case = await raised(school, ABOUT_STAFF)
    assert campus.told(case) == set()

    campus.away = False
    await school.settle_in_time()
    assert campus.told(case) == {"a:first", "a:second"}


async def test_one_of_the_group_decides_from_their_account_on_the_other_platform(
    school: PretendSchool, campus: Campus
):
    desk = school.app.desk
    on_slack = Account(Platform.SLACK, pretend.TEAM, pretend.OFFICE)
    both = Person("deputy-head", (on_slack, FIRST), "Deputy head")
    known = desk.schools["pretend"]
    desk.schools = {"pretend": replace(known, people=(*known.people, both))}
    desk.__post_init__()
    case = await raised(school, ASKED)

    decided = await decide(desk, on_slack, case)

    assert decided.decision is not None
    assert decided.decision.by == "deputy-head"


async def test_an_account_of_another_tenant_is_a_stranger(school: PretendSchool, campus: Campus):
    case = await raised(school, ASKED)

    _, actor = await visit(school.app.desk, ABROAD, case).look()
    _, clerk = await visit(school.app.desk, CLERK, case).look()

    assert (actor.standing, clerk.standing) == (Standing.STRANGER, Standing.MEMBER)


async def test_the_digest_of_a_group_goes_to_each_of_them(school: PretendSchool, campus: Campus):
    from handlers.report import digest_targets

    desk = school.app.desk

    assert await digest_targets(desk, desk.schools["pretend"]) == (None, (str(FIRST), str(SECOND)))
