"""Small plans and facts for tests of the framework: one measure, one aim, in Europe/London."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from services.framework.evaluate import evaluate
from services.framework.facts import Facts, Observation, SeriesKey
from services.framework.judgement import Evaluation, Outcome, Subject, Verdict
from services.framework.periods import Frequency, Period
from services.framework.plan import (
    Aim,
    AimMeasure,
    Baseline,
    Direction,
    Intent,
    Kind,
    Measure,
    Organisation,
    Person,
    Plan,
    Project,
)

KEY = SeriesKey("m")
MONTHS_2024 = [f"2024-{m:02}" for m in range(1, 13)]

A1 = (104, 101, 106, 103, 99, 105, 102, 107, 100, 103, 102, 104, 100, 103, 105, 101, 102, 99, 104, 103, 100, 102, 101, 103)  # fmt: skip  # noqa: E501
A2 = (44, 39, 47, 42, 41, 45, 40, 43, 46, 41, 43, 40, 44, 42, 45, 41, 43, 44, 55, 47, 49, 48, 46, 47)  # fmt: skip  # noqa: E501
A3 = (31, 33, 30, 32, 34, 31, 29, 33, 32, 31, 30, 29, 27, 26, 24, 21, 20, 19, 18, 16, 15, 13, 12, 11)  # fmt: skip  # noqa: E501


def month(text: str) -> Period:
    return Period.parse(text, Frequency.MONTH)


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    """An instant, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_measure(**changes: Any) -> Measure:
    plain = Measure("m", "Deaths", Kind.VALUE, Direction.DECREASE, Frequency.MONTH, unit="ratio")
    return replace(plain, **changes)


def an_aim(target: Any = 88.0, **changes: Any) -> Aim:
    """Baseline January to October 2024, from November 2024 to December 2025."""
    part = AimMeasure("m", Baseline(month("2024-01"), month("2024-10")), target)
    plain = Aim(
        "a", "Fewer deaths", Intent.IMPROVE, (part,), month("2024-11"), month("2025-12"), "cmo"
    )
    return replace(plain, **changes)


def a_plan(
    aim: Aim | None = None,
    measure: Measure | None = None,
    projects: Iterable[Project] = (),
    **changes: Any,
) -> Plan:
    own, judged = measure or a_measure(), aim or an_aim()
    plain = Plan(
        Organisation("o", "Northfield", "Europe/London"),
        people={i: Person(i, i.upper()) for i in ("cmo", "sister", "lead")},
        measures={own.id: own},
        aims={judged.id: judged},
        projects={project.id: project for project in projects},
    )
    return replace(plain, **changes)


def an_observation(period: str | Period, value: float | None, **changes: Any) -> Observation:
    """A value that was known ten days after its period's end, unless said otherwise."""
    of = month(period) if isinstance(period, str) else period
    known = datetime.combine(of.end, datetime.min.time(), UTC)
    plain = Observation(KEY, of, value, known.replace(day=10))
    return replace(plain, **changes)


def values(
    numbers: Sequence[float | None], first: str = "2024-01", key: SeriesKey = KEY, **changes: Any
) -> dict[SeriesKey, tuple[Observation, ...]]:
    """A series of monthly values; None is a month without one."""
    start = month(first)
    return {
        key: tuple(
            replace(an_observation(start.shift(i), number), key=key, **changes)
            for i, number in enumerate(numbers)
            if number is not None
        )
    }


def counts(
    pairs: Sequence[tuple[float, float]], per: float = 1, first: str = "2024-01"
) -> dict[SeriesKey, tuple[Observation, ...]]:
    """A series of numerators and denominators."""
    start = month(first)
    return {
        KEY: tuple(
            an_observation(start.shift(i), n / d * per, numerator=n, denominator=d)
            for i, (n, d) in enumerate(pairs)
        )
    }


def verdict_of(plan: Plan, facts: Facts, as_of: datetime, aim: str = "a") -> Verdict:
    verdict = judged(plan, facts, f"aim:{aim}", as_of).verdict
    assert verdict is not None
    return verdict


HEARD: list[Evaluation] = []
"""Every evaluation that a test asked for; whoever compares them begins a list of its own."""


def judged(plan: Plan, facts: Facts, subject: str, as_of: datetime) -> Evaluation:
    HEARD.append(evaluate(plan, facts, Subject.parse(subject), as_of))
    return HEARD[-1]


def outcome(evaluation: Evaluation, expectation: str, about: str | None = None) -> Outcome:
    """The one outcome of an expectation (about a part)."""
    found = [
        o
        for o in evaluation.outcomes
        if o.expectation == expectation and (about is None or o.about == about)
    ]
    assert len(found) == 1, found
    return found[0]


def statuses(plan: Plan, series: Mapping[SeriesKey, tuple[Observation, ...]]) -> dict[str, str]:
    """The status of each month, read after the last value."""
    last = max(o.period for o in series[KEY])
    verdict = verdict_of(plan, Facts(series), last.late_at(30, plan.zone))
    return {reading.period.label: reading.status.value for reading in verdict.readings}
