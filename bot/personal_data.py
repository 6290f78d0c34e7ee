"""Patterns of personal data that a text box refuses. Names cannot be spotted, and we say so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

import phonenumbers
from stdnum.gb import nhs, upn


class Kind(StrEnum):
    DATE_OF_BIRTH = "date_of_birth"
    POSTCODE = "postcode"
    PHONE = "phone"
    EMAIL = "email"
    UPN = "upn"
    NHS = "nhs"
    NI = "ni"


_EMAIL = re.compile(r"[\w.+'-]{1,64}@(?:[\w-]{1,63}\.)+[a-z]{2,24}\b", re.IGNORECASE)

_HYPHENS = r"\u2010-\u2013-"
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19[3-9]\d|20[0-4]\d)"
_NAMED = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATES = (
    # One sign between all parts, or four digits of a year: "9.10 - 11.30" is a time.
    rf"{_DAY}([./{_HYPHENS}]){_MONTH}\1(?:{_YEAR}|\d\d)",
    rf"{_DAY}[\s./{_HYPHENS}]{{1,3}}{_MONTH}[\s./{_HYPHENS}]{{1,3}}{_YEAR}",
    rf"{_YEAR}[./{_HYPHENS}]{_MONTH}[./{_HYPHENS}]{_DAY}",
    rf"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2]){_YEAR}",
    (
        rf"{_DAY}(?:st|nd|rd|th)?[\s./,{_HYPHENS}]{{0,3}}(?:of\s)?{_NAMED}"
        rf"[\s./,'\u2019{_HYPHENS}]{{0,3}}(?:{_YEAR}|\d\d)"
    ),
    rf"{_NAMED}[\s.]{{1,3}}{_DAY}(?:st|nd|rd|th)?[\s,]{{1,3}}{_YEAR}",
)
_DATE = re.compile("|".join(rf"\b(?:{p})\b" for p in _DATES), re.IGNORECASE)

# Only the postcode areas there are: no "Y6 1st half-term".
_AREAS = (
    "A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE"
    "|K[ATWY]|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]"
    "|UB|W[ACDFNRSV]?|YO|ZE"
)
_POSTCODE = re.compile(
    rf"\b(?<!SC-)(?:GIR\s?0AA|(?:{_AREAS})\d[A-Z\d]?\s{{0,2}}"
    r"(?!(?-i:1st|2nd|3rd|[04-9]th)\b)\d[ABD-HJLNP-UW-Z]{2})\b",
    re.IGNORECASE,
)
_UPN = re.compile(r"\b[A-Z]\d{11}[\dA-Z]\b", re.IGNORECASE)
_NHS = re.compile(r"\b\d{3}[ -]?\d{3}[ -]?\d{4}\b")
_NI = re.compile(
    r"\b(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
    r"[ -]?\d\d[ -]?\d\d[ -]?\d\d[ -]?[A-D]\b",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\d.,/-])(?:\(?0|(?:\+|00)44\s?(?:\(0\))?\s?)\d{2,4}\)?[ -]{0,2}\d{3}[ -]?\d{3,4}(?!\d)"
)
"""British numbers as people write them, also those kept for stories, which phonenumbers lets by."""

_PIECE, _OVERLAP = 1000, 100


def find_personal_data(text: str) -> Kind | None:
    """The first kind of personal data that a text seems to hold, or None.

    Dates count as a date of birth; NHS numbers and UPNs only with a right check digit. UK and
    international telephone numbers are found by phonenumbers. Takes time in step with the length.
    """
    return next((kind for kind, holds in _TESTS.items() if holds(text)), None)


def _holds_upn(text: str) -> bool:
    return any(upn.is_valid(found[0].upper()) for found in _UPN.finditer(text))


def _holds_nhs(text: str) -> bool:
    return any(nhs.is_valid(found[0]) for found in _NHS.finditer(text))


def _holds_phone(text: str) -> bool:
    if _PHONE.search(text):
        return True
    return any(phonenumbers.PhoneNumberMatcher(piece, "GB").has_next() for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces that overlap: phonenumbers looks at all the rest from every digit."""
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE + _OVERLAP]


_TESTS: Mapping[Kind, Callable[[str], object]] = {
    Kind.EMAIL: _EMAIL.search,
    Kind.UPN: _holds_upn,
    Kind.NI: _NI.search,
    Kind.NHS: _holds_nhs,
    Kind.PHONE: _holds_phone,
    Kind.DATE_OF_BIRTH: _DATE.search,
    Kind.POSTCODE: _POSTCODE.search,
}
