"""The boxes that people fill in: which there are at each point of a case, and which must be."""

from __future__ import annotations

from collections.abc import Mapping

from bot.case import Course
from bot.rules import Verdict

AFTER_DANGER = (("reason", True), ("filed_at", False))
"""The boxes that are filled in once everyone is safe, each with whether it must be."""
REPORT_TEXTS = ("account", "when")
"""The boxes of the report in which people type."""
REPORT_CODES: Mapping[str, tuple[str, ...]] = {
    "how": ("phone", "secure_email", "portal", "in_person", "letter"),
    "kinds": ("worry", "contact", "family", "attendance", "behaviour", "health", "records"),
    "checked": ("known", "called_back", "official_address", "not_checked"),
}
"""What may be picked on the report; of `kinds` several, kept with commas between."""


def required_texts(
    advice: Verdict, answers: Mapping[str, str], course: Course | None = None
) -> tuple[str, ...]:
    """The boxes of the outcome page that may not be blank; none when danger is yes."""
    if advice.urgency == "now":
        return ()
    fields = ["reason"]
    if advice.outcome == "share":
        fields.append("recipient")
    if answers.get("openness") == "not_safe":
        fields.append("not_safe")
    if answers.get("advice") == "advised":
        fields.append("advised")
    if "override_reason" in advice.conditions:
        fields.append("override_reason")
    if course is Course.AGAINST:
        fields.append("against_reason")
    return tuple(fields)


def boxes_for(
    advice: Verdict, answers: Mapping[str, str], *, waits: bool = False
) -> list[tuple[str, bool]]:
    """The boxes of the outcome page, each with whether it must be filled in.

    `waits`: somebody checks it first, as the school wants it of every share. Whoever has to look
    after a child must know which: where the child's file is kept is then asked.
    """
    required = required_texts(advice, answers)
    boxes = [(field, True) for field in required]
    about_nobody = {"restricted", "subject_access", "legal_order"} & set(advice.conditions)
    if "recipient" not in required and not about_nobody:
        boxes.insert(1, ("recipient", False))
    if advice.outcome == "escalate" or waits or "dsl_review" in advice.conditions:
        boxes.append(("filed_at", False))
    return boxes
