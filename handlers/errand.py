"""One row of the outbox carried out: whom is it for now, what does it say, where does it go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import cast

import structlog

from bot.case import Case, Status
from bot.chat import (
    Card,
    MessageRef,
    Place,
    Platform,
)
from bot.facts import Facts, case_facts
from bot.life import RESTRICTED_ROUTES, Reach, pass_on
from bot.notices import Audience, Hold
from bot.people import ChannelRoute, ContactRoute, School, reachable_route
from handlers.burial import OPERATOR
from handlers.casework import keep
from handlers.desk import Desk
from handlers.onlookers import Onlookers, Present, chat_of
from handlers.outgoing import account_of, for_one, is_direct, thread_of
from handlers.report import (
    DIGEST,
    digest_card,
    digest_targets,
    make_digest,
    plan_digests,
    superseded,
    week_in,
)
from storage.outbox import OutboxRow, Verb
from storage.unit import Unit

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sent:
    """The message is there; `ref` is None when there was nothing to draw again."""

    ref: MessageRef | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """It need not be sent: `code` says why."""

    code: str


Settle = Callable[[Unit], object]
Result = Sent | Skipped | Settle


@dataclass(frozen=True, slots=True)
class Errand:
    desk: Desk
    row: OutboxRow

    async def carry_out(self) -> Result:
        """Send, draw again, skip, or give what to write instead (sent singly, passed on).

        Raises NotNow, InDoubt or RefusedForGood.
        """
        row = self.row
        if row.audience == DIGEST:
            return await self._post_digest()
        if row.audience == OPERATOR:
            return await self._send(Place.parse(str(row.place)), Card(row.template, row.payload))
        assert row.case_id is not None  # noqa: S101 - every other row is about a case
        case_id = row.case_id
        case = await self.desk.store.read(lambda unit: unit.load(case_id))
        school = self.desk.school_of(case)
        case = await self.desk.with_kept_out(school, case)
        if reason := await self._no_longer_holds(case, school):
            return Skipped(reason)
        if row.verb is Verb.UPDATE:
            return await self._draw_again(case, school)
        if row.template in {"thread", "thread_note"}:
            return await self._reply(case, school)
        if is_direct(row, case):
            return await self._send_directly(case, school)
        return await self._send_to_route(case, school)

    async def _no_longer_holds(self, case: Case, school: School) -> str | None:
        holds = self.row.payload.get("holds", Hold.ALWAYS)
        if case.status is Status.DISPOSED:
            return "disposed"
        if not self._is_allowed(case):
            log.error("outbox_row_not_allowed", key=self.row.key, template=self.row.template)
            return "not_allowed"
        onlookers = Onlookers(self.desk, school, case)
        if self.row.target and not await onlookers.may_see(self.row.target):
            return "excluded"
        if holds == Hold.REASON_DUE and case.status is not Status.REASON_DUE:
            return "reason_given"
        ordinary = holds == Hold.ORDINARY_STAFF
        requester = school.person_by_id(case.requester)
        if ordinary and requester.names & await self.desk.reviewers(school, case.route):
            return "requester_is_reviewer"
        if self.row.verb is Verb.SEND and self.row.template == "root":
            return "sent_elsewhere" if self.row.route != case.route else None
        return None

    def _is_allowed(self, case: Case) -> bool:
        """Whatever the row says, a restricted case is for its own routes and its requester."""
        if not case.restricted or self.row.audience == Audience.REQUESTER:
            return True
        return self.row.template != "copy" and self.row.route in RESTRICTED_ROUTES

    async def _send_to_route(self, case: Case, school: School) -> Result:
        route = school.routes[str(self.row.route)]
        if isinstance(route, ContactRoute):
            return Skipped("not_in_chat")
        onlookers = Onlookers(self.desk, school, case)
        if isinstance(route, ChannelRoute):
            there = await onlookers.look_round(str(self.row.route), route.place)
            if there.allowed and not there.code:
                return await self._post(route.place, case, school)
            allowed = there.allowed
        else:
            people = (school.person_by_id(p.id) for p in route.people)
            allowed = await onlookers.allowed(person for person in people if person.accounts)
        if allowed:
            return lambda unit: self._send_singly(unit, self.row, allowed, "sent_singly")
        if self.row.template == "copy":
            return Skipped("nobody_there")
        return lambda unit: self._pass_on(unit, school, case.excluded)

    def _send_singly(self, unit: Unit, of: OutboxRow, people: Iterable[str], code: str) -> None:
        """One row for each person instead of one for the channel, each with its own thread.

        `of` is the card for the channel: whoever was sent one in its stead has it already.
        """
        if not unit.skip(self.row, code):
            return
        for person in people:
            card = for_one(unit, of, person)
            if unit.put(card) and of.template == "root":
                unit.put(thread_of(card))

    def _pass_on(self, unit: Unit, school: School, kept_out: frozenset[str]) -> None:
        """Nobody on this route may see the case: the next route, or the contact card."""
        if not unit.skip(self.row, "nobody_left"):
            return
        case = unit.load(str(self.row.case_id))
        if case.route != self.row.route:
            return
        passed = frozenset(
            str(r.route) for r in unit.posted(case.id) if r.last_error == "nobody_left"
        )
        case = replace(case, excluded=case.excluded | kept_out)
        route, outside = reachable_route(school, case.route, case.excluded, passed | {case.route})
        changed, events = pass_on(case, Reach(route, outside), self.desk.clock())
        keep(unit, school, changed, events[0], before=case)

    async def _draw_again(self, case: Case, school: School) -> Result:
        posted = await self._needed()
        if posted is None or not posted.ref:
            return Skipped("not_posted")
        if found := await self._barred(case, school, posted):
            return Skipped(found.code)
        ref = _ref(posted)
        card = await self._card(case, school, ref.place.platform)
        await chat_of(self.desk, ref.place.platform).update(ref, card)
        return Sent(None)

    async def _reply(self, case: Case, school: School) -> Result:
        root = await self._needed()
        if root is None:
            return Skipped("not_posted")
        if found := await self._barred(case, school, root):
            return lambda unit: self._send_singly(unit, root, found.allowed, found.code)
        ref = _ref(root)
        return await self._post(ref.place, case, school, thread=ref)

    async def _barred(self, case: Case, school: School, posted: OutboxRow) -> Present | None:
        """Who is where a card was posted, if somebody is there by now who may see no more of it."""
        if posted.audience == Audience.REQUESTER:
            return None
        onlookers = Onlookers(self.desk, school, case)
        if posted.target is not None:
            told = await onlookers.may_see(posted.target)
            return None if told else Present((), "excluded")
        if not (case.restricted or case.excluded):
            return None
        found = await onlookers.look_round(str(posted.route), _ref(posted).place)
        return found if found.code else None

    async def _send_directly(self, case: Case, school: School) -> Result:
        return await self._post(await self._private_place(school, case), case, school)

    async def _private_place(self, school: School, case: Case | None = None) -> Place:
        account = account_of(school, self.row, case)
        return await chat_of(self.desk, account.platform).direct(account)

    async def _post_digest(self) -> Result:
        """Post it; the weeks after it are put first, so that they come whatever becomes of it."""
        await plan_digests(self.desk)
        school = self.desk.schools.get(self.row.school)
        week = str(self.row.payload["week"])
        if school is None or superseded(self.desk, school, week):
            return Skipped("superseded")
        place, people = await digest_targets(self.desk, school)
        if place is None and self.row.target is None:
            return lambda unit: self._digest_singly(unit, people)
        if self.row.target is not None:
            place = await self._private_place(school)
        digest = await make_digest(self.desk, school, week_in(school, week, self.desk.clock()))
        return await self._send(cast(Place, place), digest_card(self.desk.pack, school, digest))

    def _digest_singly(self, unit: Unit, people: Iterable[str]) -> None:
        if unit.skip(self.row, "sent_singly"):
            for person in people:
                unit.put(for_one(unit, self.row, person))

    async def _post(
        self, place: Place, case: Case, school: School, *, thread: MessageRef | None = None
    ) -> Result:
        card = await self._card(case, school, place.platform)
        return await self._send(place, card, thread=thread)

    async def _send(self, place: Place, card: Card, *, thread: MessageRef | None = None) -> Result:
        chat = chat_of(self.desk, place.platform)
        ref = await chat.send(
            place, card, thread=thread, key=self.row.key, look_first=self.row.doubt
        )
        return Sent(ref)

    async def _card(self, case: Case, school: School, platform: Platform) -> Card:
        facts = case_facts(
            case,
            school,
            self.desk.pack_of(case),
            shown_on=str(self.row.route or case.route),
            event=self.row.event,
        )
        await self.desk.name_people(school, facts, platform)
        codes = self.row.payload.get("codes", {})
        return Card(self.row.template, {**facts, **_said(codes, school), "may_repeat": False})

    async def _needed(self) -> OutboxRow | None:
        """The row whose message this one follows; Teams may have named no id for that message.

        What follows such a one stands beside it, for without that nobody had the buttons.
        """
        needs = str(self.row.needs)
        rows = await self.desk.store.read(lambda unit: unit.posted(str(self.row.case_id)))
        return next((row for row in rows if row.key == needs and row.place), None)


def _ref(row: OutboxRow) -> MessageRef:
    return MessageRef(Place.parse(str(row.place)), row.ref or "")


def _said(codes: dict[str, str], school: School) -> Facts:
    """What the event itself said, such as the posts a case went from and to."""
    said: Facts = dict(codes)
    for name in ("from", "to"):
        if codes.get(name) in school.routes:
            said[f"{name}_post"] = school.routes[codes[name]].post
    return {"said": said}
