"""How much the playground's page loads, and how soon something of it can be seen, in Chromium."""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, Response, Route, sync_playwright

from bench.effort import Effort, Say
from bench.figures import Figure
from bench.processes import LOOPBACK, free_port, serving

IDS = ("page",)
PROGRAM = Path(sys.executable).with_name("sharecheck")
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
EVENTS = "/play/events"
"""The line that stays open: it carries a few bytes, and never ends."""
BARE = "<!doctype html><title>Bare</title><p>Hello"
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
LOOK_AGAIN, MOST_LOOKS = 20, 500
"""Milliseconds between looks for the first paint, and how often at most."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit with an empty cache."""

    paint_ms: float
    """From the start of the navigation to the first text or picture."""
    live_ms: float
    """To the moment at which the page shows the workspace and follows it."""
    kilobytes: float
    """The bodies of everything that came, of 1,000 bytes each."""


def measure(_wanted: frozenset[str], effort: Effort, say: Say) -> list[Figure]:
    """The median of some visits, in turns with a bare page at the same address.

    Raises RuntimeError where there is no Chromium.
    """
    say("measuring page")
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="sharecheck-bench-") as folder,
        serving(
            [str(PROGRAM), "demo", "--port", str(port), "--folder", folder], port, "/play/panel"
        ),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=_find_chromium(), args=list(QUIET))
        address = f"http://{LOOPBACK}:{port}/"
        _visit(browser, address)
        ours, bare = [], []
        for _ in range(effort.starts):
            bare.append(_first_paint_of_bare_page(browser, address))
            ours.append(_visit(browser, address))
        browser.close()
    return [
        Figure(
            id="page-size",
            what="the playground's page with all that it loads, an empty school",
            value=median(visit.kilobytes for visit in ours),
            unit="KB",
            floor=None,
            target=200,
            higher_is_better=False,
        ),
        _paint_figure("page-paint", "first paint of the page", [v.paint_ms for v in ours], bare),
        _paint_figure("page-live", "until it follows the school", [v.live_ms for v in ours], bare),
    ]


def _paint_figure(name: str, what: str, ours: list[float], bare: list[float]) -> Figure:
    return Figure(
        id=name,
        what=f"{what}, cache empty (floor: first paint of a bare page)",
        value=median(ours) / 1000,
        unit="s",
        floor=median(bare) / 1000,
        target=1.0,
        higher_is_better=False,
    )


def _visit(browser: Browser, address: str) -> Visit:
    came: list[Response] = []

    def note(response: Response) -> None:
        came.append(response)

    with browser.new_context() as context:
        page = context.new_page()
        page.on("response", note)
        page.goto(address)
        page.locator("#who:not(:empty)").wait_for(state="attached")
        live = float(page.evaluate("performance.now()"))
        page.wait_for_timeout(500)
        size = sum(len(response.body()) for response in came if EVENTS not in response.url)
        return Visit(_paint(page), live, size / 1000)


def _first_paint_of_bare_page(browser: Browser, address: str) -> float:
    def answer(route: Route) -> None:
        route.fulfill(body=BARE, content_type="text/html")

    with browser.new_context() as context:
        page = context.new_page()
        page.route("**/*", answer)
        page.goto(address)
        return _paint(page)


def _paint(page: Page) -> float:
    """Milliseconds from the start of the navigation to the first text or picture."""
    # Not `wait_for_function`: it looks again by `eval`, which the page's own policy forbids.
    for _ in range(MOST_LOOKS):
        if (at := page.evaluate(FIRST_PAINT)) is not None:
            return float(at)
        page.wait_for_timeout(LOOK_AGAIN)
    raise RuntimeError("the page never showed anything")


def _find_chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise RuntimeError("no Chromium on this machine: apt-get install chromium")
    return found
