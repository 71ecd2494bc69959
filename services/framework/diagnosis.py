"""The two questions: are we executing the strategy, and is the strategy working?

The heart of oversight in the Seven Leadership Leverage Points (2008), as a table:

=================  ================  ================  ====================================
executing?         drivers move?     the aim moves?    answer
=================  ================  ================  ====================================
no                 no                no                execution failure (DGN-01)
yes                no                no                changes ineffective (DGN-03)
any                yes               no, after a lag   strategy failure (DGN-02)
any                yes               yes               working
any                no                yes               unexplained improvement (DGN-04)
not to be seen                                         restore sight first
=================  ================  ================  ====================================

Settled here:

* *A driver has moved* when its run chart shows a shift of six for the better that is in force
  (its last point is among the last six), or when its last three values are at its goal. It has
  moved *since* the period in which that could first be seen.
* *The drivers move* when at least half of their weight has moved. Weight is the predicted share;
  where a driver has none, all weigh the same. A driver nobody measures counts in the whole: where
  it decides the answer, the answer is that nobody can see it.
* An improvement is not called *unexplained* while at least half of the drivers' weight shows any
  signal of improvement: a point beyond its limit is seen before a shift of six.
* *The aim moves* when it shows a signal of improvement that is in force, and has not deteriorated.
* Before a quarter of the aim's time has gone it is too early to tell; the changes are not called
  ineffective before 40 %, and strategy failure is not called before the drivers have moved for
  three of the aim's periods (aims respond later than drivers), nor so soon after a driver was
  added: a revised theory is given the same time.
* The index counts as restored after two periods: it must have been good at the end of the last two
  judged periods as well as today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from services.framework.execution import Execution, execution
from services.framework.expectations.catalogue import (
    Expectation,
    Parameter,
    Situation,
    Sureness,
    parameter,
)
from services.framework.expectations.course import elapsed, judged_since_start
from services.framework.judgement import (
    Answer,
    Diagnosis,
    DriverMove,
    Severity,
    Status,
    SubjectKind,
)
from services.framework.periods import Period
from services.framework.plan import Aim, Driver, Intent
from services.framework.signals import Reading
from services.framework.texts import listed

_QUESTIONS = "Seven Leadership Leverage Points (2008), the two questions; the numbers are ours"

DGN_01 = Expectation(
    id="DGN-01",
    title="The strategy is not being executed",
    asks="Help the projects: leaders, time, barriers. Do not change the theory.",
    text="Where neither the aim nor its drivers move, the projects at least go as planned.",
    source=_QUESTIONS,
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.CRIT,
    audience=("sponsor", "executive"),
    clears="when the projects have gone as planned for two periods, or drivers or the aim move",
    parameters=(
        Parameter("index", 0.7, 0.1, 1, "share of the projects' weight that must go as planned"),
        Parameter("elapsed", 0.25, 0, 1, "share of the aim's time before which it is too early"),
    ),
)

DGN_02 = Expectation(
    id="DGN-02",
    title="The drivers move, and the aim does not",
    asks="Revise the driver diagram; add the driver that is missing.",
    text="When the drivers have moved for long enough, the aim follows.",
    source=_QUESTIONS,
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.CRIT,
    audience=("sponsor", "executive", "board"),
    clears="when the aim improves, or a driver is added to the theory",
    parameters=(
        Parameter("lag", 3, 0, 36, "periods that an aim is given to follow its drivers"),
        Parameter("moved", 0.5, 0.1, 1, "share of the drivers' weight that makes them move"),
    ),
)

DGN_03 = Expectation(
    id="DGN-03",
    title="The changes do not move the drivers",
    asks="Test stronger changes, or bring them to more people and more reliably.",
    text="Where the projects go as planned, the drivers move.",
    source=_QUESTIONS,
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor", "advisor"),
    clears="when the drivers move, or the projects no longer go as planned",
    parameters=(
        Parameter("elapsed", 0.4, 0, 1, "share of the aim's time before which it is too early"),
    ),
)

DGN_04 = Expectation(
    id="DGN-04",
    title="Unexplained improvement",
    asks="Find the real cause before claiming credit, and record it.",
    text="Where the aim improves, its drivers do too.",
    source=_QUESTIONS,
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.INFO,
    audience=("sponsor", "advisor"),
    clears="when an explanation is recorded, or the drivers move",
)

AT_GOAL = 3
_TOO_EARLY = "Too early to tell"


class Diagnosed(NamedTuple):
    """A diagnosis, and when time alone could change it."""

    diagnosis: Diagnosis
    next_at: datetime | None = None


def diagnose(situation: Situation, aim: Aim) -> Diagnosed:
    """Ask both questions of an aim; worked out once for all that read it."""
    kept: Diagnosed | None = situation.kept.get("diagnosis")
    if kept is None:
        kept = _diagnosed(situation, aim)
        situation.kept["diagnosis"] = kept
    return kept


def _diagnosed(situation: Situation, aim: Aim) -> Diagnosed:
    if aim.intent is not Intent.IMPROVE or not _live(situation, aim):
        what = "has no driver" if aim.intent is Intent.IMPROVE else "is not to improve"
        return Diagnosed(Diagnosis(Answer.NOT_ASKED, f"The aim {what}."))
    done = execution(situation, aim)
    reading = situation.readings.get(f"aim:{aim.id}")
    moves = tuple(_move(situation, driver, aim) for driver in _live(situation, aim))
    looks = [reading.look.key for reading in situation.readings.values()]
    next_at = _earlier(situation.next_of(done.next_on), situation.next_value(looks))
    seen = _Seen(
        done.index is not None and done.index >= _needed(situation) - _HAIR,
        _drivers_move(situation, moves),
        _aim_moves(situation, reading),
        _moved_share(moves),
        elapsed(situation, aim),
    )
    answer, reason = _answer(situation, aim, seen, done, moves)
    diagnosis = Diagnosis(
        answer,
        reason,
        None if done.index is None else seen.executing,
        seen.drivers,
        seen.aim,
        done.index,
        seen.moved,
        seen.elapsed,
        int(parameter(situation, DGN_02, "lag")),
        moves,
        done.projects,
    )
    return Diagnosed(diagnosis, next_at)


class _Seen(NamedTuple):
    """What the table asks; None where nobody can tell."""

    executing: bool
    drivers: bool | None
    aim: bool | None
    moved: float
    elapsed: float | None


_HAIR = 1e-9


def _needed(situation: Situation) -> float:
    return parameter(situation, DGN_01, "index")


def _answer(
    situation: Situation,
    aim: Aim,
    seen: _Seen,
    done: Execution,
    moves: Sequence[DriverMove],
) -> tuple[Answer, str]:
    """The row of the table, with the words for it."""
    if seen.elapsed is None:
        return Answer.TOO_EARLY, f"{_TOO_EARLY}: no value since the aim began."
    if seen.aim is None or seen.drivers is None:
        blind = [move.name for move in moves if move.moved is None]
        what = "the aim moves" if seen.aim is None else f"the drivers move: {listed(blind)}"
        return Answer.UNSEEN, f"Nobody can tell whether {what}."
    if seen.aim:
        if not seen.drivers and _stirring(situation, aim, moves):
            return Answer.TOO_EARLY, f"{_TOO_EARLY}: the aim improves, and drivers begin to move."
        answer = Answer.WORKING if seen.drivers else Answer.UNEXPLAINED
        return answer, f"The aim improves; {seen.moved:.0%} of its drivers, by weight, moved."
    if seen.drivers:
        return _followed(situation, aim, moves)
    return _executed(situation, aim, seen, done)


def _stirring(situation: Situation, aim: Aim, moves: Sequence[DriverMove]) -> bool:
    """Whether half of the drivers' weight shows a signal of improvement, if not yet a shift."""
    found = 0.0
    for move in moves:
        reading = situation.readings.get(f"driver:{aim.id}/{move.id}")
        if move.moved or (reading is not None and reading.improving is not None):
            found += move.weight
    total = sum(move.weight for move in moves)
    return total > 0 and found / total >= parameter(situation, DGN_02, "moved") - _HAIR


