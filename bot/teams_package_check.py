"""Microsoft's published rules for a Teams app package, those that can be checked without Teams.

They are the rules of the manifest schema 1.25 and of the icons for what our package has, and three
that the upload enforces beside them: plain version numbers, a full name, https links.
"""

from __future__ import annotations

import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

Manifest = Mapping[str, Any]
Faults = Iterator[str]

FILES = frozenset({"manifest.json", "color.png", "outline.png"})
LARGEST = 1_000_000
"""Bytes; far below what Teams takes, far above what ours has."""
REQUIRED = (
    "$schema", "manifestVersion", "version", "id", "developer", "name", "description", "icons",
    "accentColor",
)  # fmt: skip
KNOWN = frozenset({
    *REQUIRED, "bots", "composeExtensions", "defaultGroupCapability", "defaultInstallScope",
    "permissions", "supportsChannelFeatures", "validDomains",
})  # fmt: skip
LENGTHS = {
    "developer.name": 32,
    "developer.websiteUrl": 2048,
    "developer.privacyUrl": 2048,
    "developer.termsOfUseUrl": 2048,
    "name.short": 30,
    "name.full": 100,
    "description.short": 80,
    "description.full": 4000,
    "icons.color": 2048,
    "icons.outline": 2048,
}
SCOPES = frozenset({"personal", "team", "groupChat", "copilot"})
CONTEXTS = frozenset({"compose", "commandBox", "message"})
PERMISSIONS = frozenset({"identity", "messageTeamMembers"})
MOST_BOT_COMMANDS, MOST_EXTENSION_COMMANDS = 10, 10
_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_VERSION = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_SCHEMA = "https://developer.microsoft.com/json-schemas/teams/v{}/MicrosoftTeams.schema.json"
_RGB, _RGBA = 2, 6


def find_faults(package: bytes) -> tuple[str, ...]:
    """What Teams would refuse in a package, a line each; empty is sound."""
    try:
        with zipfile.ZipFile(BytesIO(package)) as opened:
            files = {entry.filename: opened.read(entry) for entry in opened.infolist()}
            names = opened.namelist()
    except zipfile.BadZipFile:
        return ("package: it is no zip",)
    if sorted(names) != sorted(FILES):
        return (f"package: it holds {', '.join(sorted(names))}; it must hold {_listed(FILES)}",)
    return tuple(_all_faults(package, files))


def _all_faults(package: bytes, files: Mapping[str, bytes]) -> Faults:
    if len(package) > LARGEST:
        yield f"package: {len(package)} bytes; at most {LARGEST}"
    yield from check_icon("color.png", files["color.png"], 192, _is_full)
    yield from check_icon("outline.png", files["outline.png"], 32, _is_white_on_nothing)
    try:
        manifest = json.loads(files["manifest.json"])
    except ValueError:
        yield "manifest.json: it is no JSON"
        return
    yield from check_manifest(manifest)


# ----------------------------------------------------------------------------------- manifest


def check_manifest(manifest: Manifest) -> Faults:
    """The rules for a manifest, each fault with the name of its field."""
    missing = [name for name in REQUIRED if name not in manifest]
    if missing:
        yield from (f"{name}: missing" for name in missing)
        return
    yield from (f"{name}: unknown" for name in sorted(set(manifest) - KNOWN))
    yield from _check_head(manifest)
    yield from _check_lengths(manifest)
    yield from _check_links(manifest)
    yield from _check_choices(manifest)
    for number, bot in enumerate(manifest.get("bots", ())):
        yield from _check_bot(f"bots[{number}]", bot)
    for number, extension in enumerate(manifest.get("composeExtensions", ())):
        yield from _check_extension(f"composeExtensions[{number}]", extension)


def _check_head(manifest: Manifest) -> Faults:
    version = manifest["manifestVersion"]
    if manifest["$schema"] != _SCHEMA.format(version):
        yield f"$schema: it is not the schema of version {version}"
    if not _VERSION.fullmatch(manifest["version"]):
        yield "version: it must be three numbers, such as 1.2.3"
    if not _GUID.fullmatch(manifest["id"]):
        yield "id: it is no GUID"
    if not _COLOUR.fullmatch(manifest["accentColor"]):
        yield "accentColor: it is no colour such as #0f6b5c"
    for kind, name in (("color", "color.png"), ("outline", "outline.png")):
        if manifest["icons"].get(kind) != name:
            yield f"icons.{kind}: it is not {name}"
    for name in ("bots", "composeExtensions"):
        if len(manifest.get(name, ())) > 1:
            yield f"{name}: at most one"


def _check_lengths(manifest: Manifest) -> Faults:
    for path, longest in LENGTHS.items():
        group, name = path.split(".")
        yield from _check_text(path, manifest[group].get(name), longest)


def _check_text(path: str, text: object, longest: int) -> Faults:
    if not isinstance(text, str) or not text.strip():
        yield f"{path}: missing"
    elif len(text) > longest:
        yield f"{path}: {len(text)} characters; at most {longest}"


def _check_links(manifest: Manifest) -> Faults:
    for name in ("websiteUrl", "privacyUrl", "termsOfUseUrl"):
        parts = urlsplit(str(manifest["developer"].get(name, "")))
        if parts.scheme != "https" or not parts.hostname or parts.username:
            yield f"developer.{name}: it is no https address"
    domains = manifest.get("validDomains", ())
    if len(domains) > 100:  # noqa: PLR2004 - the schema's own number
        yield "validDomains: at most 100"
    for domain in domains:
        if "/" in domain or ":" in domain or domain in {"", "*"}:
            yield f"validDomains: {domain!r} is no name of a host"


