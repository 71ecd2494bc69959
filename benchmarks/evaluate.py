"""What a judgement costs of one core: one aim with all below it, one alone, and very many.

From the snapshot (plan and facts in memory) to the answer, and what the import takes. Each figure
stands beside its bound.

Run: ``python -m benchmarks.evaluate [ROUNDS] [AIMS_A_SHAPE_AND_KIND]``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from multiprocessing import get_context
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np

from benchmarks.worlds import BAD, GOOD, KEY, MONTHS, PLAIN, Simulated, simulate
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
from services.framework.fold import Course, Fold, prepared
from services.framework.judgement import Subject, SubjectKind
from services.framework.outlook import outlook
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
from services.framework.series import read_series
from services.framework.verdict import judge

EVALUATIONS = 2_400 * MONTHS
CORES = os.cpu_count() or 1
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


def alone() -> tuple[Plan, Facts]:
    """The same aim with nothing but its values."""
    plan, facts = plan_and_facts()
    aim = replace(plan.aims["a"], drivers=())
    return replace(plan, aims={"a": aim}, projects={}), Facts(facts.observations)


def one_aim(rounds: int) -> float:
    """Milliseconds from the snapshot to status, forecast and probability, ten months in."""
    plan, facts = alone()
    aim, as_of = plan.aims["a"], FIRST.shift(22).ends_at(plan.zone)
    verdict = judge(plan, aim, lambda key: read_series(plan, facts, key), as_of).verdict
    assert verdict.probability is not None
    return _median(
        rounds, lambda: judge(plan, aim, lambda key: read_series(plan, facts, key), as_of)
    )


def whole_aim(rounds: int) -> float:
    """Milliseconds from the snapshot to the verdict, findings, chain and next time to look."""
    plan, facts = plan_and_facts()
    as_of = midnight(date(2026, 1, 25), plan.zone)
    return _median(rounds, lambda: evaluate(plan, facts, Subject(SubjectKind.AIM, "a"), as_of))


def _median(rounds: int, work: Callable[[], object]) -> float:
    """Milliseconds of one core, warm: the median of the quietest of ten batches."""
    batches = [sorted(_timed(work) for _ in range(rounds // 10)) for _ in range(10)]
    return min(batch[len(batch) // 2] for batch in batches)


def _timed(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return (process_time() - began) * 1000


def every_month(aims: int) -> float:
    """Seconds that status, forecast and probability of 2,400 aims take, at each of 24 months.

    Of one core. Made from so many aims of each shape and kind. As they come in: month after month,
    all aims of a month. An aim is folded once; what is said as of a month rests on that month and
    those before.
    """
    made = _made(aims)
    return min(_told_each_month(made) for _ in range(3)) / (len(made) * MONTHS) * EVALUATIONS


def on_every_core(aims: int) -> float:
    """The same by the clock on the wall with a process for each core, as a backtest runs."""
    many = len(_made(aims))
    with ProcessPoolExecutor(CORES, get_context("fork")) as pool:
        took = []
        for _ in range(3):
            began = perf_counter()
            list(pool.map(_share, [(aims, first) for first in range(CORES)]))
            took.append(perf_counter() - began)
    return min(took) / (many * MONTHS) * EVALUATIONS


def _share(of: tuple[int, int]) -> None:
    """Judge every so-manieth aim each month."""
    aims, first = of
    _told_each_month(_made(aims)[first::CORES])


@cache
def _made(aims: int) -> list[Simulated]:
    return list(simulate(PLAIN, {**GOOD, **BAD}, aims, np.random.default_rng(1)))


def _told_each_month(made: Sequence[Simulated]) -> float:
    """Seconds for the status and outlook of every aim as of every month."""
    began = process_time()
    folds = [_begun(aim) for aim in made]
    for month in range(MONTHS):
        for fold, start in folds:
            outlook(fold.course, fold.run(start + month))
    return process_time() - began


def _begun(aim: Simulated) -> tuple[Fold, int]:
    """An aim before its first month, and that month's ordinal."""
    declared, start = aim.aim.measures[0], aim.aim.start
    series = read_series(aim.plan, aim.facts, KEY)
    course = prepared(aim.aim, declared, aim.plan.measures[declared.measure], series)
    assert isinstance(course, Course)
    assert start is not None
    return Fold(course), start.ordinal


def imported(times: int = 9) -> float:
    """Milliseconds that the import takes in a fresh interpreter, beyond a bare one.

    As where it is installed: with the bytecode of the time before, whatever the environment says.
    """
    with TemporaryDirectory() as kept:
        setting = {
            key: word for key, word in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"
        }
        setting["PYTHONPYCACHEPREFIX"] = kept
        bare, whole = (
            min([_started(code, setting) for _ in range(times + 1)][1:])
            for code in ("pass", "import services.framework.evaluate")
        )
    return (whole - bare) * 1000


def _started(code: str, environment: dict[str, str]) -> float:
    began = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    return perf_counter() - began


def main(rounds: int = 500, aims: int = 4) -> int:
    """Print each figure beside its bound; 1 if one is passed."""
    found: dict[str, tuple[float, float | None, str]] = {
        "36 points, 4 drivers, 8 projects, 30 milestones: verdict, findings and chain": (
            whole_aim(rounds), 3.0, "ms",
        ),
        "36 points alone: status, forecast and probability": (one_aim(rounds), 1.0, "ms"),
        f"2,400 aims at all 24 months ({EVALUATIONS:,} evaluations), {CORES} cores": (
            on_every_core(aims), 20.0, "s",
        ),
        "the same of one core": (every_month(aims), None, "s"),
        "import of services.framework.evaluate": (imported(), 200.0, "ms"),
    }  # fmt: skip
    for name, (figure, bound, unit) in found.items():
        said = f"  bound {bound:g} {unit}" if bound is not None else ""
        print(f"{name:80}{figure:8.2f} {unit:2}{said}")
    return int(any(bound is not None and figure > bound for figure, bound, _ in found.values()))


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