def _followed(situation: Situation, aim: Aim, moves: Sequence[DriverMove]) -> tuple[Answer, str]:
    """The drivers move and the aim does not: a failure of the theory, once the lag is over."""
    since = _moving_since(situation, aim, moves)
    last = judged_since_start(situation, aim)[-1].period
    lag = int(parameter(situation, DGN_02, "lag"))
    names = listed(move.name for move in moves if move.moved)
    if since is None or last.ordinal - since.ordinal < lag:
        words = f"{names} moved{f' by {since}' if since else ''}; the aim is given {lag} periods"
        return Answer.TOO_EARLY, f"{_TOO_EARLY}: {words}."
    return (
        Answer.STRATEGY_FAILURE,
        f"{names} moved by {since}; {last.ordinal - since.ordinal} periods later "
        "the aim shows no signal of improvement.",
    )


def _executed(situation: Situation, aim: Aim, seen: _Seen, done: Execution) -> tuple[Answer, str]:
    """Neither the drivers nor the aim move: for want of execution, or of effect?"""
    share = seen.elapsed or 0.0
    if share < parameter(situation, DGN_01, "elapsed") - _HAIR:
        return Answer.TOO_EARLY, f"{_TOO_EARLY}: {share:.0%} of the aim's time has gone."
    if done.index is None:
        return Answer.UNSEEN, "No project is at work on the aim's drivers."
    if not seen.executing:
        late = [f"{p.name} ({p.reason})" for p in done.projects if not p.executing]
        words = f"{done.index:.0%} of the projects, by weight, go as planned"
        return Answer.EXECUTION_FAILURE, f"{words}: {listed(late)}."
    if not _restored(situation, aim):
        words = "The projects go as planned again, for less than two periods"
        return Answer.EXECUTION_FAILURE, f"{words}; neither drivers nor aim move."
    if share < parameter(situation, DGN_03, "elapsed") - _HAIR:
        return Answer.TOO_EARLY, f"{_TOO_EARLY}: {share:.0%} of the aim's time has gone."
    words = f"{done.index:.0%} of the projects, by weight, go as planned"
    return Answer.CHANGES_INEFFECTIVE, f"{words}, and {seen.moved:.0%} of the drivers moved."


