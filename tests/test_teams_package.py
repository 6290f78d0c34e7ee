"""The app package for Microsoft Teams: ours, sound by Microsoft's rules, and just what is used."""

from __future__ import annotations

import ast
import inspect
import io
import json
import re
import socket
import struct
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import jwt
import pytest
from typer.testing import CliRunner

from bot.cli import main
from bot.settings import Settings
from bot.settings_schools import RouteSettings, SchoolSettings
from bot.teams_icons import draw_colour_icon, draw_outline_icon
from bot.teams_package import (
    AppFacts,
    Links,
    PackageRefused,
    build_manifest,
    build_package,
    read_words,
    shorten,
)
from bot.teams_package_check import check_icon, check_manifest, find_faults
from handlers import teams_calls, teams_ways
from handlers.teams_payload import read_said
from tests.fixtures_cli import line_with, serving, write_config

ROOT = Path(__file__).parent.parent
APP_ID = "0a1b2c3d-1111-4222-8333-444455556666"
LINKS = Links("https://hill.example", "https://hill.example/privacy", "https://hill.example/terms")
FACTS = AppFacts(APP_ID, "1.2.3", "Hill Primary", LINKS, "https://sharecheck.hill.example")
PACKAGE = build_package(FACTS)
SETTINGS = """
database_url = "sqlite:///sharecheck.db"
{connection}

[[schools]]
id = "hill-primary"
name = "Hill Primary"
{team}

[schools.numbers]
social_care = "01632 960 001"
social_care_out_of_hours = "01632 960 002"
lado = "01632 960 003"

[schools.routes]
dsl = {{ post = "DSL", phone = "01632 960 004" }}
head = {{ post = "Headteacher", phone = "01632 960 004" }}
chair = {{ post = "Chair of governors", phone = "01632 960 004" }}
lado = {{ post = "LADO", phone = "01632 960 003" }}
dpo = {{ post = "Data-protection lead", phone = "01632 960 004" }}
"""
ON_TEAMS = f'teams_app_id = "{APP_ID}"\nteams_app_secret = "pretend-secret"'
ON_SLACK = 'slack_bot_token = "xoxb-pretend"\nslack_signing_secret = "pretend-secret"'
TENANT = 'teams_tenant = "7b1b2c3d-1111-4222-8333-444455556666"'
PUBLIC = 'public_url = "https://sharecheck.hill.example/"'


@pytest.fixture
def manifest():
    return build_manifest(FACTS)


@pytest.fixture
def make(tmp_path: Path):
    """Runs the command with settings; gives its result, and the file that it was to write."""

    def make_(connection: str, *arguments: str, team: str = TENANT):
        config, out = tmp_path / "sharecheck.toml", tmp_path / "app.zip"
        config.write_text(SETTINGS.format(connection=connection, team=team), "utf-8")
        line = ["teams-package", str(out), "--config", str(config), *arguments]
        return CliRunner().invoke(main, line), out

    return make_


def opened(package: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(package))


def rezipped(package: bytes, *, without: str = "", **changed: bytes) -> bytes:
    """The package with files left out, changed or put in; `a__b` is the file `a.b`."""
    out = io.BytesIO()
    with opened(package) as old, zipfile.ZipFile(out, "w") as new:
        files = {name: old.read(name) for name in old.namelist() if name != without}
        for name, data in (files | {k.replace("__", "."): v for k, v in changed.items()}).items():
            new.writestr(name, data)
    return out.getvalue()


# ------------------------------------------------------- the manifest and what the code answers to


def words_told_apart(file: str, function: str) -> set[str]:
    """The words with which a function of ours compares what somebody typed."""
    source = ast.parse((ROOT / file).read_text("utf-8"))
    (body,) = (n for n in ast.walk(source) if getattr(n, "name", "") == function)
    compared = (n for n in ast.walk(body) if isinstance(n, ast.Compare))
    wanted = (n for n in compared if isinstance(n.left, ast.Name) and n.left.id == "word")
    found = (part for n in wanted for right in n.comparators for part in ast.walk(right))
    return {part.value for part in found if isinstance(part, ast.Constant)}


def test_the_manifest_offers_just_the_words_that_the_bot_answers_to(manifest):
    answered = words_told_apart("handlers/teams_ways.py", "_private_answer")
    answered |= words_told_apart("handlers/walk_dialog.py", "word_card")
    (words,) = manifest["bots"][0]["commandLists"]

    assert len(answered) == 4
    assert {one["title"] for one in words["commands"]} == answered | {teams_ways.COMMAND}


