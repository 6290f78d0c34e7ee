"""Reading rule packs: the one that comes with the program, and bad ones."""

from __future__ import annotations

import hashlib
import re
from importlib import resources

import pytest
import rfc8785
import yaml

from bot.rulepack_check import refusals
from bot.rulepack_entries import PLACEHOLDERS
from bot.rulepack_file import PackRefused, UnknownPack
from bot.rules import decide, load_pack

SHIPPED = (resources.files("bot.rulepacks") / "england-2024.yaml").read_text("utf-8")
VOCABULARY = {
    "danger": "yes no unsure",
    "adult": "none staff dsl head conflict unsure",
    "trigger": "own professional parent records_request legal_order public",
    "identifiable": "yes no unsure",
    "purpose": "harm welfare none unsure",
    "openness": "told will_tell not_safe not_practicable unsure",
    "agreement": "agreed refused not_asked unsure",
    "advice": "confident advised wanted law",
    "identity_risk": "none protected not_yet recipient_is_risk unsure",
    "role": "statutory safeguarding none family unsure",
    "verified": "yes no",
    "content": "minimal excess doubtful unsure",
}


@pytest.fixture(scope="module")
def pack():
    return load_pack()


def shipped_values():
    """The pack of the program as plain values, everything text."""
    return yaml.load(SHIPPED, Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but text


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


# ------------------------------------------------------------------------ the pack of the program


def test_the_pack_has_the_questions_and_options_of_the_domain_in_order(pack):
    assert {
        q: " ".join(o.id for o in one.options) for q, one in pack.questions.items()
    } == VOCABULARY
    assert [q.id for page in pack.pages for q in page.questions] == list(VOCABULARY)


def test_the_pages_are_the_start_the_tick_list_what_it_is_and_six_rules(pack):
    ids = [page.id for page in pack.pages]

    assert ids == ["start", "people", "what", *(f"rule{n}" for n in range(1, 7))]
    assert [page.rule for page in pack.pages] == [None, None, None, 1, 2, 3, 4, 5, 6]
    assert [page.id for page in pack.pages if page.people] == ["people"]
    assert pack.page_or_none("outcome") is None


def test_the_pack_that_comes_with_the_program_is_sound(pack):
    assert refusals(pack) == ()


def test_the_duty_to_share_is_a_switch_that_is_off(pack):
    assert pack.switches == {"duty_to_share": False}


def test_the_guidance_is_named_with_publisher_and_date(pack):
    assert pack.guidance["publisher"] == "Department for Education"
    assert "2024" in pack.guidance["date"]
    assert set(pack.sources) == set(pack.whys) == set(range(1, 8))
    assert all("DfE" in s and "2024" in s and "rule" not in s for s in pack.sources.values())


def test_every_condition_of_the_table_has_a_line_and_every_verdict_names_rule_and_source(pack):
    for one in pack.table.rows:
        assert set(one.conditions) <= set(pack.conditions)
        assert one.because.startswith(f"Rule {one.rule}: {pack.whys[one.rule]}")
        assert pack.sources[one.rule] in one.because


def test_the_dsl_is_written_out_the_first_time_a_page_names_the_post(pack):
    texts = [f"{p.title} {p.help} {' '.join(q.text for q in p.questions)}" for p in pack.pages]
    texts += [one.text for words in pack.outcomes.values() for one in words.all]
    texts += pack.told.values()

    for text in texts:
        first = text.find("DSL")
        assert first < 0 or text[:first].endswith("safeguarding lead ("), text


def test_no_answer_that_stops_a_share_stands_first(pack):
    first = {q.id: q.options[0].id for q in pack.questions.values()}

    assert first["role"] != "none"
    assert first["identity_risk"] != "recipient_is_risk"
    assert first["trigger"] != "public"


def test_where_the_head_is_the_dsl_only_the_head_is_offered(pack):
    adult = pack.questions["adult"]

    offered = {o.id: o.label for o in adult.offered(head_is_dsl=True)}

    assert "dsl" not in offered
    assert offered["head"] == "Yes - the headteacher, who is also our safeguarding lead"
    assert adult.offered(head_is_dsl=False) == adult.options


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"danger": "yes", "adult": "head"}, "danger"),
        ({"adult": "staff"}, "head"),
        ({"adult": "head"}, "chair"),
        ({"adult": "conflict"}, "lado"),
        ({"adult": "none", "trigger": "records_request"}, "dpo_records"),
        ({"adult": "none", "trigger": "legal_order"}, "dpo_order"),
        ({"adult": "none", "advice": "law", "purpose": "none"}, "dpo_law"),
        ({"adult": "none", "advice": "law", "purpose": "harm"}, "dsl"),
        ({"adult": "none"}, "dsl"),
        ({"adult": "none", "advice": "advised", "role": "none"}, "do_not_share_review"),
    ],
)
def test_an_outcome_has_the_words_that_fit_it(pack, answers, kind):
    verdict = decide(pack, answers)

    assert pack.outcome_kind(verdict) == kind
    assert pack.outcome_words(verdict) == (
        pack.outcomes[kind].usual.title,
        pack.outcomes[kind].usual.text,
    )


