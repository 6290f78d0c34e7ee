"""The life of a case begins: its first status, its decision, and the boxes that must be filled."""

from __future__ import annotations

import pytest

from bot import life
from bot.boxes import boxes_for, required_texts
from bot.case import Course, EventKind
from bot.life import Reach
from bot.refusals import ReasonRequired
from bot.rules import decide
from tests.example_cases import NOON, ROWS, advice, england, make_draft


@pytest.mark.parametrize(
    ("row", "share_needs", "outside", "status"),
    [
        (1, "notify", False, "reason_due"),
        (4, "notify", True, "reason_due"),
        (5, "notify", False, "waiting"),
        (7, "notify", True, "outside"),
        (10, "nothing", False, "waiting"),
        (10, "notify", True, "outside"),
        (13, "notify", False, "decided"),
        (15, "approval", False, "decided"),
        (32, "notify", False, "decided"),
        (32, "nothing", True, "decided"),
        (36, "approval", False, "waiting"),
        (36, "approval", True, "outside"),
        (1, "approval", False, "reason_due"),
    ],
)
def test_a_new_case_begins_where_its_verdict_says(row, share_needs, outside, status):
    reach = Reach(advice(row).route, outside, share_needs)

    case, (event,) = life.submit(make_draft(row), advice(row), reach, "SC-7F3K2", NOON)

    danger = row in {1, 4}
    assert case.status == ("decided" if danger else status)  # the draft brings its reason along
    assert (case.version, event.kind, event.actor) == (1, EventKind.RECORDED, "teacher")
    if danger:
        silent = make_draft(row, texts={})
        assert life.submit(silent, advice(row), reach, "SC-7F3K2", NOON)[0].status == status


@pytest.mark.parametrize(
    ("row", "course", "outcome"),
    [
        (32, None, "share"),
        (32, Course.FOLLOWED, "share"),
        (32, Course.AGAINST, "do_not_share"),
        (13, Course.FOLLOWED, "do_not_share"),
        (13, Course.AGAINST, "share"),
    ],
)
def test_confirmed_advice_is_decided_by_the_requester(row, course, outcome):
    texts = {**make_draft().texts, "against_reason": "they asked for it themselves"}
    draft = make_draft(row, course=course, texts=texts)

    case, (event,) = life.submit(draft, advice(row), Reach("dsl", outside=False), "SC-7F3K2", NOON)

    assert (case.decision.by, case.decision.outcome) == ("teacher", outcome)
    assert case.course == (course or Course.FOLLOWED) == event.codes["course"]


@pytest.mark.parametrize("course", Course)
def test_a_share_that_waits_for_approval_is_neither_followed_nor_gone_against(course):
    texts = {**make_draft().texts, "against_reason": "I would rather not"}
    draft, reach = make_draft(36, course=course, texts=texts), Reach("dsl", outside=False)

    case, _ = life.submit(
        draft, advice(36), Reach(reach.route, reach.outside, "approval"), "SC-7F3K2", NOON
    )

    assert (case.status, case.decision, case.course) == ("waiting", None, None)


@pytest.mark.parametrize(
    ("row", "more", "course", "boxes"),
    [
        (1, {}, None, set()),
        (10, {}, None, {"reason"}),
        (5, {}, None, {"reason"}),
        (13, {}, None, {"reason"}),
        (32, {}, None, {"reason", "recipient"}),
        (32, {}, Course.AGAINST, {"reason", "recipient", "against_reason"}),
        (32, {"openness": "not_safe"}, None, {"reason", "recipient", "not_safe"}),
        (33, {}, None, {"reason", "not_safe"}),
        (32, {"advice": "advised"}, None, {"reason", "recipient", "advised"}),
        (32, {"agreement": "refused"}, None, {"reason", "recipient", "override_reason"}),
        (34, {"agreement": "refused"}, None, {"reason"}),
    ],
)
def test_the_record_wants_these_boxes_filled(row, more, course, boxes):
    answers = {**ROWS[row], **more}
    verdict = decide(england(), answers)
    assert verdict.row == row

    assert set(required_texts(verdict, answers, course)) == boxes
    for box in boxes:
        texts = dict.fromkeys(boxes, "said") | {box: " \n "}
        draft = make_draft(row, answers=answers, texts=texts, course=course)
        with pytest.raises(ReasonRequired) as refused:
            life.submit(draft, verdict, Reach(verdict.route, outside=False), "SC-7F3K2", NOON)
        assert refused.value.field == box


@pytest.mark.parametrize(
    ("row", "waits", "asked"),
    [
        (10, False, True),
        (5, False, True),
        (13, False, True),
        (14, False, True),
        (16, False, True),
        (15, False, False),
        (32, False, False),
        (32, True, True),
        (36, True, True),
    ],
)
def test_where_the_file_is_kept_is_asked_wherever_somebody_must_know_which_child(row, waits, asked):
    boxes = dict(boxes_for(advice(row), ROWS[row], waits=waits))

    assert boxes.get("filed_at", True) is not asked


def test_blank_texts_are_not_kept():
    draft = make_draft(10, texts={"reason": "seen twice", "filed_at": "  "})

    case, (event,) = life.submit(draft, advice(10), Reach("dsl", outside=False), "SC-7F3K2", NOON)

    assert case.texts == event.texts == {"reason": "seen twice"}
