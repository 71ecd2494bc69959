"""Aims of "95 % within four hours" set on real emergency departments, at many start dates.

The series are public: monthly attendances of NHS England's type 1 departments by provider (April
2016 to March 2019) and of Scotland's emergency departments by hospital (July 2007 to March 2023).
An aim starts every third month that has at least 12 months before it (its baseline), and runs 12 or
24 months. A department that stands below 95 % in its baseline has the aim to improve to 95 %; one
that stands at 95 % or above has the aim to hold 95 %. Each is judged month by month with what was
known then, by the function that judges live.

Run: ``python -m benchmarks.real_series [FOLDER]``.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers import PEERS, Peer
from benchmarks.scores import Score, Told, reliability, straight_line
from services.framework.facts import SeriesKey
from services.framework.judgement import Status, Verdict
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
    Plan,
)
from services.framework.series import Point, Series
from services.framework.verdict import judge

DATA = Path(__file__).resolve().parents[2] / "shared" / "fixtures" / "data"
ENGLAND, SCOTLAND = "nhsr_ae_attendances.csv", "phs_monthly_ae_waitingtimes_202303.csv"
TARGET = 0.95
SPANS = (12, 24)
BEFORE = 12
EVERY = 3
REACHED = frozenset({Status.ACHIEVED, Status.CLOSE, Status.HOLDING, Status.AT_RISK})
"""How an aim may stand once its deadline is judged without having been missed."""
MISSED_BY = 0.25
KEY = SeriesKey("within-4h")
MEASURE = Measure(
    KEY.measure,
    "Seen within four hours",
    Kind.PROPORTION,
    Direction.INCREASE,
    Frequency.MONTH,
    valid=(0, 1),
)


class Department(NamedTuple):
    """One emergency department: its country and the values of its months."""

    country: str
    name: str
    points: tuple[Point, ...]


class Judged(NamedTuple):
    """One aim on one department: the verdict of each month, and what became of it.

    ``missed``: the last three months together fell short of 95 % by more than a quarter of the way
    that the aim had to go (for an aim to hold: at all).
    """

    department: Department
    aim: Aim
    verdicts: tuple[Verdict, ...]
    told: tuple[Told, ...]
    missed: bool

    @property
    def improves(self) -> bool:
        """Whether the aim was to improve."""
        return self.aim.intent is Intent.IMPROVE

    @property
    def called(self) -> int | None:
        """The first month, from 0, in which it was told of as bad, before the deadline's."""
        return next((i for i, v in enumerate(self.verdicts[:-1]) if v.status.is_bad), None)


def departments(folder: Path = DATA) -> list[Department]:
    """Every department of the two files. Raises OSError where a file is not there."""
    return [*_england(folder / ENGLAND), *_scotland(folder / SCOTLAND)]


def _england(path: Path) -> Iterator[Department]:
    found: dict[str, list[Point]] = {}
    for row in _rows(path):
        if row["type"] == "1" and float(row["attendances"]) > 0:
            seen = float(row["attendances"])
            within = seen - float(row["breaches"])
            found.setdefault(row["org_code"], []).append(_point(row["period"], within, seen))
    yield from (_department("England", name, points) for name, points in sorted(found.items()))


def _scotland(path: Path) -> Iterator[Department]:
    found: dict[str, list[Point]] = {}
    for row in _rows(path):
        seen, within = row["NumberOfAttendancesAggregate"], row["NumberMeetingTargetAggregate"]
        if row["DepartmentType"] == "Emergency Department" and seen and within:
            month = f"{row['Month'][:4]}-{row['Month'][4:]}-01"
            points = found.setdefault(row["TreatmentLocation"], [])
            points.append(_point(month, float(within), float(seen)))
    yield from (_department("Scotland", name, points) for name, points in sorted(found.items()))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _point(month: str, within: float, seen: float) -> Point:
    period = Period(date.fromisoformat(month), Frequency.MONTH)
    return Point(period, period.ordinal, within / seen, within, seen, judged=True, settled=True)


