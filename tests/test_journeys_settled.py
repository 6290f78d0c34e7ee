"""Decided not to be shared: nothing is left to carry out, and the record can be put away."""

import pytest

from bot.case import Case
from bot.chat import Account, Platform
from bot.refusals import NotOnRoute
from handlers.review import Visit
from playground import school as pretend
from tests.pretend_school import PretendSchool, buttons_of
from tests.scenarios import SURE, WELFARE

TEACHER, DSL, DPO, HEAD = pretend.TEACHER, pretend.DSL, pretend.DPO, pretend.HEAD
OFFICE = pretend.OFFICE
NOT_THEM = WELFARE | {"role": "none"}
"""A plain "no", of which nobody else is told."""
LOOK_AFTER = SURE | {"role": "none"}
"""A "no" that the DSL is to look at."""
AGAINST = {"course": "against", "against_reason": "They asked for it themselves"}


async def closed(school: PretendSchool, case: Case) -> bool:
    """Whether a case is closed, and nothing was shared."""
    now = await school.case(case)
    assert now.decision.outcome == "do_not_share"
    return now.status == "closed" and now.report == {"done": "no"}


@pytest.mark.parametrize(
    ("answers", "more"), [(NOT_THEM, {}), (LOOK_AFTER, {}), (SURE, AGAINST)], ids=str
)
async def test_whoever_did_not_share_may_close_it_with_one_press(
    school: PretendSchool, answers: dict[str, str], more: dict[str, str]
):
    await school.check(TEACHER, **answers)
    case = await school.finish(TEACHER, **more)
    school.workspace.dialogs.clear(TEACHER)

    await school.press(TEACHER, "case.kept", case)

    assert await closed(school, case)
    assert not school.has_dialog(TEACHER)
    assert not school.sees(TEACHER, "case.kept")
    assert await school.happened(case) == ["recorded", "reported"]


async def test_whoever_was_told_not_to_share_may_close_it_with_one_press(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"advice": "wanted"})
    case = await school.finish(TEACHER)
    await school.do(DSL, "case.decide.do_not_share", reason="Not yet")
    newest = school.message_with(TEACHER, "case.kept", case)
    assert "case.report" not in buttons_of(newest.blocks)

    await school.press(TEACHER, "case.kept", case)

    assert await closed(school, case)
    assert "it was not shared" in school.posted(pretend.DSL_CHANNEL)[-1]


async def test_a_reviewer_files_what_was_not_shared_without_a_report(school: PretendSchool):
    await school.check(TEACHER, **LOOK_AFTER)
    case = await school.finish(TEACHER)

    await school.press(DSL, "case.filed", case)

    assert await closed(school, case)
    assert (await school.case(case)).filed_at is not None
    assert await school.happened(case) == ["recorded", "filed"]
    assert not school.sees(TEACHER, "case.kept")


