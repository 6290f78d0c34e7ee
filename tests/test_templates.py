"""Every template, with normal, empty and hostile contexts, is something that its platform takes."""

from __future__ import annotations

import json
from functools import cache

import pytest
from jinja2 import Environment, nodes

from bot.chat import Card, Platform
from handlers import case_forms, slack_closed, slack_home, teams, teams_cards, walk_dialog
from playground import card_limits
from playground.slack_limits import faults
from tests.card_samples import HOSTILE, hostile, normal_samples, samples
from tests.case_samples import CASE_ID, EVENTS, STATUSES, facts
from tests.drawn import (
    DRAWN,
    FOLDERS,
    SAID,
    TEMPLATES,
    actions_of,
    alive,
    boxes_of,
    buttons,
    card_in,
    draw_all,
    handed_in,
    name_of,
    parts_of,
    running,
    said,
    typed,
    value_of,
)
from tests.fixtures_school import warm_renderer

SAMPLES = samples()
PLATFORMS = tuple(Platform)
TO_ROUTES = ("root", "thread", "thread_note", "copy")
PARTS = ["card.json.j2", *(f"{platform}.json.j2" for platform in PLATFORMS)]
ON_SLACK = {*walk_dialog.PRESSES, *case_forms.PRESSES, *slack_home.ACTIONS, "walk.resume"}
ONLY_ON_SLACK = {"walk.resume"}
"""Teams does not tell of dialogs that were closed."""


@pytest.fixture(scope="module")
def renderer():
    return warm_renderer()


@cache
def all_drawn(name, platform=Platform.SLACK):
    """A template with each of its contexts; drawn once, and looked at by many tests."""
    return [*draw_all(warm_renderer(), name, SAMPLES[name], platform)]


def faults_of(drawn) -> list[str]:
    """What the platform would refuse."""
    if "blocks" in drawn:
        surface = {"modal": "view", "home": "home"}.get(drawn.get("type"), "message")
        return faults(surface, drawn)
    return card_limits.faults(card_in(drawn))


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


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", DRAWN)
def test_the_platform_takes_the_card_whatever_is_in_it(name, platform):
    for drawn in all_drawn(name, platform):
        assert faults_of(drawn) == []


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", DRAWN)
def test_nothing_in_running_text_comes_alive_but_what_is_ours(name, platform):
    for drawn in all_drawn(name, platform):
        assert alive(drawn) == []
        assert "\\u202e" not in json.dumps(drawn)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", DRAWN)
