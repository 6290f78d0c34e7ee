"""Teams' activities read into our own terms, and refused by name when they are not what we know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bot.cards import clean
from bot.chat import Account, Platform
from bot.refusals import StalePage
from handlers.visitor import Form, Press

Activity = Mapping[str, Any]
PERSONAL = "personal"
_MENTION = re.compile(r"<at\b[^>]*>.*?</at>", re.IGNORECASE | re.DOTALL)
_BLANK = re.compile(r"(?:\s|&nbsp;|<[^<>]{0,40}>)+")
_THREAD = re.compile(r";messageid=([0-9A-Za-z._-]{1,64})\Z")
_NONCE = re.compile(r"[0-9a-f]{1,32}")
_PICKED = re.compile(r"[A-Za-z0-9_.:-]+(?:,[A-Za-z0-9_.:-]+)*")
_BOXES, _QUESTIONS, _PEOPLE = "f.", "q.", "q.people."
LONGEST_WORD = 100
"""Characters of a message in which a word for us is looked for; the rest is not read."""


LARGEST = 40_000
"""Characters in all boxes of a page: a walk, and six boxes with far more than their 3,000."""


@dataclass(frozen=True, slots=True)
class TeamsPage:
    """What came with a press of `Action.Submit` or `Action.Execute`: its data, inputs among them.

    Teams does not say what kind an input is: its id does, and `ticked` names the tick lists.
    """

    name: str
    value: str
    data: Mapping[str, Any]
    opened: str
    """What this opening of the dialog, or this press, is known by."""

    @property
    def kept(self) -> str:
        return _split(str(self.data.get("kept") or self.value))[0]

    @property
    def request(self) -> str:
        return f"teams:{self.opened}"

    def form(self, *starts: str) -> Form:
        """What it holds; values that are no text are none.

        Raises StalePage for more than all boxes of a page can hold: it is the client that keeps to
        what a box takes, and no page of ours sends so much.
        """
        if sum(len(given) for given in self.data.values() if isinstance(given, str)) > LARGEST:
            raise StalePage
        texts: dict[str, str] = {}
        choices: dict[str, str] = {}
        ticks: dict[str, tuple[str, ...]] = {}
        blocks: dict[str, str] = {}
        for block, given in self.data.items():
            if not block.startswith((_BOXES, _QUESTIONS)) or (
                starts and not block.startswith(starts)
            ):
                continue
            name = "people" if block.startswith(_PEOPLE) else block.rsplit(".", 1)[-1]
            blocks.setdefault(name, block)
            value = given.strip() if isinstance(given, str) and clean(given).strip() else ""
            if name in TICKED:
                picked = tuple(value.split(",")) if _PICKED.fullmatch(value) else ()
                ticks[name] = (*ticks.get(name, ()), *picked)
            elif block.startswith(_QUESTIONS) or name in CHOSEN:
                choices |= {name: value} if value else {}
            else:
                texts[name] = value
        return Form(texts, choices, ticks, blocks)


TICKED = frozenset({"people", "kinds", "override"})
"""Boxes of which several lines may be ticked."""
CHOSEN = frozenset({"course", "done", "how", "checked", "no_action", "outcome", "to"})
"""Boxes in which one of a few is picked; whatever else begins with `f.` is typed."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message to the bot: the word it was called with, and where. The rest is left behind."""

    word: str
    conversation: str
    thread: str | None
    in_private: bool


def read_tenant(activity: Activity) -> str:
    """The tenant in which it happened; empty when it does not say."""
    found = _part(activity, "conversation").get("tenantId")
    tenant = found or _part(_part(activity, "channelData"), "tenant").get("id")
    return str(tenant or "").lower()


def read_account(activity: Activity) -> Account:
    """Who did it, in their own tenant. Raises StalePage when it does not say.

    A channel may be shared with other tenants: who is not said to be of ours is of theirs.
    """
    sender = _part(activity, "from")
    user = sender.get("aadObjectId")
    told = _part(_part(activity, "channelData"), "tenant").get("id")
    tenant = sender.get("tenantId") or told or read_tenant(activity)
    if not (isinstance(user, str) and user and tenant):
        raise StalePage
    return Account(Platform.TEAMS, str(tenant).lower(), user.lower())


def read_conversation(activity: Activity) -> tuple[str, str | None]:
    """The conversation, and the first message of the thread, if it is in one.

    Raises StalePage when it does not say.
    """
    conversation = _part(activity, "conversation").get("id")
    if not isinstance(conversation, str) or not conversation:
        raise StalePage
    found = _THREAD.search(conversation, 1)
    return (conversation[: found.start()], found[1]) if found else (conversation, None)


def is_private(activity: Activity) -> bool:
    return _part(activity, "conversation").get("conversationType") == PERSONAL


def read_said(activity: Activity) -> Said:
    """Raises StalePage when it does not say where."""
    conversation, thread = read_conversation(activity)
    text = activity.get("text")
    bare = _BLANK.sub(" ", _MENTION.sub(" ", str(text or "")[:2000])).strip()
    word = bare.lower().removeprefix("/").strip()
    short = word if len(word) <= LONGEST_WORD else ""
    return Said(
        short.removeprefix("sharecheck ").strip(), conversation, thread, is_private(activity)
    )


def read_submitted(activity: Activity) -> TeamsPage:
    """What a dialog sent, or the button that opens one. Raises StalePage without a name."""
    data = _part(_part(activity, "value"), "data")
    name = data.get("do")
    if not isinstance(name, str) or not name:
        raise StalePage
    opened = _split(str(data.get("kept") or ""))[1] or _known_by(activity)
    return TeamsPage(name, _text(data.get("value")), data, opened)


def read_executed(activity: Activity) -> tuple[TeamsPage, bool]:
    """An `Action.Execute`, and whether a person pressed it: clients send some of themselves.

    Raises StalePage when it has no verb.
    """
    value = _part(activity, "value")
    action = _part(value, "action")
    verb, data = action.get("verb"), _part(action, "data")
    if not isinstance(verb, str) or not verb:
        raise StalePage
    page = TeamsPage(verb, _text(data.get("value")), data, _known_by(activity))
    return page, value.get("trigger") != "automatic"


def as_press(page: TeamsPage, *, in_dialog: bool) -> Press:
    return Press(page.name, _split(page.value)[0], page if in_dialog else None)


def _known_by(activity: Activity) -> str:
    """An activity that comes again has the same id."""
    told = f"{_part(activity, 'conversation').get('id')} {activity.get('id')}"
    return sha256(told.encode(errors="surrogatepass")).hexdigest()[:32]


def _split(kept: str) -> tuple[str, str]:
    before, mark, nonce = kept.rpartition("~")
    return (before, nonce) if mark and _NONCE.fullmatch(nonce) else (kept, "")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _part(body: Activity, name: str) -> Activity:
    part = body.get(name)
    return part if isinstance(part, dict) else {}
