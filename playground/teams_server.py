"""Everything that a pretend tenant answers over HTTP."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from playground.teams_connector import connector_routes
from playground.teams_graph import graph_routes
from playground.teams_login import login_routes
from playground.teams_tenant import Tenant


def teams_routes(tenant: Tenant) -> list[Route]:
    """Every route of a tenant's services, under `/teams/`: connector, Graph, login and keys."""
    return [*connector_routes(tenant), *graph_routes(tenant), *login_routes(tenant)]


def build_tenant(tenant: Tenant, base_url: str = "") -> Starlette:
    """A tenant's services as one application, for `serving.running`, which fills in `base_url`."""
    app = Starlette(routes=list(teams_routes(tenant)))
    app.state.base_url = base_url
    tenant.base_url = lambda: str(app.state.base_url)
    return app
