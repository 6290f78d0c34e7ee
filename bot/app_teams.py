"""Teams' part of the application: tokens, keys, connector, edge, and the way in."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
import structlog

from bot.cards import Renderer
from bot.chat import RefusedForGood
from bot.settings import Settings, SettingsError
from handlers.desk import Desk, utc_now
from handlers.teams import TeamsEdge
from handlers.teams_book import TeamsBook
from handlers.teams_certificate import Certificate, read_certificate
from handlers.teams_chat import TeamsChat
from handlers.teams_http import TeamsHttp
from handlers.teams_keys import NoKeys, SigningKeys
from handlers.teams_tokens import CONNECTOR, HttpClient, Tokens
from storage.store import Store

ENDS_SOON = timedelta(days=30)
"""How long before a certificate ends it is said at each start."""

log = structlog.get_logger()


@dataclass(frozen=True)
class TeamsLine:
    """What speaks to Microsoft: the chat of a tenant, and the tokens it shows."""

    chat: TeamsChat
    tokens: Tokens
    ends: datetime | None
    """When Entra takes the certificate no longer; None of a secret, which does not say."""


@dataclass(frozen=True)
class TeamsSide:
    """The edge, and how Teams reaches it."""

    edge: TeamsEdge
    http: TeamsHttp
    keys: SigningKeys
    tokens: Tokens
    ends: datetime | None

    @property
    def is_reachable(self) -> bool:
        """Whether there are keys to check with what Teams sends; without, all of it is refused."""
        return self.keys.there

    def start(self) -> None:
        """Fetch the keys if there are none, so that no activity has to wait for them."""
        self.edge.background.begin(self._warm())

    async def _warm(self) -> None:
        with contextlib.suppress(NoKeys):
            await self.keys.find("")

    async def check(self) -> None:
        """See that Entra takes the app and its secret or certificate.

        Raises SettingsError, or NotNow while Entra cannot say.
        """
        self._check_end()
        try:
            await self.tokens.token(CONNECTOR)
        except RefusedForGood as refusal:
            raise SettingsError(
                "teams_app_id, teams_app_secret, teams_certificate, teams_tenant: Entra does not "
                f"take them together ({refusal.code}); docs/install-teams.md says where they stand"
            ) from None

    def _check_end(self) -> None:
        if self.ends is None or (left := self.ends - utc_now()) > ENDS_SOON:
            return
        day = f"{self.ends:%Y-%m-%d}"
        if left <= timedelta():
            raise SettingsError(f"teams_certificate: it ended on {day}; put a new one into Entra")
        log.warning("teams_certificate_ends", day=day)

    async def finish(self) -> None:
        """Wait for what is under way, then let go of the login and of the keys."""
        await self.edge.finish()
        await self.keys.finish()
        self.tokens.close()


def make_teams_line(
    settings: Settings,
    store: Store,
    session: aiohttp.ClientSession,
    renderer: Renderer,
    login: HttpClient | None = None,
) -> TeamsLine | None:
    """The line to the tenant; None where the settings have none. `login` carries msal's calls."""
    tenant, app_id = settings.schools[0].teams_tenant, settings.teams_app_id
    if app_id is None or tenant is None:
        return None
    shown = _credential(settings)
    tokens = Tokens(tenant, app_id, shown, login_url=settings.teams_login_url, http_client=login)
    chat = TeamsChat(
        session,
        tokens,
        renderer,
        TeamsBook(store, settings.teams_service_urls),
        tenant=tenant,
        app_id=app_id,
        graph_url=settings.teams_graph_url,
    )
    return TeamsLine(chat, tokens, shown.ends if isinstance(shown, Certificate) else None)


def make_teams_side(
    settings: Settings,
    desk: Desk,
    line: TeamsLine,
    session: aiohttp.ClientSession,
    renderer: Renderer,
) -> TeamsSide:
    edge = TeamsEdge(desk, line.chat, renderer)
    keys = SigningKeys(session, settings.teams_openid_url)
    tenants = [school.teams_tenant for school in settings.schools if school.teams_tenant]
    app_id = str(settings.teams_app_id)
    http = TeamsHttp(edge.answer, keys, app_id, tenants, settings.teams_service_urls)
    return TeamsSide(edge, http, keys, line.tokens, line.ends)


def _credential(settings: Settings) -> str | Certificate:
    if settings.teams_certificate is not None:
        try:
            return read_certificate(settings.teams_certificate.read_bytes())
        except (ValueError, OSError) as error:
            raise SettingsError(f"teams_certificate: {error}") from None
    assert settings.teams_app_secret is not None  # noqa: S101 - the settings have one of the two
    return settings.teams_app_secret.get_secret_value()
