"""The status of an aim, folded over its periods, with its reason in words and numbers.

Every status, how it is entered and how it is left. E is the running mean (EWMA) of the lag behind
the path, W of the lag behind the baseline, S of the lag behind the target since it was achieved,
each against its own limit (*sure*; two thirds of that: *doubt*; exits at half of each). That of E
and W is 7.5 % of the gap and 1.68 standard errors over 24 periods, more for longer aims; that of S,
and where a level is held, 2.7 standard errors. Values are judged without their season, and one
value counts for at most 2 standard deviations in E, W and S, and on the good side in Z3.
Z3 is the standardised mean of the last three periods' distance from the target, G3 from the path.

=============  ==========================================  =====================================
status         entered                                     left
=============  ==========================================  =====================================
waiting        not begun; fewer than 2 judged values       2 judged values since the start, with a
               since the start; baseline or noise unknown  baseline and enough ranges for the noise
deteriorating  W sure; or E sure and the value alone       W at most half its limit and the value
               beyond the baseline by 3 sigma              itself within 3 sigma of the baseline
slipping       achieved before, and S sure                 S at most half its limit, or achieved
                                                           anew
achieved       Z3 at least 1.645 on the good side, from    slipping, or deteriorating
               three judged values
off_track      E sure                                      E at most half its limit
at_risk        E in doubt; or off track or deteriorating   E at most half the doubt limit, or sure
               left while E is still in doubt
on_track       none of the above                           any of the above
holding        hold or within: none of the above           off_track (level or range surely lost),
                                                           deteriorating, at_risk as above
missed         deadline's value final: G3 above 2.5, or    the aim is ended by decision
               off track or worse standing and G3 above 1
close          deadline's value final, not missed, target  the aim is ended by decision
               not surely reached
=============  ==========================================  =====================================

Precedence is the order of the table: waiting, deteriorating, slipping, achieved, off_track,
at_risk, on_track. At the deadline the last status stands ("awaiting final data") until the value
is final; an achieved aim stays watched for slipping afterwards. A hold or within aim that holds
at its deadline goes on holding. A missing, partial, suppressed or withdrawn value changes nothing.
Blindness is a flag beside the status. Of several measures each is judged; the aim's status is the
worst (``succeed: all``) or the primary's (``succeed: primary``), never an average.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

from services.framework.facts import SeriesKey
from services.framework.fold import DECIDED, Course, Fold, Step, prepared
from services.framework.judgement import PathReading, Status, Verdict
from services.framework.outlook import outlook
from services.framework.periods import Period, local_date, midnight
from services.framework.plan import Aim, AimMeasure, Plan
from services.framework.reasons import reason_of, would_change
from services.framework.series import Series, arrears, blind_at

RULE_SET = "ewma-lag/4"

_SHOWN = frozenset({Status.ACHIEVED, Status.HOLDING})
"""What an aim stands at whose values show that it is reached."""

WORST_FIRST = (
    Status.MISSED,
    Status.DETERIORATING,
    Status.SLIPPING,
    Status.OFF_TRACK,
    Status.AT_RISK,
    Status.WAITING,
    Status.CLOSE,
    Status.ON_TRACK,
    Status.HOLDING,
    Status.ACHIEVED,
)


class Judged(NamedTuple):
    """A verdict, and when time alone could next change it."""

    verdict: Verdict
    next_at: datetime | None


def judge(plan: Plan, aim: Aim, read: Callable[[SeriesKey], Series], as_of: datetime) -> Judged:
    """The verdict on an aim as of an instant, without its chain; ``read`` gives a series.

    Raises KeyError where the aim names a measure that the plan does not have.
    """
    parts = [_judge_measure(plan, aim, declared, read, as_of) for declared in aim.measures]
    due = [part.next_at for part in parts if part.next_at is not None]
    return Judged(_told(plan, aim, parts, as_of), min(due, default=None))


def _told(plan: Plan, aim: Aim, parts: Sequence[Judged], as_of: datetime) -> Verdict:
    """One verdict of several: the worst, or the primary's; the others are named beside it."""
    if not parts:
        return Verdict(Status.WAITING, "Waiting: the aim has no measure.", rule_set=RULE_SET)
    primary = next((i for i, m in enumerate(aim.measures) if m.primary), 0)
    worst = min(range(len(parts)), key=lambda i: WORST_FIRST.index(parts[i].verdict.status))
    lead = primary if aim.succeed == "primary" else worst
    verdict = parts[lead].verdict
    reason = verdict.reason
    if len(parts) > 1:
        names = [plan.measures[m.measure].name for m in aim.measures]
        others = [
            f"{name}: {part.verdict.status.words.lower()}"
            for i, (name, part) in enumerate(zip(names, parts, strict=True))
            if i != lead
        ]
        reason = f"{names[lead]}: {reason} {'; '.join(others)}."
        blind = [p.verdict.blind_since for p in parts if p.verdict.blind_since is not None]
        verdict = replace(verdict, blind_since=min(blind, default=None))
    if _ended(plan, aim, as_of):
        reason = f"{reason} {ending(aim)}{_against(aim, verdict.status)}"
    return replace(verdict, reason=reason)


def _ended(plan: Plan, aim: Aim, as_of: datetime) -> bool:
    return aim.ended is not None and midnight(aim.ended, plan.zone) <= as_of


