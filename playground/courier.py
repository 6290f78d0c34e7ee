"""How Slack reaches an app: signed requests, three seconds to answer, events tried again."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp

PATIENCE = 3.0
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
_RETRY_REASONS = {
    "operation_timeout": "http_timeout",
    "http_client_error": "connection_failed",
    "http_service_error": "http_error",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What an app answered; `failure` is Slack's name for why the answer does not count."""

    status: int | None
    text: str = ""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    failure: str | None = None

    @property
    def is_json(self) -> bool:
        return "json" in self.content_type

    @property
    def forbids_retries(self) -> bool:
        return self.headers.get("X-Slack-No-Retry") == "1"


def signed_headers(secret: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """The headers that prove a request to be Slack's; `at` is a time in epoch seconds."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256)
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest.hexdigest()}",
    }


class Carrier(Protocol):
    """A way to an app: over HTTP, or over the socket that it opened."""

    async def send(
        self, body: bytes, *, content_type: str = FORM, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send one thing, and give what the app answered within three seconds."""

    async def send_event(self, body: bytes, delays: Iterable[float]) -> Reply:
        """Send an event, and again after each delay in seconds until the app takes it."""


class Courier:
    """Carries requests to one app. `app_url` is its address; `/slack/events` is added to it."""

    def __init__(self, app_url: str, signing_secret: str, patience: float = PATIENCE) -> None:
        self.app_url = app_url
        self.patience = patience
        self._secret = signing_secret
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections to the app."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(
        self, body: bytes, *, content_type: str = FORM, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send one signed request; an answer other than 200, or none in three seconds, fails."""
        sent = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **signed_headers(self._secret, body),
            **(headers or {}),
        }
        try:
            async with asyncio.timeout(self.patience):
                return await self._post(body, sent)
        except TimeoutError:
            return Reply(None, failure="operation_timeout")
        except aiohttp.ClientError:
            return Reply(None, failure="http_client_error")

    async def send_event(self, body: bytes, delays: Iterable[float]) -> Reply:
        """Send an event, and again after each delay in seconds until the app takes it."""
        reply = await self.send(body, content_type=JSON)
        for number, delay in enumerate(delays, start=1):
            if reply.failure is None or reply.forbids_retries:
                break
            await asyncio.sleep(delay)
            again = {
                "X-Slack-Retry-Num": str(number),
                "X-Slack-Retry-Reason": _RETRY_REASONS[reply.failure],
            }
            reply = await self.send(body, content_type=JSON, headers=again)
        return reply

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        async with self._session.post(self._address(), data=body, headers=headers) as answer:
            text = await answer.text()
            taken = answer.status == HTTPStatus.OK
            return Reply(
                status=answer.status,
                text=text,
                content_type=answer.content_type,
                headers=answer.headers,
                failure=None if taken else "http_service_error",
            )

    def _address(self) -> str:
        is_bare = urlsplit(self.app_url).path in ("", "/")
        return self.app_url.rstrip("/") + "/slack/events" if is_bare else self.app_url
