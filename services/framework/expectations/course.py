"""The course of an aim to its date: its chance (TRJ-02), its signal (TRJ-03), its gain (TRJ-05).

TRJ-02 and TRJ-05 rest on the verdict's own evidence: the chance of reaching the aim, and whether it
slips. Both are said by the aim's status, so they open no alert of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Parameter,
    Situation,
    Sureness,
    awaiting,
    parameter,
    passed,
    tripped,
)
from services.framework.facts import SeriesKey
from services.framework.fold import DECIDED, Course, Fold, prepared
from services.framework.judgement import Input, Severity, Status, SubjectKind
from services.framework.outlook import outlook
from services.framework.periods import Period
from services.framework.plan import Aim, Intent
from services.framework.series import Point

TRJ_02 = Expectation(
    id="TRJ-02",
    title="Small chance of reaching the aim",
    asks="Decide with the aim's team what would have to change for the aim to be reached.",
    text="The chance of reaching the aim by its date is not small at two values in a row.",
    source="Seven Leadership Leverage Points (2008), points 1 and 2; chance by Bayesian forecast",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor",),
    clears="when the chance is no longer small at two values in a row, or is fair at one",
    parameters=(
        Parameter("chance", 0.2, 0.01, 0.5, "chance below which it is small"),
        Parameter("fair", 0.4, 0.05, 0.9, "chance from which it is fair"),
        Parameter("elapsed", 0.33, 0, 1, "share of the aim's time before which it is not asked"),
    ),
)

TRJ_03 = Expectation(
    id="TRJ-03",
    title="No sign of improvement",
    asks="Look with the aim's team at what was changed, and whether it can move the aim.",
    text="When 40 % of its time has gone, an aim has shown a signal of improvement.",
    source="Perla, Provost and Murray (2011); the share is ours",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor", "advisor"),
    clears="when there is any signal of improvement",
    parameters=(
        Parameter("elapsed", 0.4, 0.1, 1, "share of the aim's time by which it is asked for"),
    ),
)

TRJ_05 = Expectation(
    id="TRJ-05",
    title="Gain lost",
    asks="Decide who restores the gain, and by when.",
    text="What an aim has achieved is kept.",
    source="spread and sustain, Nolan (2007)",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor", "project_sponsors"),
    clears="when the aim's status is no longer slipping",
)

_FAR_BACK = 12


def chance_is_not_small(situation: Situation) -> Iterable[Finding]:
    """TRJ-02. Values are taken from the latest back until two in a row agree: small, or not."""
    about, verdict = str(situation.subject), situation.verdict
    aim = situation.plan.aims[situation.subject.id]
    chance = verdict.probability if verdict else None
    if verdict is None or chance is None:
        why = (verdict.outlook if verdict else None) or "There is no forecast."
        decided = verdict is not None and verdict.status in DECIDED
        yield Finding((passed if decided else awaiting)(TRJ_02, about, why))
        return
    inputs: dict[str, Input] = {"chance": chance}
    small = parameter(situation, TRJ_02, "chance")
    if chance >= max(small, parameter(situation, TRJ_02, "fair")) or not _stays_small(
        situation, aim, small
    ):
        yield Finding(passed(TRJ_02, about, f"The chance is {chance:.0%}.", inputs))
        return
    reason = f"The chance of reaching the aim is {chance:.0%}; twice now under {small:.0%}."
    yield Finding(tripped(TRJ_02, about, reason, inputs))


def _stays_small(situation: Situation, aim: Aim, small: float) -> bool:
    """Whether the last two neighbouring chances that agree were small."""
    for later, earlier in pairwise(_chances(situation, aim)):
        if (later < small) == (earlier < small):
            return later < small
        if earlier >= parameter(situation, TRJ_02, "fair"):
            return False
    return False


def _chances(situation: Situation, aim: Aim) -> Iterator[float]:
    """The chance at each judged value, the latest first, back to where it is first asked for."""
    course = _course(situation, aim)
    if course is None:
        return
    share = parameter(situation, TRJ_02, "elapsed")
    for point in reversed(judged_since_start(situation, aim)[-_FAR_BACK:]):
        if course.path.elapsed(point.ordinal) < share:
            return
        ahead = outlook(course, Fold(course).run(point.ordinal))
        if ahead.forecast is None:
            return
        yield ahead.forecast.probability


def _course(situation: Situation, aim: Aim) -> Course | None:
    """The course of the aim's leading measure: of several, the one that the aim is judged by."""
    declared = aim.primary
    if declared is None:
        return None
    measure = situation.plan.measures[declared.measure]
    key = SeriesKey(measure.id, aim.site, aim.stratum, declared.definition)
    course = prepared(aim, declared, measure, situation.series(key))
    return None if isinstance(course, str) else course


