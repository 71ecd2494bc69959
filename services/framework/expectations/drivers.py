"""Drivers: is every primary driver measured, and seen (DAT-03)?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Parameter,
    Situation,
    Sureness,
    awaiting,
    parameter,
    passed,
    tripped,
)
from services.framework.facts import SeriesKey
from services.framework.judgement import Input, Severity, SubjectKind
from services.framework.periods import Period
from services.framework.plan import Aim, Driver
from services.framework.series import arrears

DAT_03 = Expectation(
    id="DAT-03",
    title="Driver unseen",
    asks="Give the driver a measure, and see that its values come.",
    text="Every primary driver has a measure, and its values come.",
    source="IHI QI Essentials: set a measure for each driver; the numbers are ours",
    sureness=Sureness.READ,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor", "advisor"),
    clears="when the driver has a measure whose latest value has come",
    parameters=(
        Parameter("days", 30, 0, 365, "days after it was linked that a driver may be unmeasured"),
        Parameter("periods", 2, 1, 12, "late periods in a row from which it is unseen"),
    ),
)


def drivers_are_seen(situation: Situation) -> Iterable[Finding]:
    """DAT-03 of each primary driver that is not ended.

    Values are awaited from the driver's first on; where none ever came, from when it was linked,
    else from the aim's adoption or start.
    """
    aim = situation.plan.aims[situation.subject.id]
    for driver in aim.drivers:
        if driver.primary and (driver.ended is None or driver.ended > situation.today):
            yield _seen(situation, aim, driver)


def _seen(situation: Situation, aim: Aim, driver: Driver) -> Finding:
    about = f"driver:{driver.key}"
    linked = _linked(aim, driver)
    if linked is None or linked > situation.today:
        return Finding(awaiting(DAT_03, about, "The aim has not begun."), situation.next_of(linked))
    if driver.measure is None or driver.measure not in situation.plan.measures:
        return _unmeasured(situation, driver, linked)
    return _late(situation, driver, linked)


def _unmeasured(situation: Situation, driver: Driver, linked: date) -> Finding:
    about = f"driver:{driver.key}"
    trips = linked + timedelta(days=int(parameter(situation, DAT_03, "days")))
    reason = f"{driver.name} has no measure; it was linked on {linked}."
    inputs: dict[str, Input] = {"since": linked.isoformat()}
    if situation.today < trips:
        return Finding(passed(DAT_03, about, reason, inputs), situation.begins(trips))
    return Finding(tripped(DAT_03, about, reason, inputs, None, situation.begins(trips)))


def _late(situation: Situation, driver: Driver, linked: date) -> Finding:
    """Whether so many periods in a row, up to now, are late."""
    about = f"driver:{driver.key}"
    measure = situation.plan.measures[str(driver.measure)]
    key = SeriesKey(measure.id, driver.site, driver.stratum, measure.definition)
    series = situation.series(key)
    first = series.points[0].period if series.points else None
    first = first or Period.containing(linked, measure.frequency)
    owed = arrears(series, first, situation.as_of, situation.plan)
    many = int(parameter(situation, DAT_03, "periods"))
    inputs: dict[str, Input] = {"late": len(owed.tail)}
    next_at = None
    if owed.next_late is not None:
        next_at = owed.next_late.late_at(measure.lag_days, situation.plan.zone)
    if len(owed.tail) < many:
        reason = f"The values of {measure.name} for {driver.name} come."
        return Finding(passed(DAT_03, about, reason, inputs), next_at)
    reason = f"No value of {measure.name} for {driver.name} since {owed.tail[0]}."
    since = owed.tail[many - 1].late_at(measure.lag_days, situation.plan.zone)
    return Finding(tripped(DAT_03, about, reason, inputs, None, since), next_at)


def _linked(aim: Aim, driver: Driver) -> date | None:
    if driver.linked_on is not None:
        return driver.linked_on
    return aim.adopted.on if aim.adopted else aim.start.start if aim.start else None
