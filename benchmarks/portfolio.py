"""How long a portfolio takes from rows in PostgreSQL to stored evaluations, on every expectation.

Each aim has 36 points, 4 drivers, 8 projects of its own and 30 milestones, two thirds of them done,
with a score and a review of each project; its projects and its measure are judged as well, so that
10,000 aims are 100,000 judgements and more. A plan file holds at most 5 MiB, which is about a
thousand such aims: a portfolio of more is several organisations' plans of that size. The plans are
of the starter profile, which judges every expectation and tells of a few.

Three aims of four keep their path. Two processes drain the portfolio as workers do, beside the
server, on the cores that there are. The second part posts 20,000 corrections of 500 aims while the
two drain, and counts judgements.

Run: ``python -m benchmarks.portfolio [AIMS …]``.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from benchmarks.plant import machine
from services.bootstrap import Options, Services
from services.evaluation import judge
from services.evaluation.judge import Judged
from services.framework.evaluate import evaluate
from services.framework.facts import Facts
from services.framework.judgement import Evaluation, Subject
from services.framework.plan import Plan
from services.persistence import migrate, tables
from services.persistence.engine import make_engine
from tests.servers import create_database, postgres_server

SIZES = (100, 1_000, 10_000)
AIMS_A_PLAN = 1_000
WORKERS = 2
POINTS, DRIVERS, PROJECTS, MILESTONES = 36, 4, 8, 30
SECONDS, MEGABYTES = 60.0, 300.0
UPDATED, POSTS, UPDATES, EVALUATIONS = 500, 20, 20_000, 1_000
FIRST = date(2023, 1, 1)
AS_OF = datetime(2026, 1, 25, 12, tzinfo=UTC)
SECRET = "k" * 40
QUIET_SECONDS = 5.0
PATIENCE_SECONDS = 45.0


def month(number: int) -> date:
    """The first day of the number-th month from January 2023, which is 0."""
    return date(FIRST.year + number // 12, number % 12 + 1, 1)


def aim(n: int) -> dict[str, Any]:
    """An aim with drivers that share its gap."""
    drivers = [{"id": f"d{i}", "name": f"Driver {i}", "share": 0.25} for i in range(DRIVERS)]
    return {
        "id": f"a{n}",
        "name": f"Aim {n}",
        "measure": f"m{n}",
        "baseline": {"from": "2023-01", "to": "2023-12"},
        "target": 88,
        "start": "2024-01",
        "deadline": "2026-12",
        "sponsor": f"p{n % 20}",
        "adopted": {"by": "Board", "on": "2024-01-10", "minute": f"24/{n}"},
        "drivers": drivers,
    }


def projects(n: int) -> Iterator[dict[str, Any]]:
    """The projects of an aim, with its milestones between them."""
    for i in range(PROJECTS):
        named = range(i, MILESTONES, PROJECTS)
        yield {
            "id": f"a{n}p{i}",
            "name": f"Project {i} of aim {n}",
            "start": "2024-01-01",
            "end": "2026-12-31",
            "sponsor": f"p{n % 20}",
            "leader": f"p{(n + i) % 20}",
            "aim_text": "Two wards by June",
            "serves": [{"driver": f"a{n}/d{i % DRIVERS}", "effect": 3, "reach": 1, "belief": 0.7}],
            "milestones": [
                {"id": f"m{j}", "name": f"Milestone {j}", "due": str(_due(j))} for j in named
            ],
        }


def _due(milestone: int) -> date:
    return date(2024, 3, 1) + timedelta(days=30 * milestone)


def document(slug: str, aims: int) -> dict[str, Any]:
    """A plan of so many aims."""
    return {
        "bigdot": 1,
        "organisation": {"id": slug, "name": slug.title(), "zone": "Europe/London"},
        "people": [{"id": f"p{i}", "name": f"Person {i}", "roles": ["owner"]} for i in range(20)],
        "measures": [
            {
                "id": f"m{n}",
                "name": f"Measure {n}",
                "kind": "value",
                "direction": "decrease",
                "frequency": "month",
            }
            for n in range(aims)
        ],
        "aims": [aim(n) for n in range(aims)],
        "projects": [project for n in range(aims) for project in projects(n)],
    }


_VALUES = """
INSERT INTO measurement (organisation_id, measure, site, stratum, period, value, source, known_at,
    sequence)
SELECT :organisation, 'm' || n, 'system', 'all', (date '2023-01-01' + make_interval(months => i)),
    103 + (i * 7 + n) % 5 - 2 - greatest(0, i - 11) * CASE n % 4 WHEN 0 THEN 0.1 ELSE 0.45 END,
    'feed',
    timestamptz '2023-01-20' + make_interval(months => i + 1), 1
