"""The walk through the pages: pure state that travels with the dialog and touches no database."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.quick_json import read_json, write_json
from bot.refusals import StalePage
from bot.rules import Question, RulePack, UnknownAnswer, Verdict, decide, next_page

OUTCOME = "outcome"
DIALOG_HOLDS = 3000
"""Characters that Slack keeps with a dialog."""
SHORT = 1000
"""Bytes up to which a walk is not compressed, which would take longer than the rest of sealing."""
_PLAIN = b"{"
"""How JSON begins, and nothing that zlib writes does."""
_BOXES_OF_CHOICE = frozenset({"against_reason", "course"})
"""What stands beside the pack's own boxes where somebody may go against the advice."""
_CARRIED_OVER_NOT = frozenset({"trigger", "identity_risk", "role", "verified", "content"})


class Lock(Protocol):
    """Encrypts for one person; `open` raises StalePage for what was changed or is another's."""

    def seal(self, person: str, plain: bytes) -> bytes: ...

    def open(self, person: str, sealed: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Walk:
    """Where somebody is in the dialog. `trail` holds the pages gone through, the present one last.

    Answers of pages that are not on the trail are kept for filling in, but do not count. `mending`
    is the one question that is asked again after "I've done that": its page then comes twice.
    `written` is what stood in the boxes of the last page when it was left; `lost` says that some of
    it was too long to keep. It is for filling in alone: only what is handed in is recorded.
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
    mending: str | None = None
    written: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False

    @property
    def page(self) -> str:
        return self.trail[-1]


def start(walk_id: str, school: str, pack: RulePack) -> Walk:
    """A new walk at its first page."""
    return Walk(walk_id, school, pack.digest, trail=(pack.pages[0].id,))


def another(
    walk_id: str,
    pack: RulePack,
    school: str,
    answers: Mapping[str, str],
    case: str,
    excluded: Iterable[str] = (),
) -> Walk:
    """A linked walk for another recipient: what was said is filled in, but trigger, R5 and R6.

    Answers that this pack does not know, because the case had an older one, are left out.
    """
    kept = {q: a for q, a in answers.items() if q not in _CARRIED_OVER_NOT}
    known = {q: a for q, a in kept.items() if a in pack.masks.get(q, ())}
    walk = start(walk_id, school, pack)
    answers = {**known, "trigger": "own"}
    return replace(walk, answers=answers, excluded=tuple(sorted(excluded)), linked_to=case)


def renew(pack: RulePack, walk: Walk, given: Mapping[str, str]) -> Walk:
    """The same walk at its first page again, under a pack that came meanwhile, filled in.

    `given` is what was chosen on the page that was open. What the pack does not know is left out.
    """
    answers = {**walk.answers, **given}
    known = {q: a for q, a in answers.items() if a in pack.masks.get(q, ())}
    return replace(
        start(walk.id, walk.school, pack),
        answers=known,
        excluded=walk.excluded,
        linked_to=walk.linked_to,
        written=walk.written,
        lost=walk.lost,
    )


def questions(pack: RulePack, walk: Walk) -> tuple[Question, ...]:
    """What the present page asks: only what can still change the verdict."""
    if walk.mending:
        return tuple(q for q in pack.page(walk.page).questions if q.id == walk.mending)
    key = ("asks", walk.trail, *walk.answers.items())
    return pack.recall(key, lambda: _asked_now(pack, walk))


def take(pack: RulePack, walk: Walk, page: str, given: Mapping[str, str]) -> Walk:
    """The present page's answers are given: go to the next page, or to the outcome.

    What the page asked on an earlier visit, and does not ask now, counts no longer. Raises
    StalePage when `page` is not where the walk is or an answer is missing, UnknownAnswer when an id
    is not in the pack.
    """
    if page != walk.page or walk.pack != pack.digest or page == OUTCOME:
        raise StalePage
    if walk.mending:
        _check_given(pack, walk, given)
        before, mended = _without_detour(walk), {**walk.answers, **given}
        return replace(before, answers=mended, trail=_onward(pack, before.trail, mended))
    key = ("taken", walk.trail, *walk.answers.items(), "then", *given.items())
    answers, trail = pack.recall(key, lambda: _taken(pack, walk, given))
    return replace(walk, answers=answers, trail=trail, asked=False)


def exclude(pack: RulePack, walk: Walk, people: tuple[str, ...]) -> Walk:
    """The tick list is given (it may be empty): go on."""
    if not pack.page(walk.page).people or walk.pack != pack.digest:
        raise StalePage
    trail = _onward(pack, walk.trail, walk.answers, after=walk.page)
    return replace(walk, excluded=people, trail=trail)


def ask_now(pack: RulePack, walk: Walk, given: Mapping[str, str]) -> Walk:
    """To "Ask the DSL now": what was said so far, `advice=wanted`, and nothing more to ask.

    Raises StalePage unless the worry is not about an adult at the school.
    """
    known = {q.id for q in questions(pack, walk)} if walk.page != OUTCOME else set()
    for question, option in given.items():
        pack.check_answer(question, option)
    kept = {q: a for q, a in given.items() if q in known}
    walk = replace(_without_detour(walk), answers={**walk.answers, **kept})
    if _counted(pack, walk.answers, walk.trail).get("adult") != "none":
        raise StalePage
    return replace(walk, asked=True, trail=(*walk.trail, OUTCOME))


def back(pack: RulePack, walk: Walk) -> Walk:  # noqa: ARG001 - every step is given the pack
    """One page back, with every answer kept. The first page stays."""
    if len(walk.trail) < 2:  # noqa: PLR2004 - the first page has nothing behind it
        return walk
    return replace(walk, trail=walk.trail[:-1], asked=False, mending=None)


def keep_choices(pack: RulePack, walk: Walk, given: Mapping[str, str]) -> Walk:
    """Keep what was chosen on a page that is left by Back; what the pack does not know is dropped.

    Back from mending changes nothing: the answer counts already, and would be changed unsaid.
    """
    if walk.mending:
        return walk
    if walk.page == OUTCOME:
        offered = {"purpose"} if walk.asked else set()
    else:
        offered = {q.id for q in pack.page(walk.page).questions}
    known = {q: a for q, a in given.items() if q in offered and a in pack.masks[q]}
    return replace(walk, answers={**walk.answers, **known})


def keep_ticks(pack: RulePack, walk: Walk, people: tuple[str, ...]) -> Walk:
    """Keep who was ticked when the tick list is left by Back; elsewhere nothing changes."""
    page = pack.page_or_none(walk.page)
    return replace(walk, excluded=people) if page and page.people else walk


def keep_written(pack: RulePack, walk: Walk, given: Mapping[str, str]) -> Walk:
    """Keep what stands in the boxes of the last page when it is left; a blank box is forgotten."""
    known = {n: t for n, t in given.items() if n in pack.boxes or n in _BOXES_OF_CHOICE}
    if not known:
        return walk
    written = {name: text for name, text in {**walk.written, **known}.items() if text}
    return replace(walk, written=written, lost=False)


def without_written(walk: Walk) -> Walk:
    """The answers alone, for what lies longer than a dialog is open."""
    return replace(walk, written={}, lost=False)


def fixed(pack: RulePack, walk: Walk) -> Walk:
    """After "I've done that": back to the one question that the verdict wants mended."""
    question = _fixable(pack, walk)
    page = next(p for p in pack.pages if any(q.id == question for q in p.questions))
    fixes = {**walk.fixes, question: "done"}
    return replace(walk, trail=(*walk.trail, page.id), mending=question, fixes=fixes)


def cannot(pack: RulePack, walk: Walk) -> Walk:
    """After "I can't: ask the DSL": stay at the outcome, which now asks."""
    return replace(walk, fixes={**walk.fixes, _fixable(pack, walk): "cannot"})


def counted(pack: RulePack, walk: Walk) -> dict[str, str]:
    """The answers that count: those of the pages gone through, and `advice=wanted` if asked now."""
    trail = walk.trail if walk.page == OUTCOME else walk.trail[:-1]
    answers = _counted(pack, walk.answers, trail)
    return {**answers, "advice": "wanted"} if walk.asked else answers


def verdict(pack: RulePack, walk: Walk) -> Verdict:
    """What the pack advises for the answers that count; blanks are the cautious answer."""
    return decide(pack, counted(pack, walk))


def open_fix(pack: RulePack, walk: Walk) -> str | None:
    """The question to mend first, unless the person said that they cannot."""
    fix = verdict(pack, walk).fix
    return fix if fix and walk.fixes.get(fix) != "cannot" else None


def seal(walk: Walk, person: str, lock: Lock) -> str:
    """The walk as text for dialog and button, unreadable there, and bound to the person.

    Under 2,000 characters for up to a hundred people ticked, which is as many as a list can offer,
    where nothing was written.
    """
    body = write_json(_as_json(walk))
    short = body if len(body) <= SHORT else _compress(body)
    return base64.urlsafe_b64encode(lock.seal(person, short)).decode()


def seal_to_fit(walk: Walk, person: str, lock: Lock) -> tuple[str, Walk]:
    """The walk as text that a dialog holds, and what of it is kept: without the longest texts,
    as many as it takes; it is then `lost` that they were there.
    """
    sealed = seal(walk, person, lock)
    while len(sealed) > DIALOG_HOLDS and walk.written:
        longest = max(walk.written, key=lambda name: len(walk.written[name]))
        kept = {name: text for name, text in walk.written.items() if name != longest}
        walk = replace(walk, written=kept, lost=True)
        sealed = seal(walk, person, lock)
    return sealed, walk


def unseal(text: str, person: str, lock: Lock) -> Walk:
    """Read what `seal` wrote. Raises StalePage when it was changed or is another person's."""
    try:
        sealed = base64.urlsafe_b64decode(text.encode("ascii"))
    except ValueError:
        raise StalePage from None
    if base64.urlsafe_b64encode(sealed).decode() != text:
        raise StalePage
    body = lock.open(person, sealed)
    raw = read_json(body if body.startswith(_PLAIN) else zlib.decompress(body))
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
        mending=raw.get("m"),
        written=raw.get("w", {}),
        lost=raw.get("o", False),
    )


