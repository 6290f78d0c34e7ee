"""What a person fills in: the values that Slack keeps in `view.state.values`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from playground.residents import Json

Values = dict[str, dict[str, Json]]


class ValueForm(NamedTuple):
    """Under which key a kind of element keeps its value, and where its first value stands."""

    key: str
    initial: str
    many: bool = False


FORMS: Mapping[str, ValueForm] = {
    "plain_text_input": ValueForm("value", "initial_value"),
    "email_text_input": ValueForm("value", "initial_value"),
    "url_text_input": ValueForm("value", "initial_value"),
    "number_input": ValueForm("value", "initial_value"),
    "rich_text_input": ValueForm("rich_text_value", "initial_value"),
    "radio_buttons": ValueForm("selected_option", "initial_option"),
    "static_select": ValueForm("selected_option", "initial_option"),
    "external_select": ValueForm("selected_option", "initial_option"),
    "users_select": ValueForm("selected_user", "initial_user"),
    "conversations_select": ValueForm("selected_conversation", "initial_conversation"),
    "channels_select": ValueForm("selected_channel", "initial_channel"),
    "datepicker": ValueForm("selected_date", "initial_date"),
    "timepicker": ValueForm("selected_time", "initial_time"),
    "datetimepicker": ValueForm("selected_date_time", "initial_date_time"),
    "checkboxes": ValueForm("selected_options", "initial_options", many=True),
    "multi_static_select": ValueForm("selected_options", "initial_options", many=True),
    "multi_external_select": ValueForm("selected_options", "initial_options", many=True),
    "multi_users_select": ValueForm("selected_users", "initial_users", many=True),
    "multi_conversations_select": ValueForm(
        "selected_conversations", "initial_conversations", many=True
    ),
    "multi_channels_select": ValueForm("selected_channels", "initial_channels", many=True),
    "file_input": ValueForm("files", "initial_files", many=True),
}


class NoSuchInputError(LookupError):
    """Raised when a test or a page fills in what is not on the view."""


class Input(NamedTuple):
    block: Json
    element: Json

    @property
    def block_id(self) -> str:
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        return str(self.element["action_id"])

    @property
    def is_required(self) -> bool:
        return self.block["type"] == "input" and not self.block.get("optional", False)


def elements_of(block: Json) -> list[Json]:
    """Every element of a block, wherever that kind of block holds them."""
    single = (block.get("element"), block.get("accessory"))
    several = block.get("elements", []) if block["type"] == "actions" else []
    return [element for element in (*single, *several) if element]


def find_inputs(blocks: Sequence[Json]) -> Iterator[Input]:
    """Everything that holds a value, in input, section and actions blocks alike."""
    for block in blocks:
        for element in elements_of(block):
            if element["type"] in FORMS:
                yield Input(block, element)


def initial_values(body: Json) -> Values:
    """The values of a view that nobody has touched."""
    return kept_values(body, {})


def kept_values(body: Json, earlier: Mapping[str, Mapping[str, Json]]) -> Values:
    """The values of a view's present inputs, taken from earlier ones where the ids are the same."""
    values: Values = {}
    for item in find_inputs(body["blocks"]):
        before = earlier.get(item.block_id, {}).get(item.action_id)
        values.setdefault(item.block_id, {})[item.action_id] = _value(item.element, before)
    return values


def fill(view: Json, answers: Mapping[str, Any]) -> Values:
    """State values for answers given plainly by action id.

    An option is named by its value, several by a list; None empties an input. Raises
    NoSuchInputError for an action id that the view lacks, or an option that it does not offer.
    """
    inputs = {item.action_id: item for item in find_inputs(view["blocks"])}
    values: Values = {}
    for action_id, answer in answers.items():
        if action_id not in inputs:
            raise NoSuchInputError(f"{action_id!r} is not one of {sorted(inputs)}")
        item = inputs[action_id]
        values.setdefault(item.block_id, {})[action_id] = value_of(item.element, answer)
    return values


def value_of(element: Json, answer: Any) -> Json:
    """The state value of one element for a plain answer. Raises NoSuchInputError."""
    if element["type"] == "overflow":
        return {"type": "overflow", "selected_option": _offered(element, answer)}
    form = FORMS[element["type"]]
    if "option" not in form.key:
        return {"type": element["type"], form.key: answer}
    if form.many:
        return {"type": element["type"], form.key: [_offered(element, one) for one in answer]}
    chosen = None if answer is None else _offered(element, answer)
    return {"type": element["type"], form.key: chosen}


def plain(entry: Json) -> Any:
    """The plain answer in a state value, as `value_of` takes it."""
    if entry["type"] == "overflow":
        return entry["selected_option"]["value"]
    form = FORMS[entry["type"]]
    value = entry.get(form.key)
    if "option" not in form.key or not value:
        return value
    return [one["value"] for one in value] if form.many else value["value"]


def complaints(body: Json, values: Values) -> dict[str, str]:
    """What Slack says beside each input, before it sends anything, when it is not filled in."""
    found = {}
    for item in find_inputs(body["blocks"]):
        if item.block["type"] == "input":
            complaint = _complaint(item, values[item.block_id][item.action_id])
            if complaint:
                found[item.block_id] = complaint
    return found


def find_element(
    blocks: Sequence[Json], action_id: str, block_id: str | None = None
) -> tuple[Json, Json]:
    """The block and the element with an action id. Raises NoSuchInputError."""
    for block in blocks:
        for element in elements_of(block):
            here = block_id is None or block["block_id"] == block_id
            if here and element.get("action_id") == action_id:
                return block, element
    raise NoSuchInputError(f"{action_id!r} is not there")


def options_of(element: Json) -> list[Json]:
    """Every option of an element, those in groups too."""
    groups = element.get("option_groups") or []
    grouped = [option for group in groups for option in group["options"]]
    return [*(element.get("options") or []), *grouped]


def _offered(element: Json, value: str) -> Json:
    for option in options_of(element):
        if option["value"] == value:
            return option
    offered = [option["value"] for option in options_of(element)]
    raise NoSuchInputError(f"{value!r} is not one of {offered} in {element['action_id']!r}")


def _value(element: Json, before: Mapping[str, Any] | None) -> Json:
    form = FORMS[element["type"]]
    if before is None or before.get("type", element["type"]) != element["type"]:
        first = element.get(form.initial)
        return {"type": element["type"], form.key: first or ([] if form.many else None)}
    return {"type": element["type"], form.key: _still_offered(element, form, before.get(form.key))}


def _still_offered(element: Json, form: ValueForm, value: Any) -> Any:
    if form.many and not value:
        return []
    if "option" not in form.key or "external" in element["type"]:
        return value or None
    offered = {option["value"]: option for option in options_of(element)}
    if form.many:
        return [offered[one["value"]] for one in value if one["value"] in offered]
    return offered.get(value["value"]) if value else None


def _complaint(item: Input, value: Json) -> str | None:
    form = FORMS[item.element["type"]]
    given = value[form.key]
    if not given:
        return "Please complete this required field." if item.is_required else None
    if form.initial != "initial_value" or not isinstance(given, str):
        return None
    return _length_complaint(item.element, len(given))


def _length_complaint(element: Json, length: int) -> str | None:
    most = element.get("max_length", 3000)
    least = element.get("min_length", 0)
    if length > most:
        return f"Please use at most {most} characters."
    if length < least:
        return f"Please use at least {least} characters."
    return None
