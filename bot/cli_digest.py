"""`sharecheck digest`: the weekly digest printed, or put into the outbox."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from bot.cards import Renderer
from bot.digest import Week, covers, summarise
from bot.people import School
from bot.rules import load_pack
from bot.settings import Settings, SettingsError, build_schools
from handlers.report import digest_card, digest_row, week_in
from storage.store import Store

_DATES = re.compile(r"<!date\^\d+\^[^|]*\|([^>]*)>")


def print_digest(settings: Settings, store: Store, school_id: str | None, week: str | None) -> str:
    """The digest's words, as of now. Raises SettingsError for an unknown school or week."""
    school, chosen = _choose(settings, school_id, week)
    pack = load_pack(settings.rule_pack)
    since, until = covers(chosen, school)
    digest = store.read_now(
        lambda unit: summarise(
            chosen,
            school,
            unit.figures(school.id, since, until),
            unit.open_figures(school.id),
            pack,
        )
    )
    return _as_text(Renderer().render(digest_card(pack, school, digest)))


def _as_text(message: dict[str, Any]) -> str:
    """The words of a drawn message, a paragraph a block, without the chat's own marks."""
    texts = (block.get("text") or block["elements"][0] for block in message["blocks"])
    return _DATES.sub(r"\1", "\n\n".join(text["text"].replace("*", "") for text in texts))


def put_digest(settings: Settings, store: Store, school_id: str | None, week: str | None) -> str:
    """Put the digest to be posted now; one that is there already is not posted twice."""
    school, chosen = _choose(settings, school_id, week)
    row = digest_row(school, chosen, due=datetime.now(UTC))
    if store.write_now(lambda unit: unit.put(row) or unit.hasten(row.key, row.due_at)):
        return f"The digest of {chosen} will be posted within 15 seconds of a running bot."
    return f"The digest of {chosen} was posted already, or is being posted."


def _choose(settings: Settings, school_id: str | None, week: str | None) -> tuple[School, Week]:
    schools = build_schools(settings)
    wanted = school_id or settings.schools[0].id
    if wanted not in schools:
        raise SettingsError(f"--school: {wanted!r} is not one of {', '.join(schools)}")
    try:
        return schools[wanted], week_in(schools[wanted], week, datetime.now(UTC))
    except ValueError:
        raise SettingsError(f"--week: {week!r} is not a week, such as 2026-W47") from None
