"""Who hears of a case: each route, exclusion by person, and what happens when nobody is left."""

import pytest

from bot.settings import RouteSettings
from playground import school as pretend
from tests.fixtures_school import open_changed_school
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

TEACHER, DSL, DEPUTY = pretend.TEACHER, pretend.DSL, pretend.DEPUTY
HEAD, CHAIR, DPO = pretend.HEAD, pretend.CHAIR, pretend.DPO
ADULT = SURE | {"adult": "staff"}
HEAD_CHANNEL = "C0HEAD0001"
DECIDE = "case.decide.share"


async def raised(school: PretendSchool, answers: dict[str, str], *ticked: str, by: str = TEACHER):
    """A check handed in, with the people who must not see it."""
    await school.check(by, ticked or ("nobody",), **answers)
    return await school.finish(by)


def add_head_channel(school: PretendSchool, *members: str) -> None:
    from playground.residents import Channel, ChannelKind

    people = frozenset({*members, pretend.BOT})
    school.workspace.add_channel(Channel(HEAD_CHANNEL, "heads", ChannelKind.PRIVATE, people))


def heads_in_channel(folder):
    """A school whose head's route is a channel."""
    route = RouteSettings(post="Headteacher", slack_channel=HEAD_CHANNEL)
    return open_changed_school(folder, routes={"head": route})


# ---------------------------------------------------------------------------------- each route


async def test_a_worry_about_staff_goes_to_the_head_alone(school: PretendSchool):
    case = await raised(school, ADULT)

    assert (case.route, case.restricted) == ("head", True)
    assert case.ref in school.told(HEAD)[0]
    assert school.posted(pretend.DSL_CHANNEL) == []
    for person in (DSL, DEPUTY, CHAIR, DPO):
        assert case.ref not in str(school.messages(person))

    await school.do(HEAD, DECIDE, reason="The LADO agrees")
    assert (await school.case(case)).decision.by == "head"
    assert school.posted(pretend.DSL_CHANNEL) == []


async def test_a_worry_about_the_head_goes_to_the_chair_alone(school: PretendSchool):
    case = await raised(school, SURE | {"adult": "head"})

    assert case.ref in school.told(CHAIR)[0]
    assert case.ref not in str(school.messages(HEAD))
    await school.do(CHAIR, DECIDE, reason="The LADO agrees")
    assert (await school.case(case)).decision.by == "chair"


async def test_a_worry_for_the_lado_is_a_number_to_ring_and_is_written_down_after(
    school: PretendSchool,
):
    case = await raised(school, SURE | {"adult": "conflict"})

    assert (case.route, case.status) == ("lado", "outside")
    assert "01632 960 003" in school.page(TEACHER)
    assert "please ring" in school.page(TEACHER)
    assert "01632 960 003" in school.told(TEACHER)[0]
    for person in (DSL, HEAD, CHAIR, DPO):
        assert case.ref not in str(school.messages(person))

    await school.do(TEACHER, "case.outside", outcome="share", reason="The LADO said so")
    after = await school.case(case)
    assert (after.status, after.decision.by) == ("decided", after.requester)
    assert await school.happened(after) == ["recorded", "decided"]


async def test_what_was_decided_outside_can_be_written_down_at_once_in_the_dialog(
    school: PretendSchool,
):
    case = await raised(school, SURE | {"adult": "conflict"})

    await school.press_here(TEACHER, "case.outside")
    await school.submit(TEACHER, outcome="do_not_share", reason="The LADO will do it")

    assert (await school.case(case)).decision.outcome == "do_not_share"


async def test_a_records_request_goes_to_the_dpo_and_the_dsl_has_a_copy(school: PretendSchool):
    case = await raised(school, SURE | {"trigger": "records_request"})

    assert case.ref in school.posted(pretend.DPO_CHANNEL)[0]
    (copy,) = school.posted(pretend.DSL_CHANNEL)
    assert "for you to know" in copy
    assert case.ref in copy
    assert not school.sees(DSL, DECIDE)

    await school.do(DPO, DECIDE, reason="They have the right")
    assert (await school.case(case)).decision.by == "dpo"
    assert "decided by <@U0DPO00001>" in school.posted(pretend.DSL_CHANNEL)[0]


