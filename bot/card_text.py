"""Text for cards on any platform: clean, cut to what fits, and written as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

Filters = Mapping[str, Callable[..., Any]]

# What turns the reading direction round, hides, or is no character at all; a line break stays. The
# joiners U+200C and U+200D stay too: emoji and several scripts need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e007f]"
)
_LINE_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
SPACES = re.compile(r"\s+")
_CUT_ENTITY = re.compile("&[a-z]{0,3}$")
_NOTHING = "-"
ELLIPSIS = "…"

# Signs that would style text in running words become signs that only look like them.
_AS_SIGNS = str.maketrans({"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"})

_quote = json.JSONEncoder(ensure_ascii=False).encode


def clean(text: str) -> str:
    """Text without control characters, turned reading direction and lone surrogates."""
    if text.isascii() and text.isprintable():
        return text
    return _UNWANTED.sub("", _LINE_BREAKS.sub("\n", text))


def fit(text: object, most: int) -> str:
    """Clean text of 1 to `most` UTF-16 units, cut with an ellipsis: platforms refuse empty text."""
    whole = clean(str(text))
    if len(whole) <= most and whole.isascii() and whole[:1].isalnum():
        return whole
    if not whole.strip():
        return _NOTHING
    if len(whole) <= most and (whole.isascii() or units(whole) <= most):
        return whole
    short = whole[: most - 1]
    while units(short) > most - 1:
        short = short[: -((units(short) - most + 2) // 2)]
    return _CUT_ENTITY.sub("", short) + ELLIPSIS


def units(text: str) -> int:
    """Its length as platforms count it: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def tojson(value: object) -> str:
    return _quote(clean(value)) if isinstance(value, str) else json.dumps(value)


def join_parts(parts: Iterable[object]) -> str:
    """The parts of a JSON list that are there; `condition and part(...)` leaves one out."""
    return ",".join(cast("str", part) for part in parts if part)


def day(seconds: int) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {moment:%B %Y}"


def as_signs(text: str) -> str:
    """Text in which nothing is styled: each mark becomes a sign that only looks like it."""
    return text.translate(_AS_SIGNS)


def in_utc(seconds: int) -> str:
    """A moment for readers whose time zone nobody knows."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


COMMON: Filters = {"day": day, "fit": fit, "join_parts": join_parts, "tojson": tojson}
"""The filters that are the same on every platform."""
