"""What reviewers and requesters do with a case: every action is checked against the stored case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from bot import life
from bot.case import Case, Event, EventKind, Outcome, Status
from bot.chat import Account, NotNow
from bot.life import Reach, Step
from bot.people import School, next_routes, reachable_route
from bot.permission import ALLOWED, Action, Actor, Who, allow
from bot.refusals import ReasonRequired, Refusal, StalePage, UnknownCase
from handlers.casework import keep, keep_new
from handlers.check import refuse_personal_data
from handlers.desk import Desk, new_id
from storage.unit import Unit

Take = Callable[[Case, Actor], Step]
ANSWER_WITHIN = 2.0
"""Seconds that the platforms have to say who may do something, while somebody waits for it."""
KEEPERS = "dsl"
"""The route whose people see to it that a case gets into the child's own file."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One person at one case: whoever opens a form or presses a button.

    `override` is a reviewer's word that what looks like personal data is none. `request` is the key
    of what they sent: the same one again changes nothing.
    """

    desk: Desk
    school: School
    account: Account
    case_id: str
    override: bool = False
    request: str = ""

    async def look(
        self, action: Action | None = None, *, fresh: bool = False
    ) -> tuple[Case, Actor]:
        """The case and who is asking; the DSL keeps the record of other posts' cases in order too.

        `fresh`: who is on the routes is asked anew. Raises UnknownCase, also for another school's
        case, and a DeliveryError.
        """
        case = await self._case()
        routes = self._routes(case)
        if action is not None and ALLOWED[action][0] is Who.KEEPER and not case.restricted:
            routes = (*routes, *({KEEPERS} - {*routes}))
        return case, await self._actor(case, routes, fresh=fresh)

    async def check(self, action: Action) -> tuple[Case, Actor]:
        """See whether an action is allowed now; a refusal is recorded, and raised."""
        case, actor = await self.look(action)
        try:
            allow(action, case, actor)
        except Refusal as refusal:
            await self._note_refusal(case, actor, refusal)
            raise
        return case, actor

    async def decide(self, outcome: Outcome, reason: str, limits: str = "") -> Case:
        now = self.desk.clock()
        return await self._act(
            lambda c, a: life.decide(c, a, outcome, reason, limits, now),
            {"reason": reason, "limits": limits},
        )

    async def ask(self, question: str) -> Case:
        now = self.desk.clock()
        return await self._act(lambda c, a: life.ask(c, a, question, now), {"question": question})

    async def answer(self, text: str) -> Case:
        now = self.desk.clock()
        return await self._act(lambda c, a: life.answer(c, a, text, now), {"answer": text})

    async def comment(self, text: str) -> Case:
        now = self.desk.clock()
        return await self._act(lambda c, a: life.comment(c, a, text, now), {"comment": text})

    async def hand_over(self, to: str, reason: str) -> Case:
        now = self.desk.clock()
        return await self._act(
            lambda c, a: life.hand_over(c, a, to, reason, now), {"reason": reason}
        )

    async def reroute(self, wanted: str, reason: str) -> Case:
        now = self.desk.clock()

        def take(case: Case, actor: Actor) -> Step:
            if wanted not in self.school.routes:
                raise StalePage
            route, outside = reachable_route(self.school, wanted, case.excluded)
            return life.reroute(case, actor, Reach(route, outside), reason, now, wanted=wanted)

        return await self._act(take, {"reason": reason})

    async def withdraw(self, reason: str) -> Case:
        now = self.desk.clock()
        return await self._act(lambda c, a: life.withdraw(c, a, reason, now), {"reason": reason})

    async def give_reason(self, texts: Mapping[str, str]) -> Case:
        now = self.desk.clock()
        return await self._act(lambda c, a: life.give_reason(c, a, texts, now), texts)

    async def record_outside(self, outcome: Outcome, reason: str) -> Case:
        now = self.desk.clock()
        return await self._act(
            lambda c, a: life.record_outside(c, a, outcome, reason, now), {"reason": reason}
        )

    async def report(self, texts: Mapping[str, str], *, done: bool) -> Case:
        now = self.desk.clock()
        return await self._act(
            lambda c, a: life.report(c, a, done=done, texts=texts, at=now), texts
        )

    async def note_reply(self, text: str, *, no_action: bool) -> Case:
        now = self.desk.clock()
        return await self._act(
            lambda c, a: life.note_reply(c, a, no_action=no_action, text=text, at=now),
            {"reply": text},
        )

    async def mark_filed(self) -> Case:
        now = self.desk.clock()
        return await self._act(lambda c, a: life.mark_filed(c, a, now), {}, Action.MARK_FILED)

    async def set_hold(self, reason: str, *, held: bool) -> Case:
        """Keep an ended case for law, or end that."""
        now = self.desk.clock()
        return await self._act(
            lambda c, a: life.set_hold(c, a, held=held, reason=reason, at=now),
            {"reason": reason},
            Action.SET_HOLD,
        )

    async def amend(self, outcome: Outcome, reason: str, limits: str = "") -> Case:
        """A changed mind: the old case stays (and is given back), a new linked one decides anew."""
        now = self.desk.clock()
        case_id = new_id()

        def also(unit: Unit, case: Case, actor: Actor) -> Step:
            ids = (case_id, unit.new_ref())
            old, new = life.amend(case, actor, outcome, reason, ids, now, limits=limits)
            keep_new(unit, self.school, new[0], new[1][0])
            return old

        return await self._write(also, {"reason": reason, "limits": limits})

    async def read(self) -> Case:
        """Open the free text; every opening is itself recorded. Copied routes may read too.

        Who is on the routes is asked afresh: somebody may have been taken off one.
        """
        case = await self._case()
        routes = (*self._routes(case), *case.advice.copy)
        actor = await self._actor(case, routes, fresh=True)
        now = self.desk.clock()
        try:
            event = life.read(case, actor, now)
        except Refusal as refusal:
            await self._note_refusal(case, actor, refusal)
            raise
        await self.desk.store.write(lambda unit: unit.note(case, event))
        return case

    async def _case(self) -> Case:
        case = await self.desk.store.read(lambda unit: unit.load(self.case_id))
        if case.school != self.school.id:
            raise UnknownCase
        return await self.desk.with_kept_out(self.school, case)

    def _routes(self, case: Case) -> tuple[str, ...]:
        """Whose reviewers may act: where the case's own route is a contact card, the next too."""
        routes = (case.route,) if case.status is not Status.OUTSIDE else next_routes(case.route)
        allowed = (r for r in routes if not (case.restricted and r in {"dsl", "dpo"}))
        return tuple(allowed) or (case.route,)

    async def _actor(self, case: Case, routes: tuple[str, ...], *, fresh: bool = False) -> Actor:
        """Who acts; whoever seems to be on no route may have joined within the last minute.

        Raises a DeliveryError; also NotNow before the platform gives up waiting for our answer, for
        nobody is to hear that something failed which is then done all the same.
        """
        ask = partial(self.desk.actor, self.school, routes, self.account, case)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                actor = await ask(fresh=fresh)
                if fresh or actor.person in actor.reviewers or actor.person == case.requester:
                    return actor
                return await ask(fresh=True)
        except TimeoutError:
            raise NotNow("members_unknown") from None

    async def _act(
        self, take: Take, texts: Mapping[str, str], action: Action | None = None
    ) -> Case:
        return await self._write(lambda _unit, case, actor: take(case, actor), texts, action)

    async def _write(
        self,
        take: Callable[[Unit, Case, Actor], Step],
        texts: Mapping[str, str],
        action: Action | None = None,
    ) -> Case:
        looked, actor = await self.look(action)
        if not (self.override and actor.person in actor.reviewers):
            refuse_personal_data(texts)

        def write(unit: Unit) -> Case:
            case = unit.load(self.case_id)
            if self.request and unit.seen(self.request):
                return case
            if case.route != looked.route:
                raise StalePage
            case = replace(case, excluded=case.excluded | looked.excluded)
            changed, events = take(unit, case, actor)
            keep(unit, self.school, changed, events[0], before=case)
            return changed

        try:
            return await self.desk.store.write(write)
        except ReasonRequired:
            raise  # a slip, and no attempt at what is not theirs to do
        except Refusal as refusal:
            await self._note_refusal(looked, actor, refusal)
            raise

    async def _note_refusal(self, case: Case, actor: Actor, refusal: Refusal) -> None:
        event = Event(EventKind.REFUSED, self.desk.clock(), actor.person, {"refusal": refusal.code})
        await self.desk.store.write(lambda unit: unit.note(case, event))
