""" "Not sent. Carry on": a dialog that was closed too early, whoever should have been told."""

import asyncio
from dataclasses import replace

import pytest

from playground import school as pretend
from tests.dialogs import close, leave, opened, press_in, resumed_on_two_devices
from tests.fixtures_school import open_changed_school
from tests.pretend_school import PretendSchool, buttons_of, words_of
from tests.scenarios import SURE, WELFARE
from tests.test_database_trouble import gone

TEACHER, DSL, OFFICE = pretend.TEACHER, pretend.DSL, pretend.OFFICE
ASKED = SURE | {"advice": "wanted"}


async def shut(school: PretendSchool) -> None:
    """The teacher closes the page."""
    await school.slack.close_view(TEACHER)
    await school.settle()


async def test_closing_the_last_page_of_an_escalation_offers_to_carry_on(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    await shut(school)
    assert "Not sent." in school.told(TEACHER)[-1]
    assert await school.cases() == []

    await school.press(TEACHER, "walk.resume")
    case = await school.finish(TEACHER)

    assert (case.status, case.advice.row) == ("waiting", 10)


@pytest.mark.parametrize(
    "answers",
    [
        SURE | {"verified": "no"},
        SURE | {"adult": "staff"},
        SURE | {"role": "none"},
        SURE | {"identity_risk": "recipient_is_risk"},
        SURE | {"trigger": "public", "role": "unsure"},
        SURE | {"trigger": "legal_order"},
    ],
    ids=["nearly there", "about an adult", "row 14", "row 13", "row 16", "a court order"],
)
async def test_closing_offers_to_carry_on_wherever_somebody_should_be_told(
    school: PretendSchool, answers: dict[str, str]
):
    await school.check(TEACHER, **answers)
    await shut(school)

    assert "Not sent." in school.told(TEACHER)[-1]


@pytest.mark.parametrize("answers", [SURE, WELFARE | {"role": "none"}])
async def test_closing_a_page_that_tells_nobody_says_nothing(
    school: PretendSchool, answers: dict[str, str]
):
    await school.check(TEACHER, **answers)
    await shut(school)

    assert school.told(TEACHER) == []


async def test_closing_after_ask_the_dsl_now_asks_the_purpose_again_on_carrying_on(
    school: PretendSchool,
):
    await school.walk(TEACHER, [{"danger": "no", "adult": "none"}])
    await school.press_here(TEACHER, "walk.ask")
    await shut(school)

    await school.press(TEACHER, "walk.resume")
    case = await school.finish(TEACHER, purpose="welfare")

    assert (case.advice.row, case.advice.urgency) == (10, "normal")


async def test_closing_the_one_question_that_is_asked_again_offers_to_carry_on(
    school: PretendSchool,
):
    await school.check(TEACHER, **SURE | {"verified": "no"})
    await school.press_here(TEACHER, "walk.fixed")
    await shut(school)

    await school.press(TEACHER, "walk.resume")

    assert list(school.inputs(TEACHER)) == ["verified"]


async def test_where_nobody_is_in_chat_the_message_says_whom_to_ring(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"adult": "conflict"})
    await shut(school)

    told = school.told(TEACHER)[-1]
    assert "Not saved." in told
    assert "01632 960 003" in told
    await school.press(TEACHER, "walk.resume")
    assert (await school.finish(TEACHER)).status == "outside"


async def test_a_dialog_that_was_handed_in_and_is_closed_on_the_old_page_says_nothing(
    school: PretendSchool,
):
    await school.check(TEACHER, **ASKED)
    last = opened(school, TEACHER)
    await school.finish(TEACHER)
    before = school.told(TEACHER)

    await close(school, TEACHER, last)

    assert school.told(TEACHER) == before


