"""Charts as SVG: a Vega-Lite specification, drawn by one child process started when needed.

The drawing library holds a JavaScript engine of some hundred megabytes, so it lives in a process of
its own, which leaves when nothing was asked of it for a minute.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from queue import Empty, Queue
from threading import Lock, Thread
from typing import IO, Any

from services.ports.reporting import Chart, ChartPoint

TIMEOUT_SECONDS = 10.0
_KEPT = 128
_CHILD = "services.rendering.chart_child"
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif"


class ChartFailedError(Exception):
    """The chart could not be drawn; the page has its table."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a chart is drawn: its size in pixels and its colours."""

    width: int
    height: int
    ink: str
    quiet: str
    line: str
    good: str
    bad: str
    card: str

    @property
    def is_narrow(self) -> bool:
        """Whether the chart is for a phone."""
        return self.width < 500  # noqa: PLR2004 - pixels


_LIGHT = ("#16232c", "#52616c", "#e3e8ec", "#0b6aa2", "#b8500a", "#ffffff")
_DARK = ("#e6edf1", "#a3b1bb", "#2b3942", "#6cb8e6", "#f59a52", "#1a242b")
LOOKS = {
    "light": Look(900, 340, *_LIGHT),
    "dark": Look(900, 340, *_DARK),
    "light-narrow": Look(310, 260, *_LIGHT),
    "dark-narrow": Look(310, 260, *_DARK),
}