FROM generate_series(0, :aims - 1) n, generate_series(0, :points - 1) i
"""
_DONE = """
INSERT INTO milestone_event (organisation_id, subject_key, milestone, change, "on", actor, source,
    known_at, sequence, digest)
SELECT :organisation, 'project:a' || n || 'p' || j % 8, 'a' || n || 'p' || j % 8 || '/m' || j,
    'completed', date '2024-03-01' + 30 * j, 'x', 'x', timestamptz '2025-01-01', 1, ''
FROM generate_series(0, :aims - 1) n, generate_series(0, 19) j
"""
_SCORED = """
INSERT INTO progress_score (organisation_id, subject_key, half_steps, method, scale_version, "on",
    actor, source, known_at, sequence, digest)
SELECT :organisation, 'project:a' || n || 'p' || i, 1 + (n + i) % 10, 'self', 'ihi',
    date '2025-12-15', 'x', 'x', timestamptz '2025-12-16', 1, ''
FROM generate_series(0, :aims - 1) n, generate_series(0, 7) i
"""
_REVIEWED = """
INSERT INTO review (organisation_id, subject_key, executing, working, "on", actor, source, known_at,
    sequence, digest)
SELECT :organisation, 'project:a' || n || 'p' || i, 'yes', 'yes', date '2026-01-10', 'x', 'x',
    timestamptz '2026-01-11', 1, ''
FROM generate_series(0, :aims - 1) n, generate_series(0, 7) i
"""
_SUBJECTS = """
INSERT INTO subject (organisation_id, kind, key, sequence, rank_at, marked_at)
SELECT :organisation, kind, key, 1, now(), now() FROM (
    SELECT 'organisation' AS kind, CAST(:slug AS text) AS key
    UNION ALL SELECT 'measure', 'm' || n FROM generate_series(0, :aims - 1) n
    UNION ALL SELECT 'aim', 'a' || n FROM generate_series(0, :aims - 1) n
    UNION ALL SELECT 'project', 'a' || n || 'p' || i
        FROM generate_series(0, :aims - 1) n, generate_series(0, 7) i
    UNION ALL SELECT 'person', 'p' || i FROM generate_series(0, 19) i) declared
