"""The house keeps its rules: who imports whom, how long things are, where words and time live."""

from __future__ import annotations

import ast
import re
import statistics
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
PACKAGES = ("bot", "handlers", "storage", "templates", "playground", "bench", "tests")
PRODUCT = ("bot", "handlers", "storage", "playground", "bench")

# Layer -> the layers it may import beside itself.
LAYERS = {
    "core": set(),
    "storage": {"core"},
    "use cases": {"core", "storage"},
    "dialogs": {"core", "use cases"},
    "slack": {"core", "use cases", "dialogs"},
    "teams": {"core", "use cases", "dialogs"},
    "composition": {"core", "storage", "use cases", "dialogs", "slack", "teams", "playground"},
    "playground": set(),
    "bench": {
        "core",
        "storage",
        "use cases",
        "dialogs",
        "slack",
        "teams",
        "composition",
        "playground",
    },
}
# Layer -> what it may import from elsewhere; None is anything.
LIBRARIES = {
    "core": {"pydantic", "pydantic_settings", "yaml"},
    "storage": {"alembic", "cryptography", "rfc8785", "sqlalchemy", "sqlmodel"},
    "use cases": {"structlog"},
    "dialogs": {"structlog"},
    "slack": {"aiohttp", "slack_bolt", "slack_sdk", "starlette", "structlog", "yarl"},
    "teams": {
        "aiohttp",
        "cryptography",
        "jwt",
        "microsoft_teams",
        "msal",
        "requests",
        "starlette",
        "structlog",
        "yarl",
    },
    "playground": {"aiohttp", "cryptography", "jinja2", "jwt", "starlette", "uvicorn", "yaml"},
    "composition": None,
    "bench": None,
}
ONE_FILE_ALONE = {
    "bot/cards.py": {"jinja2"},
    "bot/personal_data.py": {"phonenumbers", "stdnum"},
    "bot/quick_json.py": {"pydantic_core"},
}
DIALOGS = {"background", "case_forms", "trouble", "visitor", "walk_dialog"}
"""What the edges of all platforms share."""
COMPOSITION = re.compile(r"bot/(app\w*|serving|demo\w*|cli\w*)\.py")
COMMAND_LINE = {"typer", "rich"}
MOST_LINES, LONGEST_FUNCTION, MOST_WORDS = 400, 60, 4


@cache
def sources(*packages: str) -> tuple[str, ...]:
    """The Python files of packages, as paths from the top."""
    found = (path for package in packages for path in (HOUSE / package).rglob("*.py"))
    return tuple(sorted(path.relative_to(HOUSE).as_posix() for path in found))


@cache
def tree(path: str) -> ast.Module:
    return ast.parse((HOUSE / path).read_text("utf-8"))


