"""What `rules check` refuses, how two packs differ, and the picture of a table."""

from __future__ import annotations

import random
import re
from copy import deepcopy
from importlib import resources

import pytest
import yaml

from bot.decision_table import Answered, Either, Every, Named, Not
from bot.rulepack_check import refusals
from bot.rulepack_file import PackRefused
from bot.rulepack_graph import draw_table, put_in_words
from bot.rules import decide, differences, load_pack

SHIPPED = (resources.files("bot.rulepacks") / "england-2024.yaml").read_text("utf-8")


def shipped_values():
    """The pack of the program as plain values, everything text."""
    return yaml.load(SHIPPED, Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but text


@pytest.fixture(scope="module")
def pack():
    return load_pack()


@pytest.fixture
def small():
    """A pack of two questions and three rows, as plain values to be spoilt."""
    values = shipped_values()
    question = {"text": "?", "help": "Say.", "blank": "unsure"}
    options = {"yes": "Yes", "no": "No", "unsure": "I don't know"}
    values["questions"] = {
        "fire": {**question, "options": dict(options)},
        "rain": {**question, "options": dict(options)},
    }
    values["pages"] = [
        {"page": "one", "title": "One", "help": "One.", "questions": ["fire", "rain"]}
    ]
    values["record_only"] = [{"question": "rain", "options": ["no", "unsure"], "why": "Dry."}]
    values["meanings"] = {"wet": {"rain": "yes"}}
    values["scales"] = {
        "by_rain": {"urgency": "high", "when": {"is": "wet"}, "otherwise": "normal"}
    }
    values["additions"] = {}
    values["conditions"] = {"act_now": "Ring.", "advice": "Ask."}
    values["doubts"] = {"advice": "it"}
    del values["only_if_told"], values["row_doubts"]
    general = ("danger", "dsl")
    values["outcomes"] = {name: values["outcomes"][name] for name in general}
    values["table"] = [
        row("1", {"fire": "yes"}, {"urgency": "now", "conditions": ["act_now"]}, "danger"),
        row("2", {"fire": "no"}, {"urgency": "by_rain", "conditions": ["advice"]}, "dsl"),
        row("3", {}, {"urgency": "high", "conditions": ["advice"]}, "dsl"),
    ]
    return values


def row(number, when, then, words):
    then = {"outcome": "escalate", "route": "dsl", **then}
    return {"row": number, "when": when, "then": then, "rule": "1", "words": words}


@pytest.fixture
def written(tmp_path):
    def write(values, name="pack.yaml"):
        file = tmp_path / name
        file.write_text(
            values if isinstance(values, str) else yaml.safe_dump(values, sort_keys=False)
        )
        return file

    return write


def faults_of(file):
    with pytest.raises(PackRefused) as refused:
        load_pack(file)
    return [f"{f.place}: {f.problem}" for f in refused.value.faults]


# ----------------------------------------------------------------------------- what check refuses


def problems(file):
    return [f"{f.place}: {f.problem}" for f in refusals(load_pack(file))]


def test_a_small_sound_pack_is_not_refused(written, small):
    assert problems(written(small)) == []


def test_a_row_that_no_answers_reach_is_refused(written, small):
    small["table"].insert(
        2, deepcopy(small["table"][0]) | {"row": "9", "when": {"is": "wet", "fire": "no"}}
    )
    small["table"][1]["when"] = {"fire": ["no", "yes"]}

    assert "table 9: no answers reach this row" in problems(written(small))


def test_an_option_that_changes_nothing_is_refused(written, small):
    small["questions"]["fire"]["options"]["smoke"] = "I see smoke"

    assert problems(written(small)) == [
        "questions fire: unsure and smoke lead to the same verdict whatever else is answered"
    ]


def test_a_question_that_changes_nothing_is_refused(written, small):
    small["scales"]["by_rain"]["when"] = {"fire": "yes"}
    small["record_only"] = []

    assert len([p for p in problems(written(small)) if p.startswith("questions rain")]) == 3


def test_an_option_said_to_differ_in_the_record_alone_must_do_so(written, small):
    small["record_only"].append({"question": "fire", "options": ["yes", "no"], "why": "No."})

    assert problems(written(small)) == ["record_only fire: yes and no do change the verdict"]


def test_words_that_no_row_uses_are_refused(written, small):
    small["conditions"]["trim"] = "Cut it down."
    small["outcomes"]["chair"] = {"title": "Chair", "text": "Sent."}

    assert problems(written(small)) == [
        "conditions trim: no row has this condition",
        "outcomes chair: no row has these words",
    ]


def test_a_doubt_without_words_is_refused(written, small):
    small["doubts"] = {}

    assert problems(written(small)) == [
        f"table {n}: its words say {{doubt}}, its conditions have none" for n in (2, 3)
    ]


def test_more_answers_than_can_be_tried_are_refused_and_not_tried(written, small):
    options = {f"o{n}": "An option" for n in range(100)}
    for number in range(4):
        name = f"more{number}"
        small["questions"][name] = {
            "text": "?",
            "help": "?",
            "blank": "o0",
            "options": options.copy(),
        }
        small["pages"][0]["questions"].append(name)

    assert problems(written(small)) == [
        "questions: 900000000 sets of answers are more than can be tried"
    ]


def test_a_pack_spoilt_anywhere_is_refused_with_a_reason_or_works(written, small):
    chance = random.Random(3)  # noqa: S311 - the same draw each time
    for _ in range(150):
        values = deepcopy(small)
        spoil(values, chance)
        file = written(values)
        try:
            pack = load_pack(file)
        except PackRefused:
            assert all(fault.split(": ", 1)[1] for fault in faults_of(file))
        else:
            decide(pack, {})


def spoil(values, chance):
    """Put something else, or nothing, in one place of the file."""
    place = values
    while True:
        key = chance.choice([*(place if isinstance(place, dict) else range(len(place)))])
        if not isinstance(place[key], dict | list) or not place[key] or chance.random() < 0.2:
            break
        place = place[key]
    other = chance.choice(
        ["", "\u00b2", "7", [], ["x"], [[]], {}, {"any": "x"}, {"is": ["a", "a"]}, None]
    )
    if other is None:
        del place[key]
    else:
        place[key] = other


def test_a_question_may_not_have_the_name_of_an_operator(written, small):
    small["questions"]["any"] = small["questions"].pop("rain")
    small["pages"][0]["questions"] = ["fire", "any"]

    assert any("any has a meaning of its own" in fault for fault in faults_of(written(small)))


# --------------------------------------------------------------------------- how two packs differ


def test_a_pack_does_not_differ_from_itself(written, small):
    one = load_pack(written(small))

    found = differences(one, one)

    assert (found.count, found.differences, found.only_before, found.only_after) == (9, (), (), ())


def test_differences_count_the_answer_sets_and_show_a_smallest_example(written, small):
    before = load_pack(written(small, "before.yaml"))
    small["table"][0]["when"] = {"fire": ["yes", "unsure"]}
    after = load_pack(written(small, "after.yaml"))

    [found] = differences(before, after).differences

    assert (found.before.row, found.after.row, found.count) == (3, 1, 3)
    assert found.example == {}


def test_an_example_leaves_out_no_answer_that_it_needs(written, small):
    before = load_pack(written(small, "before.yaml"))
    small["scales"]["by_rain"]["when"] = {"rain": ["yes", "no"]}
    small["record_only"] = []
    after = load_pack(written(small, "after.yaml"))

    [found] = differences(before, after).differences

    assert (found.before.urgency, found.after.urgency, found.count) == ("normal", "high", 1)
    assert found.example == {"fire": "no", "rain": "no"}


def test_answers_that_only_one_pack_knows_are_named_and_a_missing_question_is_blank(written, small):
    before = load_pack(written(small, "before.yaml"))
    small["questions"].pop("rain")
    small["pages"][0]["questions"] = ["fire"]
    small["questions"]["fire"]["options"]["smoke"] = "I see smoke"
    small["record_only"] = small["meanings"] = {}
    small["record_only"] = []
    small["scales"] = {}
    small["table"][1]["then"]["urgency"] = "high"
    after = load_pack(written(small, "after.yaml"))

    found = differences(before, after)

    assert found.only_before == ("rain=yes", "rain=no", "rain=unsure")
    assert found.only_after == ("fire=smoke",)
    assert [(d.before.urgency, d.after.urgency, d.count) for d in found.differences] == [
        ("normal", "high", 1)
    ]


def test_the_differences_of_the_whole_pack_agree_with_deciding_one_by_one(pack, written):
    other = load_pack(written(SHIPPED.replace("{role: family}", "{role: [family, safeguarding]}")))

    found = differences(pack, other)

    assert found.count == 20_736_000
    assert sum(d.count for d in found.differences) > 0
    for difference in found.differences:
        assert decide(pack, difference.example) == difference.before
        assert decide(other, difference.example) == difference.after


# -------------------------------------------------------------------------------------- the graph


def test_the_graph_has_every_row_once_and_every_arrow_goes_to_a_node(pack):
    lines = draw_table(pack).splitlines()

    nodes = re.findall(r"^  (\w+)[\[{(]", "\n".join(lines), re.MULTILINE)
    arrows = re.findall(r"^  (\w+) --(?: \w+ --)?> (\w+)$", "\n".join(lines), re.MULTILINE)

    assert lines[0] == "flowchart TD"
    assert nodes == ["start", *(f"{kind}{n}" for n in range(1, 38) for kind in "ro")]
    assert {end for arrow in arrows for end in arrow} == set(nodes)
    assert len(arrows) == 1 + 2 * 36 + 1


def test_the_graph_escapes_what_mermaid_would_read_as_markup(written, small):
    small["id"] = 'a "quoted" <b>id</b> #1'

    text = draw_table(load_pack(written(small)))

    assert 'start(["a #quot;quoted#quot; #lt;b#gt;id#lt;/b#gt; #35;1 version 1"])' in text


def test_conditions_are_put_in_plain_words():
    a, b = Answered("a", ("x", "y"), 3, 1), Answered("b", ("z",), 1, 2)

    assert put_in_words(Every((a, Not(b)))) == "a is x or y and not (b is z)"
    assert put_in_words(Every((b, Either((a, b))))) == "b is z and (a is x or y or b is z)"
    assert put_in_words(Named("harmish", a)) == "harmish"
    assert put_in_words(Every(())) == "anything else"
