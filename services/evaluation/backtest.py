"""Judge a plan over past data, as the live service would have judged when each value arrived.

Rows of a file become observations with when they were received; each aim is then evaluated period
by period with the facts known at that instant (K) as of that instant (T). It is the same function
that judges live, so an answer here is the answer there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from math import isfinite

from services.framework.evaluate import evaluate
from services.framework.expectations.register import CATALOGUE, switch_of
from services.framework.facts import Facts, Maturity, Observation, SeriesKey
from services.framework.judgement import Evaluation, Status, Subject, SubjectKind
from services.framework.periods import Frequency, Period, PeriodError, between, midnight
from services.framework.plan import ALL, SYSTEM, Aim, Kind, Measure, Plan, Switch
from services.framework.series import known_to, sites_of
from services.framework.suppression import protected

COLUMNS = frozenset(
    {
        "measure",
        "period",
        "site",
        "stratum",
        "value",
        "numerator",
        "denominator",
        "observed",
        "expected",
        "event_date",
        "count",
        "complete_through",
        "state",
        "received",
        "definition",
    }
)
_SUPPRESSED = frozenset({"*", "c", "<5", "<11"})
_MOST_TROUBLES = 20


class BacktestError(ValueError):
    """The data cannot be read; one line for each trouble, with its line in the file."""

    def __init__(self, troubles: Sequence[str]) -> None:
        more = len(troubles) - _MOST_TROUBLES
        shown = [*troubles[:_MOST_TROUBLES], *([f"and {more} more"] if more > 0 else [])]
        super().__init__("\n".join(shown))
        self.troubles = tuple(troubles)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the live service would have said of an aim when a period's value arrived."""

    aim: str
    as_of: datetime
    period: Period
    status: Status
    blind_since: Period | None
    probability: float | None
    findings: tuple[str, ...]
    reason: str

    def as_json(self) -> dict[str, object]:
        """The line that ``bigdot backtest --json`` prints, as plain values."""
        return {
            "aim": self.aim,
            "as_of": self.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "period": self.period.label,
            "status": self.status.value,
            "blind_since": self.blind_since.label if self.blind_since else None,
            "probability": None if self.probability is None else round(self.probability, 4),
            "findings": list(self.findings),
        }


@dataclass(frozen=True)
class History:
    """The data of a backtest. ``until`` is the end of the last period that it speaks of."""

    observations: Mapping[SeriesKey, tuple[Observation, ...]]
    until: datetime

    @cached_property
    def by_measure(self) -> dict[str, dict[SeriesKey, tuple[Observation, ...]]]:
        """The observations of each measure, by series."""
        found: dict[str, dict[SeriesKey, tuple[Observation, ...]]] = {}
        for key, observations in self.observations.items():
            found.setdefault(key.measure, {})[key] = observations
        return found

    @cached_property
    def last_known(self) -> datetime:
        """When the last value came, or the end of the last period where that is later."""
        return max([self.until, *(o.known_at for each in self.observations.values() for o in each)])


def read_history(plan: Plan, rows: Iterable[Mapping[str, str | None]]) -> History:
    """Rows of a file (the first has line number 2) as observations with versions.

    Columns: ``measure``, ``period`` and ``value`` or ``numerator,denominator`` (or
    ``observed,expected``), or ``event_date,complete_through`` (and ``count``); ``site``,
    ``stratum``, ``state``, ``received``, ``definition`` where known. A row without any value says
    that none came; several events of a day, each in a row without a count, add up.

    Raises BacktestError with every row that cannot be read.
    """
    read: list[tuple[Observation, bool]] = []
    troubles: list[str] = []
    spoken: list[datetime] = []
    for line, row in enumerate(rows, 2):
        try:
            cells = _cells(row)
            measure = _measure(plan, cells)
            period = _period(measure, cells)
            spoken.append(_whole(measure, period).ends_at(plan.zone))
            observation = _observation(plan, measure, period, cells)
        except (ValueError, KeyError) as error:
            troubles.append(f"line {line}: {error.args[0] if error.args else error}")
            continue
        if observation is not None:
            read.append((observation, _adds(measure, cells)))
    if troubles:
        raise BacktestError(troubles)
    if not spoken:
        raise BacktestError(["the data has no rows"])
    return History(protected(plan, _versioned(read)), max(spoken))


