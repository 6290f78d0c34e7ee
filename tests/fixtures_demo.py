"""The demo in a test: a pretend school with a stage behind its page, and the page's own routes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.demo import MANIFEST, on_show
from bot.demo_clock import PretendClock
from bot.demo_stage import Stage
from bot.demo_switches import Trouble
from playground import school as pretend
from tests.fixtures_school import open_pretend_school
from tests.pretend_school import PretendSchool


@dataclass
class Demo:
    """A school and its stage; `address` is the page's."""

    school: PretendSchool
    stage: Stage
    address: str
    session: aiohttp.ClientSession

    @property
    def clock(self) -> PretendClock:
        return self.stage.clock

    async def do(self, deed: str, choice: str = "") -> str:
        """A deed of the page over its own route; gives the sentence that it is answered."""
        status, answer = await self.post({"deed": deed, "choice": choice})
        assert status == 200, answer
        return str(answer["said"])

    async def post(self, body: Any, **more: Any) -> tuple[int, dict[str, Any]]:
        url = f"{self.address}/play/backstage"
        async with self.session.post(url, json=body, **more) as answer:
            return answer.status, await answer.json()

    async def panel(self) -> dict[str, Any]:
        async with self.session.get(f"{self.address}/play/panel") as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def controls(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.panel())["controls"]
        return found

    async def until(self, holds: Callable[[dict[str, Any]], bool], seconds: float = 10) -> None:
        """Wait until the controls are so, by themselves."""
        end = time.monotonic() + seconds
        while not holds(await self.controls()):
            assert time.monotonic() < end, "it did not come about"
            await asyncio.sleep(0.02)

    async def faults(self) -> set[str]:
        """What the product's own check finds wrong, by its own names."""
        report = await self.school.read(lambda unit: unit.verify())
        return {fault.what for fault in report.faults}


@contextlib.asynccontextmanager
async def open_demo(
    folder: Path,
    *,
    deliver: bool = False,
    clock: PretendClock | None = None,
    limits: Mapping[Trouble, timedelta] | None = None,
) -> AsyncIterator[Demo]:
    """The demo as `run_demo` puts it together, with the worker only where a test wants it."""
    stage = Stage(clock or PretendClock(), limits)
    workspace = pretend.open_school(manifest=MANIFEST, now=stage.clock.seconds)
    async with (
        open_pretend_school(
            folder, deliver=deliver, clock=stage.clock, workspace=workspace, backstage=stage
        ) as school,
        on_show(stage, school.app, workspace.conditions),
        aiohttp.ClientSession() as session,
    ):
        yield Demo(school, stage, school.settings.slack_api_url.removesuffix("/api/"), session)


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    async with open_demo(tmp_path) as opened:
        yield opened


@pytest.fixture
async def live_demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """With the worker that delivers by itself."""
    async with open_demo(tmp_path, deliver=True) as opened:
        yield opened
