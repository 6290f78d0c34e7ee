"""Slack over a socket that we open: no public address is needed, and the answers are the same."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import OrderedDict
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any

import aiohttp
import structlog
from aiohttp import ClientWebSocketResponse, ClientWSTimeout, WSMsgType
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from handlers.background import GRACE
from handlers.slack import SlackEdge
from handlers.slack_calls import SlackClient
from handlers.slack_chat import LONGEST_LIMIT
from handlers.slack_payload import Payload
from handlers.trouble import new_reference, note_end, note_fault

AT_ONCE = 100
"""Envelopes worked on at a time; those after them wait in the socket until one is answered."""
WAITS = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before a first, second, third, ... try to connect; the last is for all after it."""
STEADY = 60.0
"""Seconds after which a line was a good one: the next is then opened at once."""
OPEN_WITHIN = 10.0
"""Seconds until Slack must have said hello on a new line."""
HEARTBEAT = 10.0
"""Seconds between pings; a line that leaves one unanswered for half of that is dead."""
LINGER = 15.0
"""Seconds that a line is still read after a newer one is there. Slack closes it within ten."""
CLOSE_WITHIN = 1.0
ANSWERS_KEPT = 200
"""Envelopes remembered with their answers, should Slack send one of them again."""
PASSING = frozenset({"", "ratelimited", "internal_error", "fatal_error", "service_unavailable"})
"""Codes of trouble at Slack; any other means that the token, or the app, is not set up right."""
TOO_MANY = "too_many_websockets"
"""Ten processes, or a forgotten one elsewhere, have this app's sockets: worth a line of its own."""
PLANNED = frozenset({"warning", "refresh_requested"})
"""Why Slack closes a line about hourly; anything else is worth a word."""

log = structlog.get_logger()


