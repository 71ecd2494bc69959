"""Milliseconds of one core to evaluate an aim: 36 points, 4 drivers, 8 projects, 30 milestones.

From the snapshot (plan and facts in memory) to the verdict, its findings, its chain and the next
time to look. The bound is 3 ms.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from statistics import median
from time import perf_counter

from services.framework.evaluate import evaluate
from services.framework.facts import (
    Facts,
    MilestoneChange,
    MilestoneEvent,
    Observation,
    Role,
    RoleChange,
    SeriesKey,
)
from services.framework.judgement import Subject, SubjectKind
from services.framework.periods import Frequency, Period, midnight
from services.framework.plan import (
    Aim,
    AimMeasure,
    Baseline,
    Direction,
    Driver,
    Intent,
    Kind,
    Measure,
    Milestone,
    Organisation,
    Person,
    Plan,
    Project,
    Serve,
)

BOUND_MS = 3.0
FIRST = Period(date(2023, 1, 1), Frequency.MONTH)


def plan_and_facts() -> tuple[Plan, Facts]:
    """An aim with everything that the bound names, and events on a third of the milestones."""
    drivers = tuple(Driver(f"d{i}", "a", f"Driver {i}", share=0.25) for i in range(4))
    aim = Aim(
        "a",
        "Aim",
        Intent.IMPROVE,
        (AimMeasure("m", Baseline(FIRST, FIRST.shift(11)), 88.0),),
        FIRST.shift(12),
        FIRST.shift(35),
        "p",
        drivers=drivers,
    )
    projects = {f"p{i}": _project(i) for i in range(8)}
    plan = Plan(
        Organisation("o", "Organisation", "Europe/London"),
        people={"p": Person("p", "Person")},
        measures={
            "m": Measure("m", "M", Kind.VALUE, Direction.DECREASE, Frequency.MONTH, unit="ratio")
        },
        aims={"a": aim},
        projects=projects,
    )
    return plan, _facts(plan)


def _project(i: int) -> Project:
    milestones = tuple(
        Milestone(f"m{j}", f"p{i}", f"Milestone {j}", date(2024, 3, 1) + timedelta(days=60 * j))
        for j in range(4 if i < 6 else 3)
    )
    return Project(
        f"p{i}",
        f"Project {i}",
        date(2024, 1, 1),
        date(2025, 12, 31),
        "p",
        "p",
        serves=(Serve(f"a/d{i % 4}", 3.0, 1.0, 0.7),),
        milestones=milestones,
    )


def _facts(plan: Plan) -> Facts:
    key = SeriesKey("m")
    values = [103 + (i * 7 % 5) - 2 - max(0, i - 11) * 0.3 for i in range(36)]
    observations = tuple(
        Observation(key, FIRST.shift(i), v, FIRST.shift(i).late_at(20, plan.zone))
        for i, v in enumerate(values)
    )
    known = midnight(date(2024, 6, 1), plan.zone)
    done = tuple(
        MilestoneEvent(key, MilestoneChange.COMPLETED, date(2024, 6, 1), known)
        for key in list(plan.milestones)[::3]
    )
    left = (RoleChange("project:p3", Role.LEADER, None, date(2025, 3, 3), known),)
    return Facts({key: observations}, milestones=done, roles=left)


def main(rounds: int = 500) -> int:
    """Print the median and the worst of many evaluations; 1 if the median passes the bound."""
    plan, facts = plan_and_facts()
    as_of = midnight(date(2026, 1, 25), plan.zone)
    subject = Subject(SubjectKind.AIM, "a")
    times = []
    for _ in range(rounds):
        began = perf_counter()
        evaluate(plan, facts, subject, as_of)
        times.append((perf_counter() - began) * 1000)
    times.sort()
    print(
        f"evaluate: median {median(times):.3f} ms, p99 {times[int(rounds * 0.99)]:.3f} ms "
        f"(36 points, 4 drivers, 8 projects, {len(plan.milestones)} milestones; "
        f"bound {BOUND_MS} ms)"
    )
    return median(times) > BOUND_MS


if __name__ == "__main__":
    sys.exit(main())
