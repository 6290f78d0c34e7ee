"""People's hands in a pretend workspace: each gesture becomes the request that Slack sends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

from playground.answers import TROUBLE, Submitted, apply_submission, show_command_answer
from playground.courier import Carrier, Courier, Reply
from playground.dialogs import Dialog
from playground.hooks import Hooks
from playground.inputs import FORMS, Values, complaints, fill, find_element, kept_values, value_of
from playground.residents import (
    ChannelKind,
    Json,
    Message,
    ShortcutKind,
    SlackRefusalError,
)
from playground.shapes import describe_event
from playground.slack_payloads import Payloads, describe_action
from playground.typing_in import write_down
from playground.workspace import Workspace

RETRY_DELAYS = (0.0, 60.0, 300.0)
READ_ONLY = "Sending messages to this app has been turned off."


class _Press(NamedTuple):
    action_id: str
    block_id: str | None
    answer: Any
    values: Values | None


class SlackClient:
    """What people do in the workspace, and what Slack sends to the app because of it.

    `app_url` is the app's address; `base_url` gives this workspace's own, for response URLs.
    Use it as an async context manager, or `close()` it.
    """

    def __init__(
        self,
        workspace: Workspace,
        app_url: str,
        signing_secret: str,
        *,
        base_url: Callable[[], str] = lambda: "http://127.0.0.1",
        retry_delays: Sequence[float] = RETRY_DELAYS,
    ) -> None:
        self.workspace = workspace
        self.courier = Courier(app_url, signing_secret)
        self.hooks = Hooks(workspace)
        self.retry_delays = tuple(retry_delays)
        self._base_url = base_url
        self._payloads = Payloads(workspace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def carrier(self) -> Carrier:
        """The way to the app: with Socket Mode on, Slack sends nothing to addresses."""
        return self.workspace.sockets if self.workspace.app.uses_sockets else self.courier

    async def close(self) -> None:
        """Close the connections to the app."""
        await self.courier.close()

    # Commands and messages

    async def slash_command(self, person: str, channel: str, command: str, text: str = "") -> Reply:
        """Type a slash command in a channel; an answer in text or JSON shows there.

        Refused with `channel_not_found`, or `unknown_command` when no app has it.
        """
        seen = self.workspace.channel_seen_by(channel, person)
        if not self.workspace.app.answers_to(command):
            self.workspace.notify(person, f"{command} is not a valid command.", channel)
            raise SlackRefusalError("unknown_command")
        url = self._base_url() + self.hooks.issue(person, channel)
        body = self._payloads.slash_command(person, seen, command, text, url)
        reply = await self.carrier.send(body)
        if reply.failure:
            self.workspace.note_fault(f"{command}: {reply.failure}")
            words = f'{command} failed with the error "{reply.failure}"'
            self.workspace.notify(person, words, channel)
            return reply
        show_command_answer(self.workspace, person, channel, command, reply)
        return reply

    async def shortcut(self, person: str, callback_id: str) -> Reply:
        """Use one of the app's global shortcuts. Refused with `unknown_shortcut`."""
        self._refuse_unknown(callback_id, ShortcutKind.GLOBAL)
        reply = await self.carrier.send(self._payloads.shortcut(person, callback_id))
        return self._note_failure(person, f"shortcut {callback_id}", reply)

    async def message_shortcut(self, person: str, message: Message, callback_id: str) -> Reply:
        """Use one of the app's shortcuts in the menu of a message.

        Refused with `unknown_shortcut`, or `message_not_found` for what has no such menu: messages
        that the person does not see, that only they see, or that are gone.
        """
        self._refuse_unknown(callback_id, ShortcutKind.MESSAGE)
        self.workspace.find_message_seen_by(person, message.channel, message.ts)
        shown = self.workspace.find_posted(message.channel, message.ts)
        url = self._base_url() + self.hooks.issue(person, shown.channel)
        body = self._payloads.message_shortcut(person, shown, callback_id, url)
        reply = await self.carrier.send(body)
        return self._note_failure(person, f"shortcut {callback_id}", reply)

    async def say(
        self, person: str, channel: str, text: str, thread_ts: str | None = None
    ) -> Message:
        """Type a message; the app hears of it where it is mentioned, or in its own conversation.

        Refused with `not_in_channel`, `read_only` where the app takes no messages, or
        `not_supported_in_threads` for a slash command.
        """
        place = self.workspace.channel_seen_by(channel, person)
        if text.startswith("/"):
            command = text.split(maxsplit=1)[0]
            words = f"{command} is not supported in threads. Sorry!"
            self.workspace.notify(person, words, channel)
            raise SlackRefusalError("not_supported_in_threads")
        if self.workspace.is_read_only(place):
            self.workspace.notify(person, READ_ONLY, channel)
            raise SlackRefusalError("read_only")
        if person not in place.members:
            raise SlackRefusalError("not_in_channel")
        message = self.workspace.say(
            person, channel, write_down(self.workspace, text), thread_ts=thread_ts
        )
        await self._tell_of(message)
        return message

    # Dialogs

    async def submit_view(
        self, person: str, values: Values | None = None, view_id: str | None = None
    ) -> Submitted:
        """Submit the view on top, with values (see `fill`) laid over those kept so far."""
        dialog = self._dialog(person, view_id)
        dialog = self._keep(dialog, values or {})
        held_back = complaints(dialog.body, dialog.values)
        if held_back:
            return Submitted(sent=False, errors=held_back)
        reply = await self.carrier.send(self._payloads.view_submission(person, dialog))
        return apply_submission(self.workspace, person, dialog, reply)

    async def answer(self, person: str, /, **answers: Any) -> Submitted:
        """Fill in the view on top, plainly by action id, and submit it."""
        return await self.submit_view(person, fill(self._dialog(person).body, answers))

    async def close_view(self, person: str, view_id: str | None = None) -> Reply | None:
        """Close the view on top; the app hears of it where `notify_on_close` asks for that."""
        dialog = self._dialog(person, view_id)
        is_cleared = bool(dialog.body["clear_on_close"])
        if is_cleared:
            self.workspace.dialogs.clear(person)
        else:
            self.workspace.dialogs.close(person, dialog.id)
        self.workspace.touch()
        if not dialog.body["notify_on_close"]:
            return None
        body = self._payloads.view_closed(person, dialog, is_cleared=is_cleared)
        return self._note_failure(person, "view_closed", await self.carrier.send(body))

    # Presses

    async def press(
        self,
        person: str,
        action_id: str,
        *,
        message: Message | None = None,
        block_id: str | None = None,
        answer: Any = None,
        values: Values | None = None,
    ) -> Reply:
        """Press a button, or pick an `answer`, on a message or else in the view on top.

        `values` are what stands in the inputs by then. Raises NoSuchInputError when the
        element is not there.
        """
        if message is not None:
            return await self._press_message(
                person, message, _Press(action_id, block_id, answer, values)
            )
        dialog = self._dialog(person)
        block, element = find_element(dialog.body["blocks"], action_id, block_id)
        picked = _pick(element, answer)
        dialog = self._keep(dialog, _lay_over(values or {}, block, element, picked))
        action = describe_action(block["block_id"], element, picked, self.workspace.stamp())
        body = self._payloads.view_action(person, dialog, action)
        return self._note_failure(person, f"press {action_id}", await self.carrier.send(body))

    async def press_home(
        self, person: str, action_id: str, answer: Any = None, *, block_id: str | None = None
    ) -> Reply:
        """Press a button, or pick an answer, on the app's home page."""
        home = self.workspace.homes[person]
        block, element = find_element(home.body["blocks"], action_id, block_id)
        picked = _pick(element, answer)
        action = describe_action(block["block_id"], element, picked, self.workspace.stamp())
        body = self._payloads.view_action(person, home, action)
        return self._note_failure(person, f"press {action_id}", await self.carrier.send(body))

    # Events

    async def event(self, event: Json) -> Reply | None:
        """Tell the app of an event, three times more if need be; None when not subscribed to."""
        if not self.workspace.app.hears(event["type"]):
            return None
        reply = await self.carrier.send_event(self._payloads.event(event), self.retry_delays)
        if reply.failure:
            self.workspace.note_fault(f"event {event['type']}: {reply.failure}")
        return reply

    async def open_home(self, person: str) -> Reply | None:
        """Open the app's home page. Refused with `home_tab_disabled` where the app has none."""
        if not self.workspace.app.has_home:
            raise SlackRefusalError("home_tab_disabled")
        direct = self.workspace.direct(person, self.workspace.app.user_id)
        event: Json = {"type": "app_home_opened", "user": person, "channel": direct.id}
        if person in self.workspace.homes:
            event["view"] = self.workspace.homes[person].as_payload()
        return await self.event({**event, "tab": "home"})

    # Parts

    async def _tell_of(self, message: Message) -> None:
        """In its own conversation a message is never a mention, whatever it says."""
        event = describe_event(self.workspace, message)
        channel = self.workspace.channels[message.channel]
        app_user = self.workspace.app.user_id
        if app_user not in channel.members:
            return
        if channel.kind is ChannelKind.DIRECT:
            await self.event({"type": "message", "channel_type": "im", **event})
        elif f"<@{app_user}>" in message.text:
            await self.event({"type": "app_mention", **event})

    def _refuse_unknown(self, callback_id: str, kind: ShortcutKind) -> None:
        if not self.workspace.app.offers(callback_id, kind):
            raise SlackRefusalError("unknown_shortcut")

    def _dialog(self, person: str, view_id: str | None = None) -> Dialog:
        top = self.workspace.dialogs.top(person)
        if top is None or view_id not in (None, top.id):
            raise SlackRefusalError("view_not_found")
        return top

    def _keep(self, dialog: Dialog, values: Values) -> Dialog:
        kept = self.workspace.dialogs.keep_values(dialog.id, values)
        self.workspace.touch()
        return kept

    async def _press_message(self, person: str, message: Message, press: _Press) -> Reply:
        shown = self.workspace.find_message_seen_by(person, message.channel, message.ts)
        block, element = find_element(shown.blocks, press.action_id, press.block_id)
        picked = _pick(element, press.answer)
        laid = _lay_over(press.values or {}, block, element, picked)
        kept = kept_values({"blocks": shown.blocks}, laid)
        action = describe_action(block["block_id"], element, picked, self.workspace.stamp())
        url = self._base_url() + self.hooks.issue(person, shown.channel, shown.ts)
        body = self._payloads.message_action(person, shown, action, kept, url)
        reply = await self.carrier.send(body)
        return self._note_failure(person, f"press {press.action_id}", reply)

    def _note_failure(self, person: str, what: str, reply: Reply) -> Reply:
        if reply.failure:
            self.workspace.note_fault(f"{what}: {reply.failure}")
            self.workspace.notify(person, TROUBLE)
        return reply


def _pick(element: Json, answer: Any) -> Json | None:
    if element["type"] in FORMS or element["type"] == "overflow":
        return value_of(element, answer)
    return None


def _lay_over(values: Values, block: Json, element: Json, picked: Json | None) -> Values:
    if picked is None or element["type"] not in FORMS:
        return values
    block_id, action_id = block["block_id"], element["action_id"]
    return {**values, block_id: {**values.get(block_id, {}), action_id: picked}}