@pytest.mark.parametrize("word", read_words()["words"])
def test_a_word_of_the_manifest_is_read_as_it_is_from_a_channel_and_with_a_stroke(word):
    conversation = {"id": "19:abc@thread.tacv2", "conversationType": "channel"}
    for typed in (word, f"<at>Sharecheck</at> {word}", f"<at>Sharecheck</at> /{word}"):
        assert read_said({"text": typed, "conversation": conversation}).word == word


def test_the_words_are_offered_where_the_bot_is(manifest):
    (bot,) = manifest["bots"]

    assert [given["scopes"] for given in bot["commandLists"]] == [bot["scopes"]]
    assert "message" in teams_ways.EVENTS


def test_the_extension_has_the_one_command_that_opens_the_dialog(manifest):
    from handlers import teams

    (extension,) = manifest["composeExtensions"]

    assert [one["id"] for one in extension["commands"]] == [teams_ways.COMMAND]
    assert {"composeExtension/fetchTask", "composeExtension/submitAction"} <= set(teams.INVOKES)


def test_the_dialog_opens_from_the_message_box_the_search_box_and_the_menu_of_a_message(manifest):
    ((command,),) = [one["commands"] for one in manifest["composeExtensions"]]

    assert command["type"] == "action" and command["fetchTask"] is True
    assert sorted(command["context"]) == ["commandBox", "compose", "message"]
    assert "parameters" not in command and "initialRun" not in command


def test_the_command_has_the_name_that_it_has_on_slack():
    slack = (ROOT / "manifest.yaml").read_text("utf-8")

    assert f"name: {read_words()['command']['title']}" in slack


def test_the_app_the_bot_and_the_extension_have_one_id(manifest):
    ids = {manifest["id"], manifest["bots"][0]["botId"], manifest["composeExtensions"][0]["botId"]}

    assert ids == {APP_ID}


def test_it_is_for_one_person_and_for_teams_private_channels_too(manifest):
    assert set(manifest["bots"][0]["scopes"]) == {"personal", "team"}
    assert manifest["defaultInstallScope"] == "personal"
    assert manifest["defaultGroupCapability"] == {"team": "bot"}
    assert manifest["supportsChannelFeatures"] == "tier1"


def test_no_permission_on_teams_or_their_messages_is_asked_for(manifest):
    asked = {"authorization", "webApplicationInfo", "devicePermissions", "staticTabs",
             "configurableTabs", "meetingExtensionDefinition"}  # fmt: skip

    assert not asked & set(manifest)
    assert set(manifest["permissions"]) == {"identity", "messageTeamMembers"}
    assert not {"supportsFiles", "supportsCalling", "supportsVideo"} & set(manifest["bots"][0])


def test_the_bot_hears_no_message_but_one_that_mentions_it(manifest):
    assert "ChannelMessage" not in json.dumps(manifest)
    assert "messageHandlers" not in manifest["composeExtensions"][0]


def test_the_colour_is_that_of_the_mark(manifest):
    mark = (ROOT / "playground/static/mark.svg").read_text("utf-8")

    assert f'fill="{manifest["accentColor"]}"' in mark


def test_the_host_of_the_public_address_is_the_only_domain(manifest):
    assert manifest["validDomains"] == ["sharecheck.hill.example"]
    assert build_manifest(replace(FACTS, address=None))["validDomains"] == []
    with_port = replace(FACTS, address="https://sharecheck.hill.example:8443")
    assert build_manifest(with_port)["validDomains"] == ["sharecheck.hill.example"]


def test_a_long_name_of_a_school_is_cut_between_words_and_fits():
    name = "The Federation of Hill, Dale and River Primary Schools"

    assert shorten(name) == "The Federation of Hill, Dale…"
    assert shorten("Hill Primary") == "Hill Primary"
    assert len(shorten("W" * 100)) == 32
    assert find_faults(build_package(replace(FACTS, developer=name))) == ()


# --------------------------------------------------------------------------------- the package


def test_the_package_holds_three_files_at_its_top_and_is_sound():
    assert opened(PACKAGE).namelist() == ["manifest.json", "color.png", "outline.png"]
    assert json.loads(opened(PACKAGE).read("manifest.json")) == build_manifest(FACTS)
    assert find_faults(PACKAGE) == ()


def test_the_same_facts_give_the_same_bytes():
    assert build_package(replace(FACTS)) == PACKAGE
    assert build_package(replace(FACTS, version="1.2.4")) != PACKAGE


def test_no_time_or_machine_is_in_the_package():
    for entry in opened(PACKAGE).infolist():
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.create_system == 3 and entry.extra == b""


