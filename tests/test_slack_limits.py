"""The one checker of Slack's limits: what it takes, what it refuses, and how it says so."""

import json
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.slack_limits import faults


def plain(text="Words"):
    return {"type": "plain_text", "text": text}


def mrkdwn(text="Words"):
    return {"type": "mrkdwn", "text": text}


def option(value="yes", words="Yes", **more):
    return {"text": plain(words), "value": value, **more}


def radio(**more):
    return {
        "type": "radio_buttons",
        "action_id": "danger",
        "options": [option("yes"), option("no", "No")],
        **more,
    }


def question(element=None, **more):
    return {"type": "input", "label": plain("Question"), "element": element or radio(), **more}


def modal(*blocks, **more):
    return {
        "type": "modal",
        "title": plain("Before you start"),
        "submit": plain("Next"),
        "blocks": list(blocks) or [question()],
        **more,
    }


def section(**more):
    return {"type": "section", "text": mrkdwn(), **more}


def button(action_id="go", **more):
    return {"type": "button", "action_id": action_id, "text": plain("Go"), **more}


def actions(*elements):
    return {"type": "actions", "elements": list(elements) or [button()]}


def confirm(**more):
    words = {"title": plain(), "text": mrkdwn(), "confirm": plain(), "deny": plain()}
    return {**words, **more}


WHOLE_MODAL = modal(
    {"type": "header", "text": plain()},
    section(block_id="about", accessory=button(value="1", style="danger", confirm=confirm())),
    section(text=None, fields=[mrkdwn(), plain()]),
    {"type": "divider"},
    {"type": "context", "elements": [mrkdwn(), plain()]},
    {"type": "image", "image_url": "https://school.example/a.png", "alt_text": "A map"},
    actions(button("a"), button("b"), {"type": "users_select", "action_id": "c"}),
    question(block_id="q1", hint=plain(), optional=True),
    question({"type": "checkboxes", "options": [option(description=mrkdwn())]}),
    question({"type": "plain_text_input", "multiline": True, "max_length": 3000}),
    question({"type": "static_select", "options": [option()], "placeholder": plain()}),
    question({"type": "multi_users_select", "max_selected_items": 3}),
    question({"type": "datepicker", "initial_date": "2026-11-22"}),
    question({"type": "timepicker", "initial_time": "15:30"}),
    question({"type": "number_input", "is_decimal_allowed": False}),
    close=plain("Cancel"),
    private_metadata="{}",
    callback_id="page",
    notify_on_close=True,
    clear_on_close=False,
)


def test_a_modal_that_uses_everything_within_the_limits_has_no_faults():
    assert faults("view", WHOLE_MODAL) == []


def test_a_message_with_text_blocks_and_metadata_has_no_faults():
    metadata = {"event_type": "sharecheck", "event_payload": {"key": "SC-7F3K2", "n": 1}}
    message = {"text": "New", "blocks": [section(), actions()], "metadata": metadata}

    assert faults("message", message) == []


def test_a_home_page_has_blocks_and_nothing_of_a_dialog():
    assert faults("home", {"type": "home", "blocks": [section(), actions()]}) == []
    assert faults("home", {"type": "home", "blocks": [], "title": plain()}) == [
        "title: unknown field"
    ]


def test_a_fault_names_its_path_the_length_and_the_limit():
    view = modal(section(), section(), section(text=mrkdwn("x" * 3412)))

    assert faults("view", view) == ["blocks[2].text.text: 3,412 characters, at most 3,000"]


def test_every_fault_of_a_payload_is_told_at_once():
    view = modal(section(text=mrkdwn("")), question(element=radio(options=[])))

    assert faults("view", view) == [
        "blocks[0].text.text: empty",
        "blocks[1].element.options: 0 items, at least 1",
    ]


