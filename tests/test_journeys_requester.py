"""What the person who asked lives through after the record: danger, waiting, the answer, the end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.case import Case
from playground import school as pretend
from tests.fixtures_school import open_pretend_school
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE, WELFARE

TEACHER, DSL = pretend.TEACHER, pretend.DSL
DANGER = [{"danger": "yes", "adult": "none"}]
ASKED = SURE | {"advice": "wanted"}


@pytest.fixture
async def danger(school: PretendSchool) -> Case:
    """A case of danger, just written; its page is open."""
    await school.walk(TEACHER, DANGER)
    await school.settle()
    return await school.case()


@pytest.fixture
async def waiting(school: PretendSchool) -> Case:
    await school.check(TEACHER, **ASKED)
    return await school.finish(TEACHER)


@pytest.fixture
async def decided(school: PretendSchool, waiting: Case) -> Case:
    await school.do(DSL, "case.decide.share", reason="They need it")
    return await school.case(waiting)


@pytest.fixture
async def closed(school: PretendSchool, decided: Case) -> Case:
    await school.do(TEACHER, "case.report", done="yes", account="Rang them at noon")
    return await school.case(decided)


# --------------------------------------------------------------------------------------- danger


async def test_danger_is_written_with_page_one_and_shows_whom_to_ring(
    school: PretendSchool, danger: Case
):
    assert (danger.status, danger.advice.row, danger.advice.urgency) == ("reason_due", 1, "now")
    page = school.page(TEACHER)
    assert school.title(TEACHER) == "Danger: act now"
    for words in ("Ring 999 now", "01632 960 001", "01632 960 002", danger.ref):
        assert words in page
    assert "Danger now" in school.posted(pretend.DSL_CHANNEL)[0]
    assert "Ring 999 now" in school.told(TEACHER)[0]


async def test_the_reason_can_be_given_on_the_page_of_the_numbers(
    school: PretendSchool, danger: Case
):
    sent = await school.submit(TEACHER, reason="I saw the injury myself")

    assert not sent.errors
    case = await school.case(danger)
    assert (case.status, case.decision.outcome, case.course) == ("decided", "share", "followed")
    assert case.texts["reason"] == "I saw the injury myself"
    assert "They have given their reason" in school.posted(pretend.DSL_CHANNEL)[-1]
    assert await school.happened(case) == ["recorded", "reason_given"]


async def test_a_blank_reason_is_asked_for_beside_the_box(school: PretendSchool, danger: Case):
    sent = await school.submit(TEACHER, reason="  \n ")

    assert set(sent.errors) == {"f.reason"}
    assert (await school.case(danger)).status == "reason_due"


async def test_whoever_closed_the_page_is_reminded_three_times_until_the_reason_is_there(tmp_path):
    now = datetime.now(UTC)
    async with open_pretend_school(tmp_path, clock=lambda: now) as school:
        await school.walk(TEACHER, DANGER)
        await school.settle()
        await school.slack.close_view(TEACHER)
        told = [len(school.told(TEACHER))]
        for minutes in (14, 2, 50, 180):
            now += timedelta(minutes=minutes)
            await school.settle()
            told.append(len(school.told(TEACHER)))
        assert told == [1, 1, 2, 3, 4]
        assert "is everyone safe?" in school.told(TEACHER)[-1]

        await school.do(TEACHER, "case.reason", reason="I rang social care")
        assert (await school.case()).status == "decided"


async def test_a_reminder_is_not_sent_once_the_reason_is_given(tmp_path):
    now = datetime.now(UTC)
    async with open_pretend_school(tmp_path, clock=lambda: now) as school:
        await school.walk(TEACHER, DANGER)
        await school.submit(TEACHER, reason="I rang social care")
        before = len(school.told(TEACHER))

        now += timedelta(hours=5)
        await school.settle()

        nags = await school.outbox(template="reason_nag")
        assert [(row.state, row.last_error) for row in nags] == [("skipped", "reason_given")] * 3
        assert len(school.told(TEACHER)) == before


async def test_the_dsl_writes_to_whoever_is_dealing_with_danger(
    school: PretendSchool, danger: Case
):
    await school.do(DSL, "case.comment", comment="I am on my way to you")

    assert "has written to you" in school.told(TEACHER)[-1]
    assert "on my way" not in str(school.told(TEACHER))
    await school.press(TEACHER, "case.read")
    assert "I am on my way to you" in school.page(TEACHER)
    assert (await school.case(danger)).status == "reason_due"


async def test_danger_cannot_be_decided_by_the_route(school: PretendSchool, danger: Case):
    assert not school.sees(DSL, "case.decide.share")
    assert school.sees(DSL, "case.read", danger)
    assert school.sees(DSL, "case.comment", danger)


async def test_a_second_submit_of_page_one_shows_the_same_case(school: PretendSchool):
    await school.run(TEACHER)
    opened = school.workspace.view_for(TEACHER)
    first = await school.hand_in(TEACHER, opened, danger="yes", adult="none")
    again = await school.hand_in(TEACHER, opened, danger="yes", adult="none")

    case = await school.case()
    assert case.ref in str(first)
    assert case.ref in str(again)


# -------------------------------------------------------------------------------------- waiting


async def test_while_it_waits_the_requester_is_told_not_to_if_the_risk_grows(
    school: PretendSchool, waiting: Case
):
    (note,) = school.told(TEACHER)

    assert "If the risk grows, do not wait" in note
    assert "01632 960 001" in note
    assert "Waiting for the DSL" in note


async def test_a_worry_of_harm_taken_back_is_looked_at_before_it_is_closed(
    school: PretendSchool, waiting: Case
):
    await school.press(TEACHER, "case.withdraw")
    assert "somebody will look at it" in school.page(TEACHER)
    await school.submit(TEACHER, reason="I was wrong")

    case = await school.case(waiting)
    assert (case.status, case.close_requested) == ("waiting", True)
    assert "would like to close this" in school.posted(pretend.DSL_CHANNEL)[-1]
    assert "They would like to close it" in school.posted(pretend.DSL_CHANNEL)[0]
    assert not school.sees(TEACHER, "case.withdraw")

    await school.press(DSL, "case.read")
    assert "I was wrong" in school.page(DSL)
    await school.do(DSL, "case.decide.do_not_share", reason="Agreed with the teacher")
    assert await school.happened(case) == ["recorded", "close_requested", "read", "decided"]


async def test_a_case_without_harm_is_taken_back_at_once(school: PretendSchool):
    await school.check(TEACHER, **WELFARE | {"advice": "wanted"})
    case = await school.finish(TEACHER)

    await school.do(TEACHER, "case.withdraw", reason="The office has dealt with it")

    assert (await school.case(case)).status == "withdrawn"
    assert "taken it back" in school.posted(pretend.DSL_CHANNEL)[-1]
    assert not school.sees(DSL, "case.decide.share")
    assert "you took this back" in school.told(TEACHER)[-1]


async def test_a_withdrawn_case_can_be_filed_and_held(school: PretendSchool):
    await school.check(TEACHER, **WELFARE | {"advice": "wanted"})
    case = await school.finish(TEACHER)
    await school.do(TEACHER, "case.withdraw", reason="Dealt with")

    await school.press(DSL, "case.filed")
    await school.do(DSL, "case.hold.keep", reason="A claim was announced")

    after = await school.case(case)
    assert (after.filed_at is not None, after.legal_hold) == (True, True)


async def test_a_decision_that_was_made_meanwhile_refuses_the_withdrawal(
    school: PretendSchool, waiting: Case
):
    await school.press(TEACHER, "case.withdraw")
    await school.do(DSL, "case.decide.share", reason="They need it")

    await school.submit(TEACHER, reason="I was wrong")

    assert school.title(TEACHER) == "Already decided"
    assert (await school.case(waiting)).status == "decided"


async def test_only_the_requester_may_answer_or_withdraw(school: PretendSchool, waiting: Case):
    await school.press(TEACHER, "case.withdraw")
    form = school.workspace.view_for(TEACHER)

    refused = await school.hand_in(pretend.OFFICE, form, reason="Not mine")

    assert refused["view"]["title"]["text"] == "Not possible"
    assert await school.happened(waiting) == ["recorded", "refused"]


async def test_the_requester_reads_their_own_and_that_is_noted(
    school: PretendSchool, waiting: Case
):
    await school.press(TEACHER, "case.read")

    assert "Seen twice this week" in school.page(TEACHER)
    assert (await school.happened(waiting))[-1] == "read"


async def test_nobody_else_reads_it(school: PretendSchool, waiting: Case):
    message = school.message_with(TEACHER, "case.read")
    press = school.press_payload(TEACHER, message, "case.read")
    press["user"]["id"] = pretend.OFFICE

    await school.send_payload(press)

    assert "sent to other people" in str(school.workspace.calls_of("views.open")[-1].arguments)
    assert "Seen twice" not in str(school.workspace.calls_of("views.open")[-1].arguments)
    assert await school.happened(waiting) == ["recorded", "refused"]


# --------------------------------------------------------------------------- after the decision


async def test_the_requester_reads_why_and_what_the_limits_are(
    school: PretendSchool, waiting: Case
):
    await school.do(
        DSL, "case.decide.share_limited", reason="They need it", limits="Not the address"
    )
    assert "Not the address" not in str(school.told(TEACHER))

    await school.press(TEACHER, "case.read")

    assert "They need it" in school.page(TEACHER)
    assert "Not the address" in school.page(TEACHER)


async def test_the_report_keeps_when_how_what_and_how_it_was_checked(
    school: PretendSchool, decided: Case
):
    await school.do(
        TEACHER,
        "case.report",
        done="yes",
        account="They took it down",
        when="Tuesday morning",
        how="phone",
        kinds=["worry", "attendance"],
        checked="called_back",
    )

    case = await school.case(decided)
    assert (case.status, dict(case.report)) == (
        "closed",
        {
            "done": "yes",
            "account": "They took it down",
            "when": "Tuesday morning",
            "how": "phone",
            "kinds": "worry,attendance",
            "checked": "called_back",
        },
    )
    assert "They have said how it went" in school.posted(pretend.DSL_CHANNEL)[-1]
    await school.press(DSL, "case.read")
    for words in ("They took it down", "By telephone", "I rang back on an official number"):
        assert words in school.page(DSL)


async def test_not_done_and_why_closes_it_too(school: PretendSchool, decided: Case):
    await school.do(TEACHER, "case.report", done="no", account="The family moved away")

    case = await school.case(decided)
    assert (case.status, case.report["done"]) == ("closed", "no")


async def test_a_report_without_an_account_is_held_back(school: PretendSchool, decided: Case):
    await school.press(TEACHER, "case.report")

    blank = await school.submit(TEACHER, done="yes", account="  ")

    assert blank.errors == {"f.account": "Please say what happened, or why not."}


async def test_no_further_action_brings_the_challenge_and_tells_the_dsl(
    school: PretendSchool, closed: Case
):
    await school.do(TEACHER, "case.reply", no_action="yes", reply="They closed it")

    assert "ask to speak to a manager there" in school.told(TEACHER)[-1]
    assert "nothing more will be done" in school.posted(pretend.DSL_CHANNEL)[-1]
    assert "No further action" in school.posted(pretend.DSL_CHANNEL)[0]
    assert "They closed it" not in str(school.posted(pretend.DSL_CHANNEL))
    assert (await school.case(closed)).report["reply"] == "They closed it"
    assert (await school.happened(closed))[-1] == "replied"


async def test_a_reply_of_help_is_thanked_for(school: PretendSchool, closed: Case):
    await school.do(TEACHER, "case.reply", no_action="no", reply="A visit on Monday")

    assert "their reply is saved" in school.told(TEACHER)[-1]
    assert "manager" not in school.told(TEACHER)[-1]


async def test_a_page_that_was_overtaken_says_so(school: PretendSchool, decided: Case):
    await school.press(TEACHER, "case.report")
    await school.do(DSL, "case.report", done="yes", account="I did it")

    await school.submit(TEACHER, done="yes", account="Me too")

    assert school.title(TEACHER) in {"Not just now", "Already decided"}
    assert (await school.case(decided)).report["account"] == "I did it"


async def test_a_guest_may_ask(school: PretendSchool):
    school.workspace.invite(pretend.STAFFROOM, pretend.GUEST)
    await school.check(pretend.GUEST, **ASKED)

    case = await school.finish(pretend.GUEST)

    assert case.ref in school.told(pretend.GUEST)[0]
    await school.do(DSL, "case.ask", question="Since when?")
    await school.do(pretend.GUEST, "case.answer", answer="Since Monday")
    assert (await school.case(case)).status == "waiting"


async def test_whoever_left_the_workspace_leaves_no_row_stuck(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    case = await school.finish(TEACHER)
    user = school.workspace.users[TEACHER]
    school.workspace.add_user(replace(user, deleted=True))
    school.app.slack.edge.chat._direct.clear()

    await school.do(DSL, "case.decide.share", reason="They need it")

    states = {r.template: r.state for r in await school.outbox(case_id=case.id, event="decided")}
    assert (states["thread_note"], states["requester_turn"]) == ("done", "buried")
    assert "Please tell them yourself" in school.posted(pretend.DSL_CHANNEL)[-1]
    assert school.workspace.faults == ["conversations.open: user_disabled"]
    school.workspace.faults.clear()
