"""What a person does on the playground's page, for tests and pictures in a real browser."""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.async_api import Locator, Page

from bot.rules import RulePack

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


async def visit(page: Page, address: str) -> None:
    """Open the page, and wait until it follows the workspace."""
    await page.goto(address)
    await page.get_by_role("status").get_by_text("Live").wait_for()


async def go_to(page: Page, part: str) -> None:
    """On a phone the parts of the page are behind a bar at the bottom; on a desk all are there."""
    bar = page.get_by_role("navigation", name="Parts of the page")
    if await bar.is_visible():
        await bar.get_by_role("button", name=part).click()


async def become(page: Page, post: str) -> None:
    await go_to(page, "People")
    people = page.get_by_role("region", name="Look through the eyes of")
    named = page.get_by_text(post, exact=True)
    await people.get_by_role("button").filter(has=named).press("Enter")
    await page.locator("#who").get_by_text(post, exact=True).wait_for(state="attached")


async def open_conversation(page: Page, name: str) -> None:
    await go_to(page, "Channels")
    sidebar = page.get_by_role("navigation", name="People and channels")
    await sidebar.locator(".places").get_by_role("button", name=name).click()


async def answer(dialog: Locator, pack: RulePack, question: str, option: str) -> None:
    """Choose an option by the words that a person reads."""
    asked = pack.questions[question]
    label = next(o.label for o in asked.options if o.id == option)
    group = dialog.get_by_role("group", name=asked.text)
    await group.get_by_role("radio", name=label, exact=True).check()


async def walk(dialog: Locator, pack: RulePack, pages: list[dict[str, str]]) -> None:
    """Answer page after page of the dialog."""
    for answers in pages:
        for question, option in answers.items():
            await answer(dialog, pack, question, option)
        await dialog.get_by_role("button", name="Next").click()
