"""The school's keys and what is done with them: wrap, seal, open, and hash so that it can be found.

A key file holds 32 random bytes in base64: `<school>.<number>.key`. The highest number is in use;
the others still open what was written under them. They lie outside the data and its backups.
"""

from __future__ import annotations

import base64
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.errors import KeyMissing, KeyWrong, Unreadable

KEY_BYTES = 32
_NONCE_BYTES = 12
_NUMBER_BYTES = 2
_FILE = re.compile(r"(?P<school>[a-z0-9][a-z0-9_-]*)\.(?P<number>[1-9][0-9]{0,3})\.key")


class Box:
    """Seals bytes under one key; a ciphertext opens only for the row it was sealed for.

    And only beside the plain text it was sealed beside, such as the row's other columns.
    """

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, row: str, plain: bytes, beside: str = "") -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, _bound(row, beside))

    def open(self, row: str, sealed: bytes, beside: str = "") -> bytes:
        """Raises Unreadable when `sealed` was changed, or sealed otherwise or somewhere else."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, _bound(row, beside))
        except (InvalidTag, ValueError) as error:
            raise Unreadable(row) from error


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A case's key as it may lie in the database: only key `number` of the school opens it."""

    number: int
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class SchoolKey:
    """One key file, and the four keys derived from it (HKDF-SHA256), one for each use."""

    school: str
    number: int
    path: Path
    wrapping: Box = field(repr=False)
    sealing: Box = field(repr=False)
    hashing: bytes = field(repr=False)
    answer: str = field(repr=False)

    @classmethod
    def read(cls, path: Path, school: str, number: int) -> SchoolKey:
        """Raises KeyWrong when the file does not hold 32 bytes in base64."""
        try:
            secret = base64.b64decode(path.read_text("ascii").strip(), validate=True)
        except ValueError as error:
            raise KeyWrong(path) from error
        if len(secret) != KEY_BYTES:
            raise KeyWrong(path)
        return cls(
            school=school,
            number=number,
            path=path,
            wrapping=Box(_derive(secret, "wrap")),
            sealing=Box(_derive(secret, "seal")),
            hashing=_derive(secret, "hash"),
            answer=_derive(secret, "answer").hex(),
        )

    def hash(self, purpose: str, text: str) -> str:
        plain = f"{purpose}\0{text}".encode("utf-8", "surrogatepass")
        return f"{self.number}.{hmac.digest(self.hashing, plain, 'sha256').hex()}"


class Vault:
    """The keys of all schools, read once. Nothing secret is ever printed or put in an error."""

    def __init__(self, path: Path, keys: Iterable[SchoolKey]) -> None:
        self._path = path
        self._keys: dict[str, dict[int, SchoolKey]] = {}
        for key in sorted(keys, key=lambda k: (k.school, -k.number)):
            self._keys.setdefault(key.school, {})[key.number] = key

    @classmethod
    def from_dir(cls, path: Path) -> Vault:
        """Read every key file in a directory. Raises KeyMissing when there is none, KeyWrong."""
        found = [(file, match) for file in _files(path) if (match := _FILE.fullmatch(file.name))]
        if not found:
            raise KeyMissing(path)
        return cls(path, (SchoolKey.read(f, m["school"], int(m["number"])) for f, m in found))

    @classmethod
    def create(cls, path: Path, schools: Iterable[str]) -> Vault:
        """Make a first key, for this user only, for every school that has none; then read."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        have = {match["school"] for file in _files(path) if (match := _FILE.fullmatch(file.name))}
        for school in sorted(set(schools) - have):
            make_key(path, school, 1)
        return cls.from_dir(path)

    @property
    def schools(self) -> Mapping[str, SchoolKey]:
        """The key in use, for each school."""
        return {school: next(iter(keys.values())) for school, keys in self._keys.items()}

    def key(self, school: str, number: int | None = None) -> SchoolKey:
        """A school's key by number, or the one in use. Raises KeyMissing naming the file."""
        keys = self._keys.get(school, {})
        if number is None and keys:
            return next(iter(keys.values()))
        found = keys.get(number or 1)
        if found is None:
            raise KeyMissing(self._path / f"{school}.{number or 1}.key")
        return found

    def all_keys(self) -> tuple[SchoolKey, ...]:
        return tuple(key for keys in self._keys.values() for key in keys.values())

    def new_case_key(self, school: str, case_id: str) -> tuple[Box, WrappedKey]:
        """A fresh random key for a case, and the same wrapped for the database."""
        key, secret = self.key(school), secrets.token_bytes(KEY_BYTES)
        return Box(secret), WrappedKey(
            key.number, key.wrapping.seal(f"case_keys:{case_id}", secret)
        )

    def unwrap(self, school: str, case_id: str, key: WrappedKey) -> Box:
        """The case's key. Raises KeyMissing, or Unreadable when it was changed."""
        wrapping = self.key(school, key.number).wrapping
        return Box(wrapping.open(f"case_keys:{case_id}", key.wrapped))

    def seal(self, school: str, row: str, plain: bytes, beside: str = "") -> bytes:
        """Seal what belongs to no case, under the school's own key; remembers which."""
        key = self.key(school)
        return key.number.to_bytes(_NUMBER_BYTES) + key.sealing.seal(row, plain, beside)

    def open(self, school: str, row: str, sealed: bytes, beside: str = "") -> bytes:
        """Open what `seal` gave. Raises KeyMissing or Unreadable."""
        number = int.from_bytes(sealed[:_NUMBER_BYTES])
        return self.key(school, number).sealing.open(row, sealed[_NUMBER_BYTES:], beside)

    def keyed_hash(self, school: str, purpose: str, text: str) -> str:
        """HMAC-SHA256 under the school's key in use, written `<number>.<hex>`."""
        return self.key(school).hash(purpose, text)

    def keyed_hashes(self, school: str, purpose: str, text: str) -> tuple[str, ...]:
        """The hash under every key the school has had, to find what older keys wrote."""
        return tuple(key.hash(purpose, text) for key in self._keys.get(school, {}).values())

    def agrees(self, school: str, purpose: str, text: str, stored: str) -> bool:
        """Whether `stored` is the hash of `text` under a key that the school has or had."""
        hashes = self.keyed_hashes(school, purpose, text)
        return any(hmac.compare_digest(known.encode(), stored.encode()) for known in hashes)


def make_key(path: Path, school: str, number: int) -> Path:
    """Write a new random key file. Raises FileExistsError rather than overwrite one, ValueError."""
    name = f"{school}.{number}.key"
    if not _FILE.fullmatch(name):
        raise ValueError(f"{school!r} is no school id: small letters, digits, - and _ only")
    text = base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n"
    file = path / name
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    return file


def _bound(row: str, beside: str) -> bytes:
    return f"{row}\0{beside}".encode("utf-8", "surrogatepass")


def _files(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else []


def _derive(secret: bytes, use: str) -> bytes:
    info = f"sharecheck {use} 1".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)
