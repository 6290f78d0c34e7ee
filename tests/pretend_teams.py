"""A pretend school on Teams: what people do there, and what they see, by the same names as on Slack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from bot.case import Case
from playground import teams_school as tenant
from playground.teams_answers import Answered, Outcome
from playground.teams_cards import buttons as buttons_in
from playground.teams_cards import inputs_in
from playground.teams_cards import words_of as card_words
from playground.teams_client import TeamsClient
from playground.teams_residents import TeamsMessage
from playground.teams_tenant import Tenant
from tests.pretend_school import REASONS, PretendSchool

BOXES = "f."


@dataclass
class TeamsSchool(PretendSchool):
    """The same verbs with other hands. People are named by their object ids."""

    teams: TeamsClient

    @property
    def tenant(self) -> Tenant:
        return self.teams.tenant

    # What people do

    async def run(self, person: str, text: str = "") -> Any:
        """Use the message extension, or with a text type that to the bot."""
        if text:
            await self.teams.say(person, self.tenant.chat_id(person), text)
            await self.settle()
            return None
        return await self.begin(person)

    async def begin(self, person: str) -> Answered:
        answered = await self.teams.extension(person, "compose", self.tenant.chat_id(person))
        await self.settle()
        return answered

    async def answer(
        self, person: str, answers: Mapping[str, str], ticked: tuple[str, ...] = ("nobody",)
    ) -> None:
        while (page := self.page_name(person)) in {"walk.page", "walk.people"}:
            given = {q: ticked if q == "people" else answers[q] for q in self.inputs(person)}
            before = self.card(person)
            await self.hand_in_page(person, page, **given)
            assert self.card(person) != before, self.page(person)

    async def finish(self, person: str, **texts: Any) -> Case:
        if self.page_name(person) == "walk.outcome":
            asked = self.inputs(person)
            given = {field: text for field, text in REASONS.items() if field in asked}
            given |= {"course": "followed"} if "course" in asked else {}
            await self.hand_in_page(person, "walk.outcome", **(given | texts))
            assert self.page_name(person) != "walk.outcome", self.page(person)
        await self.settle()
        return (await self.cases())[-1]

    async def hand_in_page(self, person: str, name: str, **values: Any) -> Answered:
        """Fill in the open dialog and press its own button."""
        given = {self.inputs(person)[field]["id"]: value for field, value in values.items()}
        answered = await self.teams.submit(person, {"data": {"do": name}}, given)
        assert answered.outcome is not Outcome.HELD_BACK, answered
        await self.app.teams.edge.finish()
        return answered

    async def press(
        self, person: str, action: str, case: Case | None = None, **values: Any
    ) -> None:
        """Press a button of the newest message that has it; `values` go into the card's boxes."""
        message = self.message_with(person, action, case)
        wanted = self._wanted(person, message, action, case)
        given = {f"{BOXES}{field}": value for field, value in values.items()}
        await self.teams.press(person, message, wanted, given)
        await self.settle()

    async def press_here(self, person: str, action: str, **values: Any) -> None:
        given = {self.inputs(person)[field]["id"]: value for field, value in values.items()}
        await self.teams.submit(person, {"data": {"do": action}}, given)
        await self.settle()

    async def submit(self, person: str, **values: Any) -> Any:
        """Fill in the open form and hand it in; `errors` are empty when the dialog went away."""
        name = self.page_name(person)
        answered = await self.hand_in_page(person, name, **values)
        await self.settle()
        stays = self.has_dialog(person) and self.page_name(person) == name
        return SimpleNamespace(
            sent=answered.outcome in {Outcome.CLOSED, Outcome.CARD},
            errors=self.page(person) if stays else None,
        )

    async def do(self, person: str, action: str, /, **values: Any) -> Any:
        """Press the newest button of that name; a form is filled in and handed in."""
        if self._is_at_once(person, action):
            await self.press(person, action, **values)
            return None
        await self.press(person, action)
        sent = await self.submit(person, **values)
        assert sent.sent and not sent.errors, sent
        return sent

    # What people see

    def card(self, person: str) -> dict[str, Any]:
        """The card in the dialog that a person has open."""
        dialog = self.tenant.dialogs.get(person)
        assert dialog is not None, "no dialog is open"
        assert dialog.card is not None, dialog.text
        return dialog.card

    def has_dialog(self, person: str) -> bool:
        return self.tenant.dialogs.get(person) is not None

    def title(self, person: str) -> str:
        return self.tenant.dialogs[person].title

    def page(self, person: str) -> str:
        dialog = self.tenant.dialogs.get(person)
        assert dialog is not None, "no dialog is open"
        return "\n".join(card_words(dialog.card)) if dialog.card else dialog.text

    def page_name(self, person: str) -> str:
        """The name of the page that is open: that of its own button, which comes first."""
        named = [b for b in self._names(self.card(person)) if b not in STEERING]
        return named[0] if named else ""

    def inputs(self, person: str) -> dict[str, dict[str, Any]]:
        """The boxes of the open dialog by the names of their fields."""
        return {field_of(one["id"]): one for one in inputs_in(self.card(person))}

    def chosen(self, person: str) -> dict[str, str]:
        found = {field: one.get("value") for field, one in self.inputs(person).items()}
        return {field: value for field, value in found.items() if value}

    def buttons(self, person: str) -> set[str]:
        return set(self._names(self.card(person)))

    def messages(self, person: str) -> list[TeamsMessage]:
        """Everything in sight of a person, oldest first."""
        places = [c.id for c in self.tenant.channels_of(person)]
        seen = [
            m for p in (*places, self.tenant.chat_id(person)) for m in self.tenant.messages_in(p)
        ]
        return sorted(seen, key=lambda message: int(message.id))

    def message_with(self, person: str, action: str, case: Case | None = None) -> TeamsMessage:
        found = [m for m in self.messages(person) if self._has(person, m, action, case)]
        assert found, f"{person} sees no button {action}"
        return found[-1]

    def sees(self, person: str, action: str, case: Case | None = None) -> bool:
        return any(self._has(person, m, action, case) for m in self.messages(person))

    def told(self, person: str) -> list[str]:
        """What the bot wrote to a person one to one, oldest first, as words."""
        chat = self.tenant.messages_in(self.tenant.chat_id(person))
        return [self.words(person, m) for m in chat if m.from_app]

    def posted(self, channel: str) -> list[str]:
        """What stands in a channel, threads included, oldest first, as words."""
        return [self.words("", m) for m in self.tenant.messages_in(channel)]

    def words(self, person: str, message: TeamsMessage) -> str:
        card = self.tenant.card_for(person, message)
        return "\n".join(card_words(card)) if card else message.text

    def _names(self, card: Any) -> list[str]:
        return [name for one in buttons_in(card) if (name := name_of(one.action))]

    def _has(self, person: str, message: TeamsMessage, action: str, case: Case | None) -> bool:
        card = self.tenant.card_for(person, message)
        return card is not None and any(
            name_of(one.action) == action and (case is None or case.id in json.dumps(one.action))
            for one in buttons_in(card)
        )

    def _wanted(
        self, person: str, message: TeamsMessage, action: str, case: Case | None
    ) -> dict[str, Any]:
        card = self.tenant.card_for(person, message) or {}
        found = [one.action for one in buttons_in(card) if name_of(one.action) == action]
        return next(a for a in found if case is None or case.id in json.dumps(a))

    def _is_at_once(self, person: str, action: str) -> bool:
        message = self.message_with(person, action)
        return self._wanted(person, message, action, None)["type"] == "Action.Execute"

    async def settle(self) -> None:
        for _ in range(20):
            if self.app.slack is not None:
                await self.app.slack.edge.finish()
            await self.app.teams.edge.finish()
            if not await self.app.courier.drain():
                return


STEERING = frozenset({"walk.back", "walk.ask", "walk.fixed", "walk.cannot", "walk.another"})


def name_of(action: Mapping[str, Any]) -> str:
    """The name of a button, whichever way it is pressed."""
    data = action.get("data")
    do = data.get("do") if isinstance(data, Mapping) else None
    return str(action.get("verb") or do or "")


def field_of(box: str) -> str:
    return "people" if box.startswith("q.people.") else box.rsplit(".", 1)[-1]


PEOPLE = {
    name: getattr(tenant, name)
    for name in ("TEACHER", "OFFICE", "DSL", "DEPUTY", "HEAD", "CHAIR", "DPO", "GUEST")
}
