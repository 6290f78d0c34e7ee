"""What was typed on the last page: kept on the way back and forth, as long as Slack holds it."""

import random
import string
from typing import Any

import pytest

from playground import school as pretend
from tests.dialogs import leave, written
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE, WELFARE

TEACHER, DSL = pretend.TEACHER, pretend.DSL
ASKED = SURE | {"advice": "wanted"}
SHARED = {"reason": "Seen twice this week", "recipient": "Front door, duty social worker"}


def gibberish(length: int) -> str:
    """Letters that do not get shorter when they are packed."""
    drawn = random.Random(length)  # noqa: S311 - made up, not a secret
    return "".join(drawn.choices(string.ascii_letters, k=length))


async def test_what_was_typed_is_there_again_after_back_through_every_page(
    school: PretendSchool,
):
    await school.check(TEACHER, **SURE)
    await leave(school, TEACHER, "walk.back", **SHARED, course="against", against_reason="Not yet")
    while "walk.back" in school.buttons(TEACHER):
        await school.press_here(TEACHER, "walk.back")
    await school.answer(TEACHER, SURE)

    assert written(school, TEACHER) == SHARED | {"against_reason": "Not yet"}
    assert school.chosen(TEACHER) == {"course": "against"}
    sent = await school.submit(TEACHER)
    assert sent.sent and not sent.errors
    assert (await school.case()).texts == SHARED | {"against_reason": "Not yet"}


