"""Real emergency-department data through the whole service, month by month, with the books checked.

One measure ("seen within four hours"), every provider with a major (type 1) department and all
36 months as a site and as an aim of its own. The months are posted in order over HTTP to real web
and worker processes, with the business clock moved month by month; mails go to a real SMTP server.
Then: every accepted event is a fact, every message owed is a mail received, none missing and none
twice, and the statuses are those of ``bigdot backtest`` over the same file. With ``--kill`` the
worker, the web and the broker are each killed with -9 in the middle.

    python -m benchmarks.real_feed [--data FOLDER] [--only production|embedded] [--no-kill]
"""

from __future__ import annotations

import argparse
import collections
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import yaml

from benchmarks.plant import BIGDOT, Client, Plant, Postbox, environment, machine, running
from services.persistence import tables
from services.persistence.attention import KEPT
from services.persistence.clock import DatabaseClock
from services.persistence.engine import make_engine
from tests.servers import free_port, postgres_server

DATA = Path(__file__).resolve().parents[2] / "shared" / "fixtures" / "data"
FILE = "nhsr_ae_attendances.csv"
MONTHS = 36
BASELINE = 12
STANDARD = 0.95
LAG_DAYS = 20
SETTLE_SECONDS = 180.0
# One kill of a process may repeat a mail once for each slot that was being sent.
KILLS = {9: "worker", 18: "web", 27: "broker"}
EMBEDDED = {"worker": " worker ", "web": " granian ", "broker": "-server "}
"""How the command of each child of ``bigdot up`` is known."""


@dataclass(frozen=True)
class Provider:
    """A provider's months: attendances and those seen within four hours."""

    code: str
    months: dict[str, tuple[int, int]]

    def baseline(self) -> float:
        """Share seen within four hours over the first twelve months."""
        first = sorted(self.months)[:BASELINE]
        return sum(self.months[m][0] for m in first) / sum(self.months[m][1] for m in first)


@dataclass
class Books:
    """What was posted and what came of it."""

    posted: int = 0
    accepted: int = 0
    seconds: float = 0.0
    statuses: dict[tuple[str, str], str] = field(default_factory=dict)
    kills: int = 0


def providers(path: Path) -> list[Provider]:
    """Every provider with a type 1 department and all 36 months."""
    months: dict[str, dict[str, tuple[int, int]]] = collections.defaultdict(dict)
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            if row["type"] == "1" and int(row["attendances"]) > 0:
                seen = int(row["attendances"]) - int(row["breaches"])
                months[row["org_code"]][row["period"][:7]] = (seen, int(row["attendances"]))
    return [Provider(c, m) for c, m in sorted(months.items()) if len(m) == MONTHS]


def plan_of(chosen: list[Provider]) -> str:
    """The plan: one measure with the providers as sites, an aim for each."""
    months = sorted(chosen[0].months)
    document = {
        "bigdot": 1,
        "organisation": {"id": "england", "name": "England", "zone": "Europe/London"},
        "sites": [{"id": p.code.lower(), "name": p.code} for p in chosen],
        "people": [
            _person("coo", "Chief operating officer", "executive"),
            _person("data", "Data owner", "owner"),
        ],
        "measures": [
            {
                "id": "four-hours",
                "name": "Seen within four hours",
                "kind": "proportion",
                "direction": "increase",
                "frequency": "month",
                "lag_days": LAG_DAYS,
                "owner": "data",
                "sites": [p.code.lower() for p in chosen],
            }
        ],
        "aims": [_aim(p, months) for p in chosen],
        "routes": [{"to": ["coo"], "by": ["mail"]}],
    }
    return yaml.safe_dump(document, sort_keys=False)


def _person(identifier: str, name: str, role: str) -> dict[str, object]:
    return {
        "id": identifier,
        "name": name,
        "email": f"{identifier}@england.example",
        "roles": [role],
    }


def _aim(provider: Provider, months: list[str]) -> dict[str, object]:
    hold = provider.baseline() >= STANDARD
    return {
        "id": f"{provider.code.lower()}-95",
        "name": f"{provider.code}: 95 % within four hours",
        "intent": "hold" if hold else "improve",
        "measure": "four-hours",
        "site": provider.code.lower(),
        "baseline": {"from": months[0], "to": months[BASELINE - 1]},
        "target": STANDARD,
        "start": months[BASELINE],
        "deadline": months[-1],
        "sponsor": "coo",
        "adopted": {"by": "Board", "on": f"{months[BASELINE]}-01", "minute": "1"},
    }


def rows_of(chosen: list[Provider], month: str) -> list[dict[str, object]]:
    """One month's values, an item a provider, each with an id of its own."""
    return [
        {
            "measure": "four-hours",
            "site": p.code.lower(),
            "period": month,
            "numerator": p.months[month][0],
            "denominator": p.months[month][1],
            "source": "ae-feed",
            "id": f"{p.code}-{month}",
        }
        for p in chosen
    ]


def arrives(month: str) -> datetime:
    """When a month's values come: noon of the last day on which they are not yet late."""
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=32)).replace(day=1)
    day = following - timedelta(days=1) + timedelta(days=LAG_DAYS)
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


