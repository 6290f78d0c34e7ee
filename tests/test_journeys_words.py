"""The words after the command: help, mine, open; anything else is dropped."""

from playground import school as pretend
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

TEACHER, DSL = pretend.TEACHER, pretend.DSL


async def test_help_says_what_it_is_and_what_it_keeps(school: PretendSchool):
    await school.run(TEACHER, "help")

    said = school.whispered(TEACHER)
    assert "What it keeps" in said
    assert "It is not legal advice" in said
    assert "999" in said


async def test_mine_lists_ones_own_checks_and_open_what_waits_for_a_reviewer(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"advice": "wanted"})
    case = await school.finish(TEACHER)

    for person, word, seen in (
        (TEACHER, "mine", True),
        (DSL, "mine", False),
        (DSL, " OPEN ", True),
        (TEACHER, "open", False),
    ):
        await school.run(person, word)
        assert (case.ref in school.whispered(person)) == seen, (person, word)


async def test_a_restricted_case_is_in_no_list_of_the_dsl(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"adult": "staff"})
    case = await school.finish(TEACHER)

    await school.run(DSL, "open")

    assert case.ref not in school.whispered(DSL)


async def test_long_lists_have_pages(school: PretendSchool):
    for _ in range(12):
        await school.check(TEACHER, **SURE | {"trigger": "legal_order"})
        await school.finish(TEACHER)
    refs = [case.ref for case in await school.cases()]

    await school.run(TEACHER, "mine")
    first = school.whispered(TEACHER)
    await school.press(TEACHER, "list.mine.older")
    second = school.whispered(TEACHER)
    await school.press(TEACHER, "list.mine.newer")

    assert {ref for ref in refs if ref in first} == set(refs[2:])
    assert {ref for ref in refs if ref in second} == set(refs[:2])
    assert school.whispered(TEACHER) == first


async def test_other_words_after_the_command_are_dropped_and_logged_nowhere(
    school: PretendSchool, logged: list
):
    await school.run(TEACHER, "Zebedee in year 4 has bruises")

    assert school.title(TEACHER) == "Before you start"
    await school.answer(TEACHER, SURE)
    await school.finish(TEACHER)
    left = repr(logged) + school.remembered() + repr(school.workspace.calls)
    assert "Zebedee" not in left
