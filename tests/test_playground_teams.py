"""The pretend tenant refuses what Teams refuses: at the login, the connector and Graph."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import aiohttp
import jwt
import pytest

from playground.residents import Json
from playground.school import open_school
from playground.teams_keys import BadToken
from playground.teams_login import ASSERTION, LoginOverHttp, token_endpoint
from playground.teams_passes import CONNECTOR, GRAPH, LIFE
from playground.teams_school import (
    APP_ID,
    APP_SECRET,
    CHAIR,
    DEPUTY,
    DPO,
    DSL,
    DSL_CHANNEL,
    DSL_GROUP,
    GUEST,
    OFFICE,
    OTHER_TENANT,
    SAME_PEOPLE,
    STAFF_CHANNEL,
    STRANGER,
    TEACHER,
    TENANT,
    account_of,
    email_of,
    open_tenant,
)
from playground.teams_screens import draw_tenant
from tests.pretend_tenant import (
    DECIDE,
    FORM,
    QUESTION,
    Served,
    card,
    message,
    serving,
)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as there:
        yield there


# ------------------------------------------------------------------------------------- people


def test_people_have_the_same_addresses_as_in_the_pretend_workspace():
    workspace = open_school()
    for here, there in SAME_PEOPLE.items():
        assert email_of(here) == workspace.users[there].email


def test_an_empty_channel_says_what_it_was_given_to_say():
    tenant = open_tenant(notes={DSL_CHANNEL: "Look elsewhere"})

    notes = {one["id"]: one.get("note") for one in draw_tenant(tenant, DSL)["channels"]}

    assert notes.pop(DSL_CHANNEL) == "Look elsewhere"
    assert not any(notes.values())


def test_ids_are_as_teams_writes_them():
    tenant = open_tenant()
    assert tenant.chat_id(DSL).startswith("a:")
    assert account_of(DSL).startswith("29:")
    assert tenant.app.account == f"28:{APP_ID}"
    assert len({tenant.chat_id(person) for person in tenant.directory.people}) == 9


# ------------------------------------------------------------------------------- keys and tokens


async def decoded(served: Served, token: str) -> Json:
    _, keys = await served.ask("GET", "botframework/v1/.well-known/keys")
    kid = jwt.get_unverified_header(token).get("kid")
    key = next((k for k in keys["keys"] if k["kid"] == kid), None)
    if key is None:
        raise jwt.InvalidKeyError
    return jwt.decode(
        token,
        jwt.PyJWK(key).key,
        algorithms=["RS256"],
        audience=APP_ID,
        issuer="https://api.botframework.com",
        options={"require": ["exp", "nbf"]},
    )


async def test_an_activity_comes_with_a_token_that_the_key_set_proves(served: Served):
    await served.client.say(TEACHER, served.chat(TEACHER), "help")

    claims = await decoded(served, served.bot.tokens[0].removeprefix("Bearer "))

    assert claims["serviceurl"] == served.bot.last["serviceUrl"] == f"{served.url}/teams/connector/"
    assert served.tenant.keys.asked == 1


@pytest.mark.parametrize("kind", BadToken)
async def test_each_kind_of_bad_token_is_bad_in_its_own_way(served: Served, kind: BadToken):
    token = served.tenant.keys.bad_token(kind, served.tenant.service_url)

    if kind in {BadToken.SERVICE_URL, BadToken.NO_SERVICE_URL}:
        claims = await decoded(served, token)
        assert claims.get("serviceurl") != served.tenant.service_url
    else:
        with pytest.raises(jwt.PyJWTError):
            await decoded(served, token)


async def test_a_new_key_is_in_the_set_and_an_old_one_may_be_gone(served: Served):
    old = served.tenant.keys.token(served.tenant.service_url)
    served.tenant.keys.rotate(keep=False)
    await served.client.say(TEACHER, served.chat(TEACHER), "help")

    await decoded(served, served.bot.tokens[0].removeprefix("Bearer "))
    with pytest.raises(jwt.InvalidKeyError):
        await decoded(served, old)


async def test_the_framework_says_where_its_keys_are(served: Served):
    _, about = await served.ask("GET", "botframework/v1/.well-known/openidconfiguration")

    status, keys = await served.ask("GET", about["jwks_uri"])
    assert status == 200 and keys["keys"]


# ---------------------------------------------------------------------------------------- login


@pytest.mark.parametrize(
    ("asked", "error", "number"),
    [
        ({"client_secret": "wrong"}, "invalid_client", 7000215),
        ({"client_secret": ""}, "invalid_client", 7000218),
        ({"client_id": TENANT}, "unauthorized_client", 700016),
        ({"scope": "https://elsewhere.example/.default"}, "invalid_scope", 1002012),
        ({"grant_type": "password"}, "unsupported_grant_type", 70003),
        ({"client_assertion": "x", "client_assertion_type": "y"}, "invalid_request", 50027),
        ({"client_assertion": "x", "client_assertion_type": ASSERTION}, "invalid_client", 700027),
    ],
)
async def test_the_login_refuses_as_entra_does(served: Served, asked, error, number):
    status, said = await served.log_in(**asked)

    assert status in {400, 401}
    assert said["error"] == error and said["error_codes"] == [number]
    assert "access_token" not in said


async def test_a_token_opens_one_service_for_an_hour():
    at = [0.0]
    tenant = open_tenant(elapsed=lambda: at[0])
    header = f"Bearer {tenant.passes.issue(CONNECTOR)}"

    assert tenant.passes.opens(header, CONNECTOR)
    assert not tenant.passes.opens(header, GRAPH)
    assert not tenant.passes.opens(header.removeprefix("Bearer "), CONNECTOR)
    at[0] = LIFE
    assert not tenant.passes.opens(header, CONNECTOR)


async def test_msal_logs_in_over_http_with_a_secret(served: Served):
    import msal

    def log_in(secret: str) -> Json:
        client = msal.ConfidentialClientApplication(
            APP_ID,
            authority=f"https://login.microsoftonline.com/{TENANT}",
            client_credential=secret,
            http_client=LoginOverHttp(served.url),
            instance_discovery=False,
        )
        return client.acquire_token_for_client([f"{GRAPH}/.default"])

    said = await asyncio.to_thread(log_in, APP_SECRET)
    assert served.tenant.passes.opens(f"Bearer {said['access_token']}", GRAPH)
    assert (await asyncio.to_thread(log_in, "wrong"))["error"] == "invalid_client"


async def test_msal_does_not_find_a_tenant_that_is_not_there(served: Served):
    login = LoginOverHttp(served.url)
    start = "https://login.microsoftonline.com"

    nobody = await asyncio.to_thread(
        login.get, f"{start}/{APP_ID}/v2.0/.well-known/openid-configuration"
    )
    assert nobody.status_code == 400 and "90002" in nobody.text
    with pytest.raises(OSError, match="400"):
        nobody.raise_for_status()
    with pytest.raises(ValueError, match="pretended"):
        login.get("https://login.elsewhere.example/")


def certificate() -> tuple[bytes, bytes]:
    """A private key and its certificate, in PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pretend school")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 7, now - timedelta(days=1), now + timedelta(days=1)
    ).sign(key, hashes.SHA256())
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return private, made.public_bytes(serialization.Encoding.PEM)


