"""Numbers and periods of measures and aims: how good, from where, by when."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from services.framework.periods import Frequency, Period, PeriodError
from services.framework.plan import Direction, Intent, Kind
from services.framework.season import whole_years
from services.planning.checks.book import Book, Note, doubtful, period_or_none, wrong
from services.planning.declared import primary, some_period
from services.planning.fields import plain_number
from services.planning.parts import AimMeasurePart, AimPart, BaselinePart, MeasurePart
from services.planning.source import Where

_PER_CENT = 100


def _number(value: float) -> str:
    return f"{plain_number(value):,}"


def valid_range(measure: MeasurePart) -> tuple[float | None, float | None]:
    """What a value of the measure can be: a proportion lies in 0 to ``per``, counts from 0 up."""
    low, high = measure.valid
    if low is None and measure.kind is not Kind.VALUE:
        low = 0.0
    if high is None and measure.kind is Kind.PROPORTION:
        high = float(measure.per)
    return low, high


def measures(book: Book) -> Iterator[Note]:
    """The valid range of each measure, and its roll-up."""
    for part in book.document.measures:
        at = ("measures", part.id)
        low, high = part.valid
        if low is not None and high is not None and low >= high:
            yield wrong("valid-range", "`valid` is [low, high] with low below high", *at, "valid")
        if part.kind is Kind.PROPORTION and high is not None and high > part.per:
            message = f"a proportion per {part.per} is at most {part.per}, `valid` says {high:g}"
            yield wrong("valid-range", message, *at, "valid")
        if part.rollup and not part.sites:
            yield doubtful("no-sites", "`rollup` adds up sites, and none are listed", *at, "rollup")
        if part.suppress_below and part.kind not in (Kind.PROPORTION, Kind.RATE):
            message = f"a measure of kind {part.kind.value} has no counts that could be hidden"
            yield doubtful("nothing-to-hide", message, *at, "suppress_below")
        yield from _rebased(part, (*at, "rebase"))


def _rebased(measure: MeasurePart, at: Where) -> Iterator[Note]:
    """New parts of a chart begin one after the other, each with a period of the measure."""
    for position, name in enumerate(measure.rebase):
        yield from _fits(name, measure.frequency, (*at, position))
    known = [period_or_none(name, measure.frequency) for name in measure.rebase]
    for position, (before, after) in enumerate(pairwise(known), start=1):
        if before is not None and after is not None and before >= after:
            message = f"{after} does not come after {before}"
            yield wrong("rebase", message, *at, position)


def _in_range(measure: MeasurePart, value: float, what: str, where: Where) -> Iterator[Note]:
    low, high = valid_range(measure)
    if (low is None or value >= low) and (high is None or value <= high):
        return
    allowed = f"{'…' if low is None else _number(low)} to {'…' if high is None else _number(high)}"
    hint = ""
    if measure.kind is Kind.PROPORTION and measure.per == 1 and 1 < value <= _PER_CENT:
        hint = "; a file that means per cent says `per: 100` on the measure"
    message = f"{what} {_number(value)} is outside what {measure.id} can be, {allowed}{hint}"
    yield wrong("outside-valid", message, *where)


def _judged(aim: AimPart) -> Iterator[tuple[AimMeasurePart, Where]]:
    """The aim's measures, each with the path of where it is written."""
    if aim.measure is not None:
        yield aim.judged[0], ("aims", aim.id)
        return
    for position, part in enumerate(aim.measures):
        yield part, ("aims", aim.id, "measures", position)


def shape(book: Book) -> Iterator[Note]:
    """An aim says its measure in itself or its measures in a list; one at most is primary."""
    for aim in book.document.aims:
        at = ("aims", aim.id)
        alone = [key for key in ("measure", "baseline", "target") if getattr(aim, key) is not None]
        if aim.measures and alone:
            message = f"an aim has `{alone[0]}` of its own or `measures`, not both"
            yield wrong("two-shapes", message, *at, alone[0])
        if sum(part.primary for part in aim.measures) > 1:
            yield wrong("several-primary", "only one measure is `primary`", *at, "measures")
        seen: set[str] = set()
        for position, part in enumerate(aim.measures):
            if part.measure in seen:
                message = f"the measure {part.measure} stands twice"
                yield wrong("measure-twice", message, *at, "measures", position, "measure")
            seen.add(part.measure)


