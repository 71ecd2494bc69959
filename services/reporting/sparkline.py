"""Small lines for tiles: coordinates only, drawn by the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

WIDTH, HEIGHT = 280.0, 72.0
_PAD = 6.0


class Dot(NamedTuple):
    """A place in the drawing."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Runs of values (a gap ends a run), the path, the target's height, the last value."""

    runs: tuple[str, ...]
    path: str
    target: float | None
    last: Dot | None
    words: str
    width: float = WIDTH
    height: float = HEIGHT


def sparkline(
    values: Sequence[float | None],
    path: Sequence[float | None],
    target: float | None,
    words: str,
) -> Sparkline | None:
    """The drawing of ``values`` with ``path`` beside them; None where there is no value yet."""
    known = [value for value in (*values, *path, target) if value is not None]
    if not any(value is not None for value in values):
        return None
    low, high = min(known), max(known)
    span = high - low or 1.0
    step = (WIDTH - 2 * _PAD) / max(1, max(len(values), len(path)) - 1)

    def place(index: int, value: float) -> Dot:
        up = (value - low) / span * (HEIGHT - 2 * _PAD)
        return Dot(round(_PAD + index * step, 1), round(HEIGHT - _PAD - up, 1))

    dots = [None if v is None else place(i, v) for i, v in enumerate(values)]
    way = [place(i, v) for i, v in enumerate(path) if v is not None]
    return Sparkline(
        tuple(_text(run) for run in _runs(dots)),
        _text(way),
        None if target is None else place(0, target).y,
        next((dot for dot in reversed(dots) if dot), None),
        words,
    )


def _runs(dots: Sequence[Dot | None]) -> list[list[Dot]]:
    runs: list[list[Dot]] = [[]]
    for dot in dots:
        if dot is not None:
            runs[-1].append(dot)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _text(dots: Sequence[Dot]) -> str:
    return " ".join(f"{dot.x:g},{dot.y:g}" for dot in dots)
