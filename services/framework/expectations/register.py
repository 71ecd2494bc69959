"""Every expectation of the catalogue, in order, with the function that judges it."""

from __future__ import annotations

from services.framework.expectations.aims import AIM_01, aim_is_complete
from services.framework.expectations.catalogue import Entry, Expectation
from services.framework.expectations.data import (
    DAT_01,
    DAT_02,
    measure_is_seen,
    value_has_come,
)
from services.framework.expectations.portfolio import PRT_01, driver_has_project
from services.framework.expectations.projects import (
    MIL_01,
    PRJ_02,
    milestones_are_kept,
    project_is_led,
)
from services.framework.expectations.trajectory import (
    TRJ_01,
    TRJ_04,
    aim_keeps_its_path,
    aim_reaches_its_target,
)
from services.framework.judgement import SubjectKind

REGISTER: tuple[Entry, ...] = (
    Entry(AIM_01, aim_is_complete),
    Entry(DAT_01, value_has_come),
    Entry(DAT_02, measure_is_seen),
    Entry(TRJ_01, aim_keeps_its_path),
    Entry(TRJ_04, aim_reaches_its_target),
    Entry(PRT_01, driver_has_project),
    Entry(PRJ_02, project_is_led),
    Entry(MIL_01, milestones_are_kept),
)

CATALOGUE: dict[str, Expectation] = {e.expectation.id: e.expectation for e in REGISTER}


def entries_for(kind: SubjectKind) -> tuple[Entry, ...]:
    """The expectations of a kind of subject, in the catalogue's order."""
    return tuple(entry for entry in REGISTER if entry.expectation.kind is kind)


def parameter_limits() -> dict[str, tuple[float, float]]:
    """Every parameter that a plan may set, as ``ID.name``, with its allowed range."""
    return {
        name: limits
        for expectation in CATALOGUE.values()
        for name, limits in expectation.limits().items()
    }
