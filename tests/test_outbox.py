"""The outbox: put once, claimed by one, in order, never lost, repeated only after a look."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from storage.outbox import State
from tests.stored_cases import NOON, make_case, make_row, recorded

LEASE = timedelta(seconds=60)


class Clock:
    """The real time, as far as the store can tell."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self):
        return self.now

    def pass_(self, **time) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database_url, open_store, clock):
    return open_store(database_url, clock=clock)


def put(store, *rows):
    return [store.write_now(lambda unit, row=row: unit.put(row)) for row in rows]


def claim(store, now=NOON, worker="w1", limit=10):
    return store.write_now(lambda unit: unit.claim(worker, now, LEASE, limit))


def keys(rows) -> list[str]:
    return [row.key for row in rows]


def states(store) -> dict[str, str]:
    found = store.read_now(
        lambda unit: [row for state in State for row in unit.listing(state, limit=1000)]
    )
    return {row.key: str(row.state) for row in found}


def do(store, name, row, *args, **options):
    return store.write_now(lambda unit: getattr(unit, name)(row, *args, **options))


# Put


def test_a_key_is_put_once_and_the_first_stays(store):
    first, second = make_row("a", template="root"), make_row("a", template="other")

    assert put(store, first, second) == [True, False]
    assert claim(store)[0].template == "root"


def test_a_row_comes_back_as_it_was_put(store):
    case = make_case()
    store.write_now(lambda unit: unit.add(case, recorded(case)))
    row = make_row(
        "b",
        case_id=case.id,
        event="recorded",
        verb="update",
        urgency="now",
        needs="a",
        route="dsl",
        target="deputy",
        place="slack:T1:C1",
        payload={"holds": "always", "codes": {"to": "head"}},
    )
    put(store, make_row("a", case_id=case.id), row)

    posted = store.read_now(lambda unit: unit.posted(case.id))

    assert next(found for found in posted if found.key == "b") == row
    assert keys(posted) == ["a", "b"]


def test_a_row_that_needs_one_which_was_never_put_is_our_own_fault(store):
    with pytest.raises(IntegrityError):
        put(store, make_row("b", needs="never"))


# Claim


def test_only_what_is_due_is_claimed(store):
    put(store, make_row("due"), make_row("later", due_at=NOON + timedelta(seconds=1)))

    assert keys(claim(store, NOON)) == ["due"]
    assert keys(claim(store, NOON + timedelta(seconds=1))) == ["later"]


def test_the_more_urgent_and_then_the_longer_due_go_first(store):
    early = NOON - timedelta(hours=1)
    put(
        store,
        make_row("normal-early", due_at=early),
        make_row("high-late", urgency="high"),
        make_row("now", urgency="now"),
        make_row("high-early", urgency="high", due_at=early),
    )

    assert keys(claim(store, limit=2)) == ["now", "high-early"]
    assert keys(claim(store)) == ["high-late", "normal-early"]


def test_what_one_worker_holds_no_other_gets(store):
    put(store, make_row("a"), make_row("b"))

    assert keys(claim(store, worker="w1", limit=1)) == ["a"]
    assert keys(claim(store, worker="w2")) == ["b"]
    assert claim(store, worker="w3") == []


def test_due_times_follow_the_clock_given_and_leases_the_real_one(store, clock):
    put(store, make_row("a"))
    assert keys(claim(store, NOON)) == ["a"]

    assert claim(store, NOON + timedelta(days=30)) == [], "pushing the clock ends no lease"
    clock.pass_(seconds=60)
    assert keys(claim(store, NOON)) == ["a"], "real time does"


def test_a_row_whose_worker_fell_silent_comes_again_in_doubt_and_counted(store, clock):
    put(store, make_row("a"))
    first = claim(store)[0]
    clock.pass_(seconds=61)
    second = claim(store, worker="w2")[0]

    assert (first.doubt, first.attempts) == (False, 1)
    assert (second.doubt, second.attempts) == (True, 2)


def test_a_row_waits_until_the_one_it_needs_is_done(store):
    put(store, make_row("root"), make_row("reply", needs="root"))
    root = claim(store)[0]
    assert claim(store) == []

    do(store, "done", root, "slack:T1:C1", "100.1")

    assert keys(claim(store)) == ["reply"]


@pytest.mark.parametrize(("ending", "state"), [("bury", "buried"), ("skip", "skipped")])
def test_what_needs_a_row_that_will_never_be_done_ends_with_it(store, ending, state):
    put(
        store,
        make_row("root"),
        make_row("reply", needs="root"),
        make_row("redraw", needs="reply"),
        make_row("reminder", needs="root", due_at=NOON + timedelta(hours=1)),
    )
    do(store, ending, claim(store)[0], "is_archived")

    assert claim(store) == []
    assert states(store) == {
        "root": state,
        "reply": state,
        "redraw": state,
        "reminder": "pending",
    }
    assert claim(store, NOON + timedelta(hours=1)) == []
    assert states(store)["reminder"] == state
    listed = store.read_now(lambda unit: unit.listing(State(state)))
    assert {row.last_error for row in listed} == {"is_archived", f"needs_{state}"}


# Outcomes


def test_a_row_that_is_done_says_where_the_message_is(store, clock):
    put(store, make_row("a", target="deputy"))
    clock.pass_(seconds=5)
    assert do(store, "done", claim(store)[0], "slack:T1:D1", "100.1")

    row = store.read_now(lambda unit: unit.listing(State.DONE))[0]
    assert (row.place, row.ref, row.target) == ("slack:T1:D1", "100.1", "deputy")
    assert row.sent_at == clock.now
    assert claim(store, NOON + timedelta(days=1)) == []


