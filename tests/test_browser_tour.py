"""The guided tour in a real browser: three stories, lived on the page by the page's own buttons."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from playground import school as pretend
from tests.browsing import DESKTOP, SIZES, become, go_to, open_page
from tests.fixtures_demo import Demo

STORIES = Path(__file__).parent.parent / "playground" / "static" / "stories.js"
STEPS = 17
PATIENCE = 15_000


@pytest.fixture(params=SIZES, ids=["desktop", "phone"])
async def page(request: pytest.FixtureRequest, live_demo: Demo) -> AsyncIterator[Page]:
    async with open_page(live_demo.address, request.param) as opened:
        yield opened
    assert live_demo.school.workspace.faults == []


@pytest.fixture
async def desk(live_demo: Demo) -> AsyncIterator[Page]:
    async with open_page(live_demo.address, DESKTOP) as opened:
        yield opened
    assert live_demo.school.workspace.faults == []


def caption(page: Page) -> Locator:
    return page.get_by_role("region").filter(has=page.locator("#tour-words"))


async def start(page: Page) -> Locator:
    """Begin at the invitation of the first visit. Where motion is unwelcome each step waits."""
    await page.get_by_role("button", name="See it in two minutes").click()
    return caption(page)


async def next_step(tour: Locator, step: int) -> None:
    """Press Next; the step that is left is finished in a hurry, and the other one begins."""
    await tour.get_by_role("button", name="Next").press("Enter")
    await expect(tour.locator("#tour-step")).to_have_text(f"{step} of {STEPS}", timeout=PATIENCE)


async def test_the_tour_plays_a_clear_share_an_uncertain_case_and_danger(
    page: Page, live_demo: Demo
):
    tour = await start(page)
    told = [await tour.locator("#tour-words").inner_text()]
    for step in range(2, STEPS + 1):
        await next_step(tour, step)
        told.append(await tour.locator("#tour-words").inner_text())
    await tour.get_by_role("button", name="Next").press("Enter")
    await expect(tour).to_contain_text("Now try it yourself", timeout=PATIENCE)

    assert len(set(told)) == STEPS
    cases = await live_demo.school.cases()
    assert [(c.status, c.decision.by if c.decision else None) for c in cases] == [
        ("decided", "slack:T0SCHOOL01:U0TEACHER1"),
        ("decided", "dsl"),
        ("reason_due", None),
    ]


@pytest.mark.long
async def test_it_closes_the_dialogs_that_people_have_left_open(desk: Page, live_demo: Demo):
    school, invitation = live_demo.school, desk.get_by_role("button", name="See it in two minutes")
    await become(desk, "School office")
    await school.run(pretend.TEACHER)
    await desk.get_by_role("button", name="Take the tour").click()
    tour, light = caption(desk), desk.locator("#run.tour-target")
    await expect(light).to_have_count(1, timeout=PATIENCE)

    await expect(desk.locator("#who")).to_have_text("Class teacher")
    await expect(desk.get_by_role("dialog")).to_be_hidden()
    await expect(tour.locator("#tour-step")).to_have_text(f"1 of {STEPS}")
    assert not school.has_dialog(pretend.TEACHER)
    await expect(invitation).to_be_hidden()


@pytest.mark.long
async def test_where_motion_is_unwelcome_it_waits_and_the_focus_stays_on_the_captions_button(
    desk: Page,
):
    tour = await start(desk)
    await expect(tour.get_by_role("button", name="Play")).to_be_visible()
    await expect(desk.locator(".tour-target")).to_have_count(1)
    await expect(tour.get_by_role("button", name="Next")).to_be_focused()
    await expect(tour.locator("#tour-step")).to_have_text(f"1 of {STEPS}")
    await next_step(tour, 2)
    await expect(desk.get_by_role("dialog")).to_be_visible()
    await next_step(tour, 3)
    await next_step(tour, 4)

    await expect(tour.get_by_role("button", name="Next")).to_be_focused()
    await expect(tour.locator("#tour-words")).to_have_attribute("aria-live", "polite")


@pytest.mark.long
async def test_it_goes_on_by_itself_until_it_is_paused(desk: Page):
    """The page's clock is pushed, so that the test need not read as slowly as people do."""
    await desk.emulate_media(reduced_motion="no-preference")
    await desk.clock.install()
    tour = await start(desk)
    step = tour.locator("#tour-step")
    for _ in range(30):
        await desk.clock.run_for(500)
        if await step.inner_text() != f"1 of {STEPS}":
            break
    await expect(step).to_have_text(f"2 of {STEPS}")

    await tour.get_by_role("button", name="Pause").click()
    await desk.clock.run_for(60_000)

    await expect(step).to_have_text(f"2 of {STEPS}")
    await expect(tour.get_by_role("button", name="Play")).to_be_visible()


