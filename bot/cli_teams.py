"""`sharecheck teams-package`: the app package that an administrator uploads to Microsoft Teams."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from bot.cli_options import check_link
from bot.settings import Settings, SettingsError
from bot.teams_package import AppFacts, Links, PackageRefused, build_package

ABOUT = "/about"
"""The page below `public_url` that says what the app is; its parts are privacy and terms."""


def write_package(
    settings: Settings, out: Path, website: str | None, privacy: str | None, terms: str | None
) -> str:
    """Write the zip and say what it holds.

    Raises SettingsError where something is missing, WrongOption for a link that does not do.
    """
    for option, link in (("--website", website), ("--privacy", privacy), ("--terms", terms)):
        check_link(option, link)
    if settings.teams_app_id is None:
        raise SettingsError("teams_app_id: missing; these settings are without Microsoft Teams")
    facts = AppFacts(
        app_id=settings.teams_app_id,
        version=version("sharecheck"),
        developer=_school_on_teams(settings),
        links=_links(settings, website, privacy, terms),
        address=settings.public_url,
    )
    try:
        package = build_package(facts)
        out.write_bytes(package)
    except PackageRefused as refused:
        raise SettingsError(str(refused)) from None
    except OSError as error:
        raise SettingsError(f"{out}: it cannot be written ({error.strerror})") from None
    return _say(out, len(package), facts)


def _school_on_teams(settings: Settings) -> str:
    return next(school.name for school in settings.schools if school.teams_tenant)


def _links(
    settings: Settings, website: str | None, privacy: str | None, terms: str | None
) -> Links:
    if settings.public_url is None and not (website and privacy and terms):
        raise SettingsError(
            "public_url: missing; Teams shows three https addresses with an app. Give public_url, "
            "or all of --website, --privacy and --terms"
        )
    about = f"{settings.public_url}{ABOUT}"
    return Links(website or about, privacy or f"{about}#privacy", terms or f"{about}#terms")


def _say(out: Path, size: int, facts: AppFacts) -> str:
    links = facts.links
    return "\n".join((
        f"{out}: {size} bytes, app {facts.app_id}, version {facts.version}.",
        f"About: {links.website}  Privacy: {links.privacy}  Terms: {links.terms}",
        "Upload it in the Teams admin centre; docs/install-teams.md says how.",
    ))  # fmt: skip