LENGTHS = {
    "title": (24, lambda n: modal(title=plain("x" * n)), "title.text"),
    "submit": (24, lambda n: modal(submit=plain("x" * n)), "submit.text"),
    "close": (24, lambda n: modal(close=plain("x" * n)), "close.text"),
    "private_metadata": (3000, lambda n: modal(private_metadata="x" * n), "private_metadata"),
    "callback_id": (255, lambda n: modal(callback_id="x" * n), "callback_id"),
    "external_id": (255, lambda n: modal(external_id="x" * n), "external_id"),
    "block_id": (255, lambda n: modal(section(block_id="x" * n)), "blocks[0].block_id"),
    "section": (3000, lambda n: modal(section(text=mrkdwn("x" * n))), "blocks[0].text.text"),
    "field": (
        2000,
        lambda n: modal({"type": "section", "fields": [plain("x" * n)]}),
        "blocks[0].fields[0].text",
    ),
    "header": (
        150,
        lambda n: modal({"type": "header", "text": plain("x" * n)}),
        "blocks[0].text.text",
    ),
    "label": (2000, lambda n: modal(question(label=plain("x" * n))), "blocks[0].label.text"),
    "hint": (2000, lambda n: modal(question(hint=plain("x" * n))), "blocks[0].hint.text"),
    "context": (
        3000,
        lambda n: modal({"type": "context", "elements": [mrkdwn("x" * n)]}),
        "blocks[0].elements[0].text",
    ),
    "action_id": (
        255,
        lambda n: modal(actions(button("x" * n))),
        "blocks[0].elements[0].action_id",
    ),
    "button text": (
        75,
        lambda n: modal(actions(button(text=plain("x" * n)))),
        "blocks[0].elements[0].text.text",
    ),
    "button value": (
        2000,
        lambda n: modal(actions(button(value="x" * n))),
        "blocks[0].elements[0].value",
    ),
    "button url": (
        3000,
        lambda n: modal(actions(button(url="x" * n))),
        "blocks[0].elements[0].url",
    ),
    "option text": (
        75,
        lambda n: modal(question(radio(options=[option(words="x" * n)]))),
        "blocks[0].element.options[0].text.text",
    ),
    "option value": (
        75,
        lambda n: modal(question(radio(options=[option("x" * n)]))),
        "blocks[0].element.options[0].value",
    ),
    "option description": (
        75,
        lambda n: modal(question(radio(options=[option(description=mrkdwn("x" * n))]))),
        "blocks[0].element.options[0].description.text",
    ),
    "placeholder": (
        150,
        lambda n: modal(question({"type": "users_select", "placeholder": plain("x" * n)})),
        "blocks[0].element.placeholder.text",
    ),
    "initial value": (
        3000,
        lambda n: modal(question({"type": "plain_text_input", "initial_value": "x" * n})),
        "blocks[0].element.initial_value",
    ),
    "confirm title": (
        100,
        lambda n: modal(actions(button(confirm=confirm(title=plain("x" * n))))),
        "blocks[0].elements[0].confirm.title.text",
    ),
    "confirm text": (
        300,
        lambda n: modal(actions(button(confirm=confirm(text=mrkdwn("x" * n))))),
        "blocks[0].elements[0].confirm.text.text",
    ),
    "confirm yes": (
        30,
        lambda n: modal(actions(button(confirm=confirm(confirm=plain("x" * n))))),
        "blocks[0].elements[0].confirm.confirm.text",
    ),
    "confirm no": (
        30,
        lambda n: modal(actions(button(confirm=confirm(deny=plain("x" * n))))),
        "blocks[0].elements[0].confirm.deny.text",
    ),
    "alternative text": (
        2000,
        lambda n: modal({"type": "image", "image_url": "https://a.example/a", "alt_text": "x" * n}),
        "blocks[0].alt_text",
    ),
}


@pytest.mark.parametrize("name", LENGTHS)
def test_a_text_may_be_as_long_as_its_limit_and_not_one_character_more(name):
    most, make, path = LENGTHS[name]

    assert faults("view", make(most)) == []
    assert faults("view", make(most + 1)) == [f"{path}: {most + 1:,} characters, at most {most:,}"]


