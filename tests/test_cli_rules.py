"""`sharecheck rules` as somebody types it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources

import pytest
from typer.testing import CliRunner

from bot.cli_rules import app

SHIPPED = (resources.files("bot.rulepacks") / "england-2024.yaml").read_text("utf-8")
KEYS = ["outcome", "route", "copy", "urgency", "conditions", "fix", "row", "rule", "because"]
HEAD = '{"danger": "no", "adult": "head"}'


@pytest.fixture
def rules():
    """Runs `rules` with arguments and standard input; `.stdout`, `.stderr`, `.exit_code`."""

    def run(*arguments, typed=None):
        return CliRunner().invoke(app, [str(a) for a in arguments], input=typed)

    return run


@pytest.fixture
def spoilt(tmp_path):
    """Writes the pack with one thing changed; the file's path."""

    def write(old, new, name="pack.yaml"):
        assert old in SHIPPED
        file = tmp_path / name
        file.write_text(SHIPPED.replace(old, new, 1), "utf-8")
        return file

    return write


# ----------------------------------------------------------------------------------------- decide


def test_decide_prints_one_line_of_json_with_the_names_of_the_record(rules):
    done = rules("decide", "--json", HEAD)

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    verdict = json.loads(done.stdout)
    assert list(verdict) == KEYS
    assert verdict["row"] == 6
    assert verdict["route"] == "chair"
    assert verdict["fix"] is None


def test_decide_takes_a_missing_answer_as_the_cautious_one(rules):
    asked = {"danger": "no", "adult": "none", "advice": "confident", "purpose": "harm"}
    blank = rules("decide", "--json", json.dumps(asked))
    cautious = rules("decide", "--json", json.dumps({**asked, "role": "unsure", "trigger": "own"}))

    assert blank.stdout == cautious.stdout


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ('{"dangr": "no"}', 'unknown question "dangr"'),
        ('{"danger": "maybe"}', 'unknown option "maybe" for danger: there are yes, no, unsure'),
        ('{"danger": null}', "unknown option null for danger"),
        ('{"danger": ["no"]}', 'unknown option ["no"] for danger'),
        ('{"danger": true}', "unknown option true for danger"),
        ('{"danger": "\\u001b[2J"}', 'unknown option "\\u001b[2J" for danger'),
        ('{"danger": "no", "danger": "yes"}', "danger is answered twice"),
        ("{", "not JSON"),
        ("", "not JSON"),
        ("[]", "not an object of answers"),
        ('"danger"', "not an object of answers"),
        ("[" * 100_000, "not JSON"),
        ('{"danger": ' + "9" * 10_000 + "}", "not JSON"),
    ],
)
def test_decide_names_what_is_wrong_and_exits_2(rules, typed, named):
    done = rules("decide", "--json", typed)

    assert (done.exit_code, done.stdout) == (2, "")
    assert named in done.stderr
    assert len(done.stderr) < 300


@pytest.mark.parametrize("arguments", [[], ["--json", "{}", "--jsonl", "-"]])
def test_decide_wants_either_one_set_or_many(rules, arguments):
    done = rules("decide", *arguments)

    assert (done.exit_code, done.stderr) == (2, "give either --json or --jsonl\n")


def test_decide_reads_a_file_and_prints_one_verdict_a_line_in_order(rules, tmp_path):
    file = tmp_path / "answers.jsonl"
    adults = ["none", "staff", "dsl", "head", "conflict", "unsure"]
    lines = [json.dumps({"danger": "yes", "adult": adult}) for adult in adults]
    file.write_text("\n".join(lines))

    done = rules("decide", "--jsonl", file)

    assert done.exit_code == 0
    routes = [json.loads(line)["route"] for line in done.stdout.splitlines()]
    assert routes == ["dsl", "head", "head", "chair", "lado", "head"]


def test_decide_reads_standard_input(rules):
    done = rules("decide", "--jsonl", "-", typed=f"{HEAD}\n{{}}\n")

    assert [json.loads(line)["row"] for line in done.stdout.splitlines()] == [6, 5]


@pytest.mark.parametrize("bad", ['{"danger": "maybe"}', "{", "", "[]"])
def test_a_bad_line_is_named_and_what_was_done_is_said(rules, bad):
    done = rules("decide", "--jsonl", "-", typed=f"{HEAD}\n{{}}\n{bad}\n{HEAD}\n")

    assert done.exit_code == 2
    assert len(done.stdout.splitlines()) == 2
    first, second = done.stderr.splitlines()
    assert first.startswith("line 3: ")
    assert second == "lines before it: 2 decided; from line 3 on: nothing decided"


def test_a_line_that_is_not_text_is_named(tmp_path, rules):
    file = tmp_path / "answers.jsonl"
    file.write_bytes(b'{}\n{"danger": "\xff"}\n')

    done = rules("decide", "--jsonl", file)

    assert done.exit_code == 2
    assert done.stderr.startswith("line 2: not JSON")


