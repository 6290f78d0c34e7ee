"""Messages when Slack is away, limits, lies or refuses: nothing lost, nothing twice, order kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.case import Case
from handlers import delivery
from handlers.delivery import LEASE, Courier, backoff
from playground import school as pretend
from playground.conditions import EVERY_METHOD
from storage.outbox import State
from storage.tables import outbox
from tests.fixtures_school import open_pretend_school
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

TEACHER, DSL, DEPUTY, HEAD = pretend.TEACHER, pretend.DSL, pretend.DEPUTY, pretend.HEAD
POST, UPDATE = "chat.postMessage", "chat.update"
ASKED = SURE | {"advice": "wanted"}


async def raised(school: PretendSchool) -> Case:
    """A case that is written, with nobody told yet."""
    await school.check(TEACHER, **ASKED)
    await school.slack.answer(TEACHER, reason="Seen twice", filed_at="Blue cabinet")
    await school.app.slack.edge.finish()
    return await school.case()


def arrived(school: PretendSchool, case: Case) -> dict[str, int]:
    """How often each message about a case stands in the workspace, by the end of its key."""
    return dict(Counter(key.split(":", 2)[2] for key in school.posted_keys() if case.id in key))


ONCE = {"requester_copy:0": 1, "root": 1, "thread": 1}


async def test_while_slack_is_down_the_case_is_safe_and_the_messages_arrive_later_once(
    school: PretendSchool,
):
    case = await raised(school)
    school.workspace.conditions[EVERY_METHOD].down = True
    await school.settle_in_time(3)
    assert (await school.case()).status == "waiting"
    assert arrived(school, case) == {}
    assert await school.outbox(state="done") == []

    school.workspace.conditions.clear()
    await school.settle_in_time()

    assert arrived(school, case) == ONCE


async def test_a_rate_limit_is_waited_for_as_long_as_slack_says(school: PretendSchool):
    case = await raised(school)
    school.workspace.conditions[POST].rate_limited = 3
    school.workspace.conditions[POST].retry_after = 70
    before = datetime.now(UTC)

    await school.settle()

    resting = await school.outbox(last_error="ratelimited")
    assert len(resting) >= 1
    for row in resting:
        assert timedelta(seconds=68) < row.not_before - before < timedelta(seconds=75)
        assert not row.doubt
    await school.settle_in_time()
    assert arrived(school, case) == ONCE


@pytest.mark.parametrize("lie", ["drop_after_accepting", "fail_after_accepting"])
async def test_what_slack_took_without_saying_so_is_not_posted_again(
    school: PretendSchool, lie: str
):
    case = await raised(school)
    setattr(school.workspace.conditions[POST], lie, 100)
    await school.settle_in_time(1)
    doubtful = [row for row in await school.outbox(case_id=case.id) if row.doubt]
    assert {row.template for row in doubtful} == {"root", "requester_copy"}

    await school.settle_in_time(6)

    assert arrived(school, case) == ONCE
    assert {row.state for row in await school.outbox(case_id=case.id)} == {"done"}


async def test_a_doubtful_message_is_looked_for_only_after_any_timeout_has_passed(
    school: PretendSchool,
):
    await raised(school)
    school.workspace.conditions[POST].drop_after_accepting = 100
    before = datetime.now(UTC)

    await school.settle()

    doubtful = [row for row in await school.outbox() if row.doubt]
    assert doubtful
    assert all(row.not_before - before > timedelta(seconds=30) for row in doubtful)
    assert school.workspace.calls_of("conversations.history") == []
    await school.settle_in_time()


async def test_a_doubtful_reply_is_looked_for_in_its_thread(school: PretendSchool):
    case = await raised(school)
    await school.settle()
    await school.press(DSL, "case.ask")
    await school.slack.answer(DSL, question="Since when?")
    school.workspace.conditions[POST].drop_after_accepting = 2

    await school.settle_in_time()

    assert school.workspace.calls_of("conversations.replies")
    assert set(arrived(school, case).values()) == {1}
    assert "A question has gone" in school.posted(pretend.DSL_CHANNEL)[-1]


async def test_what_surely_did_not_arrive_is_posted_after_the_look(school: PretendSchool):
    case = await raised(school)
    school.workspace.conditions[POST].down = True  # a 503 may hide a post: it counts as a doubt
    await school.settle_in_time(1)
    assert [row for row in await school.outbox(case_id=case.id) if row.doubt]
    school.workspace.conditions.clear()

    await school.settle_in_time()

    assert school.workspace.calls_of("conversations.history")
    assert arrived(school, case) == ONCE


async def test_without_the_scope_to_look_a_repeat_says_that_it_may_be_one(school: PretendSchool):
    case = await raised(school)
    school.workspace.conditions[POST].drop_after_accepting = 1
    await school.settle()
    app = school.workspace.app
    school.workspace.app = replace(app, scopes=app.scopes - {"groups:history", "im:history"})

    await school.settle_in_time()

    assert "missing_scope" in school.workspace.faults.pop()
    assert max(arrived(school, case).values()) == 2
    repeats = [
        w for w in school.told(TEACHER) + school.posted(pretend.DSL_CHANNEL) if "repeat" in w
    ]
    assert len(repeats) == 1
    school.workspace.messages.clear()


async def test_a_card_that_could_not_be_drawn_again_is_drawn_later(school: PretendSchool):
    await raised(school)
    await school.settle()
    school.workspace.conditions[UPDATE].fail_after_accepting = 5
    await school.do(DSL, "case.decide.share", reason="It is right")

    await school.settle_in_time()

    assert "decided by" in school.posted(pretend.DSL_CHANNEL)[0]
    assert {row.state for row in await school.outbox(verb="update")} == {"done"}


async def test_the_root_comes_before_its_thread_however_often_it_fails(school: PretendSchool):
    case = await raised(school)
    school.workspace.conditions[POST].rate_limited = 2
    await school.settle()
    assert "thread" not in arrived(school, case)

    await school.settle_in_time()

    root, thread = school.workspace.messages[pretend.DSL_CHANNEL]
    assert (thread.thread_ts, root.thread_ts) == (root.ts, None)


async def test_the_more_urgent_goes_first(school: PretendSchool):
    await school.check(TEACHER, **SURE | {"purpose": "welfare", "advice": "wanted"})
    await school.slack.answer(TEACHER, reason="Not urgent")
    await school.walk(pretend.OFFICE, [{"danger": "yes", "adult": "none"}])
    first, second = await school.cases()

    rows = await school.write(
        lambda unit: unit.claim("test", datetime.now(UTC), timedelta(seconds=-1), 3)
    )

    assert {row.case_id for row in rows[:2]} == {second.id}
    assert rows[2].case_id == first.id


# ------------------------------------------------------------------------------------- given up


async def refused_root(school: PretendSchool) -> Case:
    """A case whose card Slack will never take: the app was taken out of the channel."""
    case = await raised(school)
    school.workspace.conditions[POST].refusals = ("not_in_channel",)
    await deliver_card_first(school)
    return case


async def given_up_root(school: PretendSchool, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A case whose card was not taken however often it was tried."""
    case = await raised(school)
    school.workspace.conditions[POST].rate_limited = 1
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "MOST_TRIES", 1)
        await deliver_card_first(school)
    return case