def options(count):
    return [option(f"v{n}") for n in range(count)]


COUNTS = {
    "blocks of a modal": (100, lambda n: modal(*[section()] * n), "blocks"),
    "radio buttons": (
        10,
        lambda n: modal(question(radio(options=options(n)))),
        "blocks[0].element.options",
    ),
    "checkboxes": (
        10,
        lambda n: modal(question({"type": "checkboxes", "options": options(n)})),
        "blocks[0].element.options",
    ),
    "select": (
        100,
        lambda n: modal(question({"type": "static_select", "options": options(n)})),
        "blocks[0].element.options",
    ),
    "overflow": (
        5,
        lambda n: modal(actions({"type": "overflow", "options": options(n)})),
        "blocks[0].elements[0].options",
    ),
    "actions": (
        25,
        lambda n: modal(actions(*[button(f"b{i}") for i in range(n)])),
        "blocks[0].elements",
    ),
    "context": (
        10,
        lambda n: modal({"type": "context", "elements": [plain()] * n}),
        "blocks[0].elements",
    ),
    "fields": (10, lambda n: modal(section(fields=[plain()] * n)), "blocks[0].fields"),
}


@pytest.mark.parametrize("name", COUNTS)
def test_a_list_may_be_as_long_as_its_limit_and_not_one_item_more(name):
    most, make, path = COUNTS[name]

    assert faults("view", make(most)) == []
    assert faults("view", make(most + 1)) == [f"{path}: {most + 1:,} items, at most {most:,}"]


def test_a_message_holds_fifty_blocks_and_forty_thousand_characters():
    assert faults("message", {"blocks": [section()] * 50, "text": "x" * 40_000}) == []
    assert faults("message", {"blocks": [section()] * 51}) == ["blocks: 51 items, at most 50"]
    assert faults("message", {"text": "x" * 40_001}) == ["text: 40,001 characters, at most 40,000"]


def test_a_view_of_more_than_250_kilobytes_is_refused():
    view = modal(*[section(text=mrkdwn("\N{SNOWMAN}" * 3000)) for _ in range(30)])

    assert [fault for fault in faults("view", view) if "at most 250 KB" in fault]


