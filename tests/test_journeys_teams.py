"""The journeys on Teams: in dialogs, in the thread, one to one, over signed HTTP."""

from __future__ import annotations

import pytest

from bot.case import Case
from playground import teams_school as tenant
from playground.teams_answers import Outcome
from tests.pretend_teams import TeamsSchool
from tests.scenarios import SURE

TEACHER, DSL, DEPUTY, HEAD = tenant.TEACHER, tenant.DSL, tenant.DEPUTY, tenant.HEAD
ASKED = SURE | {"advice": "wanted"}


@pytest.fixture
async def waiting(teams: TeamsSchool) -> Case:
    """A case that waits in the DSL's channel."""
    await teams.check(TEACHER, **ASKED)
    return await teams.finish(TEACHER, filed_at="Blue cabinet")


@pytest.fixture
async def decided(teams: TeamsSchool) -> Case:
    """A clear share that the teacher decided."""
    await teams.check(TEACHER, **SURE)
    return await teams.finish(TEACHER)


async def test_a_clear_share_is_walked_written_and_told(teams: TeamsSchool):
    await teams.check(TEACHER, **SURE)

    case = await teams.finish(TEACHER)

    assert (case.status, case.advice.outcome, case.requester) == (
        "decided",
        "share",
        case.requester,
    )
    assert case.ref in teams.page(TEACHER)
    assert any(case.ref in words for words in teams.told(TEACHER))


async def test_an_uncertain_case_goes_to_the_channel_and_is_decided_in_its_thread(
    teams: TeamsSchool, waiting: Case
):
    root, thread = teams.tenant.messages_in(tenant.DSL_CHANNEL)
    assert waiting.ref in teams.words(DSL, root)
    assert "Blue cabinet" in teams.words(DSL, root)
    assert thread.thread == root.id

    await teams.do(DSL, "case.decide.share", reason="It is right")

    case = await teams.case(waiting)
    assert (case.status, case.decision.outcome, case.decision.by) == ("decided", "share", "dsl")
    assert case.decision.reason == "It is right"
    assert await teams.happened(case) == ["recorded", "decided"]
    assert not teams.sees(DSL, "case.decide.share", waiting)
    assert "share it now" in teams.told(TEACHER)[-1]
    root, *_ = teams.tenant.messages_in(tenant.DSL_CHANNEL)
    assert "decided" in teams.words(DSL, root).lower()


@pytest.mark.parametrize("button", ["share", "share_limited", "do_not_share"])
async def test_a_decision_without_a_reason_comes_back_with_what_was_typed_and_says_so(
    teams: TeamsSchool, waiting: Case, button: str
):
    limits = {"limits": "Not the address"} if button == "share_limited" else {}

    await teams.press(DSL, f"case.decide.{button}", **limits)

    assert (await teams.case(waiting)).status == "waiting"
    message = teams.message_with(DSL, f"case.decide.{button}", waiting)
    words = teams.words(DSL, message)
    assert "Please look at what is marked" in words
    assert "Please say why, in a sentence or two." in words
    for typed in limits.values():
        assert typed in words


async def test_a_question_is_asked_answered_and_the_case_waits_again(
    teams: TeamsSchool, waiting: Case
):
    await teams.do(DSL, "case.ask", question="Who saw it?")
    assert (await teams.case(waiting)).status == "asked"

    await teams.press(TEACHER, "case.answer")
    assert "Who saw it?" in teams.page(TEACHER)
    await teams.submit(TEACHER, answer="I did")

    case = await teams.case(waiting)
    assert case.status == "waiting"
    await teams.press(DSL, "case.read", case)
    assert "I did" in teams.page(DSL)


async def test_reading_is_private_and_recorded_first(teams: TeamsSchool, waiting: Case):
    await teams.press(DSL, "case.read", waiting)

    assert "Seen twice this week" in teams.page(DSL)
    assert "read" in await teams.happened(waiting)
    assert not any("Seen twice" in words for words in teams.posted(tenant.DSL_CHANNEL))


async def test_passing_on_sending_on_and_taking_back(teams: TeamsSchool, waiting: Case):
    await teams.do(DSL, "case.hand_over", to="deputy", reason="You know the family")
    assert (await teams.case(waiting)).assignee == "deputy"

    await teams.do(DSL, "case.reroute", to="dpo", reason="It is a data question")
    assert (await teams.case(waiting)).route == "dpo"
    assert any(waiting.ref in words for words in teams.posted(tenant.DPO_CHANNEL))

    await teams.do(TEACHER, "case.withdraw", reason="Sent by mistake")
    assert (await teams.happened(waiting))[-1] == "close_requested"