async def deliver_card_first(school: PretendSchool) -> None:
    await school.write(
        lambda unit: unit._connection.execute(
            update(outbox)
            .where(outbox.c.template == "requester_copy")
            .values(not_before=datetime.now(UTC) + timedelta(hours=1))
        )
    )
    await school.settle()
    await school.let_rest_pass()
    await school.settle()


async def test_a_card_that_slack_refuses_is_buried_and_the_next_route_has_the_case(tmp_path):
    async with open_pretend_school(tmp_path, operator_channel=pretend.DPO_CHANNEL) as school:
        case = await refused_root(school)

        rows = {r.template: r.state for r in await school.outbox(case_id=case.id, route="dsl")}
        assert (rows["root"], rows["thread"]) == ("buried", "buried")
        (operators,) = school.posted(pretend.DPO_CHANNEL)
        assert "`not_in_channel`" in operators
        assert "could not be delivered" in operators
        now = await school.case()
        assert (now.status, now.route) == ("waiting", "head")
        assert school.sees(HEAD, "case.decide.share")
        assert "the headteacher is dealing with it now" in str(school.told(TEACHER))
        passed = (await school.write(lambda unit: unit.history(now)))[-1]
        assert passed.codes == {"from": "dsl", "to": "head", "refused": "not_in_channel"}
        assert await school.outbox(template="unreached") == []


async def test_when_a_card_was_tried_too_often_whoever_asked_hears_of_it(
    school: PretendSchool, monkeypatch: pytest.MonkeyPatch
):
    await given_up_root(school, monkeypatch)

    assert "please speak to the safeguarding lead (DSL)" in str(school.told(TEACHER))
    assert "01632 960 001" in str(school.told(TEACHER))
    assert (await school.case()).route == "dsl"


async def test_what_was_buried_is_revived_and_arrives_once_in_order(
    school: PretendSchool, monkeypatch: pytest.MonkeyPatch
):
    case = await given_up_root(school, monkeypatch)
    (root,) = await school.outbox(template="root")

    assert await school.write(lambda unit: unit.revive(root.key)) == 2
    await school.settle_in_time()

    assert {k: n for k, n in arrived(school, case).items() if "unreached" not in k} == ONCE
    card, thread = school.workspace.messages[pretend.DSL_CHANNEL]
    assert thread.thread_ts == card.ts


async def test_a_card_revived_after_the_case_went_on_is_not_posted(school: PretendSchool):
    await refused_root(school)
    (root,) = await school.outbox(template="root", state="buried")

    await school.write(lambda unit: unit.revive(root.key))
    await school.settle_in_time()

    assert school.posted(pretend.DSL_CHANNEL) == []


async def test_a_case_decided_already_is_no_reason_to_alarm_whoever_asked(
    school: PretendSchool,
):
    await school.check(TEACHER, **SURE)
    school.workspace.conditions[POST].refusals = ("not_in_channel", "not_in_channel")
    await school.finish(TEACHER)

    assert await school.outbox(template="unreached") == []