def specification(chart: Chart, look: Look) -> dict[str, Any]:
    """The chart as a Vega-Lite 5 specification."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": look.width,
        "height": look.height,
        "background": "transparent",
        "padding": 4,
        "data": {"values": [_row(point) for point in chart.points]},
        "layer": [*_baseline(look), *_goal(chart, look), *_marks(chart, look), *_values(look)],
        "config": _config(look),
    }


def _row(point: ChartPoint) -> dict[str, Any]:
    return {
        "on": point.start.isoformat(),
        "value": point.value,
        "path": point.expected,
        "centre": point.centre,
        "low": point.low,
        "high": point.high,
        "judged": point.judged,
    }


def _at(field: str, **more: Any) -> dict[str, Any]:
    x = {"field": "on", "type": "temporal", "title": None}
    y = {"field": field, "type": "quantitative", "title": None, "scale": {"zero": False}}
    return {"x": x, "y": y, **more}


def _baseline(look: Look) -> list[dict[str, Any]]:
    band = _at("low", y2={"field": "high"})
    return [
        {"mark": {"type": "area", "color": look.quiet, "opacity": 0.12}, "encoding": band},
        {
            "mark": {"type": "line", "color": look.quiet, "strokeWidth": 1},
            "encoding": _at("centre"),
        },
        {
            "mark": {
                "type": "line",
                "color": look.good,
                "strokeDash": [6, 5],
                "strokeWidth": 2,
            },
            "encoding": _at("path"),
        },
    ]


def _goal(chart: Chart, look: Look) -> list[dict[str, Any]]:
    levels = dict.fromkeys(chart.target or ())
    found = [_rule({"y": {"datum": level}}, look.good, [2, 3]) for level in levels]
    if chart.target and not look.is_narrow:
        words = {"type": "text", "align": "left", "dy": -7, "dx": 2, "text": "Target"}
        place = {"y": {"datum": chart.target[1]}, "x": {"value": 2}}
        found.append({"mark": {**words, "color": look.good}, "encoding": place, "data": _ONE})
    if chart.deadline is not None:
        found.append(_rule({"x": _day(chart.deadline)}, look.good, [2, 3]))
    return found


_ONE: dict[str, Any] = {"values": [{}]}


def _day(on: date) -> dict[str, Any]:
    return {"datum": {"year": on.year, "month": on.month, "date": on.day}, "type": "temporal"}


def _rule(place: dict[str, Any], colour: str, dash: list[int]) -> dict[str, Any]:
    mark = {"type": "rule", "color": colour, "strokeDash": dash, "strokeWidth": 1.4}
    return {"mark": mark, "encoding": place, "data": _ONE}


def _marks(chart: Chart, look: Look) -> list[dict[str, Any]]:
    """Milestones as ticks on the floor of the chart, filled where they are done."""
    rows = [{"on": m.on.isoformat(), "done": m.done} for m in chart.marks]
    if not rows:
        return []
    mark = {"type": "point", "shape": "diamond", "size": 60, "color": look.quiet, "opacity": 1}
    fill = {"condition": {"test": "datum.done", "value": look.quiet}, "value": look.card}
    place = {"x": {"field": "on", "type": "temporal"}, "y": {"value": look.height - 6}}
    return [{"data": {"values": rows}, "mark": mark, "encoding": {**place, "fill": fill}}]


def _values(look: Look) -> list[dict[str, Any]]:
    fill = {"condition": {"test": "datum.judged", "value": look.ink}, "value": look.card}
    dots = {"type": "point", "size": 40, "color": look.ink, "opacity": 1, "strokeWidth": 1.5}
    return [
        {"mark": {"type": "line", "color": look.ink, "strokeWidth": 2}, "encoding": _at("value")},
        {
            "mark": dots,
            "encoding": _at("value", fill=fill),
            "transform": [{"filter": "isValid(datum.value)"}],
        },
    ]


def _config(look: Look) -> dict[str, Any]:
    axis = {
        "labelColor": look.quiet,
        "gridColor": look.line,
        "domainColor": look.line,
        "tickColor": look.line,
        "labelFontSize": 12,
        "labelFont": _FONT,
    }
    return {
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False, "labelOverlap": True, "tickCount": 3 if look.is_narrow else 10},
        "axisY": {"tickCount": 5},
        "text": {"font": _FONT, "fontSize": 12},
        "line": {"invalid": "break-paths-show-domains"},
    }


class ChartRenderer:
    """Draws specifications in a child process, and keeps the last drawings."""

    def __init__(self, timeout: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout
        self._lock = Lock()
        self._child: _Child | None = None
        self._kept: OrderedDict[str, str] = OrderedDict()

    def svg(self, spec: Mapping[str, Any]) -> str:
        """The drawing of ``spec``. Raises ChartFailedError."""
        text = json.dumps(spec, sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._drawn(text)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def close(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            self._end()

    def _drawn(self, text: str) -> str:
        answer = self._asked(text)
        if answer is None:  # it left, idle, as it was asked: a fresh one answers
            answer = self._asked(text)
        if answer is None or "svg" not in answer:
            raise ChartFailedError((answer or {}).get("error", "the drawing process ended"))
        return str(answer["svg"])

    def _asked(self, text: str) -> dict[str, str] | None:
        if self._child is None or not self._child.is_alive:
            self._end()
            self._child = _Child()
        try:
            answer = self._child.ask(text, self._timeout)
        except (OSError, ValueError, Empty) as error:
            self._end()
            if isinstance(error, Empty):
                raise ChartFailedError(f"no drawing within {self._timeout:g} s") from None
            return None
        if answer is None:
            self._end()
        return answer

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Child:
    """The drawing process: a line of JSON in, a line of JSON out; an empty answer is its end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, "TZ": "UTC"},  # a date is the same date everywhere
        )
        self._answers: Queue[str] = Queue()
        Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, text: str, timeout: float) -> dict[str, str] | None:
        """The answer to one specification; None where the process ended. Raises Empty, OSError."""
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 - it was opened with one
        pipe.write(text + "\n")
        pipe.flush()
        line = self._answers.get(timeout=timeout)
        found: dict[str, str] | None = json.loads(line) if line else None
        return found

    def end(self) -> None:
        """Kill it and let its pipes go."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close(pipe)

    def _listen(self, pipe: IO[str]) -> None:
        with suppress(OSError, ValueError):
            for line in pipe:
                self._answers.put(line)
        self._answers.put("")


def _close(pipe: IO[str]) -> None:
    with suppress(OSError):
        pipe.close()
