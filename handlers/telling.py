"""Words to one person that may wait in no outbox: a few tries, then given up."""

from __future__ import annotations

import asyncio

from bot.chat import Account, Card, Chat, InDoubt, NotNow

TRIES = 4
LONGEST_WAIT = 30.0
"""Seconds."""


async def tell_soon(chat: Chat, account: Account, card: Card, *, key: str) -> None:
    """Tell somebody in private what may be written down nowhere.

    It may take a minute or two. Raises NotNow, InDoubt or RefusedForGood.
    """
    doubt = False
    for attempt in range(1, TRIES + 1):
        try:
            place = await chat.direct(account)
            await chat.send(place, card, key=key, look_first=doubt)
        except (NotNow, InDoubt) as error:
            if attempt == TRIES:
                raise
            doubt = doubt or isinstance(error, InDoubt)
            pause = getattr(error, "after", None)
            await asyncio.sleep(min(LONGEST_WAIT, 2.0**attempt if pause is None else pause))
        else:
            return
