"""The life of a case: what each step leaves behind, and why a step is refused."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from bot import life
from bot.case import Case, Course, Outcome, Status
from bot.life import Reach
from bot.permission import Actor
from bot.refusals import (
    AlreadyDecided,
    NotWaiting,
    OwnCase,
    ReasonRequired,
    RouteNotAllowed,
    StalePage,
)
from tests.example_cases import (
    NOON,
    actor,
    decision,
    make_case,
    own,
)

LATER = NOON + timedelta(minutes=5)


def decide_it(case: Case, who: Actor) -> life.Step:
    return life.decide(case, who, Outcome.SHARE, "why", "", LATER)


# ---------------------------------------------------------------------------- named refusals


@pytest.mark.parametrize(
    ("take", "field"),
    [
        (lambda c, a: life.decide(c, a, Outcome.SHARE, " ", "", LATER), "reason"),
        (lambda c, a: life.decide(c, a, Outcome.SHARE_LIMITED, "why", " ", LATER), "limits"),
        (lambda c, a: life.ask(c, a, "", LATER), "question"),
        (lambda c, a: life.hand_over(c, a, "deputy", "\t", LATER), "reason"),
        (
            lambda c, a: life.reroute(c, a, Reach("head", outside=False), "", LATER, wanted="head"),
            "reason",
        ),
    ],
)
def test_a_reviewer_gives_a_reason_for_everything(take, field):
    with pytest.raises(ReasonRequired) as refused:
        take(make_case(), actor("dsl"))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("status", "take", "field"),
    [
        ("asked", lambda c, a: life.answer(c, a, " ", LATER), "answer"),
        ("waiting", lambda c, a: life.withdraw(c, a, " ", LATER), "reason"),
        ("reason_due", lambda c, a: life.give_reason(c, a, {"reason": " "}, LATER), "reason"),
        ("reason_due", lambda c, a: life.give_reason(c, a, {}, LATER), "reason"),
        ("outside", lambda c, a: life.record_outside(c, a, Outcome.SHARE, "", LATER), "reason"),
        ("decided", lambda c, a: life.report(c, a, done=False, texts={}, at=LATER), "account"),
        ("closed", lambda c, a: life.note_reply(c, a, no_action=True, text="", at=LATER), "reply"),
    ],
)
def test_a_requester_too(status, take, field):
    with pytest.raises(ReasonRequired) as refused:
        take(make_case(10, Status(status)), actor("teacher"))
    assert refused.value.field == field


def test_whoever_comes_second_learns_who_decided_when_and_what():
    decided, _ = decide_it(make_case(), actor("dsl"))

    with pytest.raises(AlreadyDecided) as refused:
        life.decide(decided, actor("deputy"), Outcome.DO_NOT_SHARE, "no", "", LATER)

    assert (refused.value.by, refused.value.at, refused.value.outcome) == ("dsl", LATER, "share")


@pytest.mark.parametrize("status", ["reason_due", "outside", "withdrawn"])
def test_what_is_not_waiting_says_what_it_is(status):
    with pytest.raises(NotWaiting) as refused:
        decide_it(make_case(10, Status(status)), actor("dsl"))
    assert refused.value.status == status


@pytest.mark.parametrize("to", ["dsl", "teacher", "out", "office", ""])
def test_a_case_is_passed_to_another_reviewer_who_may_decide_it_or_to_nobody(to):
    case = make_case(excluded=frozenset({"out"}))

    with pytest.raises(RouteNotAllowed):
        life.hand_over(case, actor("dsl", reviewers=("dsl", "deputy", "out")), to, "why", LATER)


# ------------------------------------------------------------------------ one's own, and routes


def test_the_only_reviewer_of_a_route_may_decide_their_own_case_and_it_is_marked():
    case = make_case(5, route="head", requester="head")

    changed, (event,) = decide_it(case, actor("head", reviewers=("head",)))

    assert changed.decision.single
    assert event.codes == {"outcome": "share", "single": "yes"}


def test_a_colleague_who_is_kept_out_does_not_count_as_somebody_who_could_decide():
    case = make_case(5, route="head", requester="head", excluded=frozenset({"second"}))

    changed, _ = decide_it(case, actor("head", reviewers=("head", "second")))

    assert changed.decision.single


def test_someone_elses_case_is_never_marked_as_a_single_decision():
    changed, _ = decide_it(make_case(), actor("dsl", reviewers=("dsl",)))

    assert not changed.decision.single


@pytest.mark.parametrize("reviewers", [(), ("dsl",), ("dsl", "teacher")])
def test_nobody_decides_what_they_asked_while_somebody_else_can(reviewers: tuple[str, ...]):
    with pytest.raises(OwnCase):
        decide_it(make_case(), actor("teacher", reviewers=reviewers))


@pytest.mark.parametrize(
    ("row", "route", "allowed"),
    [
        (10, "dsl", {"head", "dpo"}),
        (10, "head", {"dsl", "dpo"}),
        (8, "dpo", {"dsl", "head"}),
        (5, "head", {"chair", "lado"}),
        (5, "chair", {"head", "lado"}),
        (6, "chair", {"lado"}),
        (7, "lado", set()),
    ],
)
def test_a_case_may_be_sent_to_these_posts(row, route, allowed):
    assert set(life.routes_from(make_case(row, route=route))) == allowed


@pytest.mark.parametrize(
    ("row", "route", "wanted", "reached"),
    [
        (5, "head", "dsl", "dsl"),
        (5, "head", "dpo", "dpo"),
        (5, "head", "nowhere", "nowhere"),
        (6, "chair", "head", "head"),
        (5, "chair", "head", "chair"),  # the head is kept out: it would only come back
        (10, "dsl", "dsl", "dsl"),
    ],
)
def test_a_case_goes_nowhere_else(row, route, wanted, reached):
    case = make_case(row, route=route)

    with pytest.raises(RouteNotAllowed):
        life.reroute(
            case,
            actor("head", reviewers=("head",)),
            Reach(reached, outside=False),
            "why",
            LATER,
            wanted=wanted,
        )


def test_a_case_sent_to_a_post_that_is_not_in_chat_is_outside():
    case = make_case(5, route="head", assignee="second")

    changed, (event,) = life.reroute(
        case,
        actor("head", reviewers=("head",)),
        Reach("lado", outside=True),
        "why",
        LATER,
        wanted="lado",
    )

    assert (changed.status, changed.route, changed.assignee) == ("outside", "lado", None)
    assert event.codes == {"from": "head", "to": "lado"}


@pytest.mark.parametrize(
    ("status", "outside", "after", "kind"),
    [
        ("waiting", False, "waiting", "passed_on"),
        ("asked", False, "asked", "passed_on"),
        ("reason_due", False, "reason_due", "passed_on"),
        ("decided", False, "decided", "passed_on"),
        ("waiting", True, "outside", "left_outside"),
        ("asked", True, "outside", "left_outside"),
        ("reason_due", True, "reason_due", "left_outside"),
        ("decided", True, "decided", "left_outside"),
    ],
)
def test_a_case_that_nobody_may_see_goes_on_and_keeps_what_it_had(status, outside, after, kind):
    case = make_case(5, Status(status), route="head")

    changed, (event,) = life.pass_on(case, Reach("chair", outside), LATER)

    assert (changed.status, changed.route, event.kind) == (after, "chair", kind)


# ------------------------------------------------------------------- withdrawing, going back on


@pytest.mark.parametrize(
    ("answers", "harmish"),
    [
        ({"danger": "no", "purpose": "harm"}, True),
        ({"danger": "no", "purpose": "unsure"}, True),
        ({"danger": "no", "purpose": "welfare"}, False),
        ({"danger": "no", "purpose": "none"}, False),
        ({"danger": "unsure", "purpose": "none"}, True),
        ({"danger": "yes", "purpose": "none"}, True),
        ({"danger": "no"}, True),
        ({"purpose": "welfare"}, True),
    ],
)
def test_a_withdrawal_is_silent_only_where_no_harm_was_feared(answers, harmish):
    case = make_case(10, answers=answers)

    changed, (event,) = life.withdraw(case, actor("teacher"), "it is sorted out", LATER)

    assert changed.status == ("waiting" if harmish else "withdrawn")
    assert changed.close_requested is harmish
    assert event.kind == ("close_requested" if harmish else "withdrawn")
    assert changed.remarks[-1].text == "it is sorted out"


def test_changed_limits_are_said_and_kept():
    old, ids = make_case(32, Status.CLOSED), ("1" * 32, "SC-9Q2M4")
    change = partial(life.amend, old, actor("dsl"), Outcome.SHARE_LIMITED, "why", ids, LATER)

    with pytest.raises(ReasonRequired):
        change(limits=" ")
    assert change(limits="not the address")[1][0].decision.limits == "not the address"


def test_a_changed_decision_is_a_new_linked_case_and_leaves_the_old_one_as_it_was():
    old = own(
        32, Course.AGAINST, filed_at=NOON, legal_hold=True, assignee="dsl", close_requested=True
    )

    (kept, (amended,)), (new, (first,)) = life.amend(
        old, actor("dsl"), Outcome.DO_NOT_SHARE, "new facts", ("1" * 32, "SC-9Q2M4"), LATER
    )

    assert (kept.decision, kept.status, kept.course) == (old.decision, old.status, old.course)
    assert amended.codes == {"by": "SC-9Q2M4"}
    assert (new.id, new.ref, new.version, new.linked_to) == ("1" * 32, "SC-9Q2M4", 1, old.id)
    assert new.decision == decision(Outcome.DO_NOT_SHARE, at=LATER, reason="new facts")
    assert (new.course, new.filed_at, new.legal_hold, new.assignee) == (None, None, False, None)
    assert (new.remarks, new.report, new.close_requested) == ((), {}, False)
    assert first.codes == {"outcome": "do_not_share", "amends": old.ref}


def test_the_reason_after_a_danger_decides_and_is_kept():
    case = make_case(1, Status.REASON_DUE, texts={})

    changed, _ = life.give_reason(
        case, actor("teacher"), {"reason": "rang 999", "filed_at": " "}, LATER
    )

    assert (changed.decision.outcome, changed.decision.by) == ("share", "teacher")
    assert (changed.course, changed.texts) == ("followed", {"reason": "rang 999"})


def test_what_became_of_it_is_kept_with_what_was_replied():
    case = make_case(32, Status.DECIDED)

    closed, _ = life.report(
        case, actor("dsl"), done=True, texts={"account": "by telephone", "when": ""}, at=LATER
    )
    replied, (event,) = life.note_reply(
        closed, actor("teacher"), no_action=True, text="nothing more", at=LATER
    )

    assert replied.report == {
        "account": "by telephone",
        "done": "yes",
        "reply": "nothing more",
        "no_action": "yes",
    }
    assert event.codes == {"no_action": "yes"}


def test_a_report_keeps_what_it_asks_for_and_refuses_what_cannot_be_picked_on_it():
    case = make_case(32, Status.DECIDED)
    texts = {"account": "by telephone", "kinds": "worry,health", "colour": "blue", "reply": "no"}

    closed, (event,) = life.report(case, actor("dsl"), done=True, texts=texts, at=LATER)

    kept = {"account": "by telephone", "kinds": "worry,health"}
    assert (closed.report, event.texts) == ({**kept, "done": "yes"}, kept)
    with pytest.raises(StalePage):
        life.report(case, actor("dsl"), done=True, texts={**texts, "how": "pigeon"}, at=LATER)


def test_a_legal_hold_begins_and_ends():
    closed = make_case(32, Status.CLOSED)

    held, _ = life.set_hold(closed, actor("dsl"), held=True, reason="a court asks", at=LATER)
    released, (event,) = life.set_hold(
        held, actor("dsl"), held=False, reason="it is over", at=LATER
    )

    assert (held.legal_hold, released.legal_hold, event.kind) == (True, False, "released")
    for case, again in ((held, True), (released, False)):
        with pytest.raises(NotWaiting):
            life.set_hold(case, actor("dsl"), held=again, reason="why", at=LATER)


@pytest.mark.parametrize("row", [13, 15])
def test_not_to_have_shared_what_was_not_to_be_shared_needs_no_account(row: int):
    case = own(row, decision=decision(Outcome.DO_NOT_SHARE, by="teacher"))

    closed, (event,) = life.report(case, actor("teacher"), done=False, texts={}, at=LATER)

    assert (closed.status, closed.report, event.codes) == (
        "closed",
        {"done": "no"},
        {"done": "no"},
    )
    with pytest.raises(ReasonRequired):
        life.report(case, actor("teacher"), done=True, texts={}, at=LATER)
    with pytest.raises(ReasonRequired):
        life.report(own(32), actor("teacher"), done=False, texts={}, at=LATER)


def test_filing_what_was_not_shared_closes_it():
    case = own(15, decision=decision(Outcome.DO_NOT_SHARE, by="teacher"))

    filed, (event,) = life.mark_filed(case, actor("dsl"), LATER)

    assert (filed.status, filed.filed_at, filed.report) == ("closed", LATER, {"done": "no"})
    assert (event.kind, event.codes) == ("filed", {"done": "no"})
    with pytest.raises(NotWaiting):
        life.mark_filed(filed, actor("dsl"), LATER)


@pytest.mark.parametrize("outcome", [Outcome.SHARE, Outcome.SHARE_LIMITED])
def test_what_is_to_be_shared_is_not_filed_before_it_is_reported(outcome: Outcome):
    case = make_case(10, Status.DECIDED, decision=decision(outcome))

    with pytest.raises(NotWaiting):
        life.mark_filed(case, actor("dsl"), LATER)


def test_after_danger_only_the_reason_and_where_the_file_is_are_kept():
    case = make_case(1, Status.REASON_DUE, texts={})
    texts = {"reason": "rang 999", "filed_at": "blue cabinet", "colour": "red"}

    changed, (event,) = life.give_reason(case, actor("teacher"), texts, LATER)

    assert changed.texts == event.texts == {"reason": "rang 999", "filed_at": "blue cabinet"}


def test_a_record_is_filed_once():
    filed, _ = life.mark_filed(make_case(32, Status.CLOSED), actor("dsl"), LATER)

    assert filed.filed_at == LATER
    with pytest.raises(NotWaiting):
        life.mark_filed(filed, actor("dsl"), LATER)
