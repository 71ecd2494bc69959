"""Ambition: does an aim's measure come often enough (AIM-03), and is it a breakthrough (AIM-04)?"""

from __future__ import annotations

from collections.abc import Iterable

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
from services.framework.judgement import Input, Severity, SubjectKind
from services.framework.periods import Frequency
from services.framework.plan import Aim, Intent, Measure, Plan
from services.framework.texts import digits_for, listed, number

AIM_03 = Expectation(
    id="AIM-03",
    title="Measure too rare",
    asks="Report the measure at least monthly, or name a monthly proxy to watch between.",
    text="The measure of an aim is reported at least monthly.",
    source="Seven Leadership Leverage Points (2008), point 1",
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor", "measure_owner"),
    clears="when it is reported monthly or oftener, or has a monthly proxy",
)

AIM_04 = Expectation(
    id="AIM-04",
    title="Not a breakthrough",
    asks="Set a target beyond what the present system delivers, or record why not.",
    text="The target of an aim lies beyond what the present system reaches by chance.",
    source="Nolan, Execution of Strategic Improvement Initiatives (2007); the limits are ours",
    sureness=Sureness.MEDIUM,
    kind=SubjectKind.AIM,
    severity=Severity.INFO,
    audience=("sponsor", "advisor"),
    clears="when the target is revised, or a reason recorded",
    parameters=(Parameter("points", 10, 10, 30, "baseline values that the limits must rest on"),),
)

_OFTEN = frozenset({Frequency.DAY, Frequency.WEEK, Frequency.MONTH})


def measure_comes_often(situation: Situation) -> Iterable[Finding]:
    """AIM-03. A slow measure may stay where it names a proxy that is itself monthly or oftener."""
    about = str(situation.subject)
    aim, plan = situation.plan.aims[situation.subject.id], situation.plan
    measures = [plan.measures[m.measure] for m in aim.measures]
    slow = [m.name for m in measures if not _often(plan, m)]
    if not slow:
        yield Finding(passed(AIM_03, about, "It is reported monthly or oftener, or has a proxy."))
        return
    reason = f"{listed(slow)} comes less often than monthly, and has no monthly proxy."
    yield Finding(tripped(AIM_03, about, reason, {"measures": "; ".join(slow)}))


def _often(plan: Plan, measure: Measure) -> bool:
    if measure.frequency in _OFTEN:
        return True
    proxy = plan.measures.get(measure.monthly_proxy or "")
    return proxy is not None and proxy.frequency in _OFTEN


def target_is_a_breakthrough(situation: Situation) -> Iterable[Finding]:
    """AIM-04, of an aim to improve: its target against the control limits of its baseline.

    A target on the limit is beyond it: reached by chance once in some hundred periods.
    """
    about = str(situation.subject)
    aim = situation.plan.aims[situation.subject.id]
    why = _unasked(aim)
    if why is not None:
        yield Finding(passed(AIM_04, about, why))
        return
    wanting = _wanting(situation)
    reading = situation.readings.get(about)
    target = aim.primary.target if aim.primary else None
    if wanting is not None or reading is None or isinstance(target, tuple) or target is None:
        why = wanting or "The aim has no one target."
        yield Finding(awaiting(AIM_04, about, why))
        return
    lower, upper = reading.lower, reading.upper
    if lower is None or upper is None:
        yield Finding(passed(AIM_04, about, "The baseline does not vary."))
        return
    inputs: dict[str, Input] = {"target": target, "lower": lower, "upper": upper}
    digits = digits_for(upper - lower)
    shown = f"{number(lower, digits)} to {number(upper, digits)}"
    next_at = situation.next_value([reading.look.key])
    if not lower < target < upper:
        reason = f"The target lies outside {shown}, which the present system delivers."
        yield Finding(passed(AIM_04, about, reason, inputs), next_at)
        return
    reason = f"The target of {target:g} lies within {shown}: chance alone reaches it."
    yield Finding(tripped(AIM_04, about, reason, inputs), next_at)


def _unasked(aim: Aim) -> str | None:
    if aim.intent is not Intent.IMPROVE:
        return "Not asked of an aim that is not to improve."
    if aim.not_breakthrough_because:
        return f"Not a breakthrough, because: {aim.not_breakthrough_because}"
    return None


def _wanting(situation: Situation) -> str | None:
    """What a baseline lacks to be held against the target."""
    reading = situation.readings.get(str(situation.subject))
    if reading is None or reading.wanting:
        return f"Not judged: {reading.wanting if reading else 'the aim has no series'}."
    if reading.base < parameter(situation, AIM_04, "points"):
        return f"Not judged: {reading.base} baseline values are too few."
    return None
