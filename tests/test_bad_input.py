"""Hostile and personal text in every box: text everywhere, or refused beside the box."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from bot.case import Case
from playground import school as pretend
from tests.forms import (
    ASKED,
    EVERY,
    OPTIONAL,
    REQUESTED,
    REVIEWED,
    WALKED,
    Box,
    fill_in,
    is_text,
    reach,
)
from tests.pretend_school import PretendSchool
from tests.scenarios import SURE, WELFARE

TEACHER, DSL = pretend.TEACHER, pretend.DSL
HOSTILE = {
    "mentions": "MARK <!channel> <!here> <@U0HEAD0001> <#C0STAFF001> @channel",
    "links": "MARK <https://evil.example|the council> https://evil.example/?q=1",
    "markup": "MARK *bold* _slanted_ ~gone~ `code` ```more``` > quoted\n• one\n1. two",
    "entities": "MARK & < > &amp; &lt;b&gt; \u2028 \x0b",
    "templates": "MARK {{ 7 * 7 }} {% raw %} {# no #} ${x} {reason}",
    "json": 'MARK "}],"text":"x" \\u0041 \\n',
    "turned round": "MARK \u202e gnp.exe \u202c \u2066 \u200f \u061c",
    "emoji": "MARK \U0001f469\u200d\U0001f467\u200d\U0001f466 :rotating_light: \U0001f3f4\U000e0067",
    "lone surrogate": "MARK \ud83d alone",
    "other scripts": "MARK \u4f60\u597d \u0645\u0631\u062d\u0628\u0627 \u0e01\u0e33 Z\u0351\u036b\u0343",
    "long": "MARK " + "very long indeed, " * 166,
}


def first_short(boxes: Iterable[Box]) -> list[Any]:
    """Of the same proof for each box: a few now, and all with the long tests."""
    few, rest = (found := [*boxes])[:3], found[3:]
    return [*few, *(pytest.param(box, marks=pytest.mark.long) for box in rest)]


def live_text(part: Any) -> Iterator[str]:
    """Every text that Slack would look for markup in: all but plain text."""
    if isinstance(part, dict):
        if part.get("type") == "plain_text":
            return
        for name, value in part.items():
            if name in {"text", "alt_text", "fallback"} and isinstance(value, str):
                yield value
            elif name != "private_metadata":
                yield from live_text(value)
    elif isinstance(part, list):
        for one in part:
            yield from live_text(one)


@pytest.mark.parametrize("box", EVERY, ids=str)
async def test_hostile_text_in_every_box_is_kept_and_shown_as_text(school: PretendSchool, box: Box):
    person = await reach(school, box)
    words = " ".join(text for text in HOSTILE.values())[: box.most]

    answer = await fill_in(school, person, box, words)

    assert "errors" not in answer
    noted = [event.texts for c in await school.cases() for event in await history(school, c)]
    assert words.strip() in str_values(noted)
    await school.press(DSL if school.sees(DSL, "case.read") else TEACHER, "case.read")
    calls = [call.arguments for call in school.workspace.calls]
    assert not [text for text in live_text(calls) if "MARK" in text]
    assert school.workspace.faults == []


async def history(school: PretendSchool, case: Case) -> Any:
    return await school.read(lambda unit: unit.history(case))


def str_values(noted: list[Any]) -> list[str]:
    return [text for texts in noted for text in texts.values()]


@pytest.mark.parametrize("words", HOSTILE.values(), ids=list(HOSTILE))
async def test_each_kind_of_hostile_text_survives_the_whole_way(school: PretendSchool, words: str):
    await school.check(TEACHER, **ASKED)
    await fill_in(school, TEACHER, Box("reason", "walk"), words)
    case = await school.case()
    await school.press(DSL, "case.read")

    assert case.texts["reason"] == words.strip()
    assert "MARK" in school.page(DSL)
    typed = [b for b in school.dialog(DSL)["blocks"] if "MARK" in str(b)]
    assert [b["text"]["type"] for b in typed] == ["plain_text"]
    assert not [w for w in ("\u202e", "\ud83d alone", "\u2066") if w in school.page(DSL)]


async def test_the_file_pointer_is_plain_text_on_the_card(school: PretendSchool):
    await school.check(TEACHER, **ASKED)

    await fill_in(school, TEACHER, Box("filed_at", "walk"), HOSTILE["mentions"])

    root = school.workspace.messages[pretend.DSL_CHANNEL][0]
    assert "<!channel>" in str(root.blocks)
    assert not [text for text in live_text(list(root.blocks)) if "MARK" in text]
    assert "MARK" not in root.text


async def test_the_longest_texts_together_can_still_be_read(school: PretendSchool):
    answers = {"openness": "not_safe", "advice": "advised", "agreement": "refused"}
    await school.check(TEACHER, **SURE | answers)
    boxes = {name: block for name, block in school.inputs(TEACHER).items() if is_text(block)}
    long = {name: "&<" * (block["element"]["max_length"] // 2) for name, block in boxes.items()}
    await school.slack.answer(TEACHER, **long, course="followed")
    await school.settle()
    await school.do(TEACHER, "case.report", done="no", account="<&" * 1500)
    for _ in range(3):
        await school.do(TEACHER, "case.reply", no_action="yes", reply=">&" * 1500)

    await school.press(DSL, "case.read")

    assert "&<&<" in school.page(DSL)


# ------------------------------------------------------------------------------- personal data

PERSONAL = {
    "a date, perhaps a date of birth": "born 3 March 2015",
    "a postcode": "lives at SW1A 1AA",
    "a telephone number": "ring 020 7946 0958",
    "an email address": "write to parent@home.example",
    "a pupil number (UPN)": "UPN H801200001001",
    "an NHS number": "NHS 943 476 5919",
    "a National Insurance number": "NI AB 12 34 56 C",
}


@pytest.mark.parametrize("kind", PERSONAL)
async def test_each_pattern_is_refused_beside_the_box_and_nothing_is_saved(
    school: PretendSchool, kind: str, logged: list[Any]
):
    await school.check(TEACHER, **ASKED)
    before = school.remembered()

    sent = await school.slack.answer(TEACHER, reason=f"They {PERSONAL[kind]} I think")

    assert set(sent.errors) == {"f.reason"}
    assert (
        f"This looks like {kind}. Please take it out. Nothing was saved." in sent.errors["f.reason"]
    )
    assert school.remembered() == before
    assert PERSONAL[kind] not in str(logged)
    assert (await school.finish(TEACHER, reason="They told me")).status == "waiting"


@pytest.mark.parametrize("box", first_short([*WALKED, *REQUESTED]), ids=str)
async def test_whoever_asks_cannot_override_a_pattern_in_any_box(school: PretendSchool, box: Box):
    person = await reach(school, box)
    block = school.inputs(person)[box.name]["block_id"]
    before = school.remembered()

    answer = await fill_in(school, person, box, "They live at SW1A 1AA")

    assert set(answer["errors"]) == {block}
    assert "a postcode" in answer["errors"][block]
    assert school.remembered() == before


async def test_a_tick_that_was_never_offered_overrides_nothing(school: PretendSchool):
    await school.check(TEACHER, **ASKED)
    case = await school.finish(TEACHER)
    await school.press(TEACHER, "case.withdraw")
    payload = school.submit_payload(TEACHER, reason="They live at SW1A 1AA")
    ticked = {"type": "checkboxes", "selected_options": [{"value": "yes"}]}
    payload["view"]["state"]["values"]["f.override"] = {"override": ticked}

    answer = await school.send_payload(payload)

    assert set(answer["errors"]) == {"f.reason"}
    assert not (await school.case(case)).close_requested


@pytest.mark.parametrize("box", first_short(REVIEWED), ids=str)
async def test_a_reviewer_may_say_that_it_is_no_personal_data(school: PretendSchool, box: Box):
    person = await reach(school, box)
    before = school.remembered()
    values = {box.name: "Meeting room SW1A 1AA"} | box.more

    await school.slack.answer(person, **values)

    assert "This looks like a postcode" in school.page(person)
    assert school.remembered() == before
    kept = school.inputs(person)[box.name]["element"]["initial_value"]
    assert kept == "Meeting room SW1A 1AA"

    sent = await school.submit(person, override=["yes"])
    assert not sent.errors
    noted = [event.texts for c in await school.cases() for event in await history(school, c)]
    assert "Meeting room SW1A 1AA" in str_values(noted)


async def test_a_reviewer_who_takes_it_out_needs_no_tick(school: PretendSchool):
    await school.check(TEACHER, **WELFARE | {"advice": "wanted"})
    case = await school.finish(TEACHER)
    await school.press(DSL, "case.decide.do_not_share")
    await school.slack.answer(DSL, reason="They live at SW1A 1AA")

    await school.submit(DSL, reason="They live far away")

    assert (await school.case(case)).decision.reason == "They live far away"


# ------------------------------------------------------------------------------------- blanks


BLANK = (None, "", " \n\t ", "\u200b\u2060")


@pytest.mark.parametrize("box", first_short(b for b in EVERY if b.name not in OPTIONAL), ids=str)
async def test_a_blank_where_words_are_needed_is_an_error_beside_the_box(
    school: PretendSchool, box: Box
):
    person = await reach(school, box)
    block = school.inputs(person)[box.name]["block_id"]
    before = school.remembered()

    for blank in BLANK:
        answer = await fill_in(school, person, box, blank)
        assert set(answer["errors"]) == {block}
        assert answer["errors"][block].startswith("Please ")

    assert school.remembered() == before
