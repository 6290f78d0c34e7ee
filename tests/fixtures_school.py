"""A whole pretend school in a test: the bot, its database, and Slack, over signed HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import app as composition
from bot.cards import Renderer
from bot.case import Case
from bot.demo import MANIFEST, SECRET, pretend_settings
from bot.settings import Settings
from playground import school as pretend
from playground.residents import Message
from playground.server import build
from playground.slack_client import SlackClient
from playground.workspace import Workspace
from storage import migrate
from storage.vault import Vault
from tests.quick_server import served

CLEAR_SHARE = [
    {"danger": "no", "adult": "none"},
    {"trigger": "professional", "identifiable": "yes"},
    {"purpose": "harm"},
    {"openness": "told"},
    {"agreement": "agreed"},
    {"advice": "confident"},
    {"identity_risk": "none"},
    {"role": "statutory", "verified": "yes", "content": "minimal"},
]
UNCERTAIN = [
    *CLEAR_SHARE[:3],
    {"openness": "unsure"},
    *CLEAR_SHARE[4:7],
    {"role": "safeguarding", "verified": "yes", "content": "minimal"},
]
REASONS = {"reason": "Seen twice this week", "recipient": "Front door, duty social worker"}


@dataclass
class PretendSchool:
    """The bot and its workspace; every deed goes over HTTP, and every answer comes back by it."""

    app: composition.Sharecheck
    slack: SlackClient
    settings: Settings

    @property
    def workspace(self) -> Workspace:
        return self.slack.workspace

    async def settle(self) -> None:
        """Until what was begun after an acknowledgement is done and nothing is left to send."""
        for _ in range(20):
            await self.app.edge.finish()
            if not await self.app.courier.drain():
                return

    async def run(self, person: str, text: str = "") -> Any:
        answer = await self.slack.slash_command(person, pretend.STAFFROOM, "/sharecheck", text)
        await self.app.edge.finish()
        return answer

    async def walk(self, person: str, pages: list[dict[str, str]]) -> None:
        """Run `/sharecheck` and answer page after page."""
        await self.run(person)
        for answers in pages:
            sent = await self.slack.answer(person, **answers)
            assert sent.sent, sent

    async def record(self, person: str, pages: list[dict[str, str]], **texts: Any) -> Case:
        """A whole check, written and told."""
        await self.walk(person, pages)
        asked = {block["block_id"] for block in self.dialog(person)["blocks"]}
        given = (REASONS if "f.reason" in asked else {}) | texts
        given |= {"course": "followed"} if "f.course" in asked and "course" not in texts else {}
        sent = await self.slack.answer(person, **given)
        assert sent.sent and not sent.errors, sent
        await self.settle()
        return (await self.cases())[-1]

    async def press(self, person: str, action: str) -> None:
        """Press a button of the newest message that has it, and let the bot do what follows."""
        await self.slack.press(person, action, message=self.message_with(person, action))
        await self.settle()

    async def press_here(self, person: str, action: str, **more: Any) -> None:
        """Press a button of the open dialog."""
        await self.slack.press(person, action, **more)
        await self.settle()

    def message_with(self, person: str, action: str) -> Message:
        """The newest message in sight of a person that has a button."""
        found = [
            message
            for channel in self.workspace.channels_of(person)
            for message in self.workspace.messages_for(person, channel.id)
            if f'"action_id": "{action}"' in json.dumps(message.blocks)
        ]
        assert found, f"{person} sees no button {action}"
        return max(found, key=lambda message: message.ts)

    def told(self, person: str) -> list[str]:
        """What the bot wrote to a person one to one, oldest first, as JSON."""
        direct = self.workspace.direct_from_app(person)
        return [json.dumps(m.blocks) for m in self.workspace.messages_for(person, direct.id)]

    async def submit(self, person: str, **values: Any) -> Any:
        """Fill in the open form and hand it in."""
        sent = await self.slack.answer(person, **values)
        await self.settle()
        return sent

    async def cases(self) -> list[Case]:
        """Every case of the school, oldest first."""

        def look(unit: Any) -> list[Case]:
            from sqlalchemy import select

            from storage.tables import cases

            rows = unit._connection.execute(select(cases.c.id).order_by(cases.c.created_at))
            return [unit.load(row.id) for row in rows]

        return await self.app.desk.store.read(look)

    def dialog(self, person: str) -> dict[str, Any]:
        """The dialog that a person has open, as Slack's view."""
        dialog = self.workspace.view_for(person)
        assert dialog is not None, "no dialog is open"
        return dialog.body

    def title(self, person: str) -> str:
        return str(self.dialog(person)["title"]["text"])

    async def until(self, holds: Callable[[], Any], seconds: float = 5) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it did not come about"
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def open_pretend_school(folder: Path, **changes: Any) -> AsyncIterator[PretendSchool]:
    """A school whose data lie in `folder`; opened again there, it goes on where it was.

    `changes` go over the settings; `deliver=True` lets the worker run by itself, `clock` pushes
    time, `workspace` is a Slack that is there already.
    """
    how = {k: changes.pop(k) for k in ("deliver", "clock") if k in changes}
    workspace = changes.pop("workspace", None) or pretend.open_school(manifest=MANIFEST)
    page = build(workspace, "", SECRET)
    async with served(page) as address:
        settings = pretend_settings(folder, address).model_copy(update=changes)
        prepare(settings)
        async with (
            with_warm_renderer(),
            composition.running(settings, **({"deliver": False} | how)) as app,
            served(app.asgi) as bot,
        ):
            page.state.client.courier.app_url = f"{bot}/slack/events"
            yield PretendSchool(app, page.state.client, settings)


def prepare(settings: Settings) -> None:
    """The database and the keys, unless they are there already."""
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(migrated_database())
    Vault.create(settings.keys_dir, [s.id for s in settings.schools])


@functools.cache
def migrated_database() -> bytes:
    """An empty SQLite database as the migrations make it; they run once for all tests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.db"
        migrate.upgrade(f"sqlite:///{file}")
        return file.read_bytes()


@functools.cache
def warm_renderer() -> Renderer:
    """The product's renderer with the product's templates, compiled once for all tests."""
    renderer = Renderer()
    renderer.warm()
    return renderer


@contextlib.asynccontextmanager
async def with_warm_renderer() -> AsyncIterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(composition, "Renderer", warm_renderer)
        yield


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[PretendSchool]:
    """A school whose pretend Slack must have refused nothing by the end of the test."""
    async with open_pretend_school(tmp_path) as opened:
        yield opened
        assert opened.workspace.faults == []