def _against(aim: Aim, status: Status) -> str:
    """That an aim was closed as reached though its values do not show it; empty otherwise."""
    if aim.outcome != "reached" or status in _SHOWN:
        return ""
    return f" Closed as reached against the evidence: it stood at {status.words.lower()}."


def ending(aim: Aim) -> str:
    """When, as what and by which minute an aim was ended, in a sentence."""
    outcome = f" as {aim.outcome}" if aim.outcome else ""
    if aim.successor:
        outcome += f" by {aim.successor}"
    minute = f" (minute {aim.outcome_minute})" if aim.outcome_minute else ""
    return f"Ended on {aim.ended}{outcome}{minute}."


def _judge_measure(
    plan: Plan,
    aim: Aim,
    declared: AimMeasure,
    read: Callable[[SeriesKey], Series],
    as_of: datetime,
) -> Judged:
    measure = plan.measures[declared.measure]
    key = SeriesKey(measure.id, aim.site, aim.stratum, declared.definition)
    series = read(key)
    ended = _ended(plan, aim, as_of)
    cut = midnight(aim.ended, plan.zone) if ended and aim.ended is not None else as_of
    course = prepared(aim, declared, measure, series)
    if isinstance(course, str):
        verdict = _unjudged(declared, f"Waiting: {course}.")
        return Judged(verdict, None if ended else _next_boundary(plan, aim, series, as_of))
    return _judge_course(plan, course, cut, ended)


def _unjudged(declared: AimMeasure, reason: str) -> Verdict:
    return Verdict(Status.WAITING, reason, target=declared.target, rule_set=RULE_SET)


def _judge_course(plan: Plan, course: Course, as_of: datetime, ended: bool) -> Judged:
    """Fold what ended by ``as_of``; an aim that has not begun has nothing to fold."""
    start = course.aim.start
    assert start is not None  # noqa: S101  (prepared() gives no course without one)
    today = local_date(as_of, plan.zone)
    fold = Fold(course).run(Period.containing(today, course.measure.frequency).ordinal - 1)
    blind, blind_next = _blindness(plan, course, fold, start, as_of)
    begun = start.start <= today
    verdict = _verdict(course, fold, blind, begun)
    if ended:
        return Judged(replace(verdict, would_change=None), None)
    boundary = _next_boundary(plan, course.aim, course.series, as_of)
    due = [at for at in (boundary, blind_next) if at is not None]
    return Judged(verdict, min(due, default=None))


def _blindness(
    plan: Plan, course: Course, fold: Fold, start: Period, as_of: datetime
) -> tuple[Period | None, datetime | None]:
    """The first period unseen for too long, or when that would be; nothing once it is decided."""
    if fold.status in DECIDED:
        return None, None
    owed = arrears(course.series, start, as_of, plan, look_back=None)
    first = owed.tail[0] if owed.tail else owed.next_late
    if first is None:
        return None, None
    last = course.series.last_settled
    if last is not None and first.ordinal < last.ordinal:
        return None, None
    at = blind_at(first, course.measure, plan)
    return (first, None) if at <= as_of else (None, at)


def _next_boundary(plan: Plan, aim: Aim, series: Series, as_of: datetime) -> datetime | None:
    """The next time at which the calendar changes what is judged: a start, an end, a period's end.

    Values that came before their period ended are judged when it ends.
    """
    instants = []
    if series.points:
        now = Period.containing(local_date(as_of, plan.zone), series.measure.frequency).ordinal
        early = list(takewhile(lambda point: point.ordinal >= now, reversed(series.points)))
        instants += [point.period.ends_at(plan.zone) for point in early[-1:]]
    if aim.start is not None:
        instants.append(aim.start.begins_at(plan.zone))
    if aim.deadline is not None:
        instants.append(aim.deadline.ends_at(plan.zone))
    if aim.ended is not None:
        instants.append(midnight(aim.ended, plan.zone))
    return min((at for at in instants if at > as_of), default=None)


def _verdict(course: Course, fold: Fold, blind: Period | None, begun: bool) -> Verdict:
    last = fold.judged[-1] if fold.judged else None
    ahead = outlook(course, fold)
    return Verdict(
        status=fold.status,
        reason=reason_of(course, fold, blind, begun),
        since=_period(course, fold.since),
        blind_since=blind,
        period=last.point.period if last and last.point else None,
        value=last.point.value if last and last.point else None,
        expected=last.expected if last else None,
        target=course.declared.target if course.declared.target is not None else course.target,
        baseline=course.level.value,
        probability=ahead.forecast.probability if ahead.forecast else None,
        rule_set=RULE_SET,
        would_change=would_change(course, fold),
        readings=_readings(course, fold),
        forecast=ahead.forecast,
        outlook=ahead.words,
    )


def _period(course: Course, ordinal: int | None) -> Period | None:
    start = course.aim.start
    if start is None or ordinal is None:
        return None
    return start.shift(ordinal - start.ordinal)


def _readings(course: Course, fold: Fold) -> tuple[PathReading, ...]:
    return tuple([_reading(course, step) for step in fold.steps])


def _reading(course: Course, step: Step) -> PathReading:
    point, known = step.point, step.sigma is not None
    return PathReading(
        point.period if point else _missing(course, step.ordinal),
        point.value if point else None,
        step.expected,
        step.path.lag if known else None,
        step.path.ewma if known else None,
        step.path.limit if known else None,
        step.status,
    )


def _missing(course: Course, ordinal: int) -> Period:
    period = _period(course, ordinal)
    assert period is not None  # noqa: S101  (a fold begins at the aim's start)
    return period
