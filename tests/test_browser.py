"""The story, lived in a real browser: Chromium on the playground's page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browsing import SIZES, answer, become, open_conversation, open_page, walk
from tests.fixtures_school import UNCERTAIN, PretendSchool, open_pretend_school


@pytest.fixture
async def live_school(tmp_path: Path) -> AsyncIterator[PretendSchool]:
    async with open_pretend_school(tmp_path, deliver=True) as opened:
        yield opened
        assert opened.workspace.faults == []


@pytest.fixture(params=SIZES, ids=["desktop", "phone"])
async def page(request: pytest.FixtureRequest, live_school: PretendSchool) -> AsyncIterator[Page]:
    address = live_school.settings.slack_api_url.removesuffix("/api/")
    async with open_page(address, request.param) as opened:
        yield opened


async def test_an_uncertain_case_is_asked_decided_and_answered_in_the_browser(
    page: Page, live_school: PretendSchool
):
    pack = live_school.app.desk.pack
    await page.get_by_role("button", name="Run /sharecheck").first.click()
    dialog = page.get_by_role("dialog")
    await walk(dialog, pack, UNCERTAIN)
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
    await expect(page.get_by_text("The person who asked is being told").first).to_be_visible()

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