def test_a_share_has_other_words_when_it_comes_with_conditions(pack):
    answers = {
        "danger": "no",
        "adult": "none",
        "purpose": "harm",
        "openness": "told",
        "agreement": "agreed",
        "advice": "confident",
        "identity_risk": "none",
        "role": "statutory",
        "verified": "yes",
        "content": "minimal",
    }

    assert pack.outcome_kind(decide(pack, answers)) == "share"
    guarded = decide(pack, {**answers, "openness": "not_safe"})
    assert pack.outcome_kind(guarded) == "share_with_conditions"


def test_what_is_in_doubt_is_said_for_every_row_whose_words_need_it(pack):
    used = {r.number: pack.outcomes[r.words] for r in pack.table.rows}
    used |= {n: pack.outcomes[w.not_mended] for n, w in used.items() if w.not_mended}
    asking = [r for r in pack.table.rows if any("{doubt}" in w.text for w in used[r.number].all)]

    assert {26, 27, 29, 35} < {row.number for row in asking}
    for one in asking:
        assert set(one.conditions) & set(pack.doubts) or one.number in pack.row_doubts


def test_the_braces_in_words_are_all_things_that_the_product_fills_in():
    body = SHIPPED[SHIPPED.index("\nconditions:") :]

    assert set(re.findall(r"{(\w+)}", body)) <= PLACEHOLDERS


# ---------------------------------------------------------------------------- finding and reading


def test_a_name_that_is_no_pack_is_refused_with_the_names_there_are():
    with pytest.raises(UnknownPack) as refused:
        load_pack("wales-2024")

    assert (refused.value.name, refused.value.known) == ("wales-2024", ("england-2024",))


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(UnknownPack) as refused:
        load_pack(tmp_path / "none.yaml")

    assert refused.value.name.endswith("none.yaml")


def test_the_digest_is_of_what_is_said_and_not_of_layout_or_remarks(pack, written):
    values = shipped_values()
    again = load_pack(written(values))
    changed = load_pack(written({**values, "notice": "Other words."}, "changed.yaml"))

    assert len(pack.digest) == 64
    assert again.digest == pack.digest
    assert changed.digest != pack.digest


def test_the_digest_is_sha_256_of_canonical_json(pack):
    values = shipped_values()
    assert pack.digest == hashlib.sha256(rfc8785.dumps(values)).hexdigest()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "the file is empty"),
        ("id: [", "not YAML"),
        ("- just\n- a list\n", "should be a mapping"),
        ("id: x\nid: y\n", "id is there twice"),
        ("a: &x {b: c}\nd: *x\n", "a rule pack has no aliases"),
        ("[" * 20_000, "not YAML"),
    ],
)
def test_a_file_that_is_no_pack_is_refused(written, content, problem):
    assert any(problem in fault for fault in faults_of(written(content)))


