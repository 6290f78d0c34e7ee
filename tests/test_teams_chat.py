"""The Teams chat: where it may write, who is there, and what it remembers of both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.chat import (
    InDoubt,
    MessageRef,
    NotNow,
    RefusedForGood,
)
from handlers import telling
from handlers.teams_book import PERSON, Kept, TeamsBook
from handlers.teams_book import TENANT as ANY
from handlers.teams_chat import TeamsChat
from handlers.telling import tell_soon
from playground import teams_school as pretend
from playground.teams_school import (
    DSL,
    DSL_CHANNEL,
    OFFICE,
    OTHER_TENANT,
    STRANGER,
    TEACHER,
    TENANT,
)
from storage.store import Store
from tests.fixtures_school import warm_renderer
from tests.stores import ask
from tests.teams_doors import Hands
from tests.teams_line import CARD, OTHER_CARD, TeamsLine, account, place, teams_line
from tests.test_teams_calls import Service, calls_to

ROOM = place(DSL_CHANNEL)
ELSEWHERE = "https://connector.example.net/"
LIKE_OURS = "https://smba.trafficmanager.net"


@pytest.fixture
async def line(sqlite_store: Store) -> AsyncIterator[TeamsLine]:
    async with teams_line(sqlite_store) as opened:
        yield opened


@asynccontextmanager
async def chat_to(service: Service, store: Store) -> AsyncIterator[TeamsChat]:
    """Our chat with a connector and a Graph that say what a test wants."""
    async with calls_to(service) as calls:
        book = TeamsBook(store, [service.address])
        await book.keep(TENANT, PERSON, TEACHER, "a:teacher", f"{service.address}/")
        about = {"tenant": TENANT, "app_id": pretend.APP_ID, "graph_url": f"{service.address}/v1.0"}
        yield TeamsChat(calls._session, calls._tokens, warm_renderer(), book, **about)


def codes(line: TeamsLine, method: str) -> list[str | None]:
    return [call.error for call in line.tenant.calls_of(method)]


# ------------------------------------------------------------------------------ the book


async def test_a_chat_that_the_bot_heard_of_is_not_made_anew(line: TeamsLine):
    await line.chat.book.keep(TENANT, PERSON, TEACHER, "a:known", line.tenant.service_url)

    assert await line.chat.direct(account(TEACHER)) == place("a:known")
    assert line.tenant.calls_of("teams.create") == []


async def test_a_chat_that_was_made_is_remembered_by_the_next_process_too(line: TeamsLine):
    first = await line.chat.direct(account(TEACHER))
    again = await line.chat.direct(account(TEACHER))
    restarted = await line.open_chat().direct(account(TEACHER))

    assert first == again == restarted == place(line.tenant.chat_id(TEACHER))
    assert codes(line, "teams.create") == [None]


async def test_a_chat_that_was_dropped_is_made_anew(line: TeamsLine):
    await line.chat.direct(account(TEACHER))
    await line.chat.book.drop(TENANT, PERSON, TEACHER)
    await line.chat.direct(account(TEACHER))

    assert codes(line, "teams.create") == [None, None]


async def test_what_is_known_already_is_not_written_again(line: TeamsLine):
    when = "SELECT kind, updated_at FROM conversations ORDER BY kind"
    before = ask(line.store, when)
    await line.hear_of_channel()
    restarted = TeamsBook(line.store, line.services)
    await restarted.keep(TENANT, ANY, "", "", line.tenant.service_url)

    assert ask(line.store, when) == before
    assert [row.kind for row in before] == ["tenant"]
    await line.store.close()
    await line.hear_of_channel()  # nor looked for


async def test_the_newest_address_of_the_service_wins(line: TeamsLine):
    newer = f"{line.services[0]}uk/"
    await line.chat.book.keep(TENANT, PERSON, DSL, "a:dsl", newer)

    assert await line.chat.book.service_url(TENANT) == newer.rstrip("/")
    assert await TeamsBook(line.store, line.services).service_url(TENANT) == newer.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        ELSEWHERE,
        "http://smba.trafficmanager.net/",
        "https://smba.trafficmanager.net.example.net/",
        "https://smba.trafficmanager.net@example.net/",
        "https://somebody@smba.trafficmanager.net/",
        "https://example.net\\@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net:444/",
        "https://smba.trafficmanager.net/uk/../../",
        "https://smba.trafficmanager.net/?to=",
        "https://smba.trafficmanager.net/#",
        "https://[::1",
        "https://",
        "//smba.trafficmanager.net/",
        "file:///etc/passwd",
    ],
)
async def test_tokens_go_to_no_service_that_is_not_allowed(sqlite_store: Store, url: str):
    book = TeamsBook(sqlite_store, [f"{LIKE_OURS}/"])
    await book.keep(TENANT, PERSON, DSL, "a:dsl", url)

    assert await book.of_person(TENANT, DSL) is None
    assert await book.service_url(TENANT) is None


@pytest.mark.parametrize("url", [LIKE_OURS, f"{LIKE_OURS}/uk/", f"{LIKE_OURS}/uk/{TENANT}/"])
async def test_whatever_region_of_an_allowed_service_is_kept(sqlite_store: Store, url: str):
    book = TeamsBook(sqlite_store, [f"{LIKE_OURS}/"])
    await book.keep(TENANT, PERSON, DSL, "a:dsl", url)

    assert await book.service_url(TENANT) == url.rstrip("/")


async def test_an_address_that_is_allowed_no_more_is_not_used(line: TeamsLine):
    await line.chat.book.keep(TENANT, PERSON, DSL, "a:dsl", line.tenant.service_url)
    stricter = TeamsBook(line.store, [ELSEWHERE])

    assert await line.chat.book.of_person(TENANT, DSL) is not None
    assert await stricter.service_url(TENANT) is None
    assert await stricter.of_person(TENANT, DSL) is None


async def test_when_the_store_does_not_answer_it_is_not_a_refusal(line: TeamsLine):
    fresh = line.open_chat()
    await line.store.close()
    for ask_it in (fresh.direct(account(TEACHER)), fresh.members(ROOM)):
        with pytest.raises(NotNow) as caught:
            await ask_it
        assert caught.value.code == "store_unavailable"


async def test_a_chat_is_used_although_it_could_not_be_written_down(line: TeamsLine):
    line.tenant.conditions["teams.create"].latency = 0.3
    waiting = asyncio.create_task(line.chat.direct(account(TEACHER)))
    while not line.tenant.calls_of("teams.login"):
        await asyncio.sleep(0.005)
    await line.store.close()

    assert await waiting == place(line.tenant.chat_id(TEACHER))


def test_a_memory_holds_the_newest_and_believes_them_for_a_while():
    clock = Hands(0.0)
    kept: Kept[str, int] = Kept(2, 600.0, clock)
    for number, name in enumerate("abac"):
        kept.put(name, number)

    assert (kept.get("a"), kept.get("b"), kept.get("c"), len(kept)) == (2, None, 3, 2)
    clock.now = 600.0
    assert (kept.get("a"), kept.last("a")) == (None, 2)


# ------------------------------------------------------------------------------ one to one


async def test_who_has_not_the_app_cannot_be_written_to(line: TeamsLine):
    with pytest.raises(RefusedForGood) as caught:
        await line.chat.direct(account(OFFICE))

    assert caught.value.code == "bot_not_installed"
    assert codes(line, "teams.create") == ["ForbiddenOperationException"]


async def test_whatever_teams_calls_it_who_cannot_be_written_to_has_not_the_app(line: TeamsLine):
    refusals = ("BotNotInConversationRoster", "NotEnoughPermissions", "BotDisabledByAdmin")
    line.tenant.conditions["teams.create"].refusals = refusals
    found = []
    for _ in refusals:
        with pytest.raises(RefusedForGood) as caught:
            await line.chat.direct(account(TEACHER))
        found.append(caught.value.code)

    assert found == ["bot_not_installed", "bot_not_installed", "bot_disabled"]


@pytest.mark.parametrize("person", [STRANGER, TEACHER])
async def test_whoever_is_of_another_tenant_is_not_even_asked_for(line: TeamsLine, person: str):
    with pytest.raises(RefusedForGood) as caught:
        await line.chat.direct(account(person, OTHER_TENANT))

    assert caught.value.code == "bot_not_installed"
    assert line.tenant.calls_of("teams.create") == []


async def test_as_long_as_teams_never_spoke_to_us_we_cannot_speak(sqlite_store: Store):
    async with teams_line(sqlite_store, heard=False) as line:
        for tried in (
            line.chat.direct(account(TEACHER)),
            line.chat.send(ROOM, CARD, key="k"),
            line.chat.update(MessageRef(ROOM, "1"), CARD),
            line.chat.members(ROOM),
        ):
            with pytest.raises(RefusedForGood) as caught:
                await tried
            assert caught.value.code == "bot_not_installed"
        assert list(line.tenant.calls) == []


@pytest.mark.parametrize("code", ["ConversationBlockedByUser", "MessageWritesBlocked"])
async def test_who_blocked_the_bot_is_told_nothing_for_good(line: TeamsLine, code: str):
    chat = await line.chat.direct(account(TEACHER))
    line.tenant.block(TEACHER, code)
    with pytest.raises(RefusedForGood) as caught:
        await line.chat.send(chat, CARD, key="k")

    assert caught.value.code == "bot_blocked"


async def test_in_a_chat_an_answer_is_just_another_message(line: TeamsLine):
    chat = await line.chat.direct(account(TEACHER))
    first = await line.chat.send(chat, CARD, key="k")
    await line.chat.send(chat, OTHER_CARD, key="k", thread=first)

    assert [message.root for message in line.tenant.messages_in(chat.id)] == [None, None]


async def test_not_sent_arrives_although_teams_limits_at_first(
    line: TeamsLine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(telling, "LONGEST_WAIT", 0.01)
    line.tenant.conditions["teams.create"].rate_limited = 1
    line.tenant.conditions["teams.post"].down = False
    await tell_soon(line.chat, account(TEACHER), CARD, key="k")

    assert len(line.tenant.messages_in(line.tenant.chat_id(TEACHER))) == 1


async def test_after_a_few_tries_it_is_given_up(line: TeamsLine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(telling, "LONGEST_WAIT", 0.01)
    line.tenant.conditions["teams.post"].down = True
    with pytest.raises(InDoubt):
        await tell_soon(line.chat, account(TEACHER), CARD, key="k")

    assert len(line.tenant.calls_of("teams.post")) == telling.TRIES


# ------------------------------------------------------------------------------ messages


async def test_the_sdk_reads_what_we_send_as_a_message_with_a_card(line: TeamsLine):
    from microsoft_teams.api import MessageActivityInput
    from microsoft_teams.cards import AdaptiveCard

    ref = await line.chat.send(ROOM, CARD, key="k")
    sent = line.tenant.find_message(DSL_CHANNEL, ref.id)
    activity = MessageActivityInput.model_validate(sent.body)

    assert (activity.from_.id, activity.conversation.id) == (f"28:{pretend.APP_ID}", DSL_CHANNEL)
    assert activity.conversation.tenant_id == TENANT
    (attachment,) = activity.attachments
    assert AdaptiveCard.model_validate(attachment.content).version == "1.5"


async def test_an_answer_is_drawn_again_by_its_thread_or_by_the_channel(line: TeamsLine):
    root = await line.chat.send(ROOM, CARD, key="k1")
    reply = await line.chat.send(ROOM, CARD, key="k2", thread=root)
    for chat in (line.chat, line.open_chat()):
        await chat.update(reply, OTHER_CARD)

    by = [call.arguments["id"] for call in line.tenant.calls_of("teams.update")]
    assert by == [f"{DSL_CHANNEL};messageid={root.id}", DSL_CHANNEL]
    assert line.tenant.find_message(DSL_CHANNEL, reply.id).version == 3


async def test_a_message_without_an_id_is_drawn_again_by_nobody(line: TeamsLine):
    with pytest.raises(RefusedForGood) as caught:
        await line.chat.update(MessageRef(ROOM, ""), CARD)

    assert caught.value.code == "message_not_found"
    assert line.tenant.calls_of("teams.update") == []


async def test_what_was_taken_without_a_word_is_not_posted_again(sqlite_store: Store):
    service = Service().say(202)
    async with chat_to(service, sqlite_store) as chat:
        assert await chat.send(ROOM, CARD, key="k") == MessageRef(ROOM, "")


async def test_a_post_that_gets_another_answer_than_an_id_is_a_doubt(sqlite_store: Store):
    async with chat_to(Service().say(200, '{"ok": true}'), sqlite_store) as chat:
        with pytest.raises(InDoubt) as caught:
            await chat.send(ROOM, CARD, key="k")

    assert caught.value.code == "no_id"