def _department(country: str, name: str, points: list[Point]) -> Department:
    return Department(country, name, tuple(sorted(points, key=lambda point: point.ordinal)))


def aims_on(department: Department, every: int = EVERY) -> Iterator[Aim]:
    """An aim of each span from every third month on, as far as the values go."""
    first, last = department.points[0].period, department.points[-1].period
    known = {point.period for point in department.points}
    for after in range(BEFORE, last.ordinal - first.ordinal + 1, every):
        start = first.shift(after)
        for span in SPANS:
            deadline = start.shift(span - 1)
            if deadline in known and start.shift(-1) in known:
                yield _aim(department, start, deadline)


def _aim(department: Department, start: Period, deadline: Period) -> Aim:
    stretch = Baseline(start.shift(-BEFORE), start.shift(-1))
    level = _pooled(department, start.ordinal - BEFORE, start.ordinal - 1)
    intent = Intent.IMPROVE if level < TARGET else Intent.HOLD
    part = AimMeasure(MEASURE.id, stretch, TARGET)
    return Aim("a", "95 % within four hours", intent, (part,), start, deadline)


def _pooled(department: Department, first: int, last: int) -> float:
    chosen = [p for p in department.points if first <= p.ordinal <= last]
    within = sum(point.numerator or 0.0 for point in chosen)
    return within / sum(point.denominator or 0.0 for point in chosen)


def judged(department: Department, aim: Aim) -> Judged:
    """The aim judged month by month, each month with the values up to it."""
    start, deadline = aim.start, aim.deadline
    assert start is not None
    assert deadline is not None
    plan = Plan(
        Organisation("o", "o", "Europe/London"), measures={MEASURE.id: MEASURE}, aims={"a": aim}
    )
    verdicts = tuple(
        _as_of(plan, aim, department, start.shift(month))
        for month in range(deadline.ordinal - start.ordinal + 1)
    )
    reached = verdicts[-1].status in REACHED
    told = tuple(_told(department, aim, verdicts, reached))
    return Judged(department, aim, verdicts, told, _has_missed(department, aim))


def _as_of(plan: Plan, aim: Aim, department: Department, month: Period) -> Verdict:
    known = (p for p in department.points if p.ordinal <= month.ordinal)
    series = Series.of(MEASURE, KEY, known)
    return judge(plan, aim, lambda _: series, month.ends_at(plan.zone)).verdict


def _told(
    department: Department, aim: Aim, verdicts: tuple[Verdict, ...], reached: bool
) -> Iterator[Told]:
    start, deadline = aim.start, aim.deadline
    assert start is not None
    assert deadline is not None
    value = next(p.value for p in department.points if p.period == deadline)
    since = [(p.ordinal, p.value) for p in department.points if p.ordinal >= start.ordinal]
    for month, verdict in enumerate(verdicts, 1):
        known = [(at, v) for at, v in since if v is not None and at < start.ordinal + month]
        line = straight_line(known, deadline.ordinal, TARGET, 1)
        forecast = verdict.forecast
        if forecast is not None and line is not None and value is not None:
            chance, near, far = forecast.probability, forecast.interval_80, forecast.interval_95
            yield Told(month, chance, line, reached, value, near, far)


def _has_missed(department: Department, aim: Aim) -> bool:
    start, deadline = aim.start, aim.deadline
    assert start is not None
    assert deadline is not None
    level = _pooled(department, start.ordinal - BEFORE, start.ordinal - 1)
    end = _pooled(department, deadline.ordinal - 2, deadline.ordinal)
    return end < TARGET - MISSED_BY * max(TARGET - level, 0.0)


def all_judged(folder: Path = DATA, every: int = EVERY) -> list[Judged]:
    """Every aim on every department, judged; with a dot a department where one can watch."""
    answer = []
    for department in departments(folder):
        answer += [judged(department, aim) for aim in aims_on(department, every)]
        if sys.stderr.isatty():
            print(".", end="", file=sys.stderr, flush=True)
    return answer


