"""The rules change while cases are under way: nothing stops, and no card says what is not true."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from playground.school import DSL, DSL_CHANNEL, TEACHER
from tests.fixtures_school import CLEAR_SHARE, UNCERTAIN, open_pretend_school

SHIPPED = (resources.files("bot.rulepacks") / "england-2024.yaml").read_text("utf-8")
MARK = "Checked under other rules"


def own_pack(folder: Path, *changes: tuple[str, str]) -> str:
    """A school's own rule pack: the shipped one with some ids and words of its own."""
    text = SHIPPED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "own-pack.yaml"
    file.write_text(text, "utf-8")
    return str(file)


async def test_a_case_of_a_pack_that_was_changed_since_is_decided_and_told(tmp_path: Path):
    then = own_pack(
        tmp_path,
        ("inform_decision", "family_decision"),
        ("role: safeguarding", "role: [safeguarding, helper]"),
        ("      safeguarding: Someone", "      helper: A helper\n      safeguarding: Someone"),
    )
    pages = [*UNCERTAIN[:-1], UNCERTAIN[-1] | {"role": "helper"}]
    async with open_pretend_school(tmp_path, rule_pack=then) as school:
        waiting = await school.record(TEACHER, pages)
        assert "A helper" in school.posted(DSL_CHANNEL)[1]
        slack = school.workspace

    async with open_pretend_school(tmp_path, workspace=slack) as school:
        await school.do(DSL, "case.decide.share", reason="They need to know.")
        decided = await school.case(waiting)

        assert decided.status == "decided"
        assert MARK in school.posted(DSL_CHANNEL)[0]
        assert "*Would go to:* helper" in school.posted(DSL_CHANNEL)[1]
        assert "family_decision" in school.posted(DSL_CHANNEL)[0]
        assert "A helper" not in "".join(school.posted(DSL_CHANNEL))
        assert "Share" in school.told(TEACHER)[0]
        assert school.workspace.faults == []


async def test_a_case_of_the_shipped_pack_is_explained_by_it_under_a_pack_of_ones_own(
    tmp_path: Path,
):
    async with open_pretend_school(tmp_path) as school:
        case = await school.record(TEACHER, UNCERTAIN)
        before = school.posted(DSL_CHANNEL)
        slack = school.workspace
    now = own_pack(
        tmp_path,
        ("inform_decision: whether the family", "inform_decision: if they"),
        ("inform_decision: Agree with the DSL", "inform_decision: Settle with the DSL"),
    )

    async with open_pretend_school(tmp_path, workspace=slack, rule_pack=now) as school:
        await school.do(DSL, "case.hand_over", to="deputy", reason="I am away")
        after = school.posted(DSL_CHANNEL)

        assert MARK not in after[0]
        assert "whether the family" in before[0]
        assert "whether the family" in after[0]
        assert (await school.case(case)).pack == case.pack


async def test_nothing_more_is_decided_by_the_rules_before(tmp_path: Path):
    async with open_pretend_school(tmp_path) as school:
        await school.check(TEACHER, **{q: a for page in CLEAR_SHARE for q, a in page.items()})
        slack = school.workspace
    now = own_pack(tmp_path, ("inform_decision", "family_decision"))

    async with open_pretend_school(tmp_path, workspace=slack, rule_pack=now) as school:
        await school.submit(TEACHER, course="followed", reason="So", recipient="So")

        assert school.title(TEACHER) != "You can share this"
        assert await school.cases() == []
