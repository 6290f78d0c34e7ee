"""The walk through the pages: pure state that travels with the dialog and touches no database."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.refusals import StalePage
from bot.rules import Question, RulePack, UnknownAnswer, Verdict, decide, next_page

OUTCOME = "outcome"
_CARRIED_OVER_NOT = frozenset({"trigger", "identity_risk", "role", "verified", "content"})
_SEAL_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Walk:
    """Where somebody is in the dialog. `trail` holds the pages gone through, the present one last.

    Answers of pages that are not on the trail are kept for filling in, but do not count.
    """

    id: str
    school: str
    pack: str
    answers: Mapping[str, str] = field(default_factory=dict)
    trail: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    fixes: Mapping[str, str] = field(default_factory=dict)
    asked: bool = False
    linked_to: str | None = None

    @property
    def page(self) -> str:
        return self.trail[-1]


def start(walk_id: str, school: str, pack: RulePack) -> Walk:
    """A new walk at its first page."""
    return Walk(walk_id, school, pack.digest, trail=(pack.pages[0].id,))


def another(walk_id: str, pack: RulePack, school: str, answers: Mapping[str, str], case: str) -> Walk:
    """A linked walk for another recipient: what was said is filled in, but trigger, R5 and R6."""
    kept = {q: a for q, a in answers.items() if q not in _CARRIED_OVER_NOT}
    walk = start(walk_id, school, pack)
    return replace(walk, answers={**kept, "trigger": "own"}, linked_to=case)


def questions(pack: RulePack, walk: Walk) -> tuple[Question, ...]:
    """What the present page asks: only what can still change the verdict."""
    page = pack.page(walk.page)
    before = _counted(pack, walk, walk.trail[:-1])
    return pack.live_questions(before, page) or page.questions


def take(pack: RulePack, walk: Walk, page: str, given: Mapping[str, str]) -> Walk:
    """The present page's answers are given: go to the next page, or to the outcome.

    Raises StalePage when `page` is not where the walk is or an answer is missing, UnknownAnswer
    when an id is not in the pack.
    """
    if page != walk.page or walk.pack != pack.digest or page == OUTCOME:
        raise StalePage
    asked = {q.id for q in questions(pack, walk)}
    if set(given) - asked:
        raise UnknownAnswer(min(set(given) - asked), None)
    for question, option in given.items():
        pack.check_answer(question, option)
    if asked - set(given):
        raise StalePage
    return _advance(pack, replace(walk, answers={**walk.answers, **given}, asked=False))


def exclude(pack: RulePack, walk: Walk, people: tuple[str, ...]) -> Walk:
    """The tick list is given (it may be empty): go on."""
    if not pack.page(walk.page).people or walk.pack != pack.digest:
        raise StalePage
    return _advance(pack, replace(walk, excluded=people))


def ask_now(pack: RulePack, walk: Walk, given: Mapping[str, str]) -> Walk:
    """"Ask the DSL now": what was said so far, `advice=wanted`, and nothing more to ask.

    Raises StalePage unless the worry is not about an adult at the school.
    """
    known = {q.id for q in questions(pack, walk)} if walk.page != OUTCOME else set()
    for question, option in given.items():
        pack.check_answer(question, option)
    kept = {q: a for q, a in given.items() if q in known}
    walk = replace(walk, answers={**walk.answers, **kept})
    if _counted(pack, walk, walk.trail).get("adult") != "none":
        raise StalePage
    return replace(walk, asked=True, trail=(*walk.trail, OUTCOME))


def back(pack: RulePack, walk: Walk) -> Walk:
    """One page back, with every answer kept. The first page stays."""
    if len(walk.trail) < 2:  # noqa: PLR2004 - the first page has nothing behind it
        return walk
    return replace(walk, trail=walk.trail[:-1], asked=False)


def keep_choices(pack: RulePack, walk: Walk, given: Mapping[str, str]) -> Walk:
    """Keep what was chosen on a page that is left by Back; what the pack does not know is dropped."""
    offered = set() if walk.page == OUTCOME else {q.id for q in pack.page(walk.page).questions}
    known = {q: a for q, a in given.items() if q in offered and a in pack.masks[q]}
    return replace(walk, answers={**walk.answers, **known})


def fixed(pack: RulePack, walk: Walk) -> Walk:
    """"I've done that": back to the one question that the verdict wants mended."""
    question = _fixable(pack, walk)
    page = next(p for p in pack.pages if any(q.id == question for q in p.questions))
    trail = walk.trail[: walk.trail.index(page.id) + 1]
    return replace(walk, trail=trail, fixes={**walk.fixes, question: "done"})


def cannot(pack: RulePack, walk: Walk) -> Walk:
    """"I can't: ask the DSL": stay at the outcome, which now asks."""
    return replace(walk, fixes={**walk.fixes, _fixable(pack, walk): "cannot"})


def counted(pack: RulePack, walk: Walk) -> dict[str, str]:
    """The answers that count: those of the pages gone through, and `advice=wanted` if asked now."""
    trail = walk.trail if walk.page == OUTCOME else walk.trail[:-1]
    answers = _counted(pack, walk, trail)
    return {**answers, "advice": "wanted"} if walk.asked else answers


def verdict(pack: RulePack, walk: Walk) -> Verdict:
    """What the pack advises for the answers that count; blanks are the cautious answer."""
    return decide(pack, counted(pack, walk))


def open_fix(pack: RulePack, walk: Walk) -> str | None:
    """The question to mend first, unless the person said that they cannot."""
    fix = verdict(pack, walk).fix
    return fix if fix and walk.fixes.get(fix) != "cannot" else None


def seal(walk: Walk, person: str, key: bytes) -> str:
    """The walk as text for the dialog, bound to the person; under 3,000 characters."""
    body = json.dumps(_as_json(walk), separators=(",", ":"))
    return _mac(body, person, key) + body


def unseal(text: str, person: str, key: bytes) -> Walk:
    """Read what `seal` wrote. Raises StalePage when it was changed or is another person's."""
    mac, body = text[:_SEAL_CHARACTERS], text[_SEAL_CHARACTERS:]
    if not hmac.compare_digest(mac.encode(), _mac(body, person, key).encode()):
        raise StalePage
    raw = json.loads(body)
    return Walk(
        id=raw["i"],
        school=raw["s"],
        pack=raw["p"],
        answers=raw["a"],
        trail=tuple(raw["t"]),
        excluded=tuple(raw["x"]),
        fixes=raw["f"],
        asked=raw["n"],
        linked_to=raw["l"],
    )


def _advance(pack: RulePack, walk: Walk) -> Walk:
    page = next_page(pack, _counted(pack, walk, walk.trail), after=walk.page)
    return replace(walk, trail=(*walk.trail, page.id if page else OUTCOME))


def _counted(pack: RulePack, walk: Walk, trail: tuple[str, ...]) -> dict[str, str]:
    ids = {q.id for p in trail if (page := pack.page_or_none(p)) for q in page.questions}
    return {q: a for q, a in walk.answers.items() if q in ids}


def _fixable(pack: RulePack, walk: Walk) -> str:
    fix = verdict(pack, walk).fix if walk.page == OUTCOME else None
    if fix is None:
        raise StalePage
    return fix


def _as_json(walk: Walk) -> dict[str, object]:
    return {
        "i": walk.id,
        "s": walk.school,
        "p": walk.pack,
        "a": dict(walk.answers),
        "t": walk.trail,
        "x": walk.excluded,
        "f": dict(walk.fixes),
        "n": walk.asked,
        "l": walk.linked_to,
    }


def _mac(body: str, person: str, key: bytes) -> str:
    digest = hmac.new(key, f"{person}\n{body}".encode(), hashlib.sha256).hexdigest()
    return digest[:_SEAL_CHARACTERS]
