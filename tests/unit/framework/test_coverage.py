"""Sufficiency: what projects promise of the gap, and how far people are stretched."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.framework.coverage import (
    Coverage,
    Held,
    counts,
    coverage_of,
    gap_of,
    loads,
    stretched,
)
from services.framework.coverage import declared_to_count as counted
from services.framework.plan import (
    Aim,
    AimMeasure,
    Allocation,
    Baseline,
    Driver,
    Intent,
    Project,
    ProjectState,
    Serve,
)

HARM = Aim(
    "harm",
    "Less harm",
    Intent.IMPROVE,
    (AimMeasure("harm", Baseline(value=42.5), 21),),
    None,
    None,
    drivers=(
        Driver("d4", "harm", "Medicines"),
        Driver("d5", "harm", "Infections"),
        Driver("old", "harm", "Given up", ended=date(2024, 1, 1)),
    ),
)


def project(name: str, *serves: Serve, state: ProjectState = ProjectState.ACTIVE) -> Project:
    return Project(name, name, None, None, serves=serves, state=state)


P4 = project("p4", Serve("harm/d4", 9, 1, 0.5))
P5 = project("p5", Serve("harm/d5", 8, 1, 0.75))
P6 = project("p6", Serve("harm/d5", 6, 1, 0.75))


def covered(*projects: Project) -> Coverage:
    gap = gap_of(HARM, None)
    assert gap is not None
    return coverage_of(HARM, gap, projects)


def test_the_worked_example_covers_its_gap_but_is_not_believed_in() -> None:
    found = covered(P4, P5, P6)
    assert (found.gap, found.promised, found.believed) == (21.5, 23, 15)
    assert found.share == pytest.approx(1.0698, abs=1e-4)
    assert found.weighted == pytest.approx(0.6977, abs=1e-4)
    assert found.missing == ()


def test_other_aims_and_ended_drivers_are_not_counted() -> None:
    elsewhere = project("x", Serve("other/d4", 9, 1, 1), Serve("harm/old", 9, 1, 1))
    assert covered(elsewhere).promised == 0


def test_a_prediction_that_is_wanting_is_named_and_adds_nothing() -> None:
    found = covered(
        P5,
        project("p7", Serve("harm/d4", None, 1, 0.5)),
        project("p8", Serve("harm/d4", 9, None, None)),
        project("p9", Serve("harm/d4", 2, 0.5, None)),
    )
    assert (found.promised, found.believed) == (9, 6)
    assert [str(each) for each in found.missing] == [
        "p7 predicts no effect for harm/d4",
        "p8 predicts no reach for harm/d4",
        "p8 predicts no belief for harm/d4",
        "p9 predicts no belief for harm/d4",
    ]
    assert [each.what for each in found.unknown] == ["effect", "reach"]


def test_there_is_one_gap_to_one_target() -> None:
    (judged,) = HARM.measures
    assert gap_of(HARM, 41.0) == 20
    assert gap_of(HARM, 21) is None
    assert gap_of(replace(HARM, measures=()), 1) is None
    for other in ((20.0, 21.0), None):
        assert gap_of(replace(HARM, measures=(replace(judged, target=other),)), 1) is None
    assert gap_of(replace(HARM, measures=(replace(judged, baseline=Baseline()),)), None) is None
    with pytest.raises(ValueError, match="no gap"):
        coverage_of(HARM, 0, ())


def test_a_completed_project_counts_while_somebody_sustains_it() -> None:
    for state in (ProjectState.PROPOSED, ProjectState.ACTIVE, ProjectState.PAUSED):
        assert counts(state, None)
    assert not counts(ProjectState.STOPPED, "ward")
    assert not counts(ProjectState.COMPLETED, None)
    assert counts(ProjectState.COMPLETED, "ward")
    over = replace(P4, ended=date(2025, 1, 1))
    assert counted(P4)
    assert not counted(over)
    assert counted(replace(over, state=ProjectState.COMPLETED, sustainer="ward"))


def test_loads_add_up_over_what_a_person_holds() -> None:
    time = (Allocation("ann", 0.3), Allocation("bob", 0.39, 0.5), Allocation("eve", 0.4, 0.5))
    local = replace(P6, strategic=False, allocations=(Allocation("bob", 0.7),))
    found = loads(
        [
            Held(replace(P4, allocations=time), "ann", "cmo"),
            Held(P5, "ann", None),
            Held(local, "ann", "cmo"),
        ]
    )
    assert (found["ann"].leads, found["cmo"].sponsors) == (["p4", "p5"], ["p4"])
    assert found["bob"].fte == pytest.approx(1.09)
    assert [(each.project, each.share) for each in found["bob"].short] == [("p4", 0.78)]
    assert found["eve"].short == []
    assert list(stretched(found["ann"])) == []
    assert list(stretched(found["ann"], 1)) == ["leads 2 strategic projects, more than 1: p4, p5"]
    assert list(stretched(found["bob"])) == [
        "is allocated 1.09 of full time, more than 1",
        "has 0.39 of the 0.5 planned for p4",
    ]
    assert list(stretched(found["cmo"], 0, 0)) == ["sponsors 1 strategic projects, more than 0: p4"]
