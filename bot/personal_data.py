"""Patterns of personal data that a text box refuses. Names cannot be spotted, and we say so."""

from __future__ import annotations

import re
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


_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(\.[\w-]+)+")
_DATE = re.compile(
    r"\b(0?[1-9]|[12]\d|3[01])(st|nd|rd|th)?[\s./-]+"
    r"(0?[1-9]|1[0-2]|jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*)"
    r"[\s./,-]+(19[3-9]\d|20[0-4]\d|\d\d)\b|\b(19[3-9]\d|20[0-4]\d)-(0[1-9]|1[0-2])-([0-2]\d|3[01])\b",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"\b(GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2})\b", re.IGNORECASE)
_UPN = re.compile(r"\b[A-Z]\d{11}[\dA-Z]\b", re.IGNORECASE)
_NHS = re.compile(r"\b\d{3}[ -]?\d{3}[ -]?\d{4}\b")
_NI = re.compile(
    r"\b(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]\b",
    re.IGNORECASE,
)


def find_personal_data(text: str) -> Kind | None:
    """The first kind of personal data that a text seems to hold, or None.

    Dates count as a date of birth; NHS numbers and UPNs only with a right check digit. UK and
    international telephone numbers are found by phonenumbers.
    """
    if _EMAIL.search(text):
        return Kind.EMAIL
    if any(upn.is_valid(found[0].upper()) for found in _UPN.finditer(text)):
        return Kind.UPN
    if _NI.search(text):
        return Kind.NI
    if any(nhs.is_valid(found[0]) for found in _NHS.finditer(text)):
        return Kind.NHS
    if phonenumbers.PhoneNumberMatcher(text, "GB").has_next():
        return Kind.PHONE
    if _DATE.search(text):
        return Kind.DATE_OF_BIRTH
    return Kind.POSTCODE if _POSTCODE.search(text) else None
