"""Processes of their own that write or claim until they are done or killed.

Run as `python -m tests.processes <what> <database url> <keys> <name>`.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

from storage.store import Store
from storage.vault import Vault
from tests.stored_cases import NOON, decided, make_case, make_row, recorded

AT_ONCE = 4


def start(what: str, url: str, keys: Path, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.processes", what, url, str(keys), name]
    here = Path(__file__).parent.parent
    return subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str], seconds: float = 120) -> str:
    """Wait for its end; gives what it said. Fails when it did not end well."""
    said, _ = process.communicate(timeout=seconds)
    assert process.returncode == 0
    return said


def claim(store: Store, name: str) -> None:
    """Claim and finish rows until there are none; print each key."""
    lease = timedelta(seconds=60)
    while rows := store.write_now(lambda unit: unit.claim(name, NOON, lease, 7), within=30):
        for row in rows:
            say(row.key)
            store.write_now(lambda unit, row=row: unit.done(row, None, None), within=30)


def write(store: Store, name: str) -> None:
    """Add, decide and announce cases for ever, several at a time, so that commits are shared."""
    others = [Thread(target=_write, args=(store, f"{name}-{n}")) for n in range(AT_ONCE)]
    for other in others:
        other.start()
    for other in others:
        other.join()


def _write(store: Store, name: str) -> None:
    """Say a case's id once it is acknowledged."""
    number = 0
    while True:
        number += 1
        case = make_case(id=f"{name}-{number}", ref=f"SC-{name}-{number}")

        def add(unit, case=case):
            unit.seen(case.id)
            unit.add(case, recorded(case, reason="bruises"))
            unit.put(make_row(case.id, case_id=case.id))

        store.write_now(add, within=30)
        say("added", case.id)
        store.write_now(lambda unit, case=case: unit.save(*decided(case)), within=30)
        say("decided", case.id)


def write_some(store: Store, name: str) -> None:
    """Add 200 cases to one school's chain, and print how many."""
    for number in range(200):
        case = make_case(id=f"{name}-{number}", ref=f"SC-{name}-{number}")
        store.write_now(lambda unit, case=case: unit.add(case, recorded(case)), within=30)
    say("200")


def say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def main(what: str, url: str, keys: str, name: str) -> None:
    store = Store(url, Vault.from_dir(Path(keys)), clock=lambda: datetime.now(UTC))
    store.open()
    {"claim": claim, "write": write, "write_some": write_some}[what](store, name)
    store.close_now()


if __name__ == "__main__":
    main(*sys.argv[1:])
