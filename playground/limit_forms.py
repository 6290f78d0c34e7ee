"""The grammar in which Slack's limits are written down: forms of objects, checks of fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Check = Callable[[str, Any], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Form:
    """An object's fields, those it must have, and rules over a whole whose fields are sound."""

    fields: Mapping[str, Check]
    required: tuple[str, ...] = ()
    rules: tuple[Check, ...] = ()


def check_form(path: str, value: Any, form: Form) -> Iterator[str]:
    """Every fault of an object: what is missing, what is unknown, what breaks a limit."""
    if not isinstance(value, dict):
        yield f"{path or 'payload'}: not an object"
        return
    found = [*_missing(path, value, form), *_field_faults(path, value, form)]
    yield from found
    if not found:
        for rule in form.rules:
            yield from rule(path, value)


def join(path: str, name: str) -> str:
    """The path of a field within the object at a path."""
    return f"{path}.{name}" if path else name


def string(most: int, least: int = 1) -> Check:
    """A text of so many characters."""

    def check(path: str, value: Any) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{path}: not a string"
        elif len(value) > most:
            yield f"{path}: {len(value):,} characters, at most {most:,}"
        elif len(value.strip()) < least:
            yield f"{path}: empty"

    return check


def flag(path: str, value: Any) -> Iterator[str]:
    """True or false."""
    if not isinstance(value, bool):
        yield f"{path}: not true or false"


def whole(least: int, most: int) -> Check:
    """A whole number within bounds."""

    def check(path: str, value: Any) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield f"{path}: not a whole number"
        elif not least <= value <= most:
            yield f"{path}: {value:,}, at least {least:,} and at most {most:,}"

    return check


def choice(*values: str) -> Check:
    """One of a few words."""

    def check(path: str, value: Any) -> Iterator[str]:
        if value not in values:
            yield f"{path}: {value!r} is not one of {', '.join(values)}"

    return check


def pattern(expression: str, such_as: str) -> Check:
    """A text of a fixed shape, of which an example is given."""

    def check(path: str, value: Any) -> Iterator[str]:
        if not isinstance(value, str) or not re.fullmatch(expression, value):
            yield f"{path}: {value!r} is not of the form {such_as}"

    return check


def listing(item: Check, least: int, most: int) -> Check:
    """A list of so many items, each checked."""

    def check(path: str, value: Any) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path}: not a list"
            return
        if len(value) > most:
            yield f"{path}: {len(value):,} items, at most {most:,}"
        if len(value) < least:
            yield f"{path}: {len(value):,} items, at least {least:,}"
        for place, one in enumerate(value):
            yield from item(f"{path}[{place}]", one)

    return check


def nested(form: Form) -> Check:
    """An object of a form."""

    def check(path: str, value: Any) -> Iterator[str]:
        yield from check_form(path, value, form)

    return check


def by_type(forms: Mapping[str, Form], where: str) -> Check:
    """An object whose form its `type` decides; `where` names what allows only these types."""

    def check(path: str, value: Any) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            yield f"{join(path, 'type')}: required"
        elif kind not in forms:
            yield f"{join(path, 'type')}: {kind!r} is not allowed in {where}"
        else:
            yield from check_form(path, value, forms[kind])

    return check


def anything(_path: str, _value: Any) -> Iterator[str]:
    """A field that is looked at elsewhere, or not limited."""
    return iter(())


def _missing(path: str, value: Mapping[str, Any], form: Form) -> Iterator[str]:
    for name in form.required:
        if value.get(name) is None:
            yield f"{join(path, name)}: required"


def _field_faults(path: str, value: Mapping[str, Any], form: Form) -> Iterator[str]:
    for name, part in value.items():
        if name not in form.fields:
            yield f"{join(path, str(name))}: unknown field"
        elif part is not None:
            yield from form.fields[name](join(path, name), part)
