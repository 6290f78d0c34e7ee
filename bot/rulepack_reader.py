"""Reading a rule-pack file into a RulePack, every fault named with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.decision_table import ALWAYS, Table
from bot.rulepack import (
    Box,
    Option,
    Page,
    Question,
    RecordOnly,
    RulePack,
    TickList,
    Wording,
    Words,
)
from bot.rulepack_entries import Reading
from bot.rulepack_file import Entry, Faults, PackRefused, digest, locate_pack, parse
from bot.rulepack_rows import OPERATORS, TableReading, Vocabulary

TITLE, LABEL, QUESTION = 24, 75, 150
BOXES: Final = (
    "reason",
    "asking",
    "recipient",
    "filed_at",
    "not_safe",
    "advised",
    "override_reason",
)
TOLD: Final = ("notify", "approval", "nothing")
_RULES = range(1, 8)
_GUIDANCE = ("title", "publisher", "date", "address", "summary")
_TOP_LEVEL = (
    "id",
    "version",
    "guidance",
    "notice",
    "switches",
    "pages",
    "questions",
    "record_only",
    "meanings",
    "scales",
    "additions",
    "table",
    "because",
    "whys",
    "conditions",
    "doubts",
    "told",
    "boxes",
    "outcomes",
)


_TOP_LEVEL_OPTIONAL = ("only_if_told", "row_doubts")


def read_pack(name_or_path: str | Path) -> RulePack:
    """The pack of that name, or in that file. Raises UnknownPack, PackRefused."""
    source, content = locate_pack(name_or_path)
    faults = Faults()
    entry = parse(source, content, faults)
    pack = _PackReading(Reading(faults)).pack(entry)
    if faults.found:
        raise PackRefused(source, tuple(sorted(set(faults.found))))
    return pack


@dataclass(frozen=True, slots=True)
class _PackReading:
    read: Reading

    def pack(self, entry: Entry) -> RulePack:
        top = self.read.fields(entry, _TOP_LEVEL, _TOP_LEVEL_OPTIONAL)
        questions = self._questions(top["questions"])
        masks = {
            q.id: {option.id: 1 << n for n, option in enumerate(q.options)}
            for q in questions.values()
        }
        conditions = {k: self.read.words(e) for k, e in self.read.pairs(top["conditions"]).items()}
        outcomes = self._outcomes(top["outcomes"])
        whys, sources = self._whys(top["whys"])
        vocabulary = Vocabulary(
            questions=questions,
            masks=masks,
            bits={question: 1 << n for n, question in enumerate(questions)},
            conditions=conditions,
            outcomes=outcomes,
            because=self._because(top["because"], whys, sources),
        )
        rows = TableReading(self.read, vocabulary, {}, {}, {})
        table = rows.table(top)
        return RulePack(
            id=self.read.text(top["id"]),
            version=self.read.text(top["version"]),
            digest=digest(entry),
            notice=self.read.text(top["notice"]),
            guidance=self._texts(top["guidance"], _GUIDANCE),
            switches=self._switches(top["switches"]),
            pages=self._pages(top["pages"], questions, rows),
            questions=questions,
            record_only=self._record_only(top["record_only"], masks),
            table=table,
            whys=whys,
            sources=sources,
            conditions=conditions,
            only_if_told=frozenset(
                self.read.texts(top["only_if_told"], conditions, "a condition with words")
                if "only_if_told" in top
                else ()
            ),
            doubts=self._doubts(top["doubts"], conditions),
            row_doubts=self._row_doubts(top.get("row_doubts"), table),
            told=self._told(top["told"]),
            boxes=self._boxes(top["boxes"], BOXES, QUESTION),
            outcomes=outcomes,
            bits=vocabulary.bits,
            masks=masks,
            open={question: sum(options.values()) for question, options in masks.items()},
            cautious={q.id: masks[q.id].get(q.blank, 0) for q in questions.values()},
        )

    def _questions(self, entry: Entry) -> dict[str, Question]:
        return {name: self._question(name, e) for name, e in self.read.pairs(entry).items()}

    def _question(self, name: str, entry: Entry) -> Question:
        if name in OPERATORS:
            self.read.faults.add(entry, f"{name} has a meaning of its own and cannot be a question")
        fields = self.read.fields(
            entry, ("text", "help", "blank", "options"), ("where_head_is_dsl",)
        )
        options = self._options(fields["options"])
        known = [option.id for option in options]
        return Question(
            id=name,
            text=self.read.text(fields["text"], QUESTION),
            help=self.read.text(fields["help"], QUESTION),
            options=options,
            blank=self.read.one(fields["blank"], known, f"an option of {name}"),
            options_where_head_is_dsl=self._where_head_is_dsl(fields, options),
        )

    def _options(self, entry: Entry) -> tuple[Option, ...]:
        pairs = self.read.pairs(entry)
        return tuple(Option(name, self.read.text(e, LABEL)) for name, e in pairs.items())

    def _where_head_is_dsl(
        self, fields: Mapping[str, Entry], options: tuple[Option, ...]
    ) -> tuple[Option, ...]:
        if "where_head_is_dsl" not in fields:
            return options
        known = [option.id for option in options]
        change = self.read.fields(fields["where_head_is_dsl"], ("hide", "options"))
        hidden = self.read.texts(change["hide"], known, "an option of the question")
        other = {option.id: option for option in self._options(change["options"])}
        for name in other.keys() - set(known):
            self.read.faults.add(change["options"], f"{name!r} is not an option of the question")
        return tuple(other.get(o.id, o) for o in options if o.id not in hidden)

    def _pages(
        self, entry: Entry, questions: Mapping[str, Question], rows: TableReading
    ) -> tuple[Page, ...]:
        pages = tuple(self._page(item, questions, rows) for item in self.read.items(entry))
        placed = [q.id for page in pages for q in page.questions]
        for name in questions:
            if placed.count(name) != 1:
                self.read.faults.add(entry, f"{name} is on {placed.count(name)} pages, not on one")
        names = [page.id for page in pages]
        for name in sorted({n for n in names if names.count(n) > 1}):
            self.read.faults.add(entry, f"page {name} is there twice")
        if placed != [name for name in questions if name in placed]:
            self.read.faults.add(entry, "the questions are not in the order of the pages")
        return pages

    def _page(self, entry: Entry, questions: Mapping[str, Question], rows: TableReading) -> Page:
        optional = ("questions", "rule", "always", "when", "people")
        fields = self.read.fields(entry, ("page", "title", "help"), optional)
        nothing = Entry((), entry.line, "")
        names = self.read.texts(fields.get("questions", nothing), questions, "a question")
        if bool(names) == ("people" in fields):
            self.read.faults.add(entry, "a page has either questions or a tick list of people")
        rules = [str(rule) for rule in _RULES]
        rule = self.read.one(fields["rule"], rules, "a rule") if "rule" in fields else None
        return Page(
            id=self.read.text(fields["page"]),
            title=self.read.text(fields["title"], TITLE),
            help=self.read.text(fields["help"], QUESTION),
            questions=tuple(questions[name] for name in names),
            rule=int(rule) if rule in rules else None,
            always="always" in fields and self.read.one(fields["always"], ("yes",), "yes") == "yes",
            when=rows.when(fields["when"]) if "when" in fields else ALWAYS,
            tick_list=self._tick_list(fields["people"]) if "people" in fields else None,
        )

    def _tick_list(self, entry: Entry) -> TickList:
        fields = self.read.fields(entry, ("question", "nobody", "button"))
        return TickList(
            self.read.text(fields["question"], QUESTION),
            self.read.text(fields["nobody"], LABEL),
            self.read.text(fields["button"], TITLE),
        )

    def _box(self, entry: Entry, limit: int) -> Box:
        fields = self.read.fields(entry, ("label", "help"))
        return Box(
            self.read.words(fields["label"], limit), self.read.words(fields["help"], QUESTION)
        )

    def _boxes(self, entry: Entry, needed: tuple[str, ...], limit: int) -> dict[str, Box]:
        pairs = self.read.has(entry, needed)
        return {name: self._box(item, limit) for name, item in pairs.items()}

    def _outcomes(self, entry: Entry) -> dict[str, Words]:
        pairs = self.read.pairs(entry)
        return {name: self._words(item, pairs) for name, item in pairs.items()}

    def _words(self, entry: Entry, known: Mapping[str, Entry]) -> Words:
        instead = ("with_conditions", "not_mended")
        others = ("before", "outside", "elsewhere")
        fields = self.read.fields(entry, ("title", "text"), (*instead, *others))
        named = {
            name: self.read.one(fields[name], known, "an outcome with words")
            for name in instead
            if name in fields
        }
        return Words(
            usual=self._wording(fields),
            before=self._other_wording(fields.get("before")),
            outside=self._other_wording(fields.get("outside")),
            with_conditions=named.get("with_conditions"),
            not_mended=named.get("not_mended"),
            elsewhere=self._other_wording(fields.get("elsewhere")),
        )

    def _wording(self, fields: Mapping[str, Entry]) -> Wording:
        return Wording(self.read.text(fields["title"], TITLE), self.read.words(fields["text"]))

    def _other_wording(self, entry: Entry | None) -> Wording | None:
        return self._wording(self.read.fields(entry, ("title", "text"))) if entry else None

    def _whys(self, entry: Entry) -> tuple[dict[int, str], dict[int, str]]:
        pairs = self.read.fields(entry, [str(rule) for rule in _RULES])
        whys, sources = {}, {}
        for rule in _RULES:
            fields = self.read.fields(pairs[str(rule)], ("line", "source"))
            whys[rule] = self.read.text(fields["line"])
            sources[rule] = self.read.text(fields["source"])
        return whys, sources

    def _because(
        self, entry: Entry, whys: Mapping[int, str], sources: Mapping[int, str]
    ) -> dict[int, str]:
        form = self.read.text(entry)
        for part in ("{rule}", "{why}", "{source}"):
            if part not in form:
                self.read.faults.add(entry, f"{part} is missing")
        return {
            rule: form.replace("{rule}", str(rule))
            .replace("{why}", whys[rule])
            .replace("{source}", sources[rule])
            for rule in whys
        }

    def _texts(self, entry: Entry, needed: tuple[str, ...]) -> dict[str, str]:
        fields = self.read.fields(entry, needed)
        return {name: self.read.text(item) for name, item in fields.items()}

    def _switches(self, entry: Entry) -> dict[str, bool]:
        pairs = self.read.pairs(entry)
        return {k: self.read.one(e, ("on", "off"), "on or off") == "on" for k, e in pairs.items()}

    def _doubts(self, entry: Entry, conditions: Mapping[str, str]) -> dict[str, str]:
        pairs = self.read.pairs(entry)
        self.read.fields(entry, (), conditions)
        return {name: self.read.text(item) for name, item in pairs.items()}

    def _row_doubts(self, entry: Entry | None, table: Table) -> dict[int, str]:
        if entry is None:
            return {}
        rows = {str(row.number): row.number for row in table.rows}
        fields = self.read.fields(entry, (), rows)
        return {rows[name]: self.read.text(e) for name, e in fields.items() if name in rows}

    def _told(self, entry: Entry) -> dict[str, str]:
        fields = self.read.fields(entry, TOLD)
        return {name: self.read.text(item, blank=True) for name, item in fields.items()}

    def _record_only(
        self, entry: Entry, masks: Mapping[str, Mapping[str, int]]
    ) -> tuple[RecordOnly, ...]:
        found = []
        for item in self.read.items(entry):
            fields = self.read.fields(item, ("question", "options", "why"))
            question = self.read.one(fields["question"], masks, "a question")
            known = masks.get(question, {})
            options = self.read.texts(fields["options"], known, f"an option of {question}")
            found.append(RecordOnly(question, options, self.read.text(fields["why"])))
        return tuple(found)
