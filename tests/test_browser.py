"""The story, lived in a real browser: Chromium on the playground's page."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from bot.rules import RulePack
from tests.fixtures_school import UNCERTAIN, PretendSchool, open_pretend_school

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str:
    """Chromium of the system; without one the test is skipped, but never in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    assert found, "CI needs Chromium"
    return found


@pytest.fixture
async def live_school(tmp_path: Path) -> AsyncIterator[PretendSchool]:
    async with open_pretend_school(tmp_path, deliver=True) as opened:
        yield opened
        assert opened.workspace.faults == []


@pytest.fixture(params=[(1280, 800), (390, 844)], ids=["desktop", "phone"])
async def page(request: pytest.FixtureRequest, live_school: PretendSchool) -> AsyncIterator[Page]:
    """The page of the playground, which must end without an error on its console."""
    width, height = request.param
    errors: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=QUIET)
        opened = await browser.new_page(viewport={"width": width, "height": height})
        opened.set_default_timeout(10_000)
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        await opened.goto(live_school.settings.slack_api_url.removesuffix("/api/"))
        yield opened
        await browser.close()
    assert errors == []


async def go_to(page: Page, part: str) -> None:
    """On a phone the parts of the page are behind a bar at the bottom; on a desk all are there."""
    bar = page.get_by_role("navigation", name="Parts of the page")
    if await bar.is_visible():
        await bar.get_by_role("button", name=part).click()


async def become(page: Page, post: str) -> None:
    await go_to(page, "People")
    people = page.get_by_role("region", name="Look through the eyes of")
    await people.get_by_role("button", name=re.compile(rf"^\W*(\w+ )?{re.escape(post)}\b")).first.click()


async def open_conversation(page: Page, name: str) -> None:
    await go_to(page, "Channels")
    sidebar = page.get_by_role("navigation", name="People and channels")
    await sidebar.get_by_role("button", name=name).last.click()


async def answer(dialog: Locator, pack: RulePack, question: str, option: str) -> None:
    """Choose an option by the words that a person reads."""
    asked = pack.questions[question]
    label = next(o.label for o in asked.options if o.id == option)
    group = dialog.get_by_role("group", name=asked.text)
    await group.get_by_role("radio", name=label, exact=True).check()


async def test_an_uncertain_case_is_asked_decided_and_answered_in_the_browser(
    page: Page, live_school: PretendSchool
):
    pack = live_school.app.desk.pack
    await page.get_by_role("button", name="Run /sharecheck").first.click()
    dialog = page.get_by_role("dialog")
    for answers in UNCERTAIN:
        for question, option in answers.items():
            await answer(dialog, pack, question, option)
        await dialog.get_by_role("button", name="Next").click()
    await dialog.get_by_label(pack.boxes["asking"].label).fill("Second-hand, from lunch")
    await dialog.get_by_role("button", name="Send").click()
    await expect(dialog.get_by_text("Saved as")).to_be_visible()
    await dialog.get_by_role("button", name="Close").last.click()

    await become(page, "DSL")
    await open_conversation(page, "dsl")
    await page.get_by_role("button", name="Share", exact=True).click()
    await dialog.get_by_label("Why have you decided this?").fill("They need it to help")
    await dialog.get_by_role("button", name="Share").click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("The person who asked has been told").first).to_be_visible()

    await become(page, "Class teacher")
    await open_conversation(page, "Sharecheck")
    await expect(page.get_by_text("You can share it now").first).to_be_visible()

    (case,) = await live_school.cases()
    assert (case.status, case.decision.by) == ("decided", "dsl")


async def test_danger_shows_the_numbers_at_once_and_writes_the_case(
    page: Page, live_school: PretendSchool
):
    pack = live_school.app.desk.pack
    await page.get_by_role("button", name="Run /sharecheck").first.click()
    dialog = page.get_by_role("dialog")
    await answer(dialog, pack, "danger", "yes")
    await answer(dialog, pack, "adult", "none")
    await dialog.get_by_role("button", name="Next").click()
    await expect(dialog.get_by_role("heading", name="Danger: act now")).to_be_visible()
    await expect(dialog.get_by_role("link", name="01632 960 001").first).to_be_visible()

    (case,) = await live_school.cases()
    assert case.status == "reason_due"