def test_a_package_that_teams_would_refuse_is_not_made():
    with pytest.raises(PackageRefused) as refused:
        build_package(
            replace(FACTS, version="1.2.3rc1", links=replace(LINKS, privacy="http://a.b"))
        )

    assert refused.value.faults == (
        "version: it must be three numbers, such as 1.2.3",
        "developer.privacyUrl: it is no https address",
    )


@pytest.mark.parametrize(
    ("package", "fault"),
    [
        (b"PK", "package: it is no zip"),
        (rezipped(PACKAGE, without="color.png"), "package: it holds"),
        (rezipped(PACKAGE, notes__txt=b"x"), "package: it holds"),
        (rezipped(PACKAGE, manifest__json=b"{"), "manifest.json: it is no JSON"),
        (rezipped(PACKAGE, color__png=draw_outline_icon()), "color.png: 32 x 32"),
        (rezipped(PACKAGE, outline__png=b"GIF89a"), "outline.png: it is no PNG"),
    ],
)
def test_a_package_that_is_not_as_teams_wants_it_is_found_out(package, fault):
    (found,) = find_faults(package)

    assert found.startswith(fault)


CHANGES = [
    ("id", lambda m: m.update(id="sharecheck")),
    ("version", lambda m: m.update(version="1.2")),
    ("version", lambda m: m.update(version="01.2.3")),
    ("$schema", lambda m: m.update(manifestVersion="1.19")),
    ("accentColor", lambda m: m.update(accentColor="green")),
    ("authorization", lambda m: m.update(authorization={})),
    ("name.short", lambda m: m["name"].update(short="N" * 31)),
    ("name.full", lambda m: m["name"].pop("full")),
    ("description.short", lambda m: m["description"].update(short="N" * 81)),
    ("description.full", lambda m: m["description"].update(full="N" * 4001)),
    ("developer.name", lambda m: m["developer"].update(name="N" * 33)),
    ("developer.name", lambda m: m["developer"].update(name=" ")),
    ("developer.websiteUrl", lambda m: m["developer"].update(websiteUrl="http://hill.example")),
    ("developer.termsOfUseUrl", lambda m: m["developer"].update(termsOfUseUrl="https:///terms")),
    ("developer.privacyUrl", lambda m: m["developer"].update(privacyUrl=f"https://a.b/{'x' * 2048}")),
    ("icons.color", lambda m: m["icons"].update(color="mark.svg")),
    ("validDomains", lambda m: m.update(validDomains=["https://hill.example"])),
    ("validDomains", lambda m: m.update(validDomains=["*"])),
    ("permissions", lambda m: m.update(permissions=["identity", "identity"])),
    ("permissions", lambda m: m.update(permissions=["everything"])),
    ("defaultInstallScope", lambda m: m.update(defaultInstallScope="copilot")),
    ("supportsChannelFeatures", lambda m: m.update(supportsChannelFeatures="tier2")),
    ("bots", lambda m: m["bots"].append(m["bots"][0])),
    ("bots[0].botId", lambda m: m["bots"][0].update(botId="")),
    ("bots[0].scopes", lambda m: m["bots"][0].update(scopes=[])),
    ("bots[0].scopes", lambda m: m["bots"][0]["scopes"].append("everywhere")),
    ("bots[0].commandLists[0].scopes", lambda m: words_of(m)["scopes"].append("groupChat")),
    ("bots[0].commandLists[0].commands", lambda m: words_of(m)["commands"].append(
        {"title": "mine", "description": "Again"})),
    ("bots[0].commandLists[0].commands", lambda m: words_of(m)["commands"].extend(
        {"title": f"word {n}", "description": "One more"} for n in range(6))),
    ("bots[0].commandLists[0].help.description", lambda m: words_of(m)["commands"][-1].update(
        description="N" * 129)),
    ("composeExtensions[0].botId", lambda m: m["composeExtensions"][0].update(botId="x")),
    ("composeExtensions[0].commands", lambda m: m["composeExtensions"][0].update(commands=[])),
    ("composeExtensions[0].commands", lambda m: m["composeExtensions"][0]["commands"].append(
        command_of(m))),
    ("composeExtensions[0].sharecheck.title", lambda m: command_of(m).update(title="N" * 33)),
    ("composeExtensions[0].sharecheck.context", lambda m: command_of(m).update(context=["chat"])),
    ("composeExtensions[0].sharecheck", lambda m: command_of(m).update(fetchTask=False)),
]  # fmt: skip


def words_of(manifest):
    return manifest["bots"][0]["commandLists"][0]


def command_of(manifest):
    return manifest["composeExtensions"][0]["commands"][0]