async def test_what_was_typed_goes_along_to_the_dsl(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    await leave(school, TEACHER, "walk.ask", **SHARED, course="followed")

    assert written(school, TEACHER) == SHARED
    case = await school.finish(TEACHER)

    assert (case.advice.row, case.texts["recipient"]) == (10, SHARED["recipient"])


async def test_back_from_asking_the_dsl_gives_the_boxes_of_the_page_before(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    await leave(school, TEACHER, "walk.ask", **SHARED)
    await leave(school, TEACHER, "walk.back", reason="Seen three times", filed_at="Blue cabinet")

    assert written(school, TEACHER) == SHARED | {"reason": "Seen three times"}
    await school.press_here(TEACHER, "walk.ask")
    assert written(school, TEACHER)["filed_at"] == "Blue cabinet"


async def test_the_purpose_picked_on_the_last_page_is_there_again(school: PretendSchool):
    await school.walk(TEACHER, [{"danger": "no", "adult": "none"}])
    await school.press_here(TEACHER, "walk.ask")
    await leave(school, TEACHER, "walk.back", purpose="welfare", reason="Often late")
    await school.press_here(TEACHER, "walk.ask")

    assert school.chosen(TEACHER) == {"purpose": "welfare"}
    assert written(school, TEACHER) == {"reason": "Often late"}


@pytest.mark.parametrize("button", ["walk.fixed", "walk.cannot"])
async def test_what_was_typed_outlives_nearly_there(school: PretendSchool, button: str):
    await school.check(TEACHER, **SURE)
    await leave(school, TEACHER, "walk.back", **SHARED)
    await school.answer(TEACHER, SURE | {"verified": "no"})
    assert school.title(TEACHER) == "Nearly there"

    await school.press_here(TEACHER, button)
    await school.answer(TEACHER, SURE)

    assert written(school, TEACHER) == SHARED


async def test_a_box_that_was_emptied_is_empty_again(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    await leave(school, TEACHER, "walk.back", **SHARED)
    await school.answer(TEACHER, SURE)
    block = school.inputs(TEACHER)["reason"]["block_id"]
    emptied = {block: {"reason": {"type": "plain_text_input", "value": None}}}
    await school.press_here(TEACHER, "walk.back", values=emptied)
    await school.answer(TEACHER, SURE)

    assert written(school, TEACHER) == {"recipient": SHARED["recipient"]}


async def test_what_was_typed_for_one_answer_is_not_recorded_with_another(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"openness": "not_safe"})
    await leave(school, TEACHER, "walk.back", **SHARED, not_safe="It could make things worse")
    while "openness" not in school.inputs(TEACHER):
        await school.press_here(TEACHER, "walk.back")
    await school.answer(TEACHER, SURE)

    assert (await school.finish(TEACHER)).texts == SHARED | {"reason": "Seen twice this week"}


async def test_danger_found_on_the_way_back_is_written_and_the_reason_only_filled_in(
    school: PretendSchool,
):
    await school.check(TEACHER, **ASKED)
    await leave(school, TEACHER, "walk.back", reason="Seen twice this week", filed_at="Cabinet")
    while "danger" not in school.inputs(TEACHER):
        await school.press_here(TEACHER, "walk.back")
    await school.slack.answer(TEACHER, danger="yes", adult="none")
    await school.settle()

    case = await school.case()
    assert (case.status, case.texts) == ("reason_due", {})
    assert written(school, TEACHER) == {"reason": "Seen twice this week", "filed_at": "Cabinet"}


async def test_who_was_ticked_is_kept_when_the_list_is_left_by_back(school: PretendSchool):
    await school.walk(TEACHER, [{"danger": "no", "adult": "staff"}])
    await leave(school, TEACHER, "walk.back", people=["head"])
    await school.slack.answer(TEACHER, danger="no", adult="staff")

    element = school.inputs(TEACHER)["people"]["element"]
    assert [option["value"] for option in element["initial_options"]] == ["head"]


async def test_half_a_character_in_a_box_does_no_harm(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    await leave(school, TEACHER, "walk.back", reason="Seen \ud83d twice", recipient="Front \udc00")
    await school.answer(TEACHER, SURE)

    assert school.title(TEACHER) == "You can share this"
    assert "Seen" in written(school, TEACHER)["reason"]


# --------------------------------------------------------------------------------- what is too long


async def test_the_longest_text_is_left_out_where_not_all_fit_and_that_is_said(
    school: PretendSchool,
):
    await school.check(TEACHER, **SURE)
    long = {"reason": gibberish(2600), "against_reason": gibberish(300)}
    await leave(school, TEACHER, "walk.back", **SHARED | long)
    assert "too long to keep" in school.page(TEACHER)

    await school.answer(TEACHER, SURE)

    assert "too long to keep" in school.page(TEACHER)
    short = {"recipient": SHARED["recipient"], "against_reason": long["against_reason"]}
    assert written(school, TEACHER) == short


async def test_nothing_is_lost_by_a_button_that_stays_on_the_last_page(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    long = SHARED | {"reason": gibberish(3000)}
    await leave(school, TEACHER, "walk.ask", **long)

    assert written(school, TEACHER) == long
    assert "too long to keep" not in school.page(TEACHER)


async def test_a_text_typed_anew_is_not_said_to_be_lost(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    await leave(school, TEACHER, "walk.back", reason=gibberish(3000))
    await school.answer(TEACHER, SURE)
    await leave(school, TEACHER, "walk.back", reason="Shorter")

    assert "too long to keep" not in school.page(TEACHER)
    await school.answer(TEACHER, SURE)
    assert written(school, TEACHER) == {"reason": "Shorter"}


async def test_what_is_kept_with_the_dialog_cannot_be_read_there(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    await leave(school, TEACHER, "walk.back", reason="Zebra in the corridor")

    assert "Zebra" not in repr(school.dialog(TEACHER))
    assert len(school.dialog(TEACHER)["private_metadata"]) <= 3000


# --------------------------------------------------------------------------------- personal data


@pytest.mark.parametrize("answers", [SURE, ASKED, WELFARE | {"role": "none"}])
async def test_a_pattern_that_was_kept_is_still_refused_at_the_end(
    school: PretendSchool, answers: dict[str, str]
):
    await school.check(TEACHER, **answers)
    await leave(school, TEACHER, "walk.back", reason="Born 01/02/2014")
    await school.answer(TEACHER, answers)
    more: dict[str, Any] = {"recipient": "Office"} if "recipient" in school.inputs(TEACHER) else {}
    more |= {"course": "followed"} if "course" in school.inputs(TEACHER) else {}

    sent = await school.submit(TEACHER, **more)

    assert set(sent.errors) == {"f.reason"}
    assert await school.cases() == []


async def test_a_reviewer_in_their_own_walk_may_say_that_it_is_no_personal_data(
    school: PretendSchool,
):
    await school.check(DSL, **SURE)
    given = {"reason": "Seen on 01/02/2026", "recipient": "Front door", "course": "followed"}
    sent = await school.submit(DSL, **given)
    assert sent.sent and not sent.errors
    assert "This looks like a date" in school.page(DSL)
    assert written(school, DSL) == {name: given[name] for name in ("reason", "recipient")}
    assert school.chosen(DSL) == {"course": "followed"}
    assert await school.cases() == []

    sent = await school.submit(DSL, override=["yes"])

    assert (await school.case()).texts["reason"] == given["reason"]


async def test_a_reviewer_who_does_not_tick_is_asked_again(school: PretendSchool):
    await school.check(DSL, **ASKED)
    await school.submit(DSL, reason="Seen on 01/02/2026", filed_at="Cabinet", recipient="Office")
    sent = await school.submit(DSL)

    assert sent.sent
    assert "override" in school.inputs(DSL)
    assert await school.cases() == []


async def test_nobody_else_is_offered_that_nor_believed(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    payload = school.submit_payload(TEACHER, reason="Seen on 01/02/2026")
    ticked = {"type": "checkboxes", "selected_options": [{"value": "yes"}]}
    payload["view"]["state"]["values"]["f.override"] = {"override": ticked}

    answer = await school.send_payload(payload)

    assert set(answer["errors"]) == {"f.reason"}
    assert await school.cases() == []
