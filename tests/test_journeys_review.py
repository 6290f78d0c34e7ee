"""What reviewers do with a case in its thread, and what everybody then sees."""

import asyncio

import pytest

from bot.case import Case
from playground import school as pretend
from tests.pretend_school import PretendSchool, words_of
from tests.scenarios import SURE

TEACHER, DSL, DEPUTY, HEAD = pretend.TEACHER, pretend.DSL, pretend.DEPUTY, pretend.HEAD
ASKED = SURE | {"advice": "wanted"}


@pytest.fixture
async def waiting(school: PretendSchool) -> Case:
    """A case that waits in the DSL's channel."""
    await school.check(TEACHER, **ASKED)
    return await school.finish(TEACHER, filed_at="Blue cabinet")


@pytest.fixture
async def decided(school: PretendSchool) -> Case:
    """A clear share that the teacher decided."""
    await school.check(TEACHER, **SURE)
    return await school.finish(TEACHER)


@pytest.fixture
async def closed(school: PretendSchool, decided: Case) -> Case:
    await school.do(TEACHER, "case.report", done="yes", account="They took it down")
    return await school.case(decided)


async def test_the_card_says_what_is_in_doubt_and_the_thread_holds_answers_and_buttons(
    school: PretendSchool, waiting: Case
):
    root, thread = school.workspace.messages[pretend.DSL_CHANNEL]

    for words in (waiting.ref, "High", "Rule 4", "Blue cabinet"):
        assert words in words_of(root.blocks)
    assert thread.thread_ts == root.ts
    for words in ("*What for:* A child may be being hurt", "Asked by <@U0TEACHER1>"):
        assert words in words_of(thread.blocks)
    assert school.sees(DSL, "case.decide.share", waiting)
    assert not school.sees(TEACHER, "case.decide.share")


@pytest.mark.parametrize(
    ("button", "values", "outcome", "words"),
    [
        ("share", {}, "share", "You can share it now"),
        ("share_limited", {"limits": "Not the address"}, "share_limited", "with limits: press"),
        ("do_not_share", {}, "do_not_share", "Please do not share it"),
    ],
)
async def test_each_decision_is_recorded_shown_in_the_thread_and_told_in_private(
    school: PretendSchool, waiting: Case, button: str, values: dict, outcome: str, words: str
):
    await school.do(DSL, f"case.decide.{button}", reason="It is right", **values)

    case = await school.case(waiting)
    assert (case.status, case.decision.outcome, case.decision.by) == ("decided", outcome, "dsl")
    assert (case.decision.reason, case.decision.limits) == ("It is right", values.get("limits", ""))
    assert await school.happened(case) == ["recorded", "decided"]
    root, _, note = school.posted(pretend.DSL_CHANNEL)
    assert "decided by <@U0DSL00001>" in root
    assert "The person who asked is being told" in note
    assert words in school.told(TEACHER)[-1]
    assert not school.sees(DSL, "case.decide.share", waiting)


@pytest.mark.parametrize("button", ["share", "share_limited", "do_not_share"])
async def test_a_decision_without_a_reason_is_held_back_beside_the_box(
    school: PretendSchool, waiting: Case, button: str
):
    await school.press(DSL, f"case.decide.{button}")
    limits = {"limits": "Not the address"} if button == "share_limited" else {}

    blank = await school.submit(DSL, reason="   ", **limits)

    assert set(blank.errors) == {"f.reason"}
    assert (await school.case(waiting)).status == "waiting"


async def test_limits_must_be_said(school: PretendSchool, waiting: Case):
    await school.press(DSL, "case.decide.share_limited")

    blank = await school.submit(DSL, reason="It is right", limits=" \n ")

    assert blank.errors == {"f.limits": "Please say what to leave out, or who must not know."}


async def test_a_question_goes_to_the_requester_whose_answer_brings_it_back(
    school: PretendSchool, waiting: Case
):
    await school.do(DSL, "case.ask", question="Since when?")
    asked = await school.case(waiting)
    assert asked.status == "asked"
    assert "has a question for you" in school.told(TEACHER)[-1]
    assert "Since when?" not in str(school.told(TEACHER))

    await school.press(TEACHER, "case.answer")
    assert "Since when?" in school.page(TEACHER)
    await school.submit(TEACHER, answer="Since Monday")

    case = await school.case(waiting)
    assert case.status == "waiting"
    assert [remark.text for remark in case.remarks] == ["Since when?", "Since Monday"]
    assert "They have answered" in school.posted(pretend.DSL_CHANNEL)[-1]
    assert await school.happened(case) == ["recorded", "asked", "answered"]