def _cells(row: Mapping[str, str | None]) -> dict[str, str]:
    if None in row:
        raise ValueError("more cells than columns")
    return {name.strip(): (text or "").strip() for name, text in row.items()}


def _measure(plan: Plan, cells: Mapping[str, str]) -> Measure:
    measure = plan.measures.get(cells.get("measure", ""))
    if measure is None:
        raise ValueError(f"the plan has no measure {cells.get('measure', '')!r}")
    for column, declared, free in (("site", plan.sites, SYSTEM), ("stratum", plan.strata, ALL)):
        named = cells.get(column) or free
        if named != free and named not in declared:
            raise ValueError(f"the plan has no {column} {named!r}")
    return measure


def _period(measure: Measure, cells: Mapping[str, str]) -> Period:
    """The period the row speaks of; for dated events the day."""
    if measure.kind is Kind.EVENTS and not cells.get("period"):
        day = cells.get("event_date") or cells.get("complete_through")
        if not day:
            raise ValueError("event_date and complete_through are both empty")
        return Period(_date(day), Frequency.DAY)
    try:
        return Period.parse(cells.get("period", ""), measure.frequency)
    except PeriodError as error:
        raise ValueError(str(error)) from None


def _whole(measure: Measure, period: Period) -> Period:
    """The period of the measure's own frequency that holds ``period``."""
    if period.frequency is measure.frequency:
        return period
    return Period.containing(period.start, measure.frequency)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date") from None


def _observation(
    plan: Plan, measure: Measure, period: Period, cells: Mapping[str, str]
) -> Observation | None:
    """The row as an observation of version 1; None where no value came."""
    whole = _whole(measure, period)
    through = _date(cells["complete_through"]) if cells.get("complete_through") else None
    state = cells.get("state", "")
    suppressed = cells.get("value", "") in _SUPPRESSED or cells.get("numerator", "") in _SUPPRESSED
    value, numerator, denominator = _numbers(measure, period, cells, suppressed)
    if value is None and not suppressed and state != "withdrawn":
        return None
    return Observation(
        key=SeriesKey(
            measure.id,
            cells.get("site") or SYSTEM,
            cells.get("stratum") or ALL,
            int(cells.get("definition") or measure.definition),
        ),
        period=period,
        value=None if state == "withdrawn" else value,
        known_at=_received(plan, measure, whole, cells.get("received", "")),
        numerator=numerator,
        denominator=denominator,
        maturity=Maturity(state) if state and state != "withdrawn" else Maturity.FINAL,
        suppressed=suppressed,
        withdrawn=state == "withdrawn",
        complete_through=through,
    )


def _received(plan: Plan, measure: Measure, period: Period, text: str) -> datetime:
    """When the value was received, else the period's end plus the measure's lag."""
    if not text:
        return period.late_at(measure.lag_days, plan.zone)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"received: {text!r} is no time") from None
    if instant.tzinfo is None:
        if instant.time() == time.min:
            return midnight(instant.date(), plan.zone)
        instant = instant.replace(tzinfo=plan.zone)
    return instant.astimezone(UTC)


Numbers = tuple[float | None, float | None, float | None]


