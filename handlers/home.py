"""The home page: what a person has still to do, and what waits on the routes they review."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.case import Case, Status
from bot.chat import Account, Card
from bot.facts import case_facts, number_facts
from bot.people import ChannelRoute, Route, School, next_routes
from bot.permission import eligible
from bot.refusals import Guest, Refusal, StalePage, UnknownCase
from handlers.desk import Desk
from handlers.review import KEEPERS
from storage.errors import ContentDestroyed, KeyMissing, Unreadable
from storage.lists import Found, Listed, Viewer
from storage.unit import Unit

A_FEW = 3
A_PAGE = 10
MOST_PAGES = 100_000
OF_ONE = (Listed.TODO, Listed.MINE)
UNCOUNTED = frozenset({Listed.MINE, Listed.RECENT})
OF_ROUTES = (Listed.WAITING, Listed.ASKED, Listed.DUE, Listed.RECENT)
_REFERENCE = re.compile(r"(?:SC)?[\s-]*([0-9A-Z]{5})", re.ASCII)
_CASE_ID = re.compile(r"[0-9a-f]{32}")
_CANNOT_BE_OPENED = (ContentDestroyed, KeyMissing, Unreadable, UnknownCase)


@dataclass(frozen=True, slots=True)
class Where:
    """What the page shows: a page of a list, one case by its id, or else the overview."""

    which: Listed | None = None
    page: int = 0
    case: str = ""

    def __str__(self) -> str:
        if self.case:
            return f"case.{self.case}"
        return f"{self.which}.{self.page}" if self.which else "overview"

    @staticmethod
    def parse(text: str) -> Where:
        """Read what `str()` wrote. Raises StalePage when it is nothing of the kind."""
        kind, _, rest = text.partition(".")
        if text == "overview":
            return Where()
        if kind == "case" and _CASE_ID.fullmatch(rest):
            return Where(case=rest)
        if kind in {*OF_ONE, *OF_ROUTES} and rest.isdecimal() and int(rest[:9]) < MOST_PAGES:
            return Where(Listed(kind), int(rest[:9]))
        raise StalePage


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody who looks at a school's cases: what they may see of them now.

    `unsure`: the platform did not say of every route who is on it; those are then not shown.
    """

    desk: Desk
    school: School
    account: Account
    viewer: Viewer
    unsure: bool = False

    def facts(self, case: Case) -> dict[str, Any]:
        """What a card may say of a case: as its own route is told, or those who keep the record."""
        keeps = KEEPERS in self.viewer.routes and not self.reviews(case)
        pack, shown_on = self.desk.pack_of(case), KEEPERS if keeps else case.route
        facts = case_facts(case, self.school, pack, shown_on=shown_on)
        return {**facts, "mine": case.requester in self.viewer.ids}

    def may_see(self, case: Case) -> bool:
        """Their own, or on a route that they review or that it was copied to; none restricted."""
        if case.school != self.school.id or case.restricted or case.excluded:
            return False
        told = {*case.advice.copy} | ({KEEPERS} if case.route in self.viewer.kept else set())
        mine = case.requester in self.viewer.ids
        return mine or not self.viewer.routes.isdisjoint(told) or self.reviews(case)

    def reviews(self, case: Case) -> bool:
        """On a route that they review, or left outside for them to record."""
        to_record = case.status is Status.OUTSIDE and case.route in self.viewer.outside
        return case.route in self.viewer.routes or to_record


async def look(desk: Desk, school: School, account: Account, *, reviewing: bool = True) -> Look:
    """Find out what somebody may see: of their own, and (`reviewing`) of the routes they review.

    Raises Guest for people from other organisations.
    """
    if not school.is_home(account):
        raise Guest
    await desk.learn(school, (account,))
    person = school.person(account).id
    routes, sure = await _reviewed(desk, school, person) if reviewing else (frozenset(), True)
    viewer = Viewer(
        school=school.id,
        ids=school.person(account).names,
        routes=frozenset(routes),
        outside=frozenset(r for r in school.routes if routes & {*next_routes(r)}),
        kept=frozenset(school.routes) - routes if KEEPERS in routes else frozenset(),
    )
    return Look(desk, school, account, viewer, unsure=not sure)


async def list_card(desk: Desk, school: School, account: Account, which: str, page: int) -> Card:
    """A page of `mine` (one's own checks) or `open` (what waits for a reviewer), as a message."""
    seen = await look(desk, school, account, reviewing=which not in OF_ONE)
    shown = await _page(seen, Listed(which), page)
    return Card(which, {"school": school.name, "unsure": seen.unsure, **shown})


async def home_card(desk: Desk, school: School, account: Account, where: Where) -> Card:
    """The home page. Raises Guest, StorageError; a route that is not theirs is an empty list."""
    seen = await look(desk, school, account)
    if where.case:
        return await _case_card(seen, where.case)
    if where.which is None:
        return await _overview(seen)
    shown = await _page(seen, where.which, where.page)
    return Card("home_list", {**_common(seen), "which": where.which.value, **shown})


