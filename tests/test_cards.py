"""Drawing cards: text stays text, fits, and is never empty."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, TemplateNotFound, UndefinedError

from bot.cards import Renderer, clean, fit
from bot.cards_teams_fit import LARGEST
from bot.chat import Card, Platform
from tests.card_samples import HOSTILE
from tests.case_samples import AT, CASE_ID, NUMBERS, TEACHER, facts
from tests.dialog_samples import question
from tests.drawn import alive, boxes_of, card_in, parts_of, running, said, typed
from tests.fixtures_school import warm_renderer


def draw(source, **context):
    """What a small template of our own gives."""
    templates = {"one/slack.json.j2": '{"type":"modal","is":' + source + "}"}
    return Renderer(DictLoader(templates)).render(Card("one", context))["is"]


def draw_on_teams(source, **context):
    """The same, in a text of a card on Teams."""
    text = '{"type":"TextBlock","text":' + source + "}"
    page = '{"title":"One","card":{"type":"AdaptiveCard","body":[' + text + "]}}"
    templates = {"one/card.json.j2": page}
    drawn = Renderer(DictLoader(templates)).render(Card("one", context), Platform.TEAMS)
    return drawn["card"]["body"][0]["text"]


def units(text):
    return len(text.encode("utf-16-le")) // 2


def test_a_message_is_blocks_with_a_text_for_notifications():
    drawn = Renderer().render(Card("root", facts()))

    assert drawn.keys() == {"blocks", "text"}
    assert drawn["text"] == "SC-7F3K2: high. Open the thread to read it."


def test_a_view_has_no_text():
    drawn = Renderer().render(Card("refused_view", {"code": "Guest"}), "slack")

    assert drawn["type"] == "modal"
    assert "text" not in drawn


def test_a_card_without_a_template_is_refused_by_name():
    with pytest.raises(TemplateNotFound, match="no_such_card"):
        Renderer().render(Card("no_such_card"))


def test_a_context_that_lacks_something_is_refused_rather_than_drawn_with_a_gap():
    context = facts()
    del context["case"]["ref"]

    with pytest.raises(UndefinedError, match="ref"):
        Renderer().render(Card("root", context))


def test_on_teams_a_message_is_an_activity_with_a_card_and_a_line_for_notifications():
    drawn = warm_renderer().render(Card("root", facts()), Platform.TEAMS)

    assert drawn.keys() == {"type", "attachments", "summary"}
    assert drawn["summary"] == "SC-7F3K2: high. Open the thread to read it."
    assert card_in(drawn)["version"] == "1.5"


def test_on_teams_a_page_of_a_dialog_is_a_title_and_a_card():
    drawn = warm_renderer().render(Card("refused_view", {"code": "Guest"}), "teams")

    assert drawn.keys() == {"title", "card"}
    assert drawn["title"] == "Not possible"


def test_a_platforms_own_template_goes_before_the_one_of_all():
    templates = {"one/card.json.j2": '{"type":"all"}', "one/slack.json.j2": '{"type":"own"}'}

    assert Renderer(DictLoader(templates)).render(Card("one")) == {"type": "own"}


def test_every_template_compiles_when_warmed():
    Renderer().warm()


@given(st.text())
def test_any_text_comes_out_of_tojson_as_the_same_text_but_for_what_is_cleaned_away(text):
    assert draw("{{ x | tojson }}", x=text) == clean(text)


@given(st.text())
def test_clean_text_can_be_sent_as_utf_8(text):
    assert clean(text).encode() is not None


@pytest.mark.parametrize(
    "sign", ["\u202e", "\u2066", "\u200b", "\ufeff", "\x00", "\x1b", "\x85", "\ud83d", "\u200f"]
)
def test_signs_that_turn_or_hide_text_are_taken_out(sign):
    assert sign not in clean(f"a{sign}b")


def test_line_breaks_of_every_kind_become_one_kind():
    assert clean("a\r\nb\rc\u2028d\u2029e\x85f\vg") == "a\nb\nc\nd\ne\nf\ng"


def test_joined_emoji_and_right_to_left_scripts_stay_whole():
    assert clean("👩‍👩‍👧 שלום می‌خواهم") == "👩‍👩‍👧 שלום می‌خواهم"


@given(st.text(), st.integers(2, 40))
def test_fitted_text_is_never_empty_and_never_too_long(text, most):
    fitted = fit(text, most)

    assert fitted.strip()
    assert 1 <= units(fitted) <= most


@given(st.text(alphabet="ab ", min_size=1, max_size=30).filter(str.strip))
def test_text_that_fits_is_left_alone(text):
    assert fit(text, 30) == text


def test_text_that_is_cut_ends_with_an_ellipsis_and_counts_emoji_as_slack_does():
    assert fit("a" * 80, 75) == "a" * 74 + "…"
    assert fit("😀" * 80, 75) == "😀" * 37 + "…"


def test_a_cut_does_not_leave_half_an_entity():
    assert fit("x" * 7 + "&amp; more", 10) == "x" * 7 + "…"


@pytest.mark.parametrize("blank", ["", " ", "\n", "\u202e", "\u200b \u2069"])
def test_text_that_looks_empty_becomes_a_dash(blank):
    assert fit(blank, 10) == "-"


def test_no_markup_in_a_name_comes_alive_in_a_sentence():
    said = draw("{{ x | inline | tojson }}", x=HOSTILE)

    assert not set("<>*_~`\n") & set(said)
    assert "&lt;!channel&gt;" in said


def test_the_marks_of_the_rule_pack_become_slacks_and_nothing_else_does():
    words = "**Ring 999 now.** If someone phoned _you_ <!here> & <@U1>"

    said = draw("{{ x | words | styled | tojson }}", x=words)

    assert said == "*Ring 999 now.* If someone phoned _you_ &lt;!here&gt; &amp; &lt;@U1&gt;"


@pytest.mark.parametrize(
    ("person", "shown"),
    [
        (TEACHER, "<@U0TEACHER1>"),
        ({"id": "x", "post": "chair of governors", "user": None}, "chair of governors"),
        ({"id": "x", "post": None, "user": None}, "a colleague"),
        ({"id": "x", "post": None, "user": None, "name": "the school nurse"}, "the school nurse"),
        ({"id": "x", "post": None, "user": None, "name": "*x*"}, "\u2217x\u2217"),
        ({"id": "x", "post": "DSL", "user": "U1> <!channel"}, "DSL"),
        ({"id": "x", "post": "<!channel>", "user": None}, "&lt;!channel&gt;"),
        (None, "somebody"),
    ],
)
def test_people_are_mentioned_by_account_or_else_named_by_post(person, shown):
    assert draw("{{ x | mention | tojson }}", x=person) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("0300 555 0100", "<tel:03005550100|0300 555 0100>"),
        ("+44 (0)300 555", "<tel:+440300555|+44 (0)300 555>"),
        ("999", "<tel:999|999>"),
        ("ask the office", "ask the office"),
        ("12", "12"),
        ("0300 <!channel>", "0300 &lt;!channel&gt;"),
        ("0300|555", "0300/555"),
    ],
)
def test_telephone_numbers_can_be_tapped_and_nothing_else_can(number, shown):
    assert draw("{{ x | phone | tojson }}", x=number) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("lado@council.example", "<mailto:lado@council.example|lado@council.example>"),
        ("a@b.example|<!here>", "a@b.example|&lt;!here&gt;"),
        ("*nobody*", "\u2217nobody\u2217"),
    ],
)
def test_addresses_can_be_tapped_and_nothing_else_can(address, shown):
    assert draw("{{ x | email | tojson }}", x=address) == shown


def test_times_are_shown_in_the_readers_own_zone_with_utc_to_fall_back_on():
    shown = draw("{{ x | when | tojson }}", x=1_795_000_000)

    assert shown == "<!date^1795000000^{date_short_pretty} at {time}|18 Nov 2026, 11:06 UTC>"


def test_a_key_of_the_context_wins_over_a_method_of_the_same_name():
    assert draw("{{ x.values | tojson }}", x={"values": "kept"}) == "kept"


def test_the_sealed_walk_comes_through_unchanged():
    sealed = json.dumps({"a": {"danger": "no"}, "t": ["start"], "x": ["é", "<&>"]})
    context = {"walk": sealed, "numbers": NUMBERS}

    button = Renderer().render(Card("unsent", context))["blocks"][1]["elements"][0]

    assert button["value"] == sealed


def test_numbers_that_hold_one_another_or_are_the_same_are_each_made_a_link_once():
    numbers = {"a": "0300 555", "b": "0300 555 01", "c": "0300 555"}

    said = draw("{{ x | tappable(n) | tojson }}", x="0300 555 01 or 0300 555", n=numbers)

    assert said == "<tel:030055501|0300 555 01> or <tel:0300555|0300 555>"


# ---------------------------------------------------------------------------------------- on Teams


def test_no_markup_in_a_name_comes_alive_in_a_sentence_on_teams():
    said_there = draw_on_teams("{{ x | inline | tojson }}", x=f"{HOSTILE} [a](b) {{{{DATE(1)}}}}")

    assert not set("<>*_~`\\[]\n") & set(said_there)
    assert "{{" not in said_there


def test_the_marks_of_the_rule_pack_stay_on_teams_and_nothing_else_does():
    words = "**Ring 999 now.** If someone phoned _you_ <at>all</at> & [x](y) {{DATE(1)}} &lt;"

    shown = draw_on_teams("{{ x | words | styled | tojson }}", x=words)

    assert shown == (
        "**Ring 999 now.** If someone phoned _you_ \u2039at\u203aall\u2039/at\u203a & "
        "\uff3bx\uff3d(y) { {DATE(1)}} \uff06lt;"
    )


@pytest.mark.parametrize(
    ("person", "shown"),
    [
        (TEACHER, "the class teacher"),
        ({"id": "x", "post": "DSL", "user": "U0DSL00001", "name": "somebody else"}, "DSL"),
        ({"id": "x", "post": None, "user": None, "teams": "y", "name": ""}, "a colleague"),
        ({"id": "x", "post": "<at>all</at>", "user": None}, "\u2039at\u203aall\u2039/at\u203a"),
        (None, "somebody"),
    ],
)
def test_people_are_named_by_post_or_else_by_name_on_teams(person, shown):
    assert draw_on_teams("{{ x | mention | tojson }}", x=person) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("0300 555 0100", "[0300 555 0100](tel:03005550100)"),
        ("+44 (0)300 555", "[+44 (0)300 555](tel:+440300555)"),
        ("ask the office", "ask the office"),
        ("0300](tel:999)", "0300\uff3d(tel:999)"),
    ],
)
def test_telephone_numbers_can_be_tapped_on_teams_and_nothing_else_can(number, shown):
    assert draw_on_teams("{{ x | phone | tojson }}", x=number) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("lado_1@council.example", "[lado\u02cd1@council.example](mailto:lado_1@council.example)"),
        ("a@b.example)[x](y", "a@b.example)\uff3bx\uff3d(y"),
    ],
)
def test_addresses_can_be_tapped_on_teams_and_nothing_else_can(address, shown):
    assert draw_on_teams("{{ x | email | tojson }}", x=address) == shown


def test_times_on_teams_are_worked_out_by_the_client():
    shown = draw_on_teams("{{ x | when | tojson }}", x=1_795_000_000)

    assert shown == "{{DATE(2026-11-18T11:06:40Z,SHORT)}} at {{TIME(2026-11-18T11:06:40Z)}}"


def test_times_in_a_notification_on_teams_are_in_utc_since_nothing_is_worked_out_there():
    refused = {"code": "AlreadyDecided", "by": TEACHER, "at": AT, "outcome": "share"}

    line = warm_renderer().say(Card("refused", refused), Platform.TEAMS)

    assert line.startswith("The class teacher decided this first, 18 Nov 2026, 11:06 UTC: Share.")


@pytest.mark.parametrize("begun", ["- x", "+ x", "# x", "1. x", "12) x"])
def test_no_line_begins_a_list_that_nobody_meant(begun):
    assert draw_on_teams("{{ x | styled | tojson }}", x=begun) != begun
    assert draw_on_teams("{{ x | inline | tojson }}", x=begun) != begun


@given(st.text(), st.integers(12, 60))
def test_a_cut_leaves_no_mark_half_made(text, most):
    source = "{{ ('**' ~ (x | inline) ~ '** ' ~ (at | when) ~ (n | phone)) | fit_marked(most) | tojson }}"

    shown = draw_on_teams(source, x=text, at=AT, n="0300 555 0100", most=most)

    assert shown.count("**") % 2 == 0
    assert alive({"card": {"body": [{"type": "TextBlock", "text": shown}]}}) == []


# -------------------------------------------------------------- pages on Teams that came again


def page_with(**more):
    page = {"id": "rule6", "title": "Rule 6", "help": "Only what they need.", "rule": 6}
    asked = [question(3, id="role"), question(2, "option1", id="verified")]
    context = {"page": page, "questions": asked, "walk": "w", "numbers": NUMBERS, "first": False}
    return Card("page", {**context, "can_back": True, "can_ask": True, **more})


def test_what_is_wrong_is_said_below_its_box_and_on_top_that_something_is():
    card = page_with(errors={"verified": "Please choose one of these."})

    body = warm_renderer().render(card, Platform.TEAMS)["card"]["body"]

    places = [part.get("id", part.get("text")) for part in body]
    assert places[0] == "Please look at what is marked."
    where = places.index("Please choose one of these.")
    assert places[where - 1] == "q.rule6.verified"
    assert body[where]["color"] == "Attention"


def test_a_fault_that_has_no_box_on_the_page_is_said_on_top():
    card = page_with(errors={"reason": "This did not send."})

    body = warm_renderer().render(card, Platform.TEAMS)["card"]["body"]

    assert [part["text"] for part in body[:2]] == [
        "Please look at what is marked.",
        "This did not send.",
    ]


def test_nothing_is_said_to_be_wrong_where_nothing_is():
    assert "marked" not in said(warm_renderer().render(page_with(errors={}), Platform.TEAMS))


def test_what_was_typed_stands_in_its_box_again():
    values = {"reason": "Because *x*.\n{{DATE(1)}}", "limits": ""}
    tried = Card("thread", {**facts("waiting"), "values": values})

    drawn = warm_renderer().render(tried, Platform.TEAMS)

    shown = {part["id"]: part.get("value") for part in parts_of(drawn, "Input.Text")}
    assert shown == {"f.reason": values["reason"], "f.limits": None}


def test_a_decision_that_looks_like_personal_data_can_be_sent_anyway_from_the_thread():
    plain = facts("waiting")
    blocked = {**plain, "blocked": {"kind": "phone"}, "may_override": True}

    boxes = [
        boxes_of(warm_renderer().render(Card("thread", c), Platform.TEAMS))
        for c in (plain, {**plain, "blocked": {"kind": "phone"}}, blocked)
    ]

    assert boxes == [["f.reason", "f.limits"]] * 2 + [["f.reason", "f.limits", "f.override"]]


def test_what_cannot_be_undone_is_unfolded_and_then_pressed():
    drawn = warm_renderer().render(Card("thread", facts("closed")), Platform.TEAMS)

    (unfolds,) = parts_of(drawn, "Action.ShowCard")
    (execute,) = parts_of(unfolds, "Action.Execute")
    assert "cannot be undone" in said(unfolds)
    assert execute["verb"] == "case.filed"
    assert execute["data"] == {"value": CASE_ID}


def test_a_choice_of_somebody_who_has_left_since_is_not_chosen():
    left = {"case": CASE_ID, "ref": "SC-7F3K2", "colleagues": [{"id": "a", "label": "Head"}]}
    card = Card("hand_over", {**left, "values": {"to": "b"}})

    (choice,) = parts_of(warm_renderer().render(card, Platform.TEAMS), "Input.ChoiceSet")

    assert "value" not in choice


@pytest.mark.parametrize(("count", "style"), [(5, "expanded"), (6, "compact")])
def test_a_list_folds_only_when_it_is_long_and_then_says_what_to_do_with_it(count: int, style: str):
    people = [{"id": str(place), "label": f"Post {place}"} for place in range(count)]
    card = Card("hand_over", {"case": CASE_ID, "ref": "SC-7F3K2", "colleagues": people})

    (choice,) = parts_of(warm_renderer().render(card, Platform.TEAMS), "Input.ChoiceSet")

    assert (choice["style"], choice["isMultiSelect"]) == (style, False)
    assert ("placeholder" in choice) == (style == "compact")


def test_how_it_went_is_asked_on_teams_with_every_choice_in_sight():
    card = Card("report", {"case": CASE_ID, "ref": "SC-7F3K2"})

    drawn = warm_renderer().render(card, Platform.TEAMS)

    styles = {choice["id"]: choice["style"] for choice in parts_of(drawn, "Input.ChoiceSet")}
    assert set(styles) == {"f.done", "f.how", "f.kinds", "f.checked"}
    assert set(styles.values()) == {"expanded"}


def test_typed_words_are_runs_of_text_in_which_nothing_is_worked_out():
    words = "{{DATE(2026-11-22T10:00:00Z,SHORT)}} {{{TIME(2026-11-22T10:00:00Z)}}"
    context = {"ref": "SC-7F3K2", "texts": [{"id": "reason", "text": words}], "remarks": []}

    drawn = warm_renderer().render(
        Card("read", {**context, "decision": None, "report": None}), Platform.TEAMS
    )

    assert typed(drawn) == [words]
    assert not [run for run in parts_of(drawn, "TextRun") if "{{" in run["text"]]
    assert not [text for text in running(drawn) if "2026-11-22" in text]


# ----------------------------------------------------------------------------------- how large


def test_the_longest_texts_are_cut_first_and_no_more_than_is_needed():
    texts = [{"id": "reason", "text": "😀" * 1500} for _ in range(9)]
    short = [{"id": "recipient", "text": "Duty social worker"}]
    context = {"ref": "SC-7F3K2", "texts": texts + short, "remarks": []}
    card = Card("read", {**context, "decision": None, "report": None})

    drawn = warm_renderer().render(card, Platform.TEAMS)

    size = len(json.dumps(card_in(drawn), ensure_ascii=False).encode())
    assert LARGEST * 0.85 < size <= LARGEST
    assert "Duty social worker" in typed(drawn)
    assert max(map(units, typed(drawn))) < 3000


def test_pages_on_teams_that_many_see_alike_carry_each_ones_own_walk():
    renderer = Renderer()

    first, second = (renderer.render(page_with(walk=f"walk {n}"), Platform.TEAMS) for n in (1, 2))

    kept = [{a["data"]["kept"] for a in parts_of(d, "Action.Submit")} for d in (first, second)]
    assert kept == [{"walk 1"}, {"walk 2"}]
    assert json.loads(renderer.write(page_with(walk="walk 2"), Platform.TEAMS)) == second


def test_a_page_on_teams_that_was_filled_in_or_has_faults_is_kept_for_nobody():
    renderer = Renderer()
    renderer.render(page_with(errors={"role": "MARKED"}), Platform.TEAMS)

    renderer.render(page_with(values={"role": "MARKED"}), Platform.TEAMS)

    assert "MARKED" not in str(vars(renderer))