class NoHello(Exception):
    """Raised when Slack closes a new line at once, such as because there are too many."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Line:
    """One connection: what Slack sent on it is answered on it, and nowhere else."""

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws
        self.opened_at = time.monotonic()
        self.is_open = True
        self.leaving = asyncio.Event()
        """Set when another line is wanted: Slack asked for that, or this one is gone."""
        self.works: set[asyncio.Task[str]] = set()
        self.limit: asyncio.Timeout | None = None
        """Ends the reading, once the line has had a successor for long; None before and after."""

    @property
    def was_good(self) -> bool:
        return time.monotonic() - self.opened_at > STEADY

    def linger(self) -> None:
        """Be read a little longer: there is a newer line."""
        if self.limit is not None:
            self.limit.reschedule(asyncio.get_running_loop().time() + LINGER)

    def begin(self, work: Coroutine[Any, Any, str]) -> asyncio.Task[str]:
        """Do something that ends with an acknowledgement on this line."""
        task = asyncio.create_task(work)
        self.works.add(task)
        task.add_done_callback(self.works.discard)
        task.add_done_callback(note_end)
        return task

    async def send(self, words: str) -> None:
        """Acknowledge; where the line is gone the work stands, and Slack or the person repeats."""
        try:
            await self.ws.send_str(words)
        except ConnectionError:
            log.warning("slack_ack_lost", reference=new_reference())

    async def close(self) -> None:
        """Close once everything under way on it has its acknowledgement."""
        if self.works:
            await asyncio.wait(self.works)
        await self.ws.close()


class SlackSocket:
    """Keeps one line to Slack open, and answers what comes on it, until told to finish."""

    def __init__(
        self,
        edge: SlackEdge,
        client: SlackClient,
        session: aiohttp.ClientSession,
        at_once: int = AT_ONCE,
    ) -> None:
        """`client` carries the app-level token, and calls nothing but `apps.connections.open`."""
        self.waits: Sequence[float] = WAITS
        self._edge = edge
        self._client = client
        self._session = session
        self._free = asyncio.Semaphore(at_once)
        self._lines: dict[Line, asyncio.Task[None]] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._answered: OrderedDict[str, asyncio.Task[str]] = OrderedDict()
        self._last_said = ""

    @property
    def connected(self) -> bool:
        """Whether Slack can reach us now."""
        return any(line.is_open for line in self._lines)

    def start(self) -> None:
        """Begin to connect; Slack being away only means that it is tried again."""
        self._keeper = asyncio.create_task(self._keep_connected())
        self._keeper.add_done_callback(note_end)

    async def finish(self) -> None:
        """Take nothing more, acknowledge what is under way (for ten seconds at most), and close."""
        if self._keeper is None:
            return
        lines = dict(self._lines)
        tasks = [self._keeper, *lines.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        works = {work for line in lines for work in line.works}
        if works:
            _, late = await asyncio.wait(works, timeout=GRACE)
            for work in late:
                work.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        closings = [line.ws.close() for line in lines]
        for problem in await asyncio.gather(*closings, return_exceptions=True):
            if isinstance(problem, Exception):
                note_fault(problem)

    # The line

    async def _keep_connected(self) -> None:
        failures = 0
        wait = self.waits[0]
        while True:
            await asyncio.sleep(wait)
            try:
                line = await self._open()
            except Exception as error:  # noqa: BLE001 - the edge: whatever it is, it is tried again
                failures += 1
                wait = max(self._wait_after(failures), _asked_to_wait(error))
                self._note_away(_code_of(error), passing=_is_passing(error))
                continue
            await line.leaving.wait()
            failures = 0 if line.was_good else failures + 1
            wait = self._wait_after(failures)

    def _wait_after(self, failures: int) -> float:
        return self.waits[min(failures, len(self.waits) - 1)]

    async def _open(self) -> Line:
        """A new line on which Slack has said hello; those before it are read a little longer."""
        async with asyncio.timeout(OPEN_WITHIN):
            given = await self._client.api_call("apps.connections.open", json={})
            ws = await self._session.ws_connect(
                str(given["url"]),
                heartbeat=HEARTBEAT,
                timeout=ClientWSTimeout(ws_close=CLOSE_WITHIN),
                proxy=self._client.proxy or None,
                ssl=self._client.ssl or True,
            )
            try:
                await _hear_hello(ws)
            except BaseException:
                await ws.close()
                raise
        for older in self._lines:
            older.linger()
        line = Line(ws)
        self._lines[line] = asyncio.create_task(self._read(line))
        self._note_connected()
        return line

    async def _read(self, line: Line) -> None:
        """Hear what comes on a line, then close it. Cancelled, it leaves that to `finish`."""
        try:
            with _noting_faults():
                await self._listen(line)
            if not self.connected:
                self._note_away("closed", passing=True)
            with _noting_faults():
                await line.close()
        finally:
            del self._lines[line]

    async def _listen(self, line: Line) -> None:
        """Hear what comes until Slack closes the line, or it has had a successor for long."""
        try:
            async with asyncio.timeout(None) as line.limit:
                async for message in line.ws:
                    if message.type is WSMsgType.TEXT:
                        with _noting_faults():
                            await self._hear(line, message.data)
        except TimeoutError:
            pass
        finally:
            line.limit = None
            line.is_open = False
            line.leaving.set()

    # What comes on it

    async def _hear(self, line: Line, text: str) -> None:
        message = _parse(text)
        if message.get("type") == "disconnect":
            self._prepare_to_leave(line, str(message.get("reason")))
        elif isinstance(envelope_id := message.get("envelope_id"), str) and envelope_id:
            await self._free.acquire()
            try:
                task = self._take(line, envelope_id, message)
            except Exception:
                self._free.release()
                raise
            # However it ends, even before its first step, the next may begin.
            task.add_done_callback(lambda _: self._free.release())
        else:
            log.warning("slack_payload_unreadable", reference=new_reference())

    def _prepare_to_leave(self, line: Line, reason: str) -> None:
        """Slack will close this line: about hourly, or because of something that is wrong."""
        if reason == "link_disabled":
            self._note_away(reason, passing=False)
        elif reason not in PLANNED:
            log.warning("slack_disconnects", reason=reason[:40])
        line.leaving.set()

    def _take(self, line: Line, envelope_id: str, envelope: Payload) -> asyncio.Task[str]:
        """Begin to answer an envelope; one that comes again gets the answer that it had."""
        before = self._answered.get(envelope_id)
        if before is not None:
            return line.begin(self._give_again(line, before))
        task = self._answered[envelope_id] = line.begin(self._work(line, envelope_id, envelope))
        if len(self._answered) > ANSWERS_KEPT:
            self._answered.popitem(last=False)
        return task

    async def _work(self, line: Line, envelope_id: str, envelope: Payload) -> str:
        answer = await self._answer(envelope_id, envelope)
        await line.send(answer)
        return answer

    async def _give_again(self, line: Line, before: asyncio.Task[str]) -> str:
        answer = await asyncio.shield(before)
        await line.send(answer)
        return answer

    async def _answer(self, envelope_id: str, envelope: Payload) -> str:
        payload = envelope.get("payload")
        if not isinstance(payload, dict):
            log.warning("slack_payload_unreadable", reference=new_reference())
            return _acknowledge(envelope_id)
        answer = await self._edge.answer(payload)
        takes = envelope.get("accepts_response_payload")
        return _acknowledge(envelope_id, answer if takes else None)

    # What is said of it, once for each change

    def _note_connected(self) -> None:
        if self._last_said != "slack_connected":
            self._last_said = "slack_connected"
            log.info("slack_connected")

    def _note_away(self, code: str, *, passing: bool) -> None:
        """Say that Slack cannot be reached, unless an older line still works."""
        told_apart = not passing or code == TOO_MANY
        state = code if told_apart else "slack_not_connected"
        if self._last_said == state or (passing and self.connected):
            return
        self._last_said = state
        if passing:
            log.warning("slack_not_connected", code=code)
        else:
            log.error("settings_wrong", problem=f"slack_app_token: no socket is opened ({code})")


@contextlib.contextmanager
def _noting_faults() -> Iterator[None]:
    """Let a fault be heard of, and end nothing else."""
    try:
        yield
    except Exception as problem:  # noqa: BLE001 - the edge: nobody above would hear of it
        note_fault(problem)


async def _hear_hello(ws: ClientWebSocketResponse) -> None:
    """Raises NoHello when Slack says anything else."""
    message = await ws.receive()
    said = _parse(message.data) if message.type is WSMsgType.TEXT else {}
    if said.get("type") != "hello":
        raise NoHello(str(said.get("reason", "no_hello"))[:40])


def _parse(text: str) -> dict[str, Any]:
    """A message of Slack's; empty when it is not one."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _acknowledge(envelope_id: str, answer: BoltResponse | None = None) -> str:
    """The acknowledgement, with what the listener answered where Slack takes that."""
    named = json.dumps(envelope_id)
    if answer is None or not answer.body:
        return f'{{"envelope_id":{named}}}'
    kind = answer.first_headers().get("content-type", "")
    said = answer.body if "json" in kind else json.dumps({"text": answer.body})
    return f'{{"envelope_id":{named},"payload":{said}}}'


def _code_of(error: Exception) -> str:
    """What went wrong, without any words or addresses of others."""
    if isinstance(error, SlackApiError):
        return _slack_code(error) or "no_answer"
    if isinstance(error, NoHello):
        return error.reason
    return type(error).__name__


def _is_passing(error: Exception) -> bool:
    return not isinstance(error, SlackApiError) or _slack_code(error) in PASSING


def _slack_code(error: SlackApiError) -> str:
    return str(error.response.get("error") or "")


def _asked_to_wait(error: Exception) -> float:
    """The seconds that Slack asked for when there were too many tries; an hour at most."""
    if not isinstance(error, SlackApiError):
        return 0.0
    headers = getattr(error.response, "headers", None) or {}
    asked = str(headers.get("Retry-After", ""))
    return min(float(asked), LONGEST_LIMIT) if asked.isdecimal() else 0.0
