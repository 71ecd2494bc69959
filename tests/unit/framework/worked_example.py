"""The worked example of the catalogue: Northfield Health, January 2024 to December 2025.

Three aims that the board adopts on 1 November 2024; baseline January to October 2024. A month's
values come on the 20th of the next, but for one that is late. Every subject is judged as it would
be live: when something becomes known about it, and when time alone is due to change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from services.framework.evaluate import evaluate
from services.framework.facts import (
    Facts,
    MilestoneChange,
    MilestoneEvent,
    Observation,
    ProgressScore,
    Review,
    Role,
    RoleChange,
    SeriesKey,
)
from services.framework.judgement import Subject, SubjectKind
from services.framework.periods import Frequency, midnight
from services.framework.plan import (
    Adoption,
    Aim,
    AimMeasure,
    Baseline,
    Direction,
    Driver,
    Intent,
    Kind,
    Measure,
    Milestone,
    Organisation,
    Person,
    Plan,
    Profile,
    Project,
    Serve,
)
from services.framework.series import known_to
from tests.unit.framework.builders import A1, A2, A3, at, day, month

D1 = (47, 49, 48, 50, 46, 48, 49, 47, 48, 48, 50, 55, 61, 68, 74, 80, 84, 87, 90, 91, 92, 93, 94, 94)  # fmt: skip  # noqa: E501
D2 = (52, 51, 53, 50, 54, 52, 51, 53, 52, 52, 54, 57, 60, 66, 71, 76, 79, 83, 85, 87, 88, 89, 90, 90)  # fmt: skip  # noqa: E501
D4 = (61, 63, 60, 62, 64, 61, 62, 60, 63, 62, 62, 61, 63, 62, 60, 64, 62, 61, 63, 62, 61, 62, 63, 62)  # fmt: skip  # noqa: E501
D7 = (20, 22, 19, 21, 20, 22, 21, 20, 19, 21, 25, 31, 38, 44, 52, 58, 63, 66, 71, 75, 79, 82, 84, 86)  # fmt: skip  # noqa: E501
SERIES = {
    "a1": A1, "a2": A2, "a3": A3,
    "d1": D1, "d2": D2, "d4": D4, "d5": D4[::-1], "d6": D4[1:] + D4[:1], "d7": D7, "d8": D7,
}  # fmt: skip
LATE = {("a3", "2025-06"): "2025-08-02"}
END = date(2026, 1, 31)
TABLE = [
    ("2024-11-01", "CAP-01", "person:one", "warn"),
    ("2024-11-01", "PRT-02", "aim:a1", "crit"),
    ("2024-11-01", "PRT-02", "aim:a2", "warn"),
    ("2024-12-01", "PRT-01", "driver:a1/d3", "crit"),
    ("2025-02-25", "PRJ-03", "project:p6", "warn"),
    ("2025-03-03", "CAP-01", "person:one", "over"),
    ("2025-03-08", "MIL-01", "milestone:p4/pilot", "warn"),
    ("2025-03-11", "PRJ-02", "project:p4/leader", "warn"),
    ("2025-03-20", "DGN-01", "aim:a2", "crit"),
    ("2025-03-31", "MIL-01", "milestone:p4/pilot", "crit"),
    ("2025-04-03", "PRJ-02", "project:p4/leader", "crit"),
    ("2025-04-11", "PRJ-03", "project:p4", "warn"),
    ("2025-04-20", "TRJ-01", "aim:a2", "warn"),
    ("2025-05-14", "MIL-01", "milestone:p4/pilot", "over"),
    ("2025-05-20", "TRJ-02", "aim:a1", "warn"),
    ("2025-05-20", "TRJ-02", "aim:a2", "warn"),
    ("2025-05-20", "TRJ-03", "aim:a1", "warn"),
    ("2025-05-20", "TRJ-03", "aim:a2", "warn"),
    ("2025-06-02", "PRJ-02", "project:p4/leader", "over"),
    ("2025-06-20", "TRJ-01", "aim:a1", "warn"),
    ("2025-07-21", "DAT-01", "measure:a3", "watch"),
    ("2025-08-02", "DAT-01", "measure:a3", "over"),
    ("2025-08-20", "DGN-02", "aim:a1", "crit"),
    ("2025-08-20", "SIG-01", "aim:a2", "warn"),
    ("2025-08-20", "TRJ-01", "aim:a2", "crit"),
    ("2025-09-17", "REV-01", "project:p1", "warn"),
    ("2025-11-20", "SIG-01", "aim:a2", "over"),
    ("2026-01-20", "SIG-02", "aim:a2", "crit"),
    ("2026-01-20", "TRJ-01", "aim:a1", "over"),
    ("2026-01-20", "TRJ-01", "aim:a2", "over"),
    ("2026-01-20", "TRJ-02", "aim:a1", "over"),
    ("2026-01-20", "TRJ-02", "aim:a2", "over"),
    ("2026-01-20", "TRJ-04", "aim:a1", "crit"),
    ("2026-01-20", "TRJ-04", "aim:a2", "crit"),
]
"""What is newly said on which day, of what the catalogue's table speaks of.