async def test_whoever_takes_over_ends_the_tour_and_what_they_pressed_happens(
    page: Page, live_demo: Demo
):
    tour = await start(page)
    await next_step(tour, 2)
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("radio").first.check()

    await expect(tour).to_contain_text("You have taken over")
    await expect(tour.get_by_role("button", name="Next")).to_be_hidden()
    await dialog.get_by_role("button", name="Close").last.click()
    await expect(dialog).to_be_hidden()
    await expect(tour).to_contain_text("You have taken over")
    await tour.get_by_role("button", name="Leave").click()
    await expect(tour).to_be_hidden()
    assert await live_demo.school.cases() == []


@pytest.mark.long
async def test_back_to_start_begins_again_and_escape_leaves_the_tour_but_not_the_dialog(desk: Page):
    tour, dialog = await start(desk), desk.get_by_role("dialog")
    await next_step(tour, 2)
    await expect(dialog).to_be_visible()

    await tour.get_by_role("button", name="Back to start").click()
    await expect(tour.locator("#tour-step")).to_have_text(f"1 of {STEPS}")
    await expect(dialog).to_be_hidden()

    await next_step(tour, 2)
    await expect(dialog).to_be_visible()
    await desk.keyboard.press("Escape")

    await expect(tour).to_be_hidden()
    await expect(dialog).to_be_visible()
    await desk.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()


@pytest.mark.long
async def test_the_tour_says_what_did_not_come(desk: Page, live_demo: Demo):
    """The page's clock is pushed, so that the test need not be as patient as the tour."""
    tour = await start(desk)
    await desk.clock.install()
    live_demo.school.workspace.conditions["views.open"].down = True
    await tour.get_by_role("button", name="Next").press("Enter")
    for _ in range(20):
        await desk.clock.run_for(1000)

    await expect(tour).to_contain_text("The tour waited for the first page of questions")
    await expect(tour.get_by_role("button", name="Back to start")).to_be_visible()
    assert live_demo.school.workspace.calls_of("views.open")


async def test_the_first_visit_offers_the_tour_and_a_try_and_is_then_over(desk: Page):
    page = desk
    invitation = page.get_by_role("region", name="May I share this about a child?")
    await expect(invitation.get_by_role("button", name="See it in two minutes")).to_be_visible()
    await invitation.get_by_role("button", name="Try it yourself").click()
    await expect(page.get_by_role("dialog").get_by_role("button", name="Next")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(invitation).to_be_hidden()

    await page.reload()
    await go_to(page, "Chat")
    await expect(page.get_by_role("button", name="Run /sharecheck")).to_be_visible()
    await expect(invitation).to_be_hidden()
    await page.get_by_role("button", name="Take the tour").click()
    await expect(caption(page)).to_be_visible()


def test_the_people_and_channels_of_the_tour_are_those_of_the_pretend_school():
    text = STORIES.read_text(encoding="utf-8")

    for one in (pretend.TEACHER, pretend.DSL, pretend.STAFFROOM, pretend.DSL_CHANNEL):
        assert f'"{one}"' in text
