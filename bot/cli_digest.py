"""`sharecheck digest`: the weekly digest printed, or put into the outbox."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from bot.cards import Renderer
from bot.cli_options import WrongOption, choose_school
from bot.digest import Week, covers, newest_missed, next_week, summarise
from bot.people import School
from bot.rules import load_pack
from bot.settings import Settings, build_schools
from handlers.report import digest_card, digest_row, week_in
from storage.outbox import State
from storage.store import Store

MOST_LOOKED_AT = 1000
"""Messages given up among which the digest is looked for."""
_DATES = re.compile(r"<!date\^\d+\^[^|]*\|([^>]*)>")


def print_digest(settings: Settings, store: Store, school_id: str | None, week: str | None) -> str:
    """The digest's words, as of now. Raises WrongOption for an unknown school or week."""
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
    """Put the digest to be posted now; one that is there already is not posted twice.

    Raises WrongOption for an unknown school or week, for a week that is long past or still to
    come, and for a digest that was given up.
    """
    school, chosen = _choose(settings, school_id, week)
    now = datetime.now(UTC)
    sendable = (newest_missed(now, school), next_week(now, school))
    if chosen not in sendable:
        last, coming = sendable
        raise WrongOption(
            f"--week: only {last} and {coming} can be sent; --preview prints any week"
        )
    row = digest_row(school, chosen, due=now)
    if store.write_now(lambda unit: unit.put(row) or unit.hasten(row.key, row.due_at)):
        return f"The digest of {chosen} will be posted within 15 seconds of a running bot."
    buried = store.read_now(lambda unit: unit.listing(State.BURIED, MOST_LOOKED_AT))
    if row.key in {given_up.key for given_up in buried}:
        raise WrongOption(
            f"The digest of {chosen} could not be delivered. `sharecheck outbox list` says why. "
            f"Mend that, then run: sharecheck outbox revive {row.key}"
        )
    return f"The digest of {chosen} was posted already, or is being posted."


def _choose(settings: Settings, school_id: str | None, week: str | None) -> tuple[School, Week]:
    wanted = choose_school(settings, school_id) or settings.schools[0].id
    school = build_schools(settings)[wanted]
    try:
        return school, week_in(school, week, datetime.now(UTC))
    except ValueError:
        raise WrongOption(f"--week: {week!r} is not a week, such as 2026-W47") from None