@pytest.mark.parametrize(("field", "change"), CHANGES)
def test_a_manifest_that_breaks_a_rule_is_found_out_by_the_field(manifest, field, change):
    manifest = json.loads(json.dumps(manifest))
    assert list(check_manifest(manifest)) == []

    change(manifest)

    assert {fault.split(": ")[0] for fault in check_manifest(manifest)} == {field}


@pytest.mark.parametrize("field", ["name", "developer", "icons", "description", "id"])
def test_a_field_that_is_missing_is_named(manifest, field):
    del manifest[field]

    assert list(check_manifest(manifest)) == [f"{field}: missing"]


# ----------------------------------------------------------------------------------- the icons


def pixels(png: bytes, channels: int) -> list[list[bytes]]:
    """The rows of pixels of a PNG without filters, read without the code under test."""
    width, height = struct.unpack(">II", png[16:24])
    (length,) = struct.unpack(">I", png[33:37])
    assert png[37:41] == b"IDAT"
    rows, step = zlib.decompress(png[41 : 41 + length]), width * channels + 1
    starts = range(1, height * step, step)
    return [
        [rows[at + x * channels : at + (x + 1) * channels] for x in range(width)] for at in starts
    ]


def test_the_colour_icon_is_a_full_square_with_the_mark_where_no_client_cuts_it_off():
    rows = pixels(draw_colour_icon(), 3)
    green = b"\x0f\x6b\x5c"
    marked = [(x, y) for y, row in enumerate(rows) for x, one in enumerate(row) if one != green]

    assert len(rows) == 192 and {len(row) for row in rows} == {192}
    assert min(min(at) for at in marked) >= 36 and max(max(at) for at in marked) < 156
    assert rows[70][60] == b"\xff\xff\xff", "the bubble is white"
    assert rows[105][87] == green, "the tick is cut out of it"


def test_the_outline_icon_is_white_lines_on_nothing():
    rows = pixels(draw_outline_icon(), 4)
    flat = [one for row in rows for one in row]

    assert len(rows) == 32 and {len(row) for row in rows} == {32}
    assert {one[:3] for one in flat} == {b"\xff\xff\xff"}
    assert rows[0][0][3] == rows[31][31][3] == 0
    assert rows[13][3][3] == 255, "the bubble's rim"
    assert rows[13][6][3] == 0, "nothing between rim and tick"
    assert rows[18][14][3] == 255, "the tick"
    assert 0.1 < sum(one[3] == 255 for one in flat) / len(flat) < 0.4


@pytest.mark.parametrize(
    ("icon", "fault"),
    [
        (draw_colour_icon(), "192 x 192 pixels; it must be 32 x 32"),
        (draw_outline_icon()[:-20], "it is no PNG that can be read"),
        (draw_outline_icon().replace(b"IHDR", b"IHDX"), "it is no PNG that can be read"),
    ],
)
def test_an_icon_that_is_not_as_teams_wants_it_is_found_out(icon, fault):
    assert list(check_icon("outline.png", icon, 32, lambda *_: "")) == [f"outline.png: {fault}"]


# ------------------------------------------------------------------------------- the command


def test_the_command_makes_the_package_from_the_settings(make):
    result, out = make(f"{ON_TEAMS}\n{PUBLIC}")

    assert result.exit_code == 0, result.output
    assert find_faults(out.read_bytes()) == ()
    made = json.loads(opened(out.read_bytes()).read("manifest.json"))
    assert made["id"] == APP_ID
    assert made["developer"] == {
        "name": "Hill Primary",
        "websiteUrl": "https://sharecheck.hill.example/about",
        "privacyUrl": "https://sharecheck.hill.example/about#privacy",
        "termsOfUseUrl": "https://sharecheck.hill.example/about#terms",
    }
    assert re.search(r"app\.zip: \d+ bytes, app 0a1b2c3d", result.output)


def test_the_version_is_that_of_the_program(make):
    declared = re.search(
        r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )

    _, out = make(f"{ON_TEAMS}\n{PUBLIC}")

    made = json.loads(opened(out.read_bytes()).read("manifest.json"))
    assert declared and made["version"] == declared[1]


def test_the_secret_is_in_neither_the_package_nor_what_is_said(make):
    result, out = make(f"{ON_TEAMS}\n{PUBLIC}")

    held = b"".join(
        opened(out.read_bytes()).read(name) for name in opened(out.read_bytes()).namelist()
    )
    assert b"pretend-secret" not in held and "pretend-secret" not in result.output


