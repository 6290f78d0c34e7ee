"""What the product may ask of any chat: one set of tests, over HTTP, for every platform."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable

import pytest

from bot.chat import (
    Card,
    DeliveryError,
    InDoubt,
    MessageRef,
    NotNow,
    Place,
    Platform,
    RefusedForGood,
    Standing,
)
from storage.store import Store
from tests.card_samples import hostile, normal_samples
from tests.case_samples import case_contexts, event_contexts
from tests.chat_worlds import WORLDS, World
from tests.fixtures_school import warm_renderer

FIRST, SECOND = Card("refused", {"code": "Guest"}), Card("refused", {"code": "OwnCase"})
NOTE = Card("thread_note", event_contexts()[0])
REPEAT = "repeat"
"""What a card says that may have come before."""
HOSTILE = [
    Card(name, hostile(context))
    for name in ("root", "thread", "copy", "requester_copy", "assignee", "refused")
    for context in normal_samples()[name][:1]
]


@pytest.fixture(params=list(Platform))
async def world(request: pytest.FixtureRequest, sqlite_store: Store) -> AsyncIterator[World]:
    async with WORLDS[request.param](sqlite_store) as opened:
        yield opened


async def failure(work: Awaitable[object]) -> DeliveryError:
    """The error that a verb came to."""
    with pytest.raises(DeliveryError) as caught:
        await work
    return caught.value


# ------------------------------------------------------------------------------ posting


async def test_a_card_stands_where_it_was_posted_and_its_reference_names_it(world: World):
    ref = await world.chat.send(world.room, FIRST, key="k1")

    (seen,) = world.seen(world.room)
    assert ref == MessageRef(world.room, seen.id)
    assert seen.thread is None
    assert seen.words == warm_renderer().say(FIRST, world.platform)
    assert world.faults == []


async def test_an_answer_stands_in_the_thread(world: World):
    root = await world.chat.send(world.room, FIRST, key="k1")
    reply = await world.chat.send(world.room, SECOND, key="k2", thread=root)

    first, second = world.seen(world.room)
    assert (first.id, second.id, second.thread) == (root.id, reply.id, root.id)
    assert reply.place == world.room
    assert world.faults == []


async def test_a_private_card_is_seen_by_one_person_alone(world: World):
    root = await world.chat.send(world.room, FIRST, key="k1")
    deputy = world.people["deputy"]
    await world.chat.send(world.room, SECOND, key="k2", thread=root, only_for=deputy)

    assert [one.words for one in world.told(deputy)] == [
        warm_renderer().say(SECOND, world.platform)
    ]
    assert [one.id for one in world.seen(world.room)] == [root.id]
    assert world.told(world.people["dsl"]) == []
    assert world.faults == []


async def test_a_card_is_drawn_again_in_its_place(world: World):
    ref = await world.chat.send(world.room, FIRST, key="k1")
    await world.chat.update(ref, SECOND)

    (seen,) = world.seen(world.room)
    assert (seen.id, seen.words) == (ref.id, warm_renderer().say(SECOND, world.platform))
    assert world.faults == []


async def test_an_answer_in_a_thread_is_drawn_again_in_its_place(world: World):
    root = await world.chat.send(world.room, FIRST, key="k1")
    reply = await world.chat.send(world.room, FIRST, key="k2", thread=root)
    await world.chat.update(reply, SECOND)

    _, seen = world.seen(world.room)
    assert (seen.id, seen.thread) == (reply.id, root.id)
    assert seen.words == warm_renderer().say(SECOND, world.platform)


@pytest.mark.parametrize("card", HOSTILE, ids=lambda card: card.template)
async def test_whatever_was_typed_the_platform_takes_the_card(world: World, card: Card):
    ref = await world.chat.send(world.room, card, key="k1")
    await world.chat.update(ref, card)

    assert len(world.seen(world.room)) == 1
    assert world.faults == []


# ------------------------------------------------------------------------------ one to one


async def test_one_to_one_is_one_conversation_however_often_it_is_asked_for(world: World):
    teacher = world.people["teacher"]
    places = {await world.chat.direct(teacher) for _ in range(3)}

    (place,) = places
    assert (place.platform, place.team) == (world.platform, teacher.team)
    assert Place.parse(str(place)) == place
    assert world.asked("direct") == 1


async def test_what_is_said_one_to_one_reaches_that_person(world: World):
    teacher = world.people["teacher"]
    await world.chat.send(await world.chat.direct(teacher), FIRST, key="k1")

    assert len(world.told(teacher)) == 1
    assert world.seen(world.room) == []
    assert world.faults == []


# ------------------------------------------------------------------------------ people


async def test_members_come_with_their_standing_and_bots_are_left_out(world: World):
    found = {member.account: member for member in await world.chat.members(world.room)}

    assert {account: member.standing for account, member in found.items()} == {
        world.people["dsl"]: Standing.MEMBER,
        world.people["deputy"]: Standing.MEMBER,
        world.people["guest"]: Standing.GUEST,
        world.people["stranger"]: Standing.STRANGER,
    }
    assert found[world.people["dsl"]].name == "DSL"


async def test_only_members_have_addresses_that_are_believed(world: World):
    found = {member.account: member for member in await world.chat.members(world.room)}

    assert found[world.people["dsl"]].emails == (world.emails["dsl"],)
    assert found[world.people["guest"]].emails == ()
    assert found[world.people["stranger"]].emails == ()


async def test_a_profile_says_the_same_as_the_members_of_a_place(world: World):
    before = {name: await world.chat.profile(world.people[name]) for name in ("dsl", "guest")}
    found = await world.chat.members(world.room)

    assert all(member in found for member in before.values())


async def test_a_profile_is_asked_for_once_in_a_while(world: World):
    teacher = world.people["teacher"]
    found = [await world.chat.profile(teacher) for _ in range(3)]

    assert found[0] == found[1] == found[2]
    assert found[0] is not None
    assert found[0].emails == (world.emails["teacher"],)
    assert world.asked("profile") == 1


@pytest.mark.parametrize("name", ["nobody", "stranger", "guest"])
async def test_whoever_is_not_of_the_school_is_no_member(world: World, name: str):
    found = await world.chat.profile(world.people[name])

    assert found is None or (found.standing is not Standing.MEMBER and found.emails == ())


# ------------------------------------------------------------------------------ bad weather


async def test_at_a_limit_it_was_surely_not_sent_and_says_how_long(world: World):
    condition = world.conditions[world.verbs["send"]]
    condition.rate_limited, condition.retry_after = 1, 7
    error = await failure(world.chat.send(world.room, FIRST, key="k1"))

    assert isinstance(error, NotNow)
    assert error.after == 7
    assert world.seen(world.room) == []
    assert world.asked("send") == 1


async def test_when_the_platform_is_down_a_post_is_never_called_refused(world: World):
    world.conditions[world.verbs["send"]].down = True
    error = await failure(world.chat.send(world.room, FIRST, key="k1"))

    assert isinstance(error, (NotNow, InDoubt))
    assert world.seen(world.room) == []
    assert world.asked("send") == 1


@pytest.mark.parametrize("trouble", ["fail_after_accepting", "drop_after_accepting"])
async def test_what_was_taken_and_not_acknowledged_is_a_doubt(world: World, trouble: str):
    setattr(world.conditions[world.verbs["send"]], trouble, 1)
    error = await failure(world.chat.send(world.room, FIRST, key="k1"))

    assert isinstance(error, InDoubt)
    assert len(world.seen(world.room)) == 1
    assert world.asked("send") == 1


@pytest.mark.parametrize("trouble", ["fail_after_accepting", "drop_after_accepting"])
async def test_after_a_doubt_the_card_is_found_or_says_that_it_may_come_again(
    world: World, trouble: str
):
    setattr(world.conditions[world.verbs["send"]], trouble, 1)
    await failure(world.chat.send(world.room, NOTE, key="k1"))
    ref = await world.chat.send(world.room, NOTE, key="k1", look_first=True)

    seen = world.seen(world.room)
    assert seen[-1].id == ref.id
    assert [REPEAT in one.body for one in seen] == [False] + [True] * (not world.finds_posts)


async def test_a_first_look_finds_nothing_where_nothing_is(world: World):
    ref = await world.chat.send(world.room, NOTE, key="k1", look_first=True)

    assert [one.id for one in world.seen(world.room)] == [ref.id]


async def test_somewhere_that_is_not_there_is_refused_for_good(world: World):
    error = await failure(world.chat.send(world.nowhere, FIRST, key="k1"))

    assert isinstance(error, RefusedForGood)
    assert error.code.endswith("_not_found")


async def test_a_message_that_is_not_there_cannot_be_drawn_again(world: World):
    gone = MessageRef(world.room, "1700000000.000100")
    error = await failure(world.chat.update(gone, FIRST))

    assert isinstance(error, RefusedForGood)
    assert error.code == "message_not_found"


@pytest.mark.parametrize("trouble", ["fail_after_accepting", "down"])
async def test_drawing_again_is_only_delayed(world: World, trouble: str):
    ref = await world.chat.send(world.room, FIRST, key="k1")
    condition = world.conditions[world.verbs["update"]]
    setattr(condition, trouble, 1)
    error = await failure(world.chat.update(ref, SECOND))
    condition.down = False
    await world.chat.update(ref, SECOND)

    assert isinstance(error, NotNow)
    assert [one.words for one in world.seen(world.room)] == [
        warm_renderer().say(SECOND, world.platform)
    ]


async def test_a_line_that_breaks_leaves_the_card_drawn_again_or_delayed(world: World):
    ref = await world.chat.send(world.room, FIRST, key="k1")
    world.conditions[world.verbs["update"]].drop_after_accepting = 1
    try:
        await world.chat.update(ref, SECOND)
    except NotNow:
        await world.chat.update(ref, SECOND)

    assert [one.words for one in world.seen(world.room)] == [
        warm_renderer().say(SECOND, world.platform)
    ]


@pytest.mark.parametrize("trouble", ["rate_limited", "fail_after_accepting", "down"])
@pytest.mark.parametrize("verb", ["direct", "members", "profile"])
async def test_what_cannot_be_asked_now_is_asked_later(world: World, verb: str, trouble: str):
    teacher = world.people["teacher"]
    condition = world.conditions[world.verbs[verb]]
    ask = {
        "direct": lambda: world.chat.direct(teacher),
        "members": lambda: world.chat.members(world.room),
        "profile": lambda: world.chat.profile(teacher),
    }[verb]
    setattr(condition, trouble, 1)
    error = await failure(ask())
    asked = world.asked(verb)
    condition.down = False

    assert isinstance(error, NotNow)
    assert asked == 1
    assert await ask()


# ------------------------------------------------------------------------------ what only some have


async def test_a_dialog_needs_somebody_who_pressed_just_now(world: World):
    page = Card("refused_view", {"code": "Guest"})

    assert isinstance(await failure(world.chat.open("no such trigger", page)), RefusedForGood)


async def test_a_home_page_has_a_version_where_there_are_any(world: World):
    card = Card("home", normal_samples()["home"][0]) if world.has_home else FIRST
    version = await world.chat.show_home(world.people["dsl"], card)

    assert bool(version) is world.has_home


# ------------------------------------------------------------------------------ nothing personal


async def test_no_error_repeats_what_was_typed_or_whom_it_was_for(world: World):
    word = "zebrafinch"
    card = Card("thread", hostile(case_contexts()[0], word))
    teacher = world.people["teacher"]
    world.conditions[world.verbs["send"]].refusals = ("x",) if world.has_home else ("BadSyntax",)
    errors = [
        await failure(world.chat.send(world.room, card, key="k1")),
        await failure(world.chat.send(world.nowhere, card, key="k1")),
        await failure(world.chat.update(MessageRef(world.room, "1.2"), card)),
    ]

    for error in errors:
        assert word not in repr(error) + str(error)
        assert teacher.user not in repr(error) + str(error)
