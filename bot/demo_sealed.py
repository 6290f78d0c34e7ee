"""What is sealed in the demo's rows: the bytes as they lie there, and what the key opens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Row

from bot.demo_words import Words
from bot.people import School
from playground.school import POSTS
from storage.errors import NONSENSE, KeyMissing, Unreadable
from storage.ledger import read_event
from storage.outbox import beside
from storage.records import open_case, plain_text
from storage.vault import Box, Vault, WrappedKey

BYTES_SHOWN = 48
"""Of a ciphertext; the rest looks the same."""
LONGEST = 300
"""Letters of one opened text that are shown."""

Json = dict[str, Any]
_Fields = Iterable[tuple[str, str]]


class Opener:
    """Opens what is sealed with the school's keys, as the program does, for the demo's page."""

    def __init__(self, vault: Vault, school: School, words: Words) -> None:
        self._vault = vault
        self._words = words
        accounts = ((person.id, account) for person in school.people for account in person.accounts)
        self._posts = {person: POSTS[a.user] for person, a in accounts if a.user in POSTS}

    def open_case(self, row: Row[Any], key: Row[Any] | None) -> Json | None:
        """What people wrote in a case, and who they are."""

        def opened() -> _Fields:
            plain = open_case(row._mapping, self._box(row.school, key), plain_text(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name
            return self._case_fields(json.loads(plain))

        return self._show(row.sealed, opened)

    def open_entry(self, row: Row[Any], key: Row[Any] | None) -> Json | None:
        """Who did what a line of the log tells of, and what they wrote."""

        def opened() -> _Fields:
            event = read_event(row, self._box(row.school, key))
            return [("actor", self._who(event.actor)), *event.texts.items()]

        return self._show(row.sealed, opened)

    def open_message(self, row: Row[Any]) -> Json | None:
        """To whom a message goes, and where it went."""

        def opened() -> _Fields:
            name = f"outbox:{row.key}"
            parts = json.loads(self._vault.open(row.school, name, row.sealed, beside(row)))
            target, place, ref = (part or "" for part in parts)
            return [("target", self._who(target)), ("place", place), ("ref", ref)]

        return self._show(row.sealed, opened)

    def _box(self, school: str, key: Row[Any] | None) -> Box:
        """The key of a case. Raises Unreadable when it is gone."""
        if key is None:
            raise Unreadable("case_keys")
        return self._vault.unwrap(school, key.case_id, WrappedKey(key.number, key.wrapped))

    def _show(self, sealed: bytes | None, opened: Callable[[], _Fields]) -> Json | None:
        if not sealed:
            return None
        shown: Json = {"cipher": sealed[:BYTES_SHOWN].hex(), "bytes": len(sealed)}
        try:
            fields = {self._label(name): text[:LONGEST] for name, text in opened() if text}
        except (KeyMissing, Unreadable, *NONSENSE):
            return {**shown, "plain": None, "trouble": self._words.say("sealed", "does_not_open")}
        return {**shown, "plain": fields, "trouble": None}

    def _case_fields(self, secret: Mapping[str, Any]) -> _Fields:
        by, reason, limits = secret["decision"] or ("", "", "")
        yield "requester", self._who(secret["requester"])
        yield from secret["texts"].items()
        yield "decided_by", self._who(by)
        yield "decision_reason", reason
        yield "decision_limits", limits
        yield "assignee", self._who(secret["assignee"] or "")
        yield "excluded", ", ".join(self._who(one) for one in secret["excluded"])
        for kind, who, _, text in secret["remarks"]:
            yield kind, f"{self._who(who)}: {text}"
        yield from secret["report"].items()
        yield "answers", ", ".join(f"{q} {a}" for q, a in (secret["answers"] or {}).items())
        yield "fixes", ", ".join(f"{q} {a}" for q, a in (secret["fixes"] or {}).items())

    def _who(self, stored: str) -> str:
        """A person as stored, and the post they hold in the pretend school."""
        post = self._posts.get(stored) or POSTS.get(stored.rpartition(":")[2])
        return f"{post} ({stored})" if post else stored

    def _label(self, name: str) -> str:
        return self._words.say("sealed", name)
