"""A mention of the bot: in a case's thread its buttons again, and for nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.case import Case
from bot.settings import RouteSettings
from playground import school as pretend
from playground.residents import Channel, ChannelKind, Message, User
from playground.shapes import describe_event
from tests.fixtures_school import open_changed_school
from tests.mentions import START, card_of, mention, refusal, refused, send_event
from tests.pretend_school import PretendSchool, buttons_of, words_of
from tests.scenarios import SURE

TEACHER, DSL, DEPUTY, HEAD = pretend.TEACHER, pretend.DSL, pretend.DEPUTY, pretend.HEAD
CHAIR, DPO, GUEST = pretend.CHAIR, pretend.DPO, pretend.GUEST
DSL_CHANNEL, DPO_CHANNEL, HEAD_CHANNEL = pretend.DSL_CHANNEL, pretend.DPO_CHANNEL, "C0HEAD0001"
ASKED = SURE | {"advice": "wanted"}


@pytest.fixture
async def waiting(school: PretendSchool) -> Case:
    await school.check(TEACHER, **ASKED)
    return await school.finish(TEACHER)


@pytest.fixture
async def heads(tmp_path: Path) -> AsyncIterator[PretendSchool]:
    """A school whose head's route is a channel, with the head alone in it."""
    route = RouteSettings(post="Headteacher", slack_channel=HEAD_CHANNEL)
    async with open_changed_school(tmp_path, routes={"head": route}) as opened:
        people = frozenset({HEAD, pretend.BOT})
        opened.workspace.add_channel(Channel(HEAD_CHANNEL, "heads", ChannelKind.PRIVATE, people))
        yield opened
        assert opened.workspace.faults == []


# --------------------------------------------------------------------------- in a case's thread


@pytest.mark.parametrize("person", [DSL, DEPUTY])
async def test_a_reviewer_gets_the_buttons_of_the_case_again_in_private_in_that_thread(
    school: PretendSchool, waiting: Case, person: str
):
    card = card_of(school)
    (first,) = [m for m in school.workspace.replies(DSL_CHANNEL, card.ts) if m.blocks]

    shown = await mention(school, person, card)

    assert shown is not None
    assert shown.thread_ts == card.ts
    assert words_of(shown.blocks) == words_of(first.blocks)
    assert buttons_of(shown.blocks, waiting) == buttons_of(first.blocks, waiting)
    assert "case.decide.share" in buttons_of(shown.blocks, waiting)


async def test_the_case_can_be_decided_with_those_buttons(school: PretendSchool, waiting: Case):
    shown = await mention(school, DEPUTY, card_of(school))
    await school.slack.press(DEPUTY, "case.decide.share", message=shown)
    await school.app.slack.edge.finish()

    await school.submit(DEPUTY, reason="It is right")

    decided = await school.case(waiting)
    assert decided.decision is not None
    assert decided.decision.by == "deputy"


async def test_buttons_that_were_given_again_are_checked_when_they_are_pressed(
    school: PretendSchool, waiting: Case
):
    shown = await mention(school, DEPUTY, card_of(school))
    await school.do(DSL, "case.decide.share", reason="It is right")

    await school.slack.press(DEPUTY, "case.decide.do_not_share", message=shown)
    await school.settle()

    assert school.dialog(DEPUTY)["callback_id"] == "refused"
    assert (await school.case(waiting)).decision.outcome == "share"


async def test_an_old_card_gets_the_buttons_of_where_its_case_stands_now(
    school: PretendSchool, waiting: Case
):
    await school.do(DSL, "case.decide.share", reason="It is right")
    decided = await mention(school, DEPUTY, card_of(school))
    await school.do(TEACHER, "case.report", done="yes", account="Rang them")
    closed = await mention(school, DEPUTY, card_of(school))

    assert decided is not None
    assert closed is not None
    assert "case.report" in buttons_of(decided.blocks, waiting)
    assert "case.filed" in buttons_of(closed.blocks, waiting)
    for shown in (decided, closed):
        assert "case.decide.share" not in buttons_of(shown.blocks)


async def test_each_of_two_cases_in_a_channel_answers_in_its_own_thread(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    one = await school.finish(TEACHER)
    first = card_of(school)
    await school.check(pretend.OFFICE, **ASKED)
    other = await school.finish(pretend.OFFICE)

    again = await mention(school, DSL, first)
    newest = await mention(school, DSL, card_of(school))

    assert again is not None
    assert newest is not None
    assert buttons_of(again.blocks, one)
    assert buttons_of(newest.blocks, other)


async def test_a_reviewers_own_case_has_buttons_that_do_not_decide_it(school: PretendSchool):
    await school.check(DSL, **ASKED)
    case = await school.finish(DSL)

    shown = await mention(school, DSL, card_of(school))

    assert shown is not None
    await school.slack.press(DSL, "case.decide.share", message=shown)
    await school.settle()
    assert await school.happened(case) == ["recorded", "refused"]
    assert (await school.case(case)).decision is None


async def test_those_who_were_told_of_a_case_may_read_it_and_no_more(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"trigger": "records_request"})
    case = await school.finish(TEACHER)

    told = await mention(school, DSL, card_of(school))
    deciding = await mention(school, DPO, card_of(school, DPO_CHANNEL), DPO_CHANNEL)

    assert told is not None
    assert deciding is not None
    assert buttons_of(told.blocks, case) == {"case.read"}
    assert "case.decide.share" in buttons_of(deciding.blocks, case)


