"""Cards drawn: a template's name and its context become what a chat platform takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, cast

from jinja2 import BaseLoader, Environment, FileSystemLoader, StrictUndefined

from bot.chat import Card, Platform

Json = dict[str, Any]

# What turns the reading direction round, hides, or is no character at all; a line break stays. The
# joiners U+200C and U+200D stay too: emoji and several scripts need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e007f]"
)
_LINE_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"\s+")
_CUT_ENTITY = re.compile("&[a-z]{0,3}$")
_SLACK_USER = re.compile("[UW][A-Z0-9]{1,30}")
# Cards of the walk: the same for everybody who is at that point of it, but for the walk they carry.
_PAGES = frozenset({"page", "outcome", "nearly"})
_PAGES_KEPT = 500
_WALK = "the walk goes here"
_NOTHING = "-"
_ELLIPSIS = "…"
_AS_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Signs that would style text in running words become signs that only look like them.
_AS_SIGNS = str.maketrans({"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"})

_quote = json.JSONEncoder(ensure_ascii=False).encode


class Renderer:
    """Draws cards from `templates/`. Templates are compiled once, on first use or by `warm`."""

    def __init__(self, loader: BaseLoader | None = None) -> None:
        loader = loader or FileSystemLoader(str(files("templates")))
        self._environments = {Platform.SLACK: _environment(loader, _SLACK_FILTERS)}
        self._pages: dict[str, _Page] = {}

    def render(self, card: Card, platform: Platform | str = Platform.SLACK) -> Json:
        """The card as the platform's JSON: a view, or a message with `text` for notifications.

        Raises TemplateNotFound for a card that the platform has no template of, and
        UndefinedError when the context lacks something that the template needs.
        """
        if _is_shared(card, platform):
            return self._page(card).view(card.context["walk"])
        drawn = self._draw(card, platform)
        if "type" not in drawn:
            drawn["text"] = self.say(card, platform)
        return drawn

    def write(self, card: Card, platform: Platform | str = Platform.SLACK) -> str:
        """What `render` gives, written out as JSON text."""
        if _is_shared(card, platform):
            return self._page(card).text(card.context["walk"])
        return json.dumps(self.render(card, platform))

    def say(self, card: Card, platform: Platform | str = Platform.SLACK) -> str:
        """The card in a line of words, for notifications and for faults beside a box."""
        template = self._environments[Platform(platform)].get_template(f"{card.template}/text.j2")
        said = _styled(template.render(card.context, facts=card.context))
        return fit(_SPACES.sub(" ", said).strip(), 3000)

    def warm(self) -> None:
        """Compile every template now (some 0.3 s), so that nobody waits for it later."""
        for environment in self._environments.values():
            for name in environment.list_templates(extensions=["j2"]):
                environment.get_template(name)

    def _draw(self, card: Card, platform: Platform | str) -> Json:
        environment = self._environments[Platform(platform)]
        template = environment.get_template(f"{card.template}/{Platform(platform)}.json.j2")
        drawn: Json = json.loads(template.render(card.context, facts=card.context))
        return drawn

    def _page(self, card: Card) -> _Page:
        """A page for Slack, drawn once for all who see the same; it holds the rule pack's words,
        codes and the school's numbers, and nothing that somebody typed.
        """
        shared = {**card.context, "walk": _WALK}
        key = f"{card.template} {shared}"
        page = self._pages.get(key)
        if page is None:
            if len(self._pages) == _PAGES_KEPT:
                self._pages.clear()
            page = _Page(self._draw(Card(card.template, shared), Platform.SLACK))
            self._pages[key] = page
        return page


def _is_shared(card: Card, platform: Platform | str) -> bool:
    """A page that many see alike; one that holds what somebody typed is kept nowhere."""
    slack = platform == Platform.SLACK and card.template in _PAGES
    return slack and not card.context.get("values")


class _Page:
    """A view that was drawn, into which the walk of whoever is on that page is put."""

    def __init__(self, drawn: Json) -> None:
        self._drawn = drawn
        self._before, self._after = json.dumps(drawn).split(json.dumps(_WALK))

    def view(self, walk: str) -> Json:
        return {**self._drawn, "private_metadata": walk}

    def text(self, walk: str) -> str:
        return f"{self._before}{json.dumps(walk)}{self._after}"


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
    if len(whole) <= most and (whole.isascii() or _units(whole) <= most):
        return whole
    short = whole[: most - 1]
    while _units(short) > most - 1:
        short = short[: -((_units(short) - most + 2) // 2)]
    return _CUT_ENTITY.sub("", short) + _ELLIPSIS


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _tojson(value: object) -> str:
    return _quote(clean(value)) if isinstance(value, str) else json.dumps(value)


def _join(parts: Iterable[object]) -> str:
    """The parts of a JSON list that are there; `condition and part(...)` leaves one out."""
    return ",".join(cast("str", part) for part in parts if part)


def _words(text: str) -> str:
    """Words of the rule pack: `**bold**` and `_slanted_` keep their meaning, nothing else does."""
    return clean(text).translate(_AS_ENTITIES)


def _inline(value: object) -> str:
    """A short plain text inside a sentence, such as a post: no markup in it comes alive."""
    return _words(_SPACES.sub(" ", str(value))).translate(_AS_SIGNS)


def _code(value: object) -> str:
    return "`" + _words(_SPACES.sub(" ", str(value))).replace("`", "\u02cb") + "`"


def _styled(text: str) -> str:
    return text.replace("**", "*")


def _mention(person: Mapping[str, Any] | None) -> str:
    """A person as Slack shows them; by post when they have no account there."""
    if person is None:
        return "somebody"
    if person.get("user") and _SLACK_USER.fullmatch(person["user"]):
        return f"<@{person['user']}>"
    return _inline(person.get("post") or "a colleague")


def _when(seconds: int) -> str:
    """A moment in the reader's own time zone; UTC where the client cannot tell."""
    moment = datetime.fromtimestamp(seconds, UTC)
    fallback = f"{moment.day} {moment:%b %Y, %H:%M} UTC"
    return f"<!date^{int(seconds)}^{{date_short_pretty}} at {{time}}|{fallback}>"


