"""The floor: a plain hello-world `AsyncApp`, as a newcomer would write it, served as we are.

Run as `python -m bench.floor <port> <api url> <signing secret>`.
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.processes import LOOPBACK

VIEW = {
    "type": "modal",
    "callback_id": "hello",
    "title": {"type": "plain_text", "text": "Hello"},
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Hello, world"}}],
}


def hello_world(api_url: str, signing_secret: str) -> AsyncApp:
    """Acks `/sharecheck` and opens a view, acks what is submitted; all settings as they come."""
    client = AsyncWebClient(token="xoxb-bench", base_url=api_url)  # noqa: S106 - opens nothing
    app = AsyncApp(signing_secret=signing_secret, client=client)

    @app.command("/sharecheck")
    async def open_view(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=VIEW)

    @app.view("walk.page")
    async def take_view(ack: Any) -> None:
        await ack()

    return app


def serve(port: int, api_url: str, signing_secret: str) -> None:
    """Serve it with the settings of `bot/serving.py`, until the process is ended."""
    handler = AsyncSlackRequestHandler(hello_world(api_url, signing_secret))
    routes = [
        Route("/slack/events", handler.handle, methods=["POST"]),
        Route("/readyz", _say_ready),
    ]
    uvicorn.run(
        Starlette(routes=routes),
        host=LOOPBACK,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
    )


async def _say_ready(_request: Request) -> Response:
    return JSONResponse({"ready": True})


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2], sys.argv[3])
