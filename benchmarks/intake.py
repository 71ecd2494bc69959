"""How fast facts are taken in, beside a bare insert in the same server and the same run.

Two granian processes serve Bigdot's own app and, beside it, a bare Flask app with two routes:
``/floor/one`` (SQLAlchemy Core, one row) and ``/floor/bulk`` (executemany of 1,000). A round runs
one after the other, and the ratio is the median of the rounds' ratios: a machine that is shared
slows down both. PostgreSQL waits for its disk.

Run: ``python -m benchmarks.intake [ROUNDS] [SECONDS]``.
"""

from __future__ import annotations

import itertools
import json
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, request

from benchmarks.plant import Plant, environment, machine, running
from services.access.keys import SCOPES
from services.bootstrap import Options, Services
from services.persistence import migrate
from services.persistence.engine import make_engine
from services.ports.access import Actor
from tests.servers import create_database, free_port, postgres_server

SECRET = "k" * 48
MEASURES, SITES, CONNECTIONS, BULK = 200, 20, 8, 1_000
HELD = 100_000
FIRST_DAY, DAYS = date(2000, 1, 1), 9_000
GOALS = {"one, workers idle": 0.80, "one, workers judging": 0.65, "bulk": 0.40}
FLOOR = sa.table(
    "floor",
    *(sa.column(name) for name in ("measure", "site", "period", "value", "source")),
)


