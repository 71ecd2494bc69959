"""Oddities: a value that cannot be, or a denominator that is not like the others (DAT-04)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Parameter,
    Situation,
    Sureness,
    parameter,
    passed,
    tripped,
)
from services.framework.facts import Observation, SeriesKey
from services.framework.judgement import Input, Severity, SubjectKind
from services.framework.periods import local_date
from services.framework.plan import Kind, Measure
from services.framework.series import current
from services.framework.texts import listed

DAT_04 = Expectation(
    id="DAT-04",
    title="Odd value",
    asks="Correct the value, or confirm it with the reason.",
    text="Values lie in their valid range, numerators within denominators, and denominators are "
    "like those before.",
    source="design",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.MEASURE,
    severity=Severity.WARN,
    audience=("measure_owner", "advisor"),
    clears="when the value is corrected, or confirmed by an explanation",
    parameters=(
        Parameter("low", 0.5, 0, 1, "least share of the usual denominator"),
        Parameter("high", 2, 1, 10, "most times the usual denominator"),
        Parameter("usual", 12, 3, 60, "denominators before it whose median is the usual one"),
        Parameter("look_back", 3, 1, 24, "latest periods of each series that are looked at"),
    ),
)

_LEAST = 3


def values_are_plausible(situation: Situation) -> Iterable[Finding]:
    """DAT-04, of the measure's current definition, at every site and for every stratum.

    More than the whole is refused where it comes in; a value outside the valid range is held and
    flagged, and neither drawn nor judged until it is corrected or the range is. An odd denominator
    is only flagged. An explanation on or after the day on which a value was known confirms it.
    Fewer than three denominators before say nothing of what is usual.
    """
    measure = situation.plan.measures[situation.subject.id]
    about = str(situation.subject)
    odd = sorted(set(_odd(situation, measure)))
    inputs: dict[str, Input] = {"odd": len(odd)}
    if not odd:
        yield Finding(passed(DAT_04, about, "Nothing is odd in the latest values.", inputs))
        return
    yield Finding(tripped(DAT_04, about, f"{measure.name}: {listed(odd)}.", inputs))


def _odd(situation: Situation, measure: Measure) -> Iterator[str]:
    confirmed = situation.explained(DAT_04.id)
    for key, observations in situation.facts.observations.items():
        if key.measure != measure.id or key.definition != measure.definition:
            continue
        known = [o for o in current(observations) if o.usable]
        back = int(parameter(situation, DAT_04, "look_back"))
        for place in range(max(0, len(known) - back), len(known)):
            said = local_date(known[place].known_at, situation.plan.zone)
            if confirmed is None or confirmed.on < said:
                yield from _faults(situation, measure, key, known[: place + 1])


def _faults(
    situation: Situation, measure: Measure, key: SeriesKey, known: Sequence[Observation]
) -> Iterator[str]:
    last = known[-1]
    where = "" if key.site == "system" and key.stratum == "all" else f" ({key.site}, {key.stratum})"
    low, high = measure.valid
    value = last.value or 0.0
    if (low is not None and value < low) or (high is not None and value > high):
        yield f"{value:g} in {last.period}{where} is outside its valid range"
    top, bottom = last.numerator, last.denominator
    if measure.kind is Kind.PROPORTION and top is not None and bottom and top > bottom:
        yield f"{top:g} of {bottom:g} in {last.period}{where} is more than the whole"
    usual = _usual(situation, known)
    if bottom is not None and usual is not None and not _alike(situation, bottom, usual):
        yield f"the denominator of {last.period}{where} is {bottom:g}, usually {usual:g}"


def _usual(situation: Situation, known: Sequence[Observation]) -> float | None:
    many = int(parameter(situation, DAT_04, "usual"))
    before = [o.denominator for o in known[-1 - many : -1] if o.denominator]
    return median(before) if len(before) >= _LEAST else None


def _alike(situation: Situation, bottom: float, usual: float) -> bool:
    low, high = (parameter(situation, DAT_04, name) for name in ("low", "high"))
    return low * usual <= bottom <= high * usual
