"""What must hold for every possible set of answers, proved by trying them all.

The short run tries all 20,736,000 sets of answers on the table as sets of bits (`AnswerSets`), and
compares 20,000 of them, drawn by chance, with what `decide` itself says. The long run asks `decide`
about every one of the 20,736,000.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import reduce
from itertools import combinations, product
from multiprocessing import get_context
from operator import or_

import pytest

from bot.answer_sets import AnswerSets
from bot.rules import RulePack, Verdict, decide, load_pack

ALL = 20_736_000
CAUTIOUS = {
    "danger": "unsure",
    "adult": "unsure",
    "trigger": "own",
    "identifiable": "unsure",
    "purpose": "unsure",
    "openness": "unsure",
    "agreement": "unsure",
    "advice": "wanted",
    "identity_risk": "unsure",
    "role": "unsure",
    "verified": "no",
    "content": "unsure",
}
ALIKE = {
    ("adult", "staff", "dsl"),
    ("adult", "staff", "unsure"),
    ("adult", "dsl", "unsure"),
    ("trigger", "own", "professional"),
    ("trigger", "own", "parent"),
    ("trigger", "professional", "parent"),
    ("identifiable", "yes", "unsure"),
    ("advice", "confident", "advised"),
}


@dataclass(frozen=True, eq=False)
class Tried:
    """The pack tried on everything: each verdict, with the answer sets that lead to it."""

    pack: RulePack
    sets: AnswerSets
    verdicts: dict[Verdict, int]

    def said(self, holds) -> int:
        return reduce(or_, (s for v, s in self.verdicts.items() if holds(v)), 0)

    def outcome(self, outcome: str) -> int:
        return self.said(lambda v: v.outcome == outcome)

    def where(self, question: str, *options: str) -> int:
        return self.sets.where(question, *options)

    def other(self, sets: int) -> int:
        return self.sets.everything ^ sets

    @property
    def harmish(self) -> int:
        return self.where("purpose", "harm", "unsure") | self.where("danger", "unsure")

    @property
    def in_danger(self) -> int:
        return self.where("danger", "yes")


@pytest.fixture(scope="module")
def tried() -> Tried:
    pack = load_pack()
    sets = AnswerSets.of(pack)
    return Tried(pack, sets, sets.verdicts(pack.table))


# --------------------------------------------------------------- the ten statements of the domain


def test_1_every_set_of_answers_has_exactly_one_outcome(tried):
    in_all = sum(sets.bit_count() for sets in tried.verdicts.values())

    assert tried.sets.count == ALL
    assert tried.said(lambda _: True) == tried.sets.everything
    assert in_all == ALL


def test_2_danger_always_means_share_now_and_act_now(tried):
    act_now = tried.said(
        lambda v: v.outcome == "share" and v.urgency == "now" and "act_now" in v.conditions
    )

    assert tried.in_danger & ~act_now == 0


def test_3_a_worry_about_an_adult_at_the_school_never_reaches_the_dsl(tried):
    about_an_adult = tried.other(tried.where("adult", "none"))
    to_the_dsl = tried.said(lambda v: v.route == "dsl" or "dsl" in v.copy)

    assert about_an_adult & to_the_dsl == 0


def test_4_not_sharing_where_there_may_be_harm_always_has_the_dsl_look_again(tried):
    reviewed = tried.said(lambda v: "dsl_review" in v.conditions)

    assert tried.outcome("do_not_share") & tried.harmish & ~reviewed == 0


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("role", ("statutory", "safeguarding")),
        ("verified", ("yes",)),
        ("identity_risk", ("none", "protected")),
        ("content", ("minimal", "doubtful")),
        ("purpose", ("harm", "welfare")),
        ("advice", ("confident", "advised")),
    ],
)
def test_5_sharing_about_somebody_without_danger_needs_every_safeguard(tried, question, options):
    about_somebody = tried.other(tried.where("identifiable", "no"))
    shared = tried.outcome("share") & about_somebody & tried.other(tried.in_danger)

    assert shared
    assert shared & ~tried.where(question, *options) == 0


def test_6_without_danger_nothing_goes_to_a_dangerous_person_or_one_without_a_part(tried):
    wrong = tried.where("identity_risk", "recipient_is_risk") | tried.where("role", "none")

    assert tried.outcome("share") & tried.other(tried.in_danger) & wrong == 0


def test_7_where_there_is_harm_agreement_never_changes_the_outcome(tried):
    harm = tried.where("purpose", "harm")
    parts = [tried.outcome(o) & harm for o in ("share", "do_not_share", "escalate")]

    for old, new in combinations(tried.sets.options["agreement"], 2):
        assert tried.sets.changes_nothing(parts, "agreement", old, new)


def test_8_telling_the_family_or_not_never_blocks_a_harm_share_to_a_statutory_service(tried):
    harm = tried.where("purpose", "harm") & tried.where("role", "statutory")
    shared = tried.outcome("share") & harm

    assert shared
    for old, new in combinations(tried.sets.options["openness"], 2):
        assert tried.sets.changes_nothing([shared], "openness", old, new)


@pytest.mark.parametrize("question", [q for q in CAUTIOUS if q != "trigger"])
def test_9_a_more_cautious_answer_never_turns_another_outcome_into_share(tried, question):
    shared = tried.outcome("share")
    cautious = CAUTIOUS[question]

    for option in tried.sets.options[question]:
        turned = tried.sets.moved(tried.other(shared), question, option, cautious)
        assert option == cautious or turned & shared == 0


def test_10_every_row_but_the_safety_net_is_reached(tried):
    reached = {verdict.row for verdict in tried.verdicts}

    assert reached == set(range(1, 37))
    assert [row.number for row in tried.pack.table.rows] == list(range(1, 38))


def test_10_every_option_changes_the_verdict_but_those_that_differ_in_the_record_alone(tried):
    wholes: dict[object, int] = {}
    for verdict, sets in tried.verdicts.items():
        wholes[verdict.whole] = wholes.get(verdict.whole, 0) | sets

    alike = {
        (question, one, other)
        for question, options in tried.sets.options.items()
        for one, other in combinations(options, 2)
        if tried.sets.changes_nothing(wholes.values(), question, one, other)
    }

    assert alike == ALIKE


# -------------------------------------------------------------------------- the table, as written


Line = tuple[int, int, str, str, str, str, str, str | None]


def domain_table(tried: Tried) -> Iterator[Line]:
    """The domain's table written a second time.

    Row, where, outcome, route, copy, urgency, conditions, fix; `*` and `+` as in the domain.
    """
    yield from danger_adults_and_advice(tried, tried.where)
    yield from recipients_and_anonymity(tried, tried.where)
    yield from care_and_sharing(tried, tried.where)


def danger_adults_and_advice(tried: Tried, w) -> Iterator[Line]:
    staff = w("adult", "staff", "dsl", "unsure")
    head, conflict = w("adult", "head"), w("adult", "conflict")
    wanted, law, harm = w("advice", "wanted"), w("advice", "law"), w("purpose", "harm")
    yield 1, tried.in_danger & w("adult", "none"), "share", "dsl", "", "now", "act_now", None
    yield 2, tried.in_danger & staff, "share", "head", "", "now", "act_now restricted", None
    yield 3, tried.in_danger & head, "share", "chair", "", "now", "act_now restricted", None
    yield 4, tried.in_danger & conflict, "share", "lado", "", "now", "act_now restricted", None
    yield 5, staff, "escalate", "head", "", "high", "restricted", None
    yield 6, head, "escalate", "chair", "", "high", "restricted", None
    yield 7, conflict, "escalate", "lado", "", "high", "restricted", None
    records, order = w("trigger", "records_request"), w("trigger", "legal_order")
    yield 8, records, "escalate", "dpo", "dsl", "danger", "subject_access", None
    yield 9, order, "escalate", "dpo", "dsl", "high", "legal_order", None
    yield 10, wanted, "escalate", "dsl", "", "*", "advice", None
    yield 11, law & harm, "escalate", "dsl", "dpo", "high", "law_advice", None
    yield 12, law, "escalate", "dpo", "dsl", "*", "law_advice", None


def recipients_and_anonymity(tried: Tried, w) -> Iterator[Line]:
    harmish, no_part, unsure_role = tried.harmish, w("role", "none"), w("role", "unsure")
    public, nobody, nothing = w("trigger", "public"), w("identifiable", "no"), w("purpose", "none")
    maybe_danger = w("danger", "unsure") & tried.other(w("purpose", "harm"))
    at_risk = w("identity_risk", "recipient_is_risk")
    yield 13, at_risk, "do_not_share", "dsl", "", "high", "dsl_review", None
    yield 14, no_part & harmish, "do_not_share", "dsl", "", "high", "dsl_review", None
    yield 15, no_part, "do_not_share", "dsl", "", "normal", "", None
    yield 16, public & unsure_role & harmish, "do_not_share", "dsl", "", "high", "dsl_review", None
    yield 17, public & unsure_role, "do_not_share", "dsl", "", "normal", "", None
    yield 18, public, "escalate", "dsl", "", "*", "recipient", None
    unclear = unsure_role | w("identity_risk", "unsure") | maybe_danger
    yield 19, nobody & unclear, "escalate", "dsl", "", "*", "anonymised", None
    yield 20, nobody, "share", "dsl", "", "*", "anonymised", None
    unsure_purpose = w("purpose", "unsure") | maybe_danger
    yield 21, unsure_purpose, "escalate", "dsl", "", "high", "advice", None
    yield 22, w("role", "family"), "escalate", "dsl", "", "*", "recipient", None
    yield 23, unsure_role, "escalate", "dsl", "", "*", "recipient", None
    statutory = w("role", "statutory")
    yield 24, nothing & statutory, "escalate", "dpo", "dsl", "normal", "law_advice", None
    yield 25, nothing, "escalate", "dsl", "", "normal", "recipient", None


def care_and_sharing(tried: Tried, w) -> Iterator[Line]:
    harm, welfare = w("purpose", "harm"), w("purpose", "welfare")
    not_yet, unsure_risk = w("identity_risk", "not_yet"), w("identity_risk", "unsure")
    yield 26, w("verified", "no"), "escalate", "dsl", "", "*", "verify", "verified"
    yield 27, not_yet, "escalate", "dsl", "", "*", "protect", "identity_risk"
    yield 28, unsure_risk, "escalate", "dsl", "", "*", "protect", None
    yield 29, w("content", "excess"), "escalate", "dsl", "", "*", "trim", "content"
    yield 30, w("content", "unsure"), "escalate", "dsl", "", "*", "trim", None
    undecided = harm & w("openness", "unsure") & w("role", "safeguarding")
    yield 31, undecided, "escalate", "dsl", "", "high", "inform_decision", None
    yield 32, harm, "share", "dsl", "", "high", "+ override_reason mark_unconfirmed", None
    not_safe, not_asked = w("openness", "not_safe"), w("agreement", "not_asked")
    doubts = (
        w("content", "doubtful") | w("openness", "unsure") | w("agreement", "refused", "unsure")
    )
    yield 33, welfare & not_safe, "escalate", "dsl", "", "high", "agreement", None
    yield 34, welfare & doubts, "escalate", "dsl", "", "normal", "agreement", None
    yield 35, welfare & not_asked, "escalate", "dsl", "", "normal", "agreement", "agreement"
    yield 36, welfare, "share", "dsl", "", "normal", "+", None
    yield 37, tried.sets.everything, "escalate", "dsl", "", "high", "advice", None


ADDED = {
    "protect_ids": ("identity_risk", "protected"),
    "inform_first": ("openness", "will_tell"),
    "do_not_inform": ("openness", "not_safe"),
    "inform_later": ("openness", "not_practicable"),
    "do_not_inform_yet": ("openness", "unsure"),
    "inform_decision": ("openness", "unsure"),
}
ADDED_FOR_HARM = {
    "override_reason": ("agreement", "refused"),
    "mark_unconfirmed": ("content", "doubtful"),
}


def test_the_pack_says_what_the_table_of_the_domain_says_row_by_row(tried):
    left = tried.sets.everything
    for number, where, outcome, route, copy, urgency, conditions, fix in domain_table(tried):
        hit = where & left
        left ^= hit
        own = tried.said(lambda v, n=number: v.row == n)
        same = tried.said(
            lambda v, n=number, o=outcome, r=route, c=copy, f=fix: (
                (v.row, v.outcome, v.route, v.copy, v.fix) == (n, o, r, tuple(c.split()), f)
            )
        )
        assert own == hit == same, f"row {number}"
        assert_urgency(tried, hit, urgency)
        assert_conditions(tried, hit, conditions)
    assert left == 0


def assert_urgency(tried: Tried, hit: int, urgency: str) -> None:
    high = {"*": tried.harmish, "danger": tried.where("danger", "unsure")}.get(urgency)
    expected = {urgency: hit} if high is None else {"high": hit & high, "normal": hit & ~high}
    for name, sets in expected.items():
        assert hit & tried.said(lambda v, u=name: v.urgency == u) == sets


def assert_conditions(tried: Tried, hit: int, conditions: str) -> None:
    always = set(conditions.split()) - {"+"} - set(ADDED_FOR_HARM)
    added = ADDED if "+" in conditions else {}
    added = {**added, **(ADDED_FOR_HARM if "override_reason" in conditions else {})}
    for condition in tried.pack.conditions:
        has = hit & tried.said(lambda v, c=condition: c in v.conditions)
        if condition in added:
            assert has == hit & tried.where(*added[condition])
        else:
            assert has == (hit if condition in always else 0)


# ---------------------------------------------------------------------------- blanks are cautious


def test_a_blank_is_the_cautious_answer(tried):
    assert {q.id: q.blank for q in tried.pack.questions.values()} == CAUTIOUS


def test_leaving_answers_out_is_the_same_as_giving_the_cautious_ones(tried):
    chance = random.Random(1)  # noqa: S311 - the same draw each time
    for _ in range(5_000):
        answers = tried.sets.answers(chance.randrange(ALL))
        given = {q: a for q, a in answers.items() if chance.random() < 0.6}

        assert decide(tried.pack, given) == decide(tried.pack, {**CAUTIOUS, **given})


# ------------------------------------------------------------------ the proofs are about the code


def test_decide_says_what_the_sets_say_for_20_000_drawn_by_chance(tried):
    chance = random.Random(2)  # noqa: S311 - the same draw each time
    numbers = sorted({chance.randrange(ALL) for _ in range(20_000)})
    expected = {}
    for verdict, sets in tried.verdicts.items():
        raw = sets.to_bytes(ALL // 8, "little")
        expected |= {n: verdict for n in numbers if raw[n >> 3] >> (n & 7) & 1}

    for number in numbers:
        assert decide(tried.pack, tried.sets.answers(number)) == expected[number]


@pytest.mark.long
def test_decide_says_what_the_sets_say_for_every_one_of_the_20_736_000():
    options = load_pack().masks
    pairs = list(product(options["danger"], options["adult"]))

    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
        tried_in_all = sum(pool.map(decide_all, pairs))

    assert tried_in_all == ALL


def decide_all(start: tuple[str, str]) -> int:
    """Ask `decide` about every set of answers with this danger and adult; how many there were."""
    pack = load_pack()
    options = {name: tuple(masks) for name, masks in pack.masks.items()}
    options |= {"danger": start[:1], "adult": start[1:]}
    sets = AnswerSets(options, {})
    verdicts = sets.verdicts(pack.table)
    numbered = list(verdicts)
    at = number_each(list(verdicts.values()), sets.count)
    for number, chosen in enumerate(product(*options.values())):
        answers = dict(zip(options, chosen, strict=True))
        if decide(pack, answers) != numbered[at[number]]:
            raise AssertionError(answers)
    return len(at)


def number_each(parts: list[int], count: int) -> bytes:
    """For each bit, the number of the part that has it."""
    joined = 0
    for number, part in enumerate(parts):
        digits = f"{part:0{count}b}".encode().translate(bytes.maketrans(b"01", bytes([0, number])))
        joined |= int.from_bytes(digits, "big")
    return joined.to_bytes(count, "little")
