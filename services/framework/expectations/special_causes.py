"""Special causes for the worse: a point (SIG-01), a shift (SIG-02), a pattern (SIG-03), a side
effect (SIG-04).

Asked of the aim's own series and of each driver's, by the measure's rule set, with limits from the
baseline. What lies in the baseline itself is no signal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.framework.causes import Rule
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
from services.framework.signals import Hit, Reading
from services.framework.texts import digits_for, number

_POINTS = Parameter("points", 12, 10, 30, "baseline values that the limits must rest on")

SIG_01 = Expectation(
    id="SIG-01",
    title="Point beyond the limit",
    asks="Find out what happened in that period.",
    text="No value of the aim or of a driver lies beyond its control limit on the bad side.",
    source="Provost and Murray, The Health Care Data Guide, rule 1",
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor", "measure_owner", "advisor"),
    clears="when three further values are not beyond it; it stays in the history",
    parameters=(_POINTS,),
)

SIG_02 = Expectation(
    id="SIG-02",
    title="Sustained shift for the worse",
    asks="Find out what changed when the shift began, and decide what to do about it.",
    text="Neither the aim nor a driver has shifted for the worse: 8 values in a row on the bad "
    "side of the centre line (7 by Making Data Count, 6 on a run chart).",
    source="Perla, Provost and Murray (2011); Provost and Murray; NHS England, Making Data Count",
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.CRIT,
    audience=("sponsor", "executive"),
    clears="when a signal on the good side follows, or the baseline is declared anew",
)

SIG_03 = Expectation(
    id="SIG-03",
    title="Trend for the worse",
    asks="Watch the next values.",
    text="Neither the aim nor a driver shows a trend for the worse, nor two of three values near "
    "the bad limit.",
    source="Provost and Murray, The Health Care Data Guide; Perla, Provost and Murray (2011)",
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.WATCH,
    audience=("measure_owner", "advisor"),
    clears="when the latest value no longer belongs to the pattern",
)

SIG_04 = Expectation(
    id="SIG-04",
    title="Balancing measure worse",
    asks="Decide whether the price of the improvement is acceptable.",
    text="No balancing measure of the aim has a point beyond its limit or a sustained shift for "
    "the worse.",
    source="improvement practice; Provost and Murray, The Health Care Data Guide",
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor", "advisor"),
    clears="when the signal of the balancing measure ends",
    parameters=(_POINTS,),
)

AFTERWARDS = 3
"""Values, none of them beyond the limit, after which a point beyond it is over."""
_SHIFTS = (Rule.SHIFT, Rule.LONG_RUN)
_PATTERNS = (Rule.TREND, Rule.TWO_OF_THREE)


def no_point_beyond(situation: Situation) -> Iterable[Finding]:
    """SIG-01 of the aim and of each driver."""
    points = parameter(situation, SIG_01, "points")
    for about, reading in _own(situation):
        hit = point_beyond(reading, points)
        yield _told(situation, SIG_01, about, reading, hit)


def no_shift_for_the_worse(situation: Situation) -> Iterable[Finding]:
    """SIG-02 of the aim and of each driver."""
    for about, reading in _own(situation):
        yield _told(situation, SIG_02, about, reading, shift_for_the_worse(reading))


def no_pattern_for_the_worse(situation: Situation) -> Iterable[Finding]:
    """SIG-03, where neither SIG-01 nor SIG-02 is open for the same series."""
    points = parameter(situation, SIG_01, "points")
    for about, reading in _own(situation):
        heavier = point_beyond(reading, points) or shift_for_the_worse(reading)
        hit = None if heavier else _pattern(reading)
        yield _told(situation, SIG_03, about, reading, hit)


def no_side_effect(situation: Situation) -> Iterable[Finding]:
    """SIG-04 of each balancing measure, over the aim's baseline."""
    points = parameter(situation, SIG_04, "points")
    found = [(a, r) for a, r in situation.readings.items() if a.startswith("measure:")]
    for about, reading in found:
        hit = shift_for_the_worse(reading) or point_beyond(reading, points)
        yield _told(situation, SIG_04, about, reading, hit)
    if not found:
        yield Finding(passed(SIG_04, str(situation.subject), "No balancing measure is declared."))


def point_beyond(reading: Reading, points: float) -> Hit | None:
    """A bad point beyond the limit, while fewer than three values have followed it."""
    if reading.base < points:
        return None
    return reading.in_force(reading.bad.get(Rule.OUTSIDE_LIMITS, ()), AFTERWARDS)


def shift_for_the_worse(reading: Reading) -> Hit | None:
    """The latest bad shift, unless a signal on the good side was seen after it."""
    shifts = [hit for rule in _SHIFTS for hit in reading.bad.get(rule, ())]
    last = max(shifts, key=lambda hit: hit.last.ordinal, default=None)
    if last is None or any(h.seen.ordinal > last.last.ordinal for h in reading.good):
        return None
    return last


def _pattern(reading: Reading) -> Hit | None:
    hits = [hit for rule in _PATTERNS for hit in reading.bad.get(rule, ())]
    return reading.in_force(hits, 1)


def _own(situation: Situation) -> Iterator[tuple[str, Reading]]:
    return ((a, r) for a, r in situation.readings.items() if not a.startswith("measure:"))


def _told(
    situation: Situation, expectation: Expectation, about: str, reading: Reading, hit: Hit | None
) -> Finding:
    measure = situation.plan.measures[reading.look.key.measure]
    next_at = situation.next_value([reading.look.key])
    if hit is None:
        why = f"not judged: {reading.wanting}" if reading.wanting else "no such signal"
        said = awaiting if reading.wanting else passed
        return Finding(said(expectation, about, f"{measure.name}: {why}."), next_at)
    inputs: dict[str, Input] = {
        "rule": hit.rule.value,
        "rule_set": reading.rule_set,
        "from": hit.points[0].period.label,
        "to": hit.last.period.label,
        "centre": reading.centre,
        "baseline_values": reading.base,
    }
    since = hit.seen.period.ends_at(situation.plan.zone)
    reason = f"{measure.name}: {_words(reading, hit)}."
    return Finding(tripped(expectation, about, reason, inputs, None, since), next_at)


def _words(reading: Reading, hit: Hit) -> str:
    centre, value = reading.centre or 0.0, hit.last.value or 0.0
    limit = reading.upper if value > centre else reading.lower
    span = (reading.upper or 0.0) - (reading.lower or 0.0)
    digits = digits_for(span or centre or 1.0)
    side = "above" if value > centre else "below"
    first, last = hit.points[0].period, hit.last.period
    if hit.rule is Rule.OUTSIDE_LIMITS and limit is not None:
        shown = f"{number(value, digits)} in {last}"
        return f"{shown} is {side} the limit {number(limit, digits)}"
    if hit.rule is Rule.TREND:
        return f"{len(hit.points)} values going the wrong way from {first} to {last}"
    if hit.rule is Rule.TWO_OF_THREE:
        return f"two of three values near the limit, {side} the centre line, up to {last}"
    centred = number(centre, digits)
    return f"{len(hit.points)} values in a row {side} the centre line {centred} since {first}"
