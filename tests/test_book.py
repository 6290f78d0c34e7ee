"""The address book: conversations, accounts of one human, and where a message was posted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.chat import Account, Platform
from storage.book import Conversation
from storage.store import Store
from storage.tables import account_links, outbox
from storage.vault import Vault, make_key
from tests.stored_cases import NOON, make_row

TENANT, PERSON = "5f3c9a52-0000-4000-8000-000000000001", "0b1d2c3e-0000-4000-8000-000000000002"
URL, OTHER_URL = "https://smba.example/uk/", "https://smba.example/emea/"
ON_SLACK = Account(Platform.SLACK, "T1", "U1")
ON_TEAMS = Account(Platform.TEAMS, TENANT, PERSON)
OTHER = Account(Platform.TEAMS, TENANT, "somebody-else")
PLACE = f"teams:{TENANT}:19:room@thread.tacv2"


def keep(store: Store, *what: str) -> None:
    store.write_now(lambda unit: unit.keep_conversation(*what))


def found(store: Store, *what: str) -> Conversation | None:
    return store.read_now(lambda unit: unit.conversation(*what))


def test_the_newest_conversation_counts(empty_store):
    keep(empty_store, TENANT, "person", PERSON, "a:1", URL)
    keep(empty_store, TENANT, "person", PERSON, "a:2", OTHER_URL)

    assert found(empty_store, TENANT, "person", PERSON) == Conversation("a:2", OTHER_URL)


def test_kinds_and_tenants_are_kept_apart(empty_store):
    keep(empty_store, TENANT, "person", PERSON, "a:1", URL)
    keep(empty_store, TENANT, "tenant", "", "", OTHER_URL)

    assert found(empty_store, TENANT, "tenant", PERSON) is None
    assert found(empty_store, "another", "person", PERSON) is None
    assert found(empty_store, TENANT, "tenant", "") == Conversation("", OTHER_URL)


def test_a_dropped_conversation_is_gone_and_no_other(empty_store):
    keep(empty_store, TENANT, "person", PERSON, "a:1", URL)
    keep(empty_store, TENANT, "tenant", "", "", URL)

    empty_store.write_now(lambda unit: unit.drop_conversation(TENANT, "person", PERSON))

    assert found(empty_store, TENANT, "person", PERSON) is None
    assert found(empty_store, TENANT, "tenant", "") is not None


def link(store: Store, account: Account, *emails: str, school: str = "hill") -> None:
    hashes = [store.keyed_hash(school, "email", email) for email in emails]
    store.write_now(lambda unit: unit.link_account(school, account, hashes))


def linked(store: Store, account: Account, *emails: str, school: str = "hill") -> set[Account]:
    hashes = [store.keyed_hash(school, "email", email) for email in emails]
    links = store.read_now(lambda unit: unit.linked_accounts(school, {account}, hashes))
    return {link.account for link in links if link.left_at is None}


def test_accounts_are_found_by_every_address_they_share_however_many_steps_away(empty_store):
    link(empty_store, ON_SLACK, "dsl@school.example")
    link(empty_store, ON_TEAMS, "dsl@school.example", "d@school.example")
    link(empty_store, OTHER, "d@school.example")

    assert linked(empty_store, ON_SLACK) == {ON_SLACK, ON_TEAMS, OTHER}
    assert linked(empty_store, Account(Platform.SLACK, "T1", "U9"), "d@school.example") == {
        ON_SLACK,
        ON_TEAMS,
        OTHER,
    }
    assert linked(empty_store, ON_SLACK, school="river") == set()


def test_an_address_that_an_account_has_no_longer_is_marked_as_lost(empty_store):
    link(empty_store, ON_SLACK, "head@school.example")
    link(empty_store, ON_TEAMS, "head@school.example")

    link(empty_store, ON_SLACK, "retired@school.example")

    assert linked(empty_store, ON_TEAMS) == {ON_TEAMS, ON_SLACK}  # by what it has now
    links = empty_store.read_now(lambda unit: unit.linked_accounts("hill", {ON_TEAMS}))
    (lost,) = [link for link in links if link.left_at is not None]
    assert lost.account == ON_SLACK
    assert lost.email_hash == empty_store.keyed_hash("hill", "email", "head@school.example")


def test_an_address_that_comes_back_to_an_account_is_its_own_again(empty_store):
    for email in ("dsl@school.example", "married@school.example", "dsl@school.example"):
        link(empty_store, ON_SLACK, email)

    links = empty_store.read_now(lambda unit: unit.linked_accounts("hill", {ON_SLACK}))
    held = [link.email_hash for link in links if link.left_at is None]
    assert held == [empty_store.keyed_hash("hill", "email", "dsl@school.example")]


def test_an_account_that_has_no_address_any_more_keeps_only_marked_ones(empty_store):
    link(empty_store, ON_SLACK, "dsl@school.example")
    link(empty_store, ON_SLACK)

    assert linked(empty_store, ON_SLACK) == set()
    assert linked(empty_store, ON_SLACK, school="river") == set()


def test_when_an_account_was_last_seen_is_remembered(sqlite_file, open_store):
    now = [NOON]
    store = open_store(f"sqlite:///{sqlite_file}", clock=lambda: now[0])
    link(store, ON_SLACK, "dsl@school.example")
    now[0] += timedelta(days=3)
    link(store, ON_SLACK, "dsl@school.example")

    (seen,) = store.read_now(lambda unit: unit.linked_accounts("hill", {ON_SLACK}))
    assert seen.seen_at == NOON + timedelta(days=3)


def test_no_address_lies_in_the_database_and_no_other_schools_key_gives_the_same(empty_store):
    link(empty_store, ON_SLACK, "dsl@school.example")
    link(empty_store, ON_SLACK, "dsl@school.example", school="river")

    rows = empty_store.read_now(lambda unit: unit._connection.execute(select(account_links)).all())
    assert "school.example" not in str(rows)
    assert len({row.email_hash for row in rows}) == 2


def test_what_an_older_key_wrote_is_left_out_so_that_it_is_looked_up_anew(
    sqlite_file, open_store, tmp_path
):
    store = open_store(f"sqlite:///{sqlite_file}")
    link(store, ON_SLACK, "dsl@school.example")
    make_key(tmp_path / "keys", "hill", 2)

    later = open_store(f"sqlite:///{sqlite_file}", vault=Vault.from_dir(tmp_path / "keys"))

    assert linked(later, ON_SLACK, "dsl@school.example") == set()


# --------------------------------------------------------------------------- where it was posted


def post(store: Store, key: str, place: str, ref: str, school: str = "hill") -> None:
    def work(unit):
        unit.put(make_row(key, school=school))
        (row,) = unit.claim("w", NOON, timedelta(minutes=1))
        unit.done(row, place, ref)

    store.write_now(work)


def test_a_posted_message_is_found_by_where_it_is(empty_store):
    post(empty_store, "a", PLACE, "1700000000001")
    post(empty_store, "b", PLACE, "1700000000002", school="river")

    def look(place: str, ref: str) -> str | None:
        row = empty_store.read_now(lambda unit: unit.find_posted(place, ref))
        return row and row.key

    assert look(PLACE, "1700000000001") == "a"
    assert look(PLACE, "1700000000002") == "b"
    assert look(PLACE, "1700000000003") is None
    assert look("teams:other:19:room@thread.tacv2", "1700000000001") is None


def test_a_row_made_to_look_posted_elsewhere_is_not_found_there(empty_store):
    post(empty_store, "a", PLACE, "1")
    post(empty_store, "b", PLACE, "2")
    hashes = select(outbox.c.posted_hash).where(outbox.c.key == "b").scalar_subquery()
    empty_store.write_now(
        lambda unit: unit._connection.execute(
            outbox.update().where(outbox.c.key == "a").values(posted_hash=hashes)
        )
    )

    row = empty_store.read_now(lambda unit: unit.find_posted(PLACE, "2"))
    assert row is not None
    assert row.key == "b"


@pytest.mark.parametrize("where", [(None, None), (PLACE, None)])
def test_a_message_that_left_nothing_to_draw_again_is_found_nowhere(empty_store, where):
    post(empty_store, "a", *where)

    row = empty_store.read_now(
        lambda unit: unit._connection.execute(select(outbox.c.posted_hash)).one()
    )
    assert row.posted_hash is None
