"""Any sequence of deeds by anybody, against a simple model of what a case may become."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot import life
from bot.case import Case, Course, Event, Outcome, Status
from bot.chat import Standing
from bot.facts import case_facts
from bot.life import Reach
from bot.notices import Audience, notices_for
from bot.people import PeopleRoute, Person, reachable_route
from bot.permission import Action, Actor
from bot.refusals import AlreadyDecided, Refusal
from tests.example_cases import NOON, advice, england, make_draft, make_school
from tests.test_permission import LIFE
from tests.test_permission import TAKES as TAKES_OF_ALL

MEMBERS = {
    "dsl": {"dsl", "deputy", "head"},
    "head": {"head", "second"},
    "chair": {"chair", "clerk"},
    "dpo": {"dpo", "head"},
    "lado": set(),
}
NAMED = {r: PeopleRoute(r, tuple(Person(m, ()) for m in MEMBERS[r])) for r in ("head", "chair")}
SCHOOL = make_school(routes=NAMED)
PEOPLE = ("teacher", "dsl", "deputy", "head", "second", "chair", "clerk", "dpo", "office")
ROWS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 15, 20, 24, 32, 33, 36)
STANDINGS = st.sampled_from([Standing.MEMBER] * 6 + list(Standing))
TEXT = "The younger one told us about it"
KEPT_OUT = ((), ("head",), ("second",), ("chair",), ("head", "second"), ("head", "second", "clerk"))
SIMPLE = sorted(set(Action) - {Action.HAND_OVER, Action.REROUTE})
CHAIN = ("head", "chair", "lado")
TAKES = {
    **TAKES_OF_ALL,
    Action.SET_HOLD: lambda c, a: life.set_hold(
        c, a, held=not c.legal_hold, reason=TEXT, at=c.changed_at
    ),
}
ENDED = {"closed", "withdrawn", "disposed"}


@dataclass
class Model:
    """What should be so, said in a dozen lines."""

    requester: str
    excluded: set[str]
    restricted: bool
    harmish: bool
    sent_to: str
    route: str
    status: str
    version: int = 1
    decided_by: str | None = None
    filed: bool = False
    log: list[tuple[str, str]] = field(default_factory=list)

    def members(self) -> set[str]:
        return set() if self.status == "outside" else MEMBERS[self.route]

    def concerned(self) -> st.SearchStrategy[str]:
        """Those who are likely to try something, and somebody who has nothing to do with it."""
        return st.sampled_from(sorted({self.requester, "office"} | self.members() | self.excluded))

    def others(self) -> set[str]:
        return self.members() - self.excluded - {self.requester}

    def may(self, action: Action, who: str, standing: Standing) -> bool:
        allowed, statuses = LIFE[action]
        if self.status not in statuses or (action is Action.MARK_FILED and self.filed):
            return False
        on_route = standing == "member" and who in self.members() - self.excluded
        reviews = on_route and (who != self.requester or not self.others())
        asks = who == self.requester
        return {
            "reviewer": reviews,
            "keeper": on_route,
            "requester": asks,
            "either": asks or (reviews and not asks),
        }[allowed]

    def next_after(self, wanted: str, gone: str = "") -> str:
        """Where a case for `wanted` comes to: past whoever is kept out, and past `gone`."""
        if wanted in CHAIN:
            steps = CHAIN[CHAIN.index(wanted) :]
        else:
            steps = {"dsl": ("dsl", "head"), "dpo": ("dpo", "dsl", "head")}[wanted]
        usable = (r for r in steps if r == "lado" or (r != gone and MEMBERS[r] - self.excluded))
        return next(usable, steps[-1])


class CaseMachine(RuleBasedStateMachine):
    """The product's case beside the model's."""

    case: Case
    model: Model

    @initialize(
        row=st.one_of(st.sampled_from((5, 6)), st.sampled_from(ROWS)),
        requester=st.sampled_from(PEOPLE),
        out=st.sampled_from(KEPT_OUT).map(set),
        share_needs=st.sampled_from(["notify", "approval", "nothing"]),
        course=st.sampled_from(Course),
        silent=st.booleans(),
    )
    def submit(self, row, requester, out, share_needs, course, silent):
        verdict = advice(row)
        restricted, danger = row in range(2, 8), row <= 4
        texts = {} if danger and silent else {"reason": TEXT, "recipient": TEXT, "not_safe": TEXT}
        model = Model(
            requester=requester,
            excluded=out if restricted else set(),
            restricted=restricted,
            harmish=danger or row not in {24, 15, 33, 36},
            sent_to=verdict.route,
            route=verdict.route,
            status="waiting",
        )
        model.route = model.next_after(verdict.route)
        if danger:
            model.status = "reason_due" if silent else "decided"
        elif verdict.outcome == "escalate" or (verdict.outcome, share_needs) == (
            "share",
            "approval",
        ):
            model.status = "outside" if model.route == "lado" else "waiting"
        else:
            model.status = "decided"
        model.decided_by = requester if model.status == "decided" else None
        draft = make_draft(
            row,
            requester=requester,
            excluded=frozenset(model.excluded),
            texts={**texts, "against_reason": TEXT} if texts else {},
            course=course,
        )
        reach = Reach(*reachable_route(SCHOOL, verdict.route, draft.excluded), share_needs)
        self.now = NOON
        self.share_needs = share_needs
        self.model = model
        self.case, events = life.submit(draft, verdict, reach, "SC-7F3K2", NOON)
        self.note(events)

    def actor(self, who: str, standing: Standing) -> Actor:
        return Actor(who, standing, frozenset(MEMBERS[self.case.route]))

    def note(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self.model.log.append((event.kind, event.actor))
            self.told = notices_for(self.case, event, self.share_needs)

    def kept(self, changed: Case, events: tuple[Event, ...]) -> None:
        assert changed.version == self.case.version + len(events)
        self.case = changed
        self.model.version += 1
        self.note(events)

    @rule(data=st.data(), standing=STANDINGS)
    def act_in_turn(self, data: st.DataObject, standing: Standing):
        """Something that could be done now, by somebody who may or may not."""
        now = [action for action in SIMPLE if self.model.status in LIFE[action][1]]
        if now:
            self.act(data.draw(st.sampled_from(now)), data.draw(self.model.concerned()), standing)

    @rule(action=st.sampled_from(SIMPLE), who=st.sampled_from(PEOPLE), standing=STANDINGS)
    def act(self, action: Action, who: str, standing: Standing):
        before, model = self.case, self.model
        allowed = model.may(action, who, standing)
        try:
            changed, events = TAKES[action](before, self.actor(who, standing))
        except Refusal:
            assert not allowed, action
            return
        assert allowed, action
        model.status = LIFE[action][1][model.status]
        if action is Action.WITHDRAW and not model.harmish:
            model.status = "withdrawn"
        model.filed = model.filed or action is Action.MARK_FILED
        if model.status == "decided" and before.decision is None:
            model.decided_by = who
        self.kept(changed, events)
        if action is Action.WITHDRAW and model.harmish:
            assert (self.case.close_requested, model.log[-1][0]) == (True, "close_requested")
            assert Audience.THREADS in {notice.audience for notice in self.told}
        if action is Action.DECIDE:
            assert self.case.decision.single is (who == model.requester)

    @rule(data=st.data(), standing=STANDINGS)
    def hand_over(self, data: st.DataObject, standing: Standing):
        who, to = data.draw(self.model.concerned()), data.draw(self.model.concerned())
        allowed = self.model.may(Action.HAND_OVER, who, standing)
        allowed = allowed and to in self.model.others() - {who}
        try:
            changed, events = life.hand_over(
                self.case, self.actor(who, standing), to, TEXT, self.now
            )
        except Refusal:
            assert not allowed
            return
        assert allowed
        assert changed.assignee == to
        self.kept(changed, events)

    @rule(data=st.data(), wanted=st.sampled_from(sorted(MEMBERS)), standing=STANDINGS)
    def reroute(self, data: st.DataObject, wanted: str, standing: Standing):
        model, who = self.model, data.draw(self.model.concerned())
        reached = model.next_after(wanted)
        low = CHAIN.index(model.sent_to) if model.restricted else 0
        fit = set(CHAIN[low:]) if model.restricted else {"dsl", "head", "dpo"}
        allowed = model.may(Action.REROUTE, who, standing) and {wanted, reached} <= fit
        allowed = allowed and model.route not in {wanted, reached}
        reach = Reach(*reachable_route(SCHOOL, wanted, self.case.excluded))
        try:
            changed, events = life.reroute(
                self.case, self.actor(who, standing), reach, TEXT, self.now, wanted=wanted
            )
        except Refusal:
            assert not allowed
            return
        assert allowed
        model.route = reached
        model.status = "outside" if reached == "lado" else "waiting"
        self.kept(changed, events)

    @precondition(lambda self: self.model.route != "lado" and self.model.status != "outside")
    @rule()
    def nobody_is_left(self):
        model, route = self.model, self.model.route
        reach = Reach(*reachable_route(SCHOOL, route, self.case.excluded, frozenset({route})))
        changed, events = life.pass_on(self.case, reach, self.now)
        model.route = model.next_after(route, gone=route)
        if model.status in {"waiting", "asked"} and reach.outside:
            model.status = "outside"
        self.kept(changed, events)

    @precondition(lambda self: self.model.status in {"waiting", "asked"})
    @precondition(lambda self: len(self.model.others()) > 1)
    @rule(order=st.permutations([0, 1]))
    def two_decide_at_once(self, order: list[int]):
        pair = sorted(self.model.others())
        one, two = pair[order[0]], pair[order[1]]
        self.act(Action.DECIDE, one, Standing.MEMBER)
        with pytest.raises(AlreadyDecided) as refused:
            TAKES[Action.DECIDE](self.case, self.actor(two, Standing.MEMBER))
        assert (refused.value.by, refused.value.outcome) == (one, Outcome.SHARE)

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes: int):
        """Nothing is ever decided by the clock."""
        self.now += timedelta(minutes=minutes)

    @invariant()
    def it_is_what_the_model_says(self):
        case, model = self.case, self.model
        assert (case.status, case.route, case.version) == (model.status, model.route, model.version)
        assert (case.decision.by if case.decision else None) == model.decided_by

    @invariant()
    def no_one_acts_who_is_kept_out(self):
        model = self.model
        assert not {who for _, who in model.log} & (model.excluded - {model.requester})
        assert not model.excluded & {self.model.decided_by} - {model.requester}

    @invariant()
    def a_worry_about_staff_stays_with_head_chair_and_lado(self):
        if self.model.restricted:
            assert self.case.restricted
            assert self.case.route in CHAIN[CHAIN.index(self.model.sent_to) :]
            assert Audience.COPIES not in {notice.audience for notice in self.told}

    @invariant()
    def deciding_ones_own_as_a_reviewer_is_marked(self):
        decision = self.case.decision
        by_review = ("decided", self.model.requester) in self.model.log
        if decision and decision.single:
            assert decision.by == self.model.requester
            assert by_review

    @invariant()
    def cards_say_nothing_that_was_typed(self):
        facts = case_facts(self.case, SCHOOL, england(), shown_on=self.case.route)
        assert TEXT not in str(facts)


CaseMachine.TestCase.settings = settings(
    max_examples=300,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestAnyLifeOfACase = CaseMachine.TestCase


def test_every_status_that_ends_a_case_is_left_by_no_action():
    onward = {s: n for _, table in LIFE.values() for s, n in table.items() if s in ENDED}
    assert all(before == after for before, after in onward.items())
    assert Status.DISPOSED not in onward
