"""What Slack makes of the text that people type."""

from __future__ import annotations

import re
from html import escape

from playground.workspace import Workspace

_MENTION = re.compile(r"&lt;@([UW][A-Z0-9]+)&gt;")


def write_down(workspace: Workspace, text: str) -> str:
    """Typed text as a message keeps it: `& < >` escaped, people's names made into mentions."""
    written = escape(text, quote=False)
    written = _MENTION.sub(lambda found: _mention(workspace, found), written)
    for user in sorted(workspace.users.values(), key=lambda user: -len(user.name)):
        written = written.replace(f"@{user.name}", f"<@{user.id}>")
    return written


def _mention(workspace: Workspace, found: re.Match[str]) -> str:
    user_id = found[1]
    return f"<@{user_id}>" if user_id in workspace.users else found[0]
