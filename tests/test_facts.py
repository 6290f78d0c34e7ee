"""What a card may say of a case: nothing that was typed, every placeholder filled in."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.case import Case, Course, EventKind, Outcome, Remark, Status
from bot.chat import Account, Platform
from bot.facts import advice_facts, case_facts, contact_facts, person_facts
from bot.people import Contact, ContactRoute
from bot.rules import Verdict, decide
from tests.example_cases import (
    NOON,
    ROWS,
    SHARE,
    decision,
    england,
    make_case,
    make_school,
    person,
)

PACK = england()
MARK = "marked-word"
SHARE_NEEDS = ("notify", "approval", "nothing")


def marked_case(row: int = 10, status: Status = Status.DECIDED) -> Case:
    """A case with a marked word wherever people type."""
    return make_case(
        row,
        status,
        texts={name: f"{MARK} {name}" for name in (*PACK.boxes, "against_reason")},
        decision=decision(Outcome.SHARE_LIMITED, reason=f"{MARK} why", limits=f"{MARK} limits"),
        remarks=(
            Remark(EventKind.ASKED, "dsl", NOON, f"{MARK} question"),
            Remark(EventKind.ANSWERED, "teacher", NOON, f"{MARK} answer"),
        ),
        report={"done": "yes", "account": f"{MARK} account", "reply": f"{MARK} reply"},
        course=Course.AGAINST,
    )


def every_verdict() -> list[Verdict]:
    """Each of the 37 rows with all the conditions that it may add, and with none."""
    found = []
    for row in PACK.table.rows:
        added = tuple(addition.condition for addition in row.additions)
        found += [row.saying("high", row.conditions), row.saying("high", (*row.conditions, *added))]
    return found


# ---------------------------------------------------------------------------------- what is typed


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("status", Status)
def test_where_the_file_is_kept_is_all_that_a_card_repeats(row: int, status: Status):
    case = marked_case(row, status)

    facts = case_facts(case, make_school(), PACK, shown_on=case.route, event="decided")

    assert facts.pop("filed_at") == f"{MARK} filed_at"
    assert MARK not in json.dumps(facts)


def test_facts_are_plain_data():
    facts = case_facts(marked_case(), make_school(), PACK, shown_on="dsl")

    assert json.loads(json.dumps(facts)) == facts


# ----------------------------------------------------------------------------------- placeholders


@pytest.mark.parametrize("share_needs", SHARE_NEEDS)
@pytest.mark.parametrize(
    "verdict", every_verdict(), ids=lambda v: f"row{v.row}-{len(v.conditions)}"
)
@pytest.mark.parametrize("answers", [SHARE, {}], ids=["answered", "blank"])
def test_every_placeholder_is_filled_in(verdict: Verdict, share_needs: str, answers):
    school = make_school(share_needs=share_needs)

    facts = advice_facts(PACK, verdict, school, answers=answers)

    said = " ".join((facts["title"], facts["text"], facts["after"], *facts["conditions"]))
    assert not set("{}") & set(said)
    assert "None" not in said
    hidden = PACK.only_if_told if verdict.route == "lado" else frozenset()
    assert len(facts["conditions"]) == len(set(verdict.conditions) - hidden)


def test_the_table_has_its_37_rows():
    assert [row.number for row in PACK.table.rows] == list(range(1, 38))


@pytest.mark.parametrize(
    ("share_needs", "words"),
    [("notify", "will be told"), ("approval", "will check it first"), ("nothing", "")],
)
def test_a_share_says_who_will_hear_of_it(share_needs: str, words: str):
    case, school = make_case(32, Status.DECIDED), make_school(share_needs=share_needs)

    text = advice_facts(PACK, case.advice, school, answers=case.answers)["text"]

    assert words in text
    assert ("(DSL)" in text) is bool(words)


def test_the_numbers_are_the_schools():
    danger = advice_facts(PACK, make_case(1).advice, make_school(), answers=ROWS[1])["text"]

    assert "01632 960 001" in danger
    assert "01632 960 002" in danger


# --------------------------------------------------------------------------- where it really went


@pytest.mark.parametrize(
    ("row", "route", "says", "never"),
    [
        (5, "head", "headteacher only", "chair"),
        (5, "chair", "chair of governors only", "headteacher only"),
        (5, "lado", "Ring the council's officer", "only"),
        (6, "chair", "chair of governors only", "headteacher only"),
        (6, "lado", "Ring the council's officer", "only"),
    ],
)
def test_a_restricted_case_names_the_post_that_got_it_not_the_one_kept_out(row, route, says, never):
    case = make_case(row, route=route)

    facts = case_facts(case, make_school(), PACK, shown_on=route)

    assert says in facts["advice"]["text"]
    assert never not in facts["advice"]["text"]
    only = [f"Only the {make_school().routes[route].post.lower()} will see this."]
    assert facts["advice"]["conditions"] == ([] if route == "lado" else only)


@pytest.mark.parametrize(
    ("row", "route"),
    [(10, "head"), (10, "dpo"), (26, "head"), (12, "dsl"), (8, "dsl"), (9, "head")],
)
def test_an_ordinary_case_names_who_has_it_wherever_it_was_sent_on(row: int, route: str):
    school = make_school()
    answers = {"answers": ROWS[row]}
    verdict = decide(PACK, ROWS[row])

    facts = advice_facts(PACK, verdict, school, **answers, route=route)

    gone_to = f"This went to the {school.routes[route].post}, who will answer"
    assert gone_to.lower() in facts["text"].lower()
    assert "has been asked" not in facts["text"]
    assert "have been told" not in facts["text"]
    before = advice_facts(PACK, verdict, school, **answers, route=route, sent=False)
    assert "Nothing has been sent yet" in before["text"]


def test_after_it_was_sent_nobody_is_told_to_change_an_answer():
    for row in ROWS:
        facts = advice_facts(PACK, decide(PACK, ROWS[row]), make_school(), answers=ROWS[row])
        for words in ("change your answer", "go back"):
            assert words not in facts["text"].lower()


def test_a_share_that_a_reviewer_made_is_not_said_to_be_checked():
    school = make_school(share_needs="approval")
    made = make_case(32, Status.DECIDED, decision=decision(Outcome.SHARE, by="teacher"))

    facts = case_facts(made, school, PACK, shown_on="dsl")

    assert "check it first" not in facts["advice"]["text"]


def test_danger_words_stay_danger_words_on_another_route():
    facts = case_facts(make_case(2, route="chair"), make_school(), PACK, shown_on="chair")

    assert facts["advice"]["title"] == "Danger: act now"


# ------------------------------------------------------------------- before it is sent, and after

UNREACHED = make_school(
    routes={
        name: ContactRoute(name, Contact(f"{name} on call", "01632 960 009", None))
        for name in ("dsl", "head", "chair", "dpo")
    }
)
DONE_ALREADY = re.compile(r"\b(has|have|was) been (asked|told)|[Ss]ent to the|went to|\bknows\.")


def whole(facts: dict[str, object]) -> str:
    return json.dumps(facts, ensure_ascii=False)


@pytest.mark.parametrize("row", sorted(set(ROWS) - {1, 2, 3, 4}))
def test_before_it_is_sent_nothing_reads_as_asked_or_told(row: int):
    verdict = make_case(row).advice

    facts = advice_facts(PACK, verdict, make_school(), answers=ROWS[row], sent=False)

    assert not DONE_ALREADY.search(whole(facts))
    waits = verdict.outcome == "escalate" or "dsl_review" in verdict.conditions
    if waits and verdict.route != "lado":
        assert facts["text"].startswith("**Nothing has been sent yet.**")


@pytest.mark.parametrize(("row", "title"), [(5, "the head"), (6, "the chair")])
def test_the_title_tells_what_will_happen_and_then_what_has(row: int, title: str):
    verdict, school = make_case(row).advice, make_school()

    before, after = (
        advice_facts(PACK, verdict, school, answers=ROWS[row], sent=sent)["title"]
        for sent in (False, True)
    )

    assert (before, after) == (f"Goes to {title}", f"Sent to {title}")


def test_a_ticked_head_is_not_named_before_it_is_sent_either():
    facts = advice_facts(
        PACK, make_case(5).advice, make_school(), answers=ROWS[5], route="chair", sent=False
    )

    assert facts["title"] == "Goes to the chair"
    assert "The headteacher will not see it" in facts["text"]


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("row", [5, 6, 8, 9, 10, 11, 12, 13, 14, 16, 21, 26])
def test_where_nobody_is_told_in_chat_the_words_say_whom_to_ring(row: int, sent):
    verdict = make_case(row).advice

    facts = advice_facts(PACK, verdict, UNREACHED, answers=ROWS[row], sent=sent)

    assert f"Please ring the {verdict.route}. We can't reach them here" in facts["text"]
    assert "nothing has been sent to them." in facts["text"]
    assert not re.search("has been (asked|told)|have been told|will be told|Press", whole(facts))
    assert not {PACK.conditions[c] for c in PACK.only_if_told} & set(facts["conditions"])


def test_a_share_does_not_say_that_a_dsl_who_is_not_in_chat_will_be_told():
    facts = advice_facts(PACK, make_case(36).advice, UNREACHED, answers=ROWS[36])

    assert "will be told" not in facts["text"]


@pytest.mark.parametrize("row", [row for row in ROWS if make_case(row).advice.fix])
def test_what_cannot_be_mended_is_for_the_dsl_to_look_at(row: int):
    verdict, school = make_case(row).advice, make_school()

    asked, mending = (
        advice_facts(PACK, verdict, school, answers=ROWS[row], mending=mending)
        for mending in (False, True)
    )

    assert (asked["title"], mending["title"]) == ("Ask the DSL first", "Nearly there")
    assert f"They are looking at: {PACK.doubt(verdict)}." in asked["text"]
    assert PACK.doubt(verdict)


def test_the_one_who_would_get_it_is_named_as_inside_a_sentence():
    known, unknown = (
        advice_facts(PACK, make_case(row).advice, make_school(), answers=ROWS[row])["text"]
        for row in (36, 16)
    )

    assert "with **children's social care, the police, or an NHS team for the child**" in known
    assert "with **them**" in unknown


def test_a_purpose_that_is_not_clear_leaves_in_doubt_how_serious_it_is():
    assert PACK.doubt(make_case(21).advice) == "how serious it is"


@pytest.mark.parametrize(("done", "shared"), [("yes", True), ("no", False)])
def test_a_closed_case_tells_whether_it_was_shared(done: str, shared):
    case = make_case(32, Status.CLOSED, report={"done": done})

    facts = case_facts(case, make_school(), PACK, shown_on=case.route)

    assert facts["case"]["shared"] is shared


# ----------------------------------------------------------------------------------------- people


def test_somebody_who_has_left_the_settings_is_still_a_colleague():
    case = make_case(10, Status.DECIDED, decision=decision(by="former-deputy"))

    facts = case_facts(case, make_school(), PACK, shown_on="dsl")

    by = facts["decision"]["by"]
    assert by == {"id": "former-deputy", "post": None, "user": None, "teams": None, "name": ""}


def test_a_person_is_their_post_and_what_they_are_known_by_on_each_platform():
    on_teams = Account(Platform.TEAMS, "tenant", "aad-dsl")
    both = replace(person("dsl"), accounts=(on_teams, *person("dsl").accounts))

    assert person_facts(make_school(), "dsl") == {
        "id": "dsl", "post": "DSL", "user": "U0DSL", "teams": None, "name": "",
    }  # fmt: skip
    found = person_facts(make_school(people=(both,)), "dsl")
    assert (found["user"], found["teams"]) == ("U0DSL", "aad-dsl")
    assert person_facts(make_school(), "teams:tenant:someone")["teams"] == "someone"
    unlisted = person_facts(make_school(), "slack:T0SCHOOL01:U0TEACHER1")
    assert (unlisted["post"], unlisted["user"]) == (None, "U0TEACHER1")


def test_a_decision_says_who_when_and_whether_it_was_their_own():
    later = NOON + timedelta(hours=1)
    case = make_case(
        5, Status.DECIDED, requester="head", decision=decision(by="head", at=later, single=True)
    )

    said = case_facts(case, make_school(), PACK, shown_on="head")["decision"]

    assert (said["own"], said["single"]) == (True, True)
    assert said["at"] == int(later.timestamp())
    assert "reason" not in said


@pytest.mark.parametrize("route", ["dsl", "head", "chair", "lado", "dpo"])
def test_only_a_post_that_is_not_in_chat_has_a_card_to_ring(route: str):
    school = make_school()

    card = contact_facts(school, route)

    assert (card is not None) is isinstance(school.routes[route], ContactRoute)


@pytest.mark.parametrize(("shown_on", "moved"), [("dsl", True), ("head", False)])
def test_a_card_on_a_route_that_the_case_has_left_knows_it(shown_on: str, moved):
    facts = case_facts(make_case(10, route="head"), make_school(), PACK, shown_on=shown_on)

    assert facts["case"]["moved"] is moved
