"""Text as Teams reads it in Adaptive Cards: what is ours comes alive, what was typed does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.card_text import COMMON, ELLIPSIS, SPACES, Filters, as_signs, clean, fit, in_utc

# Teams reads Markdown, HTML, mentions in <at> and `{{DATE(...)}}` in what it shows. Escapes are not
# read alike by all its clients, so that each sign becomes one that only looks like it.
_HARMLESS = str.maketrans(
    {"<": "\u2039", ">": "\u203a", "[": "\uff3b", "]": "\uff3d", "\\": "\u2216"}
)
_FUNCTION = re.compile(r"\{(?=\{)")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_LINK = re.compile("://")
_BEGINS_A_LIST = re.compile(r"^\s*(?:([-+#])|(\d+)([.)]))(?=\s)")
_LOOKS_LIKE = {"-": "\u2010", "+": "\uff0b", "#": "\uff03", ".": "\u2024", ")": "\uff09"}
_EMOJI = {
    "arrow_right": "➡️",
    "arrows_counterclockwise": "🔄",
    "file_folder": "📁",
    "handshake": "🤝",
    "hourglass": "⏳",
    "incoming_envelope": "📨",
    "information_source": "ℹ️",  # noqa: RUF001 - a picture
    "large_orange_circle": "🟠",
    "leftwards_arrow_with_hook": "↩️",
    "lock": "🔒",
    "pencil2": "✏️",
    "red_circle": "🔴",
    "rotating_light": "🚨",
    "speech_balloon": "💬",
    "telephone_receiver": "📞",
    "unlock": "🔓",
    "warning": "⚠️",
    "white_check_mark": "✅",
    "white_circle": "⚪",
}
_EMOJI_CODE = re.compile(rf":({'|'.join(_EMOJI)}):")
_CODE = re.compile("`([^`\n]*)`")
_MOMENT = re.compile(r"\{\{DATE\((\S+?),SHORT\)\}\} at \{\{TIME\(\1\)\}\}")
_LINKED = re.compile(r"\[([^\]]*)\]\((?:tel|mailto):[^)]*\)")
_MARKS = re.compile(r"\*\*|`")
_HALF_MADE = re.compile(r"(?:\{\{[^}]*\}?|\[[^\]]*(?:\](?:\([^)]*)?)?)\u2026$")
_AT_ONCE = re.compile(r"case\.(?:filed|kept|decide\..+)|list\..+|home\.(?!check$).+")


def _with_pictures(text: str) -> str:
    return _EMOJI_CODE.sub(lambda found: _EMOJI[found[1]], text)


def is_at_once(action: str) -> bool:
    """Whether a button does something where it stands; all others open a dialog."""
    return _AT_ONCE.fullmatch(action) is not None


def plain(text: str) -> str:
    """What a card says, where nothing is styled, tapped or worked out: in notifications."""
    text = _LINKED.sub(r"\1", _MOMENT.sub(lambda found: _in_utc(found[1]), text))
    return _MARKS.sub("", _with_pictures(text))


def fit_marked(text: str, most: int) -> str:
    """As `fit`, of a text in which marks are read: none of them is left half."""
    short = fit(text, most)
    if short == text or not short.endswith(ELLIPSIS):
        return short
    short = _HALF_MADE.sub(ELLIPSIS, short)
    return f"{short}**" if short.count("**") % 2 else short


def _in_utc(moment: str) -> str:
    return in_utc(int(datetime.fromisoformat(moment).timestamp()))


def _styled(text: str) -> str:
    """A line of a text: what Slack shows as a picture or as code is a picture here, or bold."""
    return _CODE.sub(r"**\1**", _with_pictures(_begin_no_list(text)))


def _words(text: str) -> str:
    """Words of the rule pack: `**bold**` and `_slanted_` keep their meaning, nothing else does."""
    bare = _ENTITY.sub("\uff06", _FUNCTION.sub("{ ", clean(text)))
    return bare.translate(_HARMLESS).replace("~", "\u223c").replace("`", "\u02cb")


def _inline(value: object) -> str:
    """A short plain text inside a sentence, such as a post: no markup in it comes alive."""
    bare = as_signs(_words(SPACES.sub(" ", str(value))))
    return _begin_no_list(_LINK.sub("\u2236//", bare))


def _begin_no_list(line: str) -> str:
    """Lists of ours have points of their own: no number or dash makes one."""
    return _BEGINS_A_LIST.sub(_as_no_list, line)


def _as_no_list(found: re.Match[str]) -> str:
    sign, number, end = found.groups()
    return _LOOKS_LIKE[sign] if sign else f"{number}{_LOOKS_LIKE[end]}"


def _runs(text: str) -> list[str]:
    """What somebody typed, in pieces none of which holds a `{{`. Runs of text read no Markdown."""
    return _FUNCTION.sub("{\0", clean(text)).split("\0")


def _mention(person: Mapping[str, Any] | None) -> str:
    """A person by post or name: a mention would need to be told to Teams beside the text."""
    if person is None:
        return "somebody"
    return _inline(person.get("post") or person.get("name") or "a colleague")


def _when(seconds: int) -> str:
    """A moment in the reader's own time zone."""
    moment = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return f"{{{{DATE({moment},SHORT)}}}} at {{{{TIME({moment})}}}}"


def _phone(number: object) -> str:
    """A telephone number to tap. Anything with too few digits, or none, stays text."""
    shown = _inline(number).strip()
    digits = re.sub("[^0-9+]", "", shown)
    is_number = re.fullmatch(r"\+?[0-9]{3,15}", digits) and re.fullmatch(r"[\d+() .-]+", shown)
    return f"[{shown}](tel:{digits})" if is_number else shown


def _tappable(text: str, numbers: Mapping[str, str]) -> str:
    """Harmless text in which each of the given telephone numbers can be tapped."""
    known = {_words(number): _phone(number) for number in numbers.values() if number.strip()}
    longest_first = sorted(known, key=len, reverse=True)
    pattern = "|".join(re.escape(number) for number in longest_first)
    return re.sub(pattern, lambda found: known[found[0]], text) if pattern else text


def _email(address: object) -> str:
    given = clean(str(address)).strip()
    is_address = re.fullmatch(r"[a-zA-Z0-9.+'_-]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+", given)
    return f"[{_inline(given)}](mailto:{given})" if is_address else _inline(given)


FILTERS: Filters = {
    **COMMON,
    "code": _inline,
    "email": _email,
    "fit_marked": fit_marked,
    "inline": _inline,
    "is_at_once": is_at_once,
    "mention": _mention,
    "phone": _phone,
    "runs": _runs,
    "styled": _styled,
    "tappable": _tappable,
    "when": _when,
    "words": _words,
}
