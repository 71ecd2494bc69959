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

TIMEOUT_SECONDS = 20.0
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
    other: str
    fan: str

    @property
    def is_narrow(self) -> bool:
        """Whether the chart is for a phone."""
        return self.width < 500  # noqa: PLR2004 - pixels


_LIGHT = ("#16232c", "#52616c", "#e3e8ec", "#0b6aa2", "#b8500a", "#ffffff", "#6b4c9a", "#3a7f95")
_DARK = ("#e6edf1", "#a3b1bb", "#2b3942", "#6cb8e6", "#f59a52", "#1a242b", "#b99ae0", "#7cc0d4")
LOOKS = {
    "light": Look(900, 340, *_LIGHT),
    "dark": Look(900, 340, *_DARK),
    "light-narrow": Look(310, 260, *_LIGHT),
    "dark-narrow": Look(310, 260, *_DARK),
}


def specification(chart: Chart, look: Look) -> dict[str, Any]:
    """The chart as a Vega-Lite 5 specification."""
    layers = [
        *_limits(chart, look),
        *_path(chart, look),
        *_fan(chart, look),
        *_goal(chart, look),
        *_proposal(chart, look),
        *_marks(chart, look),
        *_values(chart, look),
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": look.width,
        "height": look.height,
        "background": "transparent",
        "padding": 4,
        "data": {"values": [_row(point) for point in chart.points]},
        "layer": layers,
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
        "tone": point.tone or "",
        "corrected": point.corrected,
    }


def _at(field: str, **more: Any) -> dict[str, Any]:
    x = {"field": "on", "type": "temporal", "title": None}
    y = {"field": field, "type": "quantitative", "title": None, "scale": {"zero": False}}
    return {"x": x, "y": y, **more}


def _known(*fields: str) -> list[dict[str, str]]:
    return [{"filter": " && ".join(f"isValid(datum.{field})" for field in fields)}]


def _line(field: str, mark: dict[str, Any]) -> dict[str, Any]:
    """A line through the places that have it."""
    drawn = {"type": "line", **mark}
    return {"mark": drawn, "encoding": _at(field), "transform": _known(field)}


_LINES: dict[str, dict[str, Any]] = {
    "low": {"strokeDash": [3, 2]},
    "high": {"strokeDash": [3, 2]},
    "centre": {},
}


def _limits(chart: Chart, look: Look) -> list[dict[str, Any]]:
    """The centre line, and the limits as thin steps with the ground between them shaded."""
    found = []
    if any(point.low is not None and point.high is not None for point in chart.points):
        band = {"type": "area", "color": look.quiet, "opacity": 0.1, "interpolate": "step"}
        edges = _at("low", y2={"field": "high"})
        found.append({"mark": band, "encoding": edges, "transform": _known("low", "high")})
    thin = {"color": look.quiet, "strokeWidth": 1, "interpolate": "step"}
    drawn = [field for field in _LINES if any(getattr(p, field) is not None for p in chart.points)]
    return [*found, *(_line(field, thin | _LINES[field]) for field in drawn)]


def _path(chart: Chart, look: Look) -> list[dict[str, Any]]:
    if not any(point.expected is not None for point in chart.points):
        return []
    return [_line("path", {"color": look.good, "strokeDash": [6, 5], "strokeWidth": 2})]


def _fan(chart: Chart, look: Look) -> list[dict[str, Any]]:
    """What holds 95 and 80 % of the chance, and the middle, up to the deadline."""
    if not chart.fan:
        return []
    rows = [place._asdict() | {"on": place.on.isoformat()} for place in chart.fan]
    bands = [("low95", "high95", 0.13), ("low80", "high80", 0.22)]
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "area", "color": look.fan, "opacity": opacity},
            "encoding": _at(low, y2={"field": high}),
        }
        for low, high, opacity in bands
    ]
    middle = {"type": "line", "color": look.fan, "strokeWidth": 1.5, "strokeDash": [1, 3]}
    layers.append({"mark": middle, "encoding": _at("value")})
    return [layer | {"data": {"values": rows}} for layer in layers]


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


def _proposal(chart: Chart, look: Look) -> list[dict[str, Any]]:
    """The level of a new baseline that is proposed: a line of long dashes over its stretch."""
    if chart.proposal is None:
        return []
    ends = (chart.proposal.first, chart.proposal.last)
    rows = [{"on": on.isoformat(), "level": chart.proposal.value} for on in ends]
    mark = {"type": "line", "color": look.other, "strokeDash": [12, 5], "strokeWidth": 2}
    return [{"data": {"values": rows}, "mark": mark, "encoding": _at("level")}]


def _marks(chart: Chart, look: Look) -> list[dict[str, Any]]:
    """Milestones as ticks on the floor of the chart, filled where they are done."""
    rows = [{"on": m.on.isoformat(), "done": m.done} for m in chart.marks]
    if not rows:
        return []
    mark = {"type": "point", "shape": "diamond", "size": 60, "color": look.quiet, "opacity": 1}
    fill = {"condition": {"test": "datum.done", "value": look.quiet}, "value": look.card}
    place = {"x": {"field": "on", "type": "temporal"}, "y": {"value": look.height - 6}}
    return [{"data": {"values": rows}, "mark": mark, "encoding": {**place, "fill": fill}}]


_SHAPES = {"better": "diamond", "worse": "triangle-up", "other": "square"}


def _values(chart: Chart, look: Look) -> list[dict[str, Any]]:
    """The values, hollow where not judged, by shape and colour where a rule marks them.

    A ring stands around a value that was corrected.
    """
    line = {"type": "line", "color": look.ink, "strokeWidth": 2}
    layers: list[dict[str, Any]] = [{"mark": line, "encoding": _at("value")}]
    if any(point.corrected for point in chart.points):
        ring = {"type": "point", "shape": "circle", "filled": False, "color": look.quiet}
        only = [*_known("value"), {"filter": "datum.corrected"}]
        layers.append(
            {
                "mark": {**ring, "size": 230, "strokeWidth": 1.6, "opacity": 1},
                "encoding": _at("value"),
                "transform": only,
            }
        )
    return [*layers, _points(look)]


def _points(look: Look) -> dict[str, Any]:
    colours = {"better": look.good, "worse": look.bad, "other": look.other}
    colour = _by_tone(colours, look.ink)
    hollow = {"test": "!datum.judged", "value": look.card}
    look_of = {
        "shape": _by_tone(_SHAPES, "circle"),
        "size": _by_tone(dict.fromkeys(_SHAPES, 95), 40),
        "stroke": colour,
        "fill": {"condition": [hollow, *colour["condition"]], "value": look.ink},
    }
    dots = {"type": "point", "opacity": 1, "strokeWidth": 1.5}
    return {"mark": dots, "encoding": _at("value", **look_of), "transform": _known("value")}


def _by_tone(values: Mapping[str, Any], else_: Any) -> dict[str, Any]:
    """A value by what the rules found of a point."""
    found = [{"test": f"datum.tone == '{tone}'", "value": value} for tone, value in values.items()]
    return {"condition": found, "value": else_}


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
