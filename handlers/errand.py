"""One row of the outbox carried out: whom is it for now, what does it say, where does it go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from bot.case import Case, Status
from bot.chat import Account, Card, Chat, MessageRef, Place, Platform, RefusedForGood
from bot.facts import Facts, case_facts
from bot.life import OPEN, Reach, pass_on
from bot.notices import Audience, Hold
from bot.people import ChannelRoute, ContactRoute, School, reachable_route
from bot.permission import eligible
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
        if reason := await self._no_longer_holds(case, school):
            return Skipped(reason)
        if row.verb is Verb.UPDATE:
            return await self._draw_again(case, school)
        if row.template in {"thread", "thread_note"}:
            return await self._reply(case, school)
        if row.target is not None:
            account = school.person_by_id(row.target).accounts[0]
            return await self._send_directly(account, case, school)
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
            if case.status in OPEN:
                unit.put(self._unreached_row())

    async def _no_longer_holds(self, case: Case, school: School) -> str | None:
        holds = self.row.payload.get("holds", Hold.ALWAYS)
        if case.status is Status.DISPOSED:
            return "disposed"
        if holds == Hold.REASON_DUE and case.status is not Status.REASON_DUE:
            return "reason_given"
        ordinary = holds == Hold.ORDINARY_STAFF
        if ordinary and case.requester in await self.desk.reviewers(school, case.route):
            return "requester_is_reviewer"
        if self.row.verb is Verb.SEND and self.row.template == "root":
            return "sent_elsewhere" if self.row.route != case.route else None
        return None

    async def _send_to_route(self, case: Case, school: School) -> Result:
        route = school.routes[str(self.row.route)]
        if isinstance(route, ContactRoute):
            return Skipped("not_in_chat")
        if isinstance(route, ChannelRoute):
            people = await self.desk.reviewers(school, str(self.row.route))
            if not people & case.excluded and eligible(case, people) | (people & {case.requester}):
                return await self._send(route.place, self._card(case, school))
        accounts = await self.desk.route_accounts(school, str(self.row.route))
        allowed = [(p, a) for p, a in accounts if p not in case.excluded]
        if allowed:
            return lambda unit: self._send_singly(unit, allowed)
        if self.row.template == "copy":
            return Skipped("nobody_there")
        return lambda unit: self._pass_on(unit, school)

    def _send_singly(self, unit: Unit, accounts: list[tuple[str, Account]]) -> None:
        """One row for each person instead of one for the channel, each with its own thread."""
        unit.skip(self.row, "sent_singly")
        for person, _ in accounts:
            root = self._child(f"{self.row.key}:{person}", target=person)
            unit.put(root)
            if self.row.template == "root":
                unit.put(replace(root, key=f"{root.key}:thread", template="thread", needs=root.key))

    def _pass_on(self, unit: Unit, school: School) -> None:
        """Nobody on this route may see the case: the next route, or the contact card."""
        unit.skip(self.row, "nobody_left")
        case = unit.load(str(self.row.case_id))
        if case.route != self.row.route:
            return
        passed = frozenset(
            str(r.route) for r in unit.posted(case.id) if r.last_error == "nobody_left"
        )
        route, outside = reachable_route(school, case.route, case.excluded, passed | {case.route})
        changed, events = pass_on(case, Reach(route, outside), self.desk.clock())
        keep(unit, school, changed, events[0], before=case)

    async def _draw_again(self, case: Case, school: School) -> Result:
        posted = await self._needed()
        if posted is None:
            return Skipped("not_posted")
        if posted.target is not None and posted.target in case.excluded:
            return Skipped("excluded")
        ref = _ref(posted)
        await self._chat(ref.place.platform).update(ref, self._card(case, school))
        return Sent(None)

    async def _reply(self, case: Case, school: School) -> Result:
        root = await self._needed()
        if root is None:
            return Skipped("not_posted")
        ref = _ref(root)
        return await self._send(ref.place, self._card(case, school), thread=ref)

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
            account = school.person_by_id(self.row.target).accounts[0]
            place = await self._chat(account.platform).direct(account)
        digest = await make_digest(self.desk, school, week_in(school, week, self.desk.clock()))
        return await self._send(cast(Place, place), digest_card(self.desk.pack, school, digest))

    def _digest_singly(self, unit: Unit, people: list[str]) -> None:
        unit.skip(self.row, "sent_singly")
        for person in people:
            unit.put(self._child(f"{self.row.key}:{person}", target=person))

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

    def _child(self, key: str, *, target: str | None) -> OutboxRow:
        return replace(
            self.row,
            key=key,
            target=target,
            state=State.PENDING,
            attempts=0,
            doubt=False,
            lease_until=None,
            not_before=None,
            last_error=None,
        )

    def _operator_row(self, code: str) -> OutboxRow:
        return replace(
            self._child(f"{self.row.key}:buried", target=None),
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
            self._child(f"{self.row.key}:unreached", target=None),
            audience=Audience.REQUESTER.value,
            template="unreached",
            needs=None,
            due_at=self.desk.clock(),
            payload={"holds": Hold.ALWAYS.value, "codes": {}},
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