def _numbers(
    measure: Measure, period: Period, cells: Mapping[str, str], suppressed: bool
) -> Numbers:
    """Value, numerator and denominator, in the measure's units; no value where none is given."""
    if suppressed:
        return None, None, None
    if measure.kind is Kind.EVENTS:
        return _events(period, cells), None, None
    numerator = _number(cells, "numerator", "observed")
    denominator = _number(cells, "denominator", "expected")
    value = _number(cells, "value")
    if numerator is None and denominator is None:
        return value, None, None
    if numerator is None or denominator is None:
        raise ValueError("a numerator needs a denominator, and the other way round")
    if denominator <= 0 or numerator < 0:
        raise ValueError("the denominator must be above zero and the numerator not below")
    if measure.kind is Kind.PROPORTION and numerator > denominator:
        raise ValueError("the numerator is above the denominator")
    worked_out = numerator / denominator * measure.per
    return (worked_out if value is None else value), numerator, denominator


def _events(period: Period, cells: Mapping[str, str]) -> float | None:
    """Events on the day: as counted, else one; none where only ``complete_through`` is said."""
    counted = _number(cells, "count", "value")
    if counted is not None:
        return counted
    if cells.get("event_date"):
        return 1.0
    return 0.0 if cells.get("complete_through") and period.frequency is Frequency.DAY else None


def _number(cells: Mapping[str, str], *columns: str) -> float | None:
    text = next((cells[column] for column in columns if cells.get(column)), "")
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None
    if not isfinite(number):
        raise ValueError(f"{text!r} is no finite number")
    return number


def _adds(measure: Measure, cells: Mapping[str, str]) -> bool:
    """Whether the row is one event of its day, rather than the day's count."""
    counted = cells.get("count") or cells.get("value")
    return measure.kind is Kind.EVENTS and bool(cells.get("event_date")) and not counted


def _versioned(
    read: Sequence[tuple[Observation, bool]],
) -> dict[SeriesKey, tuple[Observation, ...]]:
    """By series, then period, then version: what was received later corrects the earlier."""
    order = sorted(read, key=lambda item: (_series_order(item[0]), item[0].known_at))
    answer: dict[SeriesKey, list[Observation]] = {}
    for _, rows in groupby(order, key=lambda item: _series_order(item[0])):
        so_far = 0.0
        for version, (row, adds) in enumerate(rows, 1):
            so_far = so_far + (row.value or 0.0) if adds else row.value or 0.0
            value = so_far if adds else row.value
            answer.setdefault(row.key, []).append(replace(row, version=version, value=value))
    return {key: tuple(observations) for key, observations in answer.items()}


def _series_order(observation: Observation) -> tuple[str, str, str, int, date]:
    key = observation.key
    return key.measure, key.site, key.stratum, key.definition, observation.period.start


def backtest(plan: Plan, history: History) -> Iterator[Judgement]:
    """Each aim, in the plan's order, and each of its periods from its start, in order of time.

    Periods go on to the end of what the data speaks of; one whose value did not come is judged on
    the first day that it is late.
    """
    for aim in judged_aims(plan):
        yield from backtest_of(plan, history, aim)


def judged_aims(plan: Plan) -> tuple[str, ...]:
    """The aims that a backtest judges: those that begin, and are judged by a measure."""
    return tuple(a.id for a in plan.aims.values() if a.start is not None and a.measures)


def backtest_of(plan: Plan, history: History, aim: str) -> Iterator[Judgement]:
    """One aim's periods. Raises KeyError for an aim that the plan does not have."""
    judged = plan.aims[aim]
    yield from _walked(replace(told_only(plan), aims={aim: judged}), judged, history)


def told_only(plan: Plan) -> Plan:
    """The plan without what it judges in shadow, of which a backtest says nothing."""
    quiet = {each: Switch.OFF for each in CATALOGUE if switch_of(plan, each) is Switch.SHADOW}
    return replace(plan, rules={**plan.rules, **quiet})


def _periods(plan: Plan, aim: Aim, history: History) -> tuple[Period, ...]:
    if aim.start is None:
        return ()
    end = history.until.astimezone(plan.zone).date()
    return between(aim.start, Period.containing(end - timedelta(days=1), aim.start.frequency))


