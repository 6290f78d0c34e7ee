"""What the load is sent to on Teams: our program, the SDK's app, and Microsoft's side of both."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.installation import Installation
from bench.processes import LOOPBACK, Served, free_port, python_module, serving
from bench.stage import Api
from bench.teams_tenant import CERTIFICATE, Ports, found_tenant, install
from playground.teams_tenant import Tenant


@dataclass(frozen=True, slots=True)
class Ground:
    """Microsoft's side, and an installation that nobody serves yet."""

    api: Api
    ports: Ports
    tenant: Tenant
    installation: Installation
    folder: Path


@dataclass(frozen=True, slots=True)
class Stage:
    """The same, with our program and the SDK's app serving."""

    ground: Ground
    ours: Served
    hello: Served

    @property
    def api(self) -> Api:
        return self.ground.api


@contextlib.contextmanager
def open_stage() -> Iterator[Stage]:
    """Start all three; end them when the block is left."""
    with open_ground() as ground, serving_ours(ground) as ours, serving_hello(ground) as hello:
        yield Stage(ground, ours, hello)


@contextlib.contextmanager
def open_ground() -> Iterator[Ground]:
    """Microsoft's side in a process of its own, and a school's installation."""
    with tempfile.TemporaryDirectory(prefix="sharecheck-bench-") as name:
        folder = Path(name)
        ports = Ports(free_port(), free_port(), free_port())
        tenant = found_tenant(folder, ports)
        command = python_module("bench.teams_api", ports.api, ports.login, folder)
        with serving(command, ports.api, "/bench/counts"):
            yield Ground(Api(ports.api), ports, tenant, install(folder, ports), folder)


@contextlib.contextmanager
def serving_ours(ground: Ground) -> Iterator[Served]:
    """`sharecheck serve`, as installed beside this Python; it takes the login's certificate."""
    program = Path(sys.executable).with_name("sharecheck")
    command = [str(program), "serve", "--config", str(ground.installation.settings)]
    trusted = {"REQUESTS_CA_BUNDLE": str(ground.folder / CERTIFICATE), "NO_PROXY": LOOPBACK}
    with serving(command, ground.ports.ours, "/readyz", trusted) as ours:
        yield ours


@contextlib.contextmanager
def serving_hello(ground: Ground) -> Iterator[Served]:
    """The SDK's app, which posts to the same connector and takes tokens of the same keys."""
    port, tenant = free_port(), ground.tenant
    given = (port, tenant.app.id, tenant.id, ground.ports.api, ground.folder)
    command = python_module("bench.teams_floor", *given)
    with serving(command, port, "/readyz") as hello:
        yield hello
