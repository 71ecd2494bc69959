"""From an accepted event to the webhook received: idle, and while a bulk load streams in.

Real web processes, a worker and beat on PostgreSQL and Redis; a receiver on loopback. The event is
a milestone of an overdue project completed or reopened, which opens or resolves its alert, and so
owes a webhook each time. Beside it, in the same run, Prometheus Alertmanager without any group wait
(it keeps alerts in memory, and judges nothing), where it is installed.

    python -m benchmarks.latency [EVENTS]
"""

from __future__ import annotations

import http.server
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from benchmarks.plant import Client, Plant, environment, machine, running
from tests.servers import free_port, postgres_server

EVENTS, BULK, PROJECTS = 300, 50_000, 80
IDLE_GOALS = {50: 25.0, 99: 75.0}
BULK_GOALS = {95: 500.0}
Samples = list[float]


class Receiver:
    """An HTTP server that notes when it heard of what."""

    def __init__(self) -> None:
        self.port = free_port()
        self.heard: list[tuple[float, str]] = []
        self._news = threading.Condition()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                at = time.perf_counter()
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.send_response(200)
                self.end_headers()
                outer.note(at, body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def note(self, at: float, body: str) -> None:
        """Keep one message and wake who waits."""
        with self._news:
            self.heard.append((at, body))
            self._news.notify_all()

    def wait(self, text: str, since: float, patience: float = 60.0) -> float:
        """When a message with ``text`` came after ``since``; raises TimeoutError."""
        end = time.monotonic() + patience
        with self._news:
            while True:
                for at, body in reversed(self.heard):
                    if at >= since and text in body:
                        return at
                if not self._news.wait(end - time.monotonic()):
                    raise TimeoutError(f"nothing heard of {text}")

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


def plan_text() -> str:
    """Many small projects, each with a milestone long overdue, all told by the webhook."""
    due = date(2026, 1, 31).isoformat()
    people = [{"id": "lead", "name": "Lead", "email": "lead@bench.example", "roles": ["owner"]}]
    projects = [
        {
            "id": f"p{n}",
            "name": f"Project {n}.",
            "sponsor": "lead",
            "leader": "lead",
            "start": "2026-01-01",
            "milestones": [{"id": "m", "name": "Milestone", "due": due}],
        }
        for n in range(PROJECTS)
    ]
    measures = [
        {
            "id": f"m{n}",
            "name": f"Measure {n}",
            "kind": "value",
            "direction": "increase",
            "frequency": "day",
        }
        for n in range(20)
    ]
    routes = [{"project": p["id"], "to": ["lead"], "by": ["hook"]} for p in projects]
    document = {
        "bigdot": 1,
        "organisation": {"id": "bench", "name": "Bench", "zone": "UTC"},
        "people": people,
        "measures": measures,
        "projects": projects,
        "routes": routes,
    }
    return yaml.safe_dump(document, sort_keys=False)


@contextmanager
def bigdot(folder: Path, hook: int) -> Iterator[tuple[Plant, str]]:
    """The deployment, and a key for it."""
    with postgres_server(durable=True) as database:
        port, plant = free_port(), Plant(folder, free_port(), {})
        plant.port = port
        with running(plant):
            plant.environment = environment(
                mode="production",
                database_url=database,
                broker_url=plant.start_broker(),
                secret_key="k" * 48,
                port=port,
                base_url=f"http://127.0.0.1:{port}",
                web_processes=2,
                channel_allow_hosts="127.0.0.1",
                data_dir=folder,
            )
            plan = folder / "plan.yaml"
            plan.write_text(plan_text())
            plant.run("db", "upgrade")
            plant.run("plan", "apply", str(plan), "--create", "--yes", "--reason", "bench")
            url = f"http://127.0.0.1:{hook}/hook\n"
            plant.run("channels", "add", "hook", "webhook", stdin=url)
            scopes = ("--scope", "milestones:write", "--scope", "measurements:write")
            key = json.loads(plant.run("keys", "create", "bench", *scopes, "--json"))["key"]
            for name in ("web", "worker", "beat"):
                plant.start(name, name)
            plant.wait_ready()
            yield plant, key


def event(client: Client, receiver: Receiver, number: int) -> float:
    """Seconds from the answer to an event to its webhook."""
    project, done = f"p{number % PROJECTS}", number // PROJECTS % 2 == 0
    day = date(2026, 11, 1) + timedelta(days=number // PROJECTS % 20)
    item: dict[str, object] = {
        "project": project,
        "milestone": "m",
        "change": "completed" if done else "reopened",
        "on": day.isoformat(),
    }
    began = time.perf_counter()
    answer = client.post("/api/v1/milestones", [item])
    accepted = time.perf_counter()
    if answer.status != http.HTTPStatus.ACCEPTED:
        raise RuntimeError(f"{answer.status} {answer.body!r}")
    heard = receiver.wait(f"Project {project[1:]}.", began)
    return max(0.0, heard - accepted)


def stream(port: int, key: str, done: threading.Event) -> float:
    """Post the bulk load in requests of 1,000; rows a second."""
    client, first = Client(port, key), date(2010, 1, 1)
    began = time.perf_counter()
    for block in range(BULK // 1000):
        rows: list[dict[str, object]] = [
            {
                "measure": f"m{n % 20}",
                "period": (first + timedelta(days=block * 50 + n // 20)).isoformat(),
                "value": n / 7,
            }
            for n in range(1000)
        ]
        client.post("/api/v1/measurements", rows)
    done.set()
    return BULK / (time.perf_counter() - began)


def alertmanager(folder: Path, receiver: Receiver, events: int) -> Samples | None:
    """The peer: an alert posted to a webhook received; None where it is not installed."""
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        return None
    port = free_port()
    config = folder / "alertmanager.yml"
    hook = f"http://127.0.0.1:{receiver.port}/peer"
    route = {"receiver": "hook", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"}
    receivers = [{"name": "hook", "webhook_configs": [{"url": hook}]}]
    config.write_text(yaml.safe_dump({"route": route, "receivers": receivers}))
    words = [program, f"--config.file={config}", f"--storage.path={folder / 'am'}"]
    words += [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="]
    log = (folder / "alertmanager.log").open("wb")
    process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        time.sleep(2)
        return [_peer_event(port, receiver, n) for n in range(events)]
    finally:
        process.terminate()
        process.wait(10)


def _peer_event(port: int, receiver: Receiver, number: int) -> float:
    body = json.dumps([{"labels": {"alertname": f"peer-{number}-"}}]).encode()
    url = f"http://127.0.0.1:{port}/api/v2/alerts"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=10):
        accepted = time.perf_counter()
    return max(0.0, receiver.wait(f"peer-{number}-", began) - accepted)


def told(name: str, samples: Samples, goals: Mapping[int, float]) -> bool:
    """Print one line of figures and goals, in milliseconds; whether every goal is met."""
    cuts = statistics.quantiles(samples, n=100, method="inclusive")
    found = {at: cuts[at - 1] * 1000 for at in (50, 95, 99)}
    figures = ", ".join(f"p{at} {value:.1f}" for at, value in found.items())
    wanted = " and ".join(f"p{at} {goal:.0f}" for at, goal in goals.items())
    print(f"  {name}: {figures} ms of {len(samples)}" + (f" (goal {wanted})" if goals else ""))
    return all(found[at] <= goal for at, goal in goals.items())


def paced(samples: int, one: Callable[[int], float], pause: float) -> Samples:
    """Measure one after the other, with a pause between."""
    found = []
    for number in range(samples):
        found.append(one(number))
        time.sleep(pause)
    return found


def main(events: int) -> int:
    """Measure and print; 1 where a goal is missed."""
    print(f"accepted event to webhook received, on {machine()}")
    receiver = Receiver()
    with tempfile.TemporaryDirectory(prefix="bigdot-latency-") as name:
        folder = Path(name)
        with bigdot(folder, receiver.port) as (plant, key):
            client = Client(plant.port, key)
            time.sleep(5)
            idle = paced(events, lambda n: event(client, receiver, n), 0.05)
            held = [told("idle", idle, IDLE_GOALS)]
            done = threading.Event()
            rates: list[float] = []
            feed = threading.Thread(target=lambda: rates.append(stream(plant.port, key, done)))
            feed.start()
            during: Samples = []
            while not done.is_set():
                during.append(event(client, receiver, events + len(during)))
                time.sleep(0.05)
            feed.join()
            streaming = f"while {BULK:,} values stream in at {rates[0]:,.0f} a second"
            held.append(told(streaming, during, BULK_GOALS))
        peer = alertmanager(folder, receiver, events)
        if peer is None:
            print("  Alertmanager is not installed: no peer beside it")
        else:
            told("Alertmanager, group_wait 0", peer, {})
    receiver.close()
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS))