# ------------------------------------------------------------------------------- for nobody else


async def test_a_guest_in_the_channel_is_refused_and_that_is_recorded(
    school: PretendSchool, waiting: Case
):
    assert await refused(school, GUEST, card_of(school), DSL_CHANNEL) == refusal("Guest")
    assert await school.happened(waiting) == ["recorded", "refused"]


async def test_the_old_thread_of_a_case_sent_elsewhere_tells_its_reviewers_nothing(
    school: PretendSchool, waiting: Case
):
    await school.do(DSL, "case.reroute", to="dpo", reason="It is about the law")

    assert await refused(school, DSL, card_of(school), DSL_CHANNEL) == refusal("NotOnRoute")
    assert "refused" in await school.happened(waiting)


async def test_who_reviews_the_case_now_is_asked_afresh(school: PretendSchool, waiting: Case):
    school.workspace.invite(DPO_CHANNEL, DSL)
    await school.do(DSL, "case.reroute", to="dpo", reason="It is about the law")
    old = card_of(school)
    while_there = await mention(school, DSL, old)
    school.workspace.remove(DPO_CHANNEL, DSL)

    assert while_there is not None
    assert "case.decide.share" in buttons_of(while_there.blocks, waiting)
    assert await refused(school, DSL, old, DSL_CHANNEL) == refusal("NotOnRoute")


async def test_somebody_kept_out_of_a_case_gets_nothing_in_its_thread(heads: PretendSchool):
    await heads.check(TEACHER, ("chair",), **SURE | {"adult": "staff"})
    case = await heads.finish(TEACHER)
    card = card_of(heads, HEAD_CHANNEL)
    heads.workspace.invite(HEAD_CHANNEL, CHAIR)

    assert await refused(heads, CHAIR, card, HEAD_CHANNEL) == refusal("NotOnRoute")
    shown = await mention(heads, HEAD, card, HEAD_CHANNEL)
    assert shown is not None
    assert "case.decide.share" in buttons_of(shown.blocks, case)


async def test_whoever_was_kept_out_reads_the_same_as_whoever_is_not_on_the_route(
    heads: PretendSchool,
):
    await heads.check(TEACHER, ("chair",), **SURE | {"adult": "staff"})
    case = await heads.finish(TEACHER)
    card = card_of(heads, HEAD_CHANNEL)
    await heads.do(HEAD, "case.reroute", to="lado", reason="It is for them")
    for person in (CHAIR, DEPUTY):
        heads.workspace.invite(HEAD_CHANNEL, person)

    kept_out = await refused(heads, CHAIR, card, HEAD_CHANNEL)

    assert kept_out == await refused(heads, DEPUTY, card, HEAD_CHANNEL)
    assert (await heads.happened(case))[-2:] == ["refused", "refused"]


async def test_somebody_of_another_organisation_in_a_shared_channel_is_refused(
    school: PretendSchool, waiting: Case
):
    stranger = User("U0STRANGE1", "Partner agency", team_id="T0OTHER001", is_stranger=True)
    school.workspace.add_user(stranger)
    school.workspace.invite(DSL_CHANNEL, stranger.id)

    in_thread = await refused(school, stranger.id, card_of(school), DSL_CHANNEL)
    elsewhere = await mention(school, stranger.id, None)

    assert elsewhere is not None
    assert in_thread == words_of(elsewhere.blocks) == refusal("Guest")
    assert await school.happened(waiting) == ["recorded"]


async def test_an_event_that_names_the_other_workspace_of_a_shared_channel_is_ours_all_the_same(
    school: PretendSchool, waiting: Case
):
    said = school.workspace.say(DSL, DSL_CHANNEL, "hello", thread_ts=card_of(school).ts)

    await send_event(school, describe_event(school.workspace, said), team_id="T0OTHER001")

    assert "case.decide.share" in buttons_of(school.messages(DSL)[-1].blocks, waiting)


async def test_a_message_that_only_carries_our_key_is_no_card_of_ours(
    school: PretendSchool, waiting: Case
):
    card = card_of(school)
    posed = school.workspace.post(
        replace(card, ts=school.workspace.stamp(), user=DEPUTY, from_app=False)
    )

    shown = await mention(school, DSL, posed)
    school.workspace.delete(posed)

    assert shown is not None
    assert buttons_of(shown.blocks) == {START}


@pytest.mark.parametrize(
    "key", ["", "x", "\u202e:1:root", "0" * 32 + ":1:root", "a\x00b:1:root", 7]
)
async def test_a_message_with_a_key_of_no_case_is_no_card_of_ours(school: PretendSchool, key: Any):
    metadata = {"event_type": "sharecheck", "event_payload": {"key": key}}
    posed = school.workspace.post(
        Message(DSL_CHANNEL, school.workspace.stamp(), DEPUTY, "hello", metadata=metadata)
    )

    shown = await mention(school, DSL, posed)

    assert shown is not None
    assert buttons_of(shown.blocks) == {START}
