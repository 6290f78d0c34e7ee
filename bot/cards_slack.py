"""Text as Slack reads it in running words: what is ours comes alive, what was typed does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.card_text import COMMON, SPACES, Filters, as_signs, clean, in_utc

_USER = re.compile("[UW][A-Z0-9]{1,30}")
_AS_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def styled(text: str) -> str:
    """The marks of the rule pack as Slack's own."""
    return text.replace("**", "*")


def _words(text: str) -> str:
    """Words of the rule pack: `**bold**` and `_slanted_` keep their meaning, nothing else does."""
    return clean(text).translate(_AS_ENTITIES)


def _inline(value: object) -> str:
    """A short plain text inside a sentence, such as a post: no markup in it comes alive."""
    return as_signs(_words(SPACES.sub(" ", str(value))))


def _code(value: object) -> str:
    return "`" + _words(SPACES.sub(" ", str(value))).replace("`", "\u02cb") + "`"


def _mention(person: Mapping[str, Any] | None) -> str:
    """A person as Slack shows them; by post or name when they have no account there."""
    if person is None:
        return "somebody"
    if person.get("user") and _USER.fullmatch(person["user"]):
        return f"<@{person['user']}>"
    return _inline(person.get("post") or person.get("name") or "a colleague")


def _when(seconds: int) -> str:
    """A moment in the reader's own time zone; UTC where the client cannot tell."""
    fallback = in_utc(seconds)
    return f"<!date^{int(seconds)}^{{date_short_pretty}} at {{time}}|{fallback}>"


def _phone(number: object) -> str:
    """A telephone number to tap. Anything with too few digits, or none, stays text."""
    shown = _words(SPACES.sub(" ", str(number)).strip()).replace("|", "/")
    digits = re.sub("[^0-9+]", "", shown)
    is_number = re.fullmatch(r"\+?[0-9]{3,15}", digits) and re.fullmatch(r"[\d+() .-]+", shown)
    return f"<tel:{digits}|{shown}>" if is_number else as_signs(shown)


def _tappable(text: str, numbers: Mapping[str, str]) -> str:
    """Escaped text in which each of the given telephone numbers can be tapped."""
    known = {_words(number): _phone(number) for number in numbers.values() if number.strip()}
    longest_first = sorted(known, key=len, reverse=True)
    pattern = "|".join(re.escape(number) for number in longest_first)
    return re.sub(pattern, lambda found: known[found[0]], text) if pattern else text


def _email(address: object) -> str:
    shown = _words(str(address).strip())
    is_address = re.fullmatch(r"[\w.+'-]+@[\w-]+(\.[\w-]+)+", shown)
    return f"<mailto:{shown}|{shown}>" if is_address else as_signs(shown)


FILTERS: Filters = {
    **COMMON,
    "code": _code,
    "email": _email,
    "inline": _inline,
    "mention": _mention,
    "phone": _phone,
    "styled": styled,
    "tappable": _tappable,
    "when": _when,
    "words": _words,
}
