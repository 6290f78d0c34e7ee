"""A school on two platforms, each a small chat that keeps in memory what it was given."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from bot.case import Case, PackRef
from bot.chat import (
    Account,
    Card,
    Member,
    MessageRef,
    NotNow,
    Place,
    Platform,
    RefusedForGood,
    Standing,
)
from bot.people import (
    ChannelRoute,
    Contact,
    ContactRoute,
    Numbers,
    PeopleRoute,
    Person,
    School,
)
from bot.rules import RulePack, decide, load_pack
from handlers.casework import keep_new
from handlers.delivery import Courier
from handlers.desk import Desk, WalkLock
from handlers.review import Visit
from storage.migrate import upgrade
from storage.outbox import OutboxRow
from storage.store import Store
from storage.vault import Vault
from tests.example_cases import SHARE
from tests.stored_cases import make_case, recorded

SLACK, TEAMS = Platform.SLACK, Platform.TEAMS
TEAM, TENANT = "T0SCHOOL01", "5f3c9a52-0000-4000-8000-000000000001"
TEAM_ON = {SLACK: TEAM, TEAMS: TENANT}
DSL_ROOM = Place(TEAMS, TENANT, "19:dsl@thread.tacv2")
DPO_ROOM = Place(SLACK, TEAM, "C0DPO00001")
OPERATORS = Place(SLACK, TEAM, "C0IT000001")
NUMBERS = Numbers("01632 960 001", "01632 960 002", "01632 960 003")


def slack(post: str) -> Account:
    return Account(SLACK, TEAM, f"U0{post.upper()}")


def teams(post: str) -> Account:
    return Account(TEAMS, TENANT, f"aad-{post}")


@dataclass
class Posted:
    """A message as it stands now."""

    ref: MessageRef
    card: Card
    key: str
    thread: MessageRef | None


@dataclass
class MemoryChat:
    """The port for one platform. `away`: it answers nothing now; `refusing`: places for good."""

    platform: Platform
    people: dict[Account, Member] = field(default_factory=dict)
    rooms: dict[Place, set[Account]] = field(default_factory=dict)
    posted: list[Posted] = field(default_factory=list)
    away: bool = False
    deaf: asyncio.Event | None = None
    refusing: dict[Place, str] = field(default_factory=dict)
    wordless: set[Place] = field(default_factory=set)
    """Places where a message is taken without saying under which id."""
    profiles_asked: int = 0

    def join(self, account: Account, *emails: str, standing: Standing = Standing.MEMBER) -> None:
        name = f"Name of {account.user}"
        self.people[account] = Member(account, standing, name, tuple(emails))

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
        self._be_there()
        if place in self.refusing:
            raise RefusedForGood(self.refusing[place])
        same = (post.ref for post in self.posted if post.key == key)
        if look_first and (found := next(same, None)):
            return found
        ref = MessageRef(place, "" if place in self.wordless else f"{len(self.posted)}")
        self.posted.append(Posted(ref, card, key, thread))
        return ref

    async def update(self, ref: MessageRef, card: Card) -> None:
        self._be_there()
        next(post for post in self.posted if post.ref == ref).card = card

    async def open(self, trigger: str, card: Card) -> None:
        raise NotNow("no_dialogs_here")

    async def show_home(self, account: Account, card: Card, *, version: str = "") -> str:
        return version

    async def direct(self, account: Account) -> Place:
        self._be_there()
        return Place(self.platform, account.team, f"dm:{account.user}")

    async def members(self, place: Place) -> tuple[Member, ...]:
        self._be_there()
        return tuple(self.people[a] for a in sorted(self.rooms[place], key=str))

    async def profile(self, account: Account) -> Member | None:
        self.profiles_asked += 1
        if self.deaf is not None:
            await self.deaf.wait()
        self._be_there()
        return self.people.get(account)

    def _be_there(self) -> None:
        if self.away:
            raise NotNow("away")


@dataclass
class TwoPlatforms:
    desk: Desk
    slack: MemoryChat
    teams: MemoryChat
    courier: Courier

    @property
    def school(self) -> School:
        return self.desk.schools["hill"]

    async def raise_case(self, by: Account, **changes: Any) -> Case:
        """A case that somebody recorded, with nobody told yet."""
        answers = SHARE | changes.pop("answers", {"advice": "wanted"})
        advice = decide(self.desk.pack, answers)
        case = make_case(
            school="hill",
            requester=self.school.person(by).id,
            account=by,
            answers=answers,
            advice=advice,
            route=str(advice.route),
            pack=PackRef(self.desk.pack.id, self.desk.pack.version, self.desk.pack.digest),
            created_at=self.desk.clock(),
            changed_at=self.desk.clock(),
            **changes,
        )
        event = recorded(case)[0]
        await self.desk.store.write(lambda unit: keep_new(unit, self.school, case, event))
        return case

    def visit(self, by: Account, case: Case) -> Visit:
        return Visit(self.desk, self.school, by, case.id)

    async def case(self, case: Case) -> Case:
        return await self.desk.store.read(lambda unit: unit.load(case.id))

    async def rows(self, case: Case, template: str = "root") -> list[OutboxRow]:
        rows = await self.desk.store.read(lambda unit: unit.posted(case.id))
        return [row for row in rows if row.template == template]

    async def settle(self) -> None:
        while await self.courier.drain():
            pass

    def cards(self, where: Place | Account, template: str = "root") -> list[Card]:
        """The cards of a kind that stand in a place, or in an account's private conversation."""
        chat = self.slack if where.platform is SLACK else self.teams
        place = where
        if isinstance(where, Account):
            place = Place(where.platform, where.team, f"dm:{where.user}")
        there = (post.card for post in chat.posted if post.ref.place == place)
        return [card for card in there if card.template == template]

    def forget(self) -> None:
        """As after a restart: nothing in memory of who is whom."""
        fresh = replace(self.school, links=type(self.school.links)())
        self.desk.schools = {"hill": fresh}
        self.desk.__post_init__()


