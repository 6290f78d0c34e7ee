"""The two pictures of the Teams app, drawn from the product's own mark: a speech bubble, a tick.

Distances are in the mark's own units, in which it is 32 wide, as in `playground/static/mark.svg`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from math import hypot

COLOUR_SIZE, OUTLINE_SIZE = 192, 32
"""Widths and heights, in pixels, that Teams asks for."""
SAFE_AREA = 120
"""Pixels in the middle of the colour icon that no client cuts off; the mark keeps within."""
GREEN = (0x0F, 0x6B, 0x5C)
WHITE = (0xFF, 0xFF, 0xFF)

Point = tuple[float, float]
Colour = tuple[int, int, int]
Distance = Callable[[Point], float]
"""How far a point is from an edge: below nothing inside, above nothing outside."""

_BODY = ((16.0, 13.5), (14.0, 11.5), 7.0)
_TAIL = ((12.0, 20.0), (18.5, 20.0), (18.5, 25.0), (12.0, 30.5))
_TICK = ((9.5, 14.0), (14.0, 18.5), (22.5, 9.5))
_TICK_WIDTH = 3.2
_HIGHEST = 28.5


@dataclass(frozen=True)
class _Canvas:
    """A square of so many pixels, with a point of the mark in its middle, drawn `scale` times."""

    size: int
    scale: float
    middle: Point

    def coverage(self, shape: Distance, x: int, y: int) -> float:
        """How much of a pixel a shape covers, 0 to 1."""
        half = self.size / 2
        across = (x + 0.5 - half) / self.scale + self.middle[0]
        down = (y + 0.5 - half) / self.scale + self.middle[1]
        here = (across, down)
        return min(1.0, max(0.0, 0.5 - shape(here) * self.scale))


def draw_colour_icon() -> bytes:
    """A PNG of 192 x 192 pixels: the mark in white on a full square of green."""
    canvas = _Canvas(COLOUR_SIZE, SAFE_AREA / _HIGHEST, (16.0, 16.25))

    def pixel(x: int, y: int) -> bytes:
        white = canvas.coverage(_bubble, x, y) * (1 - canvas.coverage(_tick, x, y))
        return bytes(_mixed(GREEN, WHITE, white))

    return _png(canvas.size, pixel, _RGB)


def draw_outline_icon() -> bytes:
    """A PNG of 32 x 32 pixels: the mark's lines in white on nothing."""
    canvas = _Canvas(OUTLINE_SIZE, 1.0, (16.0, 16.0))

    def pixel(x: int, y: int) -> bytes:
        edge = canvas.coverage(_edge, x, y)
        return bytes((*WHITE, round(255 * max(edge, canvas.coverage(_tick, x, y)))))

    return _png(canvas.size, pixel, _RGBA)


def _mixed(under: Colour, over: Colour, share: float) -> tuple[int, ...]:
    return tuple(round(a + (b - a) * share) for a, b in zip(under, over, strict=True))


# ------------------------------------------------------------------------------------- shapes


def _bubble(here: Point) -> float:
    return min(_rounded(here), _polygon(here))


def _edge(here: Point) -> float:
    """The bubble's rim, two units wide, within the bubble."""
    return abs(_bubble(here) + 1.0) - 1.0


def _tick(here: Point) -> float:
    first, second, third = _TICK
    return min(_segment(here, first, second), _segment(here, second, third)) - _TICK_WIDTH / 2


def _rounded(here: Point) -> float:
    middle, half, radius = _BODY
    x = abs(here[0] - middle[0]) - half[0] + radius
    y = abs(here[1] - middle[1]) - half[1] + radius
    return hypot(max(x, 0.0), max(y, 0.0)) + min(max(x, y), 0.0) - radius


def _polygon(here: Point) -> float:
    edges = list(zip(_TAIL, (*_TAIL[1:], _TAIL[0]), strict=True))
    far = min(_segment(here, a, b) for a, b in edges)
    return -far if all(_left_of(here, a, b) for a, b in edges) else far


def _left_of(here: Point, a: Point, b: Point) -> bool:
    return (b[0] - a[0]) * (here[1] - a[1]) - (b[1] - a[1]) * (here[0] - a[0]) >= 0


def _segment(here: Point, a: Point, b: Point) -> float:
    x, y = b[0] - a[0], b[1] - a[1]
    along = ((here[0] - a[0]) * x + (here[1] - a[1]) * y) / (x * x + y * y)
    along = min(1.0, max(0.0, along))
    return hypot(here[0] - a[0] - x * along, here[1] - a[1] - y * along)


# ---------------------------------------------------------------------------------------- PNG

_RGB, _RGBA = 2, 6
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _png(size: int, pixel: Callable[[int, int], bytes], kind: int) -> bytes:
    rows = (b"\x00" + b"".join(pixel(x, y) for x in range(size)) for y in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, kind, 0, 0, 0)
    body = zlib.compress(b"".join(rows), 9)
    parts = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
