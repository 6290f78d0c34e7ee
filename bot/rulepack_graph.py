"""A rule pack's decision table as a picture: Mermaid flowchart text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.decision_table import Answered, Either, Every, Named, Not, Row, When
from bot.rulepack import RulePack

_COLOURS: Final = {
    "share": "fill:#d8f0dc,stroke:#1f7a3a,color:#000",
    "do_not_share": "fill:#f9d9d6,stroke:#b3261e,color:#000",
    "escalate": "fill:#fdeec9,stroke:#9a6b00,color:#000",
}


def draw_table(pack: RulePack) -> str:
    """The table as a Mermaid flowchart: each row a question, its verdict to the right of it."""
    rows = pack.table.rows
    title = _quoted(f"{pack.id} version {pack.version}")
    lines = ["flowchart TD", f'  start(["{title}"])', f"  start --> r{rows[0].number}"]
    for row, following in zip(rows, (*rows[1:], None), strict=True):
        lines.extend(_row(row, following))
    lines.extend(f"  classDef {outcome} {style}" for outcome, style in _COLOURS.items())
    return "\n".join(lines) + "\n"


def put_in_words(when: When) -> str:
    """A condition as one line, such as `role is none and harmish`."""
    match when:
        case Answered(question, options):
            return f"{question} is {' or '.join(options)}"
        case Named(name, _):
            return name
        case Not(part):
            return f"not ({put_in_words(part)})"
        case Every(()):
            return "anything else"
        case Every(parts):
            return " and ".join(_bracketed(part) for part in parts)
        case Either(parts):
            return " or ".join(_bracketed(part) for part in parts)


def _bracketed(when: When) -> str:
    text = put_in_words(when)
    return f"({text})" if isinstance(when, Every | Either) else text


def _row(row: Row, following: Row | None) -> Iterator[str]:
    question = _quoted(f"{row.number}. {put_in_words(row.when)}")
    yield f'  r{row.number}{{"{question}"}}'
    yield f'  o{row.number}["{_quoted(_said(row))}"]:::{row.outcome}'
    if following is None:
        yield f"  r{row.number} --> o{row.number}"
    else:
        yield f"  r{row.number} -- yes --> o{row.number}"
        yield f"  r{row.number} -- no --> r{following.number}"


def _said(row: Row) -> str:
    parts = [f"{row.outcome}: {row.route}", *(f"copy to {route}" for route in row.copy)]
    scale = row.scale
    if scale.urgency == scale.otherwise:
        parts.append(scale.urgency)
    else:
        parts.append(f"{scale.urgency} if {put_in_words(scale.when)}, else {scale.otherwise}")
    parts.extend(row.conditions)
    parts.extend(f"{a.condition} if {put_in_words(a.when)}" for a in row.additions)
    parts.extend([f"mend {row.fix} first"] if row.fix else [])
    return "; ".join(parts)


def _quoted(text: str) -> str:
    """Text for a Mermaid label in double quotes, where only entities are safe."""
    for character, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, entity)
    return text.replace("\n", " ").replace("`", "'")
