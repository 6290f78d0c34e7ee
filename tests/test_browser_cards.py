"""Adaptive Cards as the page's Teams side draws them, in a real browser; here no bot is behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from playground import school as pretend
from playground import teams_school as there
from playground.server import build
from playground.teams_client import TeamsClient
from playground.teams_residents import ADAPTIVE
from playground.teams_tenant import Tenant
from tests.browsing import DESKTOP, open_conversation, open_page, see_teams
from tests.quick_server import served

Json = dict[str, Any]
pytestmark = pytest.mark.long
HOSTILE = "<img src=x onerror=alert(1)> **not bold** [x](https://example.org) {{TIME(2026-01-02)}}"


@dataclass
class Board:
    """The staff channel of a tenant, on which a test hangs cards."""

    tenant: Tenant
    page: Page

    async def hang(self, *body: Json, actions: tuple[Json, ...] = ()) -> Locator:
        """Post a card as the bot, and give its drawing."""
        card = {"type": "AdaptiveCard", "version": "1.5", "body": list(body)}
        if actions:
            card["actions"] = list(actions)
        message = {"attachments": [{"contentType": ADAPTIVE, "content": card}]}
        drawn = self.page.locator("#teams-chat .card")
        before = await drawn.count()
        self.tenant.post(there.STAFF_CHANNEL, self.tenant.app.account, message, from_app=True)
        await expect(drawn).to_have_count(before + 1)
        return drawn.last


@pytest.fixture
async def board() -> AsyncIterator[Board]:
    workspace, tenant = pretend.open_school(), there.open_tenant()
    application = build(workspace, "", "secret", teams=TeamsClient(tenant, ""))
    async with served(application) as address, open_page(address, DESKTOP) as page:
        await see_teams(page)
        await open_conversation(page, "Staff room")
        yield Board(tenant, page)


def text(words: str, **more: Any) -> Json:
    return {"type": "TextBlock", "text": words, "wrap": True, **more}


async def test_a_text_has_its_little_markdown_and_whatever_is_escaped_stays_as_typed(board: Board):
    drawn = await board.hang(
        text("**Bold**, _slanted_ and \\*neither\\* of a_b_c [words](https://example.org/x)"),
        text("Before:\n- first\n- second\n\nAfter"),
    )

    await expect(drawn.get_by_text("Bold", exact=True)).to_have_css("font-weight", "700")
    await expect(drawn.locator("em")).to_have_text(["slanted"])
    await expect(drawn).to_contain_text("*neither* of a_b_c words")
    await expect(drawn.get_by_role("link")).to_have_attribute("href", "https://example.org/x")
    await expect(drawn.get_by_role("listitem")).to_have_text(["first", "second"])
    await expect(drawn.locator("p").last).to_have_text("After")


async def test_a_run_of_text_knows_no_markdown_and_no_html(board: Board):
    run = {"type": "TextRun", "text": HOSTILE}
    drawn = await board.hang({"type": "RichTextBlock", "inlines": [run]}, text("<b>x</b>"))

    await expect(drawn).to_contain_text(HOSTILE)
    await expect(drawn).to_contain_text("<b>x</b>")
    await expect(drawn.locator("img, a, strong, b")).to_have_count(0)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/x"])
async def test_a_link_to_what_is_no_web_page_is_words_only(board: Board, address: str):
    drawn = await board.hang(
        text(f"[press](<{address}>) [me]({address})".replace("(1)", "%281%29")),
        {
            "type": "ActionSet",
            "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": address}],
        },
    )

    await expect(drawn.get_by_role("link")).to_have_count(0)
    await expect(drawn.get_by_role("button", name="Open")).to_be_disabled()


async def test_moments_are_written_out_as_the_clock_of_this_machine_has_them(board: Board):
    moment = "2026-11-05T12:00:00Z"
    drawn = await board.hang(text(f"{{{{DATE({moment}, LONG)}}}} and {{{{DATE(nonsense)}}}}"))

    await expect(drawn).to_have_text("Thursday, 5 November 2026 and {{DATE(nonsense)}}")


async def test_what_cannot_be_drawn_gives_way_to_its_fallback(board: Board):
    drawn = await board.hang(
        {"type": "Chart.Donut", "fallback": text("In words")},
        {"type": "Chart.Line", "fallback": "drop"},
        {"type": "constructor"},
    )

    await expect(drawn).to_have_text("In wordsThis page cannot show “constructor”.")


async def test_boxes_and_choices_have_names_for_those_who_listen(board: Board):
    choices = [{"title": "Yes", "value": "yes"}, {"title": "No", "value": "no"}]
    ask = {"type": "Input.ChoiceSet", "choices": choices, "style": "expanded"}
    drawn = await board.hang(
        {**ask, "id": "q.one", "label": "Is it so?", "value": "no"},
        {**ask, "id": "q.many", "label": "Which?", "isMultiSelect": True, "value": "yes,no"},
        {**ask, "id": "f.list", "label": "From a list", "style": "compact", "value": "yes"},
        {"type": "Input.Text", "id": "f.reason", "label": "Why?", "isMultiline": True},
        {"type": "FactSet", "facts": [{"title": "Asked by", "value": "**Class teacher**"}]},
    )

    one, many = (drawn.get_by_role("group", name=name) for name in ("Is it so?", "Which?"))
    await expect(one.get_by_role("radio", name="No", exact=True)).to_be_checked()
    await expect(many.get_by_role("checkbox", checked=True)).to_have_count(2)
    await expect(drawn.get_by_role("combobox", name="From a list")).to_have_value("yes")
    await expect(drawn.get_by_role("textbox", name="Why?")).to_be_editable()
    await expect(drawn.get_by_role("definition")).to_have_text("Class teacher")


async def test_a_button_unfolds_its_card_one_at_a_time(board: Board):
    def unfold(title: str) -> Json:
        card = {"type": "AdaptiveCard", "body": [text(f"About {title}")]}
        return {"type": "Action.ShowCard", "title": title, "card": card}

    drawn = await board.hang(actions=(unfold("first"), unfold("second")))
    first, second = (drawn.get_by_role("button", name=name) for name in ("first", "second"))
    await expect(drawn.get_by_text("About first")).to_be_hidden()
    await first.press("Enter")
    await expect(drawn.get_by_text("About first")).to_be_visible()
    await expect(first).to_have_attribute("aria-expanded", "true")

    await second.press("Enter")

    await expect(drawn.get_by_text("About second")).to_be_visible()
    await expect(drawn.get_by_text("About first")).to_be_hidden()
    await expect(first).to_have_attribute("aria-expanded", "false")


async def test_what_is_being_typed_in_a_card_outlives_other_news(board: Board):
    drawn = await board.hang({"type": "Input.Text", "id": "f.reason", "label": "Why?"})
    box = drawn.get_by_role("textbox", name="Why?")
    await box.fill("They need it")

    await board.hang(text("Something else"))

    await expect(board.page.get_by_role("textbox", name="Why?")).to_have_value("They need it")


async def test_an_app_that_does_not_answer_is_told_in_a_line_that_can_be_dismissed(board: Board):
    await board.page.get_by_role("group", name="Apps").get_by_role("button").click()
    line = board.page.get_by_role("alert").filter(has_text="Unable to reach app")
    await expect(line).to_be_visible()

    await line.get_by_role("button", name="Dismiss").press("Enter")

    await expect(line).to_have_count(0)
