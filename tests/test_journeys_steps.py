"""How people find their way through the dialog: Back, "Ask the DSL now", "Nearly there"."""

import pytest

from playground import school as pretend
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE, WELFARE

TEACHER, DSL = pretend.TEACHER, pretend.DSL


async def test_back_shows_the_page_before_with_every_answer_kept(school: PretendSchool):
    await school.run(TEACHER)
    await school.slack.answer(TEACHER, danger="no", adult="none")
    await school.slack.answer(TEACHER, trigger="professional", identifiable="yes")
    await school.slack.submit_view(TEACHER)
    await school.press_here(TEACHER, "walk.back")
    assert school.chosen(TEACHER) == {"trigger": "professional", "identifiable": "yes"}

    await school.press_here(TEACHER, "walk.back")
    assert school.chosen(TEACHER) == {"danger": "no", "adult": "none"}
    assert "walk.back" not in school.buttons(TEACHER)

    await school.answer(TEACHER, SURE)
    case = await school.finish(TEACHER)
    assert case.answers == SURE


async def test_back_keeps_what_was_chosen_on_the_page_that_is_left(school: PretendSchool):
    await school.run(TEACHER)
    await school.slack.answer(TEACHER, danger="no", adult="none")
    block = next(iter(school.inputs(TEACHER).values()))
    option = next(o for o in block["element"]["options"] if o["value"] == "parent")
    picked = {block["block_id"]: {"trigger": {"type": "radio_buttons", "selected_option": option}}}
    await school.press_here(TEACHER, "walk.back", values=picked)

    await school.slack.answer(TEACHER, danger="no", adult="none")

    assert school.chosen(TEACHER) == {"trigger": "parent"}


async def test_an_early_answer_changed_by_going_back_leaves_no_forgotten_one_behind(
    school: PretendSchool,
):
    await school.check(TEACHER, **SURE | {"advice": "wanted"})
    while "danger" not in school.inputs(TEACHER):
        await school.press_here(TEACHER, "walk.back")
    await school.slack.answer(TEACHER, danger="no", adult="head")
    await school.slack.answer(TEACHER, people=["nobody"])

    case = await school.finish(TEACHER)

    assert case.answers == {"danger": "no", "adult": "head"}
    assert (case.advice.row, case.route) == (6, "chair")


async def test_an_unanswered_question_is_asked_for_beside_itself(school: PretendSchool):
    await school.run(TEACHER)

    sent = await school.slack.answer(TEACHER, danger="no")

    assert set(sent.errors) == {"q.start.adult"}


ASKED_FROM = {
    "the second page": [],
    "rule 1": [{"trigger": "parent", "identifiable": "yes"}],
    "rule 4": [
        {"trigger": "parent", "identifiable": "yes"},
        {"purpose": "welfare"},
        {"openness": "told"},
        {"agreement": "agreed"},
    ],
    "rule 6": [
        {"trigger": "parent", "identifiable": "yes"},
        {"purpose": "harm"},
        {"openness": "told"},
        {"agreement": "agreed"},
        {"advice": "confident"},
        {"identity_risk": "none"},
    ],
}


@pytest.mark.parametrize("pages", ASKED_FROM.values(), ids=list(ASKED_FROM))
async def test_ask_the_dsl_now_skips_the_rest_and_sends_what_was_said_so_far(
    school: PretendSchool, pages: list[dict[str, str]]
):
    await school.walk(TEACHER, [{"danger": "no", "adult": "none"}, *pages])
    await school.press_here(TEACHER, "walk.ask")
    said = {q: a for page in pages for q, a in page.items()}
    wanted = {} if "purpose" in said else {"purpose": "harm"}
    assert ("purpose" in school.inputs(TEACHER)) == bool(wanted)

    case = await school.finish(TEACHER, **wanted)

    assert case.answers == {"danger": "no", "adult": "none"} | said | wanted | {"advice": "wanted"}
    assert (case.advice.row, case.route, case.status) == (10, "dsl", "waiting")
    assert case.advice.urgency == ("normal" if said.get("purpose") == "welfare" else "high")


async def test_the_purpose_asked_on_the_last_page_sets_the_urgency(school: PretendSchool):
    await school.walk(TEACHER, [{"danger": "no", "adult": "none"}])
    await school.press_here(TEACHER, "walk.ask")

    case = await school.finish(TEACHER, purpose="welfare")

    assert case.advice.urgency == "normal"


async def test_ask_the_dsl_now_is_not_offered_when_the_worry_is_about_an_adult(
    school: PretendSchool,
):
    await school.walk(TEACHER, [{"danger": "no", "adult": "dsl"}])
    assert school.title(TEACHER) == "Who must not see it"
    assert "walk.ask" not in school.buttons(TEACHER)

    await school.slack.answer(TEACHER, people=["nobody"])
    assert "walk.ask" not in school.buttons(TEACHER)


# --------------------------------------------------------------------------------- nearly there


async def test_nearly_there_goes_back_to_the_one_question_and_then_says_yes(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"verified": "no"})
    assert school.title(TEACHER) == "Nearly there"
    assert "Ring back on a number the school already holds" in school.page(TEACHER)

    await school.press_here(TEACHER, "walk.fixed")
    assert school.title(TEACHER) == "Rule 6: who and what"
    await school.slack.answer(TEACHER, **{q: SURE[q] for q in school.inputs(TEACHER)})
    case = await school.finish(TEACHER)

    assert (case.advice.row, case.status) == (32, "decided")
    assert case.fixes == {"verified": "done"}


async def test_nearly_there_stays_when_it_was_not_done_after_all(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"verified": "no"})
    await school.press_here(TEACHER, "walk.fixed")

    await school.slack.answer(
        TEACHER, **{q: SURE[q] for q in school.inputs(TEACHER)} | {"verified": "no"}
    )

    assert school.title(TEACHER) == "Nearly there"


async def test_who_cannot_mend_it_asks_the_dsl_and_both_are_on_the_record(school: PretendSchool):
    await school.check(TEACHER, **WELFARE | {"agreement": "not_asked"})
    await school.press_here(TEACHER, "walk.cannot")

    case = await school.finish(TEACHER)

    assert (case.advice.row, case.status, case.route) == (35, "waiting", "dsl")
    assert case.fixes == {"agreement": "cannot"}
    assert case.answers["agreement"] == "not_asked"


@pytest.mark.parametrize("answers", [SURE, WELFARE | {"role": "none"}])
async def test_whoever_is_uneasy_about_the_answer_asks_the_dsl_from_the_last_page(
    school: PretendSchool, answers: dict[str, str]
):
    await school.check(TEACHER, **answers)
    await school.press_here(TEACHER, "walk.ask")
    assert school.title(TEACHER) == "Ask the DSL first"

    case = await school.finish(TEACHER)

    assert (case.advice.row, case.status, case.answers["advice"]) == (10, "waiting", "wanted")
    assert case.answers["purpose"] == answers["purpose"]