async def test_what_is_to_be_shared_cannot_be_filed_before_it_is_reported(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    case = await school.finish(TEACHER)
    card = school.message_with(DSL, "case.amend", case)
    assert not school.sees(DSL, "case.filed", case)
    payload = school.press_payload(DSL, card, "case.amend")
    payload["actions"][0]["action_id"] = "case.filed"

    await school.send_payload(payload)

    assert school.dialog(DSL)["callback_id"] == "refused"
    assert (await school.case(case)).status == "decided"


async def test_that_it_was_shared_takes_more_than_one_press(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    case = await school.finish(TEACHER)
    school.workspace.dialogs.clear(TEACHER)
    card = school.message_with(TEACHER, "case.report", case)
    assert "case.kept" not in buttons_of(card.blocks)
    payload = school.press_payload(TEACHER, card, "case.report")
    payload["actions"][0]["action_id"] = "case.kept"

    await school.send_payload(payload)

    assert school.dialog(TEACHER)["callback_id"] == "refused"
    assert (await school.case(case)).status == "decided"


async def test_a_decision_not_to_share_that_was_not_kept_wants_to_be_told(school: PretendSchool):
    await school.check(TEACHER, **LOOK_AFTER)
    case = await school.finish(TEACHER)
    await school.press(DSL, "case.report", case)
    sent = await school.submit(DSL, done="yes", account="The office had sent it already")

    assert not sent.errors
    assert (await school.case(case)).report["done"] == "yes"


async def test_nobody_else_says_that_it_was_not_shared(school: PretendSchool):
    await school.check(TEACHER, **NOT_THEM)
    case = await school.finish(TEACHER)
    message = school.message_with(TEACHER, "case.kept", case)
    payload = school.press_payload(TEACHER, message, "case.kept")
    payload["user"]["id"] = OFFICE
    payload["trigger_id"] = school.workspace.dialogs.issue_trigger(OFFICE)

    await school.send_payload(payload)

    assert (await school.case(case)).status == "decided"
    assert school.dialog(OFFICE)["callback_id"] == "refused"


async def test_a_press_that_comes_twice_is_refused_kindly(school: PretendSchool):
    await school.check(TEACHER, **NOT_THEM)
    case = await school.finish(TEACHER)
    message = school.message_with(TEACHER, "case.kept", case)
    payload = school.press_payload(TEACHER, message, "case.kept")
    await school.send_payload(payload)

    payload["trigger_id"] = school.workspace.dialogs.issue_trigger(TEACHER)
    await school.send_payload(payload)

    assert school.dialog(TEACHER)["callback_id"] == "refused"
    assert await school.happened(case) == ["recorded", "reported", "refused"]


# ------------------------------------------------------------------- which child: asked everywhere


@pytest.mark.parametrize(
    "answers",
    [
        SURE | {"identity_risk": "recipient_is_risk"},
        LOOK_AFTER,
        SURE | {"trigger": "public", "role": "unsure"},
    ],
    ids=["row 13", "row 14", "row 16"],
)
async def test_where_the_dsl_is_to_look_the_last_page_asks_where_the_file_is(
    school: PretendSchool, answers: dict[str, str]
):
    await school.check(TEACHER, **answers)
    assert school.inputs(TEACHER)["filed_at"]["optional"]

    await school.finish(TEACHER, filed_at="Blue cabinet, top drawer")

    assert "Blue cabinet, top drawer" in school.posted(pretend.DSL_CHANNEL)[0]


async def test_a_plain_no_does_not_ask_where_the_file_is(school: PretendSchool):
    await school.check(TEACHER, **NOT_THEM)

    assert "filed_at" not in school.inputs(TEACHER)


@pytest.mark.parametrize("where", ["on the page of the numbers", "later"])
async def test_after_danger_the_reason_comes_with_where_the_file_is(
    school: PretendSchool, where: str
):
    await school.walk(TEACHER, [{"danger": "yes", "adult": "none"}])
    await school.settle()
    if where == "later":
        await school.slack.close_view(TEACHER)
        await school.press(TEACHER, "case.reason")
    assert school.inputs(TEACHER)["filed_at"]["optional"]
    assert "Blue cabinet" not in "".join(school.posted(pretend.DSL_CHANNEL))

    sent = await school.submit(TEACHER, reason="Rang 999", filed_at="Blue cabinet")

    assert not sent.errors
    case = await school.case()
    assert case.texts == {"reason": "Rang 999", "filed_at": "Blue cabinet"}
    assert "Blue cabinet" in school.posted(pretend.DSL_CHANNEL)[0]


async def test_after_danger_nothing_else_is_kept_than_was_asked(school: PretendSchool):
    await school.walk(TEACHER, [{"danger": "yes", "adult": "none"}])
    await school.settle()
    payload = school.submit_payload(TEACHER, reason="Rang 999")
    more = {"colour": {"type": "plain_text_input", "value": "red"}}
    payload["view"]["state"]["values"]["f.colour"] = more

    await school.send_payload(payload)

    assert (await school.case()).texts == {"reason": "Rang 999"}


async def test_the_dsl_files_what_the_data_protection_lead_has_decided(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"trigger": "records_request"})
    case = await school.finish(TEACHER)
    await school.do(DPO, "case.decide.do_not_share", reason="There is an exemption")
    assert school.sees(DSL, "case.filed")

    await school.press(DSL, "case.filed", case)

    assert (await school.case(case)).filed_at is not None
    assert not school.sees(DSL, "case.filed")


async def test_a_copy_for_the_data_protection_lead_has_no_button_to_file(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"advice": "law"})
    case = await school.finish(TEACHER)
    assert case.advice.copy == ("dpo",)

    await school.do(DSL, "case.decide.do_not_share", reason="Not yet")

    assert school.sees(DPO, "case.read")
    assert not school.sees(DPO, "case.filed")


async def test_the_dsl_files_no_case_about_an_adult_at_the_school(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"adult": "staff"})
    case = await school.finish(TEACHER)
    await school.do(HEAD, "case.decide.do_not_share", reason="It was looked into")
    account = Account(Platform.SLACK, pretend.TEAM, DSL)
    desk = school.app.desk
    visit = Visit(desk, desk.schools[case.school], account, case.id)

    with pytest.raises(NotOnRoute):
        await visit.mark_filed()
