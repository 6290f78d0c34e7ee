"""The ways in on Slack beside the command: shortcuts, and what Slack tells of by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from handlers import check, screens
from handlers.slack_payload import Payload
from handlers.slack_walk import school_of

if TYPE_CHECKING:
    from handlers.slack import Visitor


async def on_shortcut(visitor: Visitor) -> None:
    """Open the dialog, as the command does; nothing is taken from where it was started."""
    desk, school = visitor.edge.desk, school_of(visitor)
    walk = check.begin(desk, school)
    await visitor.open(await screens.screen(desk, school, walk, visitor.account))


SHORTCUTS: Mapping[str, Callable[[Visitor], Awaitable[None]]] = {
    "check": on_shortcut,
    "check_message": on_shortcut,
}
"""By callback id: the global shortcut, and the one in the menu of a message."""

EVENTS: Mapping[str, Callable[[Visitor, Payload], Coroutine[Any, Any, None]]] = {}
"""By event type; the manifest subscribes to just these."""
