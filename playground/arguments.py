"""The arguments of a Web API call, whether they came as a query, a form or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from playground.residents import Json, SlackRefusalError


class Arguments:
    """Arguments by name. What is missing or of the wrong form is refused as Slack refuses it."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = {name: value for name, value in given.items() if value is not None}

    def text(self, name: str) -> str | None:
        """A text, or None when it was not given."""
        value = self.given.get(name)
        return None if value in (None, "") else str(value)

    def required(self, name: str) -> str:
        """A text. Refused with `invalid_arguments` when it is missing."""
        value = self.text(name)
        if value is None:
            raise SlackRefusalError("invalid_arguments", (f"missing required field: {name}",))
        return value

    def flag(self, name: str) -> bool:
        """A yes or no: `true`, `1` and JSON's true are yes."""
        return str(self.given.get(name, "")).lower() in ("true", "1")

    def number(self, name: str, otherwise: int) -> int:
        """A whole number. Refused with `invalid_limit` when it is not one."""
        try:
            return int(self.given.get(name, otherwise))
        except ValueError:
            raise SlackRefusalError("invalid_limit") from None

    def json(self, name: str) -> Any:
        """A list or an object, given as JSON or as text holding JSON."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise SlackRefusalError(f"invalid_{name}_format") from None

    def view(self) -> Json:
        """The view. Refused with `invalid_arguments` when it is not an object."""
        value = self.json("view")
        if not isinstance(value, dict):
            raise SlackRefusalError("invalid_arguments", ("missing required field: view",))
        return value


async def read_arguments(request: Request) -> Arguments:
    """The arguments of a request, its query first. Refused with `invalid_json`, `json_not_object`.

    The token may be among them, as older clients send it.
    """
    given: Json = dict(request.query_params)
    body = await request.body()
    if "json" in request.headers.get("content-type", ""):
        return Arguments({**given, **_read_json(body)})
    return Arguments(
        {**given, **dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))}
    )


def _read_json(body: bytes) -> Json:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        raise SlackRefusalError("invalid_json") from None
    if not isinstance(value, dict):
        raise SlackRefusalError("json_not_object")
    return value
