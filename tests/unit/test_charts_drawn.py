"""What a chart's drawing is made of: each thing that a chart says has a mark of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.ports.reporting import Chart, ChartPoint, FanPoint, Level
from services.rendering.charts import LOOKS, Look, specification

LOOK = LOOKS["light"]
PLAIN = Chart(
    "Harm",
    "%",
    "Harm over time.",
    tuple(ChartPoint(date(2025, m, 1), f"month {m}", 50.0 + m, None) for m in range(1, 7)),
)


def layers(chart: Chart, look: Look = LOOK) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = specification(chart, look)["layer"]
    return found


def with_points(**changes: Any) -> Chart:
    return replace(PLAIN, points=tuple(replace(point, **changes) for point in PLAIN.points))


def of_colour(chart: Chart, colour: str) -> list[dict[str, Any]]:
    return [layer for layer in layers(chart) if layer["mark"].get("color") == colour]


def test_values_alone_are_a_line_and_points() -> None:
    assert [layer["mark"]["type"] for layer in layers(PLAIN)] == ["line", "point"]


def test_limits_are_a_band_two_dashed_steps_and_a_centre_line() -> None:
    charted = with_points(low=45.0, centre=52.0, high=59.0)
    marks = [layer["mark"] for layer in of_colour(charted, LOOK.quiet)]
    assert [mark["type"] for mark in marks] == ["area", "line", "line", "line"]
    assert [("strokeDash" in mark) for mark in marks] == [False, True, True, False]
    centre_only = of_colour(with_points(centre=52.0), LOOK.quiet)
    assert [layer["encoding"]["y"]["field"] for layer in centre_only] == ["centre"]
    one_sided = of_colour(with_points(high=59.0, centre=52.0), LOOK.quiet)
    assert [layer["mark"]["type"] for layer in one_sided] == ["line", "line"]


@pytest.mark.parametrize("channel", ["shape", "stroke"])
def test_special_causes_differ_in_shape_as_well_as_in_colour(channel: str) -> None:
    encoded = layers(PLAIN)[-1]["encoding"][channel]
    drawn = [condition["value"] for condition in encoded["condition"]]
    tests = [condition["test"] for condition in encoded["condition"]]
    assert tests == [f"datum.tone == '{tone}'" for tone in ("better", "worse", "other")]
    assert len({*drawn, encoded["value"]}) == 4


def test_what_is_not_judged_is_hollow_before_any_colour() -> None:
    fill = layers(PLAIN)[-1]["encoding"]["fill"]
    assert fill["condition"][0] == {"test": "!datum.judged", "value": LOOK.card}
    rows = specification(with_points(judged=False, tone="worse"), LOOK)["data"]["values"]
    assert {(row["judged"], row["tone"]) for row in rows} == {(False, "worse")}


def test_a_corrected_value_has_a_ring() -> None:
    (ring,) = of_colour(with_points(corrected=True), LOOK.quiet)
    assert (ring["mark"]["shape"], ring["mark"]["filled"]) == ("circle", False)
    assert {"filter": "datum.corrected"} in ring["transform"]


def test_a_proposal_is_a_dashed_line_over_its_stretch() -> None:
    proposal = Level(date(2025, 3, 1), date(2025, 6, 1), 48.0)
    (line,) = of_colour(replace(PLAIN, proposal=proposal), LOOK.other)
    assert line["mark"]["strokeDash"]
    assert line["data"]["values"] == [
        {"on": "2025-03-01", "level": 48.0},
        {"on": "2025-06-01", "level": 48.0},
    ]


def test_a_fan_has_two_bands_and_a_middle_of_its_own_data() -> None:
    fan = (
        FanPoint(date(2025, 6, 1), 56.0, 55.0, 57.0, 54.0, 58.0),
        FanPoint(date(2025, 9, 1), 60.0, 50.0, 70.0, 45.0, 75.0),
    )
    drawn = of_colour(replace(PLAIN, fan=fan), LOOK.fan)
    assert [layer["mark"]["type"] for layer in drawn] == ["area", "area", "line"]
    assert drawn[0]["data"]["values"][-1] == fan[1]._asdict() | {"on": "2025-09-01"}
    assert [layer["encoding"]["y"]["field"] for layer in drawn] == ["low95", "low80", "value"]


def test_a_phone_has_no_word_in_the_drawing() -> None:
    goal = replace(PLAIN, target=(40.0, 40.0))
    wide, narrow = (
        [layer["mark"]["type"] for layer in layers(goal, LOOKS[name])]
        for name in ("dark", "dark-narrow")
    )
    assert ("text" in wide, "text" in narrow) == (True, False)
    assert specification(goal, LOOKS["dark-narrow"])["width"] < 340
