"""What a member of staff lives through, over signed HTTP."""

from playground import school as pretend
from tests.fixtures_school import CLEAR_SHARE, UNCERTAIN
from tests.pretend_school import PretendSchool

TEACHER, DSL = pretend.TEACHER, pretend.DSL


async def test_a_clear_share_is_recorded_and_the_dsl_is_told(school: PretendSchool):
    case = await school.record(TEACHER, CLEAR_SHARE)

    assert (case.status, case.advice.row) == ("decided", 32)
    assert school.title(TEACHER) == "You can share this"
    assert case.ref in school.workspace.texts_in(pretend.DSL_CHANNEL)[0]


async def test_an_uncertain_case_is_decided_in_the_thread_and_the_requester_is_told(
    school: PretendSchool,
):
    case = await school.record(TEACHER, UNCERTAIN)
    assert case.status == "waiting"

    await school.press(DSL, "case.decide.share")
    await school.submit(DSL, reason="They need it to keep the child safe")

    decided = (await school.cases())[0]
    assert (decided.status, decided.decision.by) == ("decided", "dsl")
    direct = school.workspace.direct_from_app(TEACHER)
    assert "Share" in school.workspace.texts_in(direct.id)[-1]