async def test_whoever_has_a_copy_may_read_but_not_decide(school: PretendSchool):
    case = await raised(school, SURE | {"trigger": "records_request"})

    await school.press(DSL, "case.read")

    assert "Seen twice this week" in school.page(DSL)
    assert (await school.happened(case))[-1] == "read"
    await school.press(DPO, DECIDE)
    answer = await school.hand_in(DSL, school.workspace.view_for(DPO), reason="I say so")
    assert answer["view"]["title"]["text"] == "Not possible"
    assert (await school.case(case)).status == "waiting"


async def test_a_question_of_law_about_harm_goes_to_the_dsl_with_a_copy_for_the_dpo(
    school: PretendSchool,
):
    case = await raised(school, SURE | {"advice": "law"})

    assert (case.route, case.advice.copy) == ("dsl", ("dpo",))
    assert case.ref in school.posted(pretend.DSL_CHANNEL)[0]
    assert "for you to know" in school.posted(pretend.DPO_CHANNEL)[0]


@pytest.mark.parametrize(
    ("adult", "route", "told"), [("staff", "head", HEAD), ("head", "chair", CHAIR)]
)
async def test_danger_from_an_adult_at_the_school_tells_only_whom_it_may(
    school: PretendSchool, adult: str, route: str, told: str
):
    await school.walk(TEACHER, [{"danger": "yes", "adult": adult}])
    await school.settle()

    case = await school.case()
    assert (case.route, case.status, case.advice.urgency) == (route, "reason_due", "now")
    assert "Danger now" in school.told(told)[0]
    for person in {DSL, DEPUTY, HEAD, CHAIR, DPO} - {told}:
        assert case.ref not in str(school.messages(person))


async def test_danger_for_the_lado_shows_whom_to_ring(school: PretendSchool):
    await school.walk(TEACHER, [{"danger": "yes", "adult": "conflict"}])
    await school.settle()

    case = await school.case()
    assert (case.route, case.status) == ("lado", "reason_due")
    assert "01632 960 003" in school.page(TEACHER)
    await school.submit(TEACHER, reason="I rang everyone")
    assert (await school.case(case)).status == "decided"


# ------------------------------------------------------------------------- restricted re-routing


async def test_a_restricted_case_is_never_sent_to_the_dsl_or_the_dpo(school: PretendSchool):
    await raised(school, ADULT)

    await school.press(HEAD, "case.reroute")

    offered = [o["value"] for o in school.inputs(HEAD)["to"]["element"]["options"]]
    assert offered == ["chair", "lado"]


async def test_a_route_that_was_not_offered_is_refused_beside_the_choice(school: PretendSchool):
    case = await raised(school, ADULT)
    await school.press(HEAD, "case.reroute")
    form = school.workspace.view_for(HEAD)
    chosen = {"type": "radio_buttons", "selected_option": {"value": "dsl"}}
    values = form.values | {"f.to": {"to": chosen}}

    answer = await school.hand_in(HEAD, type(form)(form.body, values), reason="To the DSL")

    assert answer["errors"] == {"f.to": "It cannot go there. Please choose another."}
    assert (await school.case(case)).route == "head"


async def test_the_head_sends_a_case_to_the_chair(school: PretendSchool):
    case = await raised(school, ADULT)
    await school.do(HEAD, "case.reroute", to="chair", reason="I know them too well")

    assert case.ref in school.told(CHAIR)[0]
    assert "Sent to another post" in school.told(HEAD)[0]
    assert not school.sees(HEAD, DECIDE)
    await school.do(CHAIR, DECIDE, reason="The LADO agrees")
    assert (await school.case(case)).decision.by == "chair"