# --- the two plants ---------------------------------------------------------------------------


@contextmanager
def production(folder: Path, postbox: Postbox) -> Iterator[Plant]:
    """Two web processes, a worker and beat, on PostgreSQL and Redis."""
    with postgres_server(durable=True) as database:
        port = free_port()
        plant = Plant(folder, port, {})
        with running(plant):
            plant.environment = environment(
                mode="production",
                database_url=database,
                broker_url=plant.start_broker(),
                secret_key="k" * 48,
                port=port,
                base_url=f"http://127.0.0.1:{port}",
                web_processes=2,
                **_mail(postbox),
            )
            plant.run("db", "upgrade")
            for name in ("web", "worker", "beat"):
                plant.start(name, name)
            yield plant


@contextmanager
def embedded(folder: Path, postbox: Postbox) -> Iterator[Plant]:
    """``bigdot up``: SQLite, and a broker of its own."""
    port, data = free_port(), folder / "data"
    plant = Plant(folder, port, environment(data_dir=data, port=port, **_mail(postbox)))
    with running(plant):
        plant.start("up", "up", "--port", str(port), "--data", str(data))
        plant.wait_ready()
        plant.environment |= {
            "BIGDOT_SECRET_KEY_FILE": str(data / "secret.key"),
        }
        yield plant


def _mail(postbox: Postbox) -> dict[str, object]:
    return {
        "smtp_host": "127.0.0.1",
        "smtp_port": postbox.port,
        "smtp_starttls": "false",
        "mail_merge_seconds": 1,
    }


# --- the run ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One deployment, with what is needed to feed it and to look into it."""

    plant: Plant
    engine: sa.Engine
    clock: DatabaseClock
    client: Client

    def kill(self, name: str) -> None:
        """kill -9 a process; it is started again by us, or embedded by ``bigdot up``."""
        if "up" in self.plant.processes:
            self.plant.kill_below("up", EMBEDDED[name])
        else:
            self.plant.kill_and_restart(name)

    def settle(self) -> None:
        """Wait until every mark is judged and every message is closed."""
        end = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < end:
            if not self._unsettled():
                return
            time.sleep(0.1)
        raise TimeoutError(f"not settled: {self._unsettled()} rows wait")

    def _unsettled(self) -> int:
        subject, message = tables.subject.c, tables.message.c
        now = self.clock.business_now()
        waiting = sa.or_(subject.rank_at.is_not(None), subject.wake_at <= now)
        with self.engine.connect() as connection:
            stale = connection.scalar(sa.select(sa.func.count()).where(waiting)) or 0
            unsent = connection.scalar(
                sa.select(sa.func.count()).where(message.closed_at.is_(None))
            )
        return stale + (unsent or 0)

    def statuses(self, month: str) -> dict[tuple[str, str], str]:
        """The status of every aim, by its last evaluation."""
        latest = (
            sa.select(sa.func.max(tables.evaluation.c.id))
            .join(tables.subject, tables.subject.c.id == tables.evaluation.c.subject_id)
            .where(tables.subject.c.kind == "aim")
            .group_by(tables.evaluation.c.subject_id)
        )
        chosen = (
            sa.select(tables.subject.c.key, tables.evaluation.c.status)
            .join(tables.subject, tables.subject.c.id == tables.evaluation.c.subject_id)
            .where(tables.evaluation.c.id.in_(latest))
        )
        with self.engine.connect() as connection:
            return {(row.key, month): row.status for row in connection.execute(chosen)}


def feed(run: Run, chosen: list[Provider], *, kill: bool) -> Books:
    """Post the months in order; after each, wait until all is judged and sent."""
    books = Books()
    began = time.monotonic()
    for number, month in enumerate(sorted(chosen[0].months)):
        run.clock.freeze(arrives(month))
        rows = rows_of(chosen, month)
        if kill and number in KILLS:
            books.kills += 1
            with ThreadPoolExecutor(1) as pool:
                posting = pool.submit(run.client.post, "/api/v1/measurements", rows)
                time.sleep(0.15)
                run.kill(KILLS[number])
                answer = posting.result()
        else:
            answer = run.client.post("/api/v1/measurements", rows)
        counts = answer.json()
        books.posted += len(rows)
        books.accepted += counts["accepted"]
        run.settle()
        books.statuses |= run.statuses(month)
    books.seconds = time.monotonic() - began
    return books


# --- the books --------------------------------------------------------------------------------