async def test_a_reviewer_may_decide_without_waiting_for_the_answer(
    school: PretendSchool, waiting: Case
):
    await school.do(DSL, "case.ask", question="Since when?")
    await school.do(DEPUTY, "case.decide.share", reason="It cannot wait")

    await school.press(TEACHER, "case.answer")

    assert school.title(TEACHER) == "Already decided"
    assert (await school.case(waiting)).decision.by == "deputy"


async def test_a_case_is_handed_to_a_colleague_who_is_messaged(
    school: PretendSchool, waiting: Case
):
    await school.press(DSL, "case.hand_over")
    offered = [o["value"] for o in school.inputs(DSL)["to"]["element"]["options"]]
    assert offered == ["deputy"]
    await school.submit(DSL, to="deputy", reason="I am away tomorrow")

    case = await school.case(waiting)
    assert (case.status, case.assignee) == ("waiting", "deputy")
    assert "has been passed to you" in school.told(DEPUTY)[-1]
    assert "Passed to <@U0DEPUTY01>" in school.posted(pretend.DSL_CHANNEL)[-1]
    assert "<@U0DEPUTY01>" in school.posted(pretend.DSL_CHANNEL)[0]
    assert "I am away" not in str(school.told(TEACHER)) + str(school.posted(pretend.DSL_CHANNEL))

    await school.do(DEPUTY, "case.decide.share", reason="It is right")
    assert (await school.case(waiting)).decision.by == "deputy"
    assert "decided by" in school.told(DEPUTY)[-1]


async def test_a_case_is_sent_to_another_post_and_decided_there_alone(
    school: PretendSchool, waiting: Case
):
    await school.press(DSL, "case.reroute")
    offered = [o["value"] for o in school.inputs(DSL)["to"]["element"]["options"]]
    assert offered == ["head", "dpo"]
    await school.submit(DSL, to="dpo", reason="A question of law")

    case = await school.case(waiting)
    assert (case.status, case.route) == ("waiting", "dpo")
    assert "Sent to another post" in school.posted(pretend.DSL_CHANNEL)[0]
    assert not school.sees(DSL, "case.decide.share", case)
    assert case.ref in school.posted(pretend.DPO_CHANNEL)[0]
    assert "is dealing with it now" in school.told(TEACHER)[-1]
    mine = school.told(TEACHER)[0]
    assert "This went to the data-protection lead" in mine
    assert "safeguarding lead (DSL) has been asked" not in mine

    await school.do(pretend.DPO, "case.decide.do_not_share", reason="The law says no")
    assert (await school.case(waiting)).decision.by == "dpo"


async def test_read_shows_everything_that_was_typed_to_one_person_and_notes_it(
    school: PretendSchool, waiting: Case
):
    await school.press(DSL, "case.read")

    for words in ("Seen twice this week", "Blue cabinet"):
        assert words in school.page(DSL)
    assert await school.happened(waiting) == ["recorded", "read"]
    history = await school.read(lambda unit: unit.history(waiting))
    assert history[-1].actor == "dsl"


# ------------------------------------------------------------------------------- after a decision


async def test_a_changed_decision_is_a_new_case_linked_to_the_first(
    school: PretendSchool, waiting: Case
):
    await school.do(DSL, "case.decide.share", reason="It is right")
    await school.do(DEPUTY, "case.amend", outcome="do_not_share", reason="We know more now")

    old, new = await school.cases()
    assert (old.status, old.decision.outcome) == ("decided", "share")
    assert (new.linked_to, new.decision.outcome, new.decision.by) == (
        old.id,
        "do_not_share",
        "deputy",
    )
    assert await school.happened(old) == ["recorded", "decided", "amended"]
    assert f"see *{new.ref}*" in str(school.posted(pretend.DSL_CHANNEL))
    assert "there is a new decision" in school.told(TEACHER)[-1]
    assert "Please do not share it" in school.told(TEACHER)[-1]


async def test_a_reviewer_reports_for_the_requester(school: PretendSchool, decided: Case):
    await school.do(DSL, "case.report", done="no", account="They had it already")

    case = await school.case(decided)
    assert (case.status, case.report["done"]) == ("closed", "no")


async def test_marked_as_filed_once_and_no_more(school: PretendSchool, closed: Case):
    await school.press(DSL, "case.filed")

    case = await school.case(closed)
    assert case.filed_at is not None
    assert "Filed" in school.posted(pretend.DSL_CHANNEL)[0]
    assert not school.sees(DSL, "case.filed", closed)
    assert (await school.happened(case))[-1] == "filed"


