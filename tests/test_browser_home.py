"""The ways in, in a real browser: the app's home page, its shortcuts, and the keyboard alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, Page, Route, expect

from bot.rules import RulePack
from playground import school as pretend
from tests.browsing import DESKTOP, SIZES, become, open_conversation, open_page
from tests.fixtures_demo import Demo
from tests.fixtures_school import UNCERTAIN


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


async def ask_the_dsl(demo: Demo) -> str:
    """The class teacher asks about a case that the DSL has to decide; gives its reference."""
    answers = {question: option for page in UNCERTAIN for question, option in page.items()}
    await demo.school.check(pretend.TEACHER, **answers)
    await demo.school.slack.answer(pretend.TEACHER, reason="Second-hand, from lunch")
    await demo.school.slack.close_view(pretend.TEACHER)
    *_, case = await demo.school.cases()
    return str(case.ref)


async def open_home(page: Page) -> Locator:
    await open_conversation(page, "Sharecheck")
    await page.get_by_role("tab", name="Home").click()
    home = page.get_by_role("tabpanel", name="Home")
    await home.get_by_role("button").first.wait_for()
    return home


async def test_the_home_page_starts_a_check_and_follows_the_case_by_itself(
    page: Page, live_demo: Demo
):
    home = await open_home(page)
    await home.get_by_role("button", name="Check before sharing").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Next")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()

    ref = await ask_the_dsl(live_demo)

    await expect(home).to_contain_text(ref)
    await home.get_by_role("button", name=f"Open {ref}").first.click()
    await home.get_by_role("button", name="Back to home").click()
    await expect(home.get_by_role("button", name="Check before sharing")).to_be_visible()


@pytest.mark.long
async def test_the_tabs_of_the_app_turn_with_the_arrow_keys_and_keep_each_persons_choice(
    desk: Page, live_demo: Demo
):
    page = desk
    await ask_the_dsl(live_demo)
    home, tab = await open_home(page), page.get_by_role("tab", name="Home")
    await tab.press("ArrowRight")
    messages = page.get_by_role("tab", name="Messages")
    await expect(messages).to_be_focused()
    await expect(messages).to_have_attribute("aria-selected", "true")
    await expect(home).to_be_hidden()
    await expect(page.locator("#messages")).to_be_visible()
    await messages.press("ArrowLeft")
    await expect(tab).to_be_focused()
    await expect(home).to_be_visible()
    await expect(page.locator("#messages")).to_be_hidden()


async def test_whoever_reviews_finds_a_case_on_the_home_page_by_its_reference(
    page: Page, live_demo: Demo
):
    ref = await ask_the_dsl(live_demo)
    await become(page, "DSL")
    home = await open_home(page)
    box = home.get_by_role("textbox", name="Find one by its reference")

    await box.fill("SC-22222")
    await box.press("Enter")
    await expect(home).to_contain_text("There is nothing for you under that reference")
    await box.fill(ref.lower())
    await box.press("Enter")

    await expect(home.get_by_role("button", name="Share", exact=True)).to_be_visible()
    await expect(home).to_contain_text("Asked by")
    await home.get_by_role("button", name="Share", exact=True).click()
    await expect(page.get_by_role("dialog")).to_contain_text("Why have you decided this?")


async def test_an_empty_chat_with_the_app_does_not_point_at_a_button_that_is_not_there(desk: Page):
    await become(desk, "School office")
    await open_conversation(desk, "Sharecheck")
    await desk.get_by_role("tab", name="Messages").click()

    empty = desk.locator("#message-list .empty")
    await expect(empty).to_contain_text("What the app tells you alone comes here")
    await expect(desk.get_by_role("button", name="Run /sharecheck")).to_be_hidden()


async def test_each_line_of_the_home_page_opens_its_own_case(desk: Page, live_demo: Demo):
    first = await ask_the_dsl(live_demo)
    second = await ask_the_dsl(live_demo)
    home = await open_home(desk)

    for ref, other in ((first, second), (second, first)):
        await home.get_by_role("button", name=f"Open {ref}").first.click()
        await expect(home.get_by_role("button", name="Back to home")).to_be_visible()
        await expect(home).to_contain_text(ref)
        await expect(home).not_to_contain_text(other)
        await home.get_by_role("button", name="Back to home").click()


@pytest.mark.long
async def test_the_lightning_button_lists_the_shortcuts_and_gets_the_focus_back(desk: Page):
    page = desk
    bolt = page.get_by_role("button", name="Shortcuts")
    await bolt.press("Enter")
    item = page.get_by_role("menuitem", name="Check before sharing")
    await expect(item).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(item).to_have_count(0)
    await expect(bolt).to_be_focused()
    await expect(bolt).to_have_attribute("aria-expanded", "false")

    await bolt.click()
    await item.click()

    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Next")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(bolt).to_be_focused()


@pytest.mark.long
async def test_the_menu_of_a_message_starts_a_check_that_takes_nothing_from_it(
    page: Page, live_demo: Demo
):
    await live_demo.school.slack.say(pretend.OFFICE, pretend.STAFFROOM, "Bring the tall ladder")
    message = page.get_by_role("article").filter(has_text="Bring the tall ladder")
    await message.get_by_role("button", name="More actions").press("Enter")
    await page.get_by_role("menuitem", name="Check before sharing").press("Enter")

    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Next")).to_be_visible()
    await expect(dialog).not_to_contain_text("ladder")
    assert "ladder" not in str(live_demo.school.workspace.view_for(pretend.TEACHER))


@pytest.mark.long
async def test_naming_the_app_in_a_thread_brings_the_buttons_again_for_oneself(
    desk: Page, live_demo: Demo
):
    await ask_the_dsl(live_demo)
    await become(desk, "DSL")
    await open_conversation(desk, "dsl")
    reply = desk.get_by_role("textbox", name="Reply in this thread")
    await reply.fill("@Sharecheck")
    await reply.press("Enter")

    again = desk.get_by_role("article").filter(has_text="Only you can see this")
    await expect(again.get_by_role("button", name="Share", exact=True)).to_be_visible()
    await expect(desk.get_by_role("article").get_by_text("@Sharecheck")).to_be_visible()


async def test_a_check_is_asked_and_sent_with_the_keyboard_alone(desk: Page, live_demo: Demo):
    pack, keys = live_demo.school.app.desk.pack, desk.keyboard
    await keys.press("Tab")
    await expect(desk.get_by_role("link", name="Skip to the message box")).to_be_focused()
    await keys.press("Enter")
    box = desk.get_by_role("textbox", name="Message")
    await expect(box).to_be_focused()
    await keys.type("/sharecheck")
    await keys.press("Enter")
    dialog = desk.get_by_role("dialog")

    for answers in UNCERTAIN:
        await expect(dialog.locator("form")).not_to_have_class("busy")
        for question, option in answers.items():
            await choose_by_keys(desk, dialog, pack, question, option)
        await tab_to(desk, dialog.get_by_role("button", name="Next"))
        await keys.press("Enter")
    asking = dialog.get_by_label(pack.boxes["asking"].label)
    await tab_to(desk, asking)
    await keys.type("Second-hand, from lunch")
    await tab_to(desk, dialog.get_by_role("button", name="Send"))
    await keys.press("Enter")
    await expect(dialog.get_by_text("Saved as")).to_be_visible()
    await keys.press("Escape")

    await expect(dialog).to_be_hidden()
    await expect(box).to_be_focused()
    (case,) = await live_demo.school.cases()
    assert case.status == "waiting"


async def test_what_is_typed_before_the_school_is_there_is_kept_and_can_then_be_sent(
    desk: Page, live_demo: Demo
):
    come = asyncio.Event()

    async def hold(route: Route) -> None:
        await come.wait()
        await route.continue_()

    await desk.route("**/play/state*", hold)
    await desk.reload()
    box = desk.get_by_role("textbox", name="Message")
    await box.fill("Good morning")
    await box.press("Enter")
    come.set()
    await expect(desk.locator("#who")).to_have_text("Class teacher")
    await expect(box).to_have_value("Good morning")
    await box.press("Enter")

    await expect(desk.get_by_role("article")).to_contain_text("Good morning")
    await expect(box).to_have_value("")


async def tab_to(page: Page, target: Locator, most: int = 40) -> None:
    """Press Tab until the target, or a field of it, has the focus."""
    await target.wait_for()
    for _ in range(most):
        if await target.evaluate("node => node.contains(document.activeElement)"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {target}")


async def choose_by_keys(
    page: Page, dialog: Locator, pack: RulePack, question: str, option: str
) -> None:
    """Come to the question's options with Tab, and to the wanted one with the arrow keys."""
    asked = pack.questions[question]
    label = next(one.label for one in asked.options if one.id == option)
    group = dialog.get_by_role("group", name=asked.text)
    wanted = group.get_by_role("radio", name=label, exact=True)
    await tab_to(page, group)
    await page.keyboard.press("Space")
    for _ in asked.options:
        if await wanted.is_checked():
            return
        await page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrow keys do not come to {option}")