async def test_msal_logs_in_over_http_with_a_certificate_of_the_app_only(served: Served):
    import msal

    private, public = await asyncio.to_thread(certificate)

    def log_in() -> Json:
        client = msal.ConfidentialClientApplication(
            APP_ID,
            authority=f"https://login.microsoftonline.com/{TENANT}",
            client_credential={"private_key": private, "public_certificate": public.decode()},
            http_client=LoginOverHttp(served.url),
            instance_discovery=False,
        )
        return client.acquire_token_for_client([f"{CONNECTOR}/.default"])

    assert (await asyncio.to_thread(log_in))["error_codes"] == [700027]
    served.tenant.app = replace(served.tenant.app, certificates=(public,))
    assert "access_token" in await asyncio.to_thread(log_in)
    assert token_endpoint(TENANT).endswith(f"/{TENANT}/oauth2/v2.0/token")


# ------------------------------------------------------------------------------------ connector


async def test_the_connector_wants_a_token_of_its_own(served: Served):
    path = f"connector/v3/conversations/{quote(served.chat(DSL), safe='')}/activities"
    for_graph = served.tenant.passes.issue(GRAPH)

    for token in (None, for_graph, "made-up"):
        status, said = await served.ask("POST", path, message(QUESTION), token=token)
        assert status == 401 and said["error"]["code"] == "Unauthorized"
    assert served.tenant.messages_in(served.chat(DSL)) == []