def check(run: Run, books: Books, postbox: Postbox, expected: dict[tuple[str, str], str]) -> bool:
    """Print the figures and compare the books; whether they agree."""
    with run.engine.connect() as connection:

        def count(table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
            statement = sa.select(sa.func.count()).select_from(table).where(*where)
            return connection.scalar(statement) or 0

        facts = count(tables.measurement)
        journal = count(tables.journal)
        evaluations = count(tables.evaluation)
        alerts = count(tables.alert)
        sent = {
            str(row.id)
            for row in connection.execute(
                sa.select(tables.message.c.id).where(tables.message.c.state == "sent")
            )
        }
        dropped = count(tables.message, tables.message.c.state == "dropped")
        kept = count(tables.message, tables.message.c.state == KEPT)
        lost = count(tables.message, tables.message.c.state.not_in(("sent", "dropped", KEPT)))
    received, repeats = _received(postbox)
    wrong = {
        key: status
        for key, status in books.statuses.items()
        if key in expected and expected[key] != status
    }
    compared = sum(1 for key in books.statuses if key in expected)
    print(
        f"  events {books.accepted} of {books.posted} in {books.seconds:.1f} s;"
        f" facts {facts}, journal {journal}"
    )
    print(
        f"  evaluations stored {evaluations}, alerts {alerts}, messages sent {len(sent)}"
        f" (overtaken before they were sent {dropped}, kept for digests {kept}, lost {lost}),"
        f" mails {len(postbox.mails)}"
    )
    print(
        f"  owed and not received {len(sent - received)}, received and not owed"
        f" {len(received - sent)}, mails repeated {repeats} with {books.kills} kills"
    )
    print(f"  statuses compared with the backtest {compared}, different {len(wrong)}")
    for (aim, month), status in sorted(wrong.items())[:5]:
        print(f"    {aim} {month}: live {status}, backtest {expected[aim, month]}")
    good = (
        books.accepted == books.posted == facts == journal
        and sent == received
        and not lost
        and repeats <= books.kills
        and compared > 0
        and not wrong
    )
    print(f"  the books {'agree' if good else 'DO NOT AGREE'}")
    return good


def _received(postbox: Postbox) -> tuple[set[str], int]:
    """The ids of the messages that mails carried, and how many mails came again."""
    ids: set[str] = set()
    seen: collections.Counter[str] = collections.Counter()
    for mail in postbox.mails:
        ids |= {word.strip() for word in str(mail["X-Bigdot-Messages"] or "").split(",")} - {""}
        seen[str(mail["Message-ID"])] += 1
    return ids, sum(times - 1 for times in seen.values())


def backtest(plan: Path, data: Path) -> dict[tuple[str, str], str]:
    """What ``bigdot backtest`` says of every aim and period."""
    done = subprocess.run(
        [BIGDOT, "backtest", plan, data, "--json"], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {(line["aim"], line["period"]): line["status"] for line in lines}


def write_data(path: Path, chosen: list[Provider]) -> None:
    """The same values as a file for the backtest, with the instants at which they were posted."""
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["measure", "site", "period", "numerator", "denominator", "received"])
        for month in sorted(chosen[0].months):
            for provider in chosen:
                site, (seen, all_) = provider.code.lower(), provider.months[month]
                writer.writerow(["four-hours", site, month, seen, all_, arrives(month).isoformat()])


def measure(name: str, folder: Path, chosen: list[Provider], *, kill: bool) -> bool:
    """One deployment from an empty database to checked books."""
    print(f"{name}{', worker, web and broker each killed with -9' if kill else ''}:")
    plan, data = folder / "plan.yaml", folder / "data.csv"
    plan.write_text(plan_of(chosen))
    write_data(data, chosen)
    expected = backtest(plan, data)
    plants = {"production": production, "embedded": embedded}
    with Postbox() as postbox, plants[name](folder, postbox) as plant:
        url = plant.environment.get(
            "BIGDOT_DATABASE_URL", f"sqlite:///{folder / 'data' / 'bigdot.db'}"
        )
        engine = make_engine(url)
        clock = DatabaseClock(engine)
        clock.freeze(arrives(min(chosen[0].months)) - timedelta(days=40))
        plant.run(
            "organisations", "create", "england", "--name", "England", "--zone", "Europe/London"
        )
        plant.run(
            "plan",
            "apply",
            str(plan),
            "--organisation",
            "england",
            "--yes",
            "--author",
            "benchmark",
            "--reason",
            "real feed",
        )
        key = json.loads(
            plant.run(
                "keys",
                "create",
                "ae-feed",
                "--organisation",
                "england",
                "--scope",
                "measurements:write",
                "--scope",
                "read",
                "--json",
            )
        )["key"]
        plant.wait_ready()
        run = Run(plant, engine, clock, Client(plant.port, key))
        try:
            books = feed(run, chosen, kill=kill)
            return check(run, books, postbox, expected)
        finally:
            engine.dispose()


def main() -> int:
    """Run what was asked for; 0 if all books agree, 1 if not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--only", choices=("production", "embedded"))
    parser.add_argument("--no-kill", action="store_true")
    parser.add_argument("--providers", type=int, default=None, help="only the first N providers")
    asked = parser.parse_args()
    path = asked.data / FILE
    if not path.exists():
        print(f"real feed: left out, {FILE} is not in {asked.data}")
        return 0
    chosen = providers(path)[: asked.providers]
    print(f"real feed: {len(chosen)} providers and aims, {MONTHS} months, on {machine()}")
    good = True
    for name in (asked.only,) if asked.only else ("production", "embedded"):
        for kill in (False,) if asked.no_kill else (False, True):
            with tempfile.TemporaryDirectory(prefix="bigdot-feed-") as folder:
                good &= measure(name, Path(folder), chosen, kill=kill)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
