"""What Slack makes of an app's answer: what a dialog does next, what a command shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from playground.courier import Reply
from playground.dialogs import Dialog
from playground.hooks import post_answer
from playground.residents import Json, SlackRefusalError
from playground.workspace import Workspace

TROUBLE = "We had some trouble connecting. Try again?"


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came of a submit: the app's `response_action`, and the errors beside the inputs.

    `sent` is False when Slack itself held it back; `failure` says what Slack could not use.
    """

    sent: bool
    action: str | None = None
    errors: Mapping[str, str] | None = None
    failure: str | None = None


class _UnusableAnswerError(Exception):
    """Raised when real Slack would show trouble instead of doing what was answered."""


def apply_submission(workspace: Workspace, person: str, dialog: Dialog, reply: Reply) -> Submitted:
    """Do what the app answered to a submit; what Slack cannot use is a fault and shows trouble.

    Nothing is left to do when the person has closed the view, or submitted it twice.
    """
    if dialog.id not in [one.id for one in workspace.dialogs.stack(person)]:
        return Submitted(sent=True)
    try:
        return _apply(workspace, person, dialog, reply)
    except (_UnusableAnswerError, SlackRefusalError) as error:
        failure = _explain(error)
        workspace.note_fault(f"view_submission {dialog.body['callback_id']}: {failure}")
        workspace.notify(person, TROUBLE)
        return Submitted(sent=True, failure=failure)
    finally:
        workspace.touch()


def show_command_answer(
    workspace: Workspace, person: str, channel: str, command: str, reply: Reply
) -> None:
    """Show what a slash command was answered; an answer that cannot be used is a fault."""
    if not reply.text.strip():
        return
    try:
        payload = _parse(reply) if reply.is_json else {"text": reply.text}
        if payload:
            post_answer(workspace, person, channel, payload)
    except (_UnusableAnswerError, SlackRefusalError) as error:
        workspace.note_fault(f"answer to {command}: {_explain(error)}")
        workspace.notify(person, f'{command} failed with the error "dispatch_failed"', channel)


def _apply(workspace: Workspace, person: str, dialog: Dialog, reply: Reply) -> Submitted:
    if reply.failure:
        raise _UnusableAnswerError(reply.failure)
    answer = _parse(reply)
    action = answer.get("response_action")
    if action == "errors":
        return Submitted(sent=True, action=action, errors=_check_errors(dialog, answer))
    if action == "update":
        workspace.dialogs.update(dialog.id, _view_of(answer))
    elif action == "push":
        workspace.dialogs.push(person, _view_of(answer))
    elif action == "clear":
        workspace.dialogs.clear(person)
    elif answer:
        raise _UnusableAnswerError(f"response_action {action!r} is not one that Slack knows")
    else:
        workspace.dialogs.close(person, dialog.id)
    return Submitted(sent=True, action=action)


def _parse(reply: Reply) -> Json:
    if not reply.text.strip():
        return {}
    try:
        answer = json.loads(reply.text)
    except ValueError:
        raise _UnusableAnswerError(f"the answer is not JSON: {reply.text[:80]!r}") from None
    if not isinstance(answer, dict):
        raise _UnusableAnswerError(f"the answer is not an object: {reply.text[:80]!r}")
    return answer


def _view_of(answer: Json) -> Json:
    view = answer.get("view")
    if not isinstance(view, dict):
        raise _UnusableAnswerError("the answer has no view")
    return view


def _check_errors(dialog: Dialog, answer: Json) -> Mapping[str, str]:
    errors = answer.get("errors")
    if not isinstance(errors, dict) or not errors:
        raise _UnusableAnswerError("response_action errors without errors")
    inputs = {b["block_id"] for b in dialog.body["blocks"] if b["type"] == "input"}
    strays = sorted(set(errors) - inputs)
    if strays:
        raise _UnusableAnswerError(f"errors for {strays}, which are no input blocks")
    if not all(isinstance(words, str) and words for words in errors.values()):
        raise _UnusableAnswerError("an error without words")
    return errors


def _explain(error: Exception) -> str:
    if isinstance(error, SlackRefusalError):
        return "; ".join((error.code, *error.messages))
    return str(error)
