"""Aims as declared: adoption, frequency, ambition, number, sufficiency, sight of the drivers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.framework.facts import (
    Adopted,
    AimRevision,
    Explanation,
    Facts,
    Maturity,
    SeriesKey,
    StateChange,
)
from services.framework.judgement import Severity
from services.framework.periods import Frequency
from services.framework.plan import (
    Adoption,
    Direction,
    Driver,
    Intent,
    Kind,
    Plan,
    Project,
    ProjectState,
    Serve,
    Site,
)
from tests.unit.framework.asking import asked, changes_on
from tests.unit.framework.builders import (
    A1,
    a_measure,
    a_plan,
    an_aim,
    an_observation,
    at,
    counts,
    day,
    month,
    values,
)

FLAT = Facts(values([103.0, 101.0, 105.0, 103.0, 101.0] * 2))
ADOPTED = Adoption("Board", day("2024-11-01"))


# --- AIM-02 --------------------------------------------------------------------------------------


def test_aim_02_sixty_days_after_the_start_and_critical_after_ninety() -> None:
    assert not asked("AIM-02", a_plan(), "2024-12-31").tripped
    found = asked("AIM-02", a_plan(), "2025-01-01")
    assert (found.tripped, found.severity) == (True, Severity.WARN)
    assert found.reason == "Fewer deaths has not been adopted by the board; it began on 2024-11-01."
    assert asked("AIM-02", a_plan(), "2025-01-30").severity is Severity.WARN
    assert asked("AIM-02", a_plan(), "2025-01-31").severity is Severity.CRIT
    assert changes_on("AIM-02", a_plan(), "2024-12-01") == "2025-01-01"
    assert changes_on("AIM-02", a_plan(), "2025-01-05") == "2025-01-31"


def test_aim_02_is_met_by_an_adoption_declared_or_told() -> None:
    assert not asked("AIM-02", a_plan(an_aim(adopted=ADOPTED)), "2025-06-01").tripped
    told = Adopted("a", "Board", day("2025-02-01"), at("2025-02-01"))
    facts = Facts(adoptions=(told,))
    assert asked("AIM-02", a_plan(), "2025-01-31", facts).tripped
    assert not asked("AIM-02", a_plan(), "2025-02-01", facts).tripped
    other = Facts(adoptions=(replace(told, aim="b"),))
    assert asked("AIM-02", a_plan(), "2025-06-01", other).tripped


def _revised(field: str, old: object, new: object, on: str = "2025-03-10") -> AimRevision:
    return AimRevision("a", field, old, new, day(on), at(on))


@pytest.mark.parametrize(
    ("field", "old", "new", "trips"),
    [
        ("target", 85.0, 88.0, True),
        ("target", 90.0, 88.0, False),
        ("target", 88.0, 88.0, False),
        ("measures/m/target", 85, 88, True),
        ("deadline", "2025-06", "2025-12", True),
        ("deadline", month("2025-06"), month("2025-12"), True),
        ("deadline", "2026-06", "2025-12", False),
        ("name", "Deaths", "Fewer deaths", False),
    ],
)
def test_aim_02_when_an_aim_is_eased(field: str, old: object, new: object, trips: bool) -> None:
    facts = Facts(revisions=(_revised(field, old, new),))
    plan = a_plan(an_aim(adopted=ADOPTED))
    assert not asked("AIM-02", plan, "2025-03-09", facts).tripped
    found = asked("AIM-02", plan, "2025-03-10", facts)
    assert found.tripped is trips
    assert found.severity is (Severity.WARN if trips else None)


def test_aim_02_easing_upwards_is_by_the_measures_direction() -> None:
    plan = a_plan(an_aim(95.0, adopted=ADOPTED), a_measure(direction=Direction.INCREASE))
    lower = Facts(revisions=(_revised("target", 97.0, 95.0),))
    higher = Facts(revisions=(_revised("target", 90.0, 95.0),))
    assert asked("AIM-02", plan, "2025-03-10", lower).tripped
    assert not asked("AIM-02", plan, "2025-03-10", higher).tripped


def test_aim_02_a_wider_range_is_eased_too() -> None:
    aim = an_aim((80.0, 110.0), intent=Intent.WITHIN, adopted=ADOPTED)
    wider = Facts(revisions=(_revised("target", [85.0, 110.0], [80.0, 110.0]),))
    narrower = Facts(revisions=(_revised("target", [75.0, 110.0], [80.0, 110.0]),))
    assert asked("AIM-02", a_plan(aim), "2025-03-10", wider).tripped
    assert not asked("AIM-02", a_plan(aim), "2025-03-10", narrower).tripped


def test_aim_02_is_critical_when_it_is_eased_twice() -> None:
    twice = (_revised("target", 80.0, 85.0), _revised("target", 85.0, 88.0, "2025-04-10"))
    found = asked("AIM-02", a_plan(an_aim(adopted=ADOPTED)), "2025-04-10", Facts(revisions=twice))
    assert found.severity is Severity.CRIT
    assert found.since == at("2025-03-10")
    assert "eased 2 times without the board's adoption" in found.reason


def test_aim_02_clears_by_the_adoption_of_what_now_holds() -> None:
    eased = (_revised("target", 85.0, 88.0),)
    plan = a_plan(an_aim(adopted=ADOPTED))

    def told(on: str, **changes: Any) -> Facts:
        again = Adopted("a", "Board", day(on), at(on), **changes)
        return Facts(revisions=eased, adoptions=(again,))

    assert asked("AIM-02", plan, "2025-05-01", told("2025-03-09")).tripped
    assert not asked("AIM-02", plan, "2025-05-01", told("2025-03-10")).tripped
    assert not asked("AIM-02", plan, "2025-05-01", told("2025-04-01", target=88.0)).tripped
    assert asked("AIM-02", plan, "2025-05-01", told("2025-04-01", target=85.0)).tripped


def test_aim_02_a_new_definition_is_no_easing() -> None:
    both = (_revised("target", 85.0, 88.0), _revised("definition", 1, 2))
    plan = a_plan(an_aim(adopted=ADOPTED))
    assert not asked("AIM-02", plan, "2025-05-01", Facts(revisions=both)).tripped


# --- AIM-03 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "trips"),
    [
        (Frequency.DAY, False),
        (Frequency.WEEK, False),
        (Frequency.MONTH, False),
        (Frequency.QUARTER, True),
        (Frequency.YEAR, True),
    ],
)
def test_aim_03_by_how_often_the_measure_comes(frequency: Frequency, trips: bool) -> None:
    found = asked("AIM-03", a_plan(measure=a_measure(frequency=frequency)), "2025-01-01")
    assert found.tripped is trips


@pytest.mark.parametrize(("often", "trips"), [(Frequency.MONTH, False), (Frequency.QUARTER, True)])
def test_aim_03_a_slow_measure_may_have_a_monthly_proxy(often: Frequency, trips: bool) -> None:
    slow = a_measure(frequency=Frequency.YEAR, monthly_proxy="x")
    plan = a_plan(measure=slow)
    plan = replace(plan, measures={**plan.measures, "x": a_measure(id="x", frequency=often)})
    assert asked("AIM-03", plan, "2025-01-01").tripped is trips


# --- AIM-04 --------------------------------------------------------------------------------------


def test_aim_04_a_target_within_the_limits_of_the_baseline() -> None:
    facts = Facts(values([*FLAT_VALUES, 103.0]))
    found = asked("AIM-04", a_plan(an_aim(100.0)), "2025-01-15", facts)
    assert (found.tripped, found.severity) == (True, Severity.INFO)
    lower = found.inputs["lower"]
    assert isinstance(lower, float)
    assert not asked("AIM-04", a_plan(an_aim(lower)), "2025-01-15", facts).tripped
    assert asked("AIM-04", a_plan(an_aim(lower + 1e-6)), "2025-01-15", facts).tripped
    assert not asked("AIM-04", a_plan(an_aim(80.0)), "2025-01-15", facts).tripped


FLAT_VALUES = [103.0, 101.0, 105.0, 103.0, 101.0] * 2


def test_aim_04_is_settled_by_a_reason() -> None:
    facts = Facts(values([*FLAT_VALUES, 103.0]))
    aim = an_aim(100.0, not_breakthrough_because="we hold what others reach")
    assert not asked("AIM-04", a_plan(aim), "2025-01-15", facts).tripped


@pytest.mark.parametrize("numbers", [FLAT_VALUES[:9], FLAT_VALUES, [103.0] * 12])
def test_aim_04_says_nothing_of_too_few_values_or_of_none_that_varies(numbers: list[float]) -> None:
    assert not asked("AIM-04", a_plan(an_aim(102.9)), "2025-01-15", Facts(values(numbers))).tripped


def test_aim_04_waits_for_the_end_of_a_period_whose_value_came_early() -> None:
    early = values([*FLAT_VALUES, 103.0], known_at=at("2024-11-02"))
    assert changes_on("AIM-04", a_plan(an_aim(100.0)), "2024-11-10", Facts(early)) == "2024-12-01"


# --- AIM-05 --------------------------------------------------------------------------------------


def _aims(many: int, **last: Any) -> Plan:
    aims = [an_aim(id=f"a{i}") for i in range(many)]
    if aims:
        aims[-1] = replace(aims[-1], **last)
    return replace(a_plan(), aims={aim.id: aim for aim in aims})


@pytest.mark.parametrize(("many", "severity"), [(0, "crit"), (1, None), (5, None), (6, "warn")])
def test_aim_05_by_the_number_of_aims(many: int, severity: str | None) -> None:
    assert asked("AIM-05", _aims(many), "2025-01-01", about="organisation:o").severity == severity


def test_aim_05_counts_system_aims_that_are_not_ended() -> None:
    assert not asked("AIM-05", _aims(6, site="royal"), "2025-01-01", about="organisation:o").tripped
    ending = _aims(6, ended=day("2025-03-01"))
    assert asked("AIM-05", ending, "2025-02-28", about="organisation:o").tripped
    assert changes_on("AIM-05", ending, "2025-01-01", about="organisation:o") == "2025-03-01"


# --- DAT-03 --------------------------------------------------------------------------------------

DRIVER = Driver("d", "a", "Sepsis")
BUNDLE = SeriesKey("s")


def _driven(driver: Driver = DRIVER, **changes: Any) -> Plan:
    plan = a_plan(an_aim(drivers=(driver,), adopted=ADOPTED), **changes)
    return replace(plan, measures={**plan.measures, "s": a_measure(id="s", name="Bundle")})


def test_dat_03_thirty_days_after_a_driver_without_a_measure_was_linked() -> None:
    assert not asked("DAT-03", _driven(), "2024-11-30", about="driver:a/d").tripped
    found = asked("DAT-03", _driven(), "2024-12-01", about="driver:a/d")
    assert (found.tripped, found.severity) == (True, Severity.WARN)
    assert found.reason == "Sepsis has no measure; it was linked on 2024-11-01."
    assert changes_on("DAT-03", _driven(), "2024-11-05", about="driver:a/d") == "2024-12-01"
    later = _driven(replace(DRIVER, linked_on=day("2025-02-01")))
    assert not asked("DAT-03", later, "2025-03-02", about="driver:a/d").tripped
    assert asked("DAT-03", later, "2025-03-03", about="driver:a/d").tripped


def test_dat_03_two_late_values_in_a_row() -> None:
    plan = _driven(replace(DRIVER, measure="s"))
    facts = Facts(values(A1[:14], key=BUNDLE))
    assert not asked("DAT-03", plan, "2025-05-20", facts, "driver:a/d").tripped
    found = asked("DAT-03", plan, "2025-05-20T23:00", facts, "driver:a/d")
    assert (found.tripped, found.reason) == (True, "No value of Bundle for Sepsis since 2025-03.")
    assert changes_on("DAT-03", plan, "2025-05-10", facts, "driver:a/d") == "2025-05-21"


def test_dat_03_asks_nothing_of_a_secondary_or_an_ended_driver() -> None:
    for driver in (
        replace(DRIVER, primary=False),
        replace(DRIVER, ended=day("2024-11-15")),
    ):
        with pytest.raises(AssertionError):
            asked("DAT-03", _driven(driver), "2025-06-01", about="driver:a/d")


# --- DAT-04 --------------------------------------------------------------------------------------


def _odd(plan: Plan, facts: Facts, on: str = "2025-06-01") -> bool:
    return asked("DAT-04", plan, on, facts, "measure:m").tripped


@pytest.mark.parametrize(("value", "trips"), [(300.0, False), (300.1, True), (-0.1, True)])
def test_dat_04_a_value_outside_its_range(value: float, trips: bool) -> None:
    plan = a_plan(measure=a_measure(valid=(0.0, 300.0)))
    assert _odd(plan, Facts(values([103.0, value]))) is trips


def test_dat_04_looks_at_the_latest_three_only() -> None:
    plan = a_plan(measure=a_measure(valid=(0.0, 300.0)))
    assert _odd(plan, Facts(values([400.0, 103.0, 103.0])))
    assert not _odd(plan, Facts(values([400.0, 103.0, 103.0, 103.0])))


@pytest.mark.parametrize(
    ("bottom", "trips"), [(50.0, False), (49.9, True), (200.0, False), (200.1, True)]
)
def test_dat_04_a_denominator_unlike_those_before(bottom: float, trips: bool) -> None:
    plan = a_plan(measure=a_measure(kind=Kind.PROPORTION))
    found = asked(
        "DAT-04", plan, "2025-06-01", Facts(counts([(5, 100)] * 6 + [(5, bottom)])), "measure:m"
    )
    assert found.tripped is trips


def test_dat_04_two_denominators_say_nothing_of_what_is_usual() -> None:
    plan = a_plan(measure=a_measure(kind=Kind.PROPORTION))
    assert not _odd(plan, Facts(counts([(5, 100), (5, 100), (5, 900)])))
    assert _odd(plan, Facts(counts([(5, 100), (5, 100), (5, 100), (5, 900)])))


def test_dat_04_more_than_the_whole() -> None:
    plan = a_plan(measure=a_measure(kind=Kind.PROPORTION))
    assert _odd(plan, Facts(counts([(101, 100)])))
    assert not _odd(plan, Facts(counts([(100, 100)])))
    assert not _odd(a_plan(measure=a_measure(kind=Kind.RATE)), Facts(counts([(101, 100)])))


def test_dat_04_clears_when_the_value_is_corrected_or_confirmed() -> None:
    plan = a_plan(measure=a_measure(valid=(0.0, 300.0)))
    wrong = an_observation("2025-04", 400.0)
    right = replace(wrong, value=103.0, version=2, known_at=at("2025-05-20"))
    withdrawn = replace(right, value=None, withdrawn=True, maturity=Maturity.FINAL)
    assert not _odd(plan, Facts({wrong.key: (wrong, right)}))
    assert not _odd(plan, Facts({wrong.key: (wrong, withdrawn)}))

    def confirmed(on: str) -> Facts:
        told = Explanation("measure:m", "DAT-04", "Counted twice over", day(on), at(on))
        return Facts({wrong.key: (wrong,)}, explanations=(told,))

    assert _odd(plan, confirmed("2025-05-09"))
    assert not _odd(plan, confirmed("2025-05-10"))


# --- PRT-02 --------------------------------------------------------------------------------------


def _project(name: str, effect: float | None, belief: float | None = 1.0, **k: Any) -> Project:
    serves = (Serve("a/d", effect, k.pop("reach", 1.0), belief),)
    return Project(name, name, day("2024-11-01"), None, serves=serves, **k)


def _cover(*projects: Project, on: str = "2024-12-01", facts: Facts = FLAT, **k: Any) -> Any:
    plan = a_plan(an_aim(93.0, drivers=(DRIVER,), adopted=ADOPTED, **k), projects=projects)
    return asked("PRT-02", plan, on, facts)


@pytest.mark.parametrize(
    ("effect", "severity"), [(10.0, None), (9.9, "warn"), (7.0, "warn"), (6.9, "crit")]
)
def test_prt_02_by_the_coverage_of_the_gap(effect: float, severity: str | None) -> None:
    found = _cover(_project("p", effect))
    assert found.severity == severity
    assert found.inputs["coverage"] == pytest.approx(effect / 10)


@pytest.mark.parametrize(("belief", "severity"), [(0.7, None), (0.69, "warn")])
def test_prt_02_by_what_is_believed(belief: float, severity: str | None) -> None:
    assert _cover(_project("p", 10.0, belief)).severity == severity


def test_prt_02_adds_up_projects_by_their_reach() -> None:
    assert _cover(_project("p", 10.0, reach=0.5), _project("q", 5.0)).inputs["coverage"] == 1.0
    assert _cover().severity == "crit"


def test_prt_02_is_told_to_the_board_when_critical() -> None:
    assert _cover(_project("p", 8.0)).audience == ("sponsor",)
    assert _cover(_project("p", 5.0)).audience == ("sponsor", "board", "executive")


def test_prt_02_calls_nothing_short_of_which_a_part_is_unknown() -> None:
    found = _cover(_project("p", 5.0), _project("q", None))
    assert not found.tripped
    assert found.reason.endswith("q predicts no effect for a/d.")
    unsure = _cover(_project("p", 10.0, None))
    assert not unsure.tripped
    assert _cover(_project("p", 5.0, None)).severity == "crit"


def test_prt_02_a_stopped_project_brings_nothing_and_a_kept_one_goes_on_bringing() -> None:
    def ended(state: ProjectState, **k: Any) -> Facts:
        change = StateChange("p", state, day("2025-03-01"), at("2025-03-01"), **k)
        return replace(FLAT, states=(change,))

    stopped = ended(ProjectState.STOPPED)
    assert not _cover(_project("p", 10.0), on="2025-02-28", facts=stopped).tripped
    assert _cover(_project("p", 10.0), on="2025-03-01", facts=stopped).tripped
    assert _cover(_project("p", 10.0), on="2025-03-01", facts=ended(ProjectState.COMPLETED)).tripped
    kept = ended(ProjectState.COMPLETED, sustainer="lead")
    assert not _cover(_project("p", 10.0), on="2025-03-01", facts=kept).tripped


def test_prt_02_from_the_adoption_on() -> None:
    plan = a_plan(an_aim(93.0, drivers=(DRIVER,), adopted=ADOPTED))
    assert changes_on("PRT-02", plan, "2024-10-20", FLAT) == "2024-11-01"


def test_prt_02_asks_for_no_coverage_where_there_is_no_gap_to_cover() -> None:
    assert not _cover(facts=Facts()).tripped
    assert not _cover(intent=Intent.HOLD).tripped


def test_a_site_of_its_own_is_no_system_aim() -> None:
    plan = replace(_aims(1, site="royal"), sites={"royal": Site("royal", "Royal")})
    assert asked("AIM-05", plan, "2025-01-01", about="organisation:o").severity == "crit"
