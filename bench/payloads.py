"""What Slack sends in the bench: a command, and dialogs filled in as their own blocks ask."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from bench.installation import CHANNEL, TEAM

View = Mapping[str, Any]

ANSWERS: Mapping[str, str] = {
    "danger": "no",
    "adult": "none",
    "trigger": "professional",
    "identifiable": "yes",
    "purpose": "harm",
    "openness": "unsure",
    "agreement": "agreed",
    "advice": "confident",
    "identity_risk": "none",
    "role": "safeguarding",
    "verified": "yes",
    "content": "minimal",
    "reason": "Seen twice this week",
    "recipient": "Early help team, family worker",
    "filed_at": "Safeguarding system, file 118",
}
"""A whole walk through all the pages that ends with the DSL being asked."""


def make_command(person: str, trigger: str) -> bytes:
    """`/sharecheck`, typed by somebody, as a form."""
    return urlencode(
        {
            "token": "bench",
            "team_id": TEAM,
            "team_domain": "bench",
            "channel_id": CHANNEL,
            "channel_name": "staffroom",
            "user_id": person,
            "user_name": "teacher",
            "command": "/sharecheck",
            "text": "",
            "api_app_id": "A0BENCH",
            "is_enterprise_install": "false",
            "response_url": "https://bench.invalid/commands/1",
            "trigger_id": trigger,
        }
    ).encode()


def make_submission(person: str, view: View) -> bytes:
    """An open dialog with every box and choice filled in from `ANSWERS`, handed in as a form."""
    payload = {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "bench"},
        "user": {"id": person, "username": "teacher", "name": "teacher", "team_id": TEAM},
        "api_app_id": "A0BENCH",
        "token": "bench",
        "trigger_id": "1.2.submitted",
        "view": {
            **view,
            "id": "V0BENCH",
            "team_id": TEAM,
            "hash": "1.bench",
            "root_view_id": "V0BENCH",
            "app_id": "A0BENCH",
            "bot_id": "B0BENCH",
            "state": {"values": _fill_in(view)},
        },
        "response_urls": [],
        "is_enterprise_install": False,
        "enterprise": None,
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def _fill_in(view: View) -> dict[str, Any]:
    asked = (block for block in view["blocks"] if block["type"] == "input")
    return {
        block["block_id"]: {block["element"]["action_id"]: _given(block["element"])}
        for block in asked
    }


def _given(element: Mapping[str, Any]) -> dict[str, Any]:
    answer = ANSWERS.get(element["action_id"])
    if element["type"] == "plain_text_input":
        return {"type": "plain_text_input", "value": answer}
    chosen = next(one for one in element["options"] if one["value"] == answer)
    return {"type": element["type"], "selected_option": chosen}
