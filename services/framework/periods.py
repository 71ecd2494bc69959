"""Reporting periods: half-open ranges of local dates, named by frequency."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo


class Frequency(StrEnum):
    """How often a measure is reported."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class PeriodError(ValueError):
    """A period's name does not fit its frequency, or names no real date."""


_PATTERNS = {
    Frequency.DAY: re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
    Frequency.WEEK: re.compile(r"(\d{4})-W(\d{2})"),
    Frequency.MONTH: re.compile(r"(\d{4})-(\d{2})"),
    Frequency.QUARTER: re.compile(r"(\d{4})-Q([1-4])"),
    Frequency.YEAR: re.compile(r"(\d{4})"),
}
_EXAMPLES = {
    Frequency.DAY: "2026-10-07",
    Frequency.WEEK: "2026-W41",
    Frequency.MONTH: "2026-10",
    Frequency.QUARTER: "2026-Q4",
    Frequency.YEAR: "2026",
}
_MONTHS = {Frequency.MONTH: 1, Frequency.QUARTER: 3, Frequency.YEAR: 12}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One reporting period: ``start`` is its first local date, ``end`` the first date after it."""

    start: date
    frequency: Frequency

    @classmethod
    def parse(cls, text: str, frequency: Frequency) -> Period:
        """Read ``2026-10``, ``2026-W41``, ``2026-10-07``, ``2026-Q4`` or ``2026``.

        Raises PeriodError where the text does not fit the frequency.
        """
        match = _PATTERNS[frequency].fullmatch(text)
        if match is None:
            raise PeriodError(
                f"{text!r} is no {frequency.value}; "
                f"a {frequency.value} is written like {_EXAMPLES[frequency]}"
            )
        try:
            return cls(_start(frequency, *(int(part) for part in match.groups())), frequency)
        except ValueError:
            raise PeriodError(f"{text!r} names no real {frequency.value}") from None

    @classmethod
    def containing(cls, day: date, frequency: Frequency) -> Period:
        """The period of ``frequency`` that holds the local date ``day``."""
        if frequency is Frequency.DAY:
            return cls(day, frequency)
        if frequency is Frequency.WEEK:
            return cls(day - timedelta(days=day.weekday()), frequency)
        months = _MONTHS[frequency]
        return cls(date(day.year, (day.month - 1) // months * months + 1, 1), frequency)

    @property
    def end(self) -> date:
        """The first local date after the period."""
        return self.shift(1).start

    @property
    def last_day(self) -> date:
        """The last local date of the period."""
        return self.end - timedelta(days=1)

    @property
    def ordinal(self) -> int:
        """A whole number that grows by one from each period to the next of its frequency."""
        if self.frequency is Frequency.MONTH:
            return self.start.year * 12 + self.start.month - 1
        if self.frequency is Frequency.DAY:
            return self.start.toordinal()
        if self.frequency is Frequency.WEEK:
            return self.start.toordinal() // 7
        return (self.start.year * 12 + self.start.month - 1) // _MONTHS[self.frequency]

    @property
    def label(self) -> str:
        """The period's name: the inverse of :meth:`parse`."""
        day = self.start
        match self.frequency:
            case Frequency.DAY:
                return day.isoformat()
            case Frequency.WEEK:
                year, week, _ = day.isocalendar()
                return f"{year:04d}-W{week:02d}"
            case Frequency.MONTH:
                return f"{day.year:04d}-{day.month:02d}"
            case Frequency.QUARTER:
                return f"{day.year:04d}-Q{(day.month + 2) // 3}"
            case Frequency.YEAR:
                return f"{day.year:04d}"

    def shift(self, periods: int) -> Period:
        """The period that lies ``periods`` later (earlier if negative)."""
        if self.frequency in (Frequency.DAY, Frequency.WEEK):
            days = periods * (7 if self.frequency is Frequency.WEEK else 1)
            return Period(self.start + timedelta(days=days), self.frequency)
        months = 1 if self.frequency is Frequency.MONTH else _MONTHS[self.frequency]
        index = self.start.year * 12 + self.start.month - 1 + periods * months
        return Period(date(index // 12, index % 12 + 1, 1), self.frequency)

    def begins_at(self, zone: ZoneInfo) -> datetime:
        """The UTC instant at which the period begins in ``zone``."""
        return midnight(self.start, zone)

    def ends_at(self, zone: ZoneInfo) -> datetime:
        """The UTC instant at which the period is over in ``zone``."""
        return midnight(self.end, zone)

    def late_at(self, lag_days: int, zone: ZoneInfo) -> datetime:
        """The UTC instant from which a value that has not come is late.

        Due is the last day plus the lag; late is the midnight after it.
        """
        return midnight(self.end + timedelta(days=lag_days), zone)

    def __str__(self) -> str:
        return self.label


@lru_cache(maxsize=4096)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The UTC instant at which the local date ``day`` begins in ``zone``."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The local date in ``zone`` at ``instant`` (aware)."""
    return instant.astimezone(zone).date()


def between(first: Period, last: Period) -> tuple[Period, ...]:
    """Every period from ``first`` to ``last``, both included; empty if ``last`` is earlier."""
    return tuple(first.shift(step) for step in range(last.ordinal - first.ordinal + 1))


def _start(frequency: Frequency, year: int, part: int = 1, day: int = 1) -> date:
    match frequency:
        case Frequency.DAY | Frequency.MONTH:
            return date(year, part, day)
        case Frequency.WEEK:
            return date.fromisocalendar(year, part, 1)
        case Frequency.QUARTER:
            return date(year, part * 3 - 2, 1)
        case Frequency.YEAR:
            return date(year, 1, 1)
