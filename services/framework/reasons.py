"""The sentences of a verdict: why it stands, and what the next value would have to show."""

from __future__ import annotations

from services.framework.fold import DECIDED, MIN_POINTS, Course, Fold, Step
from services.framework.judgement import Status
from services.framework.noise import MIN_EVENTS
from services.framework.periods import Period
from services.framework.plan import Kind
from services.framework.texts import digits_for, number, periods
from services.framework.turning import Turn, bounds, turns

_PLAIN = {
    Status.ACHIEVED: ("At the target by evidence: ", ""),
    Status.SLIPPING: ("", ", reached before"),
    Status.MISSED: ("Missed: ", ", more than the noise"),
    Status.CLOSE: ("Close: ", ", within the noise"),
}


def reason_of(course: Course, fold: Fold, blind: Period | None, begun: bool) -> str:
    """Why the status stands, in words and numbers, with what is being waited for."""
    notes = [_standing(course, fold, begun)]
    if fold.judged and _seasonal(fold.judged[-1]):
        notes.append("allowing for the time of year")
    if fold.awaiting:
        notes.append(f"awaiting final data for {course.aim.deadline}")
    if blind is not None:
        notes.append(f"no data since {blind}")
    if course.measure.window > 1:
        notes.append(
            f"a rolling figure over {periods(course.measure.window, course.measure.frequency)}, "
            "so each value is judged alone"
        )
    return "; ".join(notes) + "."


def _seasonal(last: Step) -> bool:
    """Whether the season moves the judgement of the last value by half its noise or more."""
    return last.sigma is not None and abs(last.season) >= last.sigma / 2


def _standing(course: Course, fold: Fold, begun: bool) -> str:
    if not begun:
        return f"Not begun; starts with {course.aim.start}"
    if not fold.judged and fold.has_few_events:
        return f"Too few events to judge: fewer than {MIN_EVENTS} so far"
    if fold.status is Status.WAITING or not fold.judged:
        return f"Too few values to judge since {course.aim.start}; {_wanting(fold)} wanted"
    last = _deciding(course, fold) if fold.status in DECIDED else fold.judged[-1]
    text = _sentence(course, fold, last)
    lasting = fold.since is not None and fold.status not in DECIDED
    if not lasting or fold.since is None or fold.status in (Status.ON_TRACK, Status.HOLDING):
        return text
    held = fold.judged[-1].ordinal - fold.since + 1
    if held <= 0:
        return text
    return f"{text}; {fold.status.words.lower()} for {periods(held, course.measure.frequency)}"


def _deciding(course: Course, fold: Fold) -> Step:
    """The last value up to the deadline, by which it was decided whatever came later."""
    end = course.aim.deadline.ordinal if course.aim.deadline else fold.judged[-1].ordinal
    return next((step for step in reversed(fold.judged) if step.ordinal <= end), fold.judged[-1])


def _wanting(fold: Fold) -> str:
    many = max(fold.wanting, MIN_POINTS - len(fold.judged), 1)
    return f"{many} more"


def _sentence(course: Course, fold: Fold, last: Step) -> str:
    if course.low is not None:
        return _ranged(course, fold, last)
    if fold.status is Status.DETERIORATING:
        return _against(course, last, course.level.value, "worse than the baseline", "better")
    plain = _PLAIN.get(fold.status)
    if plain is None:
        return _on_the_way(course, fold, last)
    before, after = plain
    short = _against(course, last, course.target, "short of the target", "past the target")
    return f"{before}{short}{after}"


def _on_the_way(course: Course, fold: Fold, last: Step) -> str:
    line = "the path" if course.improves else "the level to hold"
    gap = _against(course, last, last.expected, f"behind {line}", f"ahead of {line}")
    if fold.status in (Status.ON_TRACK, Status.HOLDING):
        fine = "On the path" if course.improves else "Holds"
        return f"{fine}: {gap}" + (", within the noise" if _behind(course, last) > 0 else "")
    if _behind(course, last) <= 0:
        gap = f"Behind {line} by the values before; this one is {gap}"
    return gap if fold.status is Status.OFF_TRACK else f"{gap}, short of sure"


def _ranged(course: Course, fold: Fold, last: Step) -> str:
    digits = _digits(course)
    value = last.point.value if last.point and last.point.value is not None else 0.0
    low, high = course.low or 0.0, course.high or 0.0
    where = "below" if value < low else "above" if value > high else "inside"
    text = (
        f"{number(value, digits)} in {_name(last)}, {where} the range "
        f"{number(low, digits)} to {number(high, digits)}"
    )
    if fold.status is Status.AT_RISK:
        text += ", short of sure"
    elif fold.status is Status.OFF_TRACK and where == "inside":
        text = f"by the values before; this one is {text}"
    words = {Status.HOLDING: "Holds: ", Status.MISSED: "Missed: ", Status.OFF_TRACK: "Out: "}
    return words.get(fold.status, "") + text


def _against(course: Course, last: Step, level: float | None, worse: str, good: str) -> str:
    """``8.4 behind the path (103.0 against 94.6 in 2025-07)``."""
    aim = level if level is not None else course.target
    value = last.point.value if last.point and last.point.value is not None else aim
    by = course.sign * (aim - value)
    word = worse if by > 0 else good
    return f"{number(abs(by), _digits(course))} {word} ({_pair(course, last, aim)})"


def _behind(course: Course, last: Step) -> float:
    if last.point is None or last.point.value is None or last.expected is None:
        return 0.0
    return course.sign * (last.expected - last.point.value)


def _pair(course: Course, last: Step, level: float) -> str:
    digits = _digits(course)
    value = last.point.value if last.point and last.point.value is not None else level
    return f"{number(value, digits)} against {number(level, digits)} in {_name(last)}"


def _name(step: Step) -> str:
    return step.point.period.label if step.point else ""


def _digits(course: Course) -> int:
    return digits_for(course.scale)


def would_change(course: Course, fold: Fold) -> str | None:
    """What the next value would have to be for the status to change; None where none could."""
    if fold.status in DECIDED:
        return "Only a decision of the board closes it."
    if fold.status is Status.WAITING or not fold.judged:
        few = not fold.judged and fold.has_few_events
        return f"It can be judged with {f'{MIN_EVENTS} events' if few else _wanting(fold)}."
    start, deadline = course.aim.start, course.aim.deadline
    if start is None:
        return None
    period = start.shift(fold.steps[-1].ordinal + 1 - start.ordinal)
    if deadline is not None and not fold.decided and period >= deadline:
        return f"The final value of {deadline} decides."
    found = turns(course, fold, period.ordinal)
    if not found:
        return f"No single value of {period} could change it."
    said = ", or ".join(_turned(course, turn) for turn in found)
    makes = found[0].makes
    does = f"make it {makes.words.lower()}" if makes else f"end {fold.status.words.lower()}"
    return f"{said} in {period} would {does}."


def _turned(course: Course, turn: Turn) -> str:
    """``94.6 or worse``: what is said is itself a value that would do it."""
    digits = 0 if course.measure.kind is Kind.EVENTS else _digits(course)
    low, high = bounds(course.measure)
    value = turn.rounded(digits)
    value = value if low is None else max(low, value)
    value = value if high is None else min(high, value)
    if course.low is not None:
        return f"{number(value, digits)} or {'more' if turn.up else 'less'}"
    return f"{number(value, digits)} or {'better' if turn.makes is None else 'worse'}"
