"""What a member of staff lives through, over signed HTTP, from the command to the record."""

import asyncio
from dataclasses import replace

import pytest

from bot.walk import OUTCOME
from handlers import check
from playground import school as pretend
from tests.fixtures_school import open_changed_school
from tests.pretend_school import PretendSchool, words_of
from tests.scenarios import SCENARIOS, SURE, WELFARE, Scenario

TEACHER, DSL = pretend.TEACHER, pretend.DSL
SUBMITTED = {"reason": "Seen twice", "recipient": "Front door", "course": "followed"}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
async def test_each_row_of_the_table_ends_as_the_domain_says(
    school: PretendSchool, scenario: Scenario
):
    await school.check(TEACHER, **scenario.answers)
    title = school.title(TEACHER)
    if scenario.cannot:
        await school.press_here(TEACHER, "walk.cannot")

    case = await school.finish(TEACHER)

    assert title == scenario.title
    assert (case.advice.row, case.route, case.status) == (
        scenario.row,
        scenario.route,
        scenario.status,
    )
    assert case.ref in school.told(TEACHER)[0]
    assert await school.happened(case) == ["recorded"]
    assert await school.outbox(state="pending", case_id=case.id) == []


async def test_a_clear_share_is_the_requesters_own_decision_and_the_dsl_is_told(
    school: PretendSchool,
):
    await school.check(TEACHER, **SURE)
    case = await school.finish(TEACHER)

    assert (case.status, case.course, case.decision.by) == ("decided", "followed", case.requester)
    assert school.title(TEACHER) == "You can share this"
    root, thread = school.posted(pretend.DSL_CHANNEL)
    assert case.ref in root
    assert "decided by the person who asked" in root
    assert "Children's social care, the police" in thread


async def test_a_share_with_conditions_lists_them_on_the_page_and_in_the_requesters_copy(
    school: PretendSchool,
):
    answers = SURE | {"openness": "will_tell", "agreement": "refused", "identity_risk": "protected"}
    await school.check(TEACHER, **answers)
    page = school.page(TEACHER)

    case = await school.finish(TEACHER)

    assert case.advice.conditions == ("inform_first", "override_reason", "protect_ids")
    assert case.texts["override_reason"] == "They could be hurt if nobody knew"
    for line in ("Tell the family before you send it", "They said no.", "who spoke up"):
        assert line in page
        assert line in school.told(TEACHER)[0]


async def test_a_plain_no_is_recorded_and_tells_nobody_else(school: PretendSchool):
    await school.check(TEACHER, **WELFARE | {"role": "none"})

    case = await school.finish(TEACHER)

    assert (case.status, case.decision.outcome) == ("decided", "do_not_share")
    assert school.posted(pretend.DSL_CHANNEL) == []


async def test_a_no_where_harm_is_possible_tells_the_dsl_to_look(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"identity_risk": "recipient_is_risk"})

    case = await school.finish(TEACHER)

    assert case.advice.conditions == ("dsl_review",)
    assert case.ref in school.posted(pretend.DSL_CHANNEL)[0]
    assert "ring children's social care yourself" in school.told(TEACHER)[0]


async def test_an_uncertain_case_is_decided_in_the_thread_and_the_requester_is_told(
    school: PretendSchool,
):
    await school.check(TEACHER, **SURE | {"openness": "unsure", "role": "safeguarding"})
    case = await school.finish(TEACHER)
    assert case.status == "waiting"

    await school.do(DSL, "case.decide.share", reason="They need it to keep the child safe")

    decided = await school.case(case)
    assert (decided.status, decided.decision.by) == ("decided", "dsl")
    assert "You can share it now" in school.told(TEACHER)[-1]


@pytest.mark.parametrize("answers", [{"danger": "unsure"}, {"danger": "unsure", "role": "none"}])
async def test_whoever_is_not_sure_of_danger_sees_the_numbers_with_every_outcome(
    school: PretendSchool, answers: dict[str, str]
):
    await school.check(TEACHER, **SURE | answers)
    page = school.page(TEACHER)

    await school.finish(TEACHER)

    for words in (page, school.page(TEACHER), school.told(TEACHER)[0]):
        assert "could be hurt today, do not wait for a reply" in words
        assert "01632 960 001" in words


async def test_every_page_says_which_rule_of_seven_it_is_and_keeps_names_out(school: PretendSchool):
    await school.run(TEACHER)
    assert "Do not type any names" in school.page(TEACHER)
    seen = []
    while school.dialog(TEACHER)["callback_id"] == "walk.page":
        seen.append(school.page(TEACHER))
        await school.slack.answer(TEACHER, **{q: SURE[q] for q in school.inputs(TEACHER)})

    for rule in range(1, 7):
        assert sum(f"Rule {rule} of 7" in page for page in seen) == 1
    assert "Rule 7 of 7" in school.page(TEACHER)
    assert all(f"{n}" in school.page(TEACHER) for n in ("Why:", "No names"))


async def test_a_question_that_can_no_longer_change_the_answer_is_not_asked(school: PretendSchool):
    await school.run(TEACHER)
    await school.slack.answer(TEACHER, danger="no", adult="none")
    await school.slack.answer(TEACHER, trigger="legal_order", identifiable="unsure")

    assert school.title(TEACHER) == "Court order or notice"


# ---------------------------------------------------------------------------- against the advice