def test_a_file_that_is_not_there_is_named(rules, tmp_path):
    done = rules("decide", "--jsonl", tmp_path / "none.jsonl")

    assert done.exit_code == 2
    assert "none.jsonl: No such file" in done.stderr


def test_decide_by_another_pack(rules, spoilt):
    file = spoilt(
        "{adult: head}\n    then: {outcome: escalate, route: chair",
        "{adult: head}\n    then: {outcome: escalate, route: lado",
    )

    assert json.loads(rules("decide", "--json", HEAD, "--pack", file).stdout)["route"] == "lado"


@pytest.mark.parametrize(
    "command", [["decide", "--json", "{}", "--pack"], ["graph"], ["diff", "england-2024"]]
)
def test_a_pack_that_cannot_be_read_is_refused_with_file_and_line(rules, spoilt, command):
    file = spoilt("fix: verified", "fix: verify")
    line = SHIPPED[: SHIPPED.index("fix: verified")].count("\n") + 1

    done = rules(*command, file)

    assert done.exit_code == 2
    assert done.stderr == f"{file}:{line}: table 26 then fix: 'verify' is not a question\n"


@pytest.mark.parametrize("command", [["decide", "--json", "{}", "--pack"], ["check"], ["graph"]])
def test_a_pack_that_is_not_there_is_refused_with_those_that_are(rules, command):
    done = rules(*command, "wales-2024")

    assert done.exit_code == 2
    assert "no rule pack wales-2024" in done.stderr
    assert "england-2024" in done.stderr


# -------------------------------------------------------------------------------- check and graph


def test_check_says_in_one_line_that_the_pack_is_sound(rules):
    done = rules("check")

    assert done.exit_code == 0
    assert done.stdout.startswith(
        "england-2024 version 1 is sound: 12 questions, 37 rows, 20736000 "
    )
    assert done.stdout.count("\n") == 1


def test_check_lists_each_fault_with_its_line_and_exits_1(rules, spoilt):
    file = spoilt("fix: verified", "fix: verify")

    done = rules("check", file)

    assert done.exit_code == 1
    line = SHIPPED[: SHIPPED.index("fix: verified")].count("\n") + 1
    assert done.stdout == f"{file}:{line}: table 26 then fix: 'verify' is not a question\n"
    assert done.stderr == f"{file}: 1 fault\n"


@pytest.mark.long
def test_check_finds_what_only_trying_all_answers_shows(rules, spoilt):
    file = spoilt("when: {role: family}", "when: {role: [family, safeguarding]}")
    alike = "safeguarding and family lead to the same verdict whatever else is answered"

    done = rules("check", file)

    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"{file}: table 25: no answers reach this row",
        f"{file}: table 31: no answers reach this row",
        f"{file}: questions role: {alike}",
    ]


def test_graph_prints_a_flowchart(rules):
    done = rules("graph")

    assert done.exit_code == 0
    assert done.stdout.startswith("flowchart TD\n")


# ------------------------------------------------------------------------------------------- diff


def test_diff_of_a_pack_with_itself_finds_nothing(rules):
    done = rules("diff", "england-2024", "england-2024")

    assert done.exit_code == 0
    assert "0 of 20736000 sets of answers get another verdict" in done.stdout
    assert "the two packs are the same" in done.stdout


def test_diff_counts_each_pair_of_verdicts_and_shows_an_example(rules, spoilt):
    file = spoilt(
        "{trigger: legal_order}\n    then: {outcome: escalate, route: dpo",
        "{trigger: legal_order}\n    then: {outcome: escalate, route: head",
    )

    done = rules("diff", "england-2024", file)

    assert done.exit_code == 0
    head, pair, example = done.stdout.splitlines()
    assert "384000 of 20736000 sets of answers get another verdict" in head
    assert pair == (
        "384000: [row 9] escalate dpo copy dsl high legal_order"
        " -> [row 9] escalate head copy dsl high legal_order"
    )
    assert example == '    such as {"adult": "none", "trigger": "legal_order"}'


@pytest.mark.long
def test_diff_shows_the_most_frequent_pairs_unless_told_to_show_all(rules, spoilt):
    file = spoilt("when: {role: family}", "when: {role: [family, safeguarding]}")

    some = rules("diff", "england-2024", file).stdout
    everything = rules("diff", "england-2024", file, "--all").stdout

    assert some.count("such as") == 20
    assert "pairs more" in some
    assert everything.count("such as") == 52
    assert "pairs more" not in everything


def test_diff_says_when_only_words_differ(rules, spoilt):
    file = spoilt("Ring first. Everything else can wait.", "Ring first.")

    done = rules("diff", "england-2024", file)

    assert "they differ in words, order or layout of the table alone" in done.stdout


# ------------------------------------------------------------------------ as a program of its own


def test_deciding_neither_imports_the_platforms_nor_the_database():
    program = (
        "import sys\n"
        "from bot.cli_rules import app\n"
        "try: app(['decide', '--json', '{}'])\n"
        "except SystemExit as done: assert not done.code\n"
        "heavy = {'slack_bolt', 'aiohttp', 'sqlalchemy', 'jinja2', 'microsoft_teams'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"
