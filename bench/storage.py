"""How fast a case is kept safe, handed to the worker, and the log checked."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.figures import Figure
from bot.case import Case, Event, EventKind, PackRef, Status
from bot.chat import Account, Platform
from bot.rules import decide, load_pack
from storage.migrate import upgrade
from storage.outbox import OutboxRow
from storage.store import Store, Unit
from storage.vault import Vault

_ONE_BY_ONE = 400
_TOGETHER = 1_600
_AT_ONCE = 32
_ENTRIES = 10_000
_LEASE = timedelta(minutes=1)
_SCHOOL = "bench"
_ANSWERS = {"danger": "no", "adult": "none", "purpose": "harm", "advice": "wanted"}
_TEXTS = {"reason": "seen twice this week, told by the child " * 5, "recipient": "front door"}
Submits = Iterator[Callable[[Unit], str]]


def measure() -> list[Figure]:
    """A durable submit alone and 32 at a time, the outbox, and the check of the log."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'bench.db'}"
        upgrade(url)
        store = Store(url, Vault.create(folder / "keys", [_SCHOOL]))
        store.open()
        try:
            return asyncio.run(_measure(store, folder))
        finally:
            store.close_now()


async def _measure(store: Store, folder: Path) -> list[Figure]:
    submits = _submits()
    floor = _raw_inserts(folder / "floor.db")
    return [
        await _one_by_one(store, submits, floor),
        await _together(store, submits, floor),
        await _deliver(store),
        _verify(store, folder / "bench.db"),
    ]


async def _one_by_one(store: Store, submits: Submits, floor: list[float]) -> Figure:
    seconds = []
    for _ in range(_ONE_BY_ONE):
        work, started = next(submits), perf_counter()
        await store.write(work)
        seconds.append(perf_counter() - started)
    return Figure(
        id="storage-submit",
        what="one durable submit: case, key, ledger, 4 messages, seen-key (floor: one raw insert)",
        value=median(seconds) * 1000,
        unit="ms",
        floor=median(floor) * 1000,
        target=2.5,
        higher_is_better=False,
    )


async def _together(store: Store, submits: Submits, floor: list[float]) -> Figure:
    async def keep_submitting() -> None:
        for work in itertools.islice(submits, _TOGETHER // _AT_ONCE):
            await store.write(work, within=60)

    started = perf_counter()
    await asyncio.gather(*(keep_submitting() for _ in range(_AT_ONCE)))
    return Figure(
        id="storage-submits",
        what="durable submits, 32 at a time (floor: raw inserts, a commit each, one at a time)",
        value=_TOGETHER / (perf_counter() - started),
        unit="submits/s",
        floor=1 / median(floor),
        target=400,
        higher_is_better=True,
    )


async def _deliver(store: Store) -> Figure:
    """Claim and finish every message of the submits, twenty at a time."""
    now, count, started = datetime.now(UTC), 0, perf_counter()
    while rows := await store.write(lambda unit: unit.claim("bench", now, _LEASE, 20)):
        await store.write(_finish(rows))
        count += len(rows)
    return Figure(
        id="storage-outbox",
        what="messages claimed and done, 20 at a time, sending left out",
        value=count / (perf_counter() - started),
        unit="messages/s",
        floor=None,
        target=500,
        higher_is_better=True,
    )


def _verify(store: Store, file: Path) -> Figure:
    for first in range(0, _ENTRIES, 1000):
        store.write_now(_note(first), within=60)
    floor = _hash_alone(file)
    started = perf_counter()
    report = store.read_now(lambda unit: unit.verify())
    seconds = perf_counter() - started
    if report.faults:
        raise AssertionError(report.faults[0])
    return Figure(
        id="storage-verify",
        what="ledger entries checked, and the cases against them (floor: read and hash alone)",
        value=report.entries / seconds,
        unit="entries/s",
        floor=floor,
        target=20_000,
        higher_is_better=True,
    )


def _submits() -> Submits:
    """Works that each write what one submit writes, for ever."""
    pack = load_pack()
    account, now = Account(Platform.SLACK, "T0BENCH", "U0BENCH"), datetime.now(UTC)
    case = Case(
        id="",
        ref="",
        school=_SCHOOL,
        pack=PackRef(pack.id, pack.version, pack.digest),
        status=Status.WAITING,
        version=1,
        requester=str(account),
        account=account,
        answers=_ANSWERS,
        advice=decide(pack, _ANSWERS),
        route="dsl",
        created_at=now,
        changed_at=now,
        texts=_TEXTS,
    )
    return (_submit(replace(case, id=f"{number:032x}")) for number in itertools.count())


def _submit(blank: Case) -> Callable[[Unit], str]:
    def work(unit: Unit) -> str:
        unit.seen(blank.id)
        case = replace(blank, ref=unit.new_ref())
        codes = {"outcome": case.advice.outcome, "row": str(case.advice.row)}
        event = Event(EventKind.RECORDED, case.created_at, case.requester, codes, case.texts)
        unit.add(case, (event,))
        for row in _messages(case):
            unit.put(row)
        return case.ref

    return work


def _messages(case: Case) -> list[OutboxRow]:
    root = OutboxRow(
        key=f"{case.id}:root",
        school=case.school,
        due_at=case.created_at,
        template="root",
        audience="route",
        case_id=case.id,
        urgency=case.advice.urgency,
        route=case.route,
    )
    thread = replace(root, key=f"{case.id}:thread", template="thread", needs=root.key)
    own = replace(root, key=f"{case.id}:own", template="requester_copy", audience="requester")
    return [root, thread, own, replace(own, key=f"{case.id}:copy", template="copy")]


def _finish(rows: list[OutboxRow]) -> Callable[[Unit], None]:
    def work(unit: Unit) -> None:
        for row in rows:
            unit.done(row, "slack:T0BENCH:C0BENCH", "1700000000.000100")

    return work


def _note(first: int) -> Callable[[Unit], None]:
    now = datetime.now(UTC)

    def work(unit: Unit) -> None:
        for number in range(first, first + 1000):
            codes = {"refusal": "Guest", "number": str(number)}
            unit.note_school(_SCHOOL, Event(EventKind.REFUSED, now, "slack:T0BENCH:U0BENCH", codes))

    return work


def _raw_inserts(file: Path) -> list[float]:
    """Seconds for each of many transactions of one plain insert, as durable as ours."""
    seconds = []
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE cases (id TEXT PRIMARY KEY, sealed BLOB)")
    for number in range(_ONE_BY_ONE):
        started = perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO cases VALUES (?, ?)", (str(number), bytes(1000)))
        connection.execute("COMMIT")
        seconds.append(perf_counter() - started)
    connection.close()
    return seconds


def _hash_alone(file: Path) -> float:
    """Entries a second when their bodies are read and hashed, and nothing else."""
    count, started = 0, perf_counter()
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    for (body,) in connection.execute("SELECT body FROM ledger ORDER BY school, seq"):
        hashlib.sha256(body).hexdigest()
        count += 1
    connection.close()
    return count / (perf_counter() - started)