async def test_how_it_went_is_told_and_the_case_can_be_filed(teams: TeamsSchool, decided: Case):
    await teams.do(TEACHER, "case.report", done="yes", account="They took it down", how="phone")
    assert (await teams.case(decided)).status == "closed"

    await teams.do(TEACHER, "case.reply", reply="They will visit", no_action="no")
    await teams.do(DSL, "case.filed")

    assert (await teams.case(decided)).filed_at


async def test_danger_is_written_at_the_first_page_and_the_reason_asked_after(teams: TeamsSchool):
    await teams.begin(TEACHER)
    await teams.hand_in_page(
        TEACHER, "walk.page", **{q: (SURE | {"danger": "yes"})[q] for q in teams.inputs(TEACHER)}
    )
    await teams.settle()

    (case,) = await teams.cases()
    assert (case.status, case.advice.urgency) == ("reason_due", "now")
    assert "999" in teams.page(TEACHER)
    assert any(case.ref in words for words in teams.posted(tenant.DSL_CHANNEL))


async def test_a_page_without_answers_comes_back_and_says_what_is_missing(teams: TeamsSchool):
    await teams.begin(TEACHER)
    first, *rest = teams.inputs(TEACHER)

    await teams.hand_in_page(TEACHER, "walk.page", **{first: SURE[first]})

    assert teams.page_name(TEACHER) == "walk.page"
    assert teams.chosen(TEACHER)[first] == SURE[first]
    assert [*teams.inputs(TEACHER)] == [first, *rest]


async def test_back_keeps_every_choice_and_every_text(teams: TeamsSchool):
    await teams.check(TEACHER, **ASKED)
    field = "reason"
    await teams.press_here(TEACHER, "walk.back", **{field: "Seen twice"})
    while "walk.back" in teams.buttons(TEACHER):
        await teams.press_here(TEACHER, "walk.back")
    for question, answer in teams.chosen(TEACHER).items():
        assert ASKED[question] == answer

    await teams.answer(TEACHER, ASKED)

    assert teams.chosen(TEACHER)[field] == "Seen twice"


async def test_ask_the_dsl_now_goes_straight_to_the_last_page(teams: TeamsSchool):
    await teams.begin(TEACHER)
    await teams.hand_in_page(TEACHER, "walk.page", **{q: SURE[q] for q in teams.inputs(TEACHER)})

    await teams.press_here(TEACHER, "walk.ask")

    assert teams.page_name(TEACHER) == "walk.outcome"
    case = await teams.finish(TEACHER, purpose="harm")
    assert case.status == "waiting"


@pytest.mark.parametrize("where", ["compose", "commandBox", "message"])
async def test_the_extension_opens_the_dialog_and_takes_nothing_from_a_message(
    teams: TeamsSchool, where: str
):
    said = await teams.teams.say(TEACHER, tenant.STAFF_CHANNEL, "Purple elephants")
    message = said if where == "message" else None

    answered = await teams.teams.extension(TEACHER, where, tenant.STAFF_CHANNEL, message=message)

    assert answered.outcome is Outcome.CARD
    assert teams.page_name(TEACHER) == "walk.page"
    assert "elephants" not in teams.page(TEACHER)
    await teams.answer(TEACHER, ASKED)
    await teams.finish(TEACHER)
    assert "elephants" not in teams.remembered()


@pytest.mark.parametrize("word", ["sharecheck", "/sharecheck", "Sharecheck", "hello there"])
async def test_a_word_one_to_one_brings_a_card_whose_button_opens_the_dialog(
    teams: TeamsSchool, word: str
):
    await teams.run(TEACHER, word)

    await teams.press(TEACHER, "ways.check")

    assert teams.page_name(TEACHER) == "walk.page"


@pytest.mark.parametrize("word", ["help", "mine", "open", "home"])
async def test_the_words_of_slack_are_words_here(teams: TeamsSchool, waiting: Case, word: str):
    who = DSL if word == "open" else TEACHER
    before = len(teams.told(who))

    await teams.run(who, f"/sharecheck {word}" if word == "mine" else word)

    (said,) = teams.told(who)[before:]
    if word != "help":
        assert waiting.ref in said


async def test_in_a_channel_the_answer_is_one_to_one_and_the_channel_hears_only_that(
    teams: TeamsSchool,
):
    before = len(teams.told(TEACHER))

    await teams.teams.say(TEACHER, tenant.STAFF_CHANNEL, "@Sharecheck /sharecheck")
    await teams.settle()

    assert len(teams.told(TEACHER)) == before + 1
    assert "messaged" in teams.posted(tenant.STAFF_CHANNEL)[-1]


