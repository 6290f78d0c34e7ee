"""A rule-pack file: where it is, what stands on which line, and its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import yaml

_PACKAGE = "bot.rulepacks"
_SUFFIXES = {".yaml", ".yml"}


class UnknownPack(Exception):
    """Raised when there is no rule pack of that name, or no such file."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name, known)
        self.name = name
        self.known = known


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with a rule pack; `line` is 0 where no single line is to blame."""

    line: int
    place: str
    problem: str


class PackRefused(Exception):
    """Raised when a rule pack cannot be used; `faults` are in the order of the file."""

    def __init__(self, source: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(source, faults)
        self.source = source
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Entry:
    """A value in the file: text, a list or a mapping of entries; and where it stands."""

    value: str | tuple[Entry, ...] | dict[str, Entry]
    line: int
    place: str


@dataclass(slots=True)
class Faults:
    """The faults found so far."""

    found: list[Fault] = field(default_factory=list)

    def add(self, entry: Entry, problem: str, key: str = "") -> None:
        place = " ".join(part for part in (entry.place, key) if part)
        self.found.append(Fault(entry.line, place, problem))


def locate_pack(name_or_path: str | Path) -> tuple[str, bytes]:
    """The name to call a pack by in messages, and its bytes. Raises UnknownPack."""
    if isinstance(name_or_path, Path) or Path(name_or_path).suffix in _SUFFIXES:
        try:
            return str(name_or_path), Path(name_or_path).read_bytes()
        except OSError as error:
            raise UnknownPack(str(name_or_path), known_packs()) from error
    if name_or_path not in known_packs():
        raise UnknownPack(name_or_path, known_packs())
    file = f"{name_or_path}.yaml"
    return file, (resources.files(_PACKAGE) / file).read_bytes()


def known_packs() -> tuple[str, ...]:
    """The names of the rule packs that come with the program."""
    files = (Path(f.name) for f in resources.files(_PACKAGE).iterdir())
    return tuple(sorted(f.stem for f in files if f.suffix == ".yaml"))


def parse(source: str, content: bytes, faults: Faults) -> Entry:
    """The file as entries, everything read as text.

    Raises PackRefused when it is not YAML at all; lesser faults are added to `faults`.
    """
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        node = yaml.compose(content.decode("utf-8"), Loader=loader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise PackRefused(source, (_unreadable(error),)) from error
    if node is None:
        raise PackRefused(source, (Fault(1, "", "the file is empty"),))
    return _Parser(faults).read(node, "")


def digest(entry: Entry) -> str:
    """SHA-256, in hex, of the file's canonical JSON: comments and layout do not count.

    All values are text, so sorted keys and no spaces make it the form of RFC 8785.
    """
    text = json.dumps(plain(entry), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def plain(entry: Entry) -> object:
    """The entry without its lines: text, lists and mappings."""
    if isinstance(entry.value, str):
        return entry.value
    if isinstance(entry.value, tuple):
        return [plain(item) for item in entry.value]
    return {key: plain(item) for key, item in entry.value.items()}


def _unreadable(error: Exception) -> Fault:
    if isinstance(error, UnicodeDecodeError):
        return Fault(1 + error.object[: error.start].count(b"\n"), "", "not UTF-8 text")
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return Fault(mark.line + 1 if mark else 0, "", f"not YAML: {problem}")


class _Parser:
    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.seen: set[int] = set()

    def read(self, node: yaml.Node, place: str) -> Entry:
        line = node.start_mark.line + 1
        if isinstance(node, yaml.ScalarNode):
            return Entry(node.value, line, place)
        if id(node) in self.seen:
            entry = Entry("", line, place)
            self.faults.add(entry, "a rule pack has no aliases: write it out")
            return entry
        self.seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return Entry(tuple(self._items(node, place)), line, place)
        return Entry(self._pairs(node, place), line, place)

    def _items(self, node: yaml.SequenceNode, place: str) -> Iterator[Entry]:
        for number, item in enumerate(node.value, start=1):
            yield self.read(item, f"{place} {_name(item) or number}".strip())

    def _pairs(self, node: yaml.Node, place: str) -> dict[str, Entry]:
        pairs: dict[str, Entry] = {}
        for key, value in node.value:
            entry = self.read(value, f"{place} {key.value}".strip())
            if key.value in pairs:
                self.faults.add(
                    Entry("", key.start_mark.line + 1, place), f"{key.value} is there twice"
                )
            elif isinstance(key, yaml.ScalarNode):
                pairs[key.value] = entry
            else:
                self.faults.add(entry, "a key must be text")
        return pairs


def _name(node: yaml.Node) -> str | None:
    """What to call a list's item: its first value, as in `row 14` of the table."""
    if not isinstance(node, yaml.MappingNode) or not node.value:
        return None
    key, value = node.value[0]
    scalars = isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)
    return str(value.value) if scalars else None
