"""Slack's part of the application: client, edge, and the ways in."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.cards import Renderer
from bot.settings import Settings, SettingsError
from handlers.desk import Desk
from handlers.slack import SlackEdge
from handlers.slack_calls import SlackClient
from handlers.slack_chat import SlackChat
from handlers.slack_http import SlackHttp
from handlers.slack_socket import SlackSocket

NO_GOOD = frozenset({"invalid_auth", "account_inactive", "token_revoked", "token_expired"})
"""What Slack says of a token that will never do."""


@dataclass(frozen=True)
class SlackSide:
    """The edge, and how Slack reaches it: over HTTP, over a socket, or both."""

    edge: SlackEdge
    http: SlackHttp | None
    socket: SlackSocket | None

    @property
    def is_connected(self) -> bool:
        return self.http is not None or bool(self.socket and self.socket.connected)

    async def check(self) -> None:
        """See that the token is good, and for the workspace of the settings.

        Raises SettingsError; and SlackApiError, ClientError or TimeoutError while Slack cannot say.
        """
        try:
            answer = await self.edge.chat.client.auth_test()
        except SlackApiError as error:
            if (code := error.response.get("error")) in NO_GOOD:
                raise SettingsError(f"slack_bot_token: Slack does not take it ({code})") from None
            raise
        wanted, found = self.edge.chat.team, answer.get("team_id")
        if not found:
            raise SlackApiError("no team_id", answer)  # type: ignore[no-untyped-call]
        if found != wanted:
            raise SettingsError(f"slack_bot_token: it is for workspace {found}, not {wanted}")


def make_slack_chat(
    settings: Settings, session: aiohttp.ClientSession, renderer: Renderer
) -> SlackChat | None:
    """The chat of the workspace; None where the settings have none."""
    team = settings.schools[0].slack_team
    if settings.slack_bot_token is None or team is None:
        return None
    token = settings.slack_bot_token.get_secret_value()
    client = SlackClient(token, settings.slack_api_url, session, _quiet_logger())
    return SlackChat(client, team, renderer)


def make_slack_side(
    settings: Settings, desk: Desk, chat: SlackChat, session: aiohttp.ClientSession
) -> SlackSide:
    edge = SlackEdge(desk, chat, chat.renderer)
    secret, token = settings.slack_signing_secret, settings.slack_app_token
    http = SlackHttp(edge, secret.get_secret_value()) if secret else None
    if token is None:
        return SlackSide(edge, http, None)
    opener = SlackClient(token.get_secret_value(), settings.slack_api_url, session, _quiet_logger())
    return SlackSide(edge, http, SlackSocket(edge, opener, session))


def _quiet_logger() -> logging.Logger:
    """Slack's libraries may log whole payloads; nothing of theirs below a fault is let through."""
    logger = logging.getLogger("sharecheck.slack")
    logger.setLevel(logging.CRITICAL)
    return logger
