"""One row of the outbox carried out: whom is it for now, what does it say, where does it go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import cast

import structlog

from bot.case import Case, Status
from bot.chat import Account, Card, Chat, MessageRef, Place, Platform, RefusedForGood, Standing
from bot.facts import Facts, case_facts
from bot.life import OPEN, RESTRICTED_ROUTES, Reach, pass_on
from bot.notices import Audience, Hold
from bot.people import ChannelRoute, ContactRoute, Person, School, reachable_route
from handlers.casework import keep
from handlers.desk import Desk
from handlers.report import (
    DIGEST,
    digest_card,
    digest_targets,
    make_digest,
    plan_digests,
    superseded,
    week_in,
)
from storage.outbox import OutboxRow, State, Verb
from storage.unit import Unit

OPERATOR = "operator"
TARGET = "target"
"""What a person is hashed for in the key of a message to them alone."""

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
        if row.target is not None:
            return await self._send_directly(_account_of(school, row.target), case, school)
        if row.audience == Audience.REQUESTER:
            return await self._send_directly(case.account, case, school)
        return await self._send_to_route(case, school)

    def report_buried(self, unit: Unit, code: str) -> None:
        """Tell the operator, and whoever waits for an answer when nobody saw their case."""
        row = self.row
        if row.audience == OPERATOR:
            return
        if self.desk.operator_place is not None:
            unit.put(self._operator_row(code))
        if row.template == "root" and row.verb is Verb.SEND and row.case_id is not None:
            case = unit.load(row.case_id)
            if case.status in OPEN and not self._reaches_others(unit):
                unit.put(self._unreached_row())

    def _reaches_others(self, unit: Unit) -> bool:
        """Whether somebody else has this card of a case, or may still get it."""
        card = self.row.key.rpartition(":")[0] if self.row.target else self.row.key
        same = (row for row in unit.posted(str(self.row.case_id)) if row.template == "root")
        others = (r for r in same if card in (r.key, r.key.rpartition(":")[0]))
        live = {State.PENDING, State.CLAIMED, State.DONE}
        return any(r.state in live for r in others if r.key != self.row.key)

    async def _no_longer_holds(self, case: Case, school: School) -> str | None:
        holds = self.row.payload.get("holds", Hold.ALWAYS)
        if case.status is Status.DISPOSED:
            return "disposed"
        if not self._is_allowed(case):
            log.error("outbox_row_not_allowed", key=self.row.key, template=self.row.template)
            return "not_allowed"
        if self.row.target and _is_excluded(case, school.person_by_id(self.row.target)):
            return "excluded"
        if holds == Hold.REASON_DUE and case.status is not Status.REASON_DUE:
            return "reason_given"
        ordinary = holds == Hold.ORDINARY_STAFF
        if ordinary and case.requester in await self.desk.reviewers(school, case.route):
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
        if isinstance(route, ChannelRoute):
            there = await self._look_round(case, school, route.place)
            if there.allowed and not there.code:
                return await self._send(route.place, self._card(case, school))
            allowed = there.allowed
        else:
            people = (p for p in route.people if p.accounts)
            allowed = tuple(p.id for p in people if not _is_excluded(case, p))
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
            card = self._for_one(unit, of, person)
            if unit.put(card) and of.template == "root":
                unit.put(replace(card, key=f"{card.key}:thread", template="thread", needs=card.key))

    async def _look_round(self, case: Case, school: School, place: Place) -> _Present:
        """Who is in a channel: of a case with anything to hide, as of this moment."""
        private = case.restricted or bool(case.excluded)
        members = self._chat(place.platform).members if private else self.desk.members
        found = [(school.person(m.account), m.standing) for m in await members(place)]
        kept_out = [person for person, _ in found if _is_excluded(case, person)]
        full = [person for person, standing in found if standing is Standing.MEMBER]
        code = ""
        if kept_out:
            code = "excluded_present"
        elif case.restricted and len(full) < len(found):
            code = "guest_present"
        return _Present(tuple(p.id for p in full if p not in kept_out), code)

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
        if posted is None:
            return Skipped("not_posted")
        if found := await self._barred(case, school, posted):
            return Skipped(found.code)
        ref = _ref(posted)
        await self._chat(ref.place.platform).update(ref, self._card(case, school))
        return Sent(None)

    async def _reply(self, case: Case, school: School) -> Result:
        root = await self._needed()
        if root is None:
            return Skipped("not_posted")
        if found := await self._barred(case, school, root):
            return lambda unit: self._send_singly(unit, root, found.allowed, found.code)
        ref = _ref(root)
        return await self._send(ref.place, self._card(case, school), thread=ref)

    async def _barred(self, case: Case, school: School, posted: OutboxRow) -> _Present | None:
        """Who is where a card was posted, if somebody is there by now who may see no more of it."""
        if posted.audience == Audience.REQUESTER:
            return None
        if posted.target is not None:
            excluded = _is_excluded(case, school.person_by_id(posted.target))
            return _Present((), "excluded") if excluded else None
        if not (case.restricted or case.excluded):
            return None
        found = await self._look_round(case, school, _ref(posted).place)
        return found if found.code else None

    async def _send_directly(self, account: Account, case: Case, school: School) -> Result:
        place = await self._chat(account.platform).direct(account)
        return await self._send(place, self._card(case, school))

    async def _post_digest(self) -> Result:
        """Post it; the weeks after it are put first, so that they come whatever becomes of it."""
        await plan_digests(self.desk)
        school = self.desk.schools.get(self.row.school)
        week = str(self.row.payload["week"])
        if school is None or superseded(self.desk, school, week):
            return Skipped("superseded")
        place, people = digest_targets(school)
        if place is None and self.row.target is None:
            return lambda unit: self._digest_singly(unit, [person for person, _ in people])
        if self.row.target is not None:
            account = _account_of(school, self.row.target)
            place = await self._chat(account.platform).direct(account)
        digest = await make_digest(self.desk, school, week_in(school, week, self.desk.clock()))
        return await self._send(cast(Place, place), digest_card(self.desk.pack, school, digest))

    def _digest_singly(self, unit: Unit, people: list[str]) -> None:
        if unit.skip(self.row, "sent_singly"):
            for person in people:
                unit.put(self._for_one(unit, self.row, person))

    async def _send(self, place: Place, card: Card, *, thread: MessageRef | None = None) -> Result:
        chat = self._chat(place.platform)
        ref = await chat.send(
            place, card, thread=thread, key=self.row.key, look_first=self.row.doubt
        )
        return Sent(ref)

    def _card(self, case: Case, school: School) -> Card:
        facts = case_facts(
            case,
            school,
            self.desk.pack_of(case),
            shown_on=str(self.row.route or case.route),
            event=self.row.event,
        )
        codes = self.row.payload.get("codes", {})
        return Card(self.row.template, {**facts, **_said(codes, school), "may_repeat": False})

    def _chat(self, platform: Platform) -> Chat:
        chat = self.desk.chats.get(platform)
        if chat is None:
            raise RefusedForGood(f"no_{platform}")
        return chat

    async def _needed(self) -> OutboxRow | None:
        needs = str(self.row.needs)
        rows = await self.desk.store.read(lambda unit: unit.posted(str(self.row.case_id)))
        return next((row for row in rows if row.key == needs and row.ref), None)

    def _for_one(self, unit: Unit, of: OutboxRow, person: str) -> OutboxRow:
        """A row for one person alone; its key, which leaves the process, does not say who."""
        number = unit.keyed_hash(of.school, TARGET, f"{of.key}:{person}")[:24]
        return replace(_afresh(of), key=f"{of.key}:{number}", target=person)

    def _operator_row(self, code: str) -> OutboxRow:
        return replace(
            _afresh(self.row),
            key=f"{self.row.key}:buried",
            case_id=None,
            event="",
            audience=OPERATOR,
            template="buried",
            verb=Verb.SEND,
            needs=None,
            route=None,
            place=str(self.desk.operator_place),
            due_at=self.desk.clock(),
            payload={"key": self.row.key, "code": code, "template": self.row.template},
        )

    def _unreached_row(self) -> OutboxRow:
        return replace(
            _afresh(self.row),
            key=f"{self.row.key}:unreached",
            audience=Audience.REQUESTER.value,
            template="unreached",
            needs=None,
            due_at=self.desk.clock(),
            payload={"holds": Hold.ALWAYS.value, "codes": {}},
        )


@dataclass(frozen=True, slots=True)
class _Present:
    """Who in a place may see a case, and a code when somebody else is there too."""

    allowed: tuple[str, ...]
    code: str


def _is_excluded(case: Case, person: Person) -> bool:
    """Whether somebody is kept out, under the name they have now or the account they had then."""
    return not case.excluded.isdisjoint({person.id, *map(str, person.accounts)})


def _account_of(school: School, person: str) -> Account:
    """Raises RefusedForGood for somebody who has left the settings since."""
    accounts = school.person_by_id(person).accounts
    if not accounts:
        raise RefusedForGood("no_account")
    return accounts[0]


def _afresh(row: OutboxRow) -> OutboxRow:
    """A row to be sent, like one that was dealt with."""
    return replace(
        row,
        target=None,
        place=None,
        ref=None,
        state=State.PENDING,
        attempts=0,
        doubt=False,
        lease=None,
        lease_until=None,
        not_before=None,
        last_error=None,
        sent_at=None,
    )


def _ref(row: OutboxRow) -> MessageRef:
    return MessageRef(Place.parse(str(row.place)), str(row.ref))


def _said(codes: dict[str, str], school: School) -> Facts:
    """What the event itself said, such as the posts a case went from and to."""
    said: Facts = dict(codes)
    for name in ("from", "to"):
        if codes.get(name) in school.routes:
            said[f"{name}_post"] = school.routes[codes[name]].post
    return {"said": said}