@cache
def _pack() -> RulePack:
    return load_pack()


def make_school(**changes: Any) -> School:
    """DSL: a channel on Teams. DPO: a channel on Slack. Head and chair: people, on both."""
    head = Person("head", (teams("head"), slack("head")), "Headteacher")
    chair = Person("chair", (slack("chair"),), "Chair")
    routes = {
        "dsl": ChannelRoute("DSL", DSL_ROOM),
        "head": PeopleRoute("Headteacher", (head,)),
        "chair": PeopleRoute("Chair", (chair,)),
        "dpo": ChannelRoute("DPO", DPO_ROOM),
        "lado": ContactRoute("LADO", Contact("LADO", "01632 960 003")),
    }
    routes |= changes.pop("routes", {})
    school = School(
        id="hill",
        name="Hill School",
        time_zone="Europe/London",
        slack_team=TEAM,
        routes=routes,
        people=(head, chair),
        numbers=NUMBERS,
        teams_tenant=TENANT,
    )
    return replace(school, **changes)


def seat(on_slack: MemoryChat, on_teams: MemoryChat) -> None:
    """Everybody has both accounts, with one address; two review on Teams, one on Slack."""
    for post in ("teacher", "dsl", "deputy", "dpo", "office"):
        on_slack.join(slack(post), f"{post}@school.example")
        on_teams.join(teams(post), f"{post}@school.example")
    for post in ("head", "chair"):
        on_slack.join(slack(post))
        on_teams.join(teams(post))
    on_teams.rooms[DSL_ROOM] = {teams("dsl"), teams("deputy")}
    on_slack.rooms[DPO_ROOM] = {slack("dpo")}
    on_slack.rooms[OPERATORS] = set()


@contextlib.contextmanager
def open_two(folder: Path, **changes: Any) -> Iterator[TwoPlatforms]:
    """The school with a database in `folder`; opened there again, it goes on where it was."""
    url = f"sqlite:///{folder / 'two.db'}"
    upgrade(url)
    store = Store(url, Vault.create(folder / "keys", ["hill"]))
    store.open()
    on_slack, on_teams = MemoryChat(SLACK), MemoryChat(TEAMS)
    seat(on_slack, on_teams)
    desk = Desk(
        store=store,
        schools={"hill": make_school(**changes)},
        packs={_pack().digest: _pack()},
        pack=_pack(),
        chats={SLACK: on_slack, TEAMS: on_teams},
        lock=WalkLock(b"k" * 32),
        clock=lambda: datetime.now(UTC),
        operator_place=OPERATORS,
    )
    try:
        yield TwoPlatforms(desk, on_slack, on_teams, Courier(desk, "test"))
    finally:
        store.close_now()