def _compress(body: bytes) -> bytes:
    """As zlib does it, with a window of 8 KB: its usual tables cost ten times the work itself."""
    work = zlib.compressobj(9, zlib.DEFLATED, 13, 6)
    return work.compress(body) + work.flush()


def _check_given(pack: RulePack, walk: Walk, given: Mapping[str, str]) -> set[str]:
    """What the present page asks. Raises as `take`."""
    asked = {q.id for q in questions(pack, walk)}
    if set(given) - asked:
        raise UnknownAnswer(min(set(given) - asked), None)
    for question, option in given.items():
        pack.check_answer(question, option)
    if asked - set(given):
        raise StalePage
    return asked


def _taken(
    pack: RulePack, walk: Walk, given: Mapping[str, str]
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The answers and the trail once a page is given. Raises as `take`."""
    asked = _check_given(pack, walk, given)
    unasked = {q.id for q in pack.page(walk.page).questions} - asked
    kept = {q: a for q, a in walk.answers.items() if q not in unasked}
    answers = {**kept, **given}
    return answers, _onward(pack, walk.trail, answers, after=walk.page)


def _onward(
    pack: RulePack, trail: tuple[str, ...], answers: Mapping[str, str], after: str | None = None
) -> tuple[str, ...]:
    """The trail with the page that follows."""
    page = next_page(pack, _counted(pack, answers, trail), after=after)
    following = page.id if page else OUTCOME
    again = following in trail  # mended, it may ask one thing more of a page gone through
    return (*(trail[: trail.index(following)] if again else trail), following)


def _without_detour(walk: Walk) -> Walk:
    """The walk without the outcome and the page that a mending put at the end of its trail."""
    return replace(walk, trail=walk.trail[:-2], mending=None) if walk.mending else walk


def _asked_now(pack: RulePack, walk: Walk) -> tuple[Question, ...]:
    page = pack.page(walk.page)
    before = _counted(pack, walk.answers, walk.trail[:-1])
    return pack.live_questions(before, page) or page.questions


def _counted(pack: RulePack, answers: Mapping[str, str], trail: tuple[str, ...]) -> dict[str, str]:
    ids = pack.recall(("asked", *trail), lambda: _asked_on(pack, trail))
    return {q: a for q, a in answers.items() if q in ids}


def _asked_on(pack: RulePack, trail: tuple[str, ...]) -> frozenset[str]:
    pages = (page for name in trail if (page := pack.page_or_none(name)))
    return frozenset(q.id for page in pages for q in page.questions)


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
        **({"m": walk.mending} if walk.mending else {}),
        **({"w": dict(walk.written)} if walk.written else {}),
        **({"o": True} if walk.lost else {}),
    }
