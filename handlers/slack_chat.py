"""Chat over the Slack Web API. It never retries by itself: the outbox decides about that."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.cards import Renderer
from bot.chat import (
    Account,
    Card,
    InDoubt,
    Member,
    MessageRef,
    NotNow,
    Place,
    Platform,
    RefusedForGood,
    Standing,
)

T = TypeVar("T")
EVENT_TYPE = "sharecheck"
PROFILE_KEPT = 600.0
"""Seconds for which a person's standing is believed."""
PAGES_LOOKED_AT = 5
AT_ONCE = 5
LONGEST_LIMIT = 3600.0
"""Seconds of a rate limit that are believed."""
HIDDEN = frozenset({"user_not_visible", "user_not_found"})
"""What Slack says of people whose profile it does not show, such as another organisation's."""
_MAYBE_DONE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})


@dataclass
class SlackChat:
    """The port's verbs for one workspace; `client` is made with `retry_handlers=[]`."""

    client: AsyncWebClient
    team: str
    renderer: Renderer
    _direct: dict[Account, Place] = field(default_factory=dict)
    _profiles: dict[str, tuple[float, Member | None]] = field(default_factory=dict)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def send(
        self,
        place: Place,
        card: Card,
        *,
        thread: MessageRef | None = None,
        only_for: Account | None = None,
        key: str,
        look_first: bool = False,
    ) -> MessageRef:
        """Post a card with its key in the metadata. Raises NotNow, InDoubt or RefusedForGood."""
        if look_first:
            try:
                if found := await self._find(place, thread, key):
                    return found
            except RefusedForGood as error:
                if error.code != "missing_scope":
                    raise
                card = replace(card, context={**card.context, "may_repeat": True})
        message = self.renderer.render(card)
        common: dict[str, Any] = {"channel": place.id, **message}
        if only_for is not None:
            common |= {"thread_ts": thread.id} if thread else {}
            await _post(lambda: self.client.chat_postEphemeral(user=only_for.user, **common))
            return MessageRef(place, "")
        answer = await _post(
            lambda: self.client.chat_postMessage(
                **common,
                thread_ts=thread.id if thread else None,
                metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
                unfurl_links=False,
                unfurl_media=False,
            )
        )
        return MessageRef(place, _part(answer, "ts", str, InDoubt))

    async def update(self, ref: MessageRef, card: Card) -> None:
        """Draw a posted card again; doing it twice is harmless, so doubt is only a delay."""
        message = self.renderer.render(card)
        try:
            await _post(lambda: self.client.chat_update(channel=ref.place.id, ts=ref.id, **message))
        except InDoubt as error:
            raise NotNow(error.code) from error

    async def open(self, trigger: str, card: Card) -> None:
        """Open a dialog. Raises NotNow, InDoubt or RefusedForGood (`expired_trigger_id`, ...)."""
        view = self.renderer.render(card)
        await _post(lambda: self.client.views_open(trigger_id=trigger, view=view))

    async def update_view(self, view_id: str, seen_hash: str, card: Card) -> None:
        """Put another page into an open dialog. Raises RefusedForGood (`hash_conflict`, ...)."""
        view = self.renderer.render(card)
        await _post(lambda: self.client.views_update(view_id=view_id, hash=seen_hash, view=view))

    async def show_home(self, account: Account, card: Card, *, version: str = "") -> str:
        """Show a home page, where Slack still shows the given version; gives the new one's.

        Raises NotNow, InDoubt or RefusedForGood (`hash_conflict`, ...).
        """
        view = self.renderer.render(card)
        publish = partial(self.client.views_publish, user_id=account.user, view=view)
        answer = await _post(lambda: publish(hash=version or None))
        return str(_part(answer, "view", dict, InDoubt).get("hash") or "")

    async def respond(self, response_url: str, card: Card, *, replace: bool = True) -> None:
        """Replace the private message that a button was in, or add one beside it."""
        webhook = AsyncWebhookClient(response_url, session=self.client.session, retry_handlers=[])
        drawn = self.renderer.render(card)
        send = partial(webhook.send, replace_original=replace, response_type="ephemeral")
        answer = await _call(lambda: send(**drawn), InDoubt)
        if answer.status_code >= 400:  # noqa: PLR2004 - Slack's own codes follow HTTP
            raise RefusedForGood(f"http_{answer.status_code}")

    async def key_of(self, ref: MessageRef) -> str | None:
        """The key in the metadata of a message that heads a thread, or None.

        Anybody's app may have written it. Raises NotNow or RefusedForGood.
        """
        ask = partial(self.client.conversations_replies, channel=ref.place.id, ts=ref.id, limit=1)
        answer = await _read(lambda: ask(include_all_metadata=True))
        found = (m for m in _part(answer, "messages", list, NotNow) if m.get("ts") == ref.id)
        return next(map(_key_in, found), None)

    async def direct(self, account: Account) -> Place:
        """The one-to-one conversation with an account; it never changes, so it is kept."""
        if account not in self._direct:
            answer = await _read(lambda: self.client.conversations_open(users=account.user))
            channel = _part(answer, "channel", dict, NotNow)
            place = Place(Platform.SLACK, self.team, _part(channel, "id", str, NotNow))
            self._direct[account] = place
        return self._direct[account]

    async def members(self, place: Place) -> tuple[Member, ...]:
        """Everyone in a channel but bots and closed accounts, each with their standing.

        Whose profile cannot be seen is a stranger.
        """
        ids = [user async for user in self._member_ids(place)]
        found = await asyncio.gather(*(self._member(user) for user in ids))
        return tuple(member for member in found if member is not None)

    async def profile(self, account: Account) -> Member | None:
        """What Slack says of one person; None of bots and closed accounts."""
        return await self._member(account.user)

    def name_of(self, account: Account) -> str:
        """The name the workspace shows for somebody whose profile was read; else empty."""
        known = self._profiles.get(account.user)
        return known[1].name if known and known[1] else ""

    async def _member_ids(self, place: Place) -> AsyncIterator[str]:
        cursor = ""
        while True:
            ask = partial(self.client.conversations_members, channel=place.id, limit=200)
            answer = await _read(partial(ask, cursor=cursor))
            for user in _part(answer, "members", list, NotNow):
                yield str(user)
            cursor = _cursor(answer)
            if not cursor:
                return

    async def _member(self, user: str) -> Member | None:
        known = self._profiles.get(user)
        if known and time.monotonic() - known[0] < PROFILE_KEPT:
            return known[1]
        member = await self._look_up(user)
        self._profiles[user] = (time.monotonic(), member)
        return member

    async def _look_up(self, user: str) -> Member | None:
        try:
            async with self._gate:
                answer = await _read(lambda: self.client.users_info(user=user))
        except RefusedForGood as error:
            if error.code not in HIDDEN:
                raise
            return Member(Account(Platform.SLACK, self.team, user), Standing.STRANGER)
        return self._as_member(user, _part(answer, "user", dict, NotNow))

    def _as_member(self, user_id: str, user: Mapping[str, Any]) -> Member | None:
        if user.get("is_bot") or user.get("deleted"):
            return None
        standing = Standing.MEMBER
        if user.get("is_stranger") or user.get("team_id", self.team) != self.team:
            standing = Standing.STRANGER
        elif user.get("is_restricted") or user.get("is_ultra_restricted"):
            standing = Standing.GUEST
        account = Account(Platform.SLACK, self.team, user_id)
        name = str(user.get("real_name") or user.get("name") or "")
        return Member(account, standing, name, _emails(user, standing))

    async def _find(self, place: Place, thread: MessageRef | None, key: str) -> MessageRef | None:
        """The message already posted under a key, among the newest thousand."""
        cursor = ""
        for _ in range(PAGES_LOOKED_AT):
            answer = await _read(partial(self._look, place, thread, cursor))
            for message in _part(answer, "messages", list, NotNow):
                if _key_in(message) == key:
                    return MessageRef(place, str(message["ts"]))
            cursor = _cursor(answer)
            if not cursor:
                break
        return None

    def _look(
        self, place: Place, thread: MessageRef | None, cursor: str
    ) -> Awaitable[AsyncSlackResponse]:
        common: dict[str, Any] = {"include_all_metadata": True, "limit": 200, "cursor": cursor}
        if thread is None:
            return self.client.conversations_history(channel=place.id, **common)
        return self.client.conversations_replies(channel=place.id, ts=thread.id, **common)