def targets(book: Book) -> Iterator[Note]:
    """A target has the shape of its intent, lies in range, and on the better side."""
    for aim in book.document.aims:
        for part, at in _judged(aim):
            measure = book.measures.get(part.measure)
            if measure is None:
                continue
            if part.target is not None:
                yield from _shape(aim.intent, part.target, (*at, "target"))
            for value in _numbers(part.target):
                yield from _in_range(measure, value, "the target", (*at, "target"))
            if part.baseline is not None and part.baseline.value is not None:
                where = (*at, "baseline", "value")
                yield from _in_range(measure, part.baseline.value, "the baseline", where)
            if aim.intent is Intent.IMPROVE:
                yield from _side(measure, part, at)
            yield from _definition(measure, part, at)


def adoptions(book: Book) -> Iterator[Note]:
    """What was adopted has the shape of the aim's intent, too."""
    for aim in book.document.aims:
        adopted = aim.adopted
        if adopted is not None and adopted.target is not None:
            yield from _shape(aim.intent, adopted.target, ("aims", aim.id, "adopted", "target"))


def _numbers(target: float | tuple[float, float] | None) -> tuple[float, ...]:
    if target is None:
        return ()
    return target if isinstance(target, tuple) else (target,)


def _shape(intent: Intent, target: float | tuple[float, float], where: Where) -> Iterator[Note]:
    if intent is not Intent.WITHIN and isinstance(target, tuple):
        message = f"an aim to {intent.value} has one number; [low, high] is for `intent: within`"
        yield wrong("target-shape", message, *where)
    elif intent is Intent.WITHIN and not isinstance(target, tuple):
        yield wrong("target-shape", "an aim to stay within has a target [low, high]", *where)
    elif isinstance(target, tuple) and target[0] >= target[1]:
        yield wrong("target-shape", "a target [low, high] has low below high", *where)


def _side(measure: MeasurePart, part: AimMeasurePart, at: Where) -> Iterator[Note]:
    where = (*at, "target")
    if measure.direction is Direction.NEUTRAL:
        message = (
            f"{measure.id} has no better side (neutral): an aim can only hold it or stay within"
        )
        yield wrong("no-better-side", message, *where)
        return
    start = part.baseline.value if part.baseline else None
    if start is None or part.target is None or isinstance(part.target, tuple):
        return
    if part.target == start:
        message = f"the target {_number(start)} is the baseline: nothing to improve"
        yield wrong("target-is-baseline", f"{message} (to keep a level: `intent: hold`)", *where)
    elif (part.target > start) is not (measure.direction is Direction.INCREASE):
        better = "higher" if measure.direction is Direction.INCREASE else "lower"
        message = (
            f"the target {_number(part.target)} is on the wrong side of the baseline "
            f"{_number(start)}: {better} is better for {measure.id}"
        )
        yield wrong("wrong-side", message, *where)


def _definition(measure: MeasurePart, part: AimMeasurePart, at: Where) -> Iterator[Note]:
    if part.definition != measure.definition:
        message = (
            f"judged by definition {part.definition}, while {measure.id} is now reported by "
            f"definition {measure.definition}"
        )
        yield doubtful("old-definition", message, *at, "definition")


def periods(book: Book) -> Iterator[Note]:
    """Every period fits its measure's frequency; start, deadline and baseline are in order."""
    for aim in book.document.aims:
        at = ("aims", aim.id)
        first = primary(aim.judged)
        frequency = book.frequency(first.measure if first else None)
        for key in ("start", "deadline"):
            yield from _fits(getattr(aim, key), frequency, (*at, key))
        start, deadline = (period_or_none(p, frequency) for p in (aim.start, aim.deadline))
        if start and deadline and _ordered(deadline, start):
            message = f"the deadline {deadline} is not after the start {start}"
            yield wrong("deadline-before-start", message, *at, "deadline")
        if aim.adopted is not None:
            yield from _fits(aim.adopted.deadline, frequency, (*at, "adopted", "deadline"))
        for part, where in _judged(aim):
            own = book.frequency(part.measure)
            yield from _baseline(part.baseline, own, start, (*where, "baseline"))
            yield from _path(part, own, (start, deadline), (*where, "path"))