def test_a_school_can_give_its_own_pages_in_place_of_ours(make):
    pages = ("--privacy", "https://hill.example/privacy", "--terms", "https://hill.example/terms")

    _, out = make(f"{ON_TEAMS}\n{PUBLIC}", *pages)

    made = json.loads(opened(out.read_bytes()).read("manifest.json"))
    assert made["developer"]["websiteUrl"] == "https://sharecheck.hill.example/about"
    assert made["developer"]["privacyUrl"] == "https://hill.example/privacy"
    assert made["developer"]["termsOfUseUrl"] == "https://hill.example/terms"


def test_without_a_public_address_it_says_what_to_give(make):
    result, out = make(ON_TEAMS)

    assert result.exit_code == 2
    assert "public_url: missing" in result.output and "--privacy" in result.output
    assert not out.exists()


def test_settings_without_teams_are_said_to_be(make):
    result, out = make(ON_SLACK, team='slack_team = "T0123456789"')

    assert result.exit_code == 2
    assert "teams_app_id: missing; these settings are without Microsoft Teams" in result.output
    assert not out.exists()


def test_a_page_without_https_is_refused_by_its_option(make):
    result, out = make(f"{ON_TEAMS}\n{PUBLIC}", "--website", "http://hill.example")

    assert result.exit_code == 2
    assert result.output == "--website: it does not begin with https://\n"
    assert not out.exists()


def test_a_file_that_cannot_be_written_is_said(make, tmp_path):
    (tmp_path / "app.zip").mkdir()

    result, _ = make(f"{ON_TEAMS}\n{PUBLIC}")

    assert result.exit_code == 2
    assert "app.zip: it cannot be written" in result.output


# ----------------------------------------------------------------- the page the package leads to


def test_the_page_has_the_parts_that_the_package_links_to():
    page = (ROOT / "bot/about.html").read_text("utf-8")

    assert 'id="privacy"' in page and 'id="terms"' in page
    assert "<script" not in page and "http" not in page


def test_the_page_is_served_where_the_package_says_and_only_where_there_is_a_package(config: Path):
    for public, found in (("https://sharecheck.hill.example", 200), (None, 404)):
        write_config(config.parent, port=(port := free_port()), public_url=public)
        with serving(config) as process:
            line_with(process, '"serving"')
            status, headers, page = asked(f"http://127.0.0.1:{port}/about")

        assert status == found
        if found == 200:
            assert page == (ROOT / "bot/about.html").read_bytes()
            assert headers["content-type"].startswith("text/html")
            assert headers["content-security-policy"].startswith("default-src 'none'")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked(url: str) -> tuple[int, Mapping[str, str], bytes]:
    try:
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own, on this machine
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read()


# ------------------------------------------------------------------------- what the guide tells


GUIDE = (ROOT / "docs/install-teams.md").read_text("utf-8")


def test_every_setting_that_the_guide_names_is_there():
    ours = {*Settings.model_fields, *SchoolSettings.model_fields, *RouteSettings.model_fields}
    named = set(re.findall(r"`?\b((?:teams|public)_\w+|entra_group|reviewers)\b", GUIDE))

    assert {"teams_app_id", "teams_certificate", "public_url"} <= named
    assert named - {"teams_refused"} <= ours


def words_explained() -> set[str]:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|.+\|.+\|$", GUIDE, re.MULTILINE)
    return {word for row in rows for word in re.findall(r"\w+", row)}


def test_every_word_of_trouble_that_the_guide_explains_is_one_that_the_code_says():
    said = "".join(path.read_text("utf-8") for path in (ROOT / "handlers").glob("teams*.py"))
    of_tokens = {name for name in words_explained() if hasattr(jwt.exceptions, name)}
    of_microsoft = teams_calls._code_in({"error": {"code": "ConversationNotFound"}}, 404)

    foreign = words_explained() - of_tokens - {of_microsoft}

    assert {word for word in foreign if f'"{word}"' not in said} == set()


def test_every_word_that_we_have_for_a_refusal_of_microsofts_is_explained():
    ours = {*teams_calls.CODES.values(), "conversation_not_found", "login_refused", "login_failed"}

    assert ours <= words_explained()


def test_every_word_of_the_manifest_is_tried_in_the_checklist():
    rows = "".join(line for line in GUIDE.splitlines() if "☐" in line)

    for word in read_words()["words"]:
        assert re.search(rf"`(?:@Sharecheck )?{word}`", rows), word
    assert read_words()["command"]["title"] in rows


def test_the_guide_makes_the_package_with_the_command_and_its_options():
    command = next(c for c in main.registered_commands if c.name == "teams-package")
    options = set(inspect.signature(command.callback).parameters)

    assert "sharecheck teams-package sharecheck-teams.zip" in GUIDE
    assert set(re.findall(r"`--(\w+)`", GUIDE)) <= options
