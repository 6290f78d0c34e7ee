"""What the demo's page says of the program behind it; the words themselves are in the YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

OTHER = "other"
_FILE = Path(__file__).with_name("demo_words.yaml")


class Words:
    """Sentences by section and name; `zone` is the one in which moments are told."""

    def __init__(self, sections: Mapping[str, Any], zone: ZoneInfo) -> None:
        self._sections = sections
        self._zone = zone

    @classmethod
    def read(cls, time_zone: str) -> Words:
        return cls(yaml.safe_load(_FILE.read_text("utf-8")), ZoneInfo(time_zone))

    def say(self, *path: str, **facts: object) -> str:
        """The sentence under a path such as `clock`, `pushed`; `facts` fill its gaps.

        One that is not there is the section's `other`, or else the last name itself in words.
        """
        found: Any = self._sections
        for name in path[:-1]:
            found = found.get(name, {})
        sentence = found.get(path[-1], found.get(OTHER)) or path[-1].replace("_", " ")
        return str(sentence).format(**facts)

    def has(self, *path: str) -> bool:
        """Whether a sentence of its own is under a path."""
        found: Any = self._sections
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found is not None

    def count(self, section: str, name: str, count: int, **facts: object) -> str:
        """A sentence about so many: the one named `<name>_one` where it is one."""
        chosen = f"{name}_one" if count == 1 else name
        return self.say(section, chosen, count=count, **facts)

    def moment(self, at: datetime) -> str:
        """A moment as people say it: Friday 27 November, 15:30."""
        local = at.astimezone(self._zone)
        return f"{local:%A} {local.day} {local:%B, %H:%M}"