async def test_a_case_sent_to_a_contact_card_is_outside_and_the_requester_is_given_the_number(
    school: PretendSchool,
):
    case = await raised(school, ADULT)
    await school.do(HEAD, "case.reroute", to="lado", reason="It is for the council")

    assert (await school.case(case)).status == "outside"
    assert "Please ring" in school.told(TEACHER)[-1]
    assert "01632 960 003" in school.told(TEACHER)[-1]
    await school.do(TEACHER, "case.outside", outcome="share", reason="The LADO said so")
    assert (await school.case(case)).status == "decided"


# ---------------------------------------------------------------------------------- exclusion


async def test_the_tick_list_names_those_who_would_receive_it_by_post(school: PretendSchool):
    await school.walk(TEACHER, [{"danger": "no", "adult": "staff"}])

    options = school.inputs(TEACHER)["people"]["element"]["options"]
    assert {o["value"]: o["text"]["text"] for o in options} == {
        "head": "Headteacher",
        "chair": "Chair of governors",
        "nobody": "None of these people",
    }


async def test_somebody_and_nobody_cannot_both_be_ticked(school: PretendSchool):
    await school.walk(TEACHER, [{"danger": "no", "adult": "staff"}])

    sent = await school.slack.answer(TEACHER, people=["head", "nobody"])

    assert "but not both" in sent.errors["q.people.0"]


async def test_an_excluded_head_hears_nothing_and_the_chair_decides(school: PretendSchool):
    case = await raised(school, ADULT, "head")

    assert (case.route, "head" in case.excluded) == ("chair", True)
    assert case.ref in school.told(CHAIR)[0]
    assert case.ref not in str(school.messages(HEAD))
    await school.run(HEAD, "open")
    assert case.ref not in school.whispered(HEAD)

    await school.press(CHAIR, DECIDE)
    await school.hand_in(HEAD, school.workspace.view_for(CHAIR), reason="I heard of it")
    assert await school.happened(case) == ["recorded", "refused"]
    await school.submit(CHAIR, reason="The LADO agrees")
    assert (await school.case(case)).decision.by == "chair"


async def test_an_excluded_person_who_tries_is_refused_as_excluded(school: PretendSchool):
    case = await raised(school, ADULT, "chair")
    await school.press(HEAD, "case.reroute")
    await school.submit(HEAD, to="chair", reason="Please take it")

    after = await school.case(case)
    assert (after.route, after.status) == ("lado", "outside")
    assert case.ref not in str(school.messages(CHAIR))


async def test_with_head_and_chair_excluded_the_lado_is_rung(school: PretendSchool):
    case = await raised(school, ADULT, "head", "chair")

    assert (case.route, case.status) == ("lado", "outside")
    assert "01632 960 003" in school.page(TEACHER)
    for person in (HEAD, CHAIR, DSL):
        assert case.ref not in str(school.messages(person))


async def test_in_a_channel_with_an_excluded_member_the_others_are_messaged_singly(tmp_path):
    async with heads_in_channel(tmp_path) as school:
        add_head_channel(school, HEAD, CHAIR, pretend.OFFICE)

        case = await raised(school, ADULT, "head")

        assert case.route == "head"
        assert school.posted(HEAD_CHANNEL) == []
        assert case.ref not in str(school.messages(HEAD))
        assert case.ref in school.told(CHAIR)[0]
        assert case.ref in school.told(pretend.OFFICE)[0]

        await school.press(CHAIR, DECIDE)
        refused = await school.hand_in(HEAD, school.workspace.view_for(CHAIR), reason="Mine")
        assert refused["view"]["title"]["text"] == "Not possible"
        history = await school.read(lambda unit: unit.history(case))
        assert history[-1].codes == {"refusal": "Excluded"}

        await school.submit(CHAIR, reason="The LADO agrees")
        assert (await school.case(case)).decision.by == "chair"
        assert "decided by" in school.told(pretend.OFFICE)[0]
        assert school.workspace.faults == []


async def test_members_of_a_channel_are_on_the_tick_list_too(tmp_path):
    async with heads_in_channel(tmp_path) as school:
        add_head_channel(school, HEAD, pretend.OFFICE, pretend.GUEST)
        await school.walk(TEACHER, [{"danger": "no", "adult": "staff"}])

        options = school.inputs(TEACHER)["people"]["element"]["options"]

        office = f"slack:{pretend.TEAM}:{pretend.OFFICE}"
        assert [o["value"] for o in options] == ["head", office, "chair", "nobody"]
        assert [o["text"]["text"] for o in options][1] == "School office"


