"""Every box that somebody can type in: how its form is reached, and how it is filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playground import school as pretend
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE

TEACHER, DSL = pretend.TEACHER, pretend.DSL
ASKED = SURE | {"advice": "wanted"}


@dataclass(frozen=True, slots=True)
class Box:
    """Where somebody types; `more` is what else the form wants, `most` its longest text."""

    name: str
    form: str
    more: dict[str, Any] = field(default_factory=dict)
    most: int = 3000

    def __str__(self) -> str:
        return f"{self.form}.{self.name}"


WALKED = (
    Box("reason", "walk"),
    Box("recipient", "walk", most=300),
    Box("not_safe", "walk"),
    Box("advised", "walk", most=300),
    Box("override_reason", "walk"),
    Box("against_reason", "walk", {"course": "against"}),
    Box("reason", "escalation"),
    Box("filed_at", "escalation", most=300),
)
REVIEWED = (
    Box("reason", "case.decide.share"),
    Box("reason", "case.decide.share_limited", {"limits": "Not the address"}),
    Box("limits", "case.decide.share_limited", {"reason": "It is right"}),
    Box("reason", "case.decide.do_not_share"),
    Box("question", "case.ask"),
    Box("reason", "case.hand_over", {"to": "deputy"}),
    Box("reason", "case.reroute", {"to": "dpo"}),
    Box("reason", "case.amend", {"outcome": "do_not_share"}),
    Box("comment", "case.comment"),
    Box("reason", "case.hold.keep"),
)
REQUESTED = (
    Box("answer", "case.answer"),
    Box("reason", "case.withdraw"),
    Box("reason", "case.reason"),
    Box("reason", "case.outside", {"outcome": "share"}),
    Box("account", "case.report", {"done": "yes"}),
    Box("when", "case.report", {"done": "yes", "account": "Done"}, most=300),
    Box("reply", "case.reply", {"no_action": "no"}),
)
EVERY = (*WALKED, *REVIEWED, *REQUESTED)
OPTIONAL = {"filed_at", "when"}


async def reach(school: PretendSchool, box: Box) -> str:
    """Open the form that a box is on, with a case of its own; gives the person who has it open."""
    if box.form == "walk":
        answers = {"openness": "not_safe", "advice": "advised", "agreement": "refused"}
        await school.check(TEACHER, **SURE | answers)
        return TEACHER
    if box.form == "escalation":
        await school.check(TEACHER, **ASKED)
        return TEACHER
    await bring_about(school, box.form)
    person = TEACHER if box in REQUESTED else DSL
    if box.form != "case.reason":  # its box is on the page of the numbers
        await school.press(person, box.form)
    return person


async def bring_about(school: PretendSchool, form: str) -> None:
    """A case about which this form can be opened."""
    if form in {"case.comment", "case.reason"}:
        await school.walk(TEACHER, [{"danger": "yes", "adult": "none"}])
        await school.settle()
        return
    await school.check(
        TEACHER, **(SURE | {"adult": "conflict"} if form == "case.outside" else ASKED)
    )
    await school.finish(TEACHER)
    if form == "case.answer":
        await school.do(DSL, "case.ask", question="Since when?")
    if form in {"case.amend", "case.report", "case.reply", "case.hold.keep"}:
        await school.do(DSL, "case.decide.share", reason="They need it")
    if form in {"case.reply", "case.hold.keep"}:
        await school.do(TEACHER, "case.report", done="yes", account="Rang them")


async def fill_in(school: PretendSchool, person: str, box: Box, words: str | None) -> Any:
    """Hand in the open form with these words in the box; gives the bot's bare answer."""
    asked = school.inputs(person)
    given = {name: "Plain words" for name in asked if is_text(asked[name])}
    given |= {"course": "followed"} if "course" in asked else {}
    payload = school.submit_payload(person, **(given | box.more))
    values = payload["view"]["state"]["values"]
    values[asked[box.name]["block_id"]][box.name] = {"type": "plain_text_input", "value": words}
    return await school.send_payload(payload)


def is_text(block: Any) -> bool:
    return bool(block["element"]["type"] == "plain_text_input")