async def test_a_token_that_was_taken_back_opens_nothing(served: Served):
    _, said = await served.log_in()
    path = f"connector/v3/conversations/{quote(served.chat(DSL), safe='')}/members"
    assert (await served.ask("GET", path, token=said["access_token"]))[0] == 200

    served.tenant.passes.revoke_all()

    assert (await served.ask("GET", path, token=said["access_token"]))[0] == 401


async def test_a_post_into_a_channel_begins_a_thread_and_replies_go_into_it(served: Served):
    root = await served.posted(DSL_CHANNEL)
    other = await served.posted(DSL_CHANNEL)
    reply = await served.posted(f"{DSL_CHANNEL};messageid={root.id}")

    assert root.root is None and other.root is None and reply.root == root.id
    thread = served.tenant.messages_in(f"{DSL_CHANNEL};messageid={root.id}")
    assert [one.id for one in thread] == [root.id, reply.id]
    assert [one.id for one in served.tenant.messages_in(DSL_CHANNEL)] == [
        root.id,
        other.id,
        reply.id,
    ]


async def test_an_answer_to_a_message_goes_into_its_thread(served: Served):
    root = await served.posted(DSL_CHANNEL)
    path = f"/{quote(DSL_CHANNEL, safe='')}/activities/{root.id}"

    status, said = await served.call("POST", path, message(QUESTION))

    assert status == 201
    assert served.tenant.find_message(DSL_CHANNEL, said["id"]).root == root.id


@pytest.mark.parametrize("conversation", ["19:nowhere@thread.tacv2", "a:1nobody"])
async def test_a_conversation_that_is_not_there_is_not_found(served: Served, conversation):
    status, said = await served.post(conversation)
    assert (status, said["error"]["code"]) == (404, "ConversationNotFound")


async def test_a_thread_needs_a_first_message(served: Served):
    root = await served.posted(DSL_CHANNEL)
    reply = await served.posted(f"{DSL_CHANNEL};messageid={root.id}")

    for name in ("123", reply.id):
        status, said = await served.post(f"{DSL_CHANNEL};messageid={name}")
        assert (status, said["error"]["code"]) == (404, "ConversationNotFound")


async def test_a_chat_with_one_person_has_no_threads(served: Served):
    first = await served.posted(served.chat(DSL))
    status, _ = await served.post(f"{served.chat(DSL)};messageid={first.id}")
    assert status == 400


@pytest.mark.parametrize("place", [DSL_CHANNEL, STAFF_CHANNEL])
async def test_a_bot_that_was_removed_is_not_in_the_roster(served: Served, place):
    served.tenant.set_app_in_team(there=False)

    status, said = await served.post(place)

    assert (status, said["error"]["code"]) == (403, "BotNotInConversationRoster")
    assert "not part of the conversation roster" in said["error"]["message"]
    assert served.tenant.faults == ["teams.post: BotNotInConversationRoster"]


async def test_a_person_who_removed_the_bot_hears_nothing(served: Served):
    served.tenant.set_installed(DSL, there=False)

    status, said = await served.post(served.chat(DSL))
    assert (status, said["error"]["code"]) == (403, "BotNotInConversationRoster")
    status, said = await served.call("POST", "", chat_with(DSL))
    assert (status, said["error"]["code"]) == (403, "ForbiddenOperationException")


@pytest.mark.parametrize("code", ["ConversationBlockedByUser", "MessageWritesBlocked"])
async def test_a_person_who_blocked_the_bot_hears_nothing(served: Served, code):
    served.tenant.block(DSL, code)
    status, said = await served.post(served.chat(DSL))
    assert (status, said["error"]["code"]) == (403, code)

    served.tenant.unblock(DSL)
    assert (await served.post(served.chat(DSL)))[0] == 201


