"""A whole plant for a benchmark: database, broker, mail server and Bigdot's own processes.

Everything runs on loopback, in a folder of its own, and is gone when the block is left.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from threading import Lock
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers import free_port, redis_program
from web.supervisor.children import dies_with

BIGDOT = Path(sys.executable).parent / "bigdot"
READY_SECONDS = 20.0


class Postbox:
    """A real SMTP server on loopback that keeps what it received."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self._lock = Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    @property
    def port(self) -> int:
        """The port to send to."""
        return int(self._controller.port)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail, then accept it."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        with self._lock:
            self.mails.append(message_from_bytes(raw))
        return "250 kept"

    def __enter__(self) -> Postbox:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """A feed: posts with its key, and repeats a post that got no answer."""

    def __init__(self, port: int, key: str = "") -> None:
        self._port = port
        self._key = key
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Give back the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, path: str) -> Answer:
        """GET, once."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, rows: list[dict[str, object]], *, patience: float = 60.0) -> Answer:
        """POST rows as NDJSON; a connection that breaks is tried again until patience ends."""
        body = "\n".join(json.dumps(row) for row in rows).encode()
        end = time.monotonic() + patience
        while True:
            try:
                answer = self._ask("POST", path, body, {"Content-Type": "application/x-ndjson"})
            except (OSError, http.client.HTTPException):
                answer = None
            if answer is not None and answer.status < 500:
                return answer
            if time.monotonic() > end:
                raise TimeoutError(f"no answer to POST {path}: {answer}")
            time.sleep(0.1)

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            self._connection.request(
                method, path, body, {"Authorization": f"Bearer {self._key}", **headers}
            )
            response = self._connection.getresponse()
            return Answer(response.status, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise


@dataclass
class Plant:
    """The running processes of one deployment."""

    folder: Path
    port: int
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    commands: dict[str, tuple[str | Path, ...]] = field(default_factory=dict)

    def run(self, *words: str, stdin: str | None = None) -> str:
        """Run ``bigdot words…`` to its end and give back what it printed."""
        done = subprocess.run(
            [BIGDOT, *words],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"bigdot {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, name: str, *words: str, program: Path = BIGDOT) -> None:
        """Start ``bigdot words…`` (or another program) under ``name``, in a group of its own.

        It ends with the thread that started it, also where that is killed (on Linux).
        """
        self.commands[name] = (program, *words)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.commands[name],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with(os.getpid()),  # noqa: PLW1509 - calls only what a fork may
            )

    def start_broker(self) -> str:
        """Start a Redis that keeps an append-only file in the plant's folder; its URL."""
        port, folder = free_port(), self.folder / "broker"
        folder.mkdir()
        words = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "")
        self.start("broker", *words, "--appendonly", "yes", program=redis_program())
        return f"redis://127.0.0.1:{port}/0"

    def kill(self, name: str, how: int = signal.SIGKILL) -> None:
        """Send ``how`` to the whole process group of ``name`` and wait until it is gone."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        process.wait(30)

    def kill_and_restart(self, name: str) -> None:
        """kill -9, then the same command again."""
        program, *words = self.commands[name]
        self.kill(name)
        self.start(name, *(str(word) for word in words), program=Path(program))

    def kill_below(self, name: str, word: str) -> None:
        """kill -9 the child of ``name`` whose command has ``word``; ``name`` starts it again.

        Raises LookupError where there is none.
        """
        above = self.processes[name].pid
        for child in Path(f"/proc/{above}/task/{above}/children").read_text().split():
            command = Path(f"/proc/{child}/cmdline").read_text(encoding="utf-8")
            if word in command.replace("\0", " "):
                os.kill(int(child), signal.SIGKILL)
                return
        raise LookupError(f"{name} has no child {word}")

    def wait_ready(self, path: str = "/readyz") -> float:
        """Wait until the web answers 200 at ``path``; the seconds it took."""
        began = time.monotonic()
        answer = None
        while time.monotonic() - began < READY_SECONDS:
            with (
                contextlib.suppress(OSError, http.client.HTTPException),
                contextlib.closing(Client(self.port)) as client,
            ):
                answer = client.get(path)
                if answer.status == http.client.OK:
                    return time.monotonic() - began
            time.sleep(0.1)
        logs = "\n".join(p.read_text()[-2000:] for p in self.folder.glob("*.log"))
        raise TimeoutError(f"not ready after {READY_SECONDS} s: {answer}\n{logs}")

    def stop(self) -> None:
        """End every process, kindly first."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def environment(**settings: object) -> dict[str, str]:
    """This process's environment without Bigdot's settings, and with ``settings`` of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("BIGDOT_")}
    return kept | {f"BIGDOT_{name.upper()}": str(value) for name, value in settings.items()}


@contextlib.contextmanager
def running(plant: Plant) -> Iterator[Plant]:
    """Stop the plant's processes when the block is left, however it is left."""
    try:
        yield plant
    finally:
        plant.stop()


def machine() -> str:
    """One line on what the figures were measured on."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown processor",
    )
    return f"{os.cpu_count()} cores ({model}), Python {sys.version.split()[0]}"
