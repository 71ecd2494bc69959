"""Aims: is there a measurable aim at all (AIM-01)?"""

from __future__ import annotations

from collections.abc import Iterable

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Situation,
    Sureness,
    passed,
)
from services.framework.facts import Role, SeriesKey
from services.framework.judgement import Outcome, Severity, SubjectKind
from services.framework.plan import Aim, AimMeasure, Direction, Intent, Kind, Measure
from services.framework.texts import listed
from services.framework.trajectory import baseline_level, baseline_points

AIM_01 = Expectation(
    id="AIM-01",
    title="Aim incomplete",
    asks="Complete the aim in the plan.",
    text="An active aim has a measure with a unit and a direction, a baseline, a target on the "
    "right side of it, a deadline and a sponsor.",
    source="Seven Leadership Leverage Points (2008), point 1",
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.CRIT,
    audience=("sponsor", "executive"),
    clears="when everything is there and the target is better than the baseline",
)

_UNITLESS = frozenset({Kind.PROPORTION, Kind.EVENTS})


def aim_is_complete(situation: Situation) -> Iterable[Finding]:
    """AIM-01, following the aim's intent: a hold aim may aim at its baseline, a within aim at two.

    Proportions and counted events carry their unit in their kind.
    """
    aim = situation.plan.aims[situation.subject.id]
    wanting = [*_undeclared(situation, aim), *_wrong(situation, aim)]
    about = str(situation.subject)
    inputs = {"wanting": "; ".join(wanting)}
    if not wanting:
        yield Finding(passed(AIM_01, about, "The aim says how good, by when, for whom.", inputs))
        return
    yield Finding(
        Outcome(
            AIM_01.id,
            about,
            True,
            f"The aim lacks {listed(wanting, 5)}.",
            AIM_01.severity,
            inputs=inputs,
            audience=AIM_01.audience,
        )
    )


def _undeclared(situation: Situation, aim: Aim) -> Iterable[str]:
    if not aim.measures:
        yield "a measure"
    if aim.start is None:
        yield "a start"
    if aim.deadline is None:
        yield "a deadline"
    if situation.roster.holder(aim, Role.SPONSOR).person is None:
        yield "a sponsor"


def _wrong(situation: Situation, aim: Aim) -> Iterable[str]:
    for declared in aim.measures:
        measure = situation.plan.measures[declared.measure]
        for want in _measure_lacks(situation, aim, declared, measure):
            yield want if len(aim.measures) == 1 else f"{want} ({measure.name})"


def _measure_lacks(
    situation: Situation, aim: Aim, declared: AimMeasure, measure: Measure
) -> Iterable[str]:
    if not measure.unit and measure.kind not in _UNITLESS:
        yield "a unit"
    if measure.direction is Direction.NEUTRAL and aim.intent is not Intent.WITHIN:
        yield "a direction"
    if declared.target is None and aim.intent is not Intent.HOLD:
        yield "a target"
    stated = declared.baseline
    if stated.value is None and stated.first is None:
        yield "a baseline"
    elif aim.intent is Intent.IMPROVE and _not_better(situation, aim, declared, measure):
        yield "a target better than its baseline"


def _not_better(situation: Situation, aim: Aim, declared: AimMeasure, measure: Measure) -> bool:
    """Whether the target is the baseline or lies on its worse side; not while either is unknown."""
    baseline = level_of(situation, aim, declared, measure)
    if baseline is None or declared.target is None or isinstance(declared.target, tuple):
        return False
    gain = declared.target - baseline
    if measure.direction is Direction.NEUTRAL:
        return gain == 0
    return gain <= 0 if measure.direction is Direction.INCREASE else gain >= 0


def level_of(
    situation: Situation, aim: Aim, declared: AimMeasure, measure: Measure
) -> float | None:
    """The level that the aim is to improve on; None while it is not known."""
    name = f"level of {declared.measure}"
    if name not in situation.kept:
        situation.kept[name] = _level(situation, aim, declared, measure)
    known: float | None = situation.kept[name]
    return known


def _level(situation: Situation, aim: Aim, declared: AimMeasure, measure: Measure) -> float | None:
    if declared.baseline.value is not None:
        return declared.baseline.value
    key = SeriesKey(measure.id, aim.site, aim.stratum, declared.definition)
    points = baseline_points(declared, aim, situation.series(key))
    level = baseline_level(declared, measure, points)
    return level.value if level else None
