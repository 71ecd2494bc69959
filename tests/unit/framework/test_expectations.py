"""Each expectation of the catalogue: trips, does not, and the edge between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.framework.expectations.catalogue import Situation, parameter
from services.framework.expectations.data import DAT_01
from services.framework.expectations.portfolio import PRT_01
from services.framework.expectations.projects import MIL_01
from services.framework.expectations.register import (
    CATALOGUE,
    entries_for,
    parameter_limits,
)
from services.framework.facts import (
    Facts,
    Maturity,
    MilestoneChange,
    MilestoneEvent,
    Role,
    RoleChange,
    SeriesKey,
    StateChange,
)
from services.framework.judgement import Outcome, Severity, Subject, SubjectKind
from services.framework.plan import (
    Adoption,
    Aim,
    AimMeasure,
    Baseline,
    Direction,
    Driver,
    Intent,
    Kind,
    Milestone,
    Person,
    Plan,
    Project,
    ProjectState,
    Serve,
    Site,
)
from tests.unit.framework.builders import (
    A1,
    A2,
    KEY,
    a_measure,
    a_plan,
    an_aim,
    an_observation,
    at,
    day,
    judged,
    month,
    outcome,
    values,
)

BASELINE = values([103.0] * 10)


def _aim_01(plan: Plan, facts: Facts | None = None, as_of: str = "2024-12-01") -> Outcome:
    return outcome(judged(plan, facts or Facts(BASELINE), "aim:a", at(as_of)), "AIM-01")


def _part(**changes: Any) -> Aim:
    aim = an_aim()
    return replace(aim, measures=(replace(aim.measures[0], **changes),))


def test_aim_01_is_met_by_a_whole_aim() -> None:
    found = _aim_01(a_plan())
    assert (found.tripped, found.severity) == (False, None)
    assert found.reason == "The aim says how good, by when, for whom."


@pytest.mark.parametrize(
    ("plan", "wanting"),
    [
        (a_plan(an_aim(measures=())), "a measure"),
        (a_plan(an_aim(start=None)), "a start"),
        (a_plan(an_aim(deadline=None)), "a deadline"),
        (a_plan(an_aim(sponsor=None)), "a sponsor"),
        (a_plan(measure=a_measure(unit="")), "a unit"),
        (a_plan(measure=a_measure(direction=Direction.NEUTRAL)), "a direction"),
        (a_plan(_part(target=None)), "a target"),
        (a_plan(_part(baseline=Baseline())), "a baseline"),
        (a_plan(an_aim(103.0)), "a target better than its baseline"),
        (a_plan(an_aim(110.0)), "a target better than its baseline"),
        (a_plan(_part(baseline=Baseline(value=80.0))), "a target better than its baseline"),
    ],
)
def test_aim_01_names_what_is_wanting(plan: Plan, wanting: str) -> None:
    found = _aim_01(plan)
    assert (found.tripped, found.severity) == (True, Severity.CRIT)
    assert wanting in str(found.inputs["wanting"]).split("; ")


def test_aim_01_follows_the_intent() -> None:
    hold = an_aim(103.0, intent=Intent.HOLD)
    within = an_aim((90.0, 110.0), intent=Intent.WITHIN)
    assert not _aim_01(a_plan(hold)).tripped
    assert not _aim_01(a_plan(within, a_measure(direction=Direction.NEUTRAL))).tripped


def test_aim_01_asks_no_unit_of_a_proportion() -> None:
    assert not _aim_01(a_plan(measure=a_measure(unit="", kind=Kind.PROPORTION))).tripped


def test_aim_01_waits_for_a_baseline_before_it_compares() -> None:
    assert not _aim_01(a_plan(an_aim(110.0)), Facts({})).tripped


def test_aim_01_sees_that_the_sponsor_left() -> None:
    gone = Person("cmo", "CMO", ended=day("2024-12-01"))
    plan = replace(a_plan(), people={"cmo": gone})
    assert not _aim_01(plan, as_of="2024-11-30T23:59").tripped
    assert _aim_01(plan, as_of="2024-12-01T00:00").tripped


# --- data ----------------------------------------------------------------------------------------


def _dat(expectation: str, facts: Facts, as_of: str, plan: Plan | None = None) -> Outcome:
    return outcome(judged(plan or a_plan(), facts, "measure:m", at(as_of)), expectation)


def test_dat_01_at_the_midnight_after_the_due_date() -> None:
    facts = Facts(values(A1[:17]))
    assert not _dat("DAT-01", facts, "2025-07-20T22:59").tripped
    found = _dat("DAT-01", facts, "2025-07-20T23:00")
    assert (found.tripped, found.severity) == (True, Severity.WATCH)
    assert found.reason == "No value of Deaths for 2025-06, due 2025-07-20."
    assert found.since == at("2025-07-20T23:00")
    assert found.audience == ("measure_owner",)


def test_dat_01_clears_when_the_value_comes() -> None:
    assert not _dat("DAT-01", Facts(values(A1[:18])), "2025-08-03").tripped


def test_dat_01_is_not_tripped_by_a_suppressed_value_but_by_a_partial_one() -> None:
    series = values(A1[:17])[KEY]
    hidden = an_observation("2025-06", None, suppressed=True)
    partial = an_observation("2025-06", 3.0, maturity=Maturity.PARTIAL)
    assert not _dat("DAT-01", Facts({KEY: (*series, hidden)}), "2025-08-03").tripped
    found = _dat("DAT-01", Facts({KEY: (*series, partial)}), "2025-08-03")
    assert "(what came is partial)" in found.reason


def test_dat_01_still_asks_for_a_hole_for_a_year() -> None:
    facts = Facts(values([*A1[:5], None, *A1[6:18]]))
    found = _dat("DAT-01", facts, "2025-07-15")
    assert found.reason.startswith("No value of Deaths for 2024-06")
    assert not _dat("DAT-01", facts, "2025-07-20T23:00").reason.endswith("nor for 2024-06.")


def test_dat_01_names_the_sites_that_are_late() -> None:
    sites = {s: Site(s, s.title()) for s in ("royal", "general")}
    plan = replace(a_plan(measure=a_measure(sites=("royal", "general"))), sites=sites, aims={})
    facts = Facts(
        values(A1[:18], key=SeriesKey("m", "royal"))
        | values(A1[:17], key=SeriesKey("m", "general"))
    )
    found = _dat("DAT-01", facts, "2025-07-21", plan)
    assert found.reason == ("No value of Deaths for 2025-06, due 2025-07-20 from 1 of 2: General.")


def test_dat_01_awaits_a_series_that_never_came_from_the_start_of_its_aim() -> None:
    assert not _dat("DAT-01", Facts(), "2024-12-20T23:59").tripped
    assert _dat("DAT-01", Facts(), "2024-12-21T00:00").tripped


def test_dat_01_awaits_nothing_for_a_measure_that_no_aim_is_judged_on() -> None:
    assert not _dat("DAT-01", Facts(), "2026-01-01", replace(a_plan(), aims={})).tripped


def test_dat_02_on_the_thirtieth_day_after_due() -> None:
    facts = Facts(values(A1[:17]))
    assert not _dat("DAT-02", facts, "2025-08-18T22:59").tripped
    found = _dat("DAT-02", facts, "2025-08-18T23:00")
    assert (found.tripped, found.severity) == (True, Severity.CRIT)
    assert found.reason == "No data on Deaths since 2025-06."
    assert found.audience == ("measure_owner", "aim_sponsor")


def test_dat_02_on_the_second_late_period_where_that_is_sooner() -> None:
    plan = a_plan(measure=a_measure(lag_days=0))
    facts = Facts(values(A1[:17]))
    assert not _dat("DAT-02", facts, "2025-07-29T22:59", plan).tripped
    assert _dat("DAT-02", facts, "2025-07-29T23:00", plan).tripped


def test_dat_02_clears_when_the_latest_values_come_whatever_is_wanting_before() -> None:
    assert not _dat("DAT-02", Facts(values([*A1[:15], None, None, A1[17]])), "2025-07-25").tripped


def test_dat_02_of_a_measure_that_blinds_no_aim_is_its_owners_alone() -> None:
    found = _dat("DAT-02", Facts(values(A1[:5])), "2025-08-20", replace(a_plan(), aims={}))
    assert found.audience == ("measure_owner",)


# --- trajectory ----------------------------------------------------------------------------------


def _trj(expectation: str, numbers: Any, as_of: str, target: float = 88.0) -> Outcome:
    evaluation = judged(a_plan(an_aim(target)), Facts(values(numbers)), "aim:a", at(as_of))
    return outcome(evaluation, expectation)


def test_trj_01_is_the_verdict_off_track() -> None:
    assert not _trj("TRJ-01", A1[:16], "2025-05-15").tripped
    found = _trj("TRJ-01", A1[:17], "2025-06-15")
    assert (found.tripped, found.severity) == (True, Severity.WARN)
    assert (
        found.reason
        == "6.5 behind the path (102.0 against 95.5 in 2025-05); off track for 1 month."
    )
    assert found.since == at("2025-05-31T23:00")
    assert found.inputs["status"] == "off_track"


def test_trj_01_is_critical_when_the_aim_deteriorates() -> None:
    assert _trj("TRJ-01", A2[:19], "2025-08-15", 21.0).severity is Severity.CRIT


def test_trj_04_is_a_missed_aim() -> None:
    assert not _trj("TRJ-04", A1[:23], "2025-12-15").tripped
    found = _trj("TRJ-04", A1, "2026-01-15")
    assert (found.tripped, found.severity) == (True, Severity.CRIT)
    assert not _trj("TRJ-01", A1, "2026-01-15").tripped


def test_trj_04_closes_when_the_board_ends_the_aim() -> None:
    aim = an_aim(ended=day("2026-02-01"), outcome="missed")
    evaluation = judged(a_plan(aim), Facts(values(A1)), "aim:a", at("2026-02-01"))
    assert evaluation.outcomes == ()
    assert evaluation.next_due is None


# --- portfolio -----------------------------------------------------------------------------------

DRIVER = Driver("d3", "a", "End-of-life planning", share=0.33)
ADOPTED = Adoption("Board", day("2024-11-01"))


def _driven(*projects: Project, driver: Driver = DRIVER, **changes: Any) -> Plan:
    return a_plan(an_aim(drivers=(driver,), adopted=ADOPTED, **changes), projects=projects)


def _project(**changes: Any) -> Project:
    plain = Project(
        "p",
        "Sepsis six",
        day("2024-11-01"),
        day("2025-10-31"),
        "lead",
        "sister",
        serves=(Serve("a/d3", 6.0, 1.0, 0.75),),
    )
    return replace(plain, **changes)


def _prt(plan: Plan, as_of: str, facts: Facts | None = None) -> Outcome:
    evaluation = judged(plan, facts or Facts(BASELINE), "aim:a", at(as_of))
    return outcome(evaluation, "PRT-01")


def test_prt_01_thirty_days_after_the_driver_was_adopted() -> None:
    assert not _prt(_driven(), "2024-11-30T23:59").tripped
    found = _prt(_driven(), "2024-12-01T00:00")
    assert (found.tripped, found.severity) == (True, Severity.CRIT)
    assert found.about == "driver:a/d3"
    assert found.reason == (
        "End-of-life planning has had no project at work since 2024-11-01; "
        "33% of the aim was to come from it."
    )


@pytest.mark.parametrize(("share", "severity"), [(0.24, "warn"), (0.25, "crit"), (None, "warn")])
def test_prt_01_is_critical_by_the_share(share: float | None, severity: str) -> None:
    found = _prt(_driven(driver=replace(DRIVER, share=share)), "2025-01-01")
    assert found.severity is Severity(severity)


def test_prt_01_is_met_by_a_project_at_work() -> None:
    found = _prt(_driven(_project()), "2025-01-01")
    assert (found.tripped, found.reason) == (False, "End-of-life planning: Sepsis six is at work.")


def test_prt_01_a_project_that_has_not_begun_does_not_count() -> None:
    assert _prt(_driven(_project(start=day("2025-02-01"))), "2025-01-01").tripped


@pytest.mark.parametrize("state", [ProjectState.STOPPED, ProjectState.PAUSED])
def test_prt_01_counts_from_when_the_last_project_left(state: ProjectState) -> None:
    left = StateChange("p", state, day("2025-03-01"), at("2025-03-01"))
    facts = Facts(BASELINE, states=(left,))
    assert not _prt(_driven(_project()), "2025-03-30T22:59", facts).tripped
    assert _prt(_driven(_project()), "2025-03-30T23:00", facts).tripped


def test_prt_01_a_completed_project_counts_where_somebody_sustains_it() -> None:
    done = StateChange("p", ProjectState.COMPLETED, day("2025-03-01"), at("2025-03-01"))
    kept = replace(done, sustainer="sister")
    assert _prt(_driven(_project()), "2025-05-01", Facts(BASELINE, states=(done,))).tripped
    assert not _prt(_driven(_project()), "2025-05-01", Facts(BASELINE, states=(kept,))).tripped


def test_prt_01_asks_nothing_of_secondary_or_ended_drivers_or_of_aims_that_hold() -> None:
    secondary = judged(
        _driven(driver=replace(DRIVER, primary=False)), Facts(BASELINE), "aim:a", at("2025-05-01")
    )
    assert not [o for o in secondary.outcomes if o.expectation == "PRT-01"]
    ended = replace(DRIVER, ended=day("2024-12-01"))
    assert not _prt(_driven(driver=ended), "2025-05-01").tripped
    assert not _prt(_driven(intent=Intent.HOLD), "2025-05-01").tripped


# --- projects ------------------------------------------------------------------------------------


def _prj(facts: Facts, as_of: str, role: str = "leader", **changes: Any) -> Outcome:
    plan = a_plan(projects=[_project(**changes)])
    evaluation = judged(plan, facts, "project:p", at(as_of))
    return outcome(evaluation, "PRJ-02", f"project:p/{role}")


LEFT = RoleChange("project:p", Role.LEADER, None, day("2025-03-03"), at("2025-03-03"))


def test_prj_02_more_than_seven_days_after_the_leader_left() -> None:
    facts = Facts(roles=(LEFT,))
    assert not _prj(facts, "2025-03-10T23:59").tripped
    found = _prj(facts, "2025-03-11T00:00")
    assert (found.tripped, found.severity) == (True, Severity.WARN)
    assert found.reason == "Sepsis six has had no leader since 2025-03-03."
    assert found.audience == ("sponsor", "leader")


def test_prj_02_is_critical_after_thirty_days() -> None:
    facts = Facts(roles=(LEFT,))
    assert _prj(facts, "2025-04-02T22:59").severity is Severity.WARN
    assert _prj(facts, "2025-04-02T23:00").severity is Severity.CRIT


def test_prj_02_clears_when_somebody_takes_over() -> None:
    taken = replace(LEFT, person="lead", on=day("2025-06-02"), known_at=at("2025-06-02"))
    found = _prj(Facts(roles=(LEFT, taken)), "2025-06-02")
    assert (found.tripped, found.reason) == (False, "LEAD is the leader.")


def test_prj_02_counts_a_role_never_filled_from_the_projects_start() -> None:
    found = _prj(Facts(), "2024-11-09", role="sponsor", sponsor=None)
    assert found.tripped
    assert found.inputs["since"] == "2024-11-01"


@pytest.mark.parametrize(
    "state", [s for s in ProjectState if s is not ProjectState.ACTIVE], ids=lambda s: s.value
)
def test_projects_that_are_not_at_work_raise_nothing(state: ProjectState) -> None:
    late = Milestone("pilot", "p", "Pilot", day("2025-01-01"))
    plan = a_plan(projects=[_project(leader=None, milestones=(late,))])
    change = StateChange("p", state, day("2025-02-01"), at("2025-02-01"))
    facts = Facts(states=(change,))
    assert judged(plan, facts, "project:p", at("2025-01-31T12:00")).findings
    assert judged(plan, facts, "project:p", at("2025-02-01")).findings == ()


PILOT = Milestone("pilot", "p", "Pilot on two wards", day("2025-02-28"))


def _mil(as_of: str, *events: MilestoneEvent, **changes: Any) -> Outcome:
    plan = a_plan(projects=[_project(milestones=(PILOT,), **changes)])
    evaluation = judged(plan, Facts(milestones=events), "project:p", at(as_of))
    return outcome(evaluation, "MIL-01", "milestone:p/pilot")


def _event(change: MilestoneChange, on: str, known: str) -> MilestoneEvent:
    return MilestoneEvent("p/pilot", change, day(on), at(known))


def test_mil_01_more_than_seven_days_past_due() -> None:
    assert not _mil("2025-03-07T23:59").tripped
    found = _mil("2025-03-08T00:00")
    assert (found.tripped, found.severity) == (True, Severity.WARN)
    assert found.reason == "Pilot on two wards was due on 2025-02-28 and is not done."
    assert found.audience == ("leader", "sponsor")


def test_mil_01_is_critical_after_thirty_days_and_told_higher() -> None:
    assert _mil("2025-03-30T22:59").severity is Severity.WARN
    found = _mil("2025-03-30T23:00")
    assert found.severity is Severity.CRIT
    assert found.audience == ("leader", "sponsor", "aim_sponsor")


def test_mil_01_clears_when_completed_and_returns_when_reopened() -> None:
    done = _event(MilestoneChange.COMPLETED, "2025-05-14", "2025-05-14")
    again = _event(MilestoneChange.REOPENED, "2025-05-20", "2025-05-20")
    assert _mil("2025-05-13", done).tripped
    assert not _mil("2025-05-14", done).tripped
    assert _mil("2025-05-20", done, again).tripped


def test_mil_01_follows_the_latest_date_that_was_agreed() -> None:
    first = _event(MilestoneChange.REDATED, "2025-06-30", "2025-03-01")
    second = _event(MilestoneChange.REDATED, "2025-04-30", "2025-03-20")
    assert not _mil("2025-05-07", second, first).tripped
    found = _mil("2025-05-08T00:00", second, first)
    assert found.tripped
    assert found.inputs["due"] == "2025-04-30"


def test_an_ended_milestone_is_not_asked_for() -> None:
    ended = replace(PILOT, ended=day("2025-03-01"))
    plan = a_plan(projects=[_project(milestones=(ended,))])
    assert judged(plan, Facts(), "project:p", at("2025-06-01")).findings == ()


# --- the catalogue -------------------------------------------------------------------------------


def test_the_catalogue_tells_all_that_people_need() -> None:
    assert list(CATALOGUE) == [
        "AIM-01", "AIM-02", "AIM-03", "AIM-04", "AIM-05",
        "DAT-01", "DAT-02", "DAT-03", "DAT-04",
        "TRJ-01", "TRJ-02", "TRJ-03", "TRJ-04", "TRJ-05",
        "SIG-01", "SIG-02", "SIG-03", "SIG-04",
        "PRT-01", "PRT-02", "PRT-03", "PRT-04",
        "PRJ-01", "PRJ-02", "PRJ-03", "PRJ-04", "PRJ-05",
        "MIL-01", "MIL-02",
        "REV-01", "REV-02", "REV-03",
        "DGN-01", "DGN-02", "DGN-03", "DGN-04",
        "CAP-01",
        "LDR-01", "LDR-02", "LDR-03",
        "MIX-01", "MIX-02", "EQ-01", "EQ-02",
    ]  # fmt: skip
    assert len(CATALOGUE) == 44
    for expectation in CATALOGUE.values():
        assert expectation.text.endswith(".")
        assert expectation.source
        assert expectation.clears
        assert expectation.audience
        assert expectation.title
        assert expectation.asks.endswith(".")
        for one in expectation.parameters:
            assert one.low <= one.default <= one.high


def test_each_expectation_is_asked_of_its_kinds_of_subject() -> None:
    kinds = {k: {e.expectation.id for e in entries_for(k)} for k in SubjectKind}
    for expectation in CATALOGUE.values():
        asked = {kind for kind, ids in kinds.items() if expectation.id in ids}
        assert asked == {k for k in (expectation.kind, expectation.also) if k is not None}
    assert kinds[SubjectKind.MEASURE] >= {"DAT-01", "DAT-02"}


@pytest.mark.parametrize(("set_to", "used"), [(3.0, 3.0), (-5.0, 0.0), (1000.0, 90.0)])
def test_a_plan_sets_parameters_within_their_range(set_to: float, used: float) -> None:
    plan = replace(a_plan(), parameters={"MIL-01.days": set_to})
    situation = Situation(plan, Facts(), Subject(SubjectKind.PROJECT, "p"), at("2025-01-01"))
    assert parameter(situation, MIL_01, "days") == used
    assert parameter_limits()["MIL-01.days"] == (0, 90)
    with pytest.raises(KeyError, match=r"MIL-01\.weeks"):
        parameter(situation, MIL_01, "weeks")


def test_an_aim_and_a_measure_have_parameters_of_their_own() -> None:
    aim = an_aim(parameters={"PRT-01.days": 10.0})
    measure = a_measure(parameters={"DAT-01.look_back": 3.0})
    plan = a_plan(aim, measure, parameters={"PRT-01.days": 20.0, "DAT-01.look_back": 6.0})
    for subject, expectation, name, used in (
        ("aim:a", PRT_01, "days", 10.0),
        ("aim:b", PRT_01, "days", 20.0),
        ("measure:m", DAT_01, "look_back", 3.0),
        ("project:p", DAT_01, "look_back", 6.0),
    ):
        situation = Situation(plan, Facts(), Subject.parse(subject), at("2025-01-01"))
        assert parameter(situation, expectation, name) == used


def test_a_parameter_moves_the_edge() -> None:
    plan = a_plan(projects=[_project(milestones=(PILOT,))], parameters={"MIL-01.days": 3})
    assert judged(plan, Facts(), "project:p", at("2025-03-03T23:59")).findings == ()
    assert judged(plan, Facts(), "project:p", at("2025-03-04T00:00")).findings


def test_several_measures_are_named_in_what_is_wanting() -> None:
    aim = an_aim()
    second = AimMeasure("n", Baseline(month("2024-01"), month("2024-10")), None, primary=False)
    plan = a_plan(replace(aim, measures=(*aim.measures, second)))
    plan = replace(plan, measures={**plan.measures, "n": a_measure(id="n", name="Returns")})
    assert "a target (Returns)" in _aim_01(plan).reason
