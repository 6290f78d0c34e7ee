"""What a person does on the playground's page, for tests and pictures in a real browser."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from typing import Literal

import pytest
from playwright.async_api import Locator, Page, async_playwright

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
DESKTOP, PHONE = (1280, 800), (390, 844)
SIZES = [DESKTOP, pytest.param(PHONE, marks=pytest.mark.long)]
"""Both, one after the other; the phone with the long tests."""
WHO = "body[data-side=slack] #who, body[data-side=teams] #teams-chat .seen-as strong"
"""Where the page says who one is, on the side that one looks at."""


def find_chromium() -> str:
    """Chromium of the system; without one the test is skipped, but never in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    assert found, "CI needs Chromium"
    return found


@contextlib.asynccontextmanager
async def open_page(
    address: str,
    size: tuple[int, int],
    scheme: Literal["light", "dark"] = "light",
    *,
    bypass_csp: bool = False,
) -> AsyncIterator[Page]:
    """The page in a new browser, following the workspace; it must end with no error on its console."""
    errors: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=QUIET)
        page = await browser.new_page(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            reduced_motion="reduce",
            bypass_csp=bypass_csp,
        )
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        await visit(page, address)
        yield page
        await browser.close()
    assert errors == [], errors


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
    await page.locator(WHO).get_by_text(post, exact=True).wait_for(state="attached")


async def open_conversation(page: Page, name: str) -> None:
    await go_to(page, "Channels")
    sidebar = page.get_by_role("navigation", name="People and channels")
    await sidebar.locator(".places").get_by_role("button", name=name).click()


async def see_teams(page: Page) -> None:
    """Go to the Teams side by its switch, and wait until it is there."""
    switch = page.get_by_role("group", name="See the school in")
    await switch.get_by_role("button", name="Teams").press("Enter")
    await page.locator("#teams-chat").wait_for()


async def see_slack(page: Page) -> None:
    switch = page.get_by_role("group", name="See the school in")
    await switch.get_by_role("button", name="Slack").press("Enter")
    await page.locator("#chat").wait_for()


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
