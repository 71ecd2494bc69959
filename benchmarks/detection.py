"""How good the verdict is, on simulated aims whose truth is known, in plain and in hard worlds.

A false alarm is any bad status that an executive can be told of before the deadline is decided, on
an aim that is on track in truth: off track, deteriorating, slipping, missed. An aim that is off
track in truth is called by the first of them. Beside Bigdot, on the same aims, what others do; they
are given the true noise of one value.

Run: ``python -m benchmarks.detection [AIMS_A_SHAPE_AND_KIND] [SEED]``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from benchmarks.peers import PEERS
from benchmarks.worlds import BAD, GOOD, HARD, KEY, MONTHS, PLAIN, Simulated, World, hold, simulate
from services.framework.judgement import Status, Verdict
from services.framework.series import read_series
from services.framework.verdict import judge

QUICK = 3
FALSE, FALSE_HARD, IN_TIME, DELAY, LATER, LATER_COUNTS = 0.05, 0.10, 0.68, 2.8, 1.5, 3.0
AT_RISK, ENDS_WELL = 0.10, 0.90
US = "Bigdot"


class Run(NamedTuple):
    """One aim judged: the period (from 1) of the first call by each method, None where none."""

    aim: Simulated
    verdict: Verdict
    calls: dict[str, int | None]


class Found(NamedTuple):
    """What one method does in a world: shares, and months.

    ``at_risk``: of the months of aims on track; ``ends_well``: of aims on their path to the end.
    """

    false: float
    false_hold: float
    in_time: float
    delay: float
    at_risk: float = 0.0
    ends_well: float = 1.0


def main(aims: int = 100, seed: int = 1) -> int:
    """Print every world; 1 where a goal is missed."""
    began = time.perf_counter()
    plain = _world(PLAIN, aims, seed)
    missed = _missed_plain(plain)
    for world in HARD:
        missed += _missed_hard(world, _world(world, aims, seed), plain)
    print(f"{time.perf_counter() - began:.0f} s; {aims} aims a shape and kind, seed {seed}")
    print("missed: " + "; ".join(missed) if missed else "every goal is met")
    return int(bool(missed))


def _world(world: World, aims: int, seed: int) -> Found:
    rng = np.random.default_rng(seed)
    good = [_run(world, aim) for aim in simulate(world, GOOD, aims, rng)]
    held = [_run(world, aim) for aim in hold(world, aims, rng)]
    bad = [
        run for run in (_run(world, aim) for aim in simulate(world, BAD, aims, rng)) if _off(run)
    ]
    print(f"{world.name}: {len(good)} aims on track, {len(held)} that hold, {len(bad)} off track")
    print(f"  {'':48}false  on hold  in 3 months  delay, months")
    found = {name: _found(world, name, good, held, bad) for name in (US, *PEERS)}
    for name, figures in found.items():
        print(
            f"  {name:46}{figures.false:7.1%}{figures.false_hold:9.1%}{figures.in_time:13.1%}"
            f"{figures.delay:15.2f}"
        )
    statuses = [reading.status for run in good for reading in run.verdict.readings]
    ours = found[US]._replace(
        at_risk=_share(s is Status.AT_RISK for s in statuses), ends_well=_ends_well(good)
    )
    print(f"  {ours.at_risk:.1%} of the months on track are at risk;", end=" ")
    print(f"of aims on their path to the end {ours.ends_well:.1%} end well", flush=True)
    return ours


def _run(world: World, aim: Simulated) -> Run:
    series = read_series(aim.plan, aim.facts, KEY)
    assert aim.aim.deadline is not None
    as_of = aim.aim.deadline.late_at(30, aim.plan.zone)
    verdict = judge(aim.plan, aim.aim, lambda _: series, as_of).verdict
    last = world.periods(MONTHS)
    ours = next((i for i, r in enumerate(verdict.readings, 1) if _bad(r.status, i < last)), None)
    return Run(aim, verdict, {US: ours, **_peers(aim, verdict)})


def _bad(status: Status, before_the_end: bool) -> bool:
    return status.is_bad and (before_the_end or status is not Status.MISSED)


def _peers(aim: Simulated, verdict: Verdict) -> dict[str, int | None]:
    known = [
        (number, reading.value - reading.expected)
        for number, reading in enumerate(verdict.readings, 1)
        if reading.value is not None and reading.expected is not None
    ]
    lags = [lag for _, lag in known]
    behind, sigmas = [lag / abs(aim.gap) for lag in lags], [lag / aim.noise for lag in lags]
    calls = {name: peer(behind, sigmas) for name, peer in PEERS.items()}
    return {name: None if at is None else known[at][0] for name, at in calls.items()}


def _off(run: Run) -> bool:
    return run.aim.truth is not None


def _found(world: World, name: str, good: list[Run], held: list[Run], bad: list[Run]) -> Found:
    last = world.periods(MONTHS) + 1
    delays = [(run.calls[name] or last) - (run.aim.truth or last) for run in bad]
    month = world.a_year / 12
    return Found(
        _share(run.calls[name] is not None for run in good),
        _share(run.calls[name] is not None for run in held),
        _share(delay <= QUICK * month for delay in delays),
        sum(max(delay, 0) for delay in delays) / month / len(delays),
    )


def _ends_well(good: list[Run]) -> float:
    ends = [run.verdict.status for run in good if run.aim.shape == "linear"]
    return _share(status in (Status.ACHIEVED, Status.CLOSE) for status in ends)


def _share(hits: Iterable[bool]) -> float:
    known = list(hits)
    return sum(known) / len(known)


def _missed_plain(found: Found) -> list[str]:
    goals = {
        f"false {FALSE:.0%}": found.false <= FALSE,
        f"false on hold {FALSE:.0%}": found.false_hold <= FALSE,
        f"in 3 months {IN_TIME:.0%}": found.in_time >= IN_TIME,
        f"delay {DELAY}": found.delay <= DELAY,
        f"at risk {AT_RISK:.0%}": found.at_risk <= AT_RISK,
        f"end well {ENDS_WELL:.0%}": found.ends_well >= ENDS_WELL,
    }
    return [f"plain, {goal}" for goal, met in goals.items() if not met]


def _missed_hard(world: World, found: Found, plain: Found) -> list[str]:
    later = LATER_COUNTS if world.dispersion[1] > 1 else LATER
    goals = {
        f"false {FALSE_HARD:.0%}": max(found.false, found.false_hold) <= FALSE_HARD,
        f"no more than {later} months later": found.delay <= plain.delay + later,
    }
    return [f"{world.name}, {goal}" for goal, met in goals.items() if not met]


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