def _emails(user: Mapping[str, Any], standing: Standing) -> tuple[str, ...]:
    """The address that Slack wrote to before it took it; needs the scope users:read.email."""
    profile = user.get("profile")
    email = profile.get("email") if isinstance(profile, Mapping) else None
    if standing is not Standing.MEMBER or not isinstance(email, str) or "@" not in email:
        return ()
    return (email.strip().lower(),)


async def _post(call: Callable[[], Awaitable[AsyncSlackResponse]]) -> AsyncSlackResponse:
    """Call what writes: when it is not known whether Slack took it, raise InDoubt."""
    return await _call(call, InDoubt)


async def _read(call: Callable[[], Awaitable[AsyncSlackResponse]]) -> AsyncSlackResponse:
    """Call what only reads, or may be repeated freely: any trouble is NotNow."""
    return await _call(call, NotNow)


async def _call(call: Callable[[], Awaitable[T]], doubt: type[InDoubt | NotNow]) -> T:
    """What is not known to be a refusal is a doubt: something between may have answered instead."""
    try:
        return await call()
    except SlackApiError as error:
        raise _named(error, doubt) from error
    except aiohttp.ClientConnectorError as error:
        raise NotNow("no_connection") from error
    except TimeoutError as error:
        raise doubt("timeout") from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise doubt("connection_lost") from error
    except Exception as error:  # the library stumbles in many ways over what is no answer
        raise doubt(f"unreadable_{type(error).__name__}") from error


