"""Rare events as the time between them: a T chart beside the counts, which are then mostly nought.

A point is a day with an event, its value the days since the one before; events of one day are one.
The time since the last event is not over, so it is drawn and not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from statistics import mean

from services.framework.facts import Observation
from services.framework.outlook import percent
from services.framework.periods import Frequency, Period
from services.framework.plan import Direction, Kind
from services.framework.series import current
from services.framework.spc.answer import Question, answer
from services.framework.spc.gaps import chance_of_gap
from services.framework.spc.icons import Direction as Better
from services.framework.spc.options import ChartKind, Options
from services.framework.texts import count, day_name
from services.ports.reporting import ChartPoint
from services.reporting.control import LEAST_BASELINE, Control, Place, named, weaknesses
from services.reporting.lines import Line

RARE = 2.0
"""Events a period, on average, below which the time between them says more than their counts."""
LEAST_GAPS = 3


def is_rare(line: Line) -> bool:
    """Whether the line counts events that are rare."""
    counts = [p.value for p in line.series.points if p.judged and p.value is not None]
    return line.measure.kind is Kind.EVENTS and bool(counts) and mean(counts) < RARE


def days_of(observations: Iterable[Observation]) -> tuple[tuple[date, ...], date | None]:
    """The days with an event, in order; and the day up to which silence means none."""
    known = current(observations)
    days = {one.period.start for one in known if one.usable and (one.value or 0) > 0}
    through = max((one.complete_through for one in known if one.complete_through), default=None)
    return tuple(sorted(days)), through


def between_events(
    line: Line, days: tuple[date, ...], through: date | None
) -> tuple[Control, tuple[ChartPoint, ...]] | None:
    """The T chart of the days between events, and its points; None for too few events."""
    gaps = [float((late - soon).days) for soon, late in pairwise(days)]
    if len(gaps) < LEAST_GAPS:
        return None
    control = _charted(line, days[1:], gaps)
    places = control.places
    points = [
        _point(day, gap, places[day.toordinal()]) for day, gap in zip(days[1:], gaps, strict=True)
    ]
    if through is not None and through > days[-1]:
        so_far = _so_far(days[-1], through, points[-1].high)
        points.append(so_far)
        control = replace(control, notes=(*control.notes, *_chance(line, days, so_far)))
    return control, tuple(points)


def _chance(line: Line, days: Sequence[date], so_far: ChartPoint) -> Iterator[str]:
    """How likely so long a time without an event is under the rate of the baseline."""
    stretch = line.declared.baseline
    if stretch.first is None or stretch.last is None or so_far.value is None:
        return
    first, end = stretch.first.start, stretch.last.end
    events = sum(1 for day in days if first <= day < end)
    if events:
        apart = (end - first).days / events
        chance = percent(chance_of_gap(so_far.value, apart))
        long = count(round(so_far.value), "day")
        yield (
            f"{long} without an event: under the baseline's rate, one in {apart:.0f} days, the "
            f"chance of so long a time is {chance}"
        )


def _so_far(last: date, through: date, limit: float | None) -> ChartPoint:
    """The time since the last event, which is not over."""
    since = float((through - last).days)
    note = f"so far, since {day_name(last)}"
    if limit is not None and since > limit:
        note += f"; already longer than the limit of {limit:.0f}"
    return ChartPoint(through, day_name(through), since, None, judged=False, note=note)


def _charted(line: Line, days: tuple[date, ...], gaps: list[float]) -> Control:
    direction = _better(line)
    last = line.declared.baseline.last or (line.aim.start.shift(-1) if line.aim.start else None)
    base = sum(1 for day in days if last is not None and day < last.end)
    frozen = base if base >= LEAST_BASELINE else None
    periods = tuple(Period(day, Frequency.DAY) for day in days)
    rules = line.measure.rule_set
    asked = Question(
        gaps,
        labels=[period.label for period in periods],
        chart=ChartKind.T,
        rules="anhoej" if rules in (None, "run") else rules,
        direction=direction,
        options=Options(freeze=frozen),
    )
    found = answer(asked)
    rest = f"the baseline, its {count(base, 'gap')}" if frozen else f"all {count(len(gaps), 'gap')}"
    notes = (f"Limits rest on {rest}", *weaknesses(found))
    return Control(direction, named(found), notes, found, periods, None, 0)


def _better(line: Line) -> Better:
    """Longer is better where fewer events are."""
    if line.measure.direction is Direction.NEUTRAL:
        return "neutral"
    return "increase" if line.measure.direction is Direction.DECREASE else "decrease"


def _point(day: date, gap: float, place: Place) -> ChartPoint:
    note = "; ".join(place.rules) or None
    lines = (place.centre, place.lower, place.upper)
    return ChartPoint(
        day, day_name(day), gap, None, *lines, judged=True, note=note, tone=place.tone
    )