def _restored(situation: Situation, aim: Aim) -> bool:
    """Whether the index was good at the end of the last two judged periods, where it was asked."""
    for point in judged_since_start(situation, aim)[-2:]:
        then = replace(situation, as_of=point.period.ends_at(situation.plan.zone), verdict=None)
        index = execution(then, aim).index
        if index is not None and index < _needed(situation) - _HAIR and _asked(then, aim):
            return False
    return True


def _asked(then: Situation, aim: Aim) -> bool:
    """Whether so much of the aim's time had gone that the index was asked for."""
    share = elapsed(then, aim)
    return share is not None and share >= parameter(then, DGN_01, "elapsed") - _HAIR


def _live(situation: Situation, aim: Aim) -> list[Driver]:
    """The primary drivers that are not ended."""
    today = situation.today
    return [d for d in aim.drivers if d.primary and (d.ended is None or d.ended > today)]


def _move(situation: Situation, driver: Driver, aim: Aim) -> DriverMove:
    equal = any(each.share is None for each in _live(situation, aim))
    weight = 1.0 if equal else driver.share or 0.0
    reading = situation.readings.get(f"driver:{driver.key}")
    if reading is None or reading.wanting is not None:
        why = reading.wanting if reading and reading.wanting else "it has no measure"
        return DriverMove(driver.id, driver.name, weight, None, None, why)
    since, reason = _moved(driver, reading)
    return DriverMove(driver.id, driver.name, weight, since is not None, since, reason)


def _moved(driver: Driver, reading: Reading) -> tuple[Period | None, str]:
    """Since when a driver has moved, and by what."""
    hit = reading.in_force(reading.shifts)
    if hit is not None:
        return hit.seen.period, f"shifted for the better, seen in {hit.seen.period}"
    since = _at_goal(driver, reading)
    if since is not None:
        return since, f"at its goal since {since}"
    return None, "no shift for the better"


def _at_goal(driver: Driver, reading: Reading) -> Period | None:
    """The period by which the last values at the goal were three; None if fewer are."""
    held: list[Period] = []
    for point in reversed(reading.after):
        if (
            driver.target is None
            or point.value is None
            or reading.worse(point.value, driver.target)
        ):
            break
        held.append(point.period)
    return held[-AT_GOAL] if len(held) >= AT_GOAL else None


def _moved_share(moves: Sequence[DriverMove]) -> float:
    total = sum(move.weight for move in moves)
    return sum(move.weight for move in moves if move.moved) / total if total > 0 else 0.0


def _drivers_move(situation: Situation, moves: Sequence[DriverMove]) -> bool | None:
    """Whether half of the drivers' weight has moved; None where the unseen would decide it."""
    need = parameter(situation, DGN_02, "moved") - _HAIR
    total = sum(move.weight for move in moves)
    unseen = sum(move.weight for move in moves if move.moved is None)
    moved = _moved_share(moves)
    if moved >= need:
        return True
    return None if total <= 0 or moved + unseen / total >= need else False


def _aim_moves(situation: Situation, reading: Reading | None) -> bool | None:
    """Whether a signal of improvement is in force; None where there is no chart to show one."""
    if reading is None or reading.wanting is not None:
        return None
    verdict = situation.verdict
    if verdict is not None and verdict.status is Status.DETERIORATING:
        return False
    return reading.improving is not None


def _moving_since(situation: Situation, aim: Aim, moves: Sequence[DriverMove]) -> Period | None:
    """The period by which half of the drivers' weight had moved, or a driver was added."""
    start = aim.start
    if start is None:
        return None
    need = parameter(situation, DGN_02, "moved") - _HAIR
    total = sum(move.weight for move in moves)
    ordered = sorted((m for m in moves if m.since is not None), key=lambda m: _ends(m.since))
    weight = 0.0
    for move in ordered:
        weight += move.weight
        if weight / total >= need:
            last = max(_ends(move.since), _theory(situation, aim))
            return Period.containing(last, start.frequency)
    return None


def _ends(period: Period | None) -> date:
    return period.last_day if period is not None else date.max


def _theory(situation: Situation, aim: Aim) -> date:
    """When a driver was last added to the theory."""
    linked = [d.linked_on for d in aim.drivers if d.linked_on and d.linked_on <= situation.today]
    return max(linked, default=date.min)


def _earlier(*instants: datetime | None) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)