def _check_choices(manifest: Manifest) -> Faults:
    yield from _check_among("permissions", manifest.get("permissions", ()), PERMISSIONS)
    scope = manifest.get("defaultInstallScope", "personal")
    if scope not in {"personal", "team"}:
        yield f"defaultInstallScope: {scope!r} is none of personal, team"
    if set(manifest.get("defaultGroupCapability", {})) - {"team"}:
        yield "defaultGroupCapability: only for team"
    if manifest.get("supportsChannelFeatures", "tier1") != "tier1":
        yield "supportsChannelFeatures: it is not tier1"


def _check_among(path: str, given: object, allowed: frozenset[str]) -> Faults:
    values = given if isinstance(given, list | tuple) else ()
    if len(set(values)) != len(values):
        yield f"{path}: one is there twice"
    for value in sorted(set(values) - allowed):
        yield f"{path}: {value!r} is none of {_listed(allowed)}"


def _check_bot(path: str, bot: Manifest) -> Faults:
    if not _GUID.fullmatch(str(bot.get("botId"))):
        yield f"{path}.botId: it is no GUID"
    if not bot.get("scopes"):
        yield f"{path}.scopes: missing"
    yield from _check_among(f"{path}.scopes", bot.get("scopes"), SCOPES)
    for number, given in enumerate(bot.get("commandLists", ())):
        where = f"{path}.commandLists[{number}]"
        own = frozenset(bot.get("scopes") or SCOPES)
        yield from _check_among(f"{where}.scopes", given["scopes"], own)
        yield from _check_names(f"{where}.commands", given["commands"], "title")
        if len(given["commands"]) > MOST_BOT_COMMANDS:
            yield f"{where}.commands: at most {MOST_BOT_COMMANDS}"
        for command in given["commands"]:
            yield from _check_words(f"{where}.{command.get('title')}", command)


def _check_extension(path: str, extension: Manifest) -> Faults:
    if not _GUID.fullmatch(str(extension.get("botId"))):
        yield f"{path}.botId: it is no GUID"
    commands = extension.get("commands", ())
    yield from _check_names(f"{path}.commands", commands, "id")
    if not 0 < len(commands) <= MOST_EXTENSION_COMMANDS:
        yield f"{path}.commands: 1 to {MOST_EXTENSION_COMMANDS}"
    for command in commands:
        where = f"{path}.{command.get('id')}"
        yield from _check_text(f"{where}.id", command.get("id"), 64)
        yield from _check_words(where, command)
        yield from _check_among(f"{where}.context", command.get("context"), CONTEXTS)
        if command.get("type") != "action" or command.get("fetchTask") is not True:
            yield f"{where}: an action that fetches its dialog has type action and fetchTask true"


def _check_words(path: str, command: Manifest) -> Faults:
    yield from _check_text(f"{path}.title", command.get("title"), 32)
    yield from _check_text(f"{path}.description", command.get("description"), 128)


def _check_names(path: str, commands: list[Manifest], key: str) -> Faults:
    names = [str(command.get(key)) for command in commands]
    yield from (f"{path}: {name!r} is there twice" for name in set(names) if names.count(name) > 1)


# -------------------------------------------------------------------------------------- icons


def check_icon(name: str, data: bytes, size: int, rule: Callable[[int, bytes], str]) -> Faults:
    """A PNG of so many pixels each way, whose pixels keep a rule."""
    try:
        kind, width, height, pixels = _read_png(data)
    except (ValueError, struct.error, zlib.error):
        yield f"{name}: it is no PNG that can be read"
        return
    if (width, height) != (size, size):
        yield f"{name}: {width} x {height} pixels; it must be {size} x {size}"
    elif wrong := rule(kind, pixels):
        yield f"{name}: {wrong}"


def _is_full(kind: int, _pixels: bytes) -> str:
    return "" if kind == _RGB else "it must be a full square, with nothing transparent"


def _is_white_on_nothing(kind: int, pixels: bytes) -> str:
    if kind != _RGBA:
        return "it must have a transparent background"
    alphas = pixels[3::4]
    colours = {pixels[at : at + 3] for at in range(0, len(pixels), 4) if pixels[at + 3]}
    if colours != {b"\xff\xff\xff"}:
        return "its lines must be white"
    return "" if alphas[0] == 0 and min(alphas) == 0 else "its background must be transparent"


def _read_png(data: bytes) -> tuple[int, int, int, bytes]:
    """Colour type, width, height and pixels of a PNG whose rows are not filtered, as ours are."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError
    width, height, depth, kind, *rest = struct.unpack(">IIBBBBB", data[16:29])
    channels = {_RGB: 3, _RGBA: 4}.get(kind, 0)
    if depth != 8 or not channels or any(rest):  # noqa: PLR2004 - bits of a channel
        raise ValueError
    rows = zlib.decompress(b"".join(_chunks(data, b"IDAT")))
    step = width * channels + 1
    if len(rows) != step * height or any(rows[::step]):
        raise ValueError
    return (
        kind,
        width,
        height,
        b"".join(rows[at + 1 : at + step] for at in range(0, len(rows), step)),
    )


def _chunks(data: bytes, wanted: bytes) -> Iterator[bytes]:
    at = 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (sum_,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        if sum_ != zlib.crc32(name + body):
            raise ValueError
        if name == wanted:
            yield body
        at += 12 + length


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