def _named(
    error: SlackApiError, doubt: type[InDoubt | NotNow]
) -> NotNow | InDoubt | RefusedForGood:
    answer: Any = error.response
    status = getattr(answer, "status_code", getattr(answer, "status", 200))
    said = getattr(answer, "data", None)
    code = said.get("error") if isinstance(said, dict) else None
    if status == 429 or code in ("ratelimited", "rate_limited"):  # noqa: PLR2004
        return NotNow("ratelimited", _seconds(getattr(answer, "headers", None) or {}))
    if not isinstance(code, str) or not code:
        return doubt(f"http_{status}")
    return doubt(code) if status >= 500 or code in _MAYBE_DONE else RefusedForGood(code)  # noqa: PLR2004


def _seconds(headers: Mapping[str, str]) -> float:
    """How long a limit lasts; where the header is no number of seconds, one second."""
    try:
        seconds = float(headers.get("Retry-After", 1))
    except ValueError:
        return 1.0
    return min(max(seconds, 0.0), LONGEST_LIMIT) if math.isfinite(seconds) else 1.0


def _key_in(message: Mapping[str, Any]) -> str | None:
    """The key that a message carries in its metadata."""
    key = ((message.get("metadata") or {}).get("event_payload") or {}).get("key")
    return key if isinstance(key, str) else None


def _cursor(answer: AsyncSlackResponse) -> str:
    """Where the next page begins; empty after the last."""
    more = answer.get("response_metadata")
    return str(more.get("next_cursor") or "") if isinstance(more, dict) else ""


def _part(
    answer: AsyncSlackResponse | dict[str, Any],
    name: str,
    kind: type[T],
    doubt: type[InDoubt | NotNow],
) -> T:
    """A part that every answer of Slack has; without it, it was not Slack that answered."""
    said = answer if isinstance(answer, dict) else answer.data
    part = said.get(name) if isinstance(said, dict) else None
    if not isinstance(part, kind):
        raise doubt(f"no_{name}")
    return part
