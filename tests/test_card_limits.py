"""The one checker of Adaptive Cards: what it takes, what it refuses, and how it says so."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.card_limits import faults


def card(*body, **more):
    return {"type": "AdaptiveCard", "version": "1.5", "body": list(body), **more}


def text(words="Words", **more):
    return {"type": "TextBlock", "text": words, **more}


def box(name="f.reason", **more):
    return {"type": "Input.Text", "id": name, "label": "Why?", **more}


def choice(*values, **more):
    choices = [{"title": one.title(), "value": one} for one in values or ("yes", "no")]
    return {"type": "Input.ChoiceSet", "id": "q.danger", "choices": choices, **more}


def submit(**more):
    return {"type": "Action.Submit", "title": "Next", "data": {"do": "walk.page"}, **more}


def execute(**more):
    return {"type": "Action.Execute", "title": "Share", "verb": "case.share", **more}


def actions(*buttons):
    return {"type": "ActionSet", "actions": list(buttons) or [submit()]}


def unfolding(*body, **more):
    return {"type": "Action.ShowCard", "title": "Sure?", "card": card(*body), **more}


WHOLE = card(
    text("**Bold**", wrap=True, isSubtle=True, size="Small", spacing="None", separator=True),
    {
        "type": "RichTextBlock",
        "inlines": [{"type": "TextRun", "text": "Typed", "weight": "Bolder"}],
    },
    {"type": "Container", "items": [text(), actions(execute(associatedInputs="none"))]},
    {"type": "ColumnSet", "columns": [{"type": "Column", "width": "auto", "items": [text()]}]},
    {"type": "FactSet", "facts": [{"title": "Asked", "value": "Today"}]},
    box(isMultiline=True, maxLength=3000, value="One\ntwo"),
    choice(style="expanded", isMultiSelect=True, value="yes,no", wrap=True),
    actions(submit(style="positive"), unfolding(actions(execute()))),
    msteams={"width": "full"},
    refresh={"action": {"type": "Action.Execute", "verb": "look"}, "userIds": ["29:a"]},
)


def test_a_card_with_everything_in_use_is_taken():
    assert faults(WHOLE) == []


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"type": "AdaptiveCard", "body": []}, "version: required"),
        (card(version="1.6"), "version: '1.6' is not of the form 1.5"),
        (card(version="1.5", colour="red"), "colour: unknown field"),
        (card(text("")), "body[0].text: empty"),
        (card(text(" \n")), "body[0].text: empty"),
        (card(text(colour="red")), "body[0].colour: unknown field"),
        (card(text(size="Tiny")), "body[0].size: 'Tiny' is not one of"),
        (card({"type": "Chart.Pie"}), "body[0].type: 'Chart.Pie' is not allowed in a card"),
        (card({"text": "x"}), "body[0].type: required"),
        (card({"type": "RichTextBlock", "inlines": []}), "body[0].inlines: 0 items"),
        (card({"type": "Input.Text"}), "body[0].id: required"),
        (card(box(), box()), "id 'f.reason' is there more than once"),
        (card(box(), actions(unfolding(box()))), "id 'f.reason' is there more than once"),
        (card(box(value="abcd", maxLength=3)), "body[0].value: longer than maxLength"),
        (card(box(value="😀😀", maxLength=3)), "body[0].value: longer than maxLength"),
        (card(box(value="a\nb")), "body[0].value: several lines in a box of one"),
        (card(choice(value="maybe")), "body[0].value: not one of the choices"),
        (card(choice("a", "a")), "body[0].choices: 'a' is offered more than once"),
        (card(choice("a,b", isMultiSelect=True)), "body[0].choices: a value with a comma"),
        (card({**choice(), "choices": []}), "body[0].choices: 0 items, at least 1"),
        (card(choice(" ")), "body[0].choices[0].title: empty"),
        (card(actions(submit(title=""))), "body[0].actions[0].title: empty"),
        (card(actions({"type": "Action.Submit"})), "body[0].actions[0].title: required"),
        (card(actions({"type": "Action.Execute", "title": "x"})), "body[0].actions[0].verb: required"),
        (card(actions({"type": "Action.Http", "title": "x"})), "'Action.Http' is not allowed"),
        (card(actions(submit(data="text"))), "body[0].actions[0].data: not an object"),
        (card(actions(submit(data={"msteams": {"type": "task/open"}}))), "data.msteams.type:"),
        (card(actions(submit(data={"msteams": {}}))), "data.msteams.type: required"),
        (card(actions(execute(data={"msteams": {"type": "task/fetch"}}))), "not read of Action.Execute"),
        (card(actions(unfolding(text("")))), "actions[0].card.body[0].text: empty"),
        (card(actions({"type": "Action.ShowCard", "title": "x"})), "actions[0].card: required"),
        (card(actions(*[submit()] * 7)), "body[0].actions: 7 items, at most 6"),
        (card({"type": "Image", "url": "http://example.org/x.png"}), "body[0].url:"),
        (card(text("é" * 15_000)), "bytes, at most 28 KB"),
    ],
)  # fmt: skip
def test_what_teams_does_not_take_is_refused_by_its_path(wrong, fault):
    assert any(fault in one for one in faults(wrong)), faults(wrong)


def test_what_an_action_carries_may_hold_the_same_ids_as_the_card():
    assert faults(card(box("a"), actions(submit(data={"id": "a", "any": {"id": "a"}})))) == []


@given(st.data())
def test_a_field_that_is_no_text_at_all_is_a_fault_and_never_an_error(data):
    broken = deepcopy(WHOLE)
    part = data.draw(st.sampled_from(broken["body"]))
    name = data.draw(st.sampled_from(sorted(part)))
    part[name] = data.draw(st.sampled_from([7, True, [], {}, [[]], "", {"type": 1}]))

    assert isinstance(faults(broken), list)


@pytest.mark.parametrize("card", [None, [], "text", 7])
def test_what_is_no_card_at_all_is_a_fault(card):
    assert faults(card) == ["payload: not an object"]
