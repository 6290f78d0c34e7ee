"""The home page: what is on it for whom, what its buttons do, and what it never shows."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.case import Case
from bot.refusals import StalePage
from bot.settings import RouteSettings
from handlers.home import OF_ONE, OF_ROUTES, Where
from playground import school as pretend
from tests.fixtures_school import open_changed_school
from tests.home_pages import (
    blocks,
    has_search,
    offered,
    open_home,
    press,
    published,
    said,
    search,
    section,
    send_press,
)
from tests.pretend_school import PretendSchool, payload_of, words_of
from tests.scenarios import SURE, WELFARE

TEACHER, OFFICE, DSL, DEPUTY = pretend.TEACHER, pretend.OFFICE, pretend.DSL, pretend.DEPUTY
HEAD, CHAIR, DPO, GUEST = pretend.HEAD, pretend.CHAIR, pretend.DPO, pretend.GUEST
ASKED = SURE | {"advice": "wanted"}
TODO, WAITING, ANSWER = (
    "What you still have to do",
    "Waiting for a decision",
    "Waiting for an answer",
)
DUE, MINE, LATEST = "Decided, not finished", "What you have asked", "Latest changes"
FOR_REVIEWERS = (WAITING, ANSWER, DUE, LATEST)
NOTHING = "There is nothing for you under that reference."
NO_REFERENCE = "That is not a reference."
MARK = "Zqhomemark"


async def ask(school: PretendSchool, answers: dict[str, str] = ASKED, by: str = TEACHER) -> Case:
    await school.check(by, **answers)
    return await school.finish(by)


# ------------------------------------------------------------------------------------------ staff


async def test_staff_see_the_button_what_to_do_what_they_asked_and_whom_to_ring(
    school: PretendSchool,
):
    page = await open_home(school, TEACHER)

    assert "home.check" in offered(school, TEACHER)
    assert "Nothing. You are up to date." in section(school, TEACHER, TODO)
    assert "You have not asked anything yet" in section(school, TEACHER, MINE)
    assert "999" in page
    assert "01632 960 001" in words_of(blocks(school, TEACHER)[-1])
    assert not any(name in page for name in FOR_REVIEWERS)
    assert not has_search(school, TEACHER)


async def test_the_button_opens_the_first_page_as_the_command_does(school: PretendSchool):
    await school.run(TEACHER)
    by_command = school.page(TEACHER)
    school.workspace.dialogs.clear(TEACHER)
    await open_home(school, TEACHER)

    await press(school, TEACHER, "home.check")

    assert school.page(TEACHER) == by_command


async def test_what_was_asked_is_listed_newest_first_with_how_it_stands(school: PretendSchool):
    first, second = await ask(school), await ask(school)

    await open_home(school, TEACHER)

    mine = section(school, TEACHER, MINE)
    assert mine.index(second.ref) < mine.index(first.ref)
    assert "Waiting for the safeguarding lead (DSL)" in mine
    assert "High" in mine
    assert first.ref not in section(school, TEACHER, TODO)


async def test_a_question_is_answered_from_the_page_and_then_gone_from_it(school: PretendSchool):
    case = await ask(school)
    await school.do(DSL, "case.ask", question="Who told you?")
    await open_home(school, TEACHER)
    assert case.ref in section(school, TEACHER, TODO)

    await press(school, TEACHER, "case.answer", case.id)
    await school.submit(TEACHER, answer="The pupil")

    assert (await school.case(case)).status == "waiting"
    assert case.ref not in section(school, TEACHER, TODO)
    assert case.ref in section(school, TEACHER, MINE)


async def test_a_reason_that_is_still_to_come_is_given_from_the_page(school: PretendSchool):
    await school.run(TEACHER)
    await school.slack.answer(TEACHER, danger="yes", adult="none")
    await school.settle()
    school.workspace.dialogs.clear(TEACHER)
    case = await school.case()
    await open_home(school, TEACHER)
    assert "Danger now" in section(school, TEACHER, TODO)

    await press(school, TEACHER, "case.reason", case.id)
    await school.submit(TEACHER, reason="They said it")

    assert (await school.case(case)).status == "decided"


async def test_a_share_is_still_to_be_told_of_and_what_was_not_to_be_shared_is_not(
    school: PretendSchool,
):
    shared = await ask(school, SURE)
    kept = await ask(school, WELFARE | {"role": "none"})

    await open_home(school, TEACHER)

    todo = section(school, TEACHER, TODO)
    assert "say how it went" in todo
    assert shared.ref in todo
    assert kept.ref not in todo
    await press(school, TEACHER, "case.report", shared.id)
    assert school.dialog(TEACHER)["callback_id"] == "case.report"


async def test_nobody_sees_what_another_asked(school: PretendSchool):
    case = await ask(school)

    page = await open_home(school, OFFICE)

    assert case.ref not in page
    assert "You have not asked anything yet" in page


# -------------------------------------------------------------------------------------- reviewers


async def test_reviewers_see_what_waits_most_urgent_then_oldest_first(school: PretendSchool):
    normal = await ask(school, WELFARE | {"advice": "wanted"})
    high, later = await ask(school), await ask(school)

    await open_home(school, DSL)

    waiting = section(school, DSL, WAITING)
    assert waiting.startswith(f"*{WAITING}*  ·  3")
    places = [waiting.index(case.ref) for case in (high, later, normal)]
    assert places == sorted(places)
    assert has_search(school, DSL)


async def test_what_was_asked_is_decided_and_is_due_stands_in_a_list_of_its_own(
    school: PretendSchool,
):
    asked = await ask(school)
    await school.do(DSL, "case.ask", question="Who told you?")
    decided = await ask(school)
    await school.press(DSL, "case.decide.share", decided)
    await school.submit(DSL, reason="It helps")
    ended = await ask(school, WELFARE | {"advice": "wanted"})
    await school.press(TEACHER, "case.withdraw", ended)
    await school.submit(TEACHER, reason="Asked twice")

    await open_home(school, DSL)

    assert asked.ref in section(school, DSL, ANSWER)
    due = section(school, DSL, DUE)
    assert decided.ref in due
    assert "Nobody has said yet how it went" in due
    assert asked.ref not in due
    latest = section(school, DSL, LATEST)
    assert latest.index(ended.ref) < latest.index(asked.ref)
    assert "Nothing is waiting for you" in section(school, DSL, WAITING)


async def test_what_is_over_is_due_until_it_is_filed_and_filing_it_there_draws_the_page_anew(
    school: PretendSchool,
):
    case = await ask(school, SURE)
    await school.do(TEACHER, "case.report", done="yes", account="Rang them")
    await open_home(school, DSL)
    assert "To be filed in the child's own file" in section(school, DSL, DUE)

    await press(school, DSL, "home.case", f"case.{case.id}")
    await press(school, DSL, "case.filed", case.id)

    assert (await school.case(case)).filed_at is not None
    assert "Filed" in said(school, DSL)
    await press(school, DSL, "home.back")
    assert "Nothing is left to finish" in section(school, DSL, DUE)


async def test_a_case_is_decided_from_its_own_page(school: PretendSchool):
    case = await ask(school)
    await open_home(school, DSL)

    page = await press(school, DSL, "home.case", f"case.{case.id}")
    assert "Asked by" in page
    assert {"case.read", "case.decide.share", "case.ask", "case.hand_over"} <= {
        *offered(school, DSL)
    }
    await press(school, DSL, "case.decide.share", case.id)
    await school.submit(DSL, reason="It helps")

    assert (await school.case(case)).status == "decided"
    assert "case.decide.share" not in offered(school, DSL)
    assert "decided by" in said(school, DSL)


async def test_the_page_of_a_case_shows_nothing_that_was_typed(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    case = await school.finish(TEACHER, reason=f"They said {MARK}", filed_at=f"Cabinet {MARK}")
    for person in (DSL, TEACHER):
        await open_home(school, person)
        await press(school, person, "home.case", f"case.{case.id}")
        assert case.ref in said(school, person)

    assert MARK not in str(school.workspace.calls_of("views.publish"))


async def test_a_reviewers_own_turn_is_told_once(school: PretendSchool):
    case = await ask(school, SURE, by=DSL)

    await open_home(school, DSL)

    assert case.ref in section(school, DSL, TODO)
    assert case.ref not in section(school, DSL, DUE)
    await open_home(school, DEPUTY)
    assert case.ref in section(school, DEPUTY, DUE)


async def test_a_reviewer_is_not_offered_to_decide_their_own(school: PretendSchool):
    case = await ask(school, by=DSL)
    await open_home(school, DSL)

    page = await press(school, DSL, "home.case", f"case.{case.id}")

    assert case.ref in page
    assert "case.decide.share" not in offered(school, DSL)
    assert "case.withdraw" in offered(school, DSL)


async def test_the_only_reviewer_is_offered_to_decide_their_own(school: PretendSchool):
    school.workspace.remove(pretend.DSL_CHANNEL, DEPUTY)
    case = await ask(school, by=DSL)
    await open_home(school, DSL)

    await press(school, DSL, "home.case", f"case.{case.id}")

    assert "case.decide.share" in offered(school, DSL)


async def test_whoever_it_was_copied_to_may_read_and_no_more(school: PretendSchool):
    case = await ask(school, SURE | {"trigger": "records_request"})
    await open_home(school, DSL)

    await search(school, DSL, case.ref)

    assert offered(school, DSL, case) == ["case.read"]


async def test_what_another_post_decided_is_due_for_the_dsl_once_it_is_over(school: PretendSchool):
    case = await ask(school, SURE | {"trigger": "records_request"})
    await school.do(DPO, "case.decide.share", reason="It is theirs")
    await open_home(school, DSL)
    assert case.ref not in section(school, DSL, DUE)

    await school.do(TEACHER, "case.report", done="yes", account="Sent it")
    await open_home(school, DSL)
    assert case.ref in section(school, DSL, DUE)
    await press(school, DSL, "home.case", f"case.{case.id}")
    await press(school, DSL, "case.filed", case.id)

    assert (await school.case(case)).filed_at is not None


async def test_what_was_left_outside_waits_for_whoever_reviews_the_next_route(tmp_path: Path):
    card = RouteSettings(post="DSL", phone="01632 960 007")
    async with open_changed_school(tmp_path, routes={"dsl": card}) as school:
        case = await ask(school)
        assert case.status == "outside"
        await open_home(school, TEACHER)
        assert "case.outside" in offered(school, TEACHER, case)

        await open_home(school, HEAD)

        assert case.ref in section(school, HEAD, WAITING)
        await press(school, HEAD, "home.case", f"case.{case.id}")
        await press(school, HEAD, "case.outside", case.id)
        await school.submit(HEAD, outcome="share", reason="They said so on the telephone")
        assert (await school.case(case)).status == "decided"
        assert school.workspace.faults == []


# ------------------------------------------------------------------------------- never on the page


@pytest.mark.parametrize(("adult", "reviewer"), [("staff", HEAD), ("head", CHAIR)])
async def test_a_restricted_case_is_on_nobodys_page_in_no_count_and_is_not_found(
    school: PretendSchool, adult: str, reviewer: str
):
    case = await ask(school, SURE | {"adult": adult})
    assert case.restricted

    for person in (TEACHER, DSL, HEAD, CHAIR, DPO):
        page = await open_home(school, person)
        assert case.ref not in page
        assert "·  1" not in page
        for where in ("waiting.0", "recent.0", "due.0", "mine.0", "todo.0", f"case.{case.id}"):
            await send_press(school, person, {"action_id": "home.all", "value": where})
            assert case.ref not in said(school, person)
    await open_home(school, reviewer)
    assert NOTHING in await search(school, reviewer, case.ref)


async def test_those_kept_out_see_nothing_of_it(school: PretendSchool):
    await school.check(TEACHER, ("head",), **SURE | {"adult": "staff"})
    case = await school.finish(TEACHER)
    assert "head" in case.excluded

    page = await open_home(school, HEAD)

    assert case.ref not in page
    assert NOTHING in await search(school, HEAD, case.ref)


async def test_what_may_not_be_seen_is_answered_as_what_is_not_there(school: PretendSchool):
    restricted = await ask(school, SURE | {"adult": "staff"})
    others = await ask(school, SURE | {"trigger": "legal_order"})
    await open_home(school, CHAIR)

    pages = {await search(school, CHAIR, ref) for ref in (restricted.ref, others.ref, "SC-22222")}

    assert len(pages) == 1
    assert NOTHING in pages.pop()


@pytest.mark.parametrize("typed", ["{}", " {} ", "{}".lower(), "sc {}", "sc{}", "Sc - {}", "SC-{}"])
async def test_a_reference_is_found_however_it_was_typed(school: PretendSchool, typed: str):
    case = await ask(school)
    await open_home(school, DSL)
    letters = case.ref.removeprefix("SC-")
    text = typed.format(letters.lower() if typed != "SC-{}" else letters)

    page = await search(school, DSL, text)

    assert case.ref in page
    assert "case.decide.share" in offered(school, DSL)


async def test_a_case_that_was_found_stays_on_the_page_when_it_is_decided(school: PretendSchool):
    case = await ask(school)
    await open_home(school, DSL)
    await search(school, DSL, case.ref)

    await press(school, DSL, "case.decide.do_not_share", case.id)
    await school.submit(DSL, reason="It does not help")

    assert said(school, DSL).startswith(f"*{case.ref}*")
    assert "Do not share" in said(school, DSL)


HOSTILE = (
    f"{MARK} fell over",
    "SC-7F3K2' OR '1'='1",
    "%",
    "_____",
    "SC-%%%%%",
    "7f3k2\x00",
    "SC-\u0660\u0661\u0662\u0663\u0664",
    "\u17f3k\u212a2",
    "<!channel>",
    "{{ 7 * 7 }}",
    "SC-" * 13,
    "",
    " ",
)


@pytest.mark.parametrize("typed", HOSTILE)
async def test_what_is_no_reference_is_dropped_unlogged(
    school: PretendSchool, logged: list[Any], caplog: pytest.LogCaptureFixture, typed: str
):
    caplog.set_level(logging.DEBUG)
    await ask(school)
    await open_home(school, DSL)
    before = school.remembered()

    action = {"type": "plain_text_input", "action_id": "home.search", "value": typed}
    await send_press(school, DSL, action)

    assert NO_REFERENCE in said(school, DSL)
    assert MARK not in str(school.workspace.calls_of("views.publish"))
    assert MARK not in str(logged) + caplog.text
    assert school.remembered() == before


async def test_staff_who_send_a_search_all_the_same_find_nothing(school: PretendSchool):
    case = await ask(school)
    for person in (TEACHER, OFFICE):
        await open_home(school, person)
        await send_press(school, person, {"action_id": "home.search", "value": case.ref})
        assert NOTHING in said(school, person)


async def test_anothers_case_opens_for_nobody_by_its_id(school: PretendSchool):
    case = await ask(school)
    await open_home(school, OFFICE)

    for value in (f"case.{case.id}", f"case.{'f' * 32}"):
        await send_press(school, OFFICE, {"action_id": "home.case", "value": value})
        assert NOTHING in said(school, OFFICE)
        assert case.ref not in said(school, OFFICE)


@pytest.mark.parametrize(
    "value", ["", "case.", "case.../x", "open.0", "mine.-1", "mine.9e9", "x.0"]
)
async def test_a_button_that_the_page_never_had_is_refused(school: PretendSchool, value: str):
    await open_home(school, OFFICE)

    await send_press(school, OFFICE, {"action_id": "home.all", "value": value})

    assert "This page is old" in school.title(OFFICE)


# -------------------------------------------------------------------------------------- who it is


async def test_whoever_reviews_no_longer_sees_the_staff_page_at_the_next_opening(
    school: PretendSchool,
):
    case = await ask(school)
    assert case.ref in await open_home(school, DEPUTY)

    school.workspace.remove(pretend.DSL_CHANNEL, DEPUTY)
    page = await open_home(school, DEPUTY)

    assert case.ref not in page
    assert not any(name in page for name in FOR_REVIEWERS)
    assert not has_search(school, DEPUTY)


async def test_whoever_reviews_no_longer_finds_nothing_on_a_page_that_is_open(
    school: PretendSchool,
):
    case = await ask(school)
    await open_home(school, DEPUTY)

    school.workspace.remove(pretend.DSL_CHANNEL, DEPUTY)

    assert NOTHING in await press(school, DEPUTY, "home.case", f"case.{case.id}")


async def test_a_guest_is_staff_at_most_even_in_a_review_channel(school: PretendSchool):
    case = await ask(school)
    school.workspace.invite(pretend.DSL_CHANNEL, GUEST)

    page = await open_home(school, GUEST)

    assert case.ref not in page
    assert "home.check" in offered(school, GUEST)
    assert not any(name in page for name in FOR_REVIEWERS)


async def test_somebody_of_another_organisation_is_told_so(school: PretendSchool):
    await ask(school)
    await open_home(school, OFFICE)
    page = school.workspace.homes[OFFICE]
    again = {"action_id": "home.all", "block_id": "b", "value": "waiting.0", "type": "button"}
    payload = payload_of(school.slack._payloads.view_action(OFFICE, page, again))
    payload["user"]["team_id"] = "T0OTHER0001"

    await school.send_payload(payload)

    assert "people from other organisations" in said(school, OFFICE)


async def test_a_workspace_that_is_not_set_up_is_told_so(school: PretendSchool):
    event = {"type": "app_home_opened", "user": OFFICE, "tab": "home"}
    body = school.slack._payloads.event(event).replace(b"T0SCHOOL01", b"T0ELSEWHERE")

    await school.send(body)

    assert "not set up for this workspace" in said(school, OFFICE)
    assert "Ring 999" in said(school, OFFICE)


async def test_the_messages_tab_draws_no_home_page(school: PretendSchool):
    for tab in ("messages", "about", None):
        event = {"type": "app_home_opened", "user": OFFICE, "tab": tab}
        await school.send(school.slack._payloads.event(event))

    assert published(school) == 0


# ---------------------------------------------------------------------------------------- trouble


async def test_where_slack_does_not_say_who_reviews_the_page_says_that_some_is_missing(
    school: PretendSchool,
):
    case = await ask(school)
    desk = school.app.desk
    desk.roster._known.clear()
    school.workspace.conditions["conversations.members"].down = True

    page = await open_home(school, DSL)
    assert "some of this page may be missing" in page
    assert case.ref not in page
    assert "home.check" in offered(school, DSL)

    school.workspace.conditions.clear()
    assert case.ref in await press(school, DSL, "home.again")


async def test_slack_being_away_is_logged_and_the_next_opening_works(
    school: PretendSchool, logged: list[Any]
):
    school.workspace.conditions["views.publish"].down = True
    await school.slack.open_home(TEACHER)
    await school.settle()
    assert TEACHER not in school.workspace.homes
    assert [line["event"] for line in logged if line["log_level"] == "warning"] == [
        "chat_call_failed"
    ]

    school.workspace.conditions.clear()

    assert "May I share this" in await open_home(school, TEACHER)


async def test_database_trouble_is_said_with_whom_to_ring_and_trying_again_works(
    school: PretendSchool,
):
    case = await ask(school)
    away = school.database.with_name("elsewhere.db")
    school.database.rename(away)

    page = await open_home(school, DSL)
    assert "This page cannot be shown just now" in page
    assert "01632 960 001" in page
    assert "999" in page
    away.rename(school.database)

    assert case.ref in await press(school, DSL, "home.again")


async def test_trouble_on_a_page_of_a_list_is_tried_again_there(school: PretendSchool):
    case = await ask(school)
    await open_home(school, DSL)
    away = school.database.with_name("elsewhere.db")
    school.database.rename(away)
    await send_press(school, DSL, {"action_id": "home.all", "value": "recent.0"})
    away.rename(school.database)

    page = await press(school, DSL, "home.again")

    assert page.startswith(f"*{LATEST}*")
    assert case.ref in page


# ----------------------------------------------------------------------------------------- racing


async def test_a_page_drawn_for_one_that_is_gone_by_now_does_not_take_its_place(
    school: PretendSchool, logged: list[Any]
):
    await open_home(school, TEACHER)
    old = school.workspace.homes[TEACHER]
    await ask(school)
    await open_home(school, TEACHER)
    new = said(school, TEACHER)

    action = {"action_id": "home.all", "block_id": "b", "value": "todo.0"}
    await school.send(school.slack._payloads.view_action(TEACHER, old, action))

    assert said(school, TEACHER) == new
    assert [line["event"] for line in logged if "home" in line["event"]] == ["home_overtaken"]
    school.workspace.faults.clear()


async def test_many_openings_at_once_end_with_the_page_as_it_is(school: PretendSchool):
    await ask(school)

    await asyncio.gather(*(school.slack.open_home(TEACHER) for _ in range(8)))
    await school.settle()

    assert "Waiting for the safeguarding lead (DSL)" in said(school, TEACHER)
    school.workspace.faults.clear()


async def test_only_a_page_that_was_opened_is_drawn_anew_after_a_deed(school: PretendSchool):
    await open_home(school, DSL)
    assert published(school) == 1

    case = await ask(school)
    assert published(school) == 1
    await school.press(DSL, "case.decide.share", case)
    assert published(school) == 1
    await school.submit(DSL, reason="It helps")

    assert published(school) == 2
    assert "Nobody has said yet how it went" in section(school, DSL, DUE)
    assert TEACHER not in school.workspace.homes


async def test_what_was_just_asked_from_the_page_is_on_it(school: PretendSchool):
    await open_home(school, TEACHER)
    await press(school, TEACHER, "home.check")
    await school.answer(TEACHER, ASKED)

    case = await school.finish(TEACHER)

    assert case.ref in section(school, TEACHER, MINE)


# ---------------------------------------------------------------------------- paging, and the limits


async def fill(school: PretendSchool, case: Case, count: int, **changes: Any) -> list[Case]:
    """So many cases like one that is there, each a minute younger."""
    numbers = range(1, count + 1)
    cases = [
        replace(
            case,
            id=f"{number:032x}",
            ref=f"SC-{number:05}",
            created_at=case.created_at + timedelta(minutes=number),
            changed_at=case.created_at + timedelta(minutes=number),
            version=0,
            **changes,
        )
        for number in numbers
    ]

    def add(unit: Any) -> None:
        for one in cases:
            unit.add(one, ())

    await school.app.desk.store.write(add, within=60)
    return cases


def references(school: PretendSchool, person: str) -> list[str]:
    """The references on the page, in order."""
    lines = [words_of(block) for block in blocks(school, person)]
    return [line.split("*")[1] for line in lines if line.startswith("*SC-")]


async def test_the_overview_shows_a_few_with_a_count_and_all_of_them_ten_at_a_time(
    school: PretendSchool,
):
    case = await ask(school)
    cases = [case, *await fill(school, case, 24)]
    page = await open_home(school, DSL)
    assert f"*{WAITING}*  ·  25" in page
    assert len([ref for ref in references(school, DSL) if ref == cases[0].ref]) == 1

    pages = []
    await press(school, DSL, "home.all", "waiting.0")
    pages.append(references(school, DSL))
    for _ in range(2):
        await press(school, DSL, "home.older")
        pages.append(references(school, DSL))

    assert [len(one) for one in pages] == [10, 10, 5]
    assert [ref for one in pages for ref in one] == [one.ref for one in cases]
    assert "home.older" not in offered(school, DSL)
    await press(school, DSL, "home.newer")
    assert references(school, DSL) == pages[1]
    assert f"*{WAITING}*  ·  25" in await press(school, DSL, "home.back")


async def test_open_lists_pages_of_what_waits_beyond_any_number(school: PretendSchool):
    case = await ask(school)
    await fill(school, case, 250)
    await school.run(DSL, "open")

    for _ in range(25):
        await school.press(DSL, "list.open.older")

    assert "SC-00250" in school.whispered(DSL)


async def test_however_much_there_is_and_however_long_slack_takes_the_page(
    school: PretendSchool, monkeypatch: pytest.MonkeyPatch
):
    desk = school.app.desk
    own = desk.schools["pretend"]
    long = "<!channel> *Head* & \u202e" + "W" * 5000
    routes = {name: replace(route, post=long) for name, route in own.routes.items()}
    monkeypatch.setitem(desk.schools, "pretend", replace(own, name=long, routes=routes))  # type: ignore[arg-type]
    case = await ask(school)
    texts = {"reason": long, "filed_at": long}
    await fill(school, case, 60, texts=texts)

    await open_home(school, DSL)
    for list_ in ("waiting.0", "recent.2", "mine.0"):
        await send_press(school, DSL, {"action_id": "home.all", "value": list_})
        await send_press(school, DSL, {"action_id": "home.case", "value": f"case.{case.id}"})
        assert case.ref in said(school, DSL)

    assert all(call.error is None for call in school.workspace.calls_of("views.publish"))
    assert "<!channel>" not in str(school.workspace.calls_of("views.publish")[-1].arguments)


@given(st.one_of(st.text(), st.from_regex(r"\A(case|mine|todo|waiting|x)\.[0-9a-f]{1,40}\Z")))
def test_a_place_on_the_page_reads_as_it_was_written_or_not_at_all(text: str):
    try:
        where = Where.parse(text)
    except StalePage:
        return
    assert Where.parse(str(where)) == where


@given(st.sampled_from([*OF_ONE, *OF_ROUTES]), st.integers(0, 99_999))
def test_every_page_of_every_list_has_a_name(which: Any, page: int):
    assert Where.parse(str(Where(which, page))) == Where(which, page)
