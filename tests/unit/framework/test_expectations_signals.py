"""Special causes and the course of an aim: trips, does not, the edge, the next look."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.framework.expectations.register import REGISTER
from services.framework.facts import Facts, SeriesKey
from services.framework.judgement import Severity
from services.framework.plan import Direction, Driver, Intent, Kind, Plan
from services.framework.series import read_series
from services.framework.signals import aim_look, looks_of, readings
from tests.unit.framework.asking import alone, asked, changes_on
from tests.unit.framework.builders import (
    A1,
    A2,
    A3,
    KEY,
    a_measure,
    a_plan,
    an_aim,
    at,
    counts,
    day,
    judged,
    outcome,
    values,
)

BASE = [103.0, 101.0, 105.0, 102.0, 104.0] * 2
"""Mean and median are 103."""
FIRM = {"SIG-01.points": 10.0}


def _aim_plan(**changes: Any) -> Plan:
    return a_plan(an_aim(**changes), parameters=FIRM)


def _after(*numbers: float | None) -> Facts:
    return Facts(values([*BASE, *numbers]))


def _on(many: int) -> str:
    """A day on which so many values after the baseline have come, and the next has not."""
    month = 11 + many
    return f"{2024 + (month - 1) // 12}-{(month - 1) % 12 + 1:02}-15"


def _limits() -> tuple[float, float]:
    plan = _aim_plan()
    look = aim_look(plan, plan.aims["a"])
    assert look is not None
    facts = _after(103.0)
    read = readings(plan, [look], lambda key: read_series(plan, facts, key), day("2025-06-01"))
    lower, upper = read[KEY].lower, read[KEY].upper
    assert lower is not None
    assert upper is not None
    return lower, upper


# --- SIG-01 --------------------------------------------------------------------------------------


def test_sig_01_a_point_strictly_beyond_the_limit_on_the_bad_side() -> None:
    lower, upper = _limits()
    for value, trips in ((upper, False), (upper + 0.01, True), (lower - 0.01, False)):
        found = asked("SIG-01", _aim_plan(), _on(1), _after(value))
        assert found.tripped is trips
    found = asked("SIG-01", _aim_plan(), _on(1), _after(120.0))
    assert found.severity is Severity.WARN
    assert found.reason == f"Deaths: 120.0 in 2024-11 is above the limit {upper:.1f}."
    assert found.since == at("2024-12-01")


def test_sig_01_clears_after_three_values_that_are_not_beyond() -> None:
    for many, trips in ((0, True), (1, True), (2, True), (3, False)):
        facts = _after(120.0, *[103.0] * many)
        assert asked("SIG-01", _aim_plan(), _on(1 + many), facts).tripped is trips
    missed = _after(120.0, None, 103.0, 103.0)
    assert asked("SIG-01", _aim_plan(), _on(4), missed).tripped


def test_sig_01_needs_firm_limits() -> None:
    plan = a_plan(an_aim())
    assert not asked("SIG-01", plan, _on(1), _after(120.0)).tripped
    assert not asked("SIG-01", _aim_plan(), _on(0), Facts(values([*BASE[:9], 120.0]))).tripped


def test_sig_01_is_not_asked_where_nothing_varies_nor_of_a_rolling_figure() -> None:
    level = Facts(values([*[103.0] * 10, 104.0]))
    assert not asked("SIG-01", _aim_plan(), _on(1), level).tripped
    rolling = a_plan(an_aim(), a_measure(window=12), parameters=FIRM)
    found = asked("SIG-01", rolling, _on(1), _after(120.0))
    assert found.reason == "Deaths: not judged: a rolling figure has no run rules."


def test_sig_01_waits_for_the_end_of_the_period() -> None:
    early = values([*BASE, 120.0], known_at=at("2024-11-02"))
    assert changes_on("SIG-01", _aim_plan(), "2024-11-10", Facts(early)) == "2024-12-01"


def test_sig_01_looks_at_drivers_over_the_aims_baseline() -> None:
    driver = Driver("d", "a", "Sepsis", measure="s")
    plan = _aim_plan(drivers=(driver,))
    own = a_measure(id="s", name="Bundle", direction=Direction.INCREASE)
    plan = replace(plan, measures={**plan.measures, "s": own})
    for value, trips in ((90.0, True), (120.0, False)):
        facts = Facts(values([*BASE, value], key=SeriesKey("s")))
        assert asked("SIG-01", plan, _on(1), facts, "driver:a/d").tripped is trips


def test_sig_01_of_counts_widens_the_limits_for_a_small_denominator() -> None:
    plan = a_plan(an_aim(0.01), a_measure(kind=Kind.PROPORTION, unit=""), parameters=FIRM)
    base = [(50, 1000), (55, 1000), (45, 1000), (52, 1000), (48, 1000)] * 2
    large, small = Facts(counts([*base, (80, 1000)])), Facts(counts([*base, (8, 100)]))
    assert asked("SIG-01", plan, _on(1), large).tripped
    assert not asked("SIG-01", plan, _on(1), small).tripped


# --- SIG-02 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rules", "least"), [(None, 8), ("shewhart", 8), ("mdc", 7), ("run", 6)])
def test_sig_02_by_the_measures_rule_set(rules: str | None, least: int) -> None:
    plan = a_plan(an_aim(), a_measure(rule_set=rules))
    short = _after(102.0, *[104.0] * (least - 1))
    long = _after(102.0, *[104.0] * least)
    assert not asked("SIG-02", plan, _on(least), short).tripped
    found = asked("SIG-02", plan, _on(least + 1), long)
    assert (found.tripped, found.severity) == (True, Severity.CRIT)
    assert f"{least} values in a row above the centre line" in found.reason


def test_sig_02_a_run_for_the_better_is_none() -> None:
    assert not asked("SIG-02", _aim_plan(), _on(9), _after(*[102.0] * 9)).tripped


def test_sig_02_lasts_until_a_signal_on_the_good_side() -> None:
    bad = [102.0, *[104.0] * 8]
    over = [*bad, 102.0, 104.0, 102.0]
    assert asked("SIG-02", _aim_plan(), _on(len(over)), _after(*over)).tripped
    better = [*bad, 90.0]
    assert not asked("SIG-02", _aim_plan(), _on(len(better)), _after(*better)).tripped


def test_sig_02_of_the_worked_example() -> None:
    plan = _aim_plan(target=21.0)
    assert not asked("SIG-02", plan, "2025-12-25", Facts(values(A2[:23]))).tripped
    found = asked("SIG-02", plan, "2026-01-25", Facts(values(A2)))
    assert (found.inputs["from"], found.inputs["to"]) == ("2025-05", "2025-12")


# --- SIG-03 --------------------------------------------------------------------------------------


def test_sig_03_a_trend_of_six_for_the_worse_while_it_lasts() -> None:
    rising = [101.0, 101.5, 102.0, 102.5, 103.5, 104.0]
    assert not asked("SIG-03", _aim_plan(), _on(5), _after(*rising[:5])).tripped
    found = asked("SIG-03", _aim_plan(), _on(6), _after(*rising))
    assert (found.tripped, found.severity) == (True, Severity.WATCH)
    assert "6 values going the wrong way from 2024-11 to 2025-04" in found.reason
    assert not asked("SIG-03", _aim_plan(), _on(7), _after(*rising, 103.0)).tripped


def test_sig_03_two_of_three_near_the_limit() -> None:
    near = 103.0 + (_limits()[1] - 103.0) * 0.8
    assert not asked("SIG-03", _aim_plan(), _on(1), _after(near)).tripped
    assert asked("SIG-03", _aim_plan(), _on(2), _after(near, near)).tripped
    assert asked("SIG-03", _aim_plan(), _on(3), _after(near, 103.5, near)).tripped
    assert not asked("SIG-03", _aim_plan(), _on(4), _after(near, near, 103.0, 103.0)).tripped


def test_sig_03_is_silent_where_a_heavier_signal_is_open() -> None:
    rising = [101.0, 101.5, 102.0, 102.5, 103.5, 120.0]
    assert asked("SIG-01", _aim_plan(), _on(6), _after(*rising)).tripped
    assert not asked("SIG-03", _aim_plan(), _on(6), _after(*rising)).tripped


# --- SIG-04 --------------------------------------------------------------------------------------


def _balanced(**changes: Any) -> Plan:
    plan = a_plan(an_aim(balancing=("r",)), parameters={"SIG-04.points": 10.0})
    own = a_measure(id="r", name="Returns", **changes)
    return replace(plan, measures={**plan.measures, "r": own})


@pytest.mark.parametrize(
    ("after", "trips"),
    [([120.0], True), ([90.0], False), ([104.0] * 8, True), ([104.0] * 6 + [103.0], False)],
)
def test_sig_04_a_balancing_measure_that_gets_worse(after: list[float], trips: bool) -> None:
    facts = Facts(values([*BASE[:-1], 102.0, *after], key=SeriesKey("r")))
    evaluation = judged(alone(_balanced(), "SIG-04"), facts, "aim:a", at(_on(len(after))))
    found = outcome(evaluation, "SIG-04", "measure:r")
    assert found.tripped is trips


def test_sig_04_says_where_no_balancing_measure_is_declared() -> None:
    assert asked("SIG-04", _aim_plan(), _on(1)).reason == "No balancing measure is declared."


# --- TRJ-02 --------------------------------------------------------------------------------------


def _chance(numbers: Any, as_of: str, target: float = 88.0, **parameters: float) -> Any:
    plan = a_plan(an_aim(target), parameters=parameters)
    return asked("TRJ-02", plan, as_of, Facts(values(numbers)))


def test_trj_02_a_small_chance_at_two_values_in_a_row() -> None:
    assert not _chance(A1[:15], "2025-04-15").tripped
    found = _chance(A1[:16], "2025-05-15")
    assert (found.tripped, found.severity) == (True, Severity.WARN)
    assert not _chance(A3, "2025-09-15", 10.0).tripped


def test_trj_02_is_asked_when_a_third_of_the_time_has_gone() -> None:
    assert _chance(A1[:16], "2025-05-15", **{"TRJ-02.elapsed": 5 / 14}).tripped
    assert not _chance(A1[:16], "2025-05-15", **{"TRJ-02.elapsed": 5 / 14 + 0.01}).tripped


def test_trj_02_clears_at_once_by_a_fair_chance() -> None:
    assert _chance(A1[:18], "2025-07-15").tripped
    found = _chance(A1[:18], "2025-07-15", **{"TRJ-02.fair": 0.05, "TRJ-02.chance": 0.01})
    assert not found.tripped


def test_trj_02_says_why_there_is_no_chance_to_tell() -> None:
    assert _chance(A1[:11], "2024-12-15").reason.startswith("No forecast:")


# --- TRJ-03 --------------------------------------------------------------------------------------


def test_trj_03_no_signal_when_forty_percent_of_the_time_has_gone() -> None:
    assert not asked("TRJ-03", a_plan(), "2025-04-15", Facts(values(A1[:15]))).tripped
    found = asked("TRJ-03", a_plan(), "2025-05-15", Facts(values(A1[:16])))
    assert (found.tripped, found.severity) == (True, Severity.WARN)
    assert found.reason == "No signal of improvement by 2025-04, when 43% of its time had gone."


def test_trj_03_is_met_by_any_signal_of_improvement() -> None:
    found = asked("TRJ-03", a_plan(an_aim(10.0)), "2025-06-15", Facts(values(A3[:17])))
    assert not found.tripped
    early = asked("TRJ-03", a_plan(an_aim(10.0)), "2025-03-15", Facts(values(A3[:14])))
    assert early.inputs["seen"] == "2025-02"
    assert early.inputs["rule"] == "two_of_three"


def test_trj_03_six_on_the_good_side_of_the_median_suffice() -> None:
    five, six = _after(103.5, *[102.0] * 5), _after(103.5, *[102.0] * 6)
    late = {"TRJ-03.elapsed": 0.4}
    plan = a_plan(parameters=late)
    assert asked("TRJ-03", plan, _on(6), five).tripped
    assert not asked("TRJ-03", plan, _on(7), six).tripped


def test_trj_03_is_not_asked_of_an_aim_to_hold() -> None:
    plan = a_plan(an_aim(103.0, intent=Intent.HOLD))
    assert not asked("TRJ-03", plan, "2025-05-15", Facts(values(A1[:16]))).tripped


def test_trj_03_waits_for_the_end_of_the_period() -> None:
    early = values(A1[:16], known_at=at("2025-04-02"))
    assert changes_on("TRJ-03", a_plan(), "2025-04-10", Facts(early)) == "2025-05-01"


# --- TRJ-05 --------------------------------------------------------------------------------------


def test_trj_05_is_the_verdict_slipping() -> None:
    won = [*BASE, 100.0, 96.0, 92.0, 84.0, 83.0, 84.0, 83.0, 84.0]
    lost = [*won, 100.0, 101.0, 100.0, 102.0]
    kept = asked("TRJ-05", a_plan(), _on(8), Facts(values(won)))
    assert (kept.tripped, kept.inputs["status"]) == (False, "achieved")
    found = asked("TRJ-05", a_plan(), _on(12), Facts(values(lost)))
    assert (found.tripped, found.inputs["status"]) == (True, "slipping")
    assert found.audience == ("sponsor", "project_sponsors")


# --- what is looked at ---------------------------------------------------------------------------


def test_an_aim_rests_on_its_own_series_its_drivers_and_its_balancing_measures() -> None:
    drivers = (
        Driver("d", "a", "Sepsis", measure="s"),
        Driver("e", "a", "No measure"),
        Driver("f", "a", "Ended", measure="s", ended=day("2025-01-01")),
    )
    plan = _aim_plan(drivers=drivers, balancing=("s", "unknown"))
    plan = replace(plan, measures={**plan.measures, "s": a_measure(id="s")})
    assert set(looks_of(plan, plan.aims["a"], day("2025-02-01"))) == {
        "aim:a",
        "driver:a/d",
        "measure:s",
    }


def test_no_signal_is_sought_in_a_measure_that_is_neither_better_nor_worse() -> None:
    neutral = a_measure(id="s", direction=Direction.NEUTRAL)
    plan = _aim_plan(drivers=(Driver("d", "a", "Sepsis", measure="s"),))
    plan = replace(plan, measures={**plan.measures, "s": neutral})
    assert set(looks_of(plan, plan.aims["a"], day("2025-02-01"))) == {"aim:a"}


def test_every_expectation_is_in_the_register_once() -> None:
    ids = [entry.expectation.id for entry in REGISTER]
    assert len(ids) == len(set(ids)) == 44
