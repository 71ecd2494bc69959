"""Every expectation of the catalogue, in order, with the function that judges it."""

from __future__ import annotations

from functools import cache

from services.framework import diagnosis
from services.framework.expectations import (
    adoption,
    aims,
    ambition,
    charter,
    course,
    data,
    drivers,
    equity,
    leadership,
    oddities,
    people,
    places,
    portfolio,
    progress,
    projects,
    questions,
    redating,
    reviews,
    special_causes,
    sufficiency,
    trajectory,
)
from services.framework.expectations.catalogue import Entry, Expectation
from services.framework.judgement import SubjectKind
from services.framework.plan import Plan, Profile, Switch

REGISTER: tuple[Entry, ...] = (
    Entry(aims.AIM_01, aims.aim_is_complete),
    Entry(adoption.AIM_02, adoption.aim_is_adopted),
    Entry(ambition.AIM_03, ambition.measure_comes_often),
    Entry(ambition.AIM_04, ambition.target_is_a_breakthrough),
    Entry(adoption.AIM_05, adoption.aims_are_few),
    Entry(data.DAT_01, data.value_has_come),
    Entry(data.DAT_02, data.measure_is_seen),
    Entry(drivers.DAT_03, drivers.drivers_are_seen),
    Entry(oddities.DAT_04, oddities.values_are_plausible),
    Entry(trajectory.TRJ_01, trajectory.aim_keeps_its_path),
    Entry(course.TRJ_02, course.chance_is_not_small),
    Entry(course.TRJ_03, course.improvement_is_seen),
    Entry(trajectory.TRJ_04, trajectory.aim_reaches_its_target),
    Entry(course.TRJ_05, course.gain_is_kept),
    Entry(special_causes.SIG_01, special_causes.no_point_beyond),
    Entry(special_causes.SIG_02, special_causes.no_shift_for_the_worse),
    Entry(special_causes.SIG_03, special_causes.no_pattern_for_the_worse),
    Entry(special_causes.SIG_04, special_causes.no_side_effect),
    Entry(portfolio.PRT_01, portfolio.driver_has_project),
    Entry(sufficiency.PRT_02, sufficiency.projects_add_up),
    Entry(charter.PRT_03, charter.project_serves_a_driver),
    Entry(charter.PRT_04, charter.prediction_is_recorded),
    Entry(charter.PRJ_01, charter.charter_is_complete),
    Entry(projects.PRJ_02, projects.project_is_led),
    Entry(progress.PRJ_03, progress.progress_is_made),
    Entry(progress.PRJ_04, progress.progress_is_on_time),
    Entry(progress.PRJ_05, progress.score_is_borne_out),
    Entry(projects.MIL_01, projects.milestones_are_kept),
    Entry(redating.MIL_02, redating.milestones_hold_their_dates),
    Entry(reviews.REV_01, reviews.project_is_reviewed),
    Entry(reviews.REV_02, reviews.aim_is_reviewed),
    Entry(reviews.REV_03, reviews.review_is_followed_through),
    Entry(diagnosis.DGN_01, questions.strategy_is_executed),
    Entry(diagnosis.DGN_02, questions.strategy_works),
    Entry(diagnosis.DGN_03, questions.changes_move_drivers),
    Entry(diagnosis.DGN_04, questions.improvement_is_explained),
    Entry(people.CAP_01, people.load_is_bearable),
    Entry(leadership.LDR_01, leadership.patients_are_on_the_team),
    Entry(leadership.LDR_02, leadership.savings_are_validated),
    Entry(leadership.LDR_03, leadership.board_leads),
    Entry(places.MIX_01, places.no_site_gets_worse),
    Entry(places.MIX_02, places.the_whole_moves_by_its_sites),
    Entry(equity.EQ_01, equity.gap_narrows_from_below),
    Entry(equity.EQ_02, equity.every_group_reaches_the_aim),
)

ENTRIES: dict[str, Entry] = {e.expectation.id: e for e in REGISTER}
CATALOGUE: dict[str, Expectation] = {e.expectation.id: e.expectation for e in REGISTER}

STARTER = frozenset(
    {"AIM-01", "DAT-01", "DAT-02", "TRJ-01", "TRJ-04", "PRT-01", "PRJ-02", "MIL-01"}
)
"""What a plan of the starter profile is told of; the others it judges in shadow."""


def switch_of(plan: Plan, expectation: str) -> Switch:
    """Whether a plan is told of an expectation, judges it in shadow, or not at all."""
    own = plan.rules.get(expectation)
    if own is not None:
        return own
    told = plan.profile is Profile.FULL or expectation in STARTER
    return Switch.ON if told else Switch.SHADOW


@cache
def entries_for(kind: SubjectKind) -> tuple[Entry, ...]:
    """The expectations of a kind of subject, in the catalogue's order."""
    return tuple(e for e in REGISTER if kind in (e.expectation.kind, e.expectation.also))


def parameter_limits() -> dict[str, tuple[float, float]]:
    """Every parameter that a plan may set, as ``ID.name``, with its allowed range."""
    return {
        name: limits
        for expectation in CATALOGUE.values()
        for name, limits in expectation.limits().items()
    }