def chat_with(*people: str, tenant: str = TENANT, **more: object) -> Json:
    data = {"tenant": {"id": tenant}}
    members = [{"id": person} for person in people]
    return {"members": members, "tenantId": tenant, "channelData": data, **more}


@pytest.mark.parametrize("name", [DSL, DSL.upper(), account_of(DSL)])
async def test_a_chat_is_made_with_a_person_under_either_id(served: Served, name):
    status, said = await served.call("POST", "", chat_with(name, activity=message(QUESTION)))

    assert status == 201
    assert said["id"] == served.chat(DSL) and said["serviceUrl"] == served.tenant.service_url
    assert served.tenant.find_message(said["id"], said["activityId"]).card == QUESTION


@pytest.mark.parametrize(
    "asked",
    [
        chat_with(DSL, DPO),
        chat_with(),
        chat_with("nobody"),
        chat_with(STRANGER),
        chat_with(DSL, tenant=OTHER_TENANT),
        chat_with(DSL, isGroup=True),
    ],
)
async def test_a_chat_is_made_with_one_person_of_this_tenant_only(served: Served, asked):
    status, said = await served.call("POST", "", asked)
    assert (status, said["error"]["code"]) == (400, "BadArgument")


async def test_a_chat_needs_the_app(served: Served):
    status, said = await served.call("POST", "", chat_with(OFFICE))
    assert (status, said["error"]["code"]) == (403, "ForbiddenOperationException")


async def test_a_thread_can_be_begun_by_making_a_conversation(served: Served):
    data = {"tenant": {"id": TENANT}, "channel": {"id": DSL_CHANNEL}}
    asked = {"isGroup": True, "channelData": data}

    status, said = await served.call("POST", "", {**asked, "activity": message(QUESTION)})

    assert status == 201
    assert said["id"] == f"{DSL_CHANNEL};messageid={said['activityId']}"
    assert (await served.call("POST", "", asked))[0] == 400


async def test_a_message_of_more_than_28_kb_is_too_big(served: Served):
    body = message(QUESTION)
    room = 28 * 1024 - len(json.dumps(body))
    status, _ = await served.post(
        DSL_CHANNEL, {**body, "summary": "Something to decide" + "x" * room}
    )
    assert status == 201

    status, said = await served.post(
        DSL_CHANNEL, {**body, "summary": "Something to decide" + "x" * (room + 1)}
    )
    assert (status, said["error"]["code"]) == (413, "MessageSizeTooBig")


@pytest.mark.parametrize(
    "body",
    [
        {"type": "message"},
        {"type": "event", "text": "x"},
        {"type": "message", "text": 7},
        {"type": "message", "text": "x", "summary": ["x"]},
        {"type": "message", "text": "x", "attachmentLayout": "round"},
        {"type": "message", "attachments": {}},
        {"type": "message", "attachments": ["card"]},
        {"type": "message", "attachments": [{"contentType": "image/png"}]},
        message({"type": "HeroCard"}),
        message(card({"type": "Input.Text"})),
        {
            "type": "message",
            "attachments": [{**message(QUESTION)["attachments"][0], "content": "{}"}],
        },
    ],
)
async def test_a_message_that_is_none_is_refused(served: Served, body):
    status, said = await served.post(DSL_CHANNEL, body)

    assert (status, said["error"]["code"]) == (400, "BadSyntax")
    assert served.tenant.messages_in(DSL_CHANNEL) == [] and served.tenant.faults


async def test_only_the_bots_own_messages_can_be_updated(served: Served):
    mine = await served.posted(DSL_CHANNEL)
    path = f"/{quote(DSL_CHANNEL, safe='')}/activities"
    told = served.tenant.post(DSL_CHANNEL, DSL, {"type": "message", "text": "Hello"})

    status, said = await served.call("PUT", f"{path}/{mine.id}", message(FORM, "Decided"))
    assert (status, said["id"]) == (200, mine.id)
    now = served.tenant.find_message(DSL_CHANNEL, mine.id)
    assert (now.card, now.summary, now.version) == (FORM, "Decided", 2)
    assert now.before == (mine.body,)

    status, said = await served.call("PUT", f"{path}/{told.id}", message(FORM))
    assert (status, said["error"]["code"]) == (403, "NotEnoughPermissions")
    status, said = await served.call("PUT", f"{path}/123", message(FORM))
    assert (status, said["error"]["code"]) == (404, "ActivityNotFoundInConversation")


