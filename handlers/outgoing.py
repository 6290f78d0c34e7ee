"""A message to one person: which account it goes to, and its row in the outbox."""

from __future__ import annotations

from dataclasses import replace

from bot.case import Case
from bot.chat import Account, Platform, RefusedForGood
from bot.notices import Audience
from bot.people import School
from storage.outbox import OutboxRow, State
from storage.unit import Unit

TARGET = "target"
"""What a person is hashed for in the key of a message to them alone."""
ON = "on"
"""In a row's payload: the platform to use instead of the one that a person is told on first."""


def is_direct(row: OutboxRow, case: Case | None) -> bool:
    """Whether it goes to one person in private."""
    return row.target is not None or (case is not None and row.audience == Audience.REQUESTER)


def account_of(school: School, row: OutboxRow, case: Case | None = None) -> Account:
    """The account that a message to one person goes to; the requester's where it names nobody.

    Raises RefusedForGood for somebody who has left the settings since.
    """
    accounts = _accounts(school, row, case)
    wanted = row.payload.get(ON)
    found = next((a for a in accounts if wanted in {None, a.platform}), None)
    if found is None:
        raise RefusedForGood("no_account")
    return found


def other_platform(school: School, row: OutboxRow, case: Case | None) -> Platform | None:
    """Where else somebody has an account, when they were not tried there already."""
    accounts = _accounts(school, row, case)
    if ON in row.payload or not accounts:
        return None
    return next((a.platform for a in accounts if a.platform is not accounts[0].platform), None)


def for_one(unit: Unit, of: OutboxRow, person: str) -> OutboxRow:
    """A row for one person alone; its key, which leaves the process, does not say who."""
    number = unit.keyed_hash(of.school, TARGET, f"{of.key}:{person}")[:24]
    return replace(afresh(of), key=f"{of.key}:{number}", target=person)


def elsewhere(unit: Unit, row: OutboxRow, platform: Platform) -> OutboxRow:
    """A row for the same person, to be told on their other platform."""
    number = unit.keyed_hash(row.school, TARGET, f"{row.key}:{platform}")[:24]
    of = card_of(row) if row.target else row.key
    payload = {**row.payload, ON: platform.value}
    return replace(afresh(row), key=f"{of}:{number}", target=row.target, payload=payload)


def card_of(row: OutboxRow) -> str:
    """The key of the card that a row for one person stands for; its own key otherwise."""
    return row.key.rpartition(":")[0] if row.target else row.key


def thread_of(card: OutboxRow) -> OutboxRow:
    """The row of the thread below a card that is for one person."""
    return replace(card, key=f"{card.key}:thread", template="thread", needs=card.key)


def afresh(row: OutboxRow) -> OutboxRow:
    """A row to be sent, like one that was dealt with."""
    return replace(
        row,
        target=None,
        place=None,
        ref=None,
        state=State.PENDING,
        attempts=0,
        doubt=False,
        lease=None,
        lease_until=None,
        not_before=None,
        last_error=None,
        sent_at=None,
    )


def _accounts(school: School, row: OutboxRow, case: Case | None) -> tuple[Account, ...]:
    if row.target is not None:
        return school.person_by_id(row.target).accounts
    if case is None:
        return ()
    theirs = school.person(case.account).accounts
    return (case.account, *(account for account in theirs if account != case.account))
