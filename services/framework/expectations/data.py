"""Data: has the value come (DAT-01), and is anybody still able to see (DAT-02)?

Both look at every series of the measure that is awaited: those that were ever fed, and those that
an aim is judged on. Late is the data owner's alert; being blind is also the aims' sponsors'.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Parameter,
    Situation,
    Sureness,
    parameter,
    passed,
)
from services.framework.facts import SeriesKey
from services.framework.judgement import Input, Outcome, Severity, SubjectKind
from services.framework.periods import Period
from services.framework.plan import SYSTEM, Aim, Measure
from services.framework.series import (
    Arrears,
    Series,
    arrears,
    blind_at,
    first_not_late,
    sites_of,
)
from services.framework.texts import listed

DAT_01 = Expectation(
    id="DAT-01",
    title="Data late",
    asks="Send the value, or say when it comes.",
    text="Each value comes by its due date: the period's last day plus the measure's lag.",
    source="design; leverage point 1 wants timely measures",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.MEASURE,
    severity=Severity.WATCH,
    audience=("measure_owner",),
    clears="when the value comes, or is said to be suppressed or withdrawn",
    parameters=(Parameter("look_back", 12, 1, 60, "periods back in which a hole is asked after"),),
)

DAT_02 = Expectation(
    id="DAT-02",
    title="No data",
    asks="Send the values: the aim cannot be judged without them.",
    text="No measure is blind: 30 days past due, or two periods in a row without a value.",
    source="Seven Leadership Leverage Points (2008), point 1, on timeliness",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.MEASURE,
    severity=Severity.CRIT,
    audience=("measure_owner",),
    clears="when the latest periods that are due have their values",
)


class Awaited(NamedTuple):
    """A series with what it owes, as of the situation's instant."""

    series: Series
    owed: Arrears
    blinds: bool


def value_has_come(situation: Situation) -> Iterable[Finding]:
    """DAT-01: one finding a measure, which names the periods and the sites."""
    awaited = _awaited(situation)
    about = str(situation.subject)
    late = [a for a in awaited if a.owed.late]
    inputs: dict[str, Input] = {"awaited": len(awaited), "late": len(late)}
    if not late:
        yield Finding(
            passed(DAT_01, about, "Every value that is due has come.", inputs),
            _next_late(situation, awaited),
        )
        return
    measure = situation.plan.measures[situation.subject.id]
    first = min(a.owed.late[0] for a in late)
    inputs["periods"] = ", ".join(sorted({p.label for a in late for p in a.owed.late}))
    yield Finding(
        Outcome(
            DAT_01.id,
            about,
            True,
            _late_reason(situation, measure, late, len(awaited)),
            DAT_01.severity,
            first.late_at(measure.lag_days, situation.plan.zone),
            inputs,
            DAT_01.audience,
        ),
        first_not_late(measure, situation.as_of, situation.plan).late_at(
            measure.lag_days, situation.plan.zone
        ),
    )


def measure_is_seen(situation: Situation) -> Iterable[Finding]:
    """DAT-02: which of the measure's series nobody has seen for too long, and since when."""
    awaited = _awaited(situation)
    measure = situation.plan.measures[situation.subject.id]
    about = str(situation.subject)
    unseen: list[tuple[Awaited, datetime]] = []
    coming: list[datetime] = []
    for item in awaited:
        first = _first_wanting(item)
        if first is None:
            continue
        at = blind_at(first, measure, situation.plan)
        if at <= situation.as_of:
            unseen.append((item, at))
        else:
            coming.append(at)
    next_at = min(coming, default=None)
    if not unseen:
        yield Finding(passed(DAT_02, about, "The latest values are there."), next_at)
        return
    yield Finding(_blind(situation, measure, unseen, len(awaited)), next_at)


def _blind(
    situation: Situation, measure: Measure, unseen: Sequence[tuple[Awaited, datetime]], of: int
) -> Outcome:
    since = min(first for item, _ in unseen if (first := _first_wanting(item)) is not None)
    inputs: dict[str, Input] = {"blind_since": since.label, "series": len(unseen)}
    blinds = any(item.blinds for item, _ in unseen)
    return Outcome(
        DAT_02.id,
        str(situation.subject),
        True,
        f"No data on {measure.name} since {since}{_where(situation, [i for i, _ in unseen], of)}.",
        DAT_02.severity,
        min(at for _, at in unseen),
        inputs,
        (*DAT_02.audience, "aim_sponsor") if blinds else DAT_02.audience,
    )


def _first_wanting(item: Awaited) -> Period | None:
    """The first period of the unbroken end of the series that has no settled value."""
    if item.owed.tail:
        return item.owed.tail[0]
    last, coming = item.series.last_settled, item.owed.next_late
    if coming is None or (last is not None and coming.ordinal < last.ordinal):
        return None
    return coming


