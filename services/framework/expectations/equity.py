"""Equity: did a gap narrow from the wrong end (EQ-01), is anybody left behind (EQ-02)?

The share of cases whose stratum is unknown stands beside both: it is what the whole's denominator
has beyond the strata's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

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
from services.framework.expectations.special_causes import point_beyond, shift_for_the_worse
from services.framework.facts import SeriesKey
from services.framework.judgement import Input, Severity, Status, SubjectKind
from services.framework.plan import ALL, Aim
from services.framework.series import Point
from services.framework.signals import LEAST, Reading, beside
from services.framework.texts import listed

EQ_01 = Expectation(
    id="EQ-01",
    title="Gap narrowed from the wrong end",
    asks="Find out what the better-off group lost; narrow the gap from the other end.",
    text="A gap between groups does not narrow only because the better-off group got worse.",
    source="practice of equity in improvement; the numbers are ours",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor",),
    clears="when the better-off group's signal ends, or the worse-off group improves",
    parameters=(
        Parameter("recent", 6, 3, 24, "latest periods that are compared with the baseline"),
    ),
)

EQ_02 = Expectation(
    id="EQ-02",
    title="A group is left behind",
    asks="Say what is done for the group that has not reached the aim.",
    text="An aim that is reached on the whole is reached for every declared group.",
    source="practice of equity in improvement; the numbers are ours",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor", "board"),
    clears="when one of the group's last three values is at the target",
    parameters=(
        Parameter("values", 3, 1, 12, "latest values of a group that all must miss the target"),
    ),
)


def gap_narrows_from_below(situation: Situation) -> Iterable[Finding]:
    """EQ-01, between the groups that were best and worst over the baseline.

    It trips where the gap between the two is smaller in the latest periods than it was, the
    better-off group shows a signal for the worse, and the worse-off one none for the better.
    """
    about = str(situation.subject)
    aim = situation.plan.aims[situation.subject.id]
    known = strata_readings(situation, aim)
    groups = [(name, r) for name, r in known if not r.wanting]
    next_at = situation.next_value([r.look.key for _, r in groups])
    if len(groups) < 2:  # noqa: PLR2004
        reason = "There are no two groups with a baseline to compare."
        lacking = len(known) >= 2  # noqa: PLR2004
        yield Finding((awaiting if lacking else passed)(EQ_01, about, reason), next_at)
        return
    sign = groups[0][1].look.sign
    ordered = sorted(groups, key=lambda g: sign * _mean(g[1].points[: g[1].base]))
    (poor, low), (rich, high) = ordered[0], ordered[-1]
    recent = int(parameter(situation, EQ_01, "recent"))
    was = sign * (_mean(high.points[: high.base]) - _mean(low.points[: low.base]))
    now = sign * (_mean(high.after[-recent:]) - _mean(low.after[-recent:]))
    inputs: dict[str, Input] = {
        "better_off": rich,
        "worse_off": poor,
        "gap_before": was,
        "gap_now": now,
        "unknown": unknown_share(situation, aim),
    }
    worse = shift_for_the_worse(high) or point_beyond(high, LEAST)
    if worse is None or now >= was or low.improving is not None:
        reason = f"The gap between {rich} and {poor} was {was:.4g} and is {now:.4g}."
        yield Finding(passed(EQ_01, about, reason, inputs), next_at)
        return
    reason = (
        f"The gap between {rich} and {poor} narrowed from {was:.4g} to {now:.4g} "
        f"only because {rich} got worse."
    )
    since = worse.seen.period.ends_at(situation.plan.zone)
    yield Finding(tripped(EQ_01, about, reason, inputs, None, since), next_at)


def every_group_reaches_the_aim(situation: Situation) -> Iterable[Finding]:
    """EQ-02 of each declared group, once the aim's status is achieved."""
    aim = situation.plan.aims[situation.subject.id]
    verdict = situation.verdict
    reached = verdict is not None and verdict.status is Status.ACHIEVED
    target = aim.primary.target if aim.primary else None
    many = int(parameter(situation, EQ_02, "values"))
    for name, key, sign in _strata(situation, aim):
        about = f"{situation.subject}/stratum/{key.stratum}"
        next_at = situation.next_value([key])
        last = _judged(situation, key)[-many:]
        inputs: dict[str, Input] = {"values": len(last), "unknown": unknown_share(situation, aim)}
        if not reached or isinstance(target, tuple) or target is None:
            yield Finding(passed(EQ_02, about, "The aim is not reached yet.", inputs), next_at)
        elif len(last) < many:
            reason = f"{name} has {len(last)} of the {many} values that are looked at."
            yield Finding(awaiting(EQ_02, about, reason, inputs), next_at)
        elif any(sign * ((p.value or 0.0) - target) >= 0 for p in last):
            reason = f"{name} does not surely miss the target."
            yield Finding(passed(EQ_02, about, reason, inputs), next_at)
        else:
            values = listed((f"{p.value:g}" for p in last), many)
            reason = f"The aim is reached, and {name} misses {target:g}: {values} at last."
            yield Finding(tripped(EQ_02, about, reason, inputs), next_at)


def _judged(situation: Situation, key: SeriesKey) -> list[Point]:
    points = situation.series(key).points
    return [p for p in points if p.judged and p.period.end <= situation.today]


def _strata(situation: Situation, aim: Aim) -> Iterator[tuple[str, SeriesKey, int]]:
    """The groups of which there are values, of an aim that is for all, with which way is better."""
    declared, plan = aim.primary, situation.plan
    if declared is None or aim.stratum != ALL or declared.measure not in plan.measures:
        return
    measure = plan.measures[declared.measure]
    for stratum in measure.strata or tuple(plan.strata):
        known = plan.strata.get(stratum)
        key = SeriesKey(measure.id, aim.site, stratum, declared.definition)
        look = beside(plan, aim, key)
        ended = known is not None and known.ended is not None and known.ended <= situation.today
        if look is not None and not ended and situation.series(key).points:
            yield (known.name if known else stratum), key, look.sign


def strata_readings(situation: Situation, aim: Aim) -> list[tuple[str, Reading]]:
    """The readings of the groups, in the plan's order."""
    found = []
    for name, key, _ in _strata(situation, aim):
        look = beside(situation.plan, aim, key)
        if look is not None:
            found.append((name, look))
    situation.look(look for _, look in found)
    return [(name, situation.reading(look)) for name, look in found]


def unknown_share(situation: Situation, aim: Aim) -> float | None:
    """The share of the latest period's cases that no group accounts for; None if not known."""
    declared = aim.primary
    if declared is None:
        return None
    own = SeriesKey(declared.measure, aim.site, aim.stratum, declared.definition)
    points = _judged(situation, own)
    last = points[-1] if points else None
    if last is None or not last.denominator:
        return None
    parts = [
        point.denominator
        for _, key, _ in _strata(situation, aim)
        if (point := situation.series(key).by_ordinal.get(last.ordinal)) and point.denominator
    ]
    return round(1 - sum(parts) / last.denominator, 4) if parts else None


def _mean(points: Sequence[Point]) -> float:
    """Σ numerator / Σ denominator where there are counts, else the mean of the values."""
    if points and all(p.numerator is not None and p.denominator for p in points):
        known = [(p.value or 0.0, p.denominator or 0.0) for p in points]
        return sum(v * n for v, n in known) / sum(n for _, n in known)
    values = [p.value for p in points if p.value is not None]
    return sum(values) / len(values) if values else 0.0