def _walked(plan: Plan, aim: Aim, history: History) -> Iterator[Judgement]:
    """``plan`` has this aim only, so that its measures owe what this aim is judged on."""
    facts = Facts(_bearing(plan, aim, history))
    for period in _periods(plan, aim, history):
        as_of = _judged_at(plan, aim, facts, period)
        known = known_to(facts, as_of)
        subject = Subject(SubjectKind.AIM, aim.id)
        evaluation = evaluate(plan, known, subject, as_of)
        measures = [
            evaluate(plan, known, Subject(SubjectKind.MEASURE, declared.measure), as_of)
            for declared in aim.measures
        ]
        yield _judgement(aim, period, evaluation, measures)


def _bearing(plan: Plan, aim: Aim, history: History) -> dict[SeriesKey, tuple[Observation, ...]]:
    """The observations of the series that the aim is judged on, sites of a sum included."""
    wanted = {key for declared in aim.measures for key in _keys(plan, aim, declared.measure)}
    return {
        key: observations
        for measure in {key.measure for key in wanted}
        for key, observations in history.by_measure.get(measure, {}).items()
        if replace(key, definition=1) in wanted
    }


def _keys(plan: Plan, aim: Aim, measure: str) -> set[SeriesKey]:
    keys = {SeriesKey(measure, aim.site, aim.stratum)}
    if plan.measures[measure].rollup == "sum" and aim.site == SYSTEM:
        sites = sites_of(plan, plan.measures[measure])
        keys |= {SeriesKey(measure, site, aim.stratum) for site in sites}
    return keys


def _judged_at(plan: Plan, aim: Aim, facts: Facts, period: Period) -> datetime:
    """When the period's value had arrived, of every measure of the aim; else its first late day."""
    instants = []
    for declared in aim.measures:
        measure = plan.measures[declared.measure]
        if measure.frequency is period.frequency:
            late = period.late_at(measure.lag_days, plan.zone)
            arrived = _arrived(plan, aim, measure, facts, period)
            instants.append(late if arrived is None else max(arrived, period.ends_at(plan.zone)))
    return max(instants, default=period.ends_at(plan.zone))


def _arrived(
    plan: Plan, aim: Aim, measure: Measure, facts: Facts, period: Period
) -> datetime | None:
    """The first time at which the period's value stood, of the system or of every site."""
    definition = next(m.definition for m in aim.measures if m.measure == measure.id)
    own = SeriesKey(measure.id, aim.site, aim.stratum, definition)
    direct = _first(measure, facts, own, period)
    if direct is not None or measure.rollup != "sum" or aim.site != SYSTEM:
        return direct
    sites = (replace(own, site=site) for site in sites_of(plan, measure))
    arrivals = [_first(measure, facts, key, period) for key in sites]
    known = [at for at in arrivals if at is not None]
    return max(known) if known and len(known) == len(arrivals) else None


def _first(measure: Measure, facts: Facts, key: SeriesKey, period: Period) -> datetime | None:
    """When the first whole value of the period was known; a partial one waits for more."""
    observations = facts.observations.get(key, ())
    if measure.kind is Kind.EVENTS:
        whole = (
            o.known_at
            for o in observations
            if o.complete_through is not None and o.complete_through >= period.last_day
        )
        return min(whole, default=None)
    arrivals = (
        o.known_at
        for o in observations
        if o.period == period and o.maturity is not Maturity.PARTIAL
    )
    return min(arrivals, default=None)


def _judgement(
    aim: Aim, period: Period, evaluation: Evaluation, measures: Sequence[Evaluation]
) -> Judgement:
    verdict = evaluation.verdict
    found = {f.expectation for e in (evaluation, *measures) for f in e.findings}
    return Judgement(
        aim.id,
        evaluation.as_of,
        period,
        verdict.status if verdict else Status.WAITING,
        verdict.blind_since if verdict else None,
        verdict.probability if verdict else None,
        tuple(sorted(found)),
        verdict.reason if verdict else "",
    )
