"""How Teams reaches a bot: signed activities, a few seconds to answer, nothing tried again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from playground.teams_keys import LIFE, Signer
from playground.teams_residents import Json
from playground.teams_tenant import Tenant

PATIENCE = 5.0
TAKEN = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED)
AGENT = "Microsoft-SkypeBotApi (Microsoft-BotFramework/3.0)"


@dataclass(frozen=True, slots=True)
class BotReply:
    """What a bot answered; `failure` says why the answer does not count."""

    status: int | None
    text: str = ""
    failure: str | None = None

    @property
    def body(self) -> object:
        """The JSON in it, or None where it is empty. Raises ValueError."""
        return json.loads(self.text) if self.text.strip() else None


class TeamsCourier:
    """Carries activities to one bot. `bot_url` is its address; `/teams/messages` is added to it."""

    def __init__(self, tenant: Tenant, bot_url: str, patience: float = PATIENCE) -> None:
        self.bot_url = bot_url
        self.patience = patience
        self._tenant = tenant
        self._session: aiohttp.ClientSession | None = None
        self._token: tuple[str, Signer, float, str] | None = None

    async def close(self) -> None:
        """Close the connections to the bot."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def token(self) -> str:
        """The token that activities go out with, made anew before it gets old."""
        keys, now, url = self._tenant.keys, time.time(), self._tenant.service_url
        kept = self._token
        if kept is None or kept[1] is not keys.signer or now >= kept[2] or kept[3] != url:
            kept = (keys.token(url), keys.signer, now + LIFE / 2, url)
            self._token = kept
        return kept[0]

    async def send(
        self,
        activity: Json,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> BotReply:
        """Send an activity, or `raw` in its place; no answer in time is a failure.

        An empty `token` sends none.
        """
        body = json.dumps(activity).encode() if raw is None else raw
        sent = {"Content-Type": "application/json; charset=utf-8", "User-Agent": AGENT}
        shown = self.token() if token is None else token
        if shown:
            sent["Authorization"] = f"Bearer {shown}"
        try:
            async with asyncio.timeout(self.patience):
                return await self._post(body, {**sent, **(headers or {})})
        except TimeoutError:
            return BotReply(None, failure="no answer in time")
        except aiohttp.ClientError:
            return BotReply(None, failure="no connection")

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> BotReply:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        address = f"{self.bot_url.rstrip('/')}/teams/messages"
        async with self._session.post(address, data=body, headers=headers) as answer:
            text = await answer.text()
            taken = answer.status in TAKEN
            return BotReply(answer.status, text, None if taken else f"status {answer.status}")