"""


def fill(engine: sa.Engine, aims: int) -> None:
    """Put the portfolio's plans and rows into an empty database, everything stale."""
    for number in range(-(-aims // AIMS_A_PLAN)):
        many = min(AIMS_A_PLAN, aims - number * AIMS_A_PLAN)
        slug = f"system{number}"
        with engine.begin() as connection:
            organisation = connection.execute(
                tables.organisation.insert()
                .values(
                    slug=slug,
                    name=slug.title(),
                    zone="Europe/London",
                    year_starts=1,
                    plan_version=1,
                    created_at=AS_OF,
                )
                .returning(tables.organisation.c.id)
            ).scalar_one()
            connection.execute(
                tables.plan_version.insert().values(
                    organisation_id=organisation,
                    version=1,
                    document=document(slug, many),
                    known_at=AS_OF,
                    effective_from=AS_OF,
                    author="bench",
                    reason="bench",
                )
            )
            told = {"organisation": organisation, "aims": many, "points": POINTS, "slug": slug}
            for statement in (_VALUES, _DONE, _SCORED, _REVIEWED, _SUBJECTS):
                connection.execute(sa.text(statement), told)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def worker(url: str) -> None:
    """Drain until nothing has waited for a while; print what was done, as a line of JSON."""
    from workers import process, tasks  # noqa: F401, PLC0415 - what a worker's memory holds besides

    services = Services(Options(url, (SECRET,)))
    _ = services.judge
    process.collect_seldom()
    print("ready", flush=True)
    sys.stdin.readline()
    judged = Counter[str]()
    _counting(judged)
    began = last = time.monotonic()
    while time.monotonic() - last < float(sys.argv[3]):
        if services.judge.several() is Judged.NOTHING:
            time.sleep(0.02)
        else:
            last = time.monotonic()
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu, megabytes = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    said = {"seconds": last - began, "cpu": cpu, "megabytes": megabytes}
    print(json.dumps(said | {"judged": judged.total(), "aims": judged["aim"]}), flush=True)


def _counting(judged: Counter[str]) -> None:
    """Count every judgement, by the kind of its subject."""

    def counted(plan: Plan, facts: Facts, subject: Subject, as_of: datetime) -> Evaluation:
        judged[subject.kind.value] += 1
        return evaluate(plan, facts, subject, as_of)

    judge.__dict__["evaluate"] = counted


class Workers:
    """Processes that drain one database, started together."""

    def __init__(self, url: str, patience: float) -> None:
        words = [sys.executable, "-m", "benchmarks.portfolio", "--worker", url, str(patience)]
        pipe = subprocess.PIPE
        self._processes = [
            subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) for _ in range(WORKERS)
        ]
        for process in self._processes:
            assert process.stdout is not None
            process.stdout.readline()

    def begin(self) -> None:
        """Let them judge."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()

    def done(self) -> list[dict[str, float]]:
        """What each did, once nothing waits."""
        return [json.loads(process.communicate()[0]) for process in self._processes]


def portfolio(server: str, aims: int) -> tuple[float, float]:
    """Judge a portfolio; print and give the seconds, and the megabytes of the larger worker."""
    url, engine = _made(server, aims)
    workers = Workers(url, QUIET_SECONDS)
    workers.begin()
    told = workers.done()
    seconds = max(each["seconds"] for each in told)
    memory = max(each["megabytes"] for each in told)
    stored = _stored(engine)
    engine.dispose()
    print(
        f"  {aims:6,} aims: {seconds:6.1f} s, {seconds / aims * 1000:5.2f} ms an aim; "
        f"{stored:,} evaluations stored; workers {sum(w['cpu'] for w in told):.0f} s of CPU, "
        f"{memory:.0f} MB at most",
        flush=True,
    )
    return seconds, memory


def updates(server: str) -> int:
    """Post corrections to aims that were judged, while workers drain; the judgements that cost."""
    url, engine = _made(server, UPDATED, "updated")
    first = Workers(url, QUIET_SECONDS)
    first.begin()
    first.done()
    workers = Workers(url, PATIENCE_SECONDS)
    workers.begin()
    services = Services(Options(url, (SECRET,)))
    organisation = services.plan_store.organisation_id("system0")
    assert organisation is not None
    each = UPDATES // POSTS
    for number in range(POSTS):
        rows = [_update(number * each + place) for place in range(each)]
        kept = services.intake.record(
            organisation, "measurements", rows, actor="bench", source="feed"
        )
        assert {result.result for result in kept} <= {"corrected", "unchanged"}
    told = workers.done()
    judged, aims = (sum(int(one[name]) for one in told) for name in ("judged", "aims"))
    _stored(engine)
    services.close()
    engine.dispose()
    print(
        f"  {UPDATES:,} updates to {UPDATED} aims in {POSTS} posts: {aims:,} evaluations of aims,"
    )
    print(f"    {judged:,} with those of their measures")
    return aims


def _update(number: int) -> dict[str, Any]:
    """A new value of an aim's measure: each of the 500 is told of forty times."""
    period = month(POINTS - 1 - number // UPDATED % POINTS)
    value = 90 + number * 7 % 97 / 10
    return {"measure": f"m{number % UPDATED}", "period": f"{period:%Y-%m}", "value": value}


def _made(server: str, aims: int, name: str = "portfolio") -> tuple[str, sa.Engine]:
    url = create_database(server, f"{name}{aims}")
    migrate.upgrade(url)
    engine = make_engine(url)
    fill(engine, aims)
    services = Services(Options(url, (SECRET,)))
    services.clock.freeze(AS_OF)
    services.close()
    return url, engine


def _stored(engine: sa.Engine) -> int:
    """How many evaluations are stored. Raises RuntimeError where a subject could not be judged."""
    subject = tables.subject.c
    with engine.connect() as connection:
        stored = connection.scalar(sa.select(sa.func.count()).select_from(tables.evaluation))
        failed = connection.scalars(
            sa.select(subject.last_error).where(subject.last_error.is_not(None))
        ).all()
    if failed:
        raise RuntimeError(f"{len(failed)} subjects failed: {failed[0]}")
    return int(stored or 0)


def main(sizes: list[int]) -> int:
    """Print the figures beside their bounds; 1 where one is passed."""
    print(f"{machine()}; PostgreSQL with fsync beside {WORKERS} workers")
    print(
        f"bounds: {SECONDS:.0f} s at 10,000 aims, {MEGABYTES:.0f} MB a worker, "
        f"{EVALUATIONS:,} evaluations for {UPDATES:,} updates"
    )
    with postgres_server(durable=True) as server:
        found = {aims: portfolio(server, aims) for aims in sizes}
        evaluations = updates(server)
    slow = any(seconds > SECONDS or memory > MEGABYTES for seconds, memory in found.values())
    return int(slow or evaluations > EVALUATIONS)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2])
        sys.exit(0)
    sys.exit(main([int(word) for word in sys.argv[1:]] or list(SIZES)))