def app() -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """Bigdot's app with the floors beside it."""
    from web import wsgi  # noqa: PLC0415 - only the server needs it

    ours, bare = wsgi.app(), floor()

    def either(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        chosen = bare if environ["PATH_INFO"].startswith("/floor/") else ours
        return chosen(environ, start)

    return either


def floor() -> Flask:
    """Bare Flask and SQLAlchemy Core."""
    from config.settings import settings  # noqa: PLC0415 - only the server needs it

    made = Flask("floor")
    engine = sa.create_engine(make_engine(settings().database).url, pool_size=8, max_overflow=8)
    insert = sa.insert(FLOOR)

    @made.post("/floor/one")
    def one() -> tuple[dict[str, str], int]:
        with engine.begin() as connection:
            connection.execute(insert, request.get_json())
        return {"result": "created"}, 202

    @made.post("/floor/bulk")
    def bulk() -> tuple[dict[str, int], int]:
        rows = [json.loads(line) for line in request.get_data().splitlines()]
        with engine.begin() as connection:
            connection.execute(insert, rows)
        return {"created": len(rows)}, 202

    return made


def plan() -> str:
    """A plan of many daily measures, each with an aim."""
    measures = [
        {
            "id": f"m{number}",
            "name": f"Measure {number}",
            "kind": "value",
            "direction": "decrease",
            "frequency": "day",
        }
        for number in range(MEASURES)
    ]
    aims = [
        {
            "id": f"a{number}",
            "name": f"Aim {number}",
            "measure": f"m{number}",
            "baseline": {"value": 100},
            "target": 80,
            "start": "2026-01-01",
            "deadline": "2027-12-31",
            "sponsor": "cmo",
        }
        for number in range(MEASURES)
    ]
    return json.dumps(
        {
            "bigdot": 1,
            "organisation": {"id": "bench", "name": "Bench", "zone": "UTC"},
            "sites": [{"id": f"s{number}", "name": f"Site {number}"} for number in range(SITES)],
            "people": [{"id": "cmo", "name": "CMO", "roles": ["executive"]}],
            "measures": measures,
            "aims": aims,
        }
    )


def prepare(url: str) -> str:
    """A plan, a key, and tables of a stated size; gives the key."""
    migrate.upgrade(url)
    services = Services(Options(database_url=url, secret_keys=(SECRET,)))
    organisation = services.plans.create_organisation(plan())
    services.plans.apply(organisation, plan(), author="bench", reason="bench")
    key = services.keys.create(organisation, "bench", SCOPES, actor=Actor("bench", "cli"))
    with services.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE floor (id bigserial PRIMARY KEY, measure text NOT NULL, "
            "site text NOT NULL, period date NOT NULL, value float8, source text NOT NULL)"
        )
        for statement in _FILL:
            connection.execute(sa.text(statement), {"n": HELD, "organisation": organisation})
    services.close()
    return key.secret


_FILL = (
    "INSERT INTO floor (measure, site, period, value, source) SELECT 'old', 's' || i % 20, "
    "date '1900-01-01' + i / 20, i, 'x' FROM generate_series(1, :n) i",
    "INSERT INTO measurement (organisation_id, measure, site, stratum, period, value, source, "
    "known_at, sequence) SELECT :organisation, 'm' || i % 200, 's' || i % 20, 'all', "
    "date '1900-01-01' + i / 20, i, 'x', now(), 0 FROM generate_series(1, :n) i",
    "INSERT INTO journal (organisation_id, kind, source, event_id, actor, body, body_hash, result, "
    "known_at, recorded_at) SELECT :organisation, 'measurements', 'x', 'e' || i, 'x', '{}', "
    "'x', 'created', now(), now() FROM generate_series(1, :n) i",
)


class Load:
    """Connections that post bodies as fast as answers come, for some seconds."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key
        self._counter = itertools.count()

    def run(self, path: str, body: Callable[[int], bytes], seconds: float) -> list[float]:
        """The seconds that each request took."""
        took: list[float] = []
        end = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._post, args=(path, body, end, took))
            for _ in range(CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return took

    def _post(self, path: str, body: Callable[[int], bytes], end: float, took: list[float]) -> None:
        kind = "application/x-ndjson" if "bulk" in path or path.endswith("?bulk") else None
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._key}\r\n"
            f"Content-Type: {kind or 'application/json'}\r\nContent-Length: "
        ).encode()
        with socket.create_connection(("127.0.0.1", self._port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while time.monotonic() < end:
                content = body(next(self._counter))
                began = time.monotonic()
                connection.sendall(head + str(len(content)).encode() + b"\r\n\r\n" + content)
                _accepted(connection)
                took.append(time.monotonic() - began)


def _accepted(connection: socket.socket) -> None:
    """Read one answer; anything but 202 ends the run."""
    read = connection.recv(65536)
    head, _, rest = read.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(rest) < length:
        rest += connection.recv(65536)
    if not head.startswith(b"HTTP/1.1 202"):
        raise RuntimeError(f"{head[:80]!r} {rest[:500]!r}")


def row(number: int) -> dict[str, Any]:
    """A value of a place and a day that (mostly) nobody has spoken of."""
    return {
        "measure": f"m{number % MEASURES}",
        "site": f"s{number // MEASURES % SITES}",
        "period": (FIRST_DAY + timedelta(days=random.randrange(DAYS))).isoformat(),
        "value": number % 97 + 0.5,
        "source": "x",
    }


def one(number: int) -> bytes:
    """One value."""
    return json.dumps(row(number)).encode()


def many(number: int) -> bytes:
    """A thousand: eight in ten new, one a repeat, one a correction."""
    fresh = [row(number * BULK + each) for each in range(BULK * 8 // 10)]
    again = fresh[: BULK // 10]
    other = [each | {"value": 1.25} for each in fresh[BULK // 10 : BULK // 5]]
    return b"\n".join(json.dumps(each).encode() for each in (*fresh, *again, *other))


def compare(load: Load, rounds: int, seconds: float, what: str) -> float:
    """Interleaved rounds of floor and product; prints both and gives the ratio."""
    bulk = what.startswith("bulk")
    floor, ours = (
        ("/floor/bulk", "/api/v1/measurements?bulk")
        if bulk
        else (
            "/floor/one",
            "/api/v1/measurements",
        )
    )
    body, unit = (many, "rows/s") if bulk else (one, "req/s")
    speeds: dict[str, list[float]] = {floor: [], ours: []}
    slow: dict[str, list[float]] = {floor: [], ours: []}
    for _ in range(rounds):
        for path in (floor, ours):
            took = load.run(path, body, seconds)
            speeds[path].append(len(took) * (BULK if bulk else 1) / seconds)
            slow[path] += took
    ratios = [mine / bare for mine, bare in zip(speeds[ours], speeds[floor], strict=True)]
    ratio = statistics.median(ratios)
    goal = GOALS["bulk" if bulk else what]
    for name, path in (("bare", floor), ("Bigdot", ours)):
        p99 = statistics.quantiles(slow[path], n=100)[98] * 1000
        print(f"  {name:7}{statistics.median(speeds[path]):10,.0f} {unit}, p99 {p99:.0f} ms")
    spread = f"{min(ratios):.0%} to {max(ratios):.0%}"
    print(f"{what}: {ratio:.0%} of bare ({spread}; goal {goal:.0%})", flush=True)
    return ratio - goal


def serving(url: str, folder: Path, broker: bool) -> Iterator[tuple[Plant, int]]:
    """Two granian processes."""
    port = free_port()
    plant = Plant(folder, port, {})
    with running(plant):
        told = {"mode": "production", "database_url": url, "secret_key": SECRET, "port": port}
        if broker:
            told["broker_url"] = plant.start_broker()
        plant.environment = environment(**told, base_url=f"http://127.0.0.1:{port}")
        granian = Path(sys.executable).parent / "granian"
        words = ("--interface", "wsgi", "--factory", "--workers", "2", "--blocking-threads", "4")
        plant.start(
            "web", *words, "--no-ws", "--host", "127.0.0.1", "--port", str(port),
            "benchmarks.intake:app", program=granian,
        )  # fmt: skip
        plant.wait_ready("/healthz")
        yield plant, port


def main(rounds: int = 7, seconds: float = 2.5) -> int:
    """Print the ratios; 1 where one misses its goal."""
    print(f"{machine()}; PostgreSQL with fsync, load and database on the same cores")
    print(f"{HELD:,} rows held in each table; {CONNECTIONS} connections; {MEASURES} measures")
    with postgres_server(durable=True) as server, tempfile.TemporaryDirectory() as folder:
        url = create_database(server, "bench")
        key = prepare(url)
        for plant, port in serving(url, Path(folder), broker=True):
            load = Load(port, key)
            load.run("/api/v1/measurements", one, 1.0)
            left = [
                compare(load, rounds, seconds, "one, workers idle"),
                compare(load, rounds, seconds, "bulk"),
            ]
            if _has_worker():
                plant.start("worker", "worker")
                time.sleep(5)
                left.append(compare(load, rounds, seconds, "one, workers judging"))
    return int(min(left) < 0)


def _has_worker() -> bool:
    bigdot = Path(sys.executable).parent / "bigdot"
    done = subprocess.run([bigdot, "worker", "--help"], capture_output=True, check=False)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