def test_a_file_that_is_not_text_is_refused_with_the_line(tmp_path):
    file = tmp_path / "bytes.yaml"
    file.write_bytes(b"id: x\nversion: \xff\n")

    with pytest.raises(PackRefused) as refused:
        load_pack(file)

    assert [(f.line, f.problem) for f in refused.value.faults] == [(2, "not UTF-8 text")]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("{role: family}", "{rolle: family}", "table 22 when rolle: 'rolle' is not a question"),
        (
            "{role: family}",
            "{role: familly}",
            "table 22 when role: 'familly' is not an option of role",
        ),
        (
            "{role: none, is: harmish}",
            "{role: none, is: harm}",
            "table 14 when is: 'harm' is not a meaning",
        ),
        ("fix: verified", "fix: verify", "table 26 then fix: 'verify' is not a question"),
        ("conditions: [verify]", "conditions: [verfy]", "'verfy' is not a condition with words"),
        ("words: dpo_law", "words: dpo", "'dpo' is not an outcome with words"),
        ("route: chair, urgency: now", "route: boss, urgency: now", "'boss' is not a route"),
        ("route: chair, urgency: now", "route: chair, urgency: soon", "'soon' is not an urgency"),
        ("{outcome: share, route: lado", "{outcome: perhaps, route: lado", "not an outcome"),
        ("- row: 8\n", "- row: 7\n", "table: row 7 is there twice"),
        ("    when: {}\n", "    when: {danger: no}\n", "the last row must decide whatever is left"),
        (
            "    blank: wanted",
            "    blank: maybe",
            "questions advice blank: 'maybe' is not an option",
        ),
        (
            "      told: They know already",
            "      told: " + "x" * 76,
            "has 76 characters, the limit is 75",
        ),
        ("title: Nearly there", "title: Nearly there, one thing to do", "the limit is 24"),
        ("text: Who would get it?", "text: " + "W" * 151, "has 151 characters, the limit is 150"),
        ("  trim: Cut it down", "  trimm: Cut it down", "'trim' is not a condition with words"),
        (
            "{number_out_of_hours}",
            "{phone_book}",
            "{phone_book} is not something the product fills in",
        ),
        ("    rule: 3\n    words: fix", "    rule: 8\n    words: fix", "'8' is not a rule"),
        ("not_mended: dsl", "not_mended: dls", "'dls' is not an outcome with words"),
        ("  21: how serious", "  99: how serious", "row_doubts 99: not known here"),
        ("[restricted, dsl_review,", "[restrict, dsl_review,", "'restrict' is not a condition"),
        ("duty_to_share: off", "duty_to_share: maybe", "'maybe' is not on or off"),
        ("questions: [openness]", "questions: [purpose]", "purpose is on 2 pages, not on one"),
        ("page: rule5", "page: rule4", "page rule4 is there twice"),
        ("rule: 5\n    questions", "rull: 5\n    questions", "rull: not known here"),
        ("  reason:\n", "  reasons:\n", "boxes: reason is missing"),
        ("hide: [dsl]", "hide: [dls]", "'dls' is not an option of the question"),
        ("{condition: inform_later,", "{condition: inform,", "'inform' is not a condition"),
        (
            "notice: This helps the people who decide. It is not legal advice.",
            "",
            "notice is missing",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(written, old, new, fault):
    assert SHIPPED.count(old) >= 1

    found = faults_of(written(SHIPPED.replace(old, new, 1)))

    assert any(fault in one for one in found), found


def test_a_fault_is_named_with_its_line(written):
    line = SHIPPED[: SHIPPED.index("{role: family}")].count("\n") + 1

    with pytest.raises(PackRefused) as refused:
        load_pack(written(SHIPPED.replace("{role: family}", "{role: familly}")))

    assert [fault.line for fault in refused.value.faults] == [line]


def test_all_faults_are_named_at_once(written):
    spoilt = SHIPPED.replace("fix: verified", "fix: verify").replace("row: 8\n", "row: 7\n")

    assert len(faults_of(written(spoilt))) == 2
