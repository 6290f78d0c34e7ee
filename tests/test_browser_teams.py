"""The Teams side of the page in a real browser: asked, decided and told in Teams, and across to Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, Request, expect

from bot.demo_school import BOTH
from playground import teams_school as there
from tests.browsing import (
    DESKTOP,
    SIZES,
    answer,
    become,
    open_conversation,
    open_page,
    see_slack,
    see_teams,
    walk,
)
from tests.fixtures_school import UNCERTAIN, open_teams_school
from tests.pretend_teams import TeamsSchool

STORIES = Path(__file__).parent.parent / "playground" / "static" / "stories.js"
PATIENCE = 15_000
RECORDS = [{"danger": "no", "adult": "none"}, {"trigger": "records_request", "identifiable": "yes"}]


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    async with open_teams_school(tmp_path, on=BOTH, deliver=True) as opened:
        yield opened
        assert opened.tenant.faults == []
        assert opened.workspace.faults == []


@pytest.fixture
async def live_teams(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    async with open_teams_school(tmp_path, deliver=True) as opened:
        yield opened
        assert opened.tenant.faults == []


@pytest.fixture(params=SIZES, ids=["desktop", "phone"])
async def page(request: pytest.FixtureRequest, live_teams: TeamsSchool) -> AsyncIterator[Page]:
    async with open_page(live_teams.tenant.base_url(), request.param) as opened:
        await see_teams(opened)
        yield opened


@pytest.fixture
async def desk(both: TeamsSchool) -> AsyncIterator[Page]:
    async with open_page(both.tenant.base_url(), DESKTOP) as opened:
        yield opened


def apps(page: Page) -> Locator:
    return page.get_by_role("group", name="Apps")


def messages(page: Page) -> Locator:
    return page.locator("#teams-chat").get_by_role("article")


async def test_an_uncertain_case_is_asked_decided_and_answered_in_teams(
    page: Page, live_teams: TeamsSchool
):
    pack, dialog = live_teams.app.desk.pack, page.get_by_role("dialog")
    await apps(page).get_by_role("button").click()
    await walk(dialog, pack, UNCERTAIN)
    await dialog.get_by_label(pack.boxes["asking"].label).fill("Second-hand, from lunch")
    await dialog.get_by_role("button", name="Send").click()
    await expect(dialog.get_by_text("Saved as")).to_be_visible()
    await dialog.get_by_role("button", name="Close").first.click()
    await expect(dialog).to_be_hidden()

    await become(page, "DSL")
    await open_conversation(page, "DSL")
    reason = messages(page).get_by_role("textbox", name="Why have you decided this?")
    await reason.fill("They need it to help")
    await messages(page).get_by_role("button", name="Share", exact=True).click()
    await expect(page.get_by_text("The person who asked is being told").first).to_be_visible()

    await become(page, "Class teacher")
    await open_conversation(page, "Sharecheck")
    await expect(page.get_by_text("You can share it now").first).to_be_visible()

    (case,) = await live_teams.cases()
    assert (case.status, case.decision.by) == ("decided", "dsl")


async def test_what_is_missing_is_said_on_the_page_and_what_was_chosen_stays(
    page: Page, live_teams: TeamsSchool
):
    pack, dialog = live_teams.app.desk.pack, page.get_by_role("dialog")
    await apps(page).get_by_role("button").click()
    await answer(dialog, pack, "adult", "none")
    await dialog.get_by_role("button", name="Next").click()

    await expect(dialog.get_by_text("Please look at what is marked")).to_be_visible()
    await expect(dialog.get_by_role("radio", checked=True)).to_have_count(1)
    await expect(dialog.get_by_role("heading", level=2)).to_be_focused()


async def test_danger_shows_the_numbers_at_once_and_writes_the_case(
    page: Page, live_teams: TeamsSchool
):
    pack, dialog = live_teams.app.desk.pack, page.get_by_role("dialog")
    await apps(page).get_by_role("button").click()
    await answer(dialog, pack, "danger", "yes")
    await answer(dialog, pack, "adult", "none")
    await dialog.get_by_role("button", name="Next").click()
    await expect(dialog.get_by_role("heading", name="Danger: act now")).to_be_visible()

    (case,) = await live_teams.cases()
    assert case.status == "reason_due"


async def test_the_word_typed_to_the_app_brings_a_card_whose_button_opens_the_dialog(page: Page):
    await open_conversation(page, "Sharecheck")
    box = page.get_by_role("textbox", name="Message", exact=True)
    await box.fill("sharecheck")
    await box.press("Enter")
    await messages(page).get_by_role("button", name="Check before sharing").last.click()

    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Next")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()


@pytest.mark.long
async def test_the_menu_of_a_message_starts_a_check_that_takes_nothing_from_it(
    page: Page, live_teams: TeamsSchool
):
    await live_teams.teams.say(there.OFFICE, there.STAFF_CHANNEL, "Bring the tall ladder")
    await open_conversation(page, "Staff room")
    message = messages(page).filter(has_text="Bring the tall ladder")
    await message.get_by_role("button", name="More options").press("Enter")
    await page.get_by_role("menuitem").press("Enter")

    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Next")).to_be_visible()
    await expect(dialog).not_to_contain_text("ladder")


async def test_a_mention_is_read_as_a_name_and_not_as_its_mark_up(page: Page):
    await open_conversation(page, "Staff room")
    box = page.get_by_role("textbox", name="Message", exact=True)
    await box.fill("Please @Sharecheck <b>now</b>")
    await box.press("Enter")

    message = messages(page).filter(has_text="Please").first
    await expect(message.locator(".mention")).to_have_text("Sharecheck")
    await expect(message.locator(".said-words")).to_have_text("Please Sharecheck <b>now</b>")


async def test_a_question_from_slack_is_decided_in_teams_and_answered_on_slack(
    desk: Page, both: TeamsSchool
):
    pack, dialog = both.app.desk.pack, desk.get_by_role("dialog")
    await desk.get_by_role("button", name="Run /sharecheck").first.click()
    await walk(dialog, pack, RECORDS)
    await dialog.get_by_label(pack.boxes["request"].label).fill("A letter asks for all of it")
    await dialog.get_by_role("button", name="Send").click()
    await expect(dialog.get_by_text("Saved as")).to_be_visible()
    await dialog.get_by_role("button", name="Close").last.click()

    await see_teams(desk)
    await become(desk, "Data-protection lead")
    await open_conversation(desk, "DPO")
    reason = messages(desk).get_by_role("textbox", name="Why have you decided this?")
    await reason.fill("I answer it for the school")
    await messages(desk).get_by_role("button", name="Do not share").click()
    await expect(desk.get_by_text("The person who asked is being told").first).to_be_visible()

    await see_slack(desk)
    await expect(desk.locator("#who")).to_have_text("Data-protection lead")
    await become(desk, "Class teacher")
    await open_conversation(desk, "Sharecheck")
    await expect(desk.get_by_text("Please do not share it").first).to_be_visible()
    (case,) = await both.cases()
    assert (case.status, case.decision.by) == ("decided", "dpo")


@pytest.mark.long
async def test_the_switch_works_by_keyboard_and_the_address_remembers_where_one_is(desk: Page):
    await become(desk, "DSL")
    switch = desk.get_by_role("group", name="See the school in")
    teams = switch.get_by_role("button", name="Teams")
    await teams.press("Enter")
    await expect(teams).to_have_attribute("aria-pressed", "true")
    await expect(teams).to_be_focused()
    await expect(desk.locator("#chat")).to_be_hidden()
    await expect(desk.locator("#teams-chat").get_by_text("You are the DSL")).to_be_visible()
    assert desk.url.endswith(f"#teams/{there.DSL}")

    await desk.reload()

    await expect(desk.locator("#teams-chat").get_by_text("You are the DSL")).to_be_visible()
    await desk.evaluate("location.hash = '#U0HEAD0001'")
    await expect(desk.locator("#chat").get_by_text("You are the Headteacher")).to_be_visible()
    await expect(teams).to_have_attribute("aria-pressed", "false")


async def test_a_first_visit_fetches_nothing_of_teams(both: TeamsSchool):
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    async with open_page(both.tenant.base_url(), DESKTOP) as page:
        page.on("request", note)
        await page.reload()
        await page.get_by_role("status").get_by_text("Live").wait_for()
        assert asked
        assert [one for one in asked if "teams" in one or "card" in one] == []
        await see_teams(page)
        assert [one for one in asked if one.endswith("/static/teams.js")]


@pytest.mark.long
@pytest.mark.parametrize("size", SIZES, ids=["desktop", "phone"])
async def test_the_tour_goes_across_to_teams_and_back(size: tuple[int, int], both: TeamsSchool):
    async with open_page(both.tenant.base_url(), size) as page:
        await take_the_tour(page)
        await expect(page.locator("#chat")).to_be_visible()
    *_, case = await both.cases()
    assert (case.status, case.decision.by) == ("decided", "dpo")


async def take_the_tour(page: Page) -> None:
    await page.get_by_role("button", name="Take the tour").click()
    tour = page.get_by_role("region").filter(has=page.locator("#tour-words"))
    step, go_on = tour.locator("#tour-step"), tour.get_by_role("button", name="Next")
    for number in range(2, 24):
        await go_on.press("Enter")
        await expect(step).to_have_text(f"{number} of 23", timeout=PATIENCE)
    await expect(tour.locator("#tour-story")).to_have_text("Slack and Teams")
    await go_on.press("Enter")
    await expect(tour).to_contain_text("Now try it yourself", timeout=PATIENCE)


async def test_whoever_has_not_got_the_app_can_add_it_for_themselves(
    page: Page, live_teams: TeamsSchool
):
    await become(page, "School office")
    await open_conversation(page, "Sharecheck")
    await expect(apps(page).get_by_role("button")).to_have_count(1)
    await apps(page).get_by_role("button", name="Add Sharecheck").click()

    await expect(messages(page).first.get_by_role("button")).not_to_have_count(0)
    await expect(apps(page).get_by_role("button", name="Add Sharecheck")).to_have_count(0)
    await apps(page).get_by_role("button").click()
    await expect(page.get_by_role("dialog").get_by_role("button", name="Next")).to_be_visible()


@pytest.mark.long
async def test_a_dialog_of_one_side_is_out_of_sight_on_the_other_and_keeps_what_was_chosen(
    desk: Page, both: TeamsSchool
):
    pack, dialog = both.app.desk.pack, desk.get_by_role("dialog")
    await desk.get_by_role("button", name="Run /sharecheck").first.click()
    await answer(dialog, pack, "danger", "no")
    await desk.evaluate(f"location.hash = '#teams/{there.TEACHER}'")
    await expect(desk.locator("#teams-chat")).to_be_visible()
    await expect(dialog).to_be_hidden()

    await see_slack(desk)

    await expect(dialog.get_by_role("radio", checked=True)).to_have_count(1)


def test_the_people_and_channels_of_the_last_story_are_those_of_the_pretend_tenant():
    text = STORIES.read_text(encoding="utf-8")

    assert f'"{there.DPO}"' in text
    assert f'"{there.DPO_CHANNEL}"' in text
