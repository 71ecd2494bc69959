"""A posted measurement against the plan and the clock: may it be kept, and as what."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.framework.periods import Frequency, Period, PeriodError, local_date
from services.framework.plan import ALL, SYSTEM, Kind, Measure, Plan
from services.framework.series import LARGEST
from services.intake.items import FIRST_YEAR, MeasurementItem, too_early
from services.intake.refusals import RefusedError, known
from services.ports.intake import OUT_OF_RANGE

_SUPPRESSED = re.compile(r"\*|c|<\d{1,4}")
_SLACK = timedelta(minutes=5)
_ROUNDING = 1e-9


class Amount(NamedTuple):
    """What a value says: in the measure's units, with its counts where they were given."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    suppressed: bool = False


class Place(NamedTuple):
    """Which period of which series a value speaks of."""

    site: str
    stratum: str
    period: date
    definition: int


def measure_of(plan: Plan, item: MeasurementItem, allowed: frozenset[str] | None) -> Measure:
    """The measure, if the plan has it and the key may write it. Raises RefusedError."""
    if allowed is not None and item.measure not in allowed:
        raise RefusedError(
            "forbidden_measure", f"this key may not write {item.measure!r}", "measure", 403
        )
    measure = plan.measures.get(item.measure)
    if measure is None:
        raise RefusedError(
            "unknown_measure",
            f"the plan has no measure {item.measure!r}; {known(plan.measures)}",
            "measure",
        )
    return measure


def place_of(plan: Plan, measure: Measure, item: MeasurementItem, now: datetime) -> Place:
    """Where the value belongs. Raises RefusedError for what the plan or the clock forbids."""
    definition = item.definition or measure.definition
    if definition > measure.definition:
        raise RefusedError(
            "unknown_definition",
            f"definition {definition} is not declared; the latest is {measure.definition}",
            "definition",
        )
    start = _start(plan, measure, item, now)
    _site(plan, measure, item.site, start)
    _stratum(plan, measure, item.stratum, start)
    if measure.ended is not None and start >= measure.ended:
        raise RefusedError("ended_measure", f"{measure.id} ended on {measure.ended}", "measure")
    _told_in_time(item, now)
    return Place(item.site, item.stratum, start, definition)


def amount_of(measure: Measure, item: MeasurementItem, sent: dict[str, object]) -> Amount:
    """What the item says of the amount, from its counts if it has any. Raises RefusedError."""
    if item.withdrawn:
        return _withdrawn(item)
    if item.suppressed or isinstance(item.value, str):
        return _suppressed(item)
    if measure.kind is Kind.EVENTS:
        return _events(item)
    if item.event_date is not None or item.count is not None:
        field = "event_date" if item.event_date is not None else "count"
        raise RefusedError("not_events", f"{measure.id} does not count dated events", field)
    if item.numerator is not None or item.denominator is not None:
        return _from_counts(measure, item, sent)
    if item.value is None:
        raise RefusedError("missing", "give a value, or a numerator and a denominator", "value")
    return Amount(_possible(measure, item.value))


def flag_of(measure: Measure, value: float | None) -> str | None:
    """``out_of_range`` where the value lies outside of what the measure declares valid."""
    if value is None:
        return None
    low, high = measure.valid
    outside = (low is not None and value < low) or (high is not None and value > high)
    return OUT_OF_RANGE if outside else None


def _start(plan: Plan, measure: Measure, item: MeasurementItem, now: datetime) -> date:
    if measure.kind is Kind.EVENTS:
        return _event_day(item, local_date(now, plan.zone))
    if item.period is None:
        raise RefusedError("missing", f"say which {measure.frequency.value} it is of", "period")
    try:
        start, begins, ends = _bounds(item.period, measure.frequency, plan.zone)
    except PeriodError as error:
        raise RefusedError("bad_period", str(error), "period") from None
    except (ValueError, OverflowError):
        raise RefusedError("bad_period", f"{item.period} is out of reach", "period") from None
    if start.year < FIRST_YEAR:
        raise RefusedError("too_early", too_early(item.period), "period")
    if begins > now:
        raise RefusedError("future", f"{item.period} has not begun", "period")
    if item.state == "final" and ends > now and not item.withdrawn:
        raise RefusedError(
            "future",
            f"{item.period} is not over, so its value is not final; send state partial",
            "period",
        )
    return start


@lru_cache(maxsize=8192)
def _bounds(text: str, frequency: Frequency, zone: ZoneInfo) -> tuple[date, datetime, datetime]:
    period = Period.parse(text, frequency)
    return period.start, period.begins_at(zone), period.ends_at(zone)


def _event_day(item: MeasurementItem, today: date) -> date:
    if item.period is not None:
        raise RefusedError("bad_period", "dated events have no period; send event_date", "period")
    for field in ("event_date", "complete_through"):
        day: date | None = getattr(item, field)
        if day is not None and day > today:
            raise RefusedError("future", f"{day} has not come", field)
    day = item.event_date or item.complete_through
    if day is None:
        raise RefusedError("missing", "give event_date or complete_through", "event_date")
    return day


def _site(plan: Plan, measure: Measure, site: str, start: date) -> None:
    if site != SYSTEM:
        allowed = measure.sites or tuple(plan.sites)
        ended = plan.sites[site].ended if site in plan.sites else None
        _in_use("site", site, (f"{measure.id} has no site", (SYSTEM, *allowed)), ended, start)


