"""How soon `sharecheck serve` is ready, from its start to the first 200 of `/readyz`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.effort import Effort, Say
from bench.figures import Figure
from bench.installation import install
from bench.processes import free_port
from bench.stage import serving_api, serving_hello, serving_ours

IDS = ("ready",)


def measure(_wanted: frozenset[str], effort: Effort, say: Say) -> list[Figure]:
    """The quickest of some starts, in turns with the floor."""
    say("measuring ready")
    ours: list[float] = []
    hello: list[float] = []
    with tempfile.TemporaryDirectory(prefix="sharecheck-bench-") as folder, serving_api() as api:
        port = free_port()
        installation = install(Path(folder), port, api.port)
        for _ in range(effort.starts):
            with serving_hello(api) as one:
                hello.append(one.seconds)
            with serving_ours(installation, port) as one:
                ours.append(one.seconds)
    return [
        Figure(
            id="ready",
            what="from the start of `sharecheck serve` to ready, Slack alone "
            "(floor: hello-world app)",
            value=min(ours),
            unit="s",
            floor=min(hello),
            target=2.0,
            higher_is_better=False,
        )
    ]