async def test_a_close_that_is_told_twice_is_said_once(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    last = opened(school, TEACHER)

    await asyncio.gather(close(school, TEACHER, last), close(school, TEACHER, last))
    await close(school, TEACHER, last)

    assert len(school.told(TEACHER)) == 1


async def test_carrying_on_takes_the_button_away_and_closing_again_gives_another(
    school: PretendSchool,
):
    await school.check(TEACHER, **ASKED)
    await shut(school)
    await school.press(TEACHER, "walk.resume")
    assert not school.sees(TEACHER, "walk.resume")
    assert "The page is open again" in school.told(TEACHER)[-1]

    await shut(school)

    assert [("Not sent." in told) for told in school.told(TEACHER)] == [False, True]
    await school.press(TEACHER, "walk.resume")
    assert (await school.finish(TEACHER)).status == "waiting"


async def test_what_was_typed_is_not_kept_in_the_message(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    await leave(school, TEACHER, "walk.back", reason="Seen twice this week")
    await school.answer(TEACHER, ASKED)
    await shut(school)
    await school.press(TEACHER, "walk.resume")

    assert "initial_value" not in school.inputs(TEACHER)["reason"]["element"]


async def test_carrying_on_from_two_devices_makes_one_case(school: PretendSchool):
    desktop, phone = await resumed_on_two_devices(school, ASKED)
    assert desktop.id != phone.id

    sent = await school.hand_in(TEACHER, desktop, reason="Seen twice")
    again = await school.hand_in(TEACHER, phone, reason="Seen twice")

    case = await school.case()
    assert case.ref in words_of(sent)
    assert case.ref in words_of(again)
    assert await school.happened(case) == ["recorded"]


async def test_the_button_of_a_walk_that_was_sent_meanwhile_becomes_the_word_sent(
    school: PretendSchool,
):
    desktop, phone = await resumed_on_two_devices(school, ASKED)
    await close(school, TEACHER, phone)
    await school.hand_in(TEACHER, desktop, reason="Seen twice")
    case = await school.case()
    stale = school.message_with(TEACHER, "walk.resume")
    school.workspace.dialogs.clear(TEACHER)

    await school.press(TEACHER, "walk.resume")

    now = school.workspace.find_message(stale.channel, stale.ts)
    assert "Sent." in words_of(now.blocks)
    assert case.ref in words_of(now.blocks)
    assert buttons_of(now.blocks) == set()
    assert not school.has_dialog(TEACHER)
    assert [c.id for c in await school.cases()] == [case.id]


async def test_where_the_message_cannot_be_changed_a_dialog_says_that_it_was_sent(
    school: PretendSchool,
):
    _, phone = await resumed_on_two_devices(school, ASKED)
    await close(school, TEACHER, phone)
    await school.hand_in(TEACHER, phone, reason="Seen twice")
    school.workspace.conditions["chat.update"].down = True

    await school.press(TEACHER, "walk.resume")

    assert (await school.case()).ref in school.page(TEACHER)


async def test_a_button_whose_dialog_does_not_open_stays_to_be_pressed_again(
    school: PretendSchool,
):
    await school.check(TEACHER, **ASKED)
    await shut(school)
    school.workspace.conditions["views.open"].down = True
    await school.press(TEACHER, "walk.resume")
    school.workspace.conditions.clear()

    await school.press(TEACHER, "walk.resume")

    assert (await school.finish(TEACHER)).status == "waiting"


async def test_somebody_else_cannot_carry_on_with_it(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    await shut(school)
    payload = school.press_payload(
        TEACHER, school.message_with(TEACHER, "walk.resume"), "walk.resume"
    )
    payload["user"]["id"] = OFFICE
    payload["trigger_id"] = school.workspace.dialogs.issue_trigger(OFFICE)

    await school.send_payload(payload)

    assert school.dialog(OFFICE)["callback_id"] == "refused"
    assert school.sees(TEACHER, "walk.resume")


async def test_closing_while_the_database_is_away_is_said_all_the_same(
    school: PretendSchool,
):
    await school.check(TEACHER, **ASKED)
    with gone(school):
        await school.slack.close_view(TEACHER)
        await school.app.slack.edge.finish()
    assert "Perhaps not sent." in school.told(TEACHER)[-1]

    await school.press(TEACHER, "walk.resume")

    assert (await school.finish(TEACHER)).status == "waiting"


async def test_carrying_on_under_newer_rules_begins_again_filled_in(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    await shut(school)
    desk = school.app.desk
    desk.pack = replace(desk.pack, digest="f" * 64)

    await school.press(TEACHER, "walk.resume")

    assert "The questions have changed" in school.page(TEACHER)
    assert school.chosen(TEACHER) == {"danger": "no", "adult": "none"}
    await school.answer(TEACHER, ASKED)
    assert (await school.finish(TEACHER)).pack.digest == "f" * 64


async def test_a_share_that_has_to_be_approved_is_not_sent_when_it_is_closed(tmp_path):
    async with open_changed_school(tmp_path, share_needs="approval") as school:
        await school.check(TEACHER, **SURE)
        await shut(school)
        assert "Not sent." in school.told(TEACHER)[-1]

        await school.press(TEACHER, "walk.resume")

        assert (await school.finish(TEACHER)).status == "waiting"


async def test_pressing_a_button_of_a_closed_dialog_opens_nothing(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    last = opened(school, TEACHER)
    await shut(school)

    await press_in(school, TEACHER, last, "walk.back")

    assert not school.has_dialog(TEACHER)
    assert len(school.told(TEACHER)) == 1
    assert school.workspace.faults == ["views.update: not_found"]
    school.workspace.faults.clear()
