"""Slack over HTTP: the signature is checked before anything is parsed."""

from __future__ import annotations

import structlog
from slack_sdk.signature import SignatureVerifier
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from handlers.slack import SlackEdge
from handlers.slack_payload import parse_body
from handlers.trouble import new_reference

LARGEST_BODY = 1_000_000
"""Bytes; Slack's largest payloads are views of 250 KB, form-encoded."""

log = structlog.get_logger()


class SlackHttp:
    """`POST /slack/events`, for an installation with a public address."""

    def __init__(self, edge: SlackEdge, signing_secret: str) -> None:
        self.edge = edge
        self._verifier = SignatureVerifier(signing_secret)

    async def handle(self, request: Request) -> Response:
        """Answer one request: 401 without a fresh, right signature; 413 when too large."""
        body = await _read_body(request)
        if body is None:
            return Response(status_code=413)
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        if not self._is_signed(body, timestamp, signature):
            log.warning("slack_signature_refused")
            return Response(status_code=401)
        payload = parse_body(body)
        if payload is None:
            log.warning("slack_payload_unreadable", reference=new_reference())
            return Response(status_code=200)
        answer = await self.edge.answer(payload)
        return Response(answer.body, answer.status, headers=answer.first_headers())

    def _is_signed(self, body: bytes, timestamp: str, signature: str) -> bool:
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except (ValueError, TypeError):  # what no text, or no plain text, is
            return False


async def _read_body(request: Request) -> bytes | None:
    """The body, or None when it is larger than anything Slack sends."""
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > LARGEST_BODY:
                return None
            chunks.append(chunk)
    except ClientDisconnect:
        return b""
    return b"".join(chunks)
