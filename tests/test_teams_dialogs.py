"""What every dialog on Teams keeps to, whichever template draws it."""

from __future__ import annotations

import pytest

from bot.chat import Card, Platform
from tests.card_samples import normal_samples
from tests.drawn import DRAWN, card_in, parts_of
from tests.fixtures_school import warm_renderer


def drawn_as_dialogs(name: str) -> list[dict]:
    """The cards of a template's samples; none where it draws messages."""
    cards = [Card(name, context) for context in normal_samples()[name]]
    drawn = [warm_renderer().render(card, Platform.TEAMS) for card in cards]
    return [card_in(one) for one in drawn if "attachments" not in one]


def test_a_walk_and_the_forms_of_a_case_are_dialogs():
    assert all(drawn_as_dialogs(name) for name in ("page", "people", "outcome", "ask", "read"))


@pytest.mark.parametrize("name", DRAWN)
def test_a_dialog_is_handed_in_and_never_executed(name: str):
    """Teams tells nobody of an `Action.Execute` in a dialog."""
    for card in drawn_as_dialogs(name):
        assert [*parts_of(card, "Action.Execute")] == []
        assert card["version"] == "1.5"
