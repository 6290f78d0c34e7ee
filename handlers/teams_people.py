"""Who people are on Teams: rosters of channels, groups in Entra, and one person's profile."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from bot.chat import Account, Member, NotNow, Place, Platform, RefusedForGood, Standing
from handlers.teams_book import Kept, TeamsBook
from handlers.teams_calls import Call, RefusedCall, TeamsCalls, part, segment
from handlers.teams_tokens import CONNECTOR, GRAPH

GROUP = "group:"
BELIEVED = 600.0
"""Seconds for which a name and a standing are believed, and that Graph may not be asked."""
MOST_KEPT = 10_000
MOST_PAGES = 60
PAGE, GROUP_PAGE = 500, 100
NOT_FOUND = 404
OUTSIDE = "#ext#"
"""What Entra puts into the user name of somebody from elsewhere."""
ABOUT = "id,displayName,mail,userPrincipalName,userType,accountEnabled"
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Json = Mapping[str, Any]


class TeamsPeople:
    """The people of one tenant; what was heard of somebody is believed for ten minutes."""

    def __init__(self, calls: TeamsCalls, book: TeamsBook, tenant: str, graph_url: str) -> None:
        self._calls = calls
        self._book = book
        self._tenant = tenant
        self._graph_url = graph_url.rstrip("/")
        self._known: Kept[Account, Member] = Kept(MOST_KEPT, BELIEVED)
        self._closed: Kept[str, bool] = Kept(1, BELIEVED)

    async def members(self, place: Place) -> tuple[Member, ...]:
        """Everyone in a conversation or a group, bots and closed accounts left out.

        Raises NotNow, or RefusedForGood (`bot_not_in_roster`, `graph_not_allowed`, ...).
        """
        group = place.id.lower().removeprefix(GROUP)
        found = self._in_group(group) if group != place.id.lower() else self._in_roster(place)
        members = {member.account: member async for member in found}
        for account, member in members.items():
            self._known.put(account, member)
        return tuple(members.values())

    async def profile(self, account: Account) -> Member | None:
        """What the tenant says of one person; None of somebody it does not know.

        Raises NotNow, or RefusedForGood.
        """
        if account.team != self._tenant:
            return Member(account, Standing.STRANGER)
        member = self._known.get(account) or await self._look_up(account)
        if member is not None:
            self._known.put(account, member)
        return member

    def name_of(self, account: Account) -> str:
        """The name that was last heard; else empty."""
        known = self._known.last(account)
        return known.name if known else ""

    # Conversations

    async def _in_roster(self, place: Place) -> AsyncIterator[Member]:
        url = await self._url(f"/v3/conversations/{segment(place.id)}/pagedmembers")
        query: dict[str, str] = {"pageSize": str(PAGE)}
        for _ in range(MOST_PAGES):
            page = await self._calls.look(
                Call("GET", f"{url}?{urlencode(query)}", CONNECTOR, NotNow)
            )
            for one in part(page, "members", list, NotNow):
                if isinstance(one, dict) and (member := self._as_member(one)):
                    yield member
            token = page.get("continuationToken")
            if not token:
                return
            query["continuationToken"] = str(token)
        raise NotNow("too_many_members")

    async def _by_chat(self, account: Account) -> Member | None:
        """What the connector says of whoever the bot has a chat with."""
        chat = await self._book.of_person(account.team, account.user)
        if chat is None:
            return None
        path = f"/v3/conversations/{segment(chat.conversation)}/members/{segment(account.user)}"
        url = await self._url(path)
        return self._as_member(await self._calls.look(Call("GET", url, CONNECTOR, NotNow)))

    def _as_member(self, one: Json) -> Member | None:
        """Somebody in a roster; None for a bot."""
        shown = str(one.get("id") or "")
        role = str(one.get("userRole") or "").lower()
        user = str(one.get("aadObjectId") or one.get("objectId") or "").lower()
        if shown.startswith("28:") or role == "bot":
            return None
        names = tuple(_text(one, name) for name in ("userPrincipalName", "email"))
        home = _text(one, "tenantId") or (self._tenant if names[0] else "")
        standing = Standing.MEMBER
        if home != self._tenant or not user or role == "anonymous":
            standing = Standing.STRANGER
        elif role == "guest" or OUTSIDE in names[0]:
            standing = Standing.GUEST
        account = Account(Platform.TEAMS, home or self._tenant, user or shown)
        return Member(account, standing, str(one.get("name") or ""), _emails(standing, names))

    async def _url(self, path: str) -> str:
        service = await self._book.service_url(self._tenant)
        if service is None:
            raise RefusedForGood("bot_not_installed")
        return service + path

    # Entra

    async def _look_up(self, account: Account) -> Member | None:
        """Graph where it may be asked, else the chat with the person."""
        if not self._closed.get(GRAPH):
            try:
                return await self._by_graph(account)
            except RefusedForGood as refused:
                if getattr(refused, "status", 0) == NOT_FOUND:
                    return None
                self._closed.put(GRAPH, True)
        try:
            return await self._by_chat(account)
        except RefusedCall:  # who is not there, or has taken the app away, cannot be known
            return None

    async def _by_graph(self, account: Account) -> Member | None:
        url = f"{self._graph_url}/users/{segment(account.user)}?{urlencode({'$select': ABOUT})}"
        return self._as_user(await self._calls.look(Call("GET", url, GRAPH, NotNow)))

    async def _in_group(self, group: str) -> AsyncIterator[Member]:
        """Everyone in a group, and in the groups in it."""
        if not _GUID.fullmatch(group):
            raise RefusedForGood("group_not_found")
        query = urlencode({"$count": "true", "$select": ABOUT, "$top": GROUP_PAGE})
        people = f"/groups/{group}/transitiveMembers/microsoft.graph.user?{query}"
        url = self._graph_url + people
        for _ in range(MOST_PAGES):
            page = await self._ask_group(url)
            for one in part(page, "value", list, NotNow):
                if isinstance(one, dict) and (member := self._as_user(one)):
                    yield member
            following = page.get("@odata.nextLink")
            if not following:
                return
            url = self._same_service(str(following))
        raise NotNow("too_many_members")

    async def _ask_group(self, url: str) -> dict[str, Any]:
        # A question for people only is an advanced one, which Graph wants to be told.
        call = Call("GET", url, GRAPH, NotNow, headers={"ConsistencyLevel": "eventual"})
        try:
            return await self._calls.look(call)
        except RefusedCall as refused:
            if refused.status == NOT_FOUND:
                raise RefusedForGood("group_not_found") from refused
            raise

    def _same_service(self, link: str) -> str:
        """A token for Graph goes nowhere else, whatever a page says."""
        there, ours = urlsplit(link), urlsplit(self._graph_url)
        if (there.scheme, there.netloc) != (ours.scheme, ours.netloc):
            raise NotNow("next_link_elsewhere")
        return link

    def _as_user(self, one: Json) -> Member | None:
        """Somebody in Entra; None of a closed account.

        Raises RefusedForGood where only ids are shown, since no guest could be told by them.
        """
        user, names = _text(one, "id"), (_text(one, "userPrincipalName"), _text(one, "mail"))
        if not user:
            raise NotNow("no_id")
        if not names[0]:
            raise RefusedForGood("graph_not_allowed")
        if one.get("accountEnabled") is False:
            return None
        guest = _text(one, "userType") == "guest" or OUTSIDE in names[0]
        standing = Standing.GUEST if guest else Standing.MEMBER
        account = Account(Platform.TEAMS, self._tenant, user)
        return Member(
            account, standing, str(one.get("displayName") or ""), _emails(standing, names)
        )


def _emails(standing: Standing, names: tuple[str, ...]) -> tuple[str, ...]:
    """The user name and the mail address, each once; none of guests and strangers."""
    if standing is not Standing.MEMBER:
        return ()
    return tuple(dict.fromkeys(name for name in names if "@" in name and OUTSIDE not in name))


def _text(said: Json, name: str) -> str:
    found = said.get(name)
    return found.strip().lower() if isinstance(found, str) else ""
