"""A case whose rule pack is gone is shown truly: codes for what is not known, never other words."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from bot.case import Case, PackRef, Status
from bot.decision_table import Table
from bot.facts import Facts, case_facts
from bot.rulepack import RulePack
from bot.rules import known_packs_by_digest, load_pack
from bot.stand_in_pack import stand_in
from tests.example_cases import ROWS, england, make_case, make_school

PACK = england()
SHIPPED = (resources.files("bot.rulepacks") / "england-2024.yaml").read_text("utf-8")
GONE = PackRef("hill-own", "0.9", "d" * 64)


def old_case(row: int, status: Status = Status.WAITING) -> Case:
    """A case of a row, recorded under a pack that is not here any more."""
    return make_case(row, status, pack=GONE)


def shown(case: Case, pack: RulePack) -> Facts:
    return case_facts(case, make_school(), pack, shown_on=case.route)


def changed_pack(folder: Path, *changes: tuple[str, str]) -> RulePack:
    """The shipped pack with parts of its file replaced."""
    text = SHIPPED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "changed.yaml"
    file.write_text(text, "utf-8")
    return load_pack(file)


def without_rows(*numbers: int) -> RulePack:
    return replace(PACK, table=Table(tuple(r for r in PACK.table.rows if r.number not in numbers)))


def renumbered(pack: RulePack, by: int) -> RulePack:
    """The pack with every row further down, as after rows were put in at the top."""
    rows = tuple(replace(row, number=row.number + by) for row in pack.table.rows)
    moved = {number + by: line for number, line in pack.row_doubts.items()}
    return replace(pack, table=Table(rows), row_doubts=moved)


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("status", [Status.WAITING, Status.DECIDED])
def test_where_only_comments_changed_a_case_reads_as_before(row: int, status: Status):
    before = shown(make_case(row, status), PACK)

    after = shown(old_case(row, status), stand_in(PACK, old_case(row, status)))

    assert before["case"].pop("other_rules") is False
    assert after["case"].pop("other_rules") is True
    assert after == before


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("by", [1, 7, 100])
def test_rows_with_other_numbers_do_not_lend_a_case_their_words(row: int, by: int):
    before = shown(make_case(row), PACK)

    after = shown(old_case(row), stand_in(renumbered(PACK, by), old_case(row)))

    assert (after["advice"], after["doubt"]) == (before["advice"], before["doubt"])


@pytest.mark.parametrize("row", ROWS)
def test_an_answer_that_cannot_be_given_any_more_is_shown_as_its_code(row: int):
    case = replace(old_case(row), answers={q: f"{q}_then" for q in ROWS[row]} | {"asked_then": "x"})

    facts = shown(case, stand_in(PACK, case))

    labels = {one["question"]: one["label"] for one in facts["answers"]}
    assert labels == {q: f"{q}_then" for q in ROWS[row]} | {"asked_then": "x"}
    assert facts["recipient_type"] == "role_then"


def test_a_condition_with_another_name_now_is_shown_as_its_code(tmp_path: Path):
    pack = changed_pack(tmp_path, ("inform_decision", "family_decision"))
    before = shown(make_case(31), PACK)["advice"]

    facts = shown(old_case(31), stand_in(pack, old_case(31)))

    assert facts["advice"]["title"] == before["title"]
    assert facts["advice"]["conditions"] == ["inform_decision"]
    assert facts["doubt"] == [{"rule": 2, "line": "inform_decision"}]
    assert "They are looking at: inform_decision." in facts["advice"]["text"]


@pytest.mark.parametrize("row", [3, 8, 15, 20])
def test_advice_that_no_row_gives_any_more_is_shown_by_its_code_and_recorded_reason(row: int):
    case = old_case(row)

    facts = shown(case, stand_in(without_rows(row, 17), case))

    assert facts["advice"]["title"] == case.advice.outcome
    assert facts["advice"]["text"] == case.advice.because
    assert facts["advice"]["because"] == case.advice.because


def test_a_row_that_says_something_else_by_now_does_not_speak_for_an_old_case(tmp_path: Path):
    """Row 32 was "you can share this"; in the pack of today its number is an escalation's."""
    swap = replace(PACK.table.rows[31], outcome="escalate", words="dsl")
    rows = (*PACK.table.rows[:31], swap, *PACK.table.rows[32:35], PACK.table.rows[36])
    pack = replace(PACK, table=Table(rows))

    facts = shown(old_case(32), stand_in(pack, old_case(32)))

    assert (facts["advice"]["title"], facts["advice"]["text"]) == (
        "share",
        old_case(32).advice.because,
    )


def test_the_pack_itself_is_not_changed_by_standing_in():
    rows, questions = PACK.table.rows, dict(PACK.questions)
    case = replace(old_case(3), answers={"role": "then"})

    stand_in(PACK, case)

    assert PACK.table.rows == rows
    assert dict(PACK.questions) == questions


def test_every_shipped_pack_and_the_one_in_use_explain_cases(tmp_path: Path):
    own = changed_pack(tmp_path, ("inform_decision", "family_decision"))

    known = known_packs_by_digest(own)

    assert set(known) == {PACK.digest, own.digest}
    assert known[own.digest] is own
    assert known_packs_by_digest(PACK) == {PACK.digest: PACK}
