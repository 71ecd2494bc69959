"""The drawing process: made when needed, replaced when it dies, never waited for too long."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from datetime import date

import pytest

from services.ports.reporting import Chart, ChartMark, ChartPoint
from services.rendering.charts import LOOKS, ChartFailedError, ChartRenderer, specification

POINTS = tuple(
    ChartPoint(date(2025, month, 1), f"month {month}", 50.0 + month, 60.0, 52.0, 45.0, 59.0)
    for month in range(1, 7)
)
CHART = Chart(
    "Harm",
    "%",
    "Harm over time.",
    (*POINTS, ChartPoint(date(2025, 7, 1), "month 7", None, 60.0)),
    (40.0, 40.0),
    date(2025, 7, 1),
    (ChartMark(date(2025, 3, 1), "Pilot", True),),
)


@pytest.fixture
def renderer() -> Iterator[ChartRenderer]:
    """A renderer, ended afterwards."""
    made = ChartRenderer()
    yield made
    made.close()


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_is_drawn_in_its_size_and_elsewhere(renderer: ChartRenderer, look: str) -> None:
    svg = renderer.svg(specification(CHART, LOOKS[look]))
    assert svg.startswith("<svg")
    assert LOOKS[look].ink in svg
    assert "vl_convert" not in sys.modules


def test_a_drawing_is_kept_and_a_dead_process_replaced(renderer: ChartRenderer) -> None:
    spec = specification(CHART, LOOKS["light"])
    first = renderer.svg(spec)
    assert renderer._child is not None
    dead = renderer._child._process
    os.kill(dead.pid, signal.SIGKILL)
    dead.wait()
    assert renderer.svg(spec) is first
    assert renderer._child._process is dead
    assert renderer.svg(specification(CHART, LOOKS["dark"])).startswith("<svg")
    assert renderer._child._process is not dead


def test_what_cannot_be_drawn_fails_and_the_next_is_drawn(renderer: ChartRenderer) -> None:
    with pytest.raises(ChartFailedError):
        renderer.svg({"mark": "no such mark", "encoding": 3})
    assert renderer.svg(specification(CHART, LOOKS["light"])).startswith("<svg")


def test_a_drawing_that_takes_too_long_is_given_up() -> None:
    hasty = ChartRenderer(timeout=0.001)
    with pytest.raises(ChartFailedError, match=r"within 0\.001 s"):
        hasty.svg(specification(CHART, LOOKS["light"]))
    assert hasty._child is None