async def search(desk: Desk, school: School, account: Account, text: str) -> tuple[Where, Card]:
    """What is found by a reference, however it was typed. Anything else is dropped here.

    What may not be seen is answered as what is not there. Raises as `home_card`.
    """
    seen = await look(desk, school, account)
    typed = _REFERENCE.fullmatch(text.strip().upper())
    if typed is None:
        return Where(), _found_nothing(seen, "words")
    case = await desk.store.read(lambda unit: _opened(unit.find, f"SC-{typed[1]}"))
    if case is None or not (seen.viewer.routes and seen.may_see(case)):
        return Where(), _found_nothing(seen, "unsure" if seen.unsure else "nothing")
    return Where(case=case.id), await _shown(seen, case)


async def _page(seen: Look, which: Listed, page: int) -> dict[str, Any]:
    found = await seen.desk.store.read(
        lambda unit: unit.listed(seen.viewer, which, limit=A_PAGE, offset=page * A_PAGE)
    )
    shown = [seen.facts(case) for case in found.cases]
    return {"page": page, "more": found.more, "lost": found.lost, "cases": shown}


async def _overview(seen: Look) -> Card:
    wanted = (*OF_ONE, *OF_ROUTES) if seen.viewer.routes else OF_ONE

    def gather(unit: Unit) -> list[tuple[Listed, Found, int]]:
        few = unit.overview(seen.viewer, wanted, limit=A_FEW)
        return [
            (which, some, _count(unit, seen.viewer, which, some)) for which, some in few.items()
        ]

    parts = [_part(seen, *found) for found in await seen.desk.store.read(gather)]
    return Card("home", {**_common(seen), "parts": {part["which"]: part for part in parts}})


def _count(unit: Unit, viewer: Viewer, which: Listed, first: Found) -> int:
    """How many there are; where it is never said, or all are there, nobody need count."""
    if which in UNCOUNTED or not first.more:
        return len(first.cases) + first.lost
    return unit.count(viewer, which)


def _part(seen: Look, which: Listed, first: Found, count: int) -> dict[str, Any]:
    return {
        "which": which.value,
        "count": None if which in UNCOUNTED else count,
        "more": first.more,
        "lost": first.lost,
        "cases": [seen.facts(case) for case in first.cases],
    }


async def _case_card(seen: Look, case_id: str) -> Card:
    case = await seen.desk.store.read(lambda unit: _opened(unit.load, case_id))
    if case is None or not seen.may_see(case):
        return _found_nothing(seen, "unsure" if seen.unsure else "nothing")
    return await _shown(seen, case)


async def _shown(seen: Look, case: Case) -> Card:
    """One case with the buttons of whoever looks; each is checked again when it is pressed."""
    mine = case.requester in seen.viewer.ids
    reviews = seen.reviews(case)
    if mine and reviews and case.decision is None:
        people = await seen.desk.reviewers(seen.school, case.route)
        reviews = not eligible(case, people - seen.viewer.ids)
    facts = seen.facts(case)
    await seen.desk.name_people(seen.school, facts, seen.account.platform)
    return Card("home_case", {**_common(seen), **facts, "reviews": reviews, "miss": ""})


def _found_nothing(seen: Look, why: str) -> Card:
    return Card("home_case", {**_common(seen), "case": None, "miss": why})


def _common(seen: Look) -> dict[str, Any]:
    return {
        "school": seen.school.name,
        "numbers": number_facts(seen.school.numbers),
        "reviewer": bool(seen.viewer.routes),
        "unsure": seen.unsure,
    }


async def _reviewed(desk: Desk, school: School, person: str) -> tuple[frozenset[str], bool]:
    """The routes somebody reviews; False where the platform did not say of all of them.

    Where they seem to be a reviewer, who is there is asked afresh: they may be one no longer. What
    was only just asked, for this, is fresh enough.
    """
    looks = desk.roster.looks
    known, sure = await desk.routes_of(school, person, school.routes)
    old = {r for r in known if _is_older(desk, school.routes[r], looks)}
    if not old:
        return known, sure
    still, sure_now = await desk.routes_of(school, person, old, fresh=True)
    return (known - old) | still, sure and sure_now


def _is_older(desk: Desk, route: Route, looks: int) -> bool:
    """Whether who is in a route's channel was asked for before."""
    return isinstance(route, ChannelRoute) and not desk.roster.has_looked(route.asked, looks)


def _opened(find: Callable[[str], Case], name: str) -> Case | None:
    """A case by its id or reference; one that cannot be opened is as good as none here."""
    try:
        return find(name)
    except _CANNOT_BE_OPENED:
        return None


def problem_facts(school: School | None, problem: Exception, reference: str) -> dict[str, Any]:
    """What a page says that cannot be shown: a refusal's code, or trouble of ours to quote."""
    refused = problem.code if isinstance(problem, Refusal) else ""
    numbers = number_facts(school.numbers) if school else None
    return {"code": refused, "reference": reference, "numbers": numbers}
