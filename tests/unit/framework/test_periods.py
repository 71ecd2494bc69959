"""Periods: names, neighbours, and the instants at which they begin, end and fall late."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.framework.periods import Frequency, Period, PeriodError, between, local_date, midnight

LONDON = ZoneInfo("Europe/London")
days = st.dates(min_value=date(1971, 1, 1), max_value=date(2120, 12, 31))
frequencies = st.sampled_from(list(Frequency))


@given(days, frequencies)
def test_a_name_reads_back_as_the_same_period(day: date, frequency: Frequency) -> None:
    period = Period.containing(day, frequency)
    assert Period.parse(period.label, frequency) == period


@given(days, frequencies)
def test_a_period_holds_the_day_it_was_made_from(day: date, frequency: Frequency) -> None:
    period = Period.containing(day, frequency)
    assert period.start <= day <= period.last_day < period.end


@given(days, frequencies, st.integers(-500, 500))
def test_shifting_moves_the_ordinal_by_as_much(day: date, frequency: Frequency, steps: int) -> None:
    period = Period.containing(day, frequency)
    assert period.shift(steps).ordinal == period.ordinal + steps
    assert period.shift(steps).shift(-steps) == period


@given(days, frequencies)
def test_periods_leave_no_day_out(day: date, frequency: Frequency) -> None:
    period = Period.containing(day, frequency)
    assert Period.containing(period.end, frequency) == period.shift(1)


@pytest.mark.parametrize(
    ("text", "frequency", "start"),
    [
        ("2026-10", Frequency.MONTH, date(2026, 10, 1)),
        ("2026-W41", Frequency.WEEK, date(2026, 10, 5)),
        ("2026-W01", Frequency.WEEK, date(2025, 12, 29)),
        ("2026-10-07", Frequency.DAY, date(2026, 10, 7)),
        ("2026-Q4", Frequency.QUARTER, date(2026, 10, 1)),
        ("2026", Frequency.YEAR, date(2026, 1, 1)),
    ],
)
def test_names(text: str, frequency: Frequency, start: date) -> None:
    assert Period.parse(text, frequency) == Period(start, frequency)


@pytest.mark.parametrize(
    ("text", "frequency"),
    [
        ("2026-13", Frequency.MONTH),
        ("2026-10-01", Frequency.MONTH),
        ("2026-W54", Frequency.WEEK),
        ("2025-W53", Frequency.WEEK),
        ("2026-02-30", Frequency.DAY),
        ("2026-Q5", Frequency.QUARTER),
        ("", Frequency.YEAR),
    ],
)
def test_what_is_no_period_is_refused_by_name(text: str, frequency: Frequency) -> None:
    with pytest.raises(PeriodError, match=repr(text)):
        Period.parse(text, frequency)


def test_late_is_the_midnight_after_the_last_day_plus_the_lag() -> None:
    june = Period.parse("2025-06", Frequency.MONTH)
    assert june.late_at(20, LONDON) == datetime(2025, 7, 20, 23, tzinfo=UTC)
    assert local_date(june.late_at(20, LONDON), LONDON) == date(2025, 7, 21)


def test_a_period_begins_at_local_midnight_over_a_daylight_saving_change() -> None:
    march = Period.parse("2026-03", Frequency.MONTH)
    assert march.begins_at(LONDON) == datetime(2026, 3, 1, tzinfo=UTC)
    assert march.ends_at(LONDON) == datetime(2026, 3, 31, 23, tzinfo=UTC)
    assert midnight(date(2026, 3, 30), LONDON) == datetime(2026, 3, 29, 23, tzinfo=UTC)


def test_between_holds_both_ends_and_nothing_backwards() -> None:
    first, last = (Period.parse(t, Frequency.QUARTER) for t in ("2025-Q3", "2026-Q1"))
    assert [p.label for p in between(first, last)] == ["2025-Q3", "2025-Q4", "2026-Q1"]
    assert between(last, first) == ()
