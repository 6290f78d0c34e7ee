"""The command line: `sharecheck`, from the demo to what an administrator needs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import cli_rules

if TYPE_CHECKING:
    from bot.settings import Settings
    from storage.store import Store

main = typer.Typer(
    name="sharecheck",
    help="May I share this about a child? Answers in Slack and Teams, from the seven golden rules.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
outbox = typer.Typer(help="Messages that wait to be sent, or were given up.", no_args_is_help=True)
keys = typer.Typer(help="The keys that case texts are encrypted with.", no_args_is_help=True)
main.add_typer(cli_rules.app, name="rules")
main.add_typer(outbox, name="outbox")
main.add_typer(keys, name="keys")

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings file (default: sharecheck.toml)."),
]
SchoolOption = Annotated[
    str | None, typer.Option("--school", metavar="ID", help="One school's id.")
]


@main.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the page.")] = 8100,
    folder: Annotated[Path, typer.Option(help="Where its database goes.")] = Path(".demo"),
) -> None:
    """Live the story: the bot, an embedded database and a pretend workspace in the browser."""
    from bot.app import start_logging
    from bot.demo import run_demo

    start_logging("warning")
    try:
        asyncio.run(run_demo(folder, port))
    except OSError as error:
        _stop(f"Port {port} cannot be used ({error.strerror}). Try: make demo PORT={port + 1}")


@main.command()
def serve(config: Config = None) -> None:
    """Answer Slack and Teams as the settings say, and deliver the outbox."""
    from bot.app import only_one, start_logging
    from bot.serving import serve_until_ended

    with _told():
        settings = _settings(config)
        start_logging(settings.log_level)
        with only_one(settings):
            serve_until_ended(settings)


@main.command()
def migrate(config: Config = None) -> None:
    """Bring the database to the version that this program wants. Forward only."""
    from storage.migrate import upgrade

    with _told():
        done = upgrade(_settings(config).database_url)
        typer.echo(f"Migrated: {', '.join(done)}" if done else "Nothing to do: it is up to date.")


@main.command()
def verify(config: Config = None, school: SchoolOption = None) -> None:
    """Check the decision log, entry by entry, and the cases against it. Exit 1 on a fault."""
    from bot.cli_options import choose_school

    with _told():
        settings = _settings(config)
        only = choose_school(settings, school)
        with _store(settings) as store:
            report = store.read_now(lambda unit: unit.verify(only))
    for fault in report.faults:
        about = f", case {fault.case_id}" if fault.case_id else ""
        typer.echo(f"{fault.school}, entry {fault.seq}{about}: {fault.what}", err=True)
    if report.faults:
        typer.echo(f"{len(report.faults)} faults in {report.entries} entries.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Sound: {report.entries} entries, each follows from the one before.")


@main.command()
def digest(
    config: Config = None,
    school: SchoolOption = None,
    week: Annotated[str | None, typer.Option(help="Such as 2026-W47 (default: this one).")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Print it. The default.")] = False,
    send: Annotated[bool, typer.Option("--send", help="Post it now, once per week.")] = False,
) -> None:
    """The weekly digest of a school: print it, or hand it to the running bot to post."""
    from bot.cli_digest import print_digest, put_digest

    if preview and send:
        _stop("Choose one of --preview and --send.")
    with _told():
        settings = _settings(config)
        with _store(settings) as store:
            act = put_digest if send else print_digest
            typer.echo(act(settings, store, school, week))


@main.command("teams-package")
def teams_package(
    out: Annotated[Path, typer.Argument(metavar="OUT.zip", help="The file to write.")],
    config: Config = None,
    website: Annotated[str | None, typer.Option(metavar="URL", help="A page about it.")] = None,
    privacy: Annotated[str | None, typer.Option(metavar="URL", help="Your privacy notice.")] = None,
    terms: Annotated[str | None, typer.Option(metavar="URL", help="Your terms of use.")] = None,
) -> None:
    """Make the app package for Microsoft Teams: a manifest and two icons, from the settings."""
    from bot.cli_teams import write_package

    with _told():
        typer.echo(write_package(_settings(config), out, website, privacy, terms))


@outbox.command("list")
def list_outbox(
    config: Config = None,
    state: Annotated[
        str, typer.Option(help="pending, claimed, done, skipped or buried.")
    ] = "buried",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """Show messages in a state: key, template, tries, why it did not go."""
    from storage.outbox import State

    if state not in set(State):
        _stop(f"{state!r} is no state; choose from {', '.join(State)}.")
    with _told(), _store(_settings(config)) as store:
        rows = store.read_now(lambda unit: unit.listing(State(state), limit))
    for row in rows:
        due = f"{row.due_at:%Y-%m-%d %H:%M}"
        typer.echo(
            f"{row.key}  {row.template}  due {due}  tries {row.attempts}  {row.last_error or ''}"
        )
    typer.echo(f"{len(rows)} {state}.", err=True)


@outbox.command()
def revive(
    config: Config = None,
    key: Annotated[str | None, typer.Argument(help="One message's key (default: all).")] = None,
) -> None:
    """Give buried messages another life; a running bot takes them up within 15 seconds."""
    with _told(), _store(_settings(config)) as store:
        count = store.write_now(lambda unit: unit.revive(key))
    if key and not count:
        _stop(f"No buried message has the key {key}.")
    typer.echo(f"{count} revived.")


@keys.command("new")
def new_keys(config: Config = None) -> None:
    """Make a key for each school that has none. Keep a copy apart from the database's backups."""
    from storage.vault import Vault

    with _told():
        settings = _settings(config)
        Vault.create(settings.keys_dir, [school.id for school in settings.schools])
    typer.echo(f"Keys are in {settings.keys_dir}. Copy them somewhere safe: without them nobody")
    typer.echo("can read what was written, and a backup of the database is worth nothing.")


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong in a foreseen way is said in plain words, exit 2."""
    from bot.cli_options import WrongOption
    from bot.rulepack_file import PackRefused, UnknownPack
    from bot.settings import SettingsError
    from storage.errors import StorageError

    try:
        yield
    except WrongOption as error:
        _stop(str(error))
    except SettingsError as error:
        _stop(f"The settings cannot be used.\n{error}")
    except UnknownPack as unknown:
        known = ", ".join(unknown.known)
        _stop(
            "The settings cannot be used.\n"
            f"rule_pack: there is no {unknown.name}; give a .yaml file, or one of {known}"
        )
    except PackRefused as refused:
        _stop(
            "The settings cannot be used.\n"
            f"rule_pack: {refused.source} has {len(refused.faults)} faults. "
            f"Run: sharecheck rules check {refused.source}"
        )
    except StorageError as error:
        _stop(_explain(error))


def _explain(error: Exception) -> str:
    from storage.errors import KeyMissing, KeyWrong, NotMigrated, StoreUnavailable

    if isinstance(error, KeyMissing):
        return f"{error}\nOn a new installation, make one: sharecheck keys new"
    if isinstance(error, KeyWrong):
        return f"{error}\nPut back the key file that belongs to this database, from its own backup."
    if isinstance(error, NotMigrated):
        return f"{error}\nRun: sharecheck migrate"
    if isinstance(error, StoreUnavailable):
        said = f"The database cannot be used now ({error}). Nothing was changed."
        where = "\nIs it there, and is database_url right? A new one is made by: sharecheck migrate"
        return said + where if error.code == "gone" else said
    return str(error)


@contextmanager
def _store(settings: Settings) -> Iterator[Store]:
    from bot.app import read_vault
    from storage.store import Store

    store = Store(settings.database_url, read_vault(settings))
    try:
        store.open()
        yield store
    finally:
        store.close_now()


def _settings(config: Path | None) -> Settings:
    from bot.settings import read_settings

    return read_settings(config)


def _stop(words: str) -> None:
    typer.echo(words, err=True)
    sys.exit(2)