def imports(path: str) -> set[str]:
    """The modules that a file imports anywhere in it; ours as they are named from the top."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: {node.lineno}: imports are named from the top"
            module = str(node.module)
            parts = {f"{module}.{alias.name}" for alias in node.names}
            ours = {part for part in parts if is_module(part)}
            found |= ours if len(ours) == len(parts) else ours | {module}
    return found


def is_module(name: str) -> bool:
    path = HOUSE / name.replace(".", "/")
    there = path.is_dir() or path.with_suffix(".py").is_file()
    return there and name.startswith(tuple(f"{package}." for package in PACKAGES))


def layer(path: str) -> str:
    if COMPOSITION.fullmatch(path):
        return "composition"
    package, name = path.split("/", maxsplit=1)[0], path.rsplit("/", maxsplit=1)[-1]
    if package == "handlers":
        edge = next((edge for edge in ("slack", "teams") if name.startswith(edge)), "use cases")
        return "dialogs" if name.removesuffix(".py") in DIALOGS else edge
    return {"bot": "core"}.get(package, package)


def file_of(module: str) -> str:
    place = module.replace(".", "/")
    return f"{place}.py" if (HOUSE / f"{place}.py").is_file() else f"{place}/__init__.py"


def ours(path: str) -> dict[str, str]:
    """The modules of ours that a file imports, with their layers; a package itself is empty."""
    found = (module for module in imports(path) if module.split(".")[0] in PACKAGES)
    return {module: layer(file_of(module)) for module in found if "." in module}


def libraries(path: str) -> set[str]:
    roots = {module.split(".")[0] for module in imports(path)}
    return roots - set(PACKAGES) - set(sys.stdlib_module_names)


# ------------------------------------------------------------------------------ who imports whom


@pytest.mark.parametrize("path", sources(*PRODUCT))
def test_a_file_imports_only_layers_below_its_own(path: str):
    mine = layer(path)
    wrong = {m for m, its in ours(path).items() if its != mine and its not in LAYERS[mine]}
    if mine in {"slack", "teams", "dialogs"}:
        wrong -= {"storage.errors"}
    assert wrong == set()


@pytest.mark.parametrize("path", sources(*PRODUCT))
def test_a_file_imports_only_the_libraries_of_its_layer(path: str):
    allowed = LIBRARIES[layer(path)]
    if allowed is not None:
        assert libraries(path) <= allowed | ONE_FILE_ALONE.get(path, set())


def test_nobody_imports_the_composition_root_but_itself_tests_and_bench():
    users = {p: m for p in sources("bot", "handlers", "storage", "playground") for m in ours(p)
             if COMPOSITION.fullmatch(file_of(m)) and not COMPOSITION.fullmatch(p)}  # fmt: skip
    assert users == {}


def test_the_command_line_is_in_the_files_of_the_command_line_alone():
    users = {p for p in sources("bot", "handlers", "storage", "playground")
             if libraries(p) & COMMAND_LINE}  # fmt: skip
    assert {Path(path).name[:3] for path in users} <= {"cli"}


@pytest.mark.parametrize("path", [p for p in sources("handlers") if layer(p) == "use cases"])
def test_a_use_case_draws_nothing(path: str):
    assert "bot.cards" not in imports(path)


@pytest.mark.parametrize("path", sources("playground"))
def test_the_playground_knows_nothing_of_the_product(path: str):
    assert {module.split(".")[0] for module in ours(path)} <= {"playground"}


def test_the_layers_are_found_for_what_they_are():
    """Should a file move, these rules must not quietly stop."""
    found = {layer(path) for path in sources(*PRODUCT)}
    assert found == set(LAYERS)
    assert layer("bot/life.py") == "core"
    assert layer("bot/demo_panel.py") == "composition"
    assert "handlers.check" in imports("handlers/walk_dialog.py")
    assert "bot.app" in imports("bot/serving.py")


# ------------------------------------------------------------------------------- time and chance


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("path", [p for p in sources("bot") if layer(p) == "core"])
def test_the_core_takes_time_ids_and_chance_as_arguments(path: str):
    clocks = {"now", "utcnow", "today", "time", "monotonic", "time_ns"}
    asked = {dotted(n) for n in ast.walk(tree(path)) if isinstance(n, ast.Attribute)}

    assert not {a for a in asked if a.split(".")[0] in {"datetime", "date", "time"}
                and a.split(".")[-1] in clocks}  # fmt: skip
    assert not imports(path) & {"secrets", "random", "uuid", "time", "socket", "asyncio", "sqlite3"}


# ------------------------------------------------------------------------------------ how long


@pytest.mark.parametrize("path", sources(*PRODUCT))
def test_no_file_is_too_long_to_read(path: str):
    assert len((HOUSE / path).read_text("utf-8").splitlines()) <= MOST_LINES


def functions(*packages: str) -> Iterator[tuple[str, int]]:
    for path in sources(*packages):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield f"{path}:{node.name}", node.end_lineno - node.lineno + 1


def test_no_function_is_too_long_to_see():
    assert {name: n for name, n in functions(*PRODUCT) if n > LONGEST_FUNCTION} == {}


def test_most_functions_are_short():
    lengths = [length for _, length in functions(*PRODUCT)]

    assert statistics.median(lengths) <= 8
    assert statistics.quantiles(lengths, n=10)[-1] < 30


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_its_rule_in_five_lines(package: str):
    lines = (HOUSE / package / "README.md").read_text("utf-8").splitlines()

    assert 1 < len(lines) <= 5
    assert all(len(line) <= 200 for line in lines)


# ------------------------------------------------------------------------------ words and cards

FIELDS_OF_A_CARD = {
    "accessory", "action_id", "block_id", "blocks", "callback_id", "elements", "initial_option",
    "placeholder", "private_metadata",
}  # fmt: skip


def not_for_people(path: str) -> set[int]:
    """The texts of a file that are docstrings, log entries, or the words of an error."""
    found: set[int] = set()
    for node in ast.walk(tree(path)):
        quiet = isinstance(node, ast.Raise | ast.Assert)
        quiet |= isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        quiet |= isinstance(node, ast.Call) and dotted(node.func).startswith("log.")
        if quiet:
            found |= {id(part) for part in ast.walk(node)}
    return found


@pytest.mark.parametrize("path", sources("handlers"))
def test_no_words_for_people_are_written_in_a_handler(path: str):
    quiet = not_for_people(path)
    texts = (n for n in ast.walk(tree(path)) if isinstance(n, ast.Constant) and id(n) not in quiet)

    sentences = [n.value for n in texts if isinstance(n.value, str)
                 and " " in n.value and len(re.findall(r"[A-Za-z']{2,}", n.value)) > MOST_WORDS]  # fmt: skip

    assert sentences == []


@pytest.mark.parametrize("path", sources("handlers"))
def test_no_card_is_drawn_in_a_handler(path: str):
    keys = {key.value for node in ast.walk(tree(path)) if isinstance(node, ast.Dict)
            for key in node.keys if isinstance(key, ast.Constant)}  # fmt: skip

    assert not keys & FIELDS_OF_A_CARD
