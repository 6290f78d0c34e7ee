"""Behind the scenes in a real browser: push the clock, flip a switch, cheat and be caught."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright, expect

from playground import school as pretend
from tests.browsing import QUIET, find_chromium, go_to, visit
from tests.fixtures_demo import Demo
from tests.scenarios import SURE

TEACHER = pretend.TEACHER
SIZES = [(1280, 800, "light"), pytest.param((390, 844, "dark"), marks=pytest.mark.long)]
SERIOUS = {"serious", "critical"}


@pytest.fixture(params=SIZES, ids=["desktop", "phone"])
async def page(request: pytest.FixtureRequest, live_demo: Demo) -> AsyncIterator[Page]:
    """The page behind the scenes, with a case; it must end without an error on its console."""
    width, height, scheme = request.param
    school, errors = live_demo.school, []
    await school.check(TEACHER, **SURE)
    await school.slack.answer(TEACHER, reason="Seen", recipient="Front door", course="followed")
    await school.slack.close_view(TEACHER)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=QUIET)
        opened = await browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True
        )
        opened.set_default_timeout(10_000)
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        await visit(opened, live_demo.address)
        await go_to(opened, "Backstage")
        yield opened
        await browser.close()
    assert errors == []


async def accessible(page: Page) -> None:
    found = await Axe().run(page)
    bad = [(v["id"], v["nodes"][0]["target"]) for v in found.response["violations"]
           if v["impact"] in SERIOUS]  # fmt: skip
    assert bad == []


async def test_a_visitor_reads_the_rows_pushes_makes_trouble_cheats_and_is_caught(
    page: Page, live_demo: Demo
):
    panel = page.get_by_role("complementary", name="Behind the scenes")
    said = panel.get_by_role("status")
    case = panel.locator("#page-cases").get_by_role("listitem").first
    await expect(case).to_contain_text("key can read this.")
    await expect(case).to_contain_text("Seen")
    await accessible(page)

    await panel.get_by_role("tab", name="Cases").press("ArrowLeft")
    await expect(panel.get_by_role("tab", name="Try it")).to_be_focused()
    await panel.get_by_role("button", name="Next digest").press("Enter")
    await expect(said).to_contain_text("It is now Friday")
    await live_demo.school.until(
        lambda: "the week to" in str(live_demo.school.posted(pretend.DSL_CHANNEL))
    )

    switch = panel.get_by_role("switch", name="Chat is down")
    await switch.press("Space")
    await expect(switch).to_be_checked()
    await expect(switch).to_be_focused()
    await expect(page.locator("body.in-trouble")).to_be_attached()
    await expect(panel.get_by_role("list", name="What is wrong now")).to_have_text("Chat is down")
    await accessible(page)
    await panel.get_by_role("button", name="Turn all of it off").click()
    await expect(switch).not_to_be_checked()

    await panel.get_by_role("button", name="Change a decision").click()
    await expect(said).to_contain_text("the check caught it")
    await expect(panel.locator("#verdict-faults")).to_contain_text("case_changed")
    await expect(panel.locator("#tampered")).to_be_in_viewport()
    await accessible(page)
    await panel.get_by_role("button", name="Put it back").click()
    await expect(panel.locator("#verdict")).to_contain_text("All is well")
    await expect(panel.locator("#tampered")).to_be_hidden()
    assert await live_demo.faults() == set()
    wide = await page.evaluate("document.querySelector('#page-controls').scrollWidth"
                               " - document.querySelector('#page-controls').clientWidth")  # fmt: skip
    assert wide == 0


async def test_what_one_visitor_does_is_told_to_the_other(page: Page, live_demo: Demo):
    await expect(page.locator("#stage-time")).to_be_visible()

    await live_demo.do("push", "hour")

    await expect(page.locator("#stage-said")).to_contain_text("It is now")
    await expect(page.locator("#stage-ahead")).to_be_visible()


async def test_the_tabs_have_room_for_as_many_rows_as_are_shown(page: Page):
    panel = page.get_by_role("complementary", name="Behind the scenes")
    await panel.get_by_role("tab", name="Try it").wait_for()
    await page.evaluate("document.querySelectorAll('.count').forEach(c => c.textContent = '40')")

    for part in (panel, panel.get_by_role("tablist")):
        assert await part.evaluate("part => part.scrollWidth - part.clientWidth") == 0
