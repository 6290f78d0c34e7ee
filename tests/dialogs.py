"""Dialogs in other hands: one that stays open on a second device, pressed, handed in or closed."""

from __future__ import annotations

from typing import Any

from playground import school as pretend
from playground.dialogs import Dialog
from playground.inputs import fill, find_element
from playground.slack_payloads import describe_action
from tests.pretend_school import PretendSchool


def opened(school: PretendSchool, person: str) -> Dialog:
    """The dialog that a person has open, as it is now: kept, it is a second device's."""
    dialog = school.workspace.view_for(person)
    assert dialog is not None, "no dialog is open"
    return dialog


async def press_in(school: PretendSchool, person: str, dialog: Dialog, action: str) -> None:
    """Press a button of a dialog as it was."""
    await school.send(pressed(school, person, dialog, action))


def pressed(school: PretendSchool, person: str, dialog: Dialog, action: str) -> bytes:
    """What Slack sends for a button of a dialog as it was."""
    block, element = find_element(dialog.body["blocks"], action)
    described = describe_action(block["block_id"], element, None, school.workspace.stamp())
    return school.slack._payloads.view_action(person, dialog, described)


async def close(school: PretendSchool, person: str, dialog: Dialog) -> None:
    """Slack tells that a dialog was closed, whatever is open by now."""
    await school.send(school.slack._payloads.view_closed(person, dialog, is_cleared=False))


async def leave(school: PretendSchool, person: str, action: str, **answers: Any) -> None:
    """Fill in the open page, and press a button that leaves it."""
    values = fill(school.dialog(person), answers)
    await school.press_here(person, action, values=values)


async def resumed_on_two_devices(school: PretendSchool, answers: dict[str, str]) -> list[Dialog]:
    """What two devices open from one message "Not sent", before either sees the other's."""
    await school.check(pretend.TEACHER, **answers)
    await school.slack.close_view(pretend.TEACHER)
    await school.settle()
    message = school.message_with(pretend.TEACHER, "walk.resume")
    devices = []
    for _ in range(2):
        payload = school.press_payload(pretend.TEACHER, message, "walk.resume")
        payload["trigger_id"] = school.workspace.dialogs.issue_trigger(pretend.TEACHER)
        await school.send_payload(payload)
        devices.append(opened(school, pretend.TEACHER))
    return devices


def written(school: PretendSchool, person: str) -> dict[str, str]:
    """What the boxes of the open dialog are filled in with already."""
    found = {a: b["element"].get("initial_value") for a, b in school.inputs(person).items()}
    return {action: text for action, text in found.items() if text}
