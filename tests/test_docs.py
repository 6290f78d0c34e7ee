"""What the pages under docs/ say is there is there, and nothing that people meet is left out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from bot.cli import main

HOUSE = Path(__file__).parent.parent
PAGES = sorted([*HOUSE.glob("*.md"), *HOUSE.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")


def faults_of_the_check() -> set[str]:
    """Every word that `sharecheck verify` can name a fault by, read from its source."""
    source = ast.parse((HOUSE / "storage" / "audit.py").read_text("utf-8"))
    found: set[str] = set()
    for node in ast.walk(source):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Constant):
            found.add(str(node.value.value))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fault":
            what = node.args[2]
            found |= {str(what.value)} if isinstance(what, ast.Constant) else set()
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
            parts = (p.attr for p in node.iter.elts if isinstance(p, ast.Attribute))
            found |= {f"unreadable_{part}" for part in parts}
    return found


def test_every_fault_of_the_log_is_explained_with_what_to_do():
    rows = re.findall(
        r"^\| (`.+?) \|.+\|.+\|$", (HOUSE / "docs/operate.md").read_text("utf-8"), re.MULTILINE
    )
    explained = {word for row in rows for word in re.findall(r"`(\w+)`", row)}

    faults = faults_of_the_check()

    assert {"gap", "head_mac", "key_missing", "unreadable_cases"} <= faults
    assert explained == faults


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(HOUSE).as_posix())
def test_what_a_page_points_to_is_there(page: Path):
    gone = [to for to in LINK.findall(page.read_text("utf-8")) if not (page.parent / to).exists()]

    assert gone == []


def test_every_command_is_in_the_readme():
    page = (HOUSE / "README.md").read_text("utf-8")
    commands = [c.name or getattr(c.callback, "__name__", "") for c in main.registered_commands]
    groups = [str(group.name) for group in main.registered_groups]

    missing = {name for name in (*commands, *groups) if f"`sharecheck {name}" not in page}

    assert missing == set()
