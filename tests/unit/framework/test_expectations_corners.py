"""The rarer answers: what is missing, what is not asked, whose dates decide, and the next look."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.framework.facts import (
    Adopted,
    AimRevision,
    Explanation,
    Facts,
    MilestoneChange,
    MilestoneEvent,
    Observation,
    ProgressScore,
    Review,
    Role,
    RoleChange,
    SeriesKey,
    StateChange,
)
from services.framework.judgement import Outcome, Severity
from services.framework.plan import (
    Adoption,
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
    Stratum,
)
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
    month,
    outcome,
    values,
)

ADOPTED = Adoption("Board", day("2024-11-01"), target=88.0)
DRIVER = Driver("d", "a", "Sepsis", share=0.4)


# --- adoption ------------------------------------------------------------------------------------


def _eased(field: str, old: object, new: object, **adopted: Any) -> Outcome:
    revision = AimRevision("a", field, old, new, day("2024-10-10"), at("2024-10-10"))
    plan = a_plan(an_aim(adopted=replace(Adoption("Board", day("2024-11-01")), **adopted)))
    return asked("AIM-02", plan, "2024-12-01", Facts(revisions=(revision,)))


@pytest.mark.parametrize(
    ("field", "old", "new", "adopted", "trips"),
    [
        ("target", 85.0, 88.0, {}, False),
        ("target", 85.0, 88.0, {"target": 88.0}, False),
        ("target", 85.0, 88.0, {"target": 85.0}, True),
        ("measures/m/target", 85.0, 88.0, {"target": 85.0}, True),
        ("deadline", "2025-06", "2025-12", {}, False),
        ("deadline", "2025-06", "2025-12", {"deadline": month("2025-12")}, False),
        ("deadline", "2025-06", "2025-12", {"deadline": month("2025-06")}, True),
        ("deadline", "2025-06", "2025-12", {"target": 85.0}, False),
        ("deadline", "soon", "2025-12", {"deadline": month("2025-06")}, False),
        ("target", "low", 88.0, {"target": 85.0}, False),
        ("target", [80.0, 85.0], 88.0, {"target": 85.0}, False),
    ],
)
def test_an_adoption_of_another_version_does_not_cover_what_now_holds(
    field: str, old: object, new: object, adopted: dict[str, Any], trips: bool
) -> None:
    assert _eased(field, old, new, **adopted).tripped is trips


@pytest.mark.parametrize(
    ("old", "new", "trips"),
    [
        ([85.0, 110.0], [80.0, 110.0], True),
        ([85.0, 110.0], [85.0, 115.0], True),
        ([85.0, 110.0], [85.0, 110.0], False),
        ([80.0, 115.0], [85.0, 110.0], False),
    ],
)
def test_a_range_is_eased_at_either_end(old: object, new: object, trips: bool) -> None:
    aim = an_aim((80.0, 110.0), intent=Intent.WITHIN, adopted=Adoption("Board", day("2024-11-01")))
    revision = AimRevision("a", "target", old, new, day("2025-03-10"), at("2025-03-10"))
    facts = Facts(revisions=(revision,))
    assert asked("AIM-02", a_plan(aim), "2025-03-10", facts).tripped is trips


def test_an_aim_that_says_not_when_it_begins_awaits_its_adoption() -> None:
    found = asked("AIM-02", a_plan(an_aim(start=None)), "2026-01-01")
    assert (found.tripped, found.waiting) == (False, True)


def test_the_latest_adoption_counts_of_those_declared_and_told() -> None:
    told = Adopted("a", "Board", day("2025-04-01"), at("2025-04-01"), target=85.0)
    revision = AimRevision("a", "target", 85.0, 88.0, day("2025-03-10"), at("2025-03-10"))
    facts = Facts(adoptions=(told,), revisions=(revision,))
    plan = a_plan(an_aim(adopted=ADOPTED))
    assert asked("AIM-02", plan, "2025-05-01", facts).inputs["adopted_on"] == "2025-04-01"
    assert asked("AIM-02", plan, "2025-05-01", facts).tripped
    assert asked("AIM-02", plan, "2025-03-31", facts).inputs["adopted_on"] == "2024-11-01"


def test_aims_of_one_site_or_one_group_are_no_system_aims() -> None:
    for narrow in ({"site": "royal"}, {"stratum": "poor"}):
        aims = {f"a{n}": an_aim(id=f"a{n}") for n in range(5)} | {"b": an_aim(id="b", **narrow)}
        found = asked("AIM-05", replace(a_plan(), aims=aims), "2025-01-01", None, "organisation:o")
        assert (found.tripped, found.inputs["aims"]) == (False, 5)


def test_the_last_aim_ends_and_there_is_none() -> None:
    plan = a_plan(an_aim(ended=day("2025-03-01")))
    assert changes_on("AIM-05", plan, "2025-01-01", None, "organisation:o") == "2025-03-01"
    found = asked("AIM-05", plan, "2025-03-01", None, "organisation:o")
    assert found.severity is Severity.CRIT


# --- ambition ------------------------------------------------------------------------------------


def test_the_limits_of_the_baseline_themselves_are_beyond_chance() -> None:
    facts = Facts(values([*[103.0, 101.0, 105.0, 102.0, 104.0] * 2, 103.0]))
    ten = {"AIM-04.points": 10.0}
    limits = asked("AIM-04", a_plan(an_aim(100.0), parameters=ten), "2025-01-15", facts).inputs
    lower, upper = limits["lower"], limits["upper"]
    assert isinstance(lower, float)
    assert isinstance(upper, float)
    for target in (lower, upper):
        assert not asked(
            "AIM-04", a_plan(an_aim(target), parameters=ten), "2025-01-15", facts
        ).tripped
    for target in (lower + 1e-6, upper - 1e-6):
        assert asked("AIM-04", a_plan(an_aim(target), parameters=ten), "2025-01-15", facts).tripped


@pytest.mark.parametrize("numbers", [[], [103.0, 101.0, 105.0]])
def test_ambition_awaits_a_baseline(numbers: list[float]) -> None:
    assert asked("AIM-04", a_plan(), "2025-01-15", Facts(values(numbers))).waiting


def test_ambition_awaits_one_target() -> None:
    facts = Facts(values([*[103.0, 101.0, 105.0, 102.0, 104.0] * 2, 103.0]))
    assert asked("AIM-04", a_plan(an_aim((80.0, 90.0))), "2025-01-15", facts).waiting
    hold = a_plan(an_aim(88.0, intent=Intent.HOLD))
    assert not asked("AIM-04", hold, "2025-01-15", facts).waiting


# --- data ----------------------------------------------------------------------------------------


def _sites(**series: list[float]) -> Facts:
    known: dict[SeriesKey, tuple[Observation, ...]] = {}
    for site, numbers in series.items():
        known |= values(numbers, key=SeriesKey("m", site))
    return Facts(known)


def _rolled(**changes: Any) -> Plan:
    sites = {s: Site(s, s.title()) for s in ("royal", "general")}
    plan = a_plan(an_aim(), a_measure(rollup="sum", sites=("royal", "general")))
    return replace(plan, sites=sites, **changes)


@pytest.mark.parametrize("expectation", ["DAT-01", "DAT-02"])
def test_a_sum_is_awaited_from_each_of_its_sites(expectation: str) -> None:
    facts = _sites(royal=list(A1[:18]), general=list(A1[:12]))
    found = asked(expectation, _rolled(), "2025-07-21", facts, "measure:m")
    assert found.tripped
    assert "from 1 of 2: General" in found.reason
    unfed = asked(expectation, _rolled(), "2025-07-21", _sites(royal=list(A1[:18])), "measure:m")
    assert "from 1 of 2: General" in unfed.reason


def test_a_site_that_was_ended_owes_nothing() -> None:
    facts = _sites(royal=list(A1[:18]), general=list(A1[:12]))
    ended = Site("general", "General", day("2025-01-31"))
    plan = replace(_rolled(), sites={"royal": Site("royal", "Royal"), "general": ended})
    assert not asked("DAT-01", plan, "2025-07-20", facts, "measure:m").tripped
    assert asked("DAT-01", _rolled(), "2025-07-20", facts, "measure:m").tripped


def test_groups_are_named_by_their_place_and_their_own_name() -> None:
    key = SeriesKey("m", "system", "poor")
    plan = replace(
        a_plan(measure=a_measure(strata=("poor",))), strata={"poor": Stratum("poor", "Poor")}
    )
    facts = Facts(values(A1[:18]) | values(A1[:15], key=key))
    found = asked("DAT-01", plan, "2025-07-20", facts, "measure:m")
    assert "from 1 of 2: the whole system, Poor" in found.reason


def test_the_earliest_aim_says_from_when_a_series_is_awaited() -> None:
    later = an_aim(id="b", start=month("2025-03"))
    plan = replace(a_plan(), aims={"b": later, "a": an_aim()})
    assert not asked("DAT-01", plan, "2024-12-20T23:59", None, "measure:m").tripped
    assert asked("DAT-01", plan, "2024-12-21T00:00", None, "measure:m").tripped
    ended = replace(plan, aims={"b": later, "a": an_aim(ended=day("2024-11-15"))})
    assert not asked("DAT-01", ended, "2025-04-20", None, "measure:m").tripped
    assert asked("DAT-01", ended, "2025-04-21", None, "measure:m").tripped


def test_a_confirmed_oddity_is_odd_again_only_by_what_comes_later() -> None:
    known = values([10.0, 10.0, 10.0, 999.0])[KEY]
    plan = a_plan(measure=a_measure(valid=(0.0, 300.0)))
    night = at("2024-05-31T23:30")
    facts = Facts({KEY: (*known[:3], replace(known[3], known_at=night))})

    def confirmed(on: str) -> Facts:
        told = Explanation("measure:m", "DAT-04", "It is so.", day(on), at(on))
        return replace(facts, explanations=(told,))

    assert asked("DAT-04", plan, "2024-06-05", confirmed("2024-05-31"), "measure:m").tripped
    assert not asked("DAT-04", plan, "2024-06-05", confirmed("2024-06-01"), "measure:m").tripped


@pytest.mark.parametrize(
    ("bottom", "trips"), [(50.0, False), (49.0, True), (200.0, False), (201.0, True)]
)
def test_the_usual_denominator_is_the_median_of_those_just_before(
    bottom: float, trips: bool
) -> None:
    pairs = [(1.0, 1000.0)] * 3 + [(1.0, 100.0)] * 12 + [(1.0, bottom)]
    plan = a_plan(measure=a_measure(kind=Kind.RATE, per=1000.0))
    found = asked("DAT-04", plan, "2025-06-05", Facts(counts(pairs, 1000.0)), "measure:m")
    assert found.tripped is trips


# --- drivers -------------------------------------------------------------------------------------


def _driven(driver: Driver, *projects: Project, **changes: Any) -> Plan:
    plan = a_plan(an_aim(drivers=(driver,), **changes), projects=projects)
    return replace(plan, measures={**plan.measures, "s": a_measure(id="s", name="Bundle")})


def test_a_drivers_values_are_awaited_from_its_first_else_from_its_linking() -> None:
    driver = replace(DRIVER, measure="s", linked_on=day("2024-11-01"))
    unfed = _driven(driver)
    assert not asked("DAT-03", unfed, "2025-01-20", about="driver:a/d").tripped
    assert asked("DAT-03", unfed, "2025-01-21", about="driver:a/d").tripped
    fed = Facts(values([1.0], first="2024-12", key=SeriesKey("s")))
    assert not asked("DAT-03", unfed, "2025-02-21", fed, "driver:a/d").tripped


def test_a_driver_of_an_aim_that_has_not_begun_is_awaited() -> None:
    for aim in ({"start": None}, {"start": month("2025-06")}):
        found = asked("DAT-03", _driven(DRIVER, **aim), "2025-01-20", about="driver:a/d")
        assert (found.tripped, found.waiting) == (False, True)


# --- the course ----------------------------------------------------------------------------------


def test_no_chance_is_small_where_two_neighbours_never_agree() -> None:
    plan = a_plan(parameters={"TRJ-02.chance": 0.9, "TRJ-02.fair": 1.0, "TRJ-02.elapsed": 0.0})
    assert asked("TRJ-02", plan, "2025-01-15", Facts(values(A1[:12]))).tripped is False


def test_an_aim_of_several_measures_has_the_chance_of_its_first() -> None:
    second = AimMeasure("n", Baseline(month("2024-01"), month("2024-10")), 10.0)
    aim = an_aim()
    plan = a_plan(replace(aim, measures=(*aim.measures, second)))
    plan = replace(plan, measures={**plan.measures, "n": a_measure(id="n")})
    facts = Facts(values(A1[:18]) | values(A3[:18], key=SeriesKey("n")))
    assert asked("TRJ-02", plan, "2025-07-15", facts).tripped
    assert asked("TRJ-03", plan, "2025-07-15", facts).tripped


@pytest.mark.parametrize("expectation", ["TRJ-02", "TRJ-03"])
def test_too_short_a_baseline_lets_the_course_wait(expectation: str) -> None:
    found = asked(expectation, a_plan(), "2025-01-15", Facts(values(A1[10:12], "2024-11")))
    assert (found.tripped, found.waiting) == (False, True)


def test_a_signal_is_asked_for_again_with_the_next_value_that_came_early() -> None:
    early = values([*A1[:13], 101.0], known_at=at("2025-02-02"))
    found = asked("TRJ-03", a_plan(), "2025-02-10", Facts(early))
    assert (found.tripped, found.inputs["elapsed"]) == (False, 0.214)


def test_a_loss_dates_from_the_period_in_which_it_was_seen() -> None:
    base = [103.0, 101.0, 105.0, 102.0, 104.0] * 2
    lost = [*base, 100.0, 96.0, 92.0, 84.0, 83.0, 84.0, 83.0, 84.0, 100.0, 101.0, 100.0, 102.0]
    found = asked("TRJ-05", a_plan(), "2025-11-15", Facts(values(lost)))
    assert found.tripped
    assert found.since is not None


# --- charters and predictions --------------------------------------------------------------------


def _project(**changes: Any) -> Project:
    plain = Project(
        "p",
        "Sepsis six",
        day("2024-11-01"),
        day("2025-10-31"),
        "cmo",
        "sister",
        serves=(Serve("a/d", 6.0, 1.0, 0.75),),
    )
    return replace(plain, **changes)


def test_a_project_without_dates_serves_no_driver_at_once() -> None:
    dateless = _project(start=None, end=None, serves=())
    found = asked("PRT-03", _driven(DRIVER, dateless), "2025-01-01", about="project:p")
    assert (found.tripped, found.inputs) == (True, {"since": None})


def test_a_project_without_dates_is_asked_for_its_prediction_at_once() -> None:
    dateless = _project(start=None, end=None, serves=(Serve("a/d", None, 1.0, None),))
    found = asked("PRT-04", _driven(DRIVER, dateless), "2025-01-01", about="project:p")
    assert (found.tripped, found.inputs) == (True, {"wanting": "effect; belief"})


@pytest.mark.parametrize(("many", "severity"), [(2, "info"), (1, "warn")])
def test_many_projects_without_a_driver_are_a_warning(many: int, severity: str) -> None:
    """Of the three or two projects one serves nothing: a third of them is more than allowed."""
    loose = _project(serves=(), start=day("2024-11-01"))
    serving = [_project(id=f"q{n}") for n in range(many)]
    plan = _driven(DRIVER, loose, *serving)
    allowed = replace(plan, parameters={"PRT-03.share": 1 / 3})
    found = asked("PRT-03", allowed, "2025-01-01", about="project:p")
    assert found.severity == severity
    assert found.since == at("2024-12-02")


def test_a_project_that_ends_changes_the_share_that_serves_nothing() -> None:
    loose = _project(serves=())
    plan = _driven(DRIVER, loose, _project(id="q", ended=day("2025-03-01")), _project(id="r"))
    allowed = replace(plan, parameters={"PRT-03.share": 0.4})
    assert changes_on("PRT-03", allowed, "2025-01-01", None, "project:p") == "2025-03-01"
    over = replace(
        plan, projects={**plan.projects, "r": _project(id="r", state=ProjectState.STOPPED)}
    )
    assert asked("PRT-03", over, "2025-01-01", about="project:p").inputs["share_unlinked"] == 0.5


def test_a_project_serves_until_the_driver_or_its_aim_is_ended() -> None:
    for plan in (
        _driven(replace(DRIVER, ended=day("2025-03-01")), _project()),
        _driven(DRIVER, _project(), ended=day("2025-03-01")),
    ):
        assert changes_on("PRT-03", plan, "2025-01-01", None, "project:p") == "2025-03-01"


def test_what_is_wanting_of_a_charter_is_listed_in_the_order_of_the_charter() -> None:
    bare = _project(sponsor=None, leader=None, end=None)
    found = asked("PRJ-01", _driven(DRIVER, bare), "2025-01-01", about="project:p")
    assert found.inputs["wanting"] == (
        "a numeric aim; an end date; a sponsor; a day-to-day leader; a clinical lead; "
        "an improvement advisor; a measure"
    )


def test_a_completed_project_without_a_sustainer_leaves_its_driver_bare() -> None:
    done = StateChange(
        "p", ProjectState.COMPLETED, day("2025-01-10"), at("2025-01-10"), "done", "Board", "cmo"
    )
    plan = _driven(DRIVER, _project(), adopted=ADOPTED)
    kept = Facts(states=(done,))
    left = Facts(states=(replace(done, sustainer=None),))
    assert not asked("PRT-01", plan, "2025-03-01", kept, "driver:a/d").tripped
    found = asked("PRT-01", plan, "2025-03-01", left, "driver:a/d")
    assert (found.tripped, found.inputs["since"]) == (True, "2025-01-10")
    ended = _driven(DRIVER, _project(ended=day("2025-01-20")), adopted=ADOPTED)
    assert asked("PRT-01", ended, "2025-03-01", None, "driver:a/d").inputs["since"] == "2025-01-20"


def test_a_driver_linked_later_is_bare_from_then_on() -> None:
    late = replace(DRIVER, linked_on=day("2025-02-01"))
    plan = _driven(late, adopted=ADOPTED)
    assert changes_on("PRT-01", plan, "2025-02-10", None, "driver:a/d") == "2025-03-03"
    before = asked("PRT-01", plan, "2025-01-10", None, "driver:a/d")
    assert "the aim has not begun" in before.reason


def test_coverage_awaits_a_gap_and_the_adoption() -> None:
    nowhere = asked("PRT-02", _driven(DRIVER, _project(), start=None), "2025-01-15")
    assert not nowhere.tripped


# --- milestones and projects ---------------------------------------------------------------------


def _milestoned(**changes: Any) -> Plan:
    milestone = Milestone("w", "p", "Two wards", day("2025-02-28"))
    return _driven(DRIVER, _project(milestones=(replace(milestone, **changes),)))


def _moved(to: str, on: str) -> MilestoneEvent:
    return MilestoneEvent("p/w", MilestoneChange.REDATED, day(to), at(on), "late")


def _told(
    expectation: str, plan: Plan, on: str, facts: Facts | None = None, about: str = "project:p"
) -> Outcome:
    """What is said of the project, or of a part of it."""
    own = judged(alone(plan, expectation), facts or Facts(), "project:p", at(on))
    return outcome(own, expectation, about)


def test_one_small_move_is_said_in_days() -> None:
    facts = Facts(milestones=(_moved("2025-03-10", "2025-02-01"),))
    found = _told("MIL-02", _milestoned(), "2025-02-10", facts, "milestone:p/w")
    assert "was re-dated by 10 days" in found.reason
    assert found.inputs == {"redated": 1, "slip_days": 10, "allowed_days": 91.0}


@pytest.mark.parametrize(("on", "cleared"), [("2025-02-19", False), ("2025-02-20", True)])
def test_a_review_that_decides_covers_the_moves_before_it(on: str, cleared: bool) -> None:
    moves = (_moved("2025-03-10", "2025-02-01"), _moved("2025-03-20", "2025-02-20"))
    review = Review("project:p", day(on), at(on), decision="go on")
    facts = Facts(milestones=moves, reviews=(review,))
    found = _told("MIL-02", _milestoned(), "2025-02-25", facts, "milestone:p/w")
    assert found.tripped is not cleared
    undecided = replace(facts, reviews=(replace(review, decision=None),))
    assert _told("MIL-02", _milestoned(), "2025-02-25", undecided, "milestone:p/w").tripped


def test_a_move_made_at_night_is_of_the_local_day() -> None:
    """It was known on 1 April in London, and on 31 March in UTC."""
    moves = tuple(
        replace(_moved("2025-05-10", "2025-03-31"), known_at=at("2025-03-31T23:30")) for _ in "12"
    )
    review = Review("project:p", day("2025-03-31"), at("2025-04-02"), decision="go on")
    facts = Facts(milestones=moves, reviews=(review,))
    assert _told("MIL-02", _milestoned(), "2025-04-10", facts, "milestone:p/w").tripped


@pytest.mark.parametrize(("to", "trips"), [("2025-03-30", False), ("2025-03-31", True)])
def test_a_milestone_of_a_project_without_an_end_may_slip_by_the_least(
    to: str, trips: bool
) -> None:
    milestone = Milestone("w", "p", "Two wards", day("2025-02-28"))
    plan = _driven(DRIVER, _project(milestones=(milestone,), end=None))
    facts = Facts(milestones=(_moved(to, "2025-02-01"),))
    assert _told("MIL-02", plan, "2025-02-10", facts, "milestone:p/w").tripped is trips


def test_a_milestone_done_or_at_rest_is_said_to_be_so() -> None:
    done = MilestoneEvent("p/w", MilestoneChange.COMPLETED, day("2025-02-20"), at("2025-02-20"))
    facts = Facts(milestones=(done,))
    assert "done" in _told("MIL-02", _milestoned(), "2025-03-20", facts, "milestone:p/w").reason
    ended = _milestoned(ended=day("2025-01-10"))
    assert (
        _told("MIL-01", ended, "2025-03-20", None, "milestone:p/w").reason == "Two wards was ended."
    )


def test_a_role_that_nobody_knows_the_beginning_of_is_no_vacancy() -> None:
    plan = _driven(DRIVER, _project(leader=None, start=None))
    found = _told("PRJ-02", plan, "2025-03-20", None, "project:p/leader")
    assert "says not when it began" in found.reason
    stranger = RoleChange("project:p", Role.LEADER, "ghost", day("2025-01-10"), at("2025-01-10"))
    led = _told("PRJ-02", plan, "2025-03-20", Facts(roles=(stranger,)), "project:p/leader")
    assert led.reason == "ghost is the leader."


# --- progress ------------------------------------------------------------------------------------


def _score(score: float, on: str = "2025-01-10", **changes: Any) -> ProgressScore:
    return replace(ProgressScore("p", int(score * 2), day(on), at(on)), **changes)


def test_a_project_without_a_start_is_not_asked_for_a_score() -> None:
    plan = _driven(DRIVER, _project(start=None, end=None))
    found = _told("PRJ-03", plan, "2025-03-20")
    assert (found.tripped, found.inputs["score"]) == (False, None)
    assert "has no score yet" in found.reason


@pytest.mark.parametrize("end", [None, "2024-11-01", "2024-10-31"])
def test_a_project_without_a_length_is_not_behind(end: str | None) -> None:
    plan = _driven(DRIVER, _project(end=day(end) if end else None))
    found = _told("PRJ-04", plan, "2025-03-20", Facts(scores=(_score(1.0),)))
    assert (found.tripped, found.waiting) == (False, True)
    assert "has no dates to be judged by" in found.reason


def test_results_of_a_project_that_serves_what_is_not_there_cannot_be_borne_out() -> None:
    gone = _project(serves=(Serve("a/gone", 1.0, 1.0, 1.0), Serve("a/d", 6.0, 1.0, 0.75)))
    found = _told("PRJ-05", _driven(DRIVER, gone), "2025-03-20", Facts(scores=(_score(3.0),)))
    assert (found.tripped, found.inputs) == (True, {"score": 3.0, "met": None})


@pytest.mark.parametrize(("target", "trips"), [(95.0, False), (50.0, True)])
def test_the_best_of_what_a_project_serves_bears_it_out(target: float, trips: bool) -> None:
    """From 50 to 95 is the way of one driver; the other, to its own baseline, has none."""
    flat = Driver("e", "a", "Escalation", measure="s", target=50.0)
    other = replace(DRIVER, measure="s", target=target)
    both = _project(serves=(Serve("a/d", 6.0, 1.0, 0.75), Serve("a/e", 6.0, 1.0, 0.75)))
    plan = _driven(other, both)
    plan = replace(plan, aims={"a": replace(plan.aims["a"], drivers=(other, flat))})
    bundle = a_measure(id="s", name="Bundle", direction=Direction.INCREASE)
    plan = replace(plan, measures={**plan.measures, "s": bundle})
    numbers = [50.0, 49.0, 51.0, 50.0, 50.0] * 2 + [70.0, 75.0, 80.0]
    facts = Facts(values(numbers, key=SeriesKey("s")), scores=(_score(4.0),))
    assert _told("PRJ-05", plan, "2025-02-20", facts).tripped is trips


# --- reviews -------------------------------------------------------------------------------------


def test_a_project_that_says_not_when_it_began_awaits_its_first_review() -> None:
    plan = _driven(DRIVER, _project(start=None))
    assert _told("REV-01", plan, "2025-03-20").waiting
    review = Review("project:p", day("2025-02-01"), at("2025-02-01"))
    found = _told("REV-01", plan, "2025-03-20", Facts(reviews=(review,)))
    assert (found.tripped, found.inputs["reviews"]) == (True, 1)


def test_an_aim_that_says_not_when_it_begins_awaits_the_board() -> None:
    assert asked("REV-02", a_plan(an_aim(start=None)), "2026-01-01").waiting
    held = Review("aim:a", day("2025-12-01"), at("2025-12-01"))
    met = asked("REV-02", a_plan(an_aim(start=None)), "2026-01-01", Facts(reviews=(held,)))
    assert met.reason == "Reviewed on 2025-12-01."
    begun = asked("REV-02", a_plan(), "2024-12-01")
    assert begun.reason == "To be reviewed; it began on 2024-11-01."


@pytest.mark.parametrize(
    ("roles", "counts_"),
    [(("executive",), True), (("admin",), True), (("owner",), False), ((), False)],
)
def test_a_review_by_somebody_who_leads_counts(roles: tuple[str, ...], counts_: bool) -> None:
    plan = _driven(DRIVER, _project())
    plan = replace(plan, people={**plan.people, "x": Person("x", "X", roles=roles)})
    held = Review("project:p", day("2025-03-01"), at("2025-03-01"), "x")
    found = _told("REV-01", plan, "2025-03-20", Facts(reviews=(held,)))
    assert found.tripped is not counts_
    unknown = _told("REV-01", plan, "2025-03-20", Facts(reviews=(replace(held, reviewer="ghost"),)))
    assert unknown.tripped


def test_a_fault_of_a_review_is_told_with_its_counts() -> None:
    held = Review("project:p", day("2025-03-01"), at("2025-03-01"), "cmo")
    found = _told("REV-03", _driven(DRIVER, _project()), "2025-03-20", Facts(reviews=(held,)))
    assert found.inputs == {"unanswered": 2, "overdue": 0}
    stopped = StateChange(
        "p", ProjectState.STOPPED, day("2025-03-10"), at("2025-03-10"), "x", "cmo"
    )
    at_rest = Facts(reviews=(held,), states=(stopped,))
    assert not _told("REV-03", _driven(DRIVER, _project()), "2025-03-20", at_rest).tripped


# --- groups and sites ----------------------------------------------------------------------------


def _grouped(strata: dict[str, Stratum] | None = None, **changes: Any) -> Plan:
    plan = a_plan(an_aim(**changes), a_measure(strata=("rich", "poor")))
    known = {s: Stratum(s, s.title()) for s in ("rich", "poor")}
    return replace(plan, strata=known if strata is None else strata)


def _groups(**series: list[float]) -> Facts:
    known = values(A1[:18])
    for name, numbers in series.items():
        known |= values(numbers, key=SeriesKey("m", "system", name))
    return Facts(known)


def test_groups_whose_baseline_is_too_short_are_awaited_and_absent_ones_are_not() -> None:
    short = _groups(rich=[*A1[:3]], poor=[*A2[:3]])
    found = asked("EQ-01", _grouped(), "2025-07-15", short)
    assert (found.tripped, found.waiting) == (False, True)
    one = asked("EQ-01", _grouped(), "2025-07-15", _groups(rich=list(A1[:18])))
    assert (one.tripped, one.waiting) == (False, False)
    within = asked("EQ-01", _grouped(stratum="rich"), "2025-07-15", _groups(rich=list(A1[:18])))
    assert (within.tripped, within.waiting) == (False, False)


def test_groups_without_counts_are_compared_by_their_values() -> None:
    rich = [50.0, 52.0, 48.0, 51.0, 49.0] * 2 + [70.0] * 8
    poor = [100.0, 104.0, 96.0, 102.0, 98.0] * 3 + [101.0] * 3
    found = asked("EQ-01", _grouped(), "2025-07-15", _groups(rich=rich, poor=poor))
    assert found.tripped
    assert found.inputs["gap_before"] == 50.0
    assert found.inputs["gap_now"] == pytest.approx(29.8333, abs=1e-4)
    assert found.inputs["unknown"] is None


def test_a_group_that_was_ended_is_asked_for_no_more() -> None:
    facts = _groups(rich=list(A1[:18]), poor=list(A2[:18]))
    ended = {"rich": Stratum("rich", "Rich", day("2025-07-01")), "poor": Stratum("poor", "Poor")}
    assert not asked("EQ-02", _grouped(), "2025-07-15", facts, "aim:a/stratum/rich").tripped
    with pytest.raises(AssertionError):
        asked("EQ-02", _grouped(ended), "2025-07-15", facts, "aim:a/stratum/rich")
    named = asked("EQ-02", _grouped({}), "2025-07-15", facts, "aim:a/stratum/rich")
    assert not named.tripped


def test_a_group_with_too_few_values_is_awaited_once_the_aim_is_reached() -> None:
    base = [103.0, 101.0, 105.0, 102.0, 104.0] * 2
    won = values([*base, 92.0, 88.0, 84.0, 83.0, 84.0, 83.0, 84.0, 83.0])
    two = values([90.0, 91.0], first="2025-05", key=SeriesKey("m", "system", "poor"))
    found = asked("EQ-02", _grouped(), "2025-07-15", Facts(won | two), "aim:a/stratum/poor")
    assert (found.waiting, found.inputs["values"]) == (True, 2)
    assert found.reason == "Poor has 2 of the 3 values that are looked at."


def _site_plan(**changes: Any) -> Plan:
    sites = {s: Site(s, s.title()) for s in ("royal", "general")}
    plan = a_plan(an_aim(**changes), a_measure(sites=("royal", "general")))
    return replace(plan, sites=sites)


def test_without_counts_of_every_site_a_mix_cannot_be_told() -> None:
    whole = values([103.0, 101.0, 105.0, 102.0, 104.0] * 2 + [90.0] * 8)
    flat = [103.0, 101.0, 105.0, 102.0, 104.0] * 3 + [103.0, 101.0, 105.0]
    facts = Facts({**whole, **_sites(royal=flat, general=flat).observations})
    found = asked("MIX-02", _site_plan(), "2025-07-15", facts)
    assert (found.tripped, found.waiting) == (False, True)
    alone_ = Facts({**whole, **_sites(royal=flat).observations})
    assert "no sites to compare" in asked("MIX-02", _site_plan(), "2025-07-15", alone_).reason


def test_a_site_that_was_ended_is_judged_no_more() -> None:
    flat = [103.0, 101.0, 105.0, 102.0, 104.0] * 3 + [103.0, 101.0, 105.0]
    facts = Facts({**values(flat), **_sites(royal=flat, general=flat).observations})
    plan = _site_plan()
    ended = replace(plan, sites={**plan.sites, "royal": Site("royal", "Royal", day("2025-07-01"))})
    assert not asked("MIX-01", plan, "2025-07-15", facts, "aim:a/site/royal").tripped
    with pytest.raises(AssertionError):
        asked("MIX-01", ended, "2025-07-15", facts, "aim:a/site/royal")


def test_a_short_site_is_looked_at_again_when_its_early_value_counts() -> None:
    flat = [103.0, 101.0, 105.0]
    facts = Facts(
        values(flat)
        | values(flat, key=SeriesKey("m", "royal"), known_at=at("2024-03-02"))
        | values(flat, key=SeriesKey("m", "general"))
    )
    found = asked("MIX-01", _site_plan(), "2024-03-10", facts, "aim:a/site/royal")
    assert (found.waiting, found.inputs) == (True, {"too_few": True})


# --- people --------------------------------------------------------------------------------------


def test_partners_who_never_were_are_missed_from_the_aims_beginning() -> None:
    gone = Person("partner", "Partner", ended=day("2025-02-01"))
    plan = a_plan(an_aim(partners=("partner",)))
    plan = replace(plan, people={**plan.people, "partner": gone})
    assert not asked("LDR-01", plan, "2025-03-03").tripped
    assert asked("LDR-01", plan, "2025-03-04").tripped


# --- the next look, and at rest ------------------------------------------------------------------

EARLY = [103.0, 101.0, 105.0, 102.0, 104.0] * 2


@pytest.mark.parametrize("target", [100.0, 80.0])
def test_ambition_is_looked_at_again_when_an_early_value_counts(target: float) -> None:
    known = values([*EARLY, 103.0])[KEY]
    facts = Facts({KEY: (*known[:-1], replace(known[-1], known_at=at("2024-11-05")))})
    assert asked("AIM-04", a_plan(an_aim(target)), "2024-11-10", facts).waiting
    assert changes_on("AIM-04", a_plan(an_aim(target)), "2024-11-10", facts) == "2024-12-01"


@pytest.mark.parametrize(
    "expectation", ["PRJ-01", "PRT-03", "PRT-04", "REV-01", "PRJ-03", "PRJ-04"]
)
@pytest.mark.parametrize("state", [ProjectState.PAUSED, ProjectState.STOPPED])
def test_nothing_is_asked_of_a_project_at_rest_and_it_is_said_why(
    expectation: str, state: ProjectState
) -> None:
    rest = StateChange("p", state, day("2025-01-10"), at("2025-01-10"), "x", "cmo")
    bare = _project(serves=(Serve("a/d", None, None, None),))
    found = _told(expectation, _driven(DRIVER, bare), "2025-06-20", Facts(states=(rest,)))
    assert (found.tripped, found.reason) == (False, f"Sepsis six is {state.value}.")


def test_what_a_project_predicts_is_said_by_what_it_serves() -> None:
    none = _told("PRT-04", _driven(DRIVER, _project(serves=())), "2025-06-20")
    assert (none.tripped, none.reason) == (False, "It serves no driver.")
    whole = _told("PRT-04", _driven(DRIVER, _project()), "2025-06-20")
    assert whole.reason == "Effect, reach and belief are predicted."


def test_coverage_is_looked_at_when_the_aim_is_adopted() -> None:
    aim = {"adopted": Adoption("Board", day("2025-03-01"))}
    plan = _driven(DRIVER, _project(), **aim)
    facts = Facts(values(EARLY))
    before = asked("PRT-02", plan, "2025-01-10", facts)
    assert "the aim is not adopted yet" in before.reason
    assert changes_on("PRT-02", plan, "2025-02-22", facts) == "2025-03-01"


def test_a_score_stands_too_long_or_is_too_low_since_a_day() -> None:
    facts = Facts(scores=(_score(1.0, "2025-01-10"), _score(1.0, "2025-05-10")))
    stuck = _told("PRJ-03", _driven(DRIVER, _project()), "2025-06-10", facts)
    assert (stuck.severity, stuck.since) == (Severity.WARN, at("2025-02-25"))
    behind = _told("PRJ-04", _driven(DRIVER, _project()), "2025-06-10", facts)
    assert (behind.tripped, behind.since) == (True, at("2025-05-09T23:00"))
    unscored = _told("PRJ-04", _driven(DRIVER, _project()), "2025-06-10")
    assert unscored.reason == "Sepsis six has no score yet."


def test_what_is_odd_says_where() -> None:
    plan = replace(_site_plan(), measures={"m": a_measure(valid=(0.5, 300.0))})
    odd = values([10.0, 999.0], key=SeriesKey("m", "royal", "poor"))
    zero = values([10.0, 0.0], key=SeriesKey("m"))
    other = values([1.0, 999.0], key=SeriesKey("n"))
    for facts in (Facts({**other, **odd, **zero}), Facts({**odd, **other, **zero})):
        found = asked("DAT-04", plan, "2024-04-05", facts, "measure:m")
        assert "999 in 2024-02 (royal, poor) is outside" in found.reason
        assert "0 in 2024-02 is outside" in found.reason
        assert found.inputs == {"odd": 2}


def test_a_place_that_the_plan_does_not_have_goes_by_its_id() -> None:
    facts = Facts(values(A1[:18]) | values(A1[:15], key=SeriesKey("m", "annexe")))
    found = asked("DAT-01", a_plan(), "2025-07-20", facts, "measure:m")
    assert "from 1 of 2: annexe" in found.reason


def test_the_worst_and_the_best_of_three_groups_are_compared() -> None:
    third = {s: Stratum(s, s.title()) for s in ("rich", "middle", "poor")}
    plan = replace(_grouped(third), measures={"m": a_measure(strata=("rich", "middle", "poor"))})
    series = {"rich": 50.0, "middle": 80.0, "poor": 100.0}
    facts = _groups(
        **{name: [level * x / 103 for x in EARLY] * 2 for name, level in series.items()}
    )
    found = asked("EQ-01", plan, "2025-09-15", facts)
    assert (found.inputs["better_off"], found.inputs["worse_off"]) == ("Rich", "Poor")