async def test_who_has_not_got_the_app_is_told_how_to_get_it(teams: TeamsSchool):
    await teams.teams.say(tenant.OFFICE, tenant.STAFF_CHANNEL, "@Sharecheck mine")
    await teams.settle()

    assert "add" in teams.posted(tenant.STAFF_CHANNEL)[-1].lower()
    teams.tenant.faults.clear()  # Teams says that the app is not there for them


async def test_a_mention_in_the_thread_gives_the_buttons_again_one_to_one(
    teams: TeamsSchool, waiting: Case
):
    root, *_ = teams.tenant.messages_in(tenant.DSL_CHANNEL)
    before = len(teams.told(DEPUTY))

    await teams.teams.say(DEPUTY, tenant.DSL_CHANNEL, "@Sharecheck", root.id)
    await teams.settle()

    assert len(teams.told(DEPUTY)) == before + 1
    await teams.do(DEPUTY, "case.decide.share", reason="It is right")
    assert (await teams.case(waiting)).decision.by == "deputy"


async def test_the_second_decision_is_told_who_was_first(teams: TeamsSchool, waiting: Case):
    message = teams.message_with(DEPUTY, "case.decide.share", waiting)
    wanted = teams._wanted(DEPUTY, message, "case.decide.share", waiting)
    activity = teams.teams.activities.execute(
        teams.tenant.person(DEPUTY),
        message,
        wanted,
        {**wanted["data"], "f.reason": "Me too"},
        "manual",
    )
    await teams.do(DSL, "case.decide.share", reason="It is right")

    reply = await teams.teams.deliver(activity)
    await teams.settle()

    assert "Already decided" in reply.text or "decided this first" in reply.text
    assert (await teams.case(waiting)).decision.by == "dsl"


async def test_an_automatic_refresh_changes_nothing(teams: TeamsSchool, waiting: Case):
    message = teams.message_with(DSL, "case.decide.share", waiting)
    wanted = teams._wanted(DSL, message, "case.decide.share", waiting)
    before = teams.remembered()

    answered = await teams.teams.execute(
        DSL, message, wanted, {"f.reason": "It is right"}, trigger="automatic"
    )

    assert answered.outcome is Outcome.CARD
    assert teams.remembered() == before
    assert (await teams.case(waiting)).status == "waiting"


async def test_who_is_not_on_the_route_is_refused_though_they_forge_the_press(
    teams: TeamsSchool, waiting: Case
):
    message = teams.message_with(DSL, "case.decide.share", waiting)
    wanted = teams._wanted(DSL, message, "case.decide.share", waiting)
    forged = teams.teams.activities.execute(
        teams.tenant.person(TEACHER),
        message,
        wanted,
        {**wanted["data"], "f.reason": "Mine"},
        "manual",
    )

    reply = await teams.teams.deliver(forged)

    assert reply.status == 200
    assert (await teams.case(waiting)).status == "waiting"
    assert "Seen twice" not in reply.text


async def test_a_guest_in_the_channel_cannot_decide(teams: TeamsSchool, waiting: Case):
    message = teams.message_with(tenant.GUEST, "case.decide.share", waiting)
    wanted = teams._wanted(tenant.GUEST, message, "case.decide.share", waiting)

    await teams.teams.execute(tenant.GUEST, message, wanted, {"f.reason": "Fine"})
    await teams.settle()

    assert (await teams.case(waiting)).status == "waiting"
    assert "refused" in await teams.happened(waiting)


async def test_where_the_bot_was_removed_the_next_route_hears_of_the_case(teams: TeamsSchool):
    await teams.teams.remove_from_team(HEAD)
    await teams.check(TEACHER, **ASKED)
    case = await teams.finish(TEACHER)
    await teams.settle()

    buried = [row for row in await teams.outbox() if row.state == "buried"]
    codes = {row.last_error for row in buried}
    assert codes & {"bot_not_in_roster", "bot_not_installed"}
    assert (await teams.case(case)).route == "head"
    assert any(case.ref in words for words in teams.told(HEAD))
    teams.tenant.faults.clear()  # that the bot is not there any more is what this is about


async def test_another_recipient_is_checked_from_the_page_that_says_what_to_do(teams: TeamsSchool):
    await teams.check(TEACHER, **SURE)
    await teams.finish(TEACHER)

    await teams.press_here(TEACHER, "walk.another")

    assert teams.page_name(TEACHER) == "walk.page"
