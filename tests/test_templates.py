"""Every template, with normal, empty and hostile contexts, is something that Slack takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from bot.cards import Renderer
from bot.chat import Card
from handlers import slack_cases, slack_home, slack_walk, slack_ways
from playground.slack_limits import faults
from tests.card_samples import HOSTILE, samples
from tests.case_samples import CASE_ID, EVENTS, STATUSES, facts
from tests.drawn import actions_of, buttons, text_objects

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


ACTIONS = {*slack_walk.ACTIONS, *slack_cases.ACTIONS, *slack_ways.ACTIONS, *slack_home.ACTIONS}


def surface(name, drawn):
    """Where a card is shown: as a message, in a dialog or on the home page."""
    if name in MESSAGES:
        return "message"
    return "home" if drawn["type"] == "home" else "view"


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


def test_every_template_has_samples_and_every_sample_a_template():
    assert set(SAMPLES) == set(FOLDERS)


@pytest.mark.parametrize("name", DRAWN)
def test_slack_takes_the_card_whatever_is_in_it(renderer, name):
    for context in SAMPLES[name]:
        drawn = renderer.render(Card(name, context))

        assert faults(surface(name, drawn), drawn) == []


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_in_running_text_mentions_a_channel_or_links_elsewhere(renderer, name):
    for context in SAMPLES[name]:
        drawn = renderer.render(Card(name, context))
        running = [*text_objects(drawn, "mrkdwn"), drawn.get("text", "")]

        for text in (text for text in running if isinstance(text, str)):
            for control in re.findall("<[^>]*", text):
                assert ALIVE.match(control), control
            assert "\u202e" not in text


@pytest.mark.parametrize("name", DRAWN)
def test_marks_of_style_come_in_pairs_and_none_is_left_over(renderer, name):
    for context in SAMPLES[name][: len(SAMPLES[name]) // 3]:
        for text in text_objects(renderer.render(Card(name, context)), "mrkdwn"):
            assert "**" not in text
            assert all(line.count("*") % 2 == 0 for line in text.split("\n")), text


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
            assert ("FILED-AT" in drawn) == (name == "root" and status != "disposed")


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

        assert pressed <= ACTIONS


@pytest.mark.parametrize("name", sorted(set(DRAWN) - set(MESSAGES)))
def test_every_dialog_that_can_be_sent_or_closed_is_heard(renderer, name):
    for context in SAMPLES[name]:
        drawn = renderer.render(Card(name, context))

        if "submit" in drawn:
            assert drawn["callback_id"] in {**slack_walk.VIEWS, **slack_cases.VIEWS}
        if drawn.get("notify_on_close"):
            assert drawn["callback_id"] in slack_walk.CLOSED


def test_every_button_and_form_that_the_edge_knows_is_offered_somewhere(renderer):
    drawn = [renderer.render(Card(n, context)) for n in DRAWN for context in SAMPLES[n]]

    assert set().union(*map(actions_of, drawn)) == ACTIONS
    sent = {one["callback_id"] for one in drawn if "submit" in one}
    assert sent == {*slack_walk.VIEWS, *slack_cases.VIEWS}


@pytest.mark.parametrize("name", ["thread", "assignee", "requester_copy", "requester_turn", "copy"])
def test_buttons_of_a_case_carry_its_id_and_nothing_else(renderer, name):
    for context in SAMPLES[name]:
        drawn = renderer.render(Card(name, context))

        assert {button["value"] for button in buttons(drawn)} <= {CASE_ID}
