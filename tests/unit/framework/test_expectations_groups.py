"""Sites and groups: MIX-01, MIX-02, EQ-01, EQ-02; each trips, does not, and at the edge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.framework.facts import Facts, Observation, SeriesKey
from services.framework.judgement import Outcome, Severity
from services.framework.plan import Kind, Plan, Site, Stratum
from tests.unit.framework.asking import asked, changes_on
from tests.unit.framework.builders import a_measure, a_plan, an_aim, an_observation, at, month

STEADY = [100.0, 104.0, 96.0, 102.0, 98.0] * 5
Pairs = list[tuple[float, float]]


def _counted(key: SeriesKey, pairs: Pairs, known: str | None = None) -> tuple[Observation, ...]:
    made = (
        an_observation(month("2024-01").shift(i), n / d * 1000, numerator=n, denominator=d, key=key)
        for i, (n, d) in enumerate(pairs)
    )
    return tuple(replace(o, known_at=at(known)) if known else o for o in made)


def _sites(known: str | None = None, **pairs: Pairs) -> Facts:
    keys = {SeriesKey("m", site): made for site, made in pairs.items()}
    return Facts({key: _counted(key, made, known) for key, made in keys.items()})


def _plan(target: float = 70.0, **changes: Any) -> Plan:
    measure = a_measure(kind=Kind.RATE, per=1000.0, rollup="sum")
    plan = a_plan(an_aim(target, **changes), measure, parameters={"MIX-01.points": 10.0})
    sites = {s: Site(s, s.title()) for s in ("royal", "general")}
    return replace(plan, sites=sites)


def _steady(many: int, size: float = 1000.0, level: float = 1.0) -> Pairs:
    return [(value * level * size / 1000, size) for value in STEADY[:many]]


def _falling(many: int, size: float = 1000.0, pace: float = 3.0) -> Pairs:
    """A baseline of ten, then better by ``pace`` a month."""
    after = [(100.0 - pace * i) * size / 1000 for i in range(1, many - 9)]
    return [*_steady(10, size), *((n, size) for n in after)]


# --- MIX-01 --------------------------------------------------------------------------------------


def _mix_01(facts: Facts, on: str = "2025-07-15", plan: Plan | None = None) -> Outcome:
    return asked_part("MIX-01", plan or _plan(), on, facts, "aim:a/site/general")


def asked_part(expectation: str, plan: Plan, on: str, facts: Facts, about: str) -> Outcome:
    return asked(expectation, plan, on, facts, about)


def test_mix_01_a_site_gets_worse_behind_a_whole_that_is_on_track() -> None:
    worse = [*_steady(10, 100), *[(11.5, 100.0)] * 8]
    facts = _sites(royal=_falling(18, 5000), general=worse)
    found = _mix_01(facts)
    assert (found.tripped, found.severity) == (True, Severity.WARN)
    assert found.reason.startswith("General got worse (")
    assert found.inputs["site"] == "general"
    fine = _sites(royal=_falling(18, 5000), general=_falling(18, 100))
    assert not _mix_01(fine).tripped


def test_mix_01_seven_in_a_row_are_no_shift() -> None:
    near = [*_steady(10, 100), (9.9, 100.0), *[(10.3, 100.0)] * 7]
    assert not _mix_01(_sites(royal=_falling(18, 5000), general=near)).tripped
    eight = [*near, (10.3, 100.0)]
    assert _mix_01(_sites(royal=_falling(19, 5000), general=eight), "2025-08-15").tripped


def test_mix_01_is_silent_where_the_whole_is_not_on_track() -> None:
    worse = [*_steady(10), *[(130.0, 1000.0)] * 8]
    found = _mix_01(_sites(royal=worse, general=worse))
    assert (found.tripped, found.reason.endswith("so is the whole.")) == (False, True)


def test_mix_01_too_few_is_never_red() -> None:
    few = [*[(0.0, 10.0)] * 10, *[(5.0, 10.0)] * 8]
    found = _mix_01(_sites(royal=_falling(18, 5000), general=few))
    assert (found.tripped, found.inputs["too_few"]) == (False, True)
    short = replace(_plan(), parameters={"MIX-01.points": 11.0})
    worse = [*_steady(10, 100), *[(11.5, 100.0)] * 8]
    facts = _sites(royal=_falling(18, 5000), general=worse)
    assert _mix_01(facts, plan=short).inputs["too_few"] is True


def test_mix_01_waits_for_the_end_of_the_period() -> None:
    worse = [*_steady(10, 100), (9.9, 100.0), *[(10.3, 100.0)] * 8]
    facts = _sites("2025-07-01", royal=_falling(19, 5000), general=worse)
    about = "aim:a/site/general"
    assert changes_on("MIX-01", _plan(), "2025-07-10", facts, about) == "2025-08-01"


# --- MIX-02 --------------------------------------------------------------------------------------


def _shifted(small: float, large: float, level: float, many: int) -> Pairs:
    """A site whose results stay at ``level`` and whose size changes after the baseline."""
    sizes = [small] * 10 + [large] * many
    return [(v * level * s / 1000, s) for v, s in zip(STEADY, sizes, strict=False)]


def _mix_02(facts: Facts, on: str = "2025-07-15") -> Outcome:
    return asked("MIX-02", _plan(), on, facts)


def test_mix_02_the_whole_moves_because_the_mix_does() -> None:
    """Royal is twice as good as General, and takes over its patients."""
    facts = _sites(royal=_shifted(1000, 3000, 0.5, 8), general=_shifted(3000, 1000, 1.5, 8))
    found = _mix_02(facts)
    assert (found.tripped, found.severity) == (True, Severity.INFO)
    assert found.inputs["share"] == pytest.approx(1.0, abs=0.05)


def test_mix_02_is_met_where_a_site_moved_too() -> None:
    found = _mix_02(_sites(royal=_falling(18), general=_steady(18)))
    assert (found.tripped, found.reason) == (False, "It moved with royal.")


def test_mix_02_says_nothing_of_a_whole_that_does_not_move() -> None:
    assert not _mix_02(_sites(royal=_steady(18), general=_steady(18))).tripped
    assert not _mix_02(_sites(royal=_falling(18))).tripped


@pytest.mark.parametrize(("share", "trips"), [(0.9, True), (1.0, False)])
def test_mix_02_by_the_share_that_the_mix_explains(share: float, trips: bool) -> None:
    facts = _sites(royal=_shifted(1000, 3000, 0.5, 8), general=_shifted(3000, 1000, 1.47, 8))
    found = asked(
        "MIX-02", replace(_plan(), parameters={"MIX-02.share": share}), "2025-07-15", facts
    )
    explained = found.inputs["share"]
    assert isinstance(explained, float)
    assert found.tripped is (explained >= share)
    assert found.tripped is trips


# --- EQ-01 and EQ-02 -----------------------------------------------------------------------------


def _strata(known: str | None = None, **pairs: Pairs) -> Facts:
    keys = {SeriesKey("m", "system", name): made for name, made in pairs.items()}
    keys[SeriesKey("m")] = [
        (sum(n for n, _ in each), sum(d for _, d in each) / 0.8)
        for each in zip(*pairs.values(), strict=True)
    ]
    return Facts({key: _counted(key, made, known) for key, made in keys.items()})


def _equal(target: float = 70.0) -> Plan:
    measure = a_measure(kind=Kind.RATE, per=1000.0, strata=("rich", "poor"))
    plan = a_plan(an_aim(target), measure)
    strata = {s: Stratum(s, s.title()) for s in ("rich", "poor")}
    return replace(plan, strata=strata)


def test_eq_01_the_gap_narrows_only_because_the_better_off_got_worse() -> None:
    rich = [*_steady(10, 1000, 0.5), *[(70.0, 1000.0)] * 8]
    found = asked("EQ-01", _equal(), "2025-07-15", _strata(rich=rich, poor=_steady(18)))
    assert (found.tripped, found.severity) == (True, Severity.WARN)
    assert found.reason.endswith("only because Rich got worse.")
    assert found.inputs["unknown"] == pytest.approx(0.2)


def test_eq_01_not_where_the_worse_off_improve_or_the_gap_widens() -> None:
    rich = [*_steady(10, 1000, 0.5), *[(70.0, 1000.0)] * 8]
    both = _strata(rich=rich, poor=_falling(18))
    assert not asked("EQ-01", _equal(), "2025-07-15", both).tripped
    wider = _strata(rich=_steady(18, 1000, 0.5), poor=[*_steady(10), *[(150.0, 1000.0)] * 8])
    assert not asked("EQ-01", _equal(), "2025-07-15", wider).tripped
    alone = _strata(rich=rich)
    assert not asked("EQ-01", _equal(), "2025-07-15", alone).tripped


def test_eq_01_seven_in_a_row_are_no_shift() -> None:
    near = [*_steady(10, 1000, 0.5), (49.0, 1000.0), *[(51.0, 1000.0)] * 7]
    eight = [*near, (51.0, 1000.0)]
    assert not asked("EQ-01", _equal(), "2025-07-15", _strata(rich=near, poor=_steady(18))).tripped
    assert asked("EQ-01", _equal(), "2025-08-15", _strata(rich=eight, poor=_steady(19))).tripped


def test_eq_01_waits_for_the_end_of_the_period() -> None:
    eight = [*_steady(10, 1000, 0.5), (49.0, 1000.0), *[(51.0, 1000.0)] * 8]
    facts = _strata("2025-07-01", rich=eight, poor=_steady(19))
    assert changes_on("EQ-01", _equal(), "2025-07-10", facts) == "2025-08-01"


def _eq_02(poor: list[float], target: float = 70.0) -> Outcome:
    rich = [*_steady(10), *[(40.0, 1000.0)] * 8]
    group = [*_steady(10), *((n, 1000.0) for n in poor)]
    facts = _strata(rich=rich, poor=group)
    whole = SeriesKey("m")
    points = [*_steady(10), *[(50.0, 1000.0)] * 8]
    facts = Facts({**facts.observations, whole: _counted(whole, points)})
    return asked("EQ-02", _equal(target), "2025-07-15", facts, "aim:a/stratum/poor")


@pytest.mark.parametrize(
    ("last", "trips"),
    [([70.1, 70.1, 70.1], True), ([70.1, 70.0, 70.1], False), ([80.0, 75.0, 60.0], False)],
)
def test_eq_02_a_group_whose_last_three_values_all_miss(last: list[float], trips: bool) -> None:
    found = _eq_02([*[90.0] * 5, *last])
    assert found.tripped is trips
    if trips:
        assert found.reason == (
            "The aim is reached, and Poor misses 70: 70.1, 70.1 and 70.1 at last."
        )


def test_eq_02_is_not_asked_before_the_aim_is_reached() -> None:
    found = _eq_02([90.0] * 8, target=30.0)
    assert (found.tripped, found.reason) == (False, "The aim is not reached yet.")