def improvement_is_seen(situation: Situation) -> Iterable[Finding]:
    """TRJ-03: a shift of six on the run chart, a point beyond a limit, or two of three near it."""
    about = str(situation.subject)
    aim = situation.plan.aims[situation.subject.id]
    reading, share = situation.readings.get(about), elapsed(situation, aim)
    if aim.intent is not Intent.IMPROVE or reading is None or reading.wanting or share is None:
        wanting = reading.wanting if reading else None
        why = f"Not judged: {wanting}." if wanting else "Not asked of this aim."
        yield Finding((awaiting if wanting else passed)(TRJ_03, about, why))
        return
    inputs: dict[str, Input] = {"elapsed": round(share, 3)}
    hit, next_at = reading.improved, situation.next_value([reading.look.key])
    if hit is not None:
        inputs |= {"rule": hit.rule.value, "seen": hit.seen.period.label}
        reason = f"It improved: {hit.rule.words} seen in {hit.seen.period}."
        yield Finding(passed(TRJ_03, about, reason, inputs), next_at)
        return
    if share < parameter(situation, TRJ_03, "elapsed"):
        reason = f"No signal of improvement, with {share:.0%} of its time gone."
        yield Finding(passed(TRJ_03, about, reason, inputs), next_at)
        return
    last = judged_since_start(situation, aim)[-1].period
    reason = f"No signal of improvement by {last}, when {share:.0%} of its time had gone."
    yield Finding(tripped(TRJ_03, about, reason, inputs), next_at)


def gain_is_kept(situation: Situation) -> Iterable[Finding]:
    """TRJ-05: the verdict slipping, said as a finding."""
    verdict = situation.verdict
    if verdict is None:
        return
    about, inputs = str(situation.subject), {"status": verdict.status.value}
    if verdict.status is not Status.SLIPPING:
        yield Finding(passed(TRJ_05, about, verdict.reason, inputs))
        return
    since = verdict.since.ends_at(situation.plan.zone) if verdict.since else None
    yield Finding(tripped(TRJ_05, about, verdict.reason, inputs, None, since))


def judged_since_start(situation: Situation, aim: Aim) -> tuple[Point, ...]:
    """The judged values of the aim's first measure since its start, of periods that are over."""
    kept: tuple[Point, ...] | None = situation.kept.get("since_start")
    if kept is None:
        kept = tuple(_since_start(situation, aim))
        situation.kept["since_start"] = kept
    return kept


def _since_start(situation: Situation, aim: Aim) -> Iterator[Point]:
    declared = aim.primary
    if declared is None or aim.start is None:
        return
    key = SeriesKey(declared.measure, aim.site, aim.stratum, declared.definition)
    series = situation.series(key)
    first = aim.start.ordinal
    now = Period.containing(situation.today, series.measure.frequency).ordinal
    for point in series.points:
        if point.judged and first <= point.ordinal < now:
            yield point


def elapsed(situation: Situation, aim: Aim) -> float | None:
    """The share of the aim's time that had gone at its last judged value; None before the first."""
    points = judged_since_start(situation, aim)
    if not points or aim.start is None or aim.deadline is None:
        return None
    begin = aim.start.ordinal - 1 + aim.lag
    span = aim.deadline.ordinal - begin
    return min(1.0, max(0.0, (points[-1].ordinal - begin) / span)) if span > 0 else 1.0
