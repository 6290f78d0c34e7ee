"""Reading entries of a rule-pack file: what is missing, unknown or too long becomes a fault."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from bot.rulepack_file import Entry, Faults

PLACEHOLDERS: Final = frozenset(
    {
        "conditions",
        "contact",
        "directory_number",
        "doubt",
        "kind",
        "lado",
        "number",
        "number_out_of_hours",
        "post",
        "recipient",
        "requester",
        "route",
        "told",
        "why",
    }
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads entries and goes on after a fault, so that one run names them all."""

    faults: Faults

    def pairs(self, entry: Entry) -> dict[str, Entry]:
        """The entry as a mapping; a fault, and nothing, when it is not one."""
        if isinstance(entry.value, dict):
            return entry.value
        self.faults.add(entry, "should be a mapping of names to values")
        return {}

    def fields(
        self, entry: Entry, required: Collection[str], optional: Collection[str] = ()
    ) -> dict[str, Entry]:
        """The entry's fields; what is missing is a fault and reads as empty text."""
        pairs = self.pairs(entry)
        for key in pairs:
            if key not in required and key not in optional:
                self.faults.add(pairs[key], "not known here")
        for key in required:
            if key not in pairs:
                self.faults.add(entry, f"{key} is missing")
        nothing = {key: Entry("", entry.line, "") for key in required if key not in pairs}
        return {**pairs, **nothing}

    def items(self, entry: Entry) -> tuple[Entry, ...]:
        """The entry as a list; a single value is a list of one."""
        return entry.value if isinstance(entry.value, tuple) else (entry,)

    def text(self, entry: Entry, limit: int = 3000, *, blank: bool = False) -> str:
        """The entry as text of at most `limit` characters."""
        if not isinstance(entry.value, str):
            self.faults.add(entry, "should be text")
            return ""
        if not entry.value.strip() and not blank and entry.place:
            self.faults.add(entry, "is empty")
        if len(entry.value) > limit:
            self.faults.add(entry, f"has {len(entry.value)} characters, the limit is {limit}")
        return entry.value

    def words(self, entry: Entry, limit: int = 3000) -> str:
        """Text whose `{...}` the product knows how to fill in."""
        text = self.text(entry, limit)
        for name in re.findall(r"{([^{}]*)}", text):
            if name not in PLACEHOLDERS:
                self.faults.add(entry, f"{{{name}}} is not something the product fills in")
        return text

    def texts(self, entry: Entry, known: Collection[str], what: str) -> tuple[str, ...]:
        """A text or a list of texts, each one of `known`, none twice."""
        found: list[str] = []
        for item in self.items(entry):
            text = self.text(item)
            if text not in known:
                self.faults.add(entry, f"{text!r} is not {what}")
            elif text in found:
                self.faults.add(entry, f"{text!r} is there twice")
            else:
                found.append(text)
        return tuple(found)

    def one(self, entry: Entry, known: Collection[str], what: str) -> str:
        """A text that is one of `known`."""
        text = self.text(entry)
        if entry.place and text not in known:
            self.faults.add(entry, f"{text!r} is not {what}")
        return text

    def number(self, entry: Entry) -> int:
        """A whole number, not negative."""
        text = self.text(entry)
        if text.isascii() and text.isdigit():
            return int(text)
        if entry.place:
            self.faults.add(entry, f"{text!r} is not a number")
        return 0

    def has(self, entry: Entry, keys: Collection[str]) -> Mapping[str, Entry]:
        """A mapping that holds at least `keys`: the product needs them."""
        pairs = self.pairs(entry)
        for key in keys:
            if key not in pairs:
                self.faults.add(entry, f"{key} is missing")
        return pairs
