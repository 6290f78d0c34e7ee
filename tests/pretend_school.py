"""What a test can do in a pretend school, and see of it: people's deeds, messages, cases, rows."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import select, update

from bot import app as composition
from bot.case import Case
from bot.settings import Settings
from playground import school as pretend
from playground.answers import Submitted
from playground.dialogs import Dialog
from playground.inputs import fill, find_element
from playground.residents import Message
from playground.slack_client import SlackClient
from playground.slack_payloads import describe_action, encode_form
from playground.workspace import Workspace
from storage.outbox import OutboxRow
from storage.tables import cases, outbox

REASONS = {
    "reason": "Seen twice this week",
    "recipient": "Front door, duty social worker",
    "not_safe": "It could make things worse at home",
    "advised": "Deputy DSL",
    "override_reason": "They could be hurt if nobody knew",
}
KEPT = ("cases", "case_keys", "ledger", "ledger_heads", "outbox")


@dataclass
class PretendSchool:
    """The bot and its workspace; every deed goes over HTTP, and every answer comes back by it."""

    app: composition.Sharecheck
    slack: SlackClient
    settings: Settings
    folder: Path

    @property
    def workspace(self) -> Workspace:
        return self.slack.workspace

    @property
    def database(self) -> Path:
        return Path(self.settings.database_url.removeprefix("sqlite:///"))

    # What people do

    async def run(self, person: str, text: str = "") -> Any:
        """Type `/sharecheck`, and let the bot do what follows."""
        answer = await self.slack.slash_command(person, pretend.STAFFROOM, "/sharecheck", text)
        await self.app.slack.edge.finish()
        return answer

    async def walk(self, person: str, pages: list[dict[str, str]]) -> None:
        """Run `/sharecheck` and answer page after page."""
        await self.run(person)
        for answers in pages:
            sent = await self.slack.answer(person, **answers)
            assert sent.sent and not sent.errors, sent

    async def answer(
        self, person: str, answers: Mapping[str, str], ticked: tuple[str, ...] = ("nobody",)
    ) -> None:
        """Answer whatever the open dialog asks, page after page, until it asks no more."""
        while (page := self.dialog(person))["callback_id"] in {"walk.page", "walk.people"}:
            asked = self.inputs(person)
            given = {q: ticked if q == "people" else answers[q] for q in asked}
            sent = await self.slack.answer(person, **given)
            assert sent.sent and not sent.errors, sent
            assert self.dialog(person)["hash"] != page["hash"]

    async def check(
        self, person: str, ticked: tuple[str, ...] = ("nobody",), **answers: str
    ) -> None:
        """Run `/sharecheck` and answer what it asks, up to the last page."""
        await self.run(person)
        await self.answer(person, answers, ticked)

    async def record(self, person: str, pages: list[dict[str, str]], **texts: Any) -> Case:
        """A whole check, written and told."""
        await self.check(person, **{q: a for page in pages for q, a in page.items()})
        return await self.finish(person, **texts)

    async def finish(self, person: str, **texts: Any) -> Case:
        """Hand in the last page with what it wants, and see it told; gives the newest case."""
        if self.dialog(person)["callback_id"] == "walk.outcome":
            asked = self.inputs(person)
            given = {field: text for field, text in REASONS.items() if field in asked}
            given |= {"course": "followed"} if "course" in asked else {}
            sent = await self.slack.answer(person, **(given | texts))
            assert sent.sent and not sent.errors, sent
        await self.settle()
        return (await self.cases())[-1]

    async def press(self, person: str, action: str, case: Case | None = None) -> None:
        """Press a button of the newest message that has it, and let the bot do what follows."""
        message = self.message_with(person, action, case)
        await self.slack.press(person, action, message=message)
        await self.settle()

    async def press_here(self, person: str, action: str, **more: Any) -> None:
        """Press a button of the open dialog."""
        await self.slack.press(person, action, **more)
        await self.settle()

    async def submit(self, person: str, **values: Any) -> Submitted:
        """Fill in the open form and hand it in."""
        sent = await self.slack.answer(person, **values)
        await self.settle()
        return sent

    async def hand_in(self, person: str, dialog: Dialog, **values: Any) -> Any:
        """Send a dialog to the bot as it was, open or not, and give the bot's bare answer."""
        filled = Dialog(dialog.body, dialog.values | fill(dialog.body, values))
        return await self.send(self.slack._payloads.view_submission(person, filled))

    def press_payload(self, person: str, message: Message, action: str) -> dict[str, Any]:
        """What Slack would send for a button of a message, to be tampered with."""
        block, element = find_element(message.blocks, action)
        pressed = describe_action(block["block_id"], element, None, self.workspace.stamp())
        url = f"{self.settings.slack_api_url}no-such-hook"
        return payload_of(self.slack._payloads.message_action(person, message, pressed, {}, url))

    def submit_payload(self, person: str, **values: Any) -> dict[str, Any]:
        """What Slack would send for the open dialog, filled in, to be tampered with."""
        opened = self.workspace.view_for(person)
        assert opened is not None, "no dialog is open"
        filled = Dialog(opened.body, opened.values | fill(opened.body, values))
        return payload_of(self.slack._payloads.view_submission(person, filled))

    async def send_payload(self, payload: dict[str, Any]) -> Any:
        """Send the bot an interaction, signed."""
        return await self.send(encode_form({"payload": json.dumps(payload)}))

    async def send(self, body: bytes) -> Any:
        """Send the bot a signed request as Slack would; gives what it answers, as JSON."""
        reply = await self.slack.carrier.send(body)
        assert reply.status == HTTPStatus.OK, reply
        await self.settle()
        return json.loads(reply.text) if reply.text else {}

    async def do(self, person: str, action: str, /, **values: Any) -> Submitted:
        """Press the newest button of that name, fill in its form and hand it in."""
        await self.press(person, action)
        sent = await self.submit(person, **values)
        assert sent.sent and not sent.errors, sent
        return sent

    # What people see

    def dialog(self, person: str) -> dict[str, Any]:
        """The dialog that a person has open, as Slack's view."""
        dialog = self.workspace.view_for(person)
        assert dialog is not None, "no dialog is open"
        return dialog.body

    def has_dialog(self, person: str) -> bool:
        return self.workspace.view_for(person) is not None

    def title(self, person: str) -> str:
        return str(self.dialog(person)["title"]["text"])

    def page(self, person: str) -> str:
        """Everything that the open dialog says."""
        return words_of(self.dialog(person))

    def inputs(self, person: str) -> dict[str, dict[str, Any]]:
        """The inputs of the open dialog: their blocks by action id."""
        blocks = self.dialog(person)["blocks"]
        return {b["element"]["action_id"]: b for b in blocks if b["type"] == "input"}

    def chosen(self, person: str) -> dict[str, str]:
        """The options that are filled in already in the open dialog."""
        found = {a: b["element"].get("initial_option") for a, b in self.inputs(person).items()}
        return {action: option["value"] for action, option in found.items() if option}

    def buttons(self, person: str) -> set[str]:
        """The buttons of the open dialog."""
        return buttons_of(self.dialog(person)["blocks"])

    def messages(self, person: str) -> list[Message]:
        """Everything in sight of a person, oldest first."""
        channels = self.workspace.channels_of(person)
        seen = [m for c in channels for m in self.workspace.messages_for(person, c.id)]
        return sorted(seen, key=lambda message: message.ts)

    def message_with(self, person: str, action: str, case: Case | None = None) -> Message:
        """The newest message in sight of a person that has a button (of this case)."""
        found = [m for m in self.messages(person) if action in buttons_of(m.blocks, case)]
        assert found, f"{person} sees no button {action}"
        return found[-1]

    def sees(self, person: str, action: str, case: Case | None = None) -> bool:
        return any(action in buttons_of(m.blocks, case) for m in self.messages(person))

    def told(self, person: str) -> list[str]:
        """What the bot wrote to a person one to one, oldest first, as words."""
        direct = self.workspace.direct_from_app(person)
        return [words_of(m.blocks) for m in self.workspace.messages_for(person, direct.id)]

    def posted(self, channel: str) -> list[str]:
        """What stands in a channel, threads included, oldest first, as words."""
        return [words_of(m.blocks) for m in self.workspace.messages[channel]]

    def whispered(self, person: str) -> str:
        """The newest thing that a person alone was shown in a channel."""
        own = [m for m in self.messages(person) if m.ephemeral_to == person]
        assert own, f"{person} was shown nothing"
        return words_of(own[-1].blocks)

    def posted_keys(self) -> list[str]:
        """The key that each message of the bot carries, in the order they came."""
        everything = [m for there in self.workspace.messages.values() for m in there]
        carried = [m.metadata for m in sorted(everything, key=lambda m: m.ts) if m.metadata]
        return [str(metadata["event_payload"]["key"]) for metadata in carried]

    # What follows

    async def settle(self) -> None:
        """Until what was begun after an acknowledgement is done and nothing is left to send."""
        for _ in range(20):
            await self.app.slack.edge.finish()
            if not await self.app.courier.drain():
                return

    async def let_rest_pass(self) -> None:
        """As if the time had passed that messages rest before they are tried again."""
        await self.write(
            lambda unit: unit._connection.execute(update(outbox).values(not_before=None))
        )

    async def settle_in_time(self, tries: int = 10) -> None:
        """Settle, letting each pause before another try pass at once."""
        for _ in range(tries):
            await self.settle()
            await self.let_rest_pass()

    async def until(self, holds: Callable[[], bool], seconds: float = 5) -> None:
        """Wait for the worker that runs by itself."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it did not come about"
            await asyncio.sleep(0.01)

    # What is remembered

    async def read(self, work: Any) -> Any:
        return await self.app.desk.store.read(work)

    async def write(self, work: Any) -> Any:
        return await self.app.desk.store.write(work)

    async def cases(self) -> list[Case]:
        """Every case of the school, oldest first."""

        def look(unit: Any) -> list[Case]:
            rows = unit._connection.execute(select(cases.c.id).order_by(cases.c.created_at))
            return [unit.load(row.id) for row in rows]

        found: list[Case] = await self.read(look)
        return found

    async def case(self, case: Case | None = None) -> Case:
        """A case as it is now: the one given, or the only one."""
        if case is None:
            (case,) = await self.cases()
        found: Case = await self.read(lambda unit: unit.load(case.id))
        return found

    async def happened(self, case: Case) -> list[str]:
        """What the ledger says happened to a case, in its own words, oldest first."""
        return [event.kind.value for event in await self.read(lambda unit: unit.history(case))]

    async def outbox(self, **wanted: Any) -> list[OutboxRow]:
        """The messages to be, and those that were, with these values."""

        def look(unit: Any) -> list[OutboxRow]:
            return list(unit._rows(outbox.c.key.is_not(None), None))

        rows: list[OutboxRow] = await self.read(look)
        return [r for r in rows if all(getattr(r, n) == v for n, v in wanted.items())]

    def remembered(self) -> str:
        """Every row of the database that a person's deed may change, read past the program."""
        with contextlib.closing(sqlite3.connect(self.database)) as look:
            return "\n".join(repr(look.execute(f"SELECT * FROM {t}").fetchall()) for t in KEPT)  # noqa: S608


def payload_of(body: bytes) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(dict(parse_qsl(body.decode()))["payload"])
    return payload


def references(logged: list[Any]) -> list[str]:
    """What the log lines have in common with what people were shown, in order."""
    return [line["reference"] for line in logged if "reference" in line]


def words_of(block: Any) -> str:
    """All the text in a piece of Block Kit, a line each."""
    if isinstance(block, dict):
        own = [block["text"]] if isinstance(block.get("text"), str) else []
        return "\n".join(own + [w for v in block.values() if (w := words_of(v))])
    if isinstance(block, (list, tuple)):
        return "\n".join(w for part in block if (w := words_of(part)))
    return ""


def buttons_of(blocks: Any, case: Case | None = None) -> set[str]:
    """The buttons in a piece of Block Kit (whose value is this case)."""
    found = _elements(list(blocks))
    return {b["action_id"] for b in found if case is None or b.get("value") == case.id}


def _elements(part: Any) -> list[dict[str, Any]]:
    if isinstance(part, dict):
        own = [part] if part.get("type") == "button" else []
        return own + [e for value in part.values() for e in _elements(value)]
    return [e for one in part for e in _elements(one)] if isinstance(part, (list, tuple)) else []
