"""Small decision tables by chance: up to five rows over three questions of three options."""

from __future__ import annotations

from functools import cache
from itertools import product

from hypothesis import strategies as st

from bot.decision_table import (
    ALWAYS,
    Addition,
    Answered,
    Either,
    Every,
    Named,
    Not,
    Row,
    Scale,
    Table,
)

THREE = ("a", "b", "c")
OPTIONS = ("x", "y", "z")


@cache
def conditions():
    def answered(question, mask):
        chosen = tuple(option for n, option in enumerate(OPTIONS) if mask >> n & 1)
        return Answered(question, chosen, mask, 1 << THREE.index(question))

    leaves = st.builds(answered, st.sampled_from(THREE), st.integers(1, 6)) | st.just(ALWAYS)
    return st.recursive(
        leaves,
        lambda parts: (
            st.builds(Not, parts)
            | st.builds(lambda part: Named("named", part), parts)
            | st.builds(lambda *both: Every(both), parts, parts)
            | st.builds(lambda *both: Either(both), parts, parts)
        ),
        max_leaves=5,
    )


@st.composite
def tables(draw):
    """Small tables of up to five rows over three questions of three options."""
    whens = [*draw(st.lists(conditions(), max_size=4)), ALWAYS]
    rows = []
    for number, when in enumerate(whens, start=1):
        low = draw(st.sampled_from(["high", "normal"]))
        added = draw(
            st.lists(st.builds(Addition, st.sampled_from(["p", "q"]), conditions()), max_size=2)
        )
        rows.append(
            Row(
                number,
                when,
                draw(st.sampled_from(["share", "escalate"])),
                "dsl",
                (),
                Scale("scale", "high", draw(conditions()), low),
                (),
                tuple(added),
                None,
                1,
                "because",
                "words",
            )
        )
    return Table(tuple(rows))


def completions(state):
    bits = [[1 << n for n in range(3) if state[q] >> n & 1] for q in THREE]
    return [dict(zip(THREE, chosen, strict=True)) for chosen in product(*bits)]


known_or_not = st.sampled_from([1, 2, 4, 7])
states = st.fixed_dictionaries(dict.fromkeys(THREE, known_or_not))