@pytest.mark.parametrize("ticked", [("head",), ("head", "chair")])
async def test_a_channel_where_nobody_may_see_it_is_passed_by(tmp_path, ticked: tuple[str, ...]):
    async with heads_in_channel(tmp_path) as school:
        add_head_channel(school, HEAD, pretend.GUEST)

        case = await raised(school, ADULT, *ticked)

        assert school.posted(HEAD_CHANNEL) == []
        if ticked == ("head",):
            assert (case.route, case.status) == ("chair", "waiting")
            assert case.ref in school.told(CHAIR)[0]
            assert await school.happened(case) == ["recorded", "passed_on"]
        else:
            assert (case.route, case.status) == ("lado", "outside")
            assert await school.happened(case) == ["recorded", "left_outside"]
            assert "01632 960 003" in school.told(TEACHER)[-1]
        assert school.workspace.faults == []


async def test_a_dsl_channel_of_guests_alone_leaves_it_to_the_head(school: PretendSchool):
    for person in (DSL, DEPUTY):
        school.workspace.remove(pretend.DSL_CHANNEL, person)

    case = await raised(school, SURE | {"advice": "wanted"})

    assert (case.route, case.status) == ("head", "waiting")
    assert case.ref in school.told(HEAD)[0]
    assert "the headteacher is dealing with it now" in school.told(TEACHER)[-1]


async def test_a_dsl_who_is_not_in_chat_is_a_contact_card(tmp_path):
    card = RouteSettings(post="DSL", phone="01632 960 007", email="dsl@school.example")
    async with open_changed_school(tmp_path, routes={"dsl": card}) as school:
        case = await raised(school, SURE | {"advice": "wanted"})

        assert (case.route, case.status) == ("dsl", "outside")
        for words in (school.page(TEACHER), school.told(TEACHER)[0]):
            assert "01632 960 007" in words
            assert "dsl@school.example" in words
        assert school.workspace.faults == []


async def test_named_people_are_messaged_one_by_one_each_with_a_thread(tmp_path):
    route = RouteSettings(post="DSL", people=("dsl", "deputy"))
    async with open_changed_school(tmp_path, routes={"dsl": route}) as school:
        case = await raised(school, SURE | {"advice": "wanted"})

        for person in (DSL, DEPUTY):
            root, thread = school.workspace.messages[school.workspace.direct_from_app(person).id]
            assert case.ref in root.text
            assert thread.thread_ts == root.ts
        await school.do(DEPUTY, DECIDE, reason="It is right")
        assert "decided by <@U0DEPUTY01>" in school.told(DSL)[0]
        assert not school.sees(DSL, DECIDE)
        assert school.workspace.faults == []


async def test_a_guest_whom_the_school_names_may_decide(tmp_path):
    from bot.settings import PersonSettings

    people = {"chair": PersonSettings(post="Chair of governors", slack=pretend.GUEST)}
    people["head"] = PersonSettings(post="Headteacher", slack=HEAD)
    routes = {"dsl": RouteSettings(post="DSL", people=("head",))}
    routes["dpo"] = RouteSettings(post="DPO", people=("head",))
    async with open_changed_school(tmp_path, routes=routes, people=people) as school:
        case = await raised(school, SURE | {"adult": "head"})

        await school.do(pretend.GUEST, DECIDE, reason="The LADO agrees")

        assert (await school.case(case)).decision.by == "chair"


async def test_where_the_head_is_the_dsl_only_the_head_is_offered(tmp_path):
    async with open_changed_school(tmp_path, head_is_dsl=True) as school:
        await school.run(TEACHER)

        options = school.inputs(TEACHER)["adult"]["element"]["options"]
        labels = {o["value"]: o["text"]["text"] for o in options}

        assert "dsl" not in labels
        assert "who is also our safeguarding lead" in labels["head"]
