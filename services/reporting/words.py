"""Periods, dates and numbers as people read them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from services.framework.judgement import Status
from services.framework.outlook import percent
from services.framework.periods import Frequency, Period
from services.framework.spc.icons import Assurance, Direction, Variation
from services.framework.texts import day_name, digits_for, number, with_unit

WORST_FIRST = (
    Status.MISSED,
    Status.DETERIORATING,
    Status.OFF_TRACK,
    Status.SLIPPING,
    Status.AT_RISK,
    Status.WAITING,
    Status.CLOSE,
    Status.ON_TRACK,
    Status.HOLDING,
    Status.ACHIEVED,
)
_BRIEF = 5
_ROLES = {"clinical_lead": "clinical lead", "measure_owner": "measure's owner"}


def period_name(period: Period, *, short: bool = False) -> str:
    """``October 2026`` (``Oct 2026`` if short), ``week 41 of 2026``, ``Q4 2026``, ``2026``."""
    match period.frequency:
        case Frequency.MONTH:
            return f"{period.start:%b %Y}" if short else f"{period.start:%B %Y}"
        case Frequency.DAY:
            return f"{period.start.day} {period.start:%b %Y}" if short else day_name(period.start)
        case Frequency.WEEK:
            year, week, _ = period.start.isocalendar()
            return f"week {week} of {year}"
        case Frequency.QUARTER:
            return " ".join(reversed(period.label.split("-")))
        case Frequency.YEAR:
            return period.label


def label_name(label: str | None, frequency: Frequency) -> str | None:
    """The name of a period given by its label; a label that does not fit stands as it is."""
    if label is None:
        return None
    try:
        return period_name(Period.parse(label, frequency))
    except ValueError:
        return label


def quantity(value: float | None, unit: str, digits: int = 1) -> str:
    """``94.2 days``, ``94.2%``; a dash where there is no value."""
    return "–" if value is None else with_unit(number(value, digits), unit)


def digits_of(*values: float | None) -> int:
    """Decimals that tell the values of a measure apart: by the spread of them, at most 2."""
    known = [value for value in values if value is not None]
    spread = max(known) - min(known) if known else 0.0
    return min(2, digits_for(spread or (abs(known[0]) if known else 1.0)))


def goal(target: object, unit: str, digits: int) -> str | None:
    """A target, or the two ends of a range, with the unit."""
    if isinstance(target, tuple | list):
        low, high = target
        return with_unit(f"{number(low, digits)} to {number(high, digits)}", unit)
    return quantity(target, unit, digits) if isinstance(target, int | float) else None


def brief_unit(unit: str) -> str:
    """The unit where it is short enough to stand beside every number, else nothing."""
    return unit if len(unit) <= _BRIEF else ""


def chance_words(chance: float | None) -> str | None:
    """``62%``; never 0 or 100, which no forecast knows."""
    return None if chance is None else percent(chance)


def local(instant: datetime, zone: str) -> datetime:
    """The instant on the visitor's clock."""
    return instant.astimezone(ZoneInfo(zone))


def when(instant: datetime, zone: str) -> str:
    """``7 October 2026, 09:30`` on the visitor's clock."""
    there = local(instant, zone)
    return f"{day_name(there.date())}, {there:%H:%M}"


def role_words(role: str) -> str:
    """``clinical lead`` for ``clinical_lead``."""
    return _ROLES.get(role, role.replace("_", " "))


def variation_words(variation: Variation, direction: Direction) -> str:
    """What the last value shows: ``special cause, for the worse: values are high``."""
    if variation is Variation.COMMON_CAUSE:
        return "common cause: only chance variation"
    if variation in (Variation.HIGH, Variation.LOW):
        return f"special cause: values are {variation.value}"
    good = variation is Variation.IMPROVEMENT
    side = "high" if good is (direction == "increase") else "low"
    return f"special cause, for the {'better' if good else 'worse'}: values are {side}"


def assurance_words(assurance: Assurance, direction: Direction) -> str:
    """Where the target lies about the limits, and what that means."""
    if assurance is Assurance.HIT_OR_MISS:
        return "target met or missed by chance: it lies within the limits"
    missed = assurance is Assurance.FAIL
    where = "above" if missed is (direction == "increase") else "below"
    done = "missed" if missed else "met"
    return f"target consistently {done} as the limits stand: it lies {where} them"
