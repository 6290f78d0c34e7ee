"""The app package that a school uploads to Microsoft Teams: a manifest and two icons in a zip."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from importlib import resources
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import yaml

from bot.teams_icons import draw_colour_icon, draw_outline_icon
from bot.teams_package_check import find_faults

MANIFEST, COLOUR, OUTLINE = "manifest.json", "color.png", "outline.png"
LONGEST_DEVELOPER = 32
"""Characters that Teams allows in the name of who made the app."""
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of each file in the zip: the same settings give the same bytes."""
_READABLE = 0o644 << 16


class PackageRefused(Exception):
    """Raised when the package would break Microsoft's rules; `faults` says each in a line."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Links:
    """Where people read about the app; Teams shows all three and wants https."""

    website: str
    privacy: str
    terms: str


@dataclass(frozen=True)
class AppFacts:
    """What of the manifest differs between one school and another.

    `app_id` is the Entra application's id; `version` the program's; `address` is where Teams
    reaches this installation, if it has been told.
    """

    app_id: str
    version: str
    developer: str
    links: Links
    address: str | None = None


def build_package(facts: AppFacts) -> bytes:
    """The zip, the same bytes for the same facts. Raises PackageRefused where it would be bad."""
    files = {
        MANIFEST: json.dumps(build_manifest(facts), indent=2, ensure_ascii=False).encode() + b"\n",
        COLOUR: draw_colour_icon(),
        OUTLINE: draw_outline_icon(),
    }
    package = _zip(files)
    if faults := find_faults(package):
        raise PackageRefused(faults)
    return package


def build_manifest(facts: AppFacts) -> dict[str, Any]:
    """The manifest: what is written down in `teams_manifest.yaml`, filled with a school's facts."""
    given = read_words()
    app_id = facts.app_id.lower()
    commands = [{"title": word, "description": what} for word, what in given["words"].items()]
    scopes = given["scopes"]
    bot = {
        "botId": app_id,
        "scopes": list(scopes),
        "commandLists": [{"scopes": list(scopes), "commands": commands}],
    }
    manifest: dict[str, Any] = deepcopy(given["manifest"])
    return manifest | {
        "id": app_id,
        "version": facts.version,
        "developer": _developer(facts),
        "bots": [bot],
        "composeExtensions": [{"botId": app_id, "commands": [given["command"]]}],
        "validDomains": _domains(facts.address),
    }


def read_words() -> dict[str, Any]:
    """What the package says of itself in every school: `teams_manifest.yaml`, as it is written."""
    text = resources.files("bot").joinpath("teams_manifest.yaml").read_text("utf-8")
    given: dict[str, Any] = yaml.safe_load(text)
    return given


def shorten(name: str) -> str:
    """A name in at most 32 characters, cut between words where that can be."""
    if len(name) <= LONGEST_DEVELOPER:
        return name
    cut = name[: LONGEST_DEVELOPER - 1]
    whole = cut.rsplit(" ", 1)[0] if " " in cut else cut
    return f"{whole.rstrip(' ,.-')}…"


def _developer(facts: AppFacts) -> dict[str, str]:
    return {
        "name": shorten(facts.developer),
        "websiteUrl": facts.links.website,
        "privacyUrl": facts.links.privacy,
        "termsOfUseUrl": facts.links.terms,
    }


def _domains(address: str | None) -> list[str]:
    host = urlsplit(address).hostname if address else None
    return [host] if host else []


def _zip(files: Mapping[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = _READABLE
            package.writestr(entry, data)
    return out.getvalue()