def _late_reason(situation: Situation, measure: Measure, late: Sequence[Awaited], of: int) -> str:
    last = max(a.owed.late[-1] for a in late)
    same = [a for a in late if last in a.owed.late]
    points = [a.series.by_ordinal.get(last.ordinal) for a in same]
    note = next((p.note for p in points if p is not None and p.note), None)
    older = sorted({p.label for a in late for p in a.owed.late} - {last.label})
    due = last.shift(1).start.toordinal() + measure.lag_days - 1
    text = f"No value of {measure.name} for {last}, due {situation.today.fromordinal(due)}"
    if note:
        text += f" (what came is {note})"
    text += _where(situation, same, of)
    return f"{text}; nor for {listed(older)}." if older else f"{text}."


def _where(situation: Situation, items: Sequence[Awaited], of: int) -> str:
    """Which sites, where the measure has several series."""
    if of == 1:
        return ""
    names = [_series_name(situation, item.series.key) for item in items]
    return f" from {len(items)} of {of}: {listed(names)}"


def _series_name(situation: Situation, key: SeriesKey) -> str:
    site = situation.plan.sites.get(key.site)
    name = site.name if site else "the whole system" if key.site == SYSTEM else key.site
    stratum = situation.plan.strata.get(key.stratum)
    return f"{name}, {stratum.name}" if stratum else name


def _next_late(situation: Situation, awaited: Sequence[Awaited]) -> datetime | None:
    measure = situation.plan.measures[situation.subject.id]
    periods = [a.owed.next_late for a in awaited if a.owed.next_late is not None]
    if not periods:
        return None
    return min(periods).late_at(measure.lag_days, situation.plan.zone)


def _awaited(situation: Situation) -> list[Awaited]:
    """Every series of the measure's current definition that is awaited, with what it owes."""
    measure = situation.plan.measures[situation.subject.id]
    look_back = int(parameter(situation, DAT_01, "look_back"))
    fed = _fed(situation, measure)
    judged = _by_sites(situation, measure, _judged(situation, measure), fed)
    open_ = [key for key in fed | set(judged) if _open(situation, key)]
    answer = []
    for key in sorted(open_, key=lambda key: (key.site != SYSTEM, key.site, key.stratum)):
        series = situation.series(key)
        first = _first_awaited(series, judged.get(key))
        if first is not None:
            owed = arrears(series, first, situation.as_of, situation.plan, look_back)
            answer.append(Awaited(series, owed, key in judged))
    return answer


def _fed(situation: Situation, measure: Measure) -> set[SeriesKey]:
    """The series of which something came."""
    return {
        key
        for key, observations in situation.facts.observations.items()
        if key.measure == measure.id and key.definition == measure.definition and observations
    }


def _by_sites(
    situation: Situation,
    measure: Measure,
    judged: Mapping[SeriesKey, Period],
    fed: Collection[SeriesKey],
) -> dict[SeriesKey, Period]:
    """The judged series; a sum of sites, which is blind without any of them, is each of its sites.

    A system value that is fed by itself wins over the sum.
    """
    answer: dict[SeriesKey, Period] = {}
    for key, start in judged.items():
        own = [key]
        if measure.rollup == "sum" and key.site == SYSTEM and key not in fed:
            own = [replace(key, site=site) for site in sites_of(situation.plan, measure)]
        answer |= {each: min(answer.get(each, start), start) for each in own}
    return answer


def _open(situation: Situation, key: SeriesKey) -> bool:
    site, stratum = situation.plan.sites.get(key.site), situation.plan.strata.get(key.stratum)
    ends = [part.ended for part in (site, stratum) if part is not None and part.ended is not None]
    return all(end > situation.today for end in ends)


def _first_awaited(series: Series, start: Period | None) -> Period | None:
    """From its first value on; a series that never had one, from the start of its first aim."""
    if series.points:
        return series.points[0].period
    return start


def _judged(situation: Situation, measure: Measure) -> dict[SeriesKey, Period]:
    """The series that aims not yet ended are judged on, with the first period of the earliest."""
    answer: dict[SeriesKey, Period] = {}
    for aim in situation.plan.judging[measure.id]:
        if aim.start is None or (aim.ended is not None and aim.ended <= situation.today):
            continue
        for declared in aim.measures:
            if declared.measure == measure.id and declared.definition == measure.definition:
                key = _key(aim, measure)
                answer[key] = min(answer.get(key, aim.start), aim.start)
    return answer


def _key(aim: Aim, measure: Measure) -> SeriesKey:
    return SeriesKey(measure.id, aim.site, aim.stratum, measure.definition)
