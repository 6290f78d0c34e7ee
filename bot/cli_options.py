"""What somebody gives a command beside the settings, and what is wrong with it."""

from __future__ import annotations

from bot.settings import Settings


class WrongOption(Exception):
    """Raised when an option of the command line does not do; the words name it."""


def choose_school(settings: Settings, wanted: str | None) -> str | None:
    """The id of a school as it was given. Raises WrongOption where the settings have none such."""
    known = [school.id for school in settings.schools]
    if wanted is not None and wanted not in known:
        raise WrongOption(f"--school: {wanted!r} is not one of {', '.join(known)}")
    return wanted


def check_link(option: str, given: str | None) -> None:
    """Raises WrongOption unless an address that Teams will show begins with https."""
    if given is not None and not given.startswith("https://"):
        raise WrongOption(f"{option}: it does not begin with https://")
