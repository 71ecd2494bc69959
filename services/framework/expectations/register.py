"""Every expectation of the catalogue, in order, with the function that judges it."""

from __future__ import annotations

from functools import cache

from services.framework.expectations.aims import AIM_01, aim_is_complete
from services.framework.expectations.catalogue import Entry, Expectation
from services.framework.expectations.charter import (
    PRJ_01,
    PRT_03,
    PRT_04,
    charter_is_complete,
    prediction_is_recorded,
    project_serves_a_driver,
)
from services.framework.expectations.data import (
    DAT_01,
    DAT_02,
    measure_is_seen,
    value_has_come,
)
from services.framework.expectations.portfolio import PRT_01, driver_has_project
from services.framework.expectations.progress import (
    PRJ_03,
    PRJ_04,
    PRJ_05,
    progress_is_made,
    progress_is_on_time,
    score_is_borne_out,
)
from services.framework.expectations.projects import (
    MIL_01,
    PRJ_02,
    milestones_are_kept,
    project_is_led,
)
from services.framework.expectations.redating import MIL_02, milestones_hold_their_dates
from services.framework.expectations.reviews import (
    REV_01,
    REV_02,
    REV_03,
    aim_is_reviewed,
    project_is_reviewed,
    review_is_followed_through,
)
from services.framework.expectations.trajectory import (
    TRJ_01,
    TRJ_04,
    aim_keeps_its_path,
    aim_reaches_its_target,
)
from services.framework.judgement import SubjectKind
from services.framework.plan import Plan, Profile, Switch

REGISTER: tuple[Entry, ...] = (
    Entry(AIM_01, aim_is_complete),
    Entry(DAT_01, value_has_come),
    Entry(DAT_02, measure_is_seen),
    Entry(TRJ_01, aim_keeps_its_path),
    Entry(TRJ_04, aim_reaches_its_target),
    Entry(PRT_01, driver_has_project),
    Entry(PRT_03, project_serves_a_driver),
    Entry(PRT_04, prediction_is_recorded),
    Entry(PRJ_01, charter_is_complete),
    Entry(PRJ_02, project_is_led),
    Entry(PRJ_03, progress_is_made),
    Entry(PRJ_04, progress_is_on_time),
    Entry(PRJ_05, score_is_borne_out),
    Entry(MIL_01, milestones_are_kept),
    Entry(MIL_02, milestones_hold_their_dates),
    Entry(REV_01, project_is_reviewed),
    Entry(REV_02, aim_is_reviewed),
    Entry(REV_03, review_is_followed_through),
)

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