@pytest.mark.parametrize(
    ("answers", "decided"), [(SURE, "do_not_share"), (WELFARE | {"role": "none"}, "share")]
)
async def test_going_against_the_advice_wants_a_reason_and_tells_the_route(
    school: PretendSchool, answers: dict[str, str], decided: str
):
    await school.check(TEACHER, **answers)
    sent = await school.slack.answer(TEACHER, reason="So", recipient="Nurse", course="against")
    assert set(sent.errors) == {"f.against_reason"}

    case = await school.finish(
        TEACHER, course="against", against_reason="I know more than I can say"
    )

    assert (case.course, case.decision.outcome, case.status) == ("against", decided, "decided")
    assert case.texts["against_reason"] == "I know more than I can say"
    assert "chose differently from the advice" in school.posted(pretend.DSL_CHANNEL)[0]
    assert "You chose differently" in school.told(TEACHER)[0]


# ----------------------------------------------------------------------------- another recipient


async def test_another_recipient_is_a_linked_case_with_the_rest_filled_in(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    first = await school.finish(TEACHER)
    await school.press_here(TEACHER, "walk.another")

    kept = {}
    while school.dialog(TEACHER)["callback_id"] == "walk.page":
        kept |= school.chosen(TEACHER)
        given = {q: SURE[q] for q in school.inputs(TEACHER) if q not in school.chosen(TEACHER)}
        await school.slack.answer(TEACHER, **given)
    second = await school.finish(TEACHER)

    fresh = {"identity_risk", "role", "verified", "content"}
    assert kept == {q: a for q, a in SURE.items() if q not in fresh} | {"trigger": "own"}
    assert (second.linked_to, second.id != first.id) == (first.id, True)
    assert second.answers["trigger"] == "own"
    assert "Linked to an earlier one" in school.posted(pretend.DSL_CHANNEL)[2]


async def test_another_recipient_can_be_checked_from_the_message_later(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"advice": "wanted"})
    first = await school.finish(TEACHER)
    await school.slack.close_view(TEACHER)

    await school.press(TEACHER, "walk.another")
    await school.answer(TEACHER, SURE)

    assert (await school.finish(TEACHER)).linked_to == first.id


@pytest.mark.parametrize("answers", [SURE | {"advice": "wanted"}, SURE | {"role": "none"}])
async def test_until_it_is_sent_the_page_says_that_nobody_has_been_told(
    school: PretendSchool, answers: dict[str, str]
):
    await school.check(TEACHER, **answers)
    before = school.page(TEACHER)
    await school.finish(TEACHER)

    assert "Nothing has been sent yet" in before
    assert "Nothing has been sent yet" not in school.page(TEACHER)


# --------------------------------------------------------------------------------- once, not twice


async def test_a_double_click_on_the_last_page_makes_one_case(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    opened = school.workspace.view_for(TEACHER)
    case = await school.finish(TEACHER, **SUBMITTED)

    again = await school.hand_in(TEACHER, opened, **SUBMITTED)

    assert case.ref in words_of(again)
    assert await school.happened(await school.case()) == ["recorded"]
    assert len(school.told(TEACHER)) == 1


async def test_a_walk_changed_after_it_was_sent_is_refused_and_nothing_is_lost_unsaid(
    school: PretendSchool,
):
    await school.check(TEACHER, **SURE)
    opened = school.workspace.view_for(TEACHER)
    case = await school.finish(TEACHER, **SUBMITTED)

    again = await school.hand_in(TEACHER, opened, **SUBMITTED | {"reason": "Something new"})

    assert again["view"]["callback_id"] == "refused"
    assert await school.case() == case


async def test_danger_in_a_walk_that_was_sent_before_is_a_new_case_with_the_numbers(
    school: PretendSchool,
):
    await school.check(TEACHER, **SURE)
    first = await school.finish(TEACHER)
    desk, school_of = school.app.desk, school.app.desk.schools["pretend"]
    walk = check.begin(desk, school_of)
    walk = replace(walk, id=first.id, answers={"danger": "yes", "adult": "none"})
    walk = replace(walk, trail=("start", OUTCOME))

    once = await check.record(desk, school_of, walk, first.account, check.HandedIn())
    again = await check.record(desk, school_of, walk, first.account, check.HandedIn())

    assert (once.status, once.linked_to, once.advice.row) == ("reason_due", first.id, 1)
    assert again == once


async def test_the_same_walk_handed_in_five_times_at_once_is_one_case(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    opened = school.workspace.view_for(TEACHER)

    answers = await asyncio.gather(
        *(school.hand_in(TEACHER, opened, **SUBMITTED) for _ in range(5))
    )

    case = await school.case()
    assert all(case.ref in words_of(answer) for answer in answers)
    assert len(school.posted(pretend.DSL_CHANNEL)) == 2


# ------------------------------------------------------------------------------------ share_needs


@pytest.mark.parametrize("share_needs", ["approval", "nothing"])
async def test_whether_the_dsl_checks_a_clear_share_is_the_schools_choice(
    tmp_path, share_needs: str
):
    async with open_changed_school(tmp_path, share_needs=share_needs) as school:
        await school.check(TEACHER, **SURE)
        case = await school.finish(TEACHER)
        if share_needs == "nothing":
            assert (case.status, school.posted(pretend.DSL_CHANNEL)) == ("decided", [])
            return
        assert (case.status, school.title(TEACHER)) == ("waiting", "Please wait")
        assert "Do not share it yet" in school.told(TEACHER)[0]
        await school.do(DSL, "case.decide.do_not_share", reason="Not yet")
        assert "Please do not share it" in school.told(TEACHER)[-1]