def test_a_row_to_be_tried_again_rests_in_real_time(store, clock):
    put(store, make_row("a"))
    do(store, "retry", claim(store)[0], NOON + timedelta(seconds=30), "ratelimited")

    assert claim(store, NOON + timedelta(days=1)) == []
    clock.pass_(seconds=30)
    again = claim(store)[0]
    assert (again.attempts, again.last_error, again.doubt) == (2, "ratelimited", False)


def test_once_in_doubt_always_in_doubt(store):
    put(store, make_row("a"))
    do(store, "retry", claim(store)[0], NOON, "timeout", doubt=True)
    do(store, "retry", claim(store)[0], NOON, "ratelimited")

    assert claim(store)[0].doubt


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("done", ("slack:T1:C1", "1.1")),
        ("skip", ("decided",)),
        ("bury", ("is_archived",)),
        ("retry", (NOON, "timeout")),
    ],
)
def test_whoever_lost_the_lease_changes_nothing(store, clock, name, args):
    put(store, make_row("a"))
    slow = claim(store, worker="slow")[0]
    clock.pass_(seconds=61)
    quick = claim(store, worker="quick")[0]

    assert not do(store, name, slow, *args)
    assert states(store) == {"a": "claimed"}
    assert do(store, "done", quick, "slack:T1:C1", "2.2")
    assert not do(store, name, slow, *args)
    assert store.read_now(lambda unit: unit.listing(State.DONE))[0].ref == "2.2"


def test_the_same_worker_that_lost_its_lease_to_itself_must_not_report_the_first_try(store, clock):
    put(store, make_row("a"))
    first = claim(store)[0]
    clock.pass_(seconds=61)
    claim(store)

    assert not do(store, "done", first, "slack:T1:C1", "1.1")


def test_a_row_can_be_brought_forward_but_not_put_off(store):
    put(store, make_row("a", due_at=NOON + timedelta(hours=2)))
    earlier, later = NOON + timedelta(hours=1), NOON + timedelta(hours=3)

    assert not store.write_now(lambda unit: unit.hasten("a", later))
    assert store.write_now(lambda unit: unit.hasten("a", earlier))
    assert keys(claim(store, earlier)) == ["a"]
    assert not store.write_now(lambda unit: unit.hasten("a", NOON)), "it is under way"


def test_a_buried_row_can_be_given_another_life_with_those_that_went_down_with_it(store):
    put(store, make_row("root"), make_row("reply", needs="root"), make_row("other"))
    for row in claim(store):
        do(store, "bury", row, "is_archived")
    claim(store)
    assert set(states(store).values()) == {"buried"}

    assert store.write_now(lambda unit: unit.revive("root")) == 2
    assert states(store) == {"root": "pending", "reply": "pending", "other": "buried"}
    assert store.write_now(lambda unit: unit.revive()) == 1
    revived = claim(store)
    assert keys(revived) == ["other", "root"]
    assert {row.attempts for row in revived} == {1}


def test_reviving_what_is_not_buried_does_nothing(store):
    put(store, make_row("a"), make_row("b"))
    do(store, "done", claim(store, limit=1)[0], None, None)

    assert store.write_now(lambda unit: unit.revive("a")) == 0
    assert store.write_now(lambda unit: unit.revive("b")) == 0
    assert store.write_now(lambda unit: unit.revive("nothing")) == 0


def test_reviving_wakes_the_worker(store):
    put(store, make_row("a"))
    do(store, "bury", claim(store)[0], "is_archived")
    woken = []
    store.on_commit = lambda: woken.append("woken")

    async def revive():
        await store.write(lambda unit: unit.revive())
        await asyncio.sleep(0.02)

    asyncio.run(revive())

    assert woken == ["woken"]


# When to look next


def next_due(store, now=NOON):
    return store.read_now(lambda unit: unit.next_due(now))


def test_with_nothing_to_do_there_is_no_next_time(store):
    assert next_due(store) is None
    put(store, make_row("a"))
    do(store, "done", claim(store)[0], None, None)
    assert next_due(store) is None


def test_the_next_time_is_when_the_first_row_is_due(store):
    put(store, *(make_row(str(n), due_at=NOON + timedelta(hours=n)) for n in (3, 2, 5)))

    assert next_due(store) == NOON + timedelta(hours=2)


def test_a_resting_row_is_next_when_its_rest_ends_on_the_clock_that_was_given(store, clock):
    put(store, make_row("a"))
    do(store, "retry", claim(store)[0], NOON + timedelta(seconds=30), "ratelimited")
    pushed = NOON + timedelta(days=3)

    assert next_due(store, pushed) == pushed + timedelta(seconds=30)
    clock.pass_(seconds=45)
    assert next_due(store, pushed) <= pushed


def test_a_claimed_row_is_next_when_its_lease_ends(store):
    put(store, make_row("a"))
    claim(store)

    assert next_due(store) == NOON + LEASE


def test_a_row_that_waits_for_another_does_not_make_the_worker_spin(store):
    put(store, make_row("root"), make_row("reply", needs="root"))
    do(store, "retry", claim(store)[0], NOON + timedelta(seconds=30), "ratelimited")

    assert next_due(store) == NOON + timedelta(seconds=30)


# Several workers


async def test_many_claims_at_once_share_the_rows_and_none_comes_twice(store):
    put(store, *(make_row(f"{n:03}") for n in range(60)))

    def take(name):
        return store.write(lambda unit: unit.claim(name, NOON, LEASE, 3), within=30)

    claimed = await asyncio.gather(*(take(f"w{n}") for n in range(20)))

    taken = [key for rows in claimed for key in keys(rows)]
    assert len(taken) == len(set(taken)) == 60
