"""Cards drawn: a template's name and its context become what a chat platform takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from jinja2 import BaseLoader, Environment, FileSystemLoader, StrictUndefined, Template

from bot import cards_slack, cards_teams, cards_teams_fit
from bot.card_text import SPACES, clean, fit
from bot.chat import Card, Platform
from bot.quick_json import write_json

__all__ = ["Json", "Renderer", "clean", "fit"]

Json = dict[str, Any]

# Cards of the walk: the same for everybody who is at that point of it, but for the walk they carry.
_PAGES = frozenset({"page", "outcome", "nearly"})
_PAGES_KEPT = 500
_WALK = "the walk goes here".ljust(3000, ".")
"""As long as a walk may be, so that a card with a real one is no larger."""
_NAMES = {Platform.SLACK: "Slack", Platform.TEAMS: "Teams"}
"""What people call the chat they are in."""


class Renderer:
    """Draws cards from `templates/`. Templates are compiled once, on first use or by `warm`."""

    def __init__(self, loader: BaseLoader | None = None) -> None:
        loader = loader or FileSystemLoader(str(files("templates")))
        self._environments = {
            Platform.SLACK: _environment(loader, Platform.SLACK, cards_slack.FILTERS),
            Platform.TEAMS: _environment(loader, Platform.TEAMS, cards_teams.FILTERS),
        }
        self._templates: dict[tuple[Platform, str], Template] = {}
        self._pages: dict[tuple[Platform, str, bytes], _Page] = {}

    def render(self, card: Card, platform: Platform | str = Platform.SLACK) -> Json:
        """The card as the platform's JSON: a page of a dialog, or a message.

        On Slack a page is a view, and a message has `text` for notifications. On Teams a page is
        `title` and `card`, and a message an activity with a card in it; what stands in the context
        as `values` and `errors`, by field, is filled in. Raises TemplateNotFound for a card that
        there is no template of, and UndefinedError when the context lacks something it needs.
        """
        platform = Platform(platform)
        if _is_shared(card):
            return self._page(card, platform).view(card.context["walk"])
        drawn = self._draw(card, platform)
        if platform is Platform.TEAMS:
            return self._finish(card, drawn)
        if "type" not in drawn:
            drawn["text"] = self.say(card, platform)
        return drawn

    def write(self, card: Card, platform: Platform | str = Platform.SLACK) -> str:
        """What `render` gives, written out as JSON text."""
        if _is_shared(card):
            return self._page(card, Platform(platform)).text(card.context["walk"])
        return json.dumps(self.render(card, platform))

    def write_dialog(self, card: Card) -> tuple[str, str]:
        """A page of a dialog on Teams: its title, and its card written out as JSON text."""
        if _is_shared(card):
            return self._page(card, Platform.TEAMS).dialog(card.context["walk"])
        drawn = self.render(card, Platform.TEAMS)
        return drawn["title"], json.dumps(drawn["card"])

    def say(self, card: Card, platform: Platform | str = Platform.SLACK) -> str:
        """The card in a line of words, for notifications and for faults beside a box."""
        platform = Platform(platform)
        template = self._environments[platform].get_template(f"{card.template}/text.j2")
        said = template.render(card.context, facts=card.context)
        plain = cards_slack.styled if platform is Platform.SLACK else cards_teams.plain
        return fit(SPACES.sub(" ", plain(said)).strip(), 3000)

    def warm(self, *platforms: Platform) -> None:
        """Compile every template now (some 0.3 s a platform), so that nobody waits for it later."""
        for platform in platforms or Platform:
            environment = self._environments[platform]
            other = next(one for one in Platform if one is not platform)
            for name in environment.list_templates(extensions=["j2"]):
                if f"{other}." not in name:
                    environment.get_template(name)

    def _draw(self, card: Card, platform: Platform) -> Json:
        template = self._template_of(card, platform)
        drawn: Json = json.loads(template.render(card.context, facts=card.context))
        return drawn

    def _template_of(self, card: Card, platform: Platform) -> Template:
        """The platform's own template where there is one, else the one of all."""
        found = self._templates.get((platform, card.template))
        if found is None:
            names = [f"{card.template}/{which}.json.j2" for which in (platform, "card")]
            found = self._environments[platform].select_template(names)
            self._templates[platform, card.template] = found
        return found

    def _finish(self, card: Card, drawn: Json) -> Json:
        """A card of Teams with its boxes filled in, its faults, and the line for notifications."""
        page = drawn.get("card") or drawn["attachments"][0]["content"]
        values, errors = card.context.get("values") or {}, card.context.get("errors") or {}
        cards_teams_fit.finish(page, values, errors, self._draw_marks)
        if "card" not in drawn:
            drawn["summary"] = self.say(card, Platform.TEAMS)
        return drawn

    def _draw_marks(self, errors: Mapping[str, str]) -> Json:
        parts: Any = self._environments[Platform.TEAMS].get_template("parts.teams.j2").module
        marks: Json = json.loads(parts.marks(errors))
        return marks

    def _page(self, card: Card, platform: Platform) -> _Page:
        """A page that was drawn once for all who see the same; it holds the rule pack's words,
        codes and the school's numbers, and nothing that somebody typed.
        """
        key = platform, card.template, write_json({**card.context, "walk": ""})
        page = self._pages.get(key)
        if page is None:
            if len(self._pages) == _PAGES_KEPT:
                self._pages.clear()
            shared = Card(card.template, {**card.context, "walk": _WALK})
            drawn = self._draw(shared, platform)
            if platform is Platform.TEAMS:
                drawn = self._finish(shared, drawn)
            page = self._pages[key] = _Page(drawn)
        return page


def _is_shared(card: Card) -> bool:
    """A page that many see alike; one that holds what somebody typed is kept nowhere."""
    own = card.context.get("values") or card.context.get("errors")
    return card.template in _PAGES and not own


class _Page:
    """A page that was drawn, into which the walk of whoever is on it is put."""

    def __init__(self, drawn: Json) -> None:
        self._drawn = drawn
        self._parts = json.dumps(drawn).split(json.dumps(_WALK))
        self._card = json.dumps(drawn.get("card")).split(json.dumps(_WALK))

    def view(self, walk: str) -> Json:
        if "private_metadata" in self._drawn:
            return {**self._drawn, "private_metadata": walk}
        whole: Json = json.loads(self.text(walk))
        return whole

    def text(self, walk: str) -> str:
        return json.dumps(walk).join(self._parts)

    def dialog(self, walk: str) -> tuple[str, str]:
        return self._drawn["title"], json.dumps(walk).join(self._card)


class _Environment(Environment):
    """`one.label` means the dict's own entry: faster, and never a method such as `values`."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def _environment(
    loader: BaseLoader, platform: Platform, filters: Mapping[str, Callable[..., Any]]
) -> Environment:
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
    environment.globals.update(parts=f"parts.{platform}.j2", platform=_NAMES[platform])
    return environment
