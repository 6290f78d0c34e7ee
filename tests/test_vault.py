"""The keys: made once, never overwritten, read whole, and of no use for another row or school."""

from __future__ import annotations

import base64
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import KeyMissing, KeyWrong, Unreadable
from storage.vault import Box, Vault, WrappedKey, make_key


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "keys"


@pytest.fixture
def vault(folder):
    return Vault.create(folder, ["hill", "river"])


def test_a_key_is_32_random_bytes_that_only_this_user_may_read(vault, folder):
    files = sorted(folder.iterdir())

    assert [file.name for file in files] == ["hill.1.key", "river.1.key"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    secrets = {base64.b64decode(file.read_text()) for file in files}
    assert {len(secret) for secret in secrets} == {32}
    assert len(secrets) == 2


def test_creating_again_keeps_the_keys_there_are_and_adds_the_missing(vault, folder):
    before = (folder / "hill.1.key").read_text()

    again = Vault.create(folder, ["hill", "lake"])

    assert (folder / "hill.1.key").read_text() == before
    assert set(again.schools) == {"hill", "lake", "river"}


def test_a_key_file_is_never_overwritten(vault, folder):
    with pytest.raises(FileExistsError):
        make_key(folder, "hill", 1)


@pytest.mark.parametrize("school", ["", "../up", "Hill", "a b", ".hidden", "a/b"])
def test_a_school_id_that_is_no_file_name_is_refused(folder, school):
    folder.mkdir()
    with pytest.raises(ValueError, match="school id"):
        make_key(folder, school, 1)
    assert list(folder.iterdir()) == []


def test_no_keys_at_all_is_told_with_the_place(folder):
    with pytest.raises(KeyMissing) as fault:
        Vault.from_dir(folder)

    assert fault.value.path == folder
    assert str(folder) in str(fault.value)


def test_a_school_without_a_key_is_told_with_the_file(vault, folder):
    with pytest.raises(KeyMissing) as fault:
        vault.key("lake")

    assert fault.value.path == folder / "lake.1.key"


@pytest.mark.parametrize("content", ["", "not base64!", "AAAA", "é", "A" * 44 + "=="])
def test_a_file_that_is_no_key_is_told_with_its_name_and_not_its_content(folder, content):
    folder.mkdir()
    (folder / "hill.1.key").write_text(content)

    with pytest.raises(KeyWrong) as fault:
        Vault.from_dir(folder)

    assert fault.value.path == folder / "hill.1.key"
    assert len(content) < 3 or content not in str(fault.value)


def test_other_files_beside_the_keys_are_left_alone(vault, folder):
    (folder / "README").write_text("keep these safe")
    (folder / "hill.key.bak").write_text("x")

    assert set(Vault.from_dir(folder).schools) == {"hill", "river"}


@settings(deadline=None)
@given(plain=st.binary(max_size=300), row=st.text(max_size=20))
def test_what_is_sealed_opens_again(plain, row):
    box = Box(bytes(32))
    row = row.encode("utf-8", "replace").decode()

    assert box.open(row, box.seal(row, plain)) == plain


def test_what_is_sealed_twice_looks_different_each_time(vault):
    box, _ = vault.new_case_key("hill", "case")

    assert len({box.seal("row", b"the same") for _ in range(100)}) == 100


def test_a_ciphertext_moved_to_another_row_does_not_open(vault):
    box, _ = vault.new_case_key("hill", "case")

    with pytest.raises(Unreadable) as fault:
        box.open("cases:2", box.seal("cases:1", b"secret"))

    assert fault.value.row == "cases:2"


def test_a_ciphertext_opens_only_beside_what_it_was_sealed_beside(vault):
    box, _ = vault.new_case_key("hill", "case")
    sealed = box.seal("row", b"secret", "open to all")
    school_sealed = vault.seal("hill", "row", b"secret", "open to all")

    assert box.open("row", sealed, "open to all") == b"secret"
    assert vault.open("hill", "row", school_sealed, "open to all") == b"secret"
    for beside in ("", "restricted"):
        with pytest.raises(Unreadable):
            box.open("row", sealed, beside)
        with pytest.raises(Unreadable):
            vault.open("hill", "row", school_sealed, beside)


def test_a_ciphertext_with_any_bit_changed_or_cut_does_not_open(vault):
    box, _ = vault.new_case_key("hill", "case")
    sealed = box.seal("row", b"secret")

    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(Unreadable):
            box.open("row", bytes(changed))
        with pytest.raises(Unreadable):
            box.open("row", sealed[:place])


def test_a_cases_key_unwraps_for_its_own_case_and_school_alone(vault):
    box, wrapped = vault.new_case_key("hill", "case-1")
    sealed = box.seal("row", b"secret")

    assert vault.unwrap("hill", "case-1", wrapped).open("row", sealed) == b"secret"
    for school, case in (("hill", "case-2"), ("river", "case-1")):
        with pytest.raises(Unreadable):
            vault.unwrap(school, case, wrapped)


def test_each_case_has_a_key_of_its_own(vault):
    first, _ = vault.new_case_key("hill", "case-1")
    second, _ = vault.new_case_key("hill", "case-2")

    with pytest.raises(Unreadable):
        second.open("row", first.seal("row", b"secret"))


def test_what_belongs_to_no_case_is_sealed_under_its_schools_key(vault):
    sealed = vault.seal("hill", "row", b"secret")

    assert vault.open("hill", "row", sealed) == b"secret"
    with pytest.raises(Unreadable):
        vault.open("river", "row", sealed)


def test_with_a_newer_key_the_older_still_opens_and_hashes_are_found(vault, folder):
    _, old_wrapped = vault.new_case_key("hill", "case")
    old_sealed = vault.seal("hill", "row", b"secret")
    old_hash = vault.keyed_hash("hill", "requester", "dsl")
    make_key(folder, "hill", 2)

    both = Vault.from_dir(folder)

    assert both.new_case_key("hill", "case")[1].number == 2
    both.unwrap("hill", "case", old_wrapped)
    assert both.open("hill", "row", old_sealed) == b"secret"
    assert both.keyed_hash("hill", "requester", "dsl").startswith("2.")
    assert old_hash in both.keyed_hashes("hill", "requester", "dsl")
    assert both.agrees("hill", "requester", "dsl", old_hash)


def test_the_tenth_key_is_newer_than_the_ninth(vault, folder):
    for number in (2, 9, 10):
        make_key(folder, "hill", number)

    assert Vault.from_dir(folder).schools["hill"].number == 10


def test_a_key_that_was_taken_away_is_named_when_it_is_needed(vault):
    _, wrapped = vault.new_case_key("hill", "case")

    with pytest.raises(KeyMissing, match=r"hill\.7\.key"):
        vault.unwrap("hill", "case", WrappedKey(7, wrapped.wrapped))


def test_a_hash_depends_on_school_purpose_and_text(vault):
    hashes = {
        vault.keyed_hash(school, purpose, text)
        for school in ("hill", "river")
        for purpose in ("requester", "filed_at")
        for text in ("dsl", "head")
    }

    assert len(hashes) == 8
    assert vault.keyed_hash("hill", "requester", "dsl") in hashes


def test_a_hash_that_is_no_hash_agrees_with_nothing(vault):
    for stored in ("", "1.", "9.ab", "é", "1." + "0" * 64):
        assert not vault.agrees("hill", "requester", "dsl", stored)


def test_nothing_secret_shows_when_a_vault_or_key_is_printed(vault, folder):
    secret = (folder / "hill.1.key").read_text().strip()
    key = vault.key("hill")
    shown = repr(vault) + repr(key) + str(key)

    for hidden in (secret, base64.b64decode(secret).hex(), key.hashing.hex(), repr(key.hashing)):
        assert hidden not in shown
