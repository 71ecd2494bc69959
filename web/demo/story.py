"""The story as steps of a replay, with every date moved so that it ends now.

It ends one value short of a call: the latest value of the figures whose arrival turns an aim that
is not failing into one that is. That value is found by `services.framework.evaluate`, the function
that judges live; nothing is said here of what it will answer.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from services.framework.evaluate import evaluate
from services.framework.facts import Facts, Observation, SeriesKey
from services.framework.judgement import Status, Subject, SubjectKind
from services.framework.periods import Frequency, Period
from services.framework.plan import Plan
from services.planning.document import load
from web.demo.figures import EVENTS, FIRST_YEAR, LATE, SERIES

ADOPTED = "2024-11-01"
SOURCE = "northfield"
MONTHS_SHOWN = 24
ARRIVES_ON = 20
FAILING = (Status.OFF_TRACK, Status.DETERIORATING)
_DATE = re.compile(r"\b(\d{4})-(\d{2})(?:-(\d{2}))?\b")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_NAMED = re.compile(rf"\b({'|'.join(_MONTHS)}) (\d{{4}})\b")
_MINUTE = re.compile(r"\bminute: (\d\d)/")
_YEAR = 12
_SHORTEST_RUN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Step:
    """What is told at one instant of business time: items by the API's path."""

    at: datetime
    told: tuple[tuple[str, tuple[dict[str, Any], ...]], ...]

    @property
    def label(self) -> str:
        """The day as people read it."""
        return f"{self.at.day} {self.at:%B %Y}"


@dataclass(frozen=True, slots=True)
class Outstanding:
    """The value that is not told: the aim that it decides, and the item to post."""

    aim: str
    month: str
    item: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """A plan file, when it was adopted, the steps after that, and the value left out.

    ``late`` are the values, by measure and month, that have not come either, by the feed's fault.
    """

    plan: str
    adopted: datetime
    steps: tuple[Step, ...]
    outstanding: Outstanding
    late: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """Which values are missing, in a sentence."""
        wanted = f"{self.outstanding.item['measure']} of {self.outstanding.month}"
        if not self.late:
            return f"One value is missing: {wanted}."
        late = f"{', '.join(self.late)} {'is' if len(self.late) == 1 else 'are'} late"
        return f"{len(self.late) + 1} values are missing: {late}, and {wanted} is left to you."


@dataclass(frozen=True, slots=True)
class Value:
    """One figure: its measure, its month (counted from year 0), and the day it comes."""

    measure: str
    month: int
    value: float
    comes: date


def plan_text() -> str:
    """The plan file as it is packaged."""
    return files("web.demo").joinpath("northfield.yaml").read_text(encoding="utf-8")


def tell(now: datetime) -> Story:
    """The story that ends at the aware instant ``now``."""
    text = plan_text()
    aim, last = decisive(load(text), tuple(values()))
    moved = _last_full_month(now, load(text).zone) - last.month
    plan = shifted(text, moved)
    zone = load(plan).zone
    came, late = _measurements(last, moved)
    adopted = _at(date.fromisoformat(shifted(ADOPTED, moved)), zone)
    steps = tuple(_steps((*came, *_events(moved)), adopted, now, zone))
    return Story(plan, adopted, steps, _left_out(aim, last, moved), late)


def decisive(plan: Plan, known: tuple[Value, ...]) -> tuple[str, Value]:
    """The aim and the latest value that turns it from not failing to failing.

    Raises LookupError where no value does.
    """
    for last in sorted(known, key=lambda value: value.month, reverse=True):
        at = _at(last.comes, plan.zone)
        for aim in plan.aims.values():
            if last.measure in {judged.measure for judged in aim.measures}:
                without, whole = before_and_after(plan, known, last, aim.id, at)
                if not without.is_bad and whole in FAILING:
                    return aim.id, last
    raise LookupError("no value of the figures turns an aim")


def before_and_after(
    plan: Plan, known: tuple[Value, ...], last: Value, aim: str, at: datetime
) -> tuple[Status, Status]:
    """An aim's status at ``at`` without ``last`` and with it; later values are not known."""
    came = [value for value in known if value.comes <= last.comes]
    before = [value for value in came if value != last]
    subject = Subject(SubjectKind.AIM, aim)
    without, whole = (
        evaluate(plan, _facts(some, plan.zone), subject, at).verdict for some in (before, came)
    )
    assert without is not None and whole is not None  # noqa: S101, PT018 - an aim has a verdict
    return without.status, whole.status