def _stratum(plan: Plan, measure: Measure, stratum: str, start: date) -> None:
    if stratum != ALL:
        allowed = measure.strata or tuple(plan.strata)
        ended = plan.strata[stratum].ended if stratum in plan.strata else None
        _in_use("stratum", stratum, (f"{measure.id} has no stratum", (ALL, *allowed)), ended, start)


def _in_use(
    field: str, name: str, allowed: tuple[str, tuple[str, ...]], ended: date | None, start: date
) -> None:
    """Refuse a site or stratum that the measure does not have, or that ended by then."""
    said, names = allowed
    if name not in names:
        raise RefusedError(f"unknown_{field}", f"{said} {name!r}; {known(names)}", field)
    if ended is not None and start >= ended:
        raise RefusedError(f"ended_{field}", f"{name} ended on {ended}", field)


def _told_in_time(item: MeasurementItem, now: datetime) -> None:
    for field in ("occurred_at", "received_at"):
        at: datetime | None = getattr(item, field)
        if at is not None and at > now + _SLACK:
            raise RefusedError("future", f"{at.isoformat()} has not come", field)


def _withdrawn(item: MeasurementItem) -> Amount:
    if item.reason is None:
        raise RefusedError("missing", "a withdrawal needs a reason", "reason")
    for field in ("value", "numerator", "denominator", "count"):
        if getattr(item, field) is not None:
            raise RefusedError("contradiction", "what is withdrawn has no value", field)
    return Amount(None)


def _suppressed(item: MeasurementItem) -> Amount:
    """A suppressed value keeps no count either, lest it be undone by subtraction."""
    if isinstance(item.value, str) and not _SUPPRESSED.fullmatch(item.value):
        raise RefusedError(
            "wrong_type",
            "a value is a number, or one of *, c, <5 where it is suppressed",
            "value",
        )
    return Amount(None, suppressed=True)


def _events(item: MeasurementItem) -> Amount:
    for field in ("value", "numerator", "denominator"):
        if getattr(item, field) is not None:
            raise RefusedError("contradiction", "dated events are sent as count", field)
    if item.event_date is None:
        if item.count is not None:
            raise RefusedError("missing", "a count needs the event_date it is of", "event_date")
        return Amount(None)
    return Amount(float(item.count if item.count is not None else 1))


def _from_counts(measure: Measure, item: MeasurementItem, sent: dict[str, object]) -> Amount:
    top = "observed" if "observed" in sent else "numerator"
    bottom = "expected" if "expected" in sent else "denominator"
    if item.numerator is None or item.denominator is None:
        wanted = top if item.numerator is None else bottom
        raise RefusedError("missing", f"{wanted} is missing; counts come in twos", wanted)
    if item.denominator <= 0:
        said = "zero" if item.denominator == 0 else "negative"
        raise RefusedError("bad_denominator", f"a {bottom} cannot be {said}", bottom)
    if item.numerator < 0:
        raise RefusedError("bad_numerator", f"a {top} cannot be negative", top)
    if measure.kind is Kind.PROPORTION and item.numerator > item.denominator:
        raise RefusedError(
            "numerator_above_denominator",
            f"{item.numerator:g} of {item.denominator:g} is no proportion",
            top,
        )
    value = item.numerator / item.denominator * measure.per
    if value in (float("inf"), float("-inf")):
        raise RefusedError("not_finite", "the counts give no finite value", top)
    for number, field in ((item.numerator, top), (item.denominator, bottom), (value, top)):
        _measurable(number, field)
    _agreeing(measure, item.value, value, (top, bottom))
    return Amount(value, item.numerator, item.denominator)


def _agreeing(
    measure: Measure, said: float | str | None, counted: float, names: tuple[str, str]
) -> None:
    """Refuse a value that is not what the counts give, but for rounding."""
    if not isinstance(said, float) or abs(said - counted) <= _rounding(measure, said, counted):
        return
    per = "" if measure.per == 1 else f" x {measure.per:g}"
    raise RefusedError(
        "contradiction",
        f"the value {said:g} is not {names[0]} / {names[1]}{per}, which is {counted:.6g};"
        " send the counts alone, or the value that they give",
        "value",
    )


def _rounding(measure: Measure, said: float, counted: float) -> float:
    """How far a value may lie from its counts: half of the last decimal place it is written with,
    for a proportion at most half a percent."""
    exponent = Decimal(repr(said)).normalize().as_tuple().exponent
    half = 0.5 * 10.0 ** min(int(exponent), 0)
    if measure.kind is Kind.PROPORTION:
        half = min(half, measure.per / 200)
    return half + _ROUNDING * abs(counted)


def _possible(measure: Measure, value: float) -> float:
    if measure.kind is Kind.PROPORTION and not 0 <= value <= measure.per * (1 + _ROUNDING):
        raise RefusedError(
            "no_proportion",
            f"{value:g} is no proportion; {measure.id} goes from 0 to {measure.per:g}",
            "value",
        )
    if measure.kind is Kind.RATE and value < 0:
        raise RefusedError("negative_rate", f"a rate cannot be {value:g}", "value")
    _measurable(value, "value")
    return value


def _measurable(number: float, field: str) -> None:
    """Refuse a number that nothing can be reckoned with."""
    if abs(number) > LARGEST:
        raise RefusedError("too_large", f"{number:g} is too large to be reckoned with", field)