def test_marks_of_style_come_in_pairs_and_none_is_left_over(name, platform):
    mark, other = ("*", "**") if platform == Platform.SLACK else ("**", "***")
    for drawn in all_drawn(name, platform)[: len(SAMPLES[name]) // 3]:
        for text in running(drawn):
            assert other not in text
            assert all(line.count(mark) % 2 == 0 for line in text.split("\n")), text


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", SAID)
def test_notifications_are_one_short_line(renderer, name, platform):
    for context in SAMPLES[name]:
        words = renderer.say(Card(name, context), platform)

        assert words.strip()
        assert "\n" not in words


@pytest.mark.parametrize("name", SAID)
def test_notifications_on_teams_are_without_any_marks(renderer, name):
    for context in normal_samples()[name]:
        words = renderer.say(Card(name, context), Platform.TEAMS)

        assert not [mark for mark in ("**", "`", "{{", "](", ":warning:") if mark in words]


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", sorted({*SAID} & {*DRAWN}))
def test_what_is_posted_says_in_a_line_what_it_is(name, platform):
    """Home pages on Slack lie there, and nobody is notified of them."""
    (drawn, *_) = all_drawn(name, platform)

    if drawn.get("type") != "home":
        assert drawn["text" if platform == Platform.SLACK else "summary"].strip()


@pytest.mark.parametrize(
    "path",
    sorted(p for p in TEMPLATES.rglob("*.j2") if p.name in PARTS or p.name.startswith("parts.")),
    ids=lambda p: p.relative_to(TEMPLATES).as_posix(),
)
def test_every_expression_goes_through_tojson_or_is_a_part_that_does(path):
    tree = Environment().parse(path.read_text())  # noqa: S701 - read, not rendered
    outputs = [node for output in tree.find_all(nodes.Output) for node in output.nodes]

    assert [node for node in outputs if not is_json(node)] == []


@pytest.mark.parametrize("name", DRAWN)
def test_a_template_is_short(name):
    for path in (TEMPLATES / name).glob("*.json.j2"):
        assert len(path.read_text().splitlines()) <= 30


def test_both_platforms_have_the_same_blocks():
    """So that a card is written once."""
    blocks = {
        platform: {n.name for n in _tree(f"parts.{platform}.j2").find_all(nodes.Macro)}
        for platform in PLATFORMS
    }
    taken = {
        node.node.attr
        for node in _tree("parts.j2").find_all(nodes.Assign)
        if isinstance(node.node, nodes.Getattr) and node.node.node.name == "b"
    }

    assert taken <= blocks[Platform.SLACK] & blocks[Platform.TEAMS]
    assert taken


def _tree(name):
    return Environment().parse((TEMPLATES / name).read_text())  # noqa: S701 - read, not rendered


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", TO_ROUTES)
def test_no_typed_text_gets_into_a_channel_but_where_the_file_is_kept(renderer, name, platform):
    marked = {**facts(), "filed_at": "FILED-AT", "remarks": "TYPED", "texts": {"reason": "TYPED"}}
    marked["decision"] = {**facts("decided")["decision"], "reason": "TYPED", "limits": "TYPED"}
    for status in STATUSES:
        for event in EVENTS:
            case = {**marked["case"], "status": status}
            card = Card(name, {**marked, "case": case, "event": event})
            drawn = str(renderer.render(card, platform))

            assert "TYPED" not in drawn
            assert ("FILED-AT" in drawn) == (name == "root" and status != "disposed")


@pytest.mark.parametrize(
    ("platform", "mark"), [(Platform.SLACK, "<!channel>"), (Platform.TEAMS, "<!channel>")]
)
def test_where_the_file_is_kept_is_plain_text_on_the_card(renderer, platform, mark):
    drawn = renderer.render(Card("root", {**facts(), "filed_at": HOSTILE}), platform)

    (kept,) = [t for t in typed(drawn) if "Child's file" in t]
    assert mark in kept
    assert not any("bold" in text for text in running(drawn))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_typed_text_is_shown_word_for_word_in_the_reading_dialog(renderer, platform):
    words = 'They said "no" *twice* <!channel> & {{ 7 * 7 }} {{DATE(1)}}\nThen left. :fire:'
    context = {
        "ref": "SC-7F3K2",
        "texts": [{"id": "reason", "text": words}],
        "remarks": [],
        "decision": None,
        "report": {},
    }

    drawn = renderer.render(Card("read", context), platform)

    assert typed(drawn).count(words) == 1
    assert not [
        one for one in parts_of(drawn, "plain_text") if one["emoji"] and one["text"] == words
    ]


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", DRAWN)
def test_every_button_is_one_that_the_edge_listens_to(name, platform):
    known = ON_SLACK if platform == Platform.SLACK else {*teams.PRESSES, *teams_cards.EXECUTED}
    for drawn in all_drawn(name, platform):
        strange = actions_of(drawn) - known
        assert strange <= (ONLY_ON_SLACK if name == "unsent" else set())


@pytest.mark.parametrize("name", DRAWN)
def test_teams_has_the_buttons_that_slack_has(name):
    """On its home card there are fewer lines of a list, and so perhaps fewer buttons of theirs."""
    both = zip(
        all_drawn(name, Platform.SLACK),
        all_drawn(name, Platform.TEAMS),
        strict=True,
    )
    for slack, on_teams in both:
        assert actions_of(on_teams) <= actions_of(slack)
        assert name == "home" or actions_of(on_teams) == actions_of(slack)
        assert handed_in(on_teams) == handed_in(slack)


@pytest.mark.parametrize("name", DRAWN)
def test_teams_has_the_boxes_that_slack_has(name):
    """And those of a decision, which on Slack has a form of its own."""
    deciding = {"f.reason", "f.limits", "f.override", "home.search", "home.find", "home.find.again"}
    both = zip(
        all_drawn(name, Platform.SLACK),
        all_drawn(name, Platform.TEAMS),
        strict=True,
    )
    for slack, on_teams in both:
        boxes, wanted = boxes_of(on_teams), [b for b in boxes_of(slack) if _is_first_list(b)]
        if handed_in(slack):
            assert boxes == wanted
        else:
            assert set(boxes) - deciding == set(wanted) - deciding


def _is_first_list(box):
    """Slack needs several menus for many people; Teams has one."""
    return not box.startswith("q.people.") or box == "q.people.0"


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", DRAWN)
def test_every_dialog_that_can_be_sent_or_closed_is_heard(name, platform):
    for drawn in all_drawn(name, platform):
        if handed_in(drawn):
            assert handed_in(drawn) in {**walk_dialog.PAGES, **case_forms.PAGES}
        if drawn.get("notify_on_close"):
            assert drawn["callback_id"] in slack_closed.PAGES


def test_every_button_and_form_that_the_edge_knows_is_offered_somewhere():
    drawn = [one for n in DRAWN for one in all_drawn(n)]

    assert set().union(*map(actions_of, drawn)) == ON_SLACK
    sent = {handed_in(one) for one in drawn if handed_in(one)}
    assert sent == {*walk_dialog.PAGES, *case_forms.PAGES}


def test_every_button_that_the_teams_edge_knows_is_offered_somewhere():
    drawn = [one for n in DRAWN for one in all_drawn(n, Platform.TEAMS)]

    offered = set().union(*map(actions_of, drawn))
    assert offered - ONLY_ON_SLACK == {*teams.PRESSES, *teams_cards.EXECUTED}


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("name", ["thread", "assignee", "requester_copy", "requester_turn", "copy"])
def test_buttons_of_a_case_carry_its_id_and_nothing_else(name, platform):
    for drawn in all_drawn(name, platform):
        assert {value_of(button) for button in buttons(drawn)} <= {CASE_ID}


@pytest.mark.parametrize("name", DRAWN)
def test_on_teams_a_dialog_submits_and_a_message_opens_or_executes(name):
    for drawn in all_drawn(name, Platform.TEAMS):
        for button in buttons(drawn):
            data = button["data"]
            if "title" in drawn:
                assert button["type"] == "Action.Submit"
                assert "msteams" not in data
                assert "kept" in data
            elif button["type"] == "Action.Submit":
                assert data["msteams"] == {"type": "task/fetch"}
                assert name_of(button) not in teams_cards.EXECUTED
                assert button["associatedInputs"] == "none"
            else:
                assert button["verb"] in teams_cards.EXECUTED
                assert data.keys() == {"value"}


@pytest.mark.parametrize("name", ["page", "people", "outcome", "nearly"])
def test_every_button_of_a_page_on_teams_carries_the_whole_walk(renderer, name):
    sealed = "é<&>\"'" + "a" * 2990
    for context in SAMPLES[name]:
        drawn = renderer.render(Card(name, {**context, "walk": sealed}), Platform.TEAMS)

        assert {button["data"]["kept"] for button in buttons(drawn)} == {sealed}
        assert faults_of(drawn) == []


@pytest.mark.parametrize("name", DRAWN)
def test_microsofts_own_models_read_the_card_and_lose_nothing_of_it(name):
    from microsoft_teams.cards import AdaptiveCard

    for drawn in all_drawn(name, Platform.TEAMS)[: len(SAMPLES[name]) // 3]:
        card = card_in(drawn)
        read = AdaptiveCard.model_validate(card)
        again = read.model_dump(by_alias=True, exclude_none=True, mode="json")

        assert [*_lost(card, again)] == []


def _lost(card, again, path="card"):
    if isinstance(card, dict):
        for name, value in card.items():
            yield from _lost(
                value, again.get(name) if isinstance(again, dict) else None, f"{path}.{name}"
            )
    elif isinstance(card, list):
        assert len(card) == len(again), path
        for place, (one, other) in enumerate(zip(card, again, strict=True)):
            yield from _lost(one, other, f"{path}[{place}]")
    elif card != again:
        yield path


@pytest.mark.parametrize("name", DRAWN)
def test_long_words_in_four_bytes_in_every_field_are_cut_until_teams_takes_the_card(renderer, name):

    for context in normal_samples()[name]:
        (drawn,) = draw_all(renderer, name, [hostile(context, "😀" * 3000)], Platform.TEAMS)
        (plain,) = draw_all(renderer, name, [context], Platform.TEAMS)

        assert faults_of(drawn) == []
        assert [(name_of(b), b["data"]) for b in buttons(drawn)] == [
            (name_of(b), b["data"]) for b in buttons(plain)
        ]


def test_a_card_whose_texts_were_cut_says_so_and_no_other_does(renderer):
    (context,) = [c for c in SAMPLES["read"] if c["remarks"] and c["report"]][:1]
    long = {**context, "texts": [{"id": "reason", "text": "😀" * 3000}] * 9}

    drawn = [renderer.render(Card("read", c), Platform.TEAMS) for c in (context, long)]

    assert ["cut short" in said(one) for one in drawn] == [False, True]