Where the table and this list differ, this list is right. The catalogue's table reckons TRJ-01 from
its own formula; here it is the verdict, which waits until the lag is more than noise: A2 is off
track with March's value (the table: February's), A1 with May's (the table: March's, on a lag that
chance alone makes in two months of ten). TRJ-04 says nothing of A3: three values that end at 11,
falling, are close to a target of 10, not surely short of it. TRJ-01 of A1 turns critical in the
table when half the gap is lost; here only a deterioration is critical, and A1 never deteriorates.
"""
OF_THE_TABLE = {line[1] for line in TABLE} | {"DAT-02"}
_UP = frozenset({"d1", "d2", "d4", "d5", "d6", "d7", "d8"})


class Change(NamedTuple):
    """What an expectation newly says of something, or a status or an answer that is new."""

    on: str
    expectation: str
    about: str
    said: str


def plan(**parameters: float) -> Plan:
    """The plan as the board adopts it; every expectation is told of."""
    people = ("cmo", "cno", "coo", "one", "two", "three", "four", "doctor", "advisor", "patient")
    return Plan(
        Organisation("o", "Northfield Health", "Europe/London"),
        people={i: Person(i, i, roles=("executive",) if i[0] == "c" else ()) for i in people},
        measures={i: _measure(i) for i in SERIES},
        aims={
            "a1": _aim("a1", 88.0, "cmo", ("d1", "d2", "d3")),
            "a2": _aim("a2", 21.0, "cno", ("d4", "d5", "d6")),
            "a3": _aim("a3", 10.0, "coo", ("d7", "d8")),
        },
        projects={project.id: project for project in _projects()},
        parameters={"SIG-01.points": 10.0} | parameters,
        profile=Profile.FULL,
    )


def _measure(name: str) -> Measure:
    direction = Direction.INCREASE if name in _UP else Direction.DECREASE
    return Measure(
        name, name.upper(), Kind.VALUE, direction, Frequency.MONTH, unit="n", owner="one"
    )


def _aim(name: str, target: float, sponsor: str, drivers: tuple[str, ...]) -> Aim:
    share = round(1 / len(drivers), 2)
    return Aim(
        name,
        name.upper(),
        Intent.IMPROVE,
        (AimMeasure(name, Baseline(month("2024-01"), month("2024-10")), target),),
        month("2024-11"),
        month("2025-12"),
        sponsor,
        adopted=Adoption("Board", day("2024-11-01"), "24/117"),
        partners=("patient",),
        drivers=tuple(
            Driver(d, name, d.upper(), share=share, measure=d if d in SERIES else None)
            for d in drivers
        ),
    )


def _projects() -> Iterator[Project]:
    rows = (
        ("p1", "two", "cmo", "a1/d1", 6.0, 0.75),
        ("p2", "three", "cmo", "a1/d2", 4.0, 0.75),
        ("p4", "one", "cno", "a2/d4", 9.0, 0.5),
        ("p5", "one", "cno", "a2/d5", 8.0, 0.75),
        ("p6", "one", "cno", "a2/d6", 6.0, 0.75),
        ("p7", "four", "coo", "a3/d7", 14.0, 0.9),
        ("p8", "four", "coo", "a3/d8", 9.0, 0.75),
    )
    for name, leader, sponsor, driver, effect, belief in rows:
        pilot = Milestone("pilot", name, "Pilot", day("2025-02-28"))
        yield Project(
            name,
            name.upper(),
            day("2024-11-01"),
            day("2025-12-31"),
            sponsor,
            leader,
            "doctor",
            "advisor",
            aim_text="95 %",
            measure=driver[3:],
            serves=(Serve(driver, effect, 1.0, belief),),
            milestones=(pilot,) if name == "p4" else (),
        )


def facts() -> Facts:
    """Everything that happens, each with when it becomes known."""
    return Facts(
        {SeriesKey(name): tuple(_values(name)) for name in SERIES},
        (_done("p4/pilot", "2025-05-14"),),
        tuple(sorted(_scores(), key=lambda score: score.on)),
        tuple(sorted(_reviews(), key=lambda review: review.on)),
        roles=(_led(None, "2025-03-03"), _led("two", "2025-06-02")),
    )


def _values(name: str) -> Iterator[Observation]:
    for place, value in enumerate(SERIES[name]):
        period = month("2024-01").shift(place)
        on = LATE.get((name, period.label)) or period.end.replace(day=20).isoformat()
        yield Observation(SeriesKey(name), period, float(value), at(f"{on}T08:00"))


def _done(milestone: str, on: str) -> MilestoneEvent:
    return MilestoneEvent(milestone, MilestoneChange.COMPLETED, day(on), at(on))


def _led(person: str | None, on: str) -> RoleChange:
    return RoleChange("project:p4", Role.LEADER, person, day(on), at(on))


def _scores() -> Iterator[ProgressScore]:
    """P4 and P6 stand still; the others are scored monthly, and rise."""
    rising = (1.0, 2.0, 2.0, 2.5, 2.5, 3.0, 3.0, 3.0, 3.5, 3.5, 3.5, 4.0, 4.0, 4.0)
    stands = {"p4": ("2025-01-10", 4), "p6": ("2025-01-10", 3)}
    for name in ("p1", "p2", "p4", "p5", "p6", "p7", "p8"):
        for place, score in enumerate(rising):
            on = month("2024-12").shift(place).start.replace(day=10)
            still = stands.get(name)
            steps = int(score * 2)
            if still is not None and on >= day(still[0]):
                steps = still[1]
            yield ProgressScore(name, steps, on, at(on.isoformat()), evidence="minutes")


def _reviews() -> Iterator[Review]:
    """Each project on the 12th of the month, P1 until August; each aim every second month."""
    for place in range(-1, 14):
        on = month("2024-12").shift(place).start.replace(day=12)
        for name in ("p1", "p2", "p4", "p5", "p6", "p7", "p8"):
            if name != "p1" or on <= day("2025-08-12"):
                yield Review(f"project:{name}", on, at(on.isoformat()), "cmo", "yes", "yes")
        if place % 2:
            for aim in ("a1", "a2", "a3"):
                yield Review(f"aim:{aim}", on, at(on.isoformat()), "cmo", "yes", "yes")


def subjects(of: Plan) -> list[Subject]:
    """Everything that is judged."""
    return [
        *(Subject(SubjectKind.AIM, aim) for aim in of.aims),
        *(Subject(SubjectKind.PROJECT, project) for project in of.projects),
        *(Subject(SubjectKind.MEASURE, measure) for measure in of.measures),
        *(Subject(SubjectKind.PERSON, person) for person in of.people),
        Subject(SubjectKind.ORGANISATION, of.organisation.id),
    ]


def lived(of: Plan, known: Facts, wanted: Iterable[Subject]) -> list[Change]:
    """What changes in what is said, day by day, as if each subject were judged live."""
    return sorted(change for subject in wanted for change in _lived(of, known, subject))


def _lived(of: Plan, known: Facts, subject: Subject) -> Iterator[Change]:
    begun, end = midnight(date(2024, 11, 1), of.zone), midnight(END, of.zone)
    news = sorted({begun} | {at_ for at_ in _instants(known) if begun < at_ < end})
    said: dict[tuple[str, str], str] = {}
    now, told = begun, Subject(subject.kind, subject.id)
    while now < end:
        evaluation = evaluate(of, known_to(known, now), told, now)
        says = {(o.expectation, o.about): str(o.severity) for o in evaluation.outcomes if o.tripped}
        if evaluation.verdict is not None:
            says["STATUS", str(subject)] = evaluation.verdict.status.value
        if evaluation.diagnosis is not None:
            says["ANSWER", str(subject)] = evaluation.diagnosis.answer.value
        on = now.astimezone(of.zone).date().isoformat()
        for key in said.keys() - says.keys():
            yield Change(on, *key, "over")
        for key, severity in says.items():
            if said.get(key) != severity:
                yield Change(on, *key, severity)
        said = says
        due = evaluation.next_due
        coming = [at_ for at_ in news if at_ > now][:1] + ([due] if due else [])
        now = min(coming, default=end)


def _instants(known: Facts) -> Iterator[datetime]:
    for observations in known.observations.values():
        yield from (o.known_at for o in observations)
    for events in (known.milestones, known.scores, known.reviews, known.roles):
        yield from (event.known_at for event in events)