def _day(seconds: int) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {moment:%B %Y}"


def _phone(number: object) -> str:
    """A telephone number to tap. Anything with too few digits, or none, stays text."""
    shown = _words(_SPACES.sub(" ", str(number)).strip()).replace("|", "/")
    digits = re.sub("[^0-9+]", "", shown)
    is_number = re.fullmatch(r"\+?[0-9]{3,15}", digits) and re.fullmatch(r"[\d+() .-]+", shown)
    return f"<tel:{digits}|{shown}>" if is_number else shown.translate(_AS_SIGNS)


def _tappable(text: str, numbers: Mapping[str, str]) -> str:
    """Escaped text in which each of the given telephone numbers can be tapped."""
    known = {_words(number): _phone(number) for number in numbers.values() if number.strip()}
    longest_first = sorted(known, key=len, reverse=True)
    pattern = "|".join(re.escape(number) for number in longest_first)
    return re.sub(pattern, lambda found: known[found[0]], text) if pattern else text


def _email(address: object) -> str:
    shown = _words(str(address).strip())
    is_address = re.fullmatch(r"[\w.+'-]+@[\w-]+(\.[\w-]+)+", shown)
    return f"<mailto:{shown}|{shown}>" if is_address else shown.translate(_AS_SIGNS)


_SLACK_FILTERS: Mapping[str, Callable[..., Any]] = {
    "code": _code,
    "day": _day,
    "email": _email,
    "fit": fit,
    "inline": _inline,
    "join_parts": _join,
    "mention": _mention,
    "phone": _phone,
    "styled": _styled,
    "tappable": _tappable,
    "tojson": _tojson,
    "when": _when,
    "words": _words,
}


class _Environment(Environment):
    """`one.label` means the dict's own entry: faster, and never a method such as `values`."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def _environment(loader: BaseLoader, filters: Mapping[str, Callable[..., Any]]) -> Environment:
    environment = _Environment(
        loader=loader,
        autoescape=False,  # the output is JSON: every expression goes through tojson
        undefined=StrictUndefined,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    return environment
