"""Take the pictures of the README anew: `make pictures` (it needs Chromium)."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from bot.rules import load_pack
from tests.browsing import (
    QUIET,
    become,
    find_chromium,
    open_conversation,
    see_teams,
    visit,
    walk,
)
from tests.fixtures_school import UNCERTAIN
from tests.test_browser_teams import RECORDS

IMAGES = Path(__file__).parent / "images"


@contextlib.asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """The demo as `make demo` starts it; gives the page's address."""
    program = Path(sys.executable).with_name("sharecheck")
    arguments = ("demo", "--port", "0", "--folder", str(folder))
    process = await asyncio.create_subprocess_exec(
        str(program), *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            if found := re.search(rb"http://\S+", line):
                yield found[0].decode()
                break
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()


async def take_pictures() -> None:
    """The DSL's thread on a desk, and a page of the walk on a phone."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with demo(Path(folder) / "demo") as address, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=find_chromium(), args=QUIET)
            await picture_the_thread(browser, address)
            await picture_teams(browser, address)
            await picture_the_phone(browser, address)
            await browser.close()


async def picture_the_thread(browser: Browser, address: str) -> None:
    pack = load_pack()
    page = await browser.new_page(viewport={"width": 1280, "height": 960})
    await visit(page, address)
    await page.get_by_role("button", name="Run /sharecheck").first.click()
    dialog = page.get_by_role("dialog")
    await walk(dialog, pack, UNCERTAIN)
    await dialog.get_by_label(pack.boxes["asking"].label).fill("Second-hand, from lunch")
    await dialog.get_by_label(pack.boxes["filed_at"].label).fill("Safeguarding cabinet, file 12")
    await dialog.get_by_role("button", name="Send").click()
    await dialog.get_by_role("button", name="Check another recipient").wait_for()
    await dialog.get_by_role("button", name="Close").last.click()
    await become(page, "DSL")
    await open_conversation(page, "dsl")
    await page.get_by_role("button", name="Share", exact=True).wait_for()
    await page.wait_for_timeout(7000)
    await page.screenshot(path=IMAGES / "demo.png")
    await page.close()


async def picture_the_phone(browser: Browser, address: str) -> None:
    pack = load_pack()
    page = await browser.new_page(viewport={"width": 390, "height": 844})
    await visit(page, address)
    await page.get_by_role("button", name="Run /sharecheck").first.click()
    dialog = page.get_by_role("dialog")
    await walk(dialog, pack, UNCERTAIN[:3])
    await dialog.get_by_role("heading", name=pack.page("rule2").title).wait_for()
    await page.wait_for_timeout(500)
    await page.screenshot(path=IMAGES / "phone.png")
    await page.close()


async def picture_teams(browser: Browser, address: str) -> None:
    """A request for records, asked on Slack, in the thread of the data-protection lead on Teams."""
    pack = load_pack()
    page = await browser.new_page(viewport={"width": 1280, "height": 960})
    await visit(page, address)
    await page.get_by_role("button", name="Run /sharecheck").first.click()
    dialog = page.get_by_role("dialog")
    await walk(dialog, pack, RECORDS)
    await dialog.get_by_label(pack.boxes["request"].label).fill("By letter, on Monday")
    await dialog.get_by_role("button", name="Send").click()
    await dialog.get_by_text("Saved as").wait_for()
    await dialog.get_by_role("button", name="Close").last.click()
    await see_teams(page)
    await become(page, "Data-protection lead")
    await open_conversation(page, "DPO")
    await page.get_by_role("button", name="Do not share", exact=True).wait_for()
    await page.wait_for_timeout(1000)
    await page.screenshot(path=IMAGES / "teams.png")
    await page.close()


if __name__ == "__main__":
    asyncio.run(take_pictures())
