"""No screen shuts anybody out: axe-core finds nothing serious, at any width, in light and in dark."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browsing import (
    DESKTOP,
    PHONE,
    answer,
    become,
    go_to,
    open_conversation,
    open_page,
    see_teams,
    walk,
)
from tests.fixtures_demo import Demo
from tests.fixtures_school import UNCERTAIN, open_teams_school
from tests.pretend_teams import TeamsSchool

GRAVE = {"serious", "critical"}
RUN = "axe.run({resultTypes: ['violations']})"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
pytestmark = pytest.mark.long
"""Some twenty screens, each looked at four times."""


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
async def page(request: pytest.FixtureRequest, live_demo: Demo) -> AsyncIterator[Page]:
    async with open_page(live_demo.address, request.param, bypass_csp=True) as opened:
        await opened.evaluate(Axe().axe_script)
        yield opened
    assert live_demo.school.workspace.faults == []


@pytest.fixture
async def live_teams(tmp_path: Path) -> AsyncIterator[TeamsSchool]:
    async with open_teams_school(tmp_path, deliver=True) as opened:
        yield opened
        assert opened.tenant.faults == []


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
async def teams_page(
    request: pytest.FixtureRequest, live_teams: TeamsSchool
) -> AsyncIterator[Page]:
    address = live_teams.tenant.base_url()
    async with open_page(address, request.param, bypass_csp=True) as opened:
        await opened.evaluate(Axe().axe_script)
        await see_teams(opened)
        yield opened


async def expect_no_barrier(page: Page, screen: str) -> None:
    """Nothing that axe calls serious or critical, and nothing wider than the window."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        grave = [
            (one["id"], node["target"], node["failureSummary"])
            for one in (await page.evaluate(RUN))["violations"]
            if one["impact"] in GRAVE
            for node in one["nodes"]
        ]
        assert grave == [], f"{screen}, {scheme}"
    assert await page.evaluate(TOO_WIDE) == 0, screen


async def test_the_dialog_and_what_comes_of_it_are_open_to_all(page: Page, live_demo: Demo):
    pack, dialog = live_demo.school.app.desk.pack, page.get_by_role("dialog")
    await page.get_by_role("button", name="Run /sharecheck").click()
    await dialog.get_by_role("button", name="Next").click()
    await expect(dialog.get_by_role("alert").first).to_contain_text("complete this required field")
    await expect_no_barrier(page, "first page, with what is missing")
    await walk(dialog, pack, UNCERTAIN[:1])
    await expect(dialog.get_by_role("button", name="Ask the DSL now")).to_be_visible()
    await expect_no_barrier(page, "a page with Back")

    await walk(dialog, pack, UNCERTAIN[1:])
    asking = dialog.get_by_label(pack.boxes["asking"].label)
    await dialog.get_by_role("button", name="Send").click()
    await expect(asking).to_be_focused()
    await expect_no_barrier(page, "outcome, with what is missing")
    await asking.fill("Second-hand, from lunch")
    await dialog.get_by_role("button", name="Send").click()
    await expect(dialog.get_by_text("Saved as")).to_be_visible()
    await expect_no_barrier(page, "saved")
    await page.keyboard.press("Escape")

    await become(page, "DSL")
    await open_conversation(page, "dsl")
    await page.get_by_role("button", name="Share", exact=True).click()
    await dialog.get_by_label("Why have you decided this?").fill("They need it to help")
    await expect_no_barrier(page, "decision")
    await dialog.get_by_role("button", name="Share").click()
    await expect(page.get_by_text("The person who asked is being told").first).to_be_visible()
    await expect_no_barrier(page, "thread")


async def test_danger_the_home_page_and_the_menus_are_open_to_all(page: Page, live_demo: Demo):
    pack, dialog = live_demo.school.app.desk.pack, page.get_by_role("dialog")
    await page.get_by_role("button", name="Try it yourself").click()
    await answer(dialog, pack, "danger", "yes")
    await answer(dialog, pack, "adult", "none")
    await dialog.get_by_role("button", name="Next").click()
    await expect(dialog.get_by_role("heading", name="Danger: act now")).to_be_visible()
    await expect_no_barrier(page, "danger")
    await page.keyboard.press("Escape")

    await page.get_by_role("button", name="Shortcuts").click()
    await expect(page.get_by_role("menuitem")).to_have_count(1)
    await expect_no_barrier(page, "shortcuts")
    await page.keyboard.press("Escape")
    await open_conversation(page, "Sharecheck")
    await expect(page.get_by_role("button", name="Add the reason").first).to_be_visible()
    await expect_no_barrier(page, "messages of the app")

    await become(page, "DSL")
    await open_conversation(page, "Sharecheck")
    await page.get_by_role("tab", name="Home").click()
    await expect(page.get_by_label("Find one by its reference")).to_be_visible()
    await expect_no_barrier(page, "home page of a reviewer")


async def test_the_invitation_the_tour_and_behind_the_scenes_are_open_to_all(page: Page):
    await expect(page.get_by_role("button", name="Try it yourself")).to_be_visible()
    await page.get_by_text("Ideas").click()
    await expect_no_barrier(page, "start")
    await go_to(page, "People")
    await expect_no_barrier(page, "people")
    await go_to(page, "Backstage")
    for tab in ("Cases", "Try it"):
        await page.get_by_role("tab", name=tab).click()
        await expect_no_barrier(page, tab)

    await go_to(page, "Chat")
    await page.get_by_role("button", name="Take the tour").click()
    await expect(page.locator(".tour-target")).to_have_count(1)
    await expect_no_barrier(page, "tour on the page")
    await page.get_by_role("button", name="Next", exact=True).press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect_no_barrier(page, "tour in the dialog")


async def test_the_dialog_and_the_thread_in_teams_are_open_to_all(
    teams_page: Page, live_teams: TeamsSchool
):
    page, pack = teams_page, live_teams.app.desk.pack
    dialog, apps = page.get_by_role("dialog"), page.get_by_role("group", name="Apps")
    await expect_no_barrier(page, "chat in Teams")
    await apps.get_by_role("button").click()
    await dialog.get_by_role("button", name="Next").click()
    await expect(dialog.get_by_text("Please look at what is marked")).to_be_visible()
    await expect_no_barrier(page, "first page in Teams, with what is missing")
    await walk(dialog, pack, UNCERTAIN)
    await dialog.get_by_label(pack.boxes["asking"].label).fill("Second-hand, from lunch")
    await expect_no_barrier(page, "outcome in Teams")
    await dialog.get_by_role("button", name="Send").click()
    await expect(dialog.get_by_text("Saved as")).to_be_visible()
    await expect_no_barrier(page, "saved in Teams")
    await page.keyboard.press("Escape")

    await become(page, "DSL")
    await go_to(page, "Channels")
    await expect_no_barrier(page, "chats and channels")
    await open_conversation(page, "DSL")
    await page.get_by_role("button", name="Share", exact=True).wait_for()
    await expect_no_barrier(page, "thread in Teams")
    posts = page.locator("#teams-chat").get_by_role("article")
    await posts.first.get_by_role("button", name="More options").press("Enter")
    await expect(page.get_by_role("menuitem")).to_be_visible()
    await expect_no_barrier(page, "menu of a message in Teams")