BROKEN = {
    "no title": (modal(title=None), "title: required"),
    "mrkdwn in the title": (
        modal(title=mrkdwn()),
        "title.type: 'mrkdwn' is not allowed in a place for plain_text",
    ),
    "no blocks": ({"type": "modal", "title": plain()}, "blocks: required"),
    "an empty list of blocks": (modal(blocks=[]), "blocks: 0 items, at least 1"),
    "blocks that are no list": (modal(blocks="x"), "blocks: not a list"),
    "a block that is no object": (modal("x"), "blocks[0].type: required"),
    "another type of view": (modal(type="dialog"), "type: 'dialog' is not one of modal"),
    "inputs without a submit": (
        modal(question(), submit=None),
        "submit: required, since the view has inputs",
    ),
    "an unknown field of a view": (modal(colour="red"), "colour: unknown field"),
    "a flag that is text": (modal(notify_on_close="yes"), "notify_on_close: not true or false"),
    "an unknown block": (
        modal({"type": "banner"}),
        "blocks[0].type: 'banner' is not allowed in a view",
    ),
    "a block for messages only": (
        modal({"type": "markdown", "text": "x"}),
        "blocks[0].type: 'markdown' is not allowed in a view",
    ),
    "a section without anything": (
        modal({"type": "section"}),
        "blocks[0]: needs text or fields",
    ),
    "an unknown field of a block": (
        modal(section(colour="red")),
        "blocks[0].colour: unknown field",
    ),
    "mrkdwn in a header": (
        modal({"type": "header", "text": mrkdwn()}),
        "blocks[0].text.type: 'mrkdwn' is not allowed in a place for plain_text",
    ),
    "mrkdwn in a label": (
        modal(question(label=mrkdwn())),
        "blocks[0].label.type: 'mrkdwn' is not allowed in a place for plain_text",
    ),
    "mrkdwn on a button": (
        modal(actions(button(text=mrkdwn()))),
        "blocks[0].elements[0].text.type: 'mrkdwn' is not allowed in a place for plain_text",
    ),
    "mrkdwn in the option of a menu": (
        modal(question({"type": "static_select", "options": [option() | {"text": mrkdwn()}]})),
        "blocks[0].element.options[0].text.type: 'mrkdwn' is not allowed in a place for plain_text",
    ),
    "emoji in mrkdwn": (
        modal(section(text=mrkdwn() | {"emoji": True})),
        "blocks[0].text.emoji: not allowed in mrkdwn",
    ),
    "a text without words": (
        modal(section(text={"type": "mrkdwn"})),
        "blocks[0].text.text: required",
    ),
    "a text that is a string": (modal(section(text="x")), "blocks[0].text.type: required"),
    "blanks only": (modal(section(text=mrkdwn("  "))), "blocks[0].text.text: empty"),
    "a button in an input": (
        modal(question(button())),
        "blocks[0].element.type: 'button' is not allowed in an input block",
    ),
    "a text input among actions": (
        modal(actions({"type": "plain_text_input"})),
        "blocks[0].elements[0].type: 'plain_text_input' is not allowed in an actions block",
    ),
    "a text input beside a section": (
        modal(section(accessory={"type": "plain_text_input"})),
        "blocks[0].accessory.type: 'plain_text_input' is not allowed in a section",
    ),
    "a button in a context": (
        modal({"type": "context", "elements": [button()]}),
        "blocks[0].elements[0].type: 'button' is not allowed in a context block",
    ),
    "an unknown element": (
        modal(question({"type": "slider"})),
        "blocks[0].element.type: 'slider' is not allowed in an input block",
    ),
    "an input without an element": (
        modal({"type": "input", "label": plain()}),
        "blocks[0].element: required",
    ),
    "radio buttons without options": (
        modal(question({"type": "radio_buttons"})),
        "blocks[0].element.options: required",
    ),
    "a menu without options": (
        modal(question({"type": "static_select"})),
        "blocks[0].element: needs either options or option_groups",
    ),
    "an option without a value": (
        modal(question(radio(options=[{"text": plain()}]))),
        "blocks[0].element.options[0].value: required",
    ),
    "two options of one value": (
        modal(question(radio(options=[option(), option()]))),
        "blocks[0].element.options: value 'yes' is there more than once",
    ),
    "a first option that is not offered": (
        modal(question(radio(initial_option=option("maybe", "Maybe")))),
        "blocks[0].element.initial_option: not one of the options",
    ),
    "a first option with other words": (
        modal(question(radio(initial_option=option("yes", "Yes!")))),
        "blocks[0].element.initial_option: not one of the options",
    ),
    "first options none of which is offered": (
        modal(
            question(
                {"type": "checkboxes", "options": [option()], "initial_options": [option("n")]}
            )
        ),
        "blocks[0].element.initial_options[0]: not one of the options",
    ),
    "an empty list of first options": (
        modal(question({"type": "checkboxes", "options": [option()], "initial_options": []})),
        "blocks[0].element.initial_options: 0 items, at least 1",
    ),
    "an unknown style": (
        modal(actions(button(style="green"))),
        "blocks[0].elements[0].style: 'green' is not one of primary, danger",
    ),
    "a confirmation without a question": (
        modal(actions(button(confirm={"title": plain(), "confirm": plain(), "deny": plain()}))),
        "blocks[0].elements[0].confirm.text: required",
    ),
    "a date in words": (
        modal(question({"type": "datepicker", "initial_date": "Monday"})),
        "blocks[0].element.initial_date: 'Monday' is not of the form 2026-11-22",
    ),
    "a longer minimum than maximum": (
        modal(question({"type": "plain_text_input", "min_length": 9, "max_length": 5})),
        "blocks[0].element.min_length: more than max_length",
    ),
    "a maximum above Slack's": (
        modal(question({"type": "plain_text_input", "max_length": 3001})),
        "blocks[0].element.max_length: 3,001, at least 1 and at most 3,000",
    ),
    "a number without its kind": (
        modal(question({"type": "number_input"})),
        "blocks[0].element.is_decimal_allowed: required",
    ),
    "a picture from nowhere": (
        modal({"type": "image", "alt_text": "A map"}),
        "blocks[0]: needs either image_url or slack_file",
    ),
    "a picture without words": (
        modal({"type": "image", "image_url": "https://a.example/a"}),
        "blocks[0].alt_text: required",
    ),
    "two blocks of one id": (
        modal(section(block_id="b"), section(block_id="b")),
        "blocks: block_id 'b' is there more than once",
    ),
    "two buttons of one action id": (
        modal(actions(button("go"), button("go"))),
        "blocks[0].elements: action_id 'go' is there more than once",
    ),
    "the cursor in two places": (
        modal(question(radio(focus_on_load=True)), question(radio(focus_on_load=True))),
        "blocks: focus_on_load is set more than once",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_view_that_slack_would_refuse_is_refused(name):
    view, fault = BROKEN[name]

    assert faults("view", view) == [fault]


def test_the_first_option_may_differ_in_what_changes_nothing():
    first = {"text": {**plain("Yes"), "emoji": True}, "value": "yes"}

    assert faults("view", modal(question(radio(initial_option=first)))) == []


def test_the_same_action_id_may_stand_in_two_blocks():
    assert faults("message", {"blocks": [actions(button("read")), actions(button("read"))]}) == []


def test_inputs_that_only_modals_have_are_refused_elsewhere():
    email = question({"type": "email_text_input"})

    assert faults("view", modal(email)) == []
    assert faults("home", {"type": "home", "blocks": [email]}) == [
        "blocks[0].element.type: 'email_text_input' is allowed in modals only"
    ]


@pytest.mark.parametrize(
    ("metadata", "fault"),
    [
        ({"event_payload": {}}, "metadata.event_type: required"),
        ({"event_type": "a"}, "metadata.event_payload: required"),
        ({"event_type": "a", "event_payload": "b"}, "metadata.event_payload: not an object"),
        ({"event_type": "a", "event_payload": {"k": None}}, "metadata.event_payload.k: null"),
        ({"event_type": "a", "event_payload": {}, "key": 1}, "metadata.key: unknown field"),
    ],
)
def test_metadata_is_a_type_and_a_payload(metadata, fault):
    assert faults("message", {"text": "x", "metadata": metadata}) == [fault]


def test_a_payload_is_not_changed_by_being_checked():
    before = deepcopy(WHOLE_MODAL)

    faults("view", WHOLE_MODAL)

    assert before == WHOLE_MODAL


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "text",
                    "blocks",
                    "elements",
                    "element",
                    "options",
                    "accessory",
                    "value",
                    "label",
                    "block_id",
                    "action_id",
                    "initial_option",
                    "metadata",
                    "option_groups",
                ]
            ),
            inner
            | st.sampled_from(["section", "input", "actions", "radio_buttons", "static_select"]),
            max_size=6,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(["view", "message", "home"]),
    blocks=ANY_JSON,
    rest=st.dictionaries(st.sampled_from(["title", "submit", "text", "metadata"]), ANY_JSON),
)
def test_no_payload_whatever_makes_the_checker_stumble(kind, blocks, rest):
    found = faults(kind, {"type": "modal", "blocks": blocks, **rest})

    assert all(isinstance(fault, str) and fault for fault in found)
    assert json.dumps(found)