async def test_legal_hold_is_set_and_ended_with_a_reason(school: PretendSchool, closed: Case):
    await school.do(DSL, "case.hold.keep", reason="A claim was announced")
    assert (await school.case(closed)).legal_hold
    assert "On legal hold" in school.posted(pretend.DSL_CHANNEL)[0]

    await school.do(DSL, "case.hold.release", reason="The claim is settled")

    assert not (await school.case(closed)).legal_hold
    assert (await school.happened(closed))[-2:] == ["held", "released"]


async def test_a_reviewer_adds_the_reply(school: PretendSchool, closed: Case):
    await school.do(DSL, "case.reply", no_action="no", reply="They will visit")

    assert (await school.case(closed)).report["reply"] == "They will visit"
    assert "their reply is saved" in school.told(TEACHER)[-1]


# ---------------------------------------------------------------------------------- who comes second


async def test_whoever_comes_second_is_told_who_decided_when_and_what(
    school: PretendSchool, waiting: Case
):
    await school.press(DSL, "case.decide.share")
    await school.press(DEPUTY, "case.decide.do_not_share")
    await school.submit(DSL, reason="It is right")

    await school.submit(DEPUTY, reason="It is wrong")

    assert school.title(DEPUTY) == "Already decided"
    said = school.page(DEPUTY)
    assert "<@U0DSL00001> decided this first" in said
    assert "*Share*" in said
    assert "<!date^" in said
    case = await school.case(waiting)
    assert (case.decision.by, case.decision.outcome) == ("dsl", "share")
    assert await school.happened(case) == ["recorded", "decided", "refused"]


async def test_two_reviewers_at_the_same_moment_make_one_decision(
    school: PretendSchool, waiting: Case
):
    await school.press(DSL, "case.decide.share")
    await school.press(DEPUTY, "case.decide.do_not_share")

    await asyncio.gather(
        school.slack.answer(DSL, reason="It is right"),
        school.slack.answer(DEPUTY, reason="It is wrong"),
    )
    await school.settle()

    assert (await school.happened(waiting)).count("decided") == 1
    losers = [p for p in (DSL, DEPUTY) if school.has_dialog(p)]
    assert [school.title(p) for p in losers] == ["Already decided"]
    assert len([t for t in school.told(TEACHER) if "decided by" in t and "You can" in t]) <= 1


async def test_the_same_decision_sent_again_changes_nothing_and_refuses_nobody(
    school: PretendSchool, waiting: Case
):
    await school.press(DSL, "case.decide.share")
    opened = school.workspace.view_for(DSL)
    await school.submit(DSL, reason="It is right")
    before = school.remembered()

    answer = await school.hand_in(DSL, opened, reason="It is right")

    assert answer == {}
    assert school.remembered() == before


# ------------------------------------------------------------------------------------ one's own case


async def test_a_reviewer_may_not_decide_their_own_case_while_a_colleague_can(
    school: PretendSchool,
):
    await school.check(DSL, **ASKED)
    case = await school.finish(DSL)

    await school.press(DSL, "case.decide.share")

    assert school.title(DSL) == "Your own case"
    assert await school.happened(case) == ["recorded", "refused"]
    await school.do(DEPUTY, "case.decide.share", reason="It is right")
    assert not (await school.case(case)).decision.single


async def test_the_only_reviewer_decides_their_own_case_and_it_is_marked(school: PretendSchool):
    school.workspace.remove(pretend.DSL_CHANNEL, DEPUTY)
    await school.check(DSL, **ASKED)
    case = await school.finish(DSL)

    await school.press(DSL, "case.decide.share")
    assert 'marked "single decision-maker"' in school.page(DSL)
    await school.submit(DSL, reason="There is nobody else")

    decision = (await school.case(case)).decision
    assert (decision.by, decision.single) == ("dsl", True)
    assert "(single decision-maker)" in school.posted(pretend.DSL_CHANNEL)[-1]


async def test_the_head_alone_is_pointed_to_the_lado(school: PretendSchool):
    await school.check(HEAD, **SURE | {"adult": "staff"})
    await school.finish(HEAD)

    await school.press(HEAD, "case.decide.share")

    assert "single decision-maker" in school.page(HEAD)
    assert "LADO" in school.page(HEAD)


async def test_a_reviewers_own_clear_share_is_not_news_to_the_channel(school: PretendSchool):
    await school.check(DSL, **SURE)
    await school.finish(DSL)

    assert school.posted(pretend.DSL_CHANNEL) == []
