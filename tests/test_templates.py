"""Every template, with normal, empty and hostile contexts, is something that Slack takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from bot import refusals
from bot.cards import Renderer
from bot.case import EventKind
from bot.chat import Card
from bot.permission import Action
from bot.personal_data import Kind
from handlers import slack_cases, slack_walk
from playground.slack_limits import faults
from tests.card_samples import (
    CASE_ID,
    EVENTS,
    HOSTILE,
    KINDS,
    REFUSALS,
    STATUSES,
    facts,
    refusal,
    samples,
)

TEMPLATES = Path(__file__).parent.parent / "templates"
FOLDERS = sorted(
    path.name for path in TEMPLATES.iterdir() if path.is_dir() and "__" not in path.name
)
SAMPLES = samples()
DRAWN = sorted(name for name in FOLDERS if (TEMPLATES / name / "slack.json.j2").exists())
MESSAGES = sorted(n for n in DRAWN if (TEMPLATES / n / "text.j2").exists())
TO_ROUTES = ("root", "thread", "thread_note", "copy")
ALIVE = re.compile(r"<(@U[A-Z0-9]+$|!date\^\d+\^|tel:\+?\d+\||mailto:[\w.+-]+@[\w.-]+\|)")


@pytest.fixture(scope="module")
def renderer():
    return Renderer()


def values_of(drawn, key) -> Iterator[str]:
    """Every value of a key, wherever it stands in a drawn card."""
    if isinstance(drawn, dict):
        for name, value in drawn.items():
            if name == key and isinstance(value, str):
                yield value
            yield from values_of(value, key)
    elif isinstance(drawn, list):
        for item in drawn:
            yield from values_of(item, key)


def text_objects(drawn, kind):
    if isinstance(drawn, dict):
        if drawn.get("type") == kind:
            yield drawn["text"]
        for value in drawn.values():
            yield from text_objects(value, kind)
    elif isinstance(drawn, list):
        for item in drawn:
            yield from text_objects(item, kind)


def buttons(drawn):
    if isinstance(drawn, dict):
        if drawn.get("type") == "button":
            yield drawn
        for value in drawn.values():
            yield from buttons(value)
    elif isinstance(drawn, list):
        for item in drawn:
            yield from buttons(item)


def is_json(node):
    """Whether what an expression puts out is JSON already, as far as its form can tell."""
    if isinstance(node, nodes.Filter):
        return node.name in {"tojson", "join_parts"}
    if isinstance(node, nodes.Call):
        part = node.node
        return isinstance(part, nodes.Name) or getattr(part.node, "name", "") == "p"
    if isinstance(node, nodes.CondExpr):
        return is_json(node.expr1) and (node.expr2 is None or is_json(node.expr2))
    if isinstance(node, nodes.Concat):
        return all(map(is_json, node.nodes))
    return isinstance(node, (nodes.TemplateData, nodes.Const))


def actions_of(drawn):
    return {button["action_id"] for button in buttons(drawn)}


def test_every_template_has_samples_and_every_sample_a_template():
    assert set(SAMPLES) == set(FOLDERS)


@pytest.mark.parametrize("name", DRAWN)
def test_slack_takes_the_card_whatever_is_in_it(renderer, name):
    for context in SAMPLES[name]:
        drawn = renderer.render(Card(name, context))

        assert faults("message" if name in MESSAGES else "view", drawn) == []


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_in_running_text_mentions_a_channel_or_links_elsewhere(renderer, name):
    for context in SAMPLES[name]:
        drawn = renderer.render(Card(name, context))
        running = [*text_objects(drawn, "mrkdwn"), drawn.get("text", "")]

        for text in (text for text in running if isinstance(text, str)):
            for control in re.findall("<[^>]*", text):
                assert ALIVE.match(control), control
            assert "\u202e" not in text


@pytest.mark.parametrize("name", sorted({*MESSAGES, "complaint"}))
def test_notifications_are_one_short_line(renderer, name):
    for context in SAMPLES[name]:
        said = renderer.say(Card(name, context))

        assert said.strip()
        assert "\n" not in said


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*slack*.j2")), ids=lambda p: str(p.parent.name)
)
def test_every_expression_goes_through_tojson_or_is_a_part_that_does(path):
    tree = Environment().parse(path.read_text())  # noqa: S701 - read, not rendered
    outputs = [node for output in tree.find_all(nodes.Output) for node in output.nodes]

    assert [node for node in outputs if not is_json(node)] == []


@pytest.mark.parametrize("name", DRAWN)
def test_a_template_is_short(name):
    lines = (TEMPLATES / name / "slack.json.j2").read_text().splitlines()

    assert len(lines) <= 30


@pytest.mark.parametrize("name", TO_ROUTES)
def test_no_typed_text_gets_into_a_channel_but_where_the_file_is_kept(renderer, name):
    marked = {**facts(), "filed_at": "FILED-AT", "remarks": "TYPED", "texts": {"reason": "TYPED"}}
    marked["decision"] = {**facts("decided")["decision"], "reason": "TYPED", "limits": "TYPED"}
    for status in STATUSES:
        for event in EVENTS:
            case = {**marked["case"], "status": status}
            drawn = str(renderer.render(Card(name, {**marked, "case": case, "event": event})))

            assert "TYPED" not in drawn
            assert ("FILED-AT" in drawn) == (name == "root")


def test_where_the_file_is_kept_is_plain_text_on_the_card(renderer):
    drawn = renderer.render(Card("root", {**facts(), "filed_at": HOSTILE}))

    (kept,) = [t for t in text_objects(drawn, "plain_text") if "Child's file" in t]
    assert "<!channel>" in kept
    assert not any("bold" in text for text in text_objects(drawn, "mrkdwn"))


def test_typed_text_is_shown_word_for_word_in_the_reading_dialog(renderer):
    said = 'They said "no" *twice* <!channel> & {{ 7 * 7 }}\nThen left. :fire:'
    context = {
        "ref": "SC-7F3K2",
        "texts": [{"id": "reason", "text": said}],
        "remarks": [],
        "decision": None,
        "report": {},
    }

    drawn = renderer.render(Card("read", context))

    (block,) = [b for b in drawn["blocks"] if b.get("text", {}).get("text") == said]
    assert block["text"]["type"] == "plain_text"
    assert block["text"]["emoji"] is False


@pytest.mark.parametrize("name", DRAWN)
def test_every_button_is_one_that_the_edge_listens_to(renderer, name):
    for context in SAMPLES[name]:
        pressed = actions_of(renderer.render(Card(name, context)))

        assert pressed <= {*slack_walk.ACTIONS, *slack_cases.ACTIONS}


@pytest.mark.parametrize("name", sorted(set(DRAWN) - set(MESSAGES)))
def test_every_dialog_that_can_be_sent_or_closed_is_heard(renderer, name):
    for context in SAMPLES[name]:
        drawn = renderer.render(Card(name, context))

        if "submit" in drawn:
            assert drawn["callback_id"] in {**slack_walk.VIEWS, **slack_cases.VIEWS}
        if drawn["notify_on_close"]:
            assert drawn["callback_id"] in slack_walk.CLOSED


def test_every_button_and_form_that_the_edge_knows_is_offered_somewhere(renderer):
    drawn = [renderer.render(Card(n, context)) for n in DRAWN for context in SAMPLES[n]]

    assert set().union(*map(actions_of, drawn)) == {*slack_walk.ACTIONS, *slack_cases.ACTIONS}
    sent = {one["callback_id"] for one in drawn if "submit" in one}
    assert sent == {*slack_walk.VIEWS, *slack_cases.VIEWS}


@pytest.mark.parametrize("name", ["thread", "assignee", "requester_copy", "requester_turn", "copy"])
def test_buttons_of_a_case_carry_its_id_and_nothing_else(renderer, name):
    for context in SAMPLES[name]:
        drawn = renderer.render(Card(name, context))

        assert {button["value"] for button in buttons(drawn)} <= {CASE_ID}


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("reason_due", {"read", "comment"}),
        ("waiting", {"read", "ask", "hand_over", "reroute", "decide.share"}
            | {"decide.share_limited", "decide.do_not_share"}),
        ("asked", {"read", "decide.share", "decide.share_limited", "decide.do_not_share"}),
        ("outside", {"read", "outside"}),
        ("decided", {"read", "amend", "report"}),
        ("closed", {"read", "amend", "reply", "filed", "hold"}),
        ("withdrawn", {"read", "filed", "hold"}),
        ("disposed", set()),
    ],
)  # fmt: skip
def test_the_thread_offers_what_the_status_allows(renderer, status, offered):
    drawn = renderer.render(Card("thread", facts(status)))

    assert actions_of(drawn) == {f"case.{action}" for action in offered}


def test_a_case_that_was_sent_on_offers_nothing_where_it_was(renderer):
    drawn = renderer.render(Card("thread", facts("waiting", moved=True)))

    assert actions_of(drawn) == set()


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("reason_due", "case.reason"),
        ("waiting", "case.withdraw"),
        ("asked", "case.answer"),
        ("outside", "case.outside"),
        ("decided", "case.report"),
        ("closed", "case.reply"),
    ],
)
def test_the_person_who_asked_is_offered_the_next_step(renderer, status, offered):
    drawn = renderer.render(Card("requester_copy", facts(status)))

    assert offered in actions_of(drawn)


def test_every_action_has_a_button():
    parts = (TEMPLATES / "parts.slack.j2").read_text()

    for action in Action:
        assert f'"case.{action.value}' in parts


def test_marking_as_filed_asks_first_since_it_cannot_be_undone(renderer):
    drawn = renderer.render(Card("thread", facts("closed")))

    (filed,) = [b for b in buttons(drawn) if b["action_id"] == "case.filed"]
    assert "cannot be undone" in filed["confirm"]["text"]["text"]


def test_a_case_is_not_marked_as_filed_twice(renderer):
    drawn = renderer.render(Card("thread", facts("closed", filed=True)))

    assert "case.filed" not in actions_of(drawn)


def test_block_ids_of_a_page_carry_the_page(renderer):
    for context in SAMPLES["page"]:
        drawn = renderer.render(Card("page", context))
        asked = [b["block_id"] for b in drawn["blocks"] if b["type"] == "input"]

        page = context["page"]["id"]
        assert asked == [f"q.{page}.{q['id']}" for q in context["questions"]]


def test_nothing_is_chosen_beforehand_but_what_the_person_chose(renderer):
    first, later = SAMPLES["page"][:2]

    chosen = [b["element"].get("initial_option") for b in
              renderer.render(Card("page", first))["blocks"] if b["type"] == "input"]  # fmt: skip

    assert [c and c["value"] for c in chosen] == [None, "option2"]
    assert not [*values_of(renderer.render(Card("page", later)), "initial_option")]


def test_the_first_page_says_whom_to_ring_and_later_ones_say_where_one_is(renderer):
    first, later = (renderer.render(Card("page", c)) for c in SAMPLES["page"][:2])

    assert "Ring 999" in next(text_objects(first, "mrkdwn"))
    assert "*Rule 6 of 7*" in next(text_objects(later, "mrkdwn"))


@pytest.mark.parametrize("number", [0, 1, 9, 10, 99, 250])
def test_everyone_can_be_ticked_and_nobody_can_be_too(renderer, number):
    (context,) = [c for c in SAMPLES["people"] if len(c["people"]) == number][:1]

    drawn = renderer.render(Card("people", context))

    inputs = [b for b in drawn["blocks"] if b["type"] == "input"]
    offered = [o["value"] for b in inputs for o in b["element"]["options"]]
    assert sorted(offered) == sorted(["nobody", *(p["id"] for p in context["people"])])
    assert not inputs[0].get("optional")


@pytest.mark.parametrize("status", ["waiting", "asked", "outside"])
@pytest.mark.parametrize("name", ["requester_copy", "requester_turn"])
def test_whoever_waits_is_told_not_to_wait_if_the_risk_grows(renderer, name, status):
    said = " ".join(text_objects(renderer.render(Card(name, facts(status, "asked"))), "mrkdwn"))

    assert "If the risk grows, do not wait" in said
    assert "0300 555 0100" in said


def test_a_share_that_somebody_checks_first_does_not_say_that_it_may_be_shared(renderer):
    context = facts("waiting", outcome="share")
    context["advice"] = {**context["advice"], "title": "You can share this", "text": "Yes, do."}

    drawn = renderer.render(Card("requester_copy", context))

    assert "Do not share it yet" in str(drawn)
    assert "Yes, do." not in str(drawn)
    assert "You can share this" not in str(drawn)


def test_every_event_of_a_case_has_its_own_sentence_in_the_thread(renderer):
    told = set(EventKind) - {"recorded", "read", "refused"}
    said = {e: renderer.say(Card("thread_note", facts("decided", e))) for e in told}

    assert set(EVENTS) >= told
    assert len(set(said.values())) == len(said)


def test_no_further_action_brings_the_words_to_challenge_it(renderer):
    context = {**facts("closed", "replied"), "said": {"no_action": "yes"}}

    for name in ("thread_note", "requester_turn"):
        assert "You do not have to accept it" in str(renderer.render(Card(name, context)))


def test_every_refusal_has_words_of_its_own(renderer):
    known = {cls.__name__ for cls in refusals.Refusal.__subclasses__()}
    unknown = renderer.say(Card("refused", refusal("Unheard")))

    assert set(REFUSALS) >= known
    for code in known:
        assert renderer.say(Card("refused", refusal(code))) != unknown


def test_whoever_comes_second_is_told_who_decided_when_and_what(renderer):
    said = renderer.say(Card("refused", refusal("AlreadyDecided")))

    assert "<@U0DSL00001>" in said
    assert "<!date^1795000000" in said
    assert "*Share*" in said


def test_an_excluded_person_cannot_tell_that_they_were_left_out(renderer):
    excluded = renderer.render(Card("refused_view", {"code": "Excluded"}))

    assert excluded == renderer.render(Card("refused_view", {"code": "NotOnRoute"}))


def test_every_kind_of_personal_data_is_named_and_none_is_shown(renderer):
    assert set(KINDS) >= {kind.value for kind in Kind}
    said = {k: renderer.say(Card("complaint", {"code": "PersonalData", "field": "", "kind": k}))
            for k in Kind}  # fmt: skip

    assert len(set(said.values())) == len(Kind)
    assert all("we cannot spot names" in words for words in said.values())


@pytest.mark.parametrize("name", ["complaint", "trouble"])
def test_words_beside_a_box_are_plain(renderer, name):
    for context in SAMPLES[name]:
        said = renderer.say(Card(name, context))

        assert not set("<>*_`") & set(said)


def test_trouble_says_that_nobody_has_seen_it_and_whom_to_ring(renderer):
    said = renderer.say(Card("trouble", SAMPLES["trouble"][0]))

    for words in ("nobody has seen it", "Ring 999", "0300 555 0100", "0300 555 0102"):
        assert words in said


def test_only_the_box_for_limits_is_asked_for_when_there_are_limits(renderer):
    shown = {}
    for context in SAMPLES["decide"][:6]:
        drawn = renderer.render(Card("decide", context))
        shown[drawn["callback_id"]] = [
            b["block_id"] for b in drawn["blocks"] if b["type"] == "input"
        ]

    assert shown["case.decide.share"][0] == "f.reason"
    assert shown["case.decide.share_limited"][:2] == ["f.limits", "f.reason"]
    assert shown["case.decide.do_not_share"][0] == "f.reason"


def test_the_tick_to_send_it_anyway_is_there_only_after_a_refusal_and_for_reviewers(renderer):
    plain = {"case": CASE_ID, "ref": "SC-7F3K2"}
    refused = {**plain, "blocked": {"kind": "phone"}}

    for context, offered in (
        (plain, False),
        (refused, False),
        ({**refused, "may_override": True}, True),
    ):
        drawn = renderer.render(Card("ask", context))
        assert ("f.override" in values_of(drawn, "block_id")) == offered


def test_a_long_story_is_cut_before_the_page_grows_too_large(renderer):
    (context,) = [c for c in SAMPLES["read"] if len(c["remarks"]) > 20][:1]
    remarks = [{**one, "text": "é" * 3000} for one in context["remarks"]]

    drawn = renderer.render(Card("read", {**context, "remarks": remarks}))

    assert faults("view", drawn) == []
    assert "Long texts are cut short here" in str(drawn)