async def test_a_deleted_message_is_gone(served: Served):
    mine = await served.posted(DSL_CHANNEL)
    path = f"/{quote(DSL_CHANNEL, safe='')}/activities/{mine.id}"

    assert (await served.call("DELETE", path))[0] == 200
    assert (await served.call("PUT", path, message(FORM)))[0] == 404
    assert served.tenant.messages_in(DSL_CHANNEL) == []


async def test_typing_is_taken_and_shows_nothing(served: Served):
    status, _ = await served.post(DSL_CHANNEL, {"type": "typing"})
    assert status == 202 and served.tenant.messages_in(DSL_CHANNEL) == []


async def test_a_private_channel_has_its_own_roster_and_a_standard_one_the_teams(served: Served):
    _, private = await served.call("GET", f"/{quote(DSL_CHANNEL, safe='')}/members")
    _, whole = await served.call("GET", f"/{quote(STAFF_CHANNEL, safe='')}/members")
    _, alone = await served.call("GET", f"/{quote(served.chat(CHAIR), safe='')}/members")

    assert [one["aadObjectId"] for one in private] == [DSL, DEPUTY, GUEST]
    assert [one["userRole"] for one in private] == ["user", "user", "guest"]
    assert private[0]["email"] == "dsl@school.example" and private[0]["tenantId"] == TENANT
    assert len(whole) == 8 and [one["aadObjectId"] for one in alone] == [CHAIR]


async def test_a_roster_comes_in_pages(served: Served):
    served.tenant.page_size = 3
    path = f"/{quote(STAFF_CHANNEL, safe='')}/pagedmembers?pageSize=500"
    found, token = [], "0"
    while token:
        _, page = await served.call("GET", f"{path}&continuationToken={token}")
        assert len(page["members"]) <= 3
        found += [one["id"] for one in page["members"]]
        token = page.get("continuationToken")

    assert len(found) == len(set(found)) == 8


async def test_one_member_is_found_under_either_id(served: Served):
    start = f"/{quote(DSL_CHANNEL, safe='')}/members"
    for name in (DSL, account_of(DSL)):
        status, said = await served.call("GET", f"{start}/{name}")
        assert (status, said["aadObjectId"]) == (200, DSL)

    status, said = await served.call("GET", f"{start}/{TEACHER}")
    assert (status, said["error"]["code"]) == (404, "MemberNotFoundInConversation")


# ---------------------------------------------------------------------------------------- graph


async def test_graph_describes_a_person_of_the_tenant(served: Served):
    status, said = await served.graph(f"/users/{DSL}?$select=id,mail,userType,accountEnabled")
    assert status == 200
    known = {name: said[name] for name in said if not name.startswith("@")}
    assert known == {
        "id": DSL,
        "mail": "dsl@school.example",
        "userType": "Member",
        "accountEnabled": True,
    }
    _, said = await served.graph(f"/users/{GUEST}?$select=userType,userPrincipalName")
    assert said["userType"] == "Guest" and "#EXT#" in said["userPrincipalName"]


@pytest.mark.parametrize("name", [STRANGER, TENANT, "nobody@school.example"])
async def test_graph_does_not_know_people_of_other_tenants(served: Served, name):
    status, said = await served.graph(f"/users/{name}")
    assert (status, said["error"]["code"]) == (404, "Request_ResourceNotFound")


async def test_graph_lists_a_group_and_the_groups_in_it_in_pages(served: Served):
    served.tenant.page_size = 2
    path = f"/groups/{DSL_GROUP}/transitiveMembers/microsoft.graph.user?$count=true&$select=id"

    _, first = await served.graph(path, ConsistencyLevel="eventual")
    url = first["@odata.nextLink"]
    token = served.tenant.passes.issue(GRAPH)
    eventual = {"ConsistencyLevel": "eventual"}
    status, second = await served.ask("GET", url, token=token, headers=eventual)

    assert status == 200 and "@odata.nextLink" not in second and first["@odata.count"] == 3
    assert [one["id"] for one in first["value"] + second["value"]] == [DSL, GUEST, DEPUTY]


