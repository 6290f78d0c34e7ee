"""Who people are on Teams: rosters, groups in Entra, profiles, and who is surely a member."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.chat import Member, NotNow, RefusedForGood, Standing
from handlers import teams_people
from playground import teams_school as pretend
from playground.teams_school import (
    DSL,
    DSL_CHANNEL,
    DSL_GROUP,
    GUEST,
    OTHER_TENANT,
    STRANGER,
    TEACHER,
    TENANT,
)
from storage.store import Store
from tests.teams_line import CARD, TeamsLine, account, place
from tests.test_teams_calls import Service
from tests.test_teams_chat import ROOM, chat_to, line

__all__ = ["line"]

# ------------------------------------------------------------------------------ rosters


async def test_however_short_the_pages_are_everybody_is_found(line: TeamsLine):
    line.tenant.add_member(DSL_CHANNEL, STRANGER)
    line.tenant.page_size = 1

    assert len(await line.chat.members(ROOM)) == 4
    assert len(line.tenant.calls_of("teams.members")) == 4


async def test_pages_without_an_end_are_not_followed_for_ever(sqlite_store: Store):
    page = {"members": [], "continuationToken": "x y&z"}
    service = Service().say(200, json.dumps(page))
    async with chat_to(service, sqlite_store) as chat:
        with pytest.raises(NotNow) as caught:
            await chat.members(ROOM)

    assert caught.value.code == "too_many_members"
    assert len(service.asked) == teams_people.MOST_PAGES
    assert service.asked[1][1].startswith("/v3/conversations/19%3Apretendschooldsl%40thread.tacv2/")


ROSTER = [
    ({"id": "28:another-app", "aadObjectId": DSL, "userPrincipalName": "a@b.example"}, None),
    ({"id": "29:x", "aadObjectId": DSL.upper(), "tenantId": TENANT.upper()}, Standing.MEMBER),
    ({"id": "29:x", "objectId": DSL, "userPrincipalName": "a@b.example"}, Standing.MEMBER),
    ({"id": "29:x", "aadObjectId": DSL}, Standing.STRANGER),
    ({"id": "29:x", "tenantId": TENANT}, Standing.STRANGER),
    ({"id": "29:x", "aadObjectId": DSL, "tenantId": OTHER_TENANT}, Standing.STRANGER),
    ({"id": "29:x", "aadObjectId": DSL, "tenantId": TENANT, "userRole": "Guest"}, Standing.GUEST),
    (
        {"id": "29:x", "aadObjectId": DSL, "tenantId": TENANT, "userRole": "anonymous"},
        Standing.STRANGER,
    ),
    (
        {"id": "29:x", "aadObjectId": DSL, "userPrincipalName": "a_b.example#EXT#@c.example"},
        Standing.GUEST,
    ),
    ("29:x", None),
]


@pytest.mark.parametrize(("one", "standing"), ROSTER)
async def test_only_who_is_surely_of_the_tenant_is_a_member(
    sqlite_store: Store, one: Any, standing: Standing | None
):
    async with chat_to(Service().say(200, json.dumps({"members": [one]})), sqlite_store) as chat:
        found = await chat.members(ROOM)

    assert [member.standing for member in found] == ([standing] if standing else [])
    assert all(member.account.user in (DSL, "29:x") for member in found)


@pytest.mark.parametrize("page", ["{}", '{"members": null}', '{"members": {}}', "<html>"])
async def test_what_is_no_roster_is_asked_for_later(sqlite_store: Store, page: str):
    async with chat_to(Service().say(200, page), sqlite_store) as chat:
        with pytest.raises(NotNow):
            await chat.members(ROOM)


async def test_where_the_bot_was_taken_out_it_says_so(line: TeamsLine):
    line.tenant.set_app_in_team(there=False)
    for tried in (line.chat.members(ROOM), line.chat.send(ROOM, CARD, key="k")):
        with pytest.raises(RefusedForGood) as caught:
            await tried
        assert caught.value.code == "bot_not_in_roster"


# ------------------------------------------------------------------------------ groups in Entra


async def test_a_group_holds_the_people_of_the_groups_in_it(line: TeamsLine):
    line.tenant.page_size = 1
    found = {m.account.user: m for m in await line.chat.members(place(f"group:{DSL_GROUP}"))}

    assert {user: member.standing for user, member in found.items()} == {
        DSL: Standing.MEMBER,
        pretend.DEPUTY: Standing.MEMBER,
        GUEST: Standing.GUEST,
    }
    assert found[DSL].emails == (pretend.email_of(DSL),)
    assert found[GUEST].emails == ()
    assert len(line.tenant.calls_of("teams.group")) == 3


def user(**changes: Any) -> dict[str, Any]:
    known = {"id": DSL, "displayName": "DSL", "mail": None, "userPrincipalName": "dsl@b.example"}
    return {**known, "userType": "Member", "accountEnabled": True, **changes}


@pytest.mark.parametrize(
    ("changes", "standings"),
    [
        ({}, ["member"]),
        ({"userType": None}, ["member"]),
        ({"userType": "Guest"}, ["guest"]),
        ({"userPrincipalName": "a_b.example#EXT#@c.example"}, ["guest"]),
        ({"accountEnabled": False}, []),
        ({"accountEnabled": None}, ["member"]),
    ],
)
async def test_guests_of_a_group_are_guests_and_closed_accounts_are_left_out(
    sqlite_store: Store, changes: dict[str, Any], standings: list[str]
):
    async with chat_to(
        Service().say(200, json.dumps({"value": [user(**changes)]})), sqlite_store
    ) as chat:
        found = await chat.members(place(f"group:{DSL_GROUP}"))

    assert [member.standing for member in found] == standings


async def test_both_addresses_of_a_member_are_known_in_small_letters(sqlite_store: Store):
    one = user(userPrincipalName="DSL@b.example", mail="Head.DSL@b.example")
    async with chat_to(Service().say(200, json.dumps({"value": [one]})), sqlite_store) as chat:
        (member,) = await chat.members(place(f"group:{DSL_GROUP}"))

    assert member.emails == ("dsl@b.example", "head.dsl@b.example")


async def test_where_only_ids_are_shown_nobody_is_taken_for_a_member(sqlite_store: Store):
    bare = {"@odata.type": "#microsoft.graph.user", "id": DSL, "userPrincipalName": None}
    async with chat_to(Service().say(200, json.dumps({"value": [bare]})), sqlite_store) as chat:
        with pytest.raises(RefusedForGood) as caught:
            await chat.members(place(f"group:{DSL_GROUP}"))

    assert caught.value.code == "graph_not_allowed"


async def test_without_the_permission_a_group_is_closed(line: TeamsLine):
    line.tenant.roles.clear()
    with pytest.raises(RefusedForGood) as caught:
        await line.chat.members(place(f"group:{DSL_GROUP}"))

    assert caught.value.code == "graph_not_allowed"


@pytest.mark.parametrize("group", ["", "x/../../users", DSL, f"{DSL_GROUP}?", f"{DSL_GROUP}\n"])
async def test_an_unknown_group_has_no_members_and_says_so(line: TeamsLine, group: str):
    with pytest.raises(RefusedForGood) as caught:
        await line.chat.members(place(f"group:{group}"))

    assert caught.value.code == "group_not_found"
    assert len(line.tenant.calls_of("teams.group")) == (1 if group == DSL else 0)


@pytest.mark.parametrize("host", ["https://graph.example.net", "//graph.example.net", ""])
async def test_a_page_that_names_another_service_is_not_followed(sqlite_store: Store, host: str):
    page = {"value": [user()], "@odata.nextLink": f"{host}/v1.0/next"}
    service = Service().say(200, json.dumps(page))
    async with chat_to(service, sqlite_store) as chat:
        with pytest.raises(NotNow) as caught:
            await chat.members(place(f"group:{DSL_GROUP}"))

    assert caught.value.code == "next_link_elsewhere"
    assert len(service.asked) == 1


# ------------------------------------------------------------------------------ profiles


async def test_who_was_seen_in_a_roster_is_not_looked_up_again(line: TeamsLine):
    await line.chat.members(ROOM)
    found = await line.chat.profile(account(DSL))

    assert found == Member(account(DSL), Standing.MEMBER, "DSL", (pretend.email_of(DSL),))
    assert line.chat.name_of(account(DSL)) == "DSL"
    assert line.tenant.calls_of("teams.user") == []


async def test_graph_is_asked_about_others(line: TeamsLine):
    assert line.chat.name_of(account(TEACHER)) == ""
    for _ in range(2):
        found = await line.chat.profile(account(TEACHER))

    assert found is not None
    assert (found.standing, found.name) == (Standing.MEMBER, "Class teacher")
    assert len(line.tenant.calls_of("teams.user")) == 1


async def test_where_graph_is_closed_the_chat_with_somebody_says_who_they_are(line: TeamsLine):
    line.tenant.roles.clear()
    await line.chat.direct(account(TEACHER))
    await line.chat.direct(account(DSL))
    found = [await line.chat.profile(account(person)) for person in (TEACHER, DSL, pretend.HEAD)]

    assert [one.name if one else None for one in found] == ["Class teacher", "DSL", None]
    assert len(line.tenant.calls_of("teams.user")) == 1


async def test_who_took_the_app_away_is_not_known(line: TeamsLine):
    line.tenant.roles.clear()
    await line.chat.direct(account(TEACHER))
    line.tenant.set_installed(TEACHER, there=False)

    assert await line.chat.profile(account(TEACHER)) is None


async def test_somebody_of_another_tenant_is_a_stranger_without_asking(line: TeamsLine):
    there = account(STRANGER, OTHER_TENANT)

    assert await line.chat.profile(there) == Member(there, Standing.STRANGER)
    assert list(line.tenant.calls) == []


async def test_somebody_nobody_knows_has_no_profile(line: TeamsLine):
    assert await line.chat.profile(account("00000000-0000-4000-8000-000000000000")) is None
