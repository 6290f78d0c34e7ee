"""What Teams sends in the bench: words typed, and dialogs filled in as their own cards ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bench.load import Line, run, send_each
from bench.payloads import ANSWERS
from bench.processes import LOOPBACK
from bench.teams_tenant import STAFF, staff
from playground.teams_activities import Activities
from playground.teams_cards import CardButton, buttons, fill_in, pressed_data
from playground.teams_courier import AGENT
from playground.teams_residents import TeamsMessage, TeamsPerson
from playground.teams_tenant import Tenant

AT_ONCE = 16
OUTCOME = "walk.outcome"
PAGES = frozenset({"walk.page", "walk.people", OUTCOME})
"""The buttons that hand a page in."""
NOBODY = "nobody"
Json = dict[str, Any]


class Hands:
    """What people of a tenant do, each deed as the whole HTTP request that Teams makes of it."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._activities = Activities(tenant)
        # Teams sends one token for about an hour.
        self._token = tenant.keys.token(tenant.service_url)

    def say(self, number: int, text: str) -> bytes:
        """A word typed to the bot, one to one."""
        person = staff(number)
        body = {"type": "message", "text": text}
        said = self._message(person, person.id, body)
        return self._carry(self._activities.message(person, said, mentions=False))

    def begin(self, person: TeamsPerson) -> bytes:
        """A press of the button that opens the dialog."""
        asked = self._message(person, self._tenant.app.account, {})
        data = {"do": "ways.check", "value": "", "msteams": {"type": "task/fetch"}}
        return self._carry(self._activities.fetch(person, asked, data))

    def hand_in(self, person: TeamsPerson, card: Json) -> bytes:
        """A page of a dialog with every box and choice filled in from `ANSWERS`."""
        button = own_button(card)
        given = {str(one["id"]): _given(one) for one in button.inputs}
        data = pressed_data(button, fill_in(button, given))
        chat = self._tenant.chat_id(person.id)
        return self._carry(self._activities.submit(person, chat, self._tenant.new_id(), data))

    def read(self, person: TeamsPerson, case: str) -> bytes:
        """A press of the button that opens a case to be read in private."""
        asked = self._message(person, self._tenant.app.account, {})
        data = {"do": "case.read", "value": case, "msteams": {"type": "task/fetch"}}
        return self._carry(self._activities.fetch(person, asked, data))

    def decide(self, person: TeamsPerson, channel: str, case: str) -> bytes:
        """A decision in the thread, with its reason."""
        name = self._tenant.new_id()
        at = self._tenant.time_of(name)
        card = TeamsMessage(channel, name, self._tenant.app.account, at, {}, root=name)
        action = {"type": "Action.Execute", "verb": "case.decide.share"}
        data = {"value": case, "f.reason": ANSWERS["reason"]}
        return self._carry(self._activities.execute(person, card, action, data, "manual"))

    def _message(self, person: TeamsPerson, by: str, body: Json) -> TeamsMessage:
        name = self._tenant.new_id()
        chat = self._tenant.chat_id(person.id)
        return TeamsMessage(chat, name, by, self._tenant.time_of(name), body)

    def _carry(self, activity: Json) -> bytes:
        body = json.dumps(activity).encode()
        head = (
            "POST /teams/messages HTTP/1.1\r\n"
            f"host: {LOOPBACK}\r\n"
            f"user-agent: {AGENT}\r\n"
            f"authorization: Bearer {self._token}\r\n"
            "content-type: application/json; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def page_turns(hands: Hands, port: int) -> list[bytes]:
    """The pages of one whole walk, handed in; they may be sent again and again."""
    return _walks(hands, port, 1)[0][:-1]


def finished_walks(hands: Hands, port: int, count: int) -> list[bytes]:
    """The last pages of so many walks: each one records a case of its own."""
    return [walk[-1] for walk in _walks(hands, port, count)]


def own_button(card: Json) -> CardButton:
    """The button that hands a page in. Raises StopIteration where there is none."""
    return next(one for one in buttons(card) if one.action.get("data", {}).get("do") in PAGES)


def _walks(hands: Hands, port: int, count: int) -> list[list[bytes]]:
    """Walks by the staff in turns; the last request of each is made but not sent."""
    walks: list[list[bytes]] = []

    async def walk(line: Line, person: TeamsPerson) -> None:
        walks.append([request async for request in _turn_all(hands, line, person)])

    people: Iterator[TeamsPerson] = (staff(number % STAFF) for number in range(count))
    journeys = [lambda line, one=one: walk(line, one) for one in people]
    run(send_each(port, min(AT_ONCE, count), journeys))
    return walks


async def _turn_all(hands: Hands, line: Line, person: TeamsPerson) -> Any:
    """Fill in page after page, until the outcome; each page that is handed in."""
    card = _card(await line.ask(hands.begin(person)))
    while own_button(card).action["data"]["do"] != OUTCOME:
        request = hands.hand_in(person, card)
        yield request
        card = _card(await line.ask(request))
    yield hands.hand_in(person, card)


def _card(answer: Any) -> Json:
    if not answer.well:
        raise RuntimeError(f"a page was answered {answer.status}")
    card: Json = json.loads(answer.body)["task"]["value"]["card"]["content"]
    return card


def _given(asked: Json) -> str:
    name = str(asked["id"])
    return NOBODY if name.startswith("q.people.") else ANSWERS.get(name.rsplit(".", 1)[-1], "")
