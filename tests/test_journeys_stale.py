"""Pages that are out of date, pressed twice, or open on two devices: nothing lost, nothing twice."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import walk as walks
from bot.demo import MANIFEST
from playground import school as pretend
from playground.dialogs import Dialog
from playground.inputs import fill
from tests.dialogs import leave, opened, press_in, pressed, resumed_on_two_devices, written
from tests.fixtures_school import open_pretend_school
from tests.pretend_school import PretendSchool, words_of
from tests.scenarios import SURE, WELFARE

TEACHER, DSL, OFFICE = pretend.TEACHER, pretend.DSL, pretend.OFFICE
ASKED = SURE | {"advice": "wanted"}
SHARED = {"reason": "Seen twice", "recipient": "Front door"}
START = {"danger": "no", "adult": "none"}


def filled(dialog: Dialog, **answers: Any) -> Dialog:
    return Dialog(dialog.body, dialog.values | fill(dialog.body, answers))


# ------------------------------------------------------------------- restarted, or under newer rules


async def test_a_dialog_outlives_a_restart_with_all_that_was_typed(tmp_path: Path):
    workspace = pretend.open_school(manifest=MANIFEST)
    async with open_pretend_school(tmp_path, workspace=workspace) as school:
        await school.check(TEACHER, **SURE)
        await leave(school, TEACHER, "walk.back", **SHARED)
    async with open_pretend_school(tmp_path, workspace=workspace) as school:
        await school.answer(TEACHER, SURE)
        assert written(school, TEACHER) == SHARED
        case = await school.finish(TEACHER, **SHARED)

        assert (case.answers, case.status) == (SURE, "decided")


def bring_newer_rules(school: PretendSchool) -> None:
    desk = school.app.desk
    desk.pack = replace(desk.pack, digest="f" * 64)


async def test_the_last_page_under_older_rules_begins_again_with_everything_filled_in(
    school: PretendSchool,
):
    await school.check(TEACHER, **SURE)
    bring_newer_rules(school)

    await school.submit(TEACHER, **SHARED, course="followed")

    assert "The questions have changed since you began" in school.page(TEACHER)
    assert await school.cases() == []
    await school.answer(TEACHER, SURE)
    assert written(school, TEACHER) == SHARED
    assert school.chosen(TEACHER) == {"course": "followed"}
    case = await school.finish(TEACHER, **SHARED)
    assert (case.answers, case.pack.digest) == (SURE, "f" * 64)


async def test_a_page_under_older_rules_begins_again_with_what_was_just_chosen(
    school: PretendSchool,
):
    await school.walk(TEACHER, [START])
    bring_newer_rules(school)

    await school.slack.answer(TEACHER, trigger="parent", identifiable="unsure")
    assert school.chosen(TEACHER) == START
    await school.slack.answer(TEACHER, **START)

    assert "The questions have changed" not in school.page(TEACHER)
    assert school.chosen(TEACHER) == {"trigger": "parent", "identifiable": "unsure"}


async def test_danger_under_older_rules_is_one_more_press_away(school: PretendSchool):
    await school.run(TEACHER)
    bring_newer_rules(school)

    await school.slack.answer(TEACHER, danger="yes", adult="none")
    assert school.chosen(TEACHER) == {"danger": "yes", "adult": "none"}
    await school.slack.submit_view(TEACHER)
    await school.settle()

    assert (await school.case()).status == "reason_due"


async def test_who_was_ticked_under_older_rules_stays_ticked(school: PretendSchool):
    await school.walk(TEACHER, [{"danger": "no", "adult": "staff"}])
    bring_newer_rules(school)

    await school.slack.answer(TEACHER, people=["head"])
    await school.slack.answer(TEACHER, danger="no", adult="staff")

    element = school.inputs(TEACHER)["people"]["element"]
    assert [option["value"] for option in element["initial_options"]] == ["head"]


async def test_a_tick_that_is_no_person_keeps_nobody_out_under_newer_rules(school: PretendSchool):
    await school.check(DSL, **ASKED)
    await school.submit(DSL, reason="Seen on 01/02/2026")
    bring_newer_rules(school)

    await school.submit(DSL, override=["yes"])

    assert school.chosen(DSL) == START
    sealed = school.dialog(DSL)["private_metadata"]
    account = school.app.desk.schools["pretend"].person_by_id("dsl").accounts[0]
    walk = walks.unseal(sealed, str(account), school.app.desk.lock)
    assert (walk.excluded, walk.written) == ((), {"reason": "Seen on 01/02/2026"})


@pytest.mark.parametrize("button", ["walk.back", "walk.ask"])
async def test_a_button_under_older_rules_begins_again_with_everything_filled_in(
    school: PretendSchool, button: str
):
    await school.check(TEACHER, **SURE)
    bring_newer_rules(school)

    await leave(school, TEACHER, button, **SHARED)

    assert "The questions have changed since you began" in school.page(TEACHER)
    assert school.chosen(TEACHER) == START
    await school.answer(TEACHER, SURE)
    assert written(school, TEACHER) == SHARED


@pytest.mark.parametrize("button", ["walk.fixed", "walk.cannot"])
async def test_nearly_there_under_older_rules_begins_again(school: PretendSchool, button: str):
    await school.check(TEACHER, **SURE | {"verified": "no"})
    bring_newer_rules(school)

    await school.press_here(TEACHER, button)

    assert school.chosen(TEACHER) == START


async def test_what_the_newer_rules_do_not_know_is_left_out(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    desk = school.app.desk
    fewer = {q: m for q, m in desk.pack.masks.items() if q != "adult"}
    desk.pack = replace(desk.pack, digest="f" * 64, masks=fewer)

    await leave(school, TEACHER, "walk.back")

    assert school.chosen(TEACHER) == {"danger": "no"}


# ------------------------------------------------------------------------------ pressed twice, or late


async def test_back_pressed_twice_fast_goes_one_page_back(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    last = opened(school, TEACHER)
    press = pressed(school, TEACHER, last, "walk.back")

    await asyncio.gather(school.send(press), school.send(press))

    assert school.title(TEACHER) == "Rule 6: who and what"
    assert set(school.workspace.faults) == {"views.update: hash_conflict"}
    school.workspace.faults.clear()


async def test_back_that_comes_after_next_leaves_the_newer_page(school: PretendSchool):
    await school.walk(TEACHER, [START])
    second = opened(school, TEACHER)
    await school.slack.answer(TEACHER, trigger="parent", identifiable="yes")

    await press_in(school, TEACHER, second, "walk.back")

    assert set(school.inputs(TEACHER)) == {"purpose"}
    assert school.workspace.faults == ["views.update: hash_conflict"]
    school.workspace.faults.clear()


async def test_a_page_handed_in_after_back_goes_on_from_what_it_shows(school: PretendSchool):
    await school.walk(TEACHER, [START, {"trigger": "parent", "identifiable": "yes"}])
    third = opened(school, TEACHER)
    await school.press_here(TEACHER, "walk.back")

    answer = await school.hand_in(TEACHER, third, purpose="harm")

    assert "q.rule2.openness" in repr(answer["view"]["blocks"])
    assert set(school.inputs(TEACHER)) == {"trigger", "identifiable"}


async def test_next_pressed_twice_fast_shows_the_same_page_twice(school: PretendSchool):
    await school.walk(TEACHER, [START])
    second = opened(school, TEACHER)
    chosen = {"trigger": "parent", "identifiable": "yes"}

    once, again = await asyncio.gather(
        *(school.hand_in(TEACHER, second, **chosen) for _ in range(2))
    )

    assert once["view"]["blocks"] == again["view"]["blocks"]
    assert "q.rule1.purpose" in repr(once["view"]["blocks"])


async def test_check_another_recipient_pressed_twice_opens_one_walk(school: PretendSchool):
    await school.check(TEACHER, **SURE)
    first = await school.finish(TEACHER, **SHARED)
    done = opened(school, TEACHER)
    press = pressed(school, TEACHER, done, "walk.another")

    await asyncio.gather(school.send(press), school.send(press))
    school.workspace.faults.clear()
    await school.answer(TEACHER, SURE)
    second = await school.finish(TEACHER, **SHARED)

    assert second.linked_to == first.id
    assert len(await school.cases()) == 2


# ------------------------------------------------------------------------------------ Slack stumbles


@pytest.mark.parametrize(
    "mishap", [{"rate_limited": 1}, {"drop_after_accepting": 1}, {"fail_after_accepting": 1}]
)
async def test_a_page_that_slack_did_not_turn_at_once_is_turned_soon_after(
    school: PretendSchool, mishap: dict[str, int]
):
    await school.check(TEACHER, **SURE)
    for name, times in mishap.items():
        setattr(school.workspace.conditions["views.update"], name, times)

    await leave(school, TEACHER, "walk.back", **SHARED)

    assert school.title(TEACHER) == "Rule 6: who and what"
    school.workspace.faults.clear()
    await school.answer(TEACHER, SURE)
    assert written(school, TEACHER) == SHARED


async def test_a_page_that_slack_does_not_turn_stays_as_it_was_with_what_stands_on_it(
    school: PretendSchool, logged: list[Any]
):
    await school.check(TEACHER, **SURE)
    school.workspace.conditions["views.update"].down = True
    await leave(school, TEACHER, "walk.back", **SHARED)
    school.workspace.conditions.clear()

    assert school.title(TEACHER) == "You can share this"
    values = opened(school, TEACHER).values
    assert values["f.reason"]["reason"]["value"] == SHARED["reason"]
    assert [line["event"] for line in logged if line["event"] == "not_done"] == ["not_done"]
    await school.press_here(TEACHER, "walk.back")
    assert school.title(TEACHER) == "Rule 6: who and what"


# ------------------------------------------------------------------------------- two dialogs at once


async def test_two_dialogs_of_one_person_are_two_walks_and_two_cases(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    desktop = opened(school, TEACHER)
    await school.check(TEACHER, **WELFARE)
    phone = opened(school, TEACHER)

    first = await school.hand_in(TEACHER, desktop, reason="From the desktop")
    second = await school.hand_in(TEACHER, phone, **SHARED, course="followed")

    cases = await school.cases()
    assert [(c.answers, c.texts["reason"]) for c in cases] == [
        ({q: a for q, a in ASKED.items() if q in cases[0].answers}, "From the desktop"),
        (WELFARE, SHARED["reason"]),
    ]
    assert [c.advice.row for c in cases] == [10, 36]
    assert cases[0].ref in words_of(first)
    assert cases[1].ref in words_of(second)


async def test_turning_pages_on_one_device_does_not_move_the_other(school: PretendSchool):
    await school.walk(TEACHER, [START])
    desktop = opened(school, TEACHER)
    await school.walk(TEACHER, [START, {"trigger": "own", "identifiable": "no"}])

    answer = await school.hand_in(TEACHER, desktop, trigger="parent", identifiable="yes")

    assert "q.rule1.purpose" in repr(answer["view"]["blocks"])
    await school.press_here(TEACHER, "walk.back")
    assert school.chosen(TEACHER) == {"trigger": "own", "identifiable": "no"}


async def test_one_walk_sent_with_other_words_from_a_second_device_is_said_to_be_sent(
    school: PretendSchool,
):
    desktop, phone = await resumed_on_two_devices(school, ASKED)
    await school.hand_in(TEACHER, desktop, reason="Seen twice")
    case = await school.case()

    answer = await school.hand_in(TEACHER, phone, reason="Seen three times")

    assert answer["view"]["callback_id"] == "refused"
    assert case.ref in words_of(answer)
    assert await school.case() == case


async def test_one_walk_changed_to_danger_on_a_second_device_is_a_linked_case(
    school: PretendSchool,
):
    desktop, _ = await resumed_on_two_devices(school, ASKED)
    while "danger" not in school.inputs(TEACHER):
        await school.press_here(TEACHER, "walk.back")
    await school.hand_in(TEACHER, desktop, reason="Seen twice")

    await school.slack.answer(TEACHER, danger="yes", adult="none")
    await school.settle()

    first, second = await school.cases()
    assert (first.status, second.status, second.linked_to) == ("waiting", "reason_due", first.id)
    assert second.ref in school.page(TEACHER)


# ------------------------------------------------------------------------------------- another's page


@pytest.mark.parametrize(
    ("pages", "answers"),
    [
        ([], START),
        ([{"danger": "no", "adult": "staff"}], {"people": ["nobody"]}),
        ([START], {"trigger": "parent", "identifiable": "yes"}),
    ],
    ids=["the first page", "the tick list", "the second page"],
)
async def test_no_page_of_somebody_else_can_be_handed_in(
    school: PretendSchool, pages: list[dict[str, str]], answers: dict[str, Any]
):
    await school.walk(TEACHER, pages)
    dialog = filled(opened(school, TEACHER), **answers)

    answer = await school.send(school.slack._payloads.view_submission(OFFICE, dialog))

    assert answer["view"]["callback_id"] == "refused"
    assert "/sharecheck" in words_of(answer)
    assert opened(school, TEACHER).body["hash"] == dialog.body["hash"]


@pytest.mark.parametrize("button", ["walk.back", "walk.ask"])
async def test_no_button_of_somebody_elses_page_works(school: PretendSchool, button: str):
    await school.check(TEACHER, **SURE)

    await press_in(school, OFFICE, opened(school, TEACHER), button)

    assert school.dialog(TEACHER)["callback_id"] == "refused"
    assert await school.cases() == []
