"""What people answer, row by row of the decision table, and who hears of it."""

from __future__ import annotations

from dataclasses import dataclass

SURE = {
    "danger": "no",
    "adult": "none",
    "trigger": "professional",
    "identifiable": "yes",
    "purpose": "harm",
    "openness": "told",
    "agreement": "agreed",
    "advice": "confident",
    "identity_risk": "none",
    "role": "statutory",
    "verified": "yes",
    "content": "minimal",
}
"""Answers that leave nothing in doubt: "You can share this"."""
WELFARE = SURE | {"purpose": "welfare", "role": "safeguarding"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """Answers, the row that decides, the title of the last page, and where the case then is."""

    row: int
    answers: dict[str, str]
    title: str
    route: str = "dsl"
    status: str = "waiting"
    cannot: bool = False
    """Somebody says "I can't: ask the DSL"."""

    def __str__(self) -> str:
        return f"row {self.row}"


ASK, NOT_THEM = "Ask the DSL first", "Not to this person"
HEAD, NEARLY, LAW = "Goes to the head", "Nearly there", "Ask about the law"

SCENARIOS = (
    Scenario(5, SURE | {"adult": "staff"}, HEAD, "head"),
    Scenario(5, SURE | {"adult": "dsl"}, HEAD, "head"),
    Scenario(5, SURE | {"adult": "unsure"}, HEAD, "head"),
    Scenario(6, SURE | {"adult": "head"}, "Goes to the chair", "chair"),
    Scenario(7, SURE | {"adult": "conflict"}, "Ring the LADO", "lado", "outside"),
    Scenario(8, SURE | {"trigger": "records_request"}, "Records request", "dpo"),
    Scenario(9, SURE | {"trigger": "legal_order"}, "Court order or notice", "dpo"),
    Scenario(10, SURE | {"advice": "wanted"}, ASK),
    Scenario(11, SURE | {"advice": "law"}, ASK),
    Scenario(12, WELFARE | {"advice": "law"}, LAW, "dpo"),
    Scenario(13, SURE | {"identity_risk": "recipient_is_risk"}, NOT_THEM, status="decided"),
    Scenario(14, SURE | {"role": "none"}, NOT_THEM, status="decided"),
    Scenario(15, WELFARE | {"role": "none"}, NOT_THEM, status="decided"),
    Scenario(16, SURE | {"trigger": "public", "role": "unsure"}, NOT_THEM, status="decided"),
    Scenario(17, WELFARE | {"trigger": "public", "role": "unsure"}, NOT_THEM, status="decided"),
    Scenario(18, SURE | {"trigger": "public"}, ASK),
    Scenario(19, SURE | {"identifiable": "no", "role": "unsure"}, ASK),
    Scenario(20, SURE | {"identifiable": "no"}, "Share without details", status="decided"),
    Scenario(21, SURE | {"purpose": "unsure"}, ASK),
    Scenario(21, WELFARE | {"danger": "unsure"}, ASK),
    Scenario(22, SURE | {"role": "family"}, ASK),
    Scenario(23, SURE | {"role": "unsure"}, ASK),
    Scenario(24, SURE | {"purpose": "none"}, LAW, "dpo"),
    Scenario(25, WELFARE | {"purpose": "none"}, ASK),
    Scenario(26, SURE | {"verified": "no"}, NEARLY, cannot=True),
    Scenario(27, SURE | {"identity_risk": "not_yet"}, NEARLY, cannot=True),
    Scenario(28, SURE | {"identity_risk": "unsure"}, ASK),
    Scenario(29, SURE | {"content": "excess"}, NEARLY, cannot=True),
    Scenario(30, SURE | {"content": "unsure"}, ASK),
    Scenario(31, SURE | {"openness": "unsure", "role": "safeguarding"}, ASK),
    Scenario(32, SURE, "You can share this", status="decided"),
    Scenario(33, WELFARE | {"openness": "not_safe"}, ASK),
    Scenario(34, WELFARE | {"agreement": "refused"}, ASK),
    Scenario(35, WELFARE | {"agreement": "not_asked"}, NEARLY, cannot=True),
    Scenario(36, WELFARE, "You can share this", status="decided"),
)
"""The rows that people can walk to without danger; the others are told of in their own tests."""