def values(moved: int = 0) -> Iterator[Value]:
    """Every figure, ``moved`` months later than it was made up for."""
    for measure, series in SERIES.items():
        for number, value in enumerate(series):
            month = FIRST_YEAR * _YEAR + number
            late = LATE.get((measure, _label(month)))
            comes = late or f"{_label(month + 1)}-{ARRIVES_ON}"
            day = date.fromisoformat(shifted(comes, moved))
            yield Value(measure, month + moved, value, day)


def shifted(text: str, months: int) -> str:
    """The text with every date in it that many months later.

    Dates are ``2025-03``, ``2025-03-28``, ``March 2025``, and the year of a minute of the meeting
    that adopted (``24/117``).
    """

    def later(match: re.Match[str]) -> str:
        label = _label(int(match[1]) * _YEAR + int(match[2]) - 1 + months)
        if match[3] is None:
            return label
        year, month = map(int, label.split("-"))
        return f"{label}-{min(int(match[3]), monthrange(year, month)[1]):02}"

    def named(match: re.Match[str]) -> str:
        month = int(match[2]) * _YEAR + _MONTHS.index(match[1]) + months
        return f"{_MONTHS[month % _YEAR]} {month // _YEAR}"

    def minuted(match: re.Match[str]) -> str:
        met = int(match[1]) * _YEAR + int(ADOPTED[5:7]) - 1 + months
        return f"minute: {met // _YEAR % 100:02}/"

    return _MINUTE.sub(minuted, _NAMED.sub(named, _DATE.sub(later, text)))


def _facts(known: Iterable[Value], zone: ZoneInfo) -> Facts:
    by_measure = groupby(sorted(known, key=lambda v: (v.measure, v.month)), lambda v: v.measure)
    return Facts(
        observations={
            SeriesKey(measure): tuple(_observation(value, zone) for value in some)
            for measure, some in by_measure
        }
    )


def _observation(value: Value, zone: ZoneInfo) -> Observation:
    period = Period.parse(_label(value.month), Frequency.MONTH)
    return Observation(SeriesKey(value.measure), period, value.value, _at(value.comes, zone))


def _measurements(
    last: Value, moved: int
) -> tuple[list[tuple[date, str, dict[str, Any]]], tuple[str, ...]]:
    """What has come of the months that are shown, and the names of what is late."""
    newest = last.month + moved
    due = date.fromisoformat(f"{_label(newest + 1)}-{ARRIVES_ON}")
    shown = [
        value
        for value in values(moved)
        if newest - MONTHS_SHOWN < value.month <= newest
        and (value.measure, value.month) != (last.measure, newest)
    ]
    came = [(value.comes, "measurements", _item(value)) for value in shown if value.comes <= due]
    late = (f"{v.measure} of {_label(v.month)}" for v in shown if v.comes > due)
    return came, tuple(late)


def _events(moved: int) -> Iterator[tuple[date, str, dict[str, Any]]]:
    for day, path, item in EVENTS:
        on = shifted(day, moved)
        change = {"change": "completed"} if path == "milestones" else {}
        yield date.fromisoformat(on), path, {**item, **change, "on": on, "source": SOURCE}


def _steps(
    told: Iterable[tuple[date, str, dict[str, Any]]],
    adopted: datetime,
    now: datetime,
    zone: ZoneInfo,
) -> Iterator[Step]:
    """A step at the adoption, then one on each day on which something came or happened."""
    by_step: dict[datetime, list[tuple[str, dict[str, Any]]]] = {}
    today = now.astimezone(zone).date()
    for day, path, item in sorted(told, key=itemgetter(0)):
        if day <= today or path == "measurements":
            at = _heard(day, adopted, now, zone)
            by_step.setdefault(at, []).append((path, item))
    for at, some in by_step.items():
        paths = groupby(sorted(some, key=itemgetter(0)), itemgetter(0))
        yield Step(at, tuple((path, tuple(item for _, item in items)) for path, items in paths))


def _heard(day: date, adopted: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    """When what came or happened on ``day`` is told: that day, not before the adoption or later
    than now."""
    return min(max(_at(day, zone), adopted), now - _SHORTEST_RUN)


def _left_out(aim: str, last: Value, moved: int) -> Outstanding:
    month = last.month + moved
    return Outstanding(
        aim, _label(month), _item(Value(last.measure, month, last.value, last.comes))
    )


def _item(value: Value) -> dict[str, Any]:
    return {
        "measure": value.measure,
        "period": _label(value.month),
        "value": value.value,
        "source": SOURCE,
    }


def _last_full_month(now: datetime, zone: ZoneInfo) -> int:
    today = now.astimezone(zone)
    return today.year * _YEAR + today.month - 2


def _at(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(9), zone).astimezone(UTC)


def _label(month: int) -> str:
    return f"{month // _YEAR:04}-{month % _YEAR + 1:02}"
