"""Which chart a measure is drawn on, what its rules find, and what the page says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import isfinite
from typing import Any

import pytest

from services.framework.facts import Facts, Maturity
from services.framework.fold import Fold
from services.framework.outlook import outlook
from services.framework.plan import Aim, Baseline, Direction, Intent, Kind, Measure
from services.framework.spc.icons import Assurance, Variation
from services.reporting.aims import Panel, panel_of
from services.reporting.lines import Line, line_of
from tests.unit.framework.builders import (
    A1,
    KEY,
    a_measure,
    a_plan,
    an_aim,
    an_observation,
    counts,
    month,
    values,
)

TODAY = date(2026, 1, 5)
STEADY = [100, 103, 98, 101, 99, 102, 100, 97, 101, 100]


def the_line(observed: Any, measure: Measure | None = None, aim: Aim | None = None) -> Line:
    plan = a_plan(aim, measure)
    judged = plan.aims["a"]
    return line_of(plan, Facts(observed), judged, judged.measures[0])


def the_panel(observed: Any, measure: Measure | None = None, aim: Aim | None = None) -> Panel:
    return panel_of(the_line(observed, measure, aim), (), TODAY)


def kind_of(line: Line) -> str:
    assert line.control.answer is not None
    return str(line.control.answer.chart.kind)


SMALL = [(40 + at, 100) for at in (0, 7, 2, 5, -3, 6, 1, -4, 3, 8, 0, 4, -2, 3)]
WIDER = [(40 + at, 100) for at in (0, 9, 3, 6, -4, 8, 1, -5, 4, 10, 0, 5, -3, 4)]
LARGE = [(4000 + i % 3 * 60, 10_000) for i in range(14)]
SCATTERED = [(20 + 40 * (i % 2), 100) for i in range(14)]


@pytest.mark.parametrize(
    ("kind", "pairs", "chart"),
    [
        (Kind.PROPORTION, SMALL, "p"),
        (Kind.PROPORTION, LARGE, "pp"),
        (Kind.PROPORTION, SCATTERED, "pp"),
        (Kind.RATE, WIDER, "u"),
        (Kind.RATE, LARGE, "up"),
        (Kind.VALUE, SMALL, "xmr"),
    ],
)
def test_counts_are_charted_as_counts(kind: Kind, pairs: Any, chart: str) -> None:
    line = the_line(counts(pairs, 100), a_measure(kind=kind, per=100))
    assert kind_of(line) == chart
    assert line.points[0].value == pytest.approx(100 * pairs[0][0] / pairs[0][1])
    assert line.points[0].centre == pytest.approx(
        100 * sum(n for n, _ in pairs[:10]) / sum(d for _, d in pairs[:10])
        if chart != "xmr"
        else sum(100 * n / d for n, d in pairs[:10]) / 10
    )


def test_limits_are_those_of_the_baseline_and_later_points_never_move_them() -> None:
    early, late = (the_line(values([*STEADY, *more])) for more in ([90], [90, 20, 300]))
    assert early.points[0].low == late.points[0].low
    assert late.points[12].high == early.points[0].high
    assert "Limits rest on the baseline, 2024-01 to 2024-10" in late.control.notes
    assert late.control.title.endswith("mdc version 1")


def test_the_measures_own_rule_set_is_used_and_named() -> None:
    line = the_line(values([*STEADY, 99]), a_measure(rule_set="shewhart"))
    assert "shewhart version 1" in line.control.title
    line = the_line(values([*STEADY, 99]), a_measure(rule_set="run"))
    assert line.control.title.startswith("run chart; run chart rules")
    assert (line.points[3].low, line.points[3].centre) == (None, 100)


def test_few_values_are_a_run_chart_and_a_short_baseline_says_so() -> None:
    line = the_line(values([100, 101, 99]))
    assert kind_of(line) == "run"
    assert line.control.variation is None
    (first, *_) = line.control.notes
    assert first == (
        "The centre line is the median of all 3 values, as the baseline has 3 of 10; "
        "it has no limits"
    )


def test_signals_are_marked_for_better_and_worse() -> None:
    line = the_line(values([*STEADY, 100, 70, 130]))
    assert [point.tone for point in line.points[9:13]] == [None, None, "better", "worse"]
    assert line.control.signals[0] == "2025-01: 130.0 is above the limit 107.8"
    assert line.points[12].note == "outside limits"
    assert line.control.variation is Variation.CONCERN
    higher = the_line(values([*STEADY, 70]), a_measure(direction=Direction.INCREASE), an_aim(120.0))
    assert higher.points[10].tone == "worse"


def test_a_neutral_measure_in_a_range_has_no_better_side_and_no_assurance() -> None:
    aim = an_aim((90.0, 110.0), intent=Intent.WITHIN)
    line = the_line(values([*STEADY, 130]), a_measure(direction=Direction.NEUTRAL), aim)
    assert (line.points[10].tone, line.control.direction) == ("other", "neutral")
    assert (line.control.variation, line.control.assurance) == (Variation.HIGH, None)


def test_assurance_is_where_the_target_lies_about_the_limits() -> None:
    found = {
        target: the_line(values([*STEADY, 100]), None, an_aim(target)).control.assurance
        for target in (50.0, 99.0)
    }
    assert found == {50.0: Assurance.FAIL, 99.0: Assurance.HIT_OR_MISS}


def test_partial_values_are_hollow_and_not_judged() -> None:
    observed = values([*STEADY, 101])
    extra = an_observation("2024-12", 300.0, maturity=Maturity.PARTIAL)
    panel = the_panel({KEY: (*observed[KEY], extra)})
    point = panel.chart.points[11]
    assert (point.value, point.judged, point.tone, point.note) == (300.0, False, None, "partial")
    assert ("k-partial", "not yet final") in panel.key
    assert "300" not in " ".join(panel.control.signals)


def test_a_corrected_value_is_ringed_and_says_what_it_was() -> None:
    observed = values([*STEADY, 101])
    better = replace(observed[KEY][3], version=2, value=96.0)
    panel = the_panel({KEY: (*observed[KEY], better)})
    point = panel.chart.points[3]
    assert (point.value, point.corrected, point.note) == (96.0, True, "corrected from 101.0")
    assert [p.corrected for p in panel.chart.points].count(True) == 1
    first = replace(observed[KEY][4], maturity=Maturity.PARTIAL, value=1.0)
    final = replace(observed[KEY][4], version=2)
    rest = [one for one in observed[KEY] if one.period != first.period]
    panel = the_panel({KEY: (*rest, first, final)})
    assert not any(p.corrected for p in panel.chart.points), "a first final value corrects nothing"


def test_a_run_on_the_better_side_is_a_proposal_in_words() -> None:
    lower = [95, 94, 96, 93, 95, 94, 96, 95, 94]
    panel = the_panel(values([*STEADY, *lower]))
    assert panel.proposal == (
        "The last 9 months lie on the better side of the median before, 100.0: a new baseline "
        "from 2024-11, about 95.0, is proposed. Nothing changes until a plan says so."
    )
    level = panel.chart.proposal
    assert level == (date(2024, 11, 1), date(2025, 7, 1), 95.0)
    assert panel.chart.points[18].centre == panel.chart.points[0].centre
    assert the_panel(values([*STEADY, *lower[:8]])).proposal is None
    assert the_panel(values([*STEADY, *lower, 105])).proposal is None, "it went back"
    worse = [105 + i % 2 for i in range(9)]
    assert the_panel(values([*STEADY, *worse])).proposal is None


def test_a_plan_that_says_so_draws_a_new_part_and_moves_no_path() -> None:
    lower = [95, 94, 96, 93, 95, 94, 96, 95, 94]
    observed = values([*STEADY, *lower])
    before = the_line(observed)
    after = the_line(observed, a_measure(rebase=(month("2024-11"), month("2027-01"))))
    centres = [before.points[18].centre, after.points[18].centre]
    assert centres == pytest.approx([100.1, 94.67], rel=1e-3)
    assert after.points[9].high == before.points[9].high
    assert after.control.rebase is None
    assert "From 2024-11 on, as the plan says, they rest on 9 values from there" in (
        after.control.notes
    )
    assert any(
        note.startswith("No part begins with 2027-01, as the plan says: the chart's values are of")
        for note in after.control.notes
    )
    assert [p.expected for p in after.points] == [p.expected for p in before.points]


def test_the_fan_ends_in_the_forecast_of_the_verdict() -> None:
    panel = the_panel(values(A1[:18]))
    first, last = panel.chart.fan[0], panel.chart.fan[-1]
    assert (first.on, last.on) == (date(2025, 6, 1), date(2025, 12, 1))
    widths = [place.high80 - place.low80 for place in panel.chart.fan]
    assert widths == sorted(widths)
    assert last.low95 <= last.low80 <= last.value <= last.high80 <= last.high95
    course = the_line(values(A1[:18])).course
    assert course is not None
    forecast = outlook(course, Fold(course).run(month("2025-12").ordinal)).forecast
    assert forecast is not None
    assert (last.value, last.low80, last.high80) == pytest.approx(
        (forecast.value, *forecast.interval_80)
    )
    assert the_panel(values([*STEADY, 100])).chart.fan == (), "too little is known"


@pytest.mark.parametrize(
    "numbers",
    [[], [100], [100] * 20, [100, None, None, 101], [None, 5, *[None] * 30, 6], [0.0] * 13],
    ids=["none", "one", "equal", "hole", "long hole", "zeros"],
)
@pytest.mark.parametrize("kind", list(Kind))
def test_any_series_has_a_page(numbers: list[float | None], kind: Kind) -> None:
    panel = the_panel(values(numbers) if numbers else {}, a_measure(kind=kind))
    drawn = [point for point in panel.chart.points if point.value is not None]
    assert len(panel.rows) == len(drawn)
    lines = [(p.value, p.centre, p.low, p.high, p.expected) for p in panel.chart.points]
    assert all(cell is None or isfinite(cell) for row in lines for cell in row)
    assert panel.chart.words.endswith("no value yet.") is not bool(drawn)
    assert panel.control.variation in (None, Variation.COMMON_CAUSE)
    assert bool(panel.control.notes)


def test_a_rolling_figure_says_why_it_has_no_limits() -> None:
    panel = the_panel(values([*STEADY, 50]), a_measure(window=12))
    assert panel.control.notes == ("No limits and no run rules: values over 12 months overlap.",)
    assert {point.low for point in panel.chart.points} == {None}
    assert "k-base" not in dict(panel.key)


def test_a_stated_baseline_rests_on_the_values_before_the_start() -> None:
    aim = an_aim()
    stated = replace(aim.measures[0], baseline=Baseline(value=104.0))
    line = the_line(values([*STEADY, 99, 98]), None, replace(aim, measures=(stated,)))
    assert "Limits rest on the baseline, 2024-01 to 2024-10" in line.control.notes


def test_the_alternative_text_says_the_numbers() -> None:
    words = the_panel(values([*STEADY, 100, 70])).chart.words
    assert words == (
        "Deaths over time: the last value is 70.0 ratio, December 2024, the baseline is 100.0 "
        "ratio, the path is at 98.3 ratio and the target is 88.0 ratio. Control limits 92.4 to "
        "107.8. Special cause, for the better: values are low. Target consistently missed as the "
        "limits stand: it lies below them. 1 point marked as special cause."
    )


def test_percents_stand_close_and_decimals_are_those_of_the_sentence() -> None:
    panel = the_panel(values([94.4, 94.5, 94.3] * 4), a_measure(unit="%"), an_aim(96.0))
    assert "the last value is 94.30%" in panel.chart.words
    assert panel.rows[0].value == "94.30"
