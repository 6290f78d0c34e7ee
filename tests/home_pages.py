"""The home page in a test: opened, read, pressed, searched."""

from __future__ import annotations

from typing import Any

from bot.case import Case
from playground.inputs import NoSuchInputError, find_element
from tests.drawn import buttons
from tests.pretend_school import PretendSchool, words_of

SEARCH = "home.search"


async def open_home(school: PretendSchool, person: str) -> str:
    """Open the app's home page, and give what it says."""
    await school.slack.open_home(person)
    await school.app.slack.edge.finish()
    return said(school, person)


async def press(school: PretendSchool, person: str, action: str, value: str = "") -> str:
    """Press the first such button (with this value), and give what the page says then."""
    found = [b for b in shown_buttons(school, person) if b["action_id"] == action]
    one = next((b for b in found if b.get("value", "") == value or not value), None)
    assert one is not None, f"there is no button {action} {value}"
    await send_press(school, person, one)
    return said(school, person)


async def send_press(school: PretendSchool, person: str, action: dict[str, Any]) -> None:
    """Send what Slack would send for a button of the page, be it there or not."""
    page = school.workspace.homes[person]
    body = school.slack._payloads.view_action(person, page, {"block_id": "b", **action})
    await school.slack.carrier.send(body)
    await school.app.slack.edge.finish()


async def search(school: PretendSchool, person: str, text: str) -> str:
    """Type a reference and press Enter."""
    await school.slack.press_home(person, SEARCH, text)
    await school.app.slack.edge.finish()
    return said(school, person)


def said(school: PretendSchool, person: str) -> str:
    return words_of(blocks(school, person))


def blocks(school: PretendSchool, person: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = school.workspace.homes[person].body["blocks"]
    return found


def shown_buttons(school: PretendSchool, person: str) -> list[dict[str, Any]]:
    return list(buttons(blocks(school, person)))


def offered(school: PretendSchool, person: str, case: Case | None = None) -> list[str]:
    """The buttons of the page, in order (for this case)."""
    values = {case.id, f"case.{case.id}"} if case else set()
    found = shown_buttons(school, person)
    return [b["action_id"] for b in found if not case or b.get("value") in values]


def has_search(school: PretendSchool, person: str) -> bool:
    try:
        find_element(blocks(school, person), SEARCH)
    except NoSuchInputError:
        return False
    return True


def section(school: PretendSchool, person: str, name: str) -> str:
    """What stands on the overview under a heading, up to the next line across."""
    found, inside = [], False
    for block in blocks(school, person):
        words = words_of(block)
        if block["type"] == "divider":
            inside = False
        elif words.startswith(f"*{name}*"):
            inside = True
        if inside:
            found.append(words)
    return "\n".join(found)


def published(school: PretendSchool) -> int:
    """How many home pages were shown."""
    return len([c for c in school.workspace.calls_of("views.publish") if c.error is None])
