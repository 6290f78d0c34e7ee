"""What a card may say of a case: plain facts for the templates, and no story."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.case import Case, Decision
from bot.chat import Platform
from bot.people import ContactRoute, Numbers, School
from bot.rules import RulePack, Verdict

Facts = dict[str, Any]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def case_facts(
    case: Case, school: School, pack: RulePack, *, shown_on: str, event: str = ""
) -> Facts:
    """The common context of every message about a case; `shown_on` is the route of the card."""
    return {
        "case": _codes(case, school, pack, shown_on),
        "event": event,
        "school": school.name,
        "decision": _decision(case, school),
        "requester": person_facts(school, case.requester),
        "advice": advice_facts(
            pack,
            case.advice,
            school,
            answers=case.answers,
            route=case.route,
            needs=needs_of(case, school),
        ),
        "doubt": [{"rule": case.advice.rule, "line": pack.doubt(case.advice)}],
        "answers": answer_facts(pack, case.answers),
        "recipient_type": _label(pack, "role", case.answers.get("role")),
        "filed_at": case.texts.get("filed_at"),
        "numbers": number_facts(school.numbers),
        "contact": contact_facts(school, case.route),
    }


def advice_facts(
    pack: RulePack,
    verdict: Verdict,
    school: School,
    *,
    answers: Mapping[str, str],
    route: str | None = None,
    sent: bool = True,
    mending: bool = False,
    needs: str | None = None,
) -> Facts:
    """The words of an outcome with every placeholder filled in, and nothing that was typed.

    `text` comes before the list of `conditions`, `after` behind it; both may hold **bold** and
    _slanted_ words of the pack. `route` is where it really goes, if that is not where the verdict
    points (somebody there is kept out of it): the words then name that post, and where nobody there
    is in chat they say whom to ring. Before it was `sent` nothing is said to be done already.
    `mending`: what has to be done first is still going to be done. `needs`: who hears of this
    share, where that is not what the school chose for all.
    """
    route = route or str(verdict.route)
    outside = isinstance(school.routes[route], ContactRoute)
    fill = {
        "number": school.numbers.social_care,
        "number_out_of_hours": school.numbers.social_care_out_of_hours,
        "directory_number": school.numbers.social_care,
        "lado": school.numbers.lado,
        "recipient": _recipient(pack, answers.get("role")),
        "why": verdict.because,
        "post": _with_article(school.routes[route].post),
        "told": "" if outside else pack.told[needs or school.share_needs],
        "doubt": pack.doubt(verdict),
    }
    shown = _as_sent(pack, verdict, route)
    elsewhere = route != verdict.route and "restricted" not in verdict.conditions
    title, text = pack.outcome_words(
        shown, sent=sent, outside=outside, elsewhere=elsewhere, mending=mending
    )
    before, _, after = text.partition("{conditions}")
    return {
        "title": title,
        "text": _fill(before, fill).strip(),
        "after": _fill(after, fill).strip(),
        "because": verdict.because,
        "conditions": [
            _fill(pack.conditions[c], fill)
            for c in verdict.conditions
            if not (outside and c in pack.only_if_told)
        ],
    }


def needs_of(case: Case, school: School) -> str:
    """Who hears of a share as it was made: where it needed no approval, a reviewer made it."""
    own = case.decision is not None and case.decision.by == case.requester
    return "nothing" if own and school.share_needs == "approval" else school.share_needs


def person_facts(school: School, person_id: str) -> Facts:
    """A person for a template: their id, post, and what they are known by on each platform.

    `user` is a Slack user id and `teams` an Entra object id, None where they have none. `name`
    stays empty for whoever draws it: only a platform knows it.
    """
    person = school.person_by_id(person_id)
    users = {account.platform: account.user for account in person.accounts}
    return {
        "id": person.id,
        "post": person.post,
        "user": users.get(Platform.SLACK),
        "teams": users.get(Platform.TEAMS),
        "name": "",
    }


def number_facts(numbers: Numbers) -> Facts:
    return {
        "social_care": numbers.social_care,
        "out_of_hours": numbers.social_care_out_of_hours,
        "lado": numbers.lado,
    }


def contact_facts(school: School, route_id: str) -> Facts | None:
    """Whom to ring when a route is a contact card, else None."""
    route = school.routes[route_id]
    if not isinstance(route, ContactRoute):
        return None
    contact = route.contact
    return {"post": contact.post, "phone": contact.phone, "email": contact.email}


def answer_facts(pack: RulePack, answers: Mapping[str, str]) -> list[Facts]:
    return [
        {"question": question, "option": option, "label": _label(pack, question, option)}
        for question, option in answers.items()
    ]


def _as_sent(pack: RulePack, verdict: Verdict, route: str) -> Verdict:
    """The verdict with the row whose words tell where a restricted case went."""
    if "restricted" not in verdict.conditions:
        return verdict
    same = (r for r in pack.table.rows if r.route == route and r.outcome == verdict.outcome)
    row = next((r for r in same if set(r.conditions) == set(verdict.conditions)), None)
    return replace(verdict, row=row.number) if row else verdict


def _codes(case: Case, school: School, pack: RulePack, shown_on: str) -> Facts:
    return {
        "id": case.id,
        "ref": case.ref,
        "status": case.status.value,
        "urgency": case.advice.urgency,
        "outcome": case.advice.outcome,
        "row": case.advice.row,
        "route": case.route,
        "route_post": school.routes[case.route].post,
        "moved": shown_on != case.route,
        "kept_here": shown_on == "dsl" and not case.restricted,
        "restricted": case.restricted,
        "harmish": case.harmish,
        "danger": case.advice.urgency == "now",
        "danger_unsure": case.answers.get("danger") == "unsure",
        "created": int(case.created_at.timestamp()),
        "course": case.course.value if case.course else None,
        "assignee": person_facts(school, case.assignee) if case.assignee else None,
        "close_requested": case.close_requested,
        "filed": case.filed_at is not None,
        "hold": case.legal_hold,
        "linked": case.linked_to is not None,
        "review": "dsl_review" in case.advice.conditions,
        "shared": case.report.get("done") == "yes",
        "settled": case.settled,
        "no_action": case.report.get("no_action") == "yes",
        "other_rules": case.pack.digest != pack.digest,
    }


def _decision(case: Case, school: School) -> Facts | None:
    decision: Decision | None = case.decision
    if decision is None:
        return None
    return {
        "outcome": decision.outcome.value,
        "by": person_facts(school, decision.by),
        "at": int(decision.at.timestamp()),
        "single": decision.single,
        "own": decision.by == case.requester,
    }


def _label(pack: RulePack, question: str, option: str | None) -> str | None:
    if option is None:
        return None
    options = pack.questions[question].options
    return next((o.label for o in options if o.id == option), option)


def _with_article(post: str) -> str:
    """A post inside a sentence; its first letter is small, unless it is letters only: "DSL"."""
    if post.lower().startswith("the "):
        return post[:1].lower() + post[1:]
    return f"the {post if post[1:2].isupper() else post[:1].lower() + post[1:]}"


def _recipient(pack: RulePack, role: str | None) -> str:
    """Who would get it, as it stands inside a sentence."""
    label = _label(pack, "role", role)
    if label is None or role == pack.questions["role"].blank:
        return "them"
    return label[:1].lower() + label[1:]


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