async def test_after_too_many_tries_it_is_given_up_and_said(
    school: PretendSchool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(delivery, "MOST_TRIES", 3)
    case = await raised(school)
    school.workspace.conditions[POST].rate_limited = 1000

    await school.settle_in_time(8)

    buried = {row.template for row in await school.outbox(case_id=case.id, state="buried")}
    assert {"root", "thread", "requester_copy"} <= buried


def test_the_pauses_double_up_to_ten_minutes():
    assert [round(backoff(n) / 2**n) for n in (1, 2, 3, 5, 8)] == [1, 1, 1, 1, 1]
    assert all(480 <= backoff(n) <= 720 for n in (10, 12, 60, 150))


async def test_a_row_that_cannot_be_carried_out_is_tried_again_and_stops_nobody_else(
    school: PretendSchool, logged: list
):
    case = await raised(school)
    (root,) = await school.outbox(template="root")
    odd = replace(root, key=f"{case.id}:odd", template="no_such_card")
    await school.write(lambda unit: unit.put(odd))

    await school.settle()

    states = {
        row.template: (row.state, row.last_error) for row in await school.outbox(case_id=case.id)
    }
    assert states["no_such_card"] == ("pending", "internal_error")
    assert states["requester_copy"] == ("done", None)
    assert [line["kind"] for line in logged if line["event"] == "outbox_row_failed"]


# --------------------------------------------------------------------------- several workers, leases


async def test_two_couriers_on_one_store_send_each_message_once(school: PretendSchool):
    for _ in range(4):
        await school.check(TEACHER, **ASKED)
        await school.slack.answer(TEACHER, reason="Seen twice")
    school.workspace.conditions[POST].latency = 0.02
    other = Courier(school.app.desk, "another")

    await asyncio.gather(school.app.courier.drain(), other.drain(), other.drain())
    await school.settle()

    for case in await school.cases():
        assert arrived(school, case) == ONCE


async def test_a_lease_that_ran_out_is_taken_over_and_the_late_worker_changes_nothing(
    school: PretendSchool,
):
    case = await raised(school)
    real = datetime.now(UTC)
    (late, *_) = rows = await school.write(lambda unit: unit.claim("slow", real, LEASE, 10))
    await school.write(
        lambda unit: unit._connection.execute(
            update(outbox).values(lease_until=real - timedelta(seconds=1))
        )
    )

    await school.settle_in_time()

    assert len(rows) == 2
    assert arrived(school, case) == ONCE
    assert not await school.write(lambda unit: unit.done(late, "slack:T:C", "1.1"))
    assert not await school.write(lambda unit: unit.bury(late, "too_late"))
    assert {row.state for row in await school.outbox(case_id=case.id)} == {"done"}


async def test_a_worker_that_died_after_sending_leaves_a_doubt_and_no_repeat(
    school: PretendSchool, monkeypatch: pytest.MonkeyPatch
):
    case = await raised(school)
    rows = await school.write(lambda unit: unit.claim("dying", datetime.now(UTC), LEASE, 10))
    dying = Courier(school.app.desk, "dying")
    for row in rows:
        await dying._attempt(row)  # sent, and dead before it was written down
    await school.write(
        lambda unit: unit._connection.execute(
            update(outbox).values(lease_until=datetime.now(UTC) - timedelta(seconds=1))
        )
    )

    await school.settle_in_time()

    assert arrived(school, case) == ONCE
    assert {row.state for row in await school.outbox(case_id=case.id)} == {"done"}


async def test_an_abandoned_row_waits_for_its_lease_to_end(school: PretendSchool):
    await raised(school)
    await school.write(lambda unit: unit.claim("dead", datetime.now(UTC), LEASE, 10))

    await school.settle()

    assert await school.outbox(state=State.DONE) == []
    due = await school.read(lambda unit: unit.next_due())
    assert timedelta(seconds=80) < due - datetime.now(UTC) < LEASE


async def test_the_running_worker_wakes_on_commit(tmp_path):
    async with open_pretend_school(tmp_path, deliver=True) as school:
        await school.check(TEACHER, **ASKED)
        await school.slack.answer(TEACHER, reason="Seen twice")
        case = await school.case()

        await school.until(lambda: arrived(school, case) == ONCE, seconds=2)


async def test_the_running_worker_goes_on_after_slack_was_away(tmp_path, monkeypatch):
    monkeypatch.setattr(delivery, "backoff", lambda _attempts: 0.05)
    async with open_pretend_school(tmp_path, deliver=True) as school:
        school.app.courier.doubt_pause = timedelta(seconds=0.05)
        await school.check(TEACHER, **ASKED)
        school.workspace.conditions[EVERY_METHOD].down = True
        await school.slack.answer(TEACHER, reason="Seen twice")
        case = await school.case()
        await asyncio.sleep(0.3)
        assert arrived(school, case) == {}

        school.workspace.conditions.clear()

        await school.until(lambda: arrived(school, case) == ONCE)
        assert school.workspace.faults == []