def _ordered(first: Period, second: Period) -> bool:
    """Whether ``first`` begins no later than ``second``."""
    return first.start <= second.start


def _fits(text: str | None, frequency: Frequency | None, where: Where) -> Iterator[Note]:
    if text is None:
        return
    try:
        some_period(text, frequency)
    except PeriodError as trouble:
        yield wrong("period", str(trouble), *where)


def _baseline(
    part: BaselinePart | None, frequency: Frequency | None, start: Period | None, at: Where
) -> Iterator[Note]:
    if part is None:
        return
    yield from _fits(part.from_, frequency, (*at, "from"))
    yield from _fits(part.to, frequency, (*at, "to"))
    stretch = (part.from_ is not None, part.to is not None)
    if any(stretch) and part.value is not None:
        yield wrong("baseline", "a baseline is {from, to} or {value}, not both", *at)
    elif not all(stretch) and (any(stretch) or part.value is None):
        yield wrong("baseline", "a baseline is {from, to} or {value}", *at)
    first, last = (period_or_none(text, frequency) for text in (part.from_, part.to))
    if first and last and last.start < first.start:
        yield wrong("baseline", f"the baseline ends ({last}) before it begins ({first})", *at)
    elif last and start and start.start < last.end:
        message = f"the baseline ({last}) runs into the aim, which starts in {start}"
        yield doubtful("baseline-overlaps", message, *at)
    if first and last and first.start < last.start and not whole_years(first, last):
        message = f"the baseline ({first} to {last}) is not of whole years: it carries their season"
        yield doubtful("baseline-part-year", message, *at)


def _path(
    part: AimMeasurePart,
    frequency: Frequency | None,
    span: tuple[Period | None, Period | None],
    at: Where,
) -> Iterator[Note]:
    if isinstance(part.path, str):
        return
    if not part.path:
        yield wrong("path", "a path of points has at least one point", *at)
    points = [period_or_none(point.period, frequency) for point in part.path]
    for position, point in enumerate(part.path):
        yield from _fits(point.period, frequency, (*at, position, "period"))
        found = points[position]
        if found and not _within(found, span):
            message = f"the point {found} lies outside start to deadline"
            yield wrong("path", message, *at, position, "period")
    for position, (one, two) in enumerate(pairwise(points)):
        if one and two and _ordered(two, one):
            message = f"the points go on in time: {two} stands after {one}"
            yield wrong("path", message, *at, position + 1, "period")
    yield from _last_point(part, points, span[1], at)


def _within(point: Period, span: tuple[Period | None, Period | None]) -> bool:
    start, deadline = span
    return not (start and point.end <= start.start) and not (
        deadline and point.start >= deadline.end
    )


def _last_point(
    part: AimMeasurePart, points: list[Period | None], deadline: Period | None, at: Where
) -> Iterator[Note]:
    last = points[-1] if points else None
    if last and last == deadline and not isinstance(part.path, str):
        value = part.path[-1].value
        if part.target is not None and value != part.target:
            message = f"the path ends at {_number(value)}, the target is another"
            yield doubtful("path-misses-target", message, *at, len(points) - 1, "value")


def driver_targets(book: Book) -> Iterator[Note]:
    """A driver's target lies in its measure's range."""
    for aim in book.document.aims:
        for driver in aim.drivers:
            measure = book.measures.get(driver.measure or "")
            if driver.target is not None and measure is not None:
                where = ("aims", aim.id, "drivers", driver.id, "target")
                yield from _in_range(measure, driver.target, "the target", where)


CHECKS = (measures, shape, targets, adoptions, periods, driver_targets)
