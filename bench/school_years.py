"""Ten thousand cases of one school, lived through as the product lets them: honest rows, fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from random import Random

from bot import life
from bot.case import Case, Draft, Event, Outcome, PackRef
from bot.chat import Account, Platform, Standing
from bot.life import Reach
from bot.permission import Actor
from bot.rules import RulePack, decide, load_pack
from storage.store import Store
from storage.unit import Unit

CASES = 10_000
SPAN = timedelta(days=2 * 365)
AT_A_TIME = 500
SHARE = {
    "danger": "no",
    "adult": "none",
    "trigger": "professional",
    "identifiable": "yes",
    "purpose": "harm",
    "openness": "told",
    "agreement": "agreed",
    "advice": "confident",
    "identity_risk": "none",
    "role": "statutory",
    "verified": "yes",
    "content": "minimal",
}
UNSURE = {**SHARE, "openness": "unsure", "role": "safeguarding"}
ADULT = {**SHARE, "adult": "staff"}
TEXTS = {
    "reason": "Seen twice this week, told by the child, written down the same day. " * 5,
    "recipient": "Front door, duty social worker",
    "filed_at": "Safeguarding system, file 118",
}
LIVES = {
    "filed": 62,
    "closed": 10,
    "decided": 8,
    "waiting": 6,
    "asked": 3,
    "withdrawn": 3,
    "own": 5,
    "restricted": 3,
}
"""How far cases have come, of a hundred: three in ten still want something of somebody."""
Step = tuple[Case, tuple[Event, ...]]


def fill(store: Store, school: str, team: str, reviewer: str, count: int = CASES) -> None:
    """Write so many cases, four in ten asked by the reviewer, the others by forty colleagues."""
    cases = _cases(school, team, reviewer)
    for _ in range(0, count, AT_A_TIME):
        some = list(islice(cases, min(AT_A_TIME, count)))
        store.write_now(_add(some), within=120)


def _add(some: list[Step]) -> Callable[[Unit], None]:
    def work(unit: Unit) -> None:
        for case, events in some:
            unit.add(case, events)

    return work


def _cases(school: str, team: str, reviewer: str) -> Iterator[Step]:
    chance, pack = Random(1), load_pack()  # noqa: S311 - the same years each time
    now = datetime.now().astimezone()
    ways, weights = list(LIVES), list(LIVES.values())
    number = 0
    while True:
        number += 1
        own = chance.random() < 0.4
        asker = reviewer if own else f"U0STAFF{number % 40:03d}"
        way = chance.choices(ways, weights)[0]
        at = now - SPAN * chance.random()
        account = Account(Platform.SLACK, team, asker)
        draft = _draft(pack, school, number, account, "dsl" if own else str(account), way)
        yield _live(pack, draft, f"SC-{_letters(number)}", way, at)


def _draft(
    pack: RulePack, school: str, number: int, account: Account, person: str, way: str
) -> Draft:
    answers = {"own": SHARE, "restricted": ADULT}.get(way, UNSURE)
    return Draft(
        id=f"{number:032x}",
        school=school,
        requester=person,
        account=account,
        pack=PackRef(pack.id, pack.version, pack.digest),
        answers=answers,
        texts=TEXTS,
    )


def _live(pack: RulePack, draft: Draft, ref: str, way: str, at: datetime) -> Step:
    """A case from its beginning as far as it has come, with everything that happened to it."""
    advice = decide(pack, draft.answers)
    case, events = life.submit(draft, advice, Reach(str(advice.route), outside=False), ref, at)
    asker = Actor(draft.requester, Standing.MEMBER, frozenset())
    reviewer = Actor("deputy", Standing.MEMBER, frozenset({"dsl", "deputy"}))
    steps: list[Callable[[Case, datetime], Step]] = []
    if way == "asked":
        steps.append(lambda c, t: life.ask(c, reviewer, "Who told you?", t))
    if way == "withdrawn":
        steps.append(lambda c, t: life.withdraw(c, asker, "Asked twice", t))
    if way in {"decided", "closed", "filed"}:
        steps.append(lambda c, t: life.decide(c, reviewer, Outcome.SHARE, "It helps", "", t))
    if way in {"closed", "filed"}:
        texts = {"account": "Rang them", "how": "phone", "kinds": "worry"}
        steps.append(lambda c, t: life.report(c, asker, done=True, texts=texts, at=t))
    if way == "filed":
        steps.append(lambda c, t: life.mark_filed(c, reviewer, t))
    for hours, step in enumerate(steps, 1):
        case, more = step(case, at + timedelta(hours=hours))
        events += more
    return case, events


def _letters(number: int) -> str:
    letters = "23456789BCDFGHJKMNPQRSTVWXYZ"
    found = ""
    for _ in range(5):
        number, place = divmod(number, len(letters))
        found += letters[place]
    return found