class Caller(NamedTuple):
    """How one method called the aims to improve.

    ``early`` is the share of the missed aims that it called at least half of their time before the
    deadline; ``lead`` the mean months from its call to the deadline, among the missed it called;
    ``false`` the share of the aims not missed that it ever called; ``right`` the share of its calls
    that were on missed aims.
    """

    name: str
    caught: float
    early: float
    lead: float
    false: float
    right: float


def callers(aims: list[Judged]) -> list[Caller]:
    """Bigdot and its peers on the same aims."""
    ours = _caller("Bigdot", [(aim, aim.called) for aim in aims])
    return [
        ours,
        *(_caller(name, [(aim, _call(aim, peer)) for aim in aims]) for name, peer in PEERS.items()),
    ]


def _call(aim: Judged, peer: Peer) -> int | None:
    """The first call of a peer before the deadline's month."""
    readings = [r for r in aim.verdicts[-1].readings[:-1] if r.lag is not None]
    gap = abs(TARGET - (aim.verdicts[-1].baseline or 0.0)) or 1e-9
    behind = [((r.expected or 0.0) - (r.value or 0.0)) / gap for r in readings]
    called = peer(behind, [r.lag or 0.0 for r in readings])
    start = aim.aim.start
    assert start is not None
    return None if called is None else readings[called].period.ordinal - start.ordinal


def _caller(name: str, calls: list[tuple[Judged, int | None]]) -> Caller:
    missed = [(aim, call) for aim, call in calls if aim.missed]
    met = [call for aim, call in calls if not aim.missed]
    leads = [
        (len(aim.verdicts) - 1 - call, len(aim.verdicts))
        for aim, call in missed
        if call is not None
    ]
    false = sum(call is not None for call in met)
    return Caller(
        name,
        len(leads) / max(1, len(missed)),
        sum(lead >= span / 2 for lead, span in leads) / max(1, len(missed)),
        sum(lead for lead, _ in leads) / max(1, len(leads)),
        false / max(1, len(met)),
        len(leads) / max(1, len(leads) + false),
    )


def main(folder: str | None = None) -> int:
    """Print how the aims went, how they were called, and how good the probabilities were."""
    try:
        aims = all_judged(Path(folder) if folder else DATA)
    except OSError as error:
        print(f"no data: {error}; give the folder that holds {ENGLAND} and {SCOTLAND}")
        return 2 if folder else 0
    for name, chosen in groups(aims).items():
        missed = sum(aim.missed for aim in chosen)
        print(f"\n{name}: {len(chosen)} aims, {missed} missed")
        for caller in callers(chosen):
            print(
                f"  {caller.name:50} caught {caller.caught:6.1%}  early {caller.early:6.1%}  "
                f"lead {caller.lead:4.1f}  false {caller.false:6.1%}  right {caller.right:6.1%}"
            )
        told = [row for aim in chosen for row in aim.told]
        print("  " + "  ".join(f"{k} {v:.4g}" for k, v in Score.of(told)._asdict().items()))
        print("  " + "  ".join(f"{b.told:.2f}:{b.came:.2f} ({b.many})" for b in reliability(told)))
    return 0


def groups(aims: list[Judged]) -> dict[str, list[Judged]]:
    """The aims by what was wanted and where."""
    return {
        "all aims": aims,
        "aims to improve": [aim for aim in aims if aim.improves],
        "aims to hold": [aim for aim in aims if not aim.improves],
        "England": [aim for aim in aims if aim.department.country == "England"],
        "Scotland": [aim for aim in aims if aim.department.country == "Scotland"],
        "Scotland until 2019": [
            aim
            for aim in aims
            if aim.department.country == "Scotland"
            and aim.aim.deadline is not None
            and aim.aim.deadline.start < date(2020, 1, 1)
        ],
    }


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