async def test_graph_wants_its_own_token_its_permission_and_the_right_question(served: Served):
    token = served.tenant.passes.issue(CONNECTOR)
    status, said = await served.ask("GET", f"graph/v1.0/users/{DSL}", token=token)
    assert (status, said["error"]["code"]) == (401, "InvalidAuthenticationToken")

    group = f"/groups/{DSL_GROUP}/transitiveMembers/microsoft.graph.user"
    status, said = await served.graph(f"{group}?$count=true")
    assert (status, said["error"]["code"]) == (400, "Request_UnsupportedQuery")
    status, said = await served.graph(f"/users/{DSL}?$select=shoeSize")
    assert (status, said["error"]["code"]) == (400, "BadRequest")

    served.tenant.roles.clear()
    for path in (f"/users/{DSL}", f"{group}?$count=true"):
        status, said = await served.graph(path, ConsistencyLevel="eventual")
        assert (status, said["error"]["code"]) == (403, "Authorization_RequestDenied")


# ----------------------------------------------------------------------------------- bad weather


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("PreconditionFailed", 412),
        ("BadGateway", 502),
        ("ServiceUnavailable", 503),
        ("GatewayTimeout", 504),
        ("BotDisabledByAdmin", 403),
    ],
)
async def test_a_refusal_comes_once_and_nothing_is_posted(served: Served, code, wanted):
    served.tenant.conditions["teams.post"].refusals = (code,)

    status, said = await served.post(DSL_CHANNEL)
    assert (status, said["error"]["code"]) == (wanted, code)
    assert served.tenant.messages_in(DSL_CHANNEL) == []
    assert (await served.post(DSL_CHANNEL))[0] == 201


async def test_too_many_posts_are_told_how_long_to_wait(served: Served):
    served.tenant.conditions["teams.post"].rate_limited = 1
    served.tenant.conditions["teams.post"].retry_after = 7
    token = served.tenant.passes.issue(CONNECTOR)
    path = f"{served.url}/teams/connector/v3/conversations/{quote(DSL_CHANNEL)}/activities"
    headers = {"Authorization": f"Bearer {token}"}

    async with served.web.post(path, json=message(QUESTION), headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


async def test_a_post_may_be_taken_and_its_answer_lost(served: Served):
    served.tenant.conditions["teams.post"].drop_after_accepting = 1
    with pytest.raises(aiohttp.ClientError):
        await served.post(DSL_CHANNEL)
    served.tenant.conditions["teams.post"].fail_after_accepting = 1
    assert (await served.post(DSL_CHANNEL))[0] == 500

    assert len(served.tenant.messages_in(DSL_CHANNEL)) == 2


async def test_everything_may_be_down(served: Served):
    served.tenant.conditions["*"].down = True
    assert (await served.post(DSL_CHANNEL))[0] == 503
    assert (await served.graph(f"/users/{DSL}"))[0] == 503
    assert served.tenant.messages_in(DSL_CHANNEL) == []


async def test_the_same_conditions_bear_on_the_workspace_and_on_the_tenant():
    workspace = open_school()
    assert open_tenant(conditions=workspace.conditions).conditions is workspace.conditions


async def test_calls_are_kept_with_what_they_were_answered(served: Served):
    await served.posted(DSL_CHANNEL, card(actions=(DECIDE,)))
    await served.post("a:1nobody")

    assert [call.error for call in served.tenant.calls_of("teams.post")] == [
        None,
        "ConversationNotFound",
    ]


async def test_whoever_waits_hears_of_a_change(served: Served):
    waiting = asyncio.create_task(
        served.tenant.until(lambda: served.tenant.summaries_in(DSL_CHANNEL))
    )
    await served.posted(DSL_CHANNEL)
    assert await waiting == ["Something to decide"]
    with pytest.raises(TimeoutError):
        await served.tenant.until(lambda: None, patience=0.01)
