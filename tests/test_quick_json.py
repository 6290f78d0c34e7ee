"""JSON, quickly: what Python's own says, and what it refuses, of anything."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.quick_json import read_json, write_json

TEXTS = st.text(st.characters(exclude_categories=()))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


@given(VALUES)
@example({"half a sign": "\ud800", "": ["\udfff"]})
def test_what_was_written_is_read_again_and_python_reads_it_too(value):
    assert read_json(write_json(value)) == json.loads(write_json(value)) == value


@given(VALUES)
@example("\ud83d")
@example([[[]]] * 3)
def test_what_python_wrote_is_read_as_python_reads_it(value):
    assert read_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize("body", [b"", b"{", b"[1,]", b"\xff", b"{'a': 1}", b"1" * 5000, b"{} {}"])
def test_what_is_no_json_is_refused_as_by_python(body):
    with pytest.raises(ValueError):  # noqa: PT011 - the same as json.loads, which has many words
        json.loads(body)
    with pytest.raises(ValueError):  # noqa: PT011
        read_json(body)


def test_what_is_nested_deeply_is_read_and_what_is_nested_without_end_refused():
    deep = b"[" * 300 + b"]" * 300

    assert read_json(deep) == json.loads(deep)
    with pytest.raises(RecursionError):
        read_json(b"[" * 100_000)
