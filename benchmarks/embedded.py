"""What the embedded deployment costs: seconds to ready, memory with pages in use, idle processor.

Memory is proportional set size (a shared page is divided among those that share it), summed over
the supervisor and every process below it, while pages are asked for.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.servers import free_port

READY_GOAL_SECONDS = 5.0
MEMORY_GOAL_MB = 400.0
IDLE_GOAL_PERCENT = 3.0
IDLE_SECONDS = 60.0
PAGES = ("/", "/aims/hsmr-88", "/aims/harm-21", "/aims/access-10", "/alerts", "/mailbox")
ROUNDS = 20
_BIGDOT = str(Path(sys.executable).with_name("bigdot"))


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds from command to ready, on an empty folder and again; MB; percent of one core."""

    first_ready: float
    ready_again: float
    memory: float
    idle: float

    def lines(self) -> list[str]:
        """The figures beside their goals."""
        return [
            f"up, empty data folder: ready in {self.first_ready:.1f} s (goal {READY_GOAL_SECONDS})",
            f"up, again: ready in {self.ready_again:.1f} s (goal {READY_GOAL_SECONDS})",
            f"memory, pages in use: {self.memory:.0f} MB PSS (goal {MEMORY_GOAL_MB:.0f})",
            f"idle: {self.idle:.1f} % of a core over {IDLE_SECONDS:.0f} s"
            f" (goal {IDLE_GOAL_PERCENT:.0f})",
        ]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="bigdot-bench-") as folder:
        data = Path(folder)
        first, again = (_ready_seconds(data / "up") for _ in range(2))
        memory, idle = _demo(data / "demo")
    for line in Cost(first, again, memory, idle).lines():
        print(line)


def _ready_seconds(data: Path) -> float:
    started = time.monotonic()
    process = _started("up", data, free_port(), "Ready: ")
    took = time.monotonic() - started
    _stop(process)
    return took


def _demo(data: Path) -> tuple[float, float]:
    """PSS with pages in use, then idle processor, of a demo after its replay."""
    port = free_port()
    process = _started("demo", data, port, "Ctrl-C stops", "--fast")
    try:
        for _ in range(ROUNDS):
            for page in PAGES:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=30).read()
        memory = sum(map(_pss_mb, _family(process.pid)))
        time.sleep(5)
        before = sum(map(_cpu_seconds, _family(process.pid)))
        time.sleep(IDLE_SECONDS)
        spent = sum(map(_cpu_seconds, _family(process.pid))) - before
        return memory, 100 * spent / IDLE_SECONDS
    finally:
        _stop(process)


def _started(what: str, data: Path, port: int, until: str, *more: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [_BIGDOT, what, "--port", str(port), "--data", str(data), *more],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if until in line:
            return process
    raise RuntimeError(f"bigdot {what} ended before it said {until!r}")


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


def _family(pid: int) -> list[int]:
    """The process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return [pid, *(below for child in children for below in _family(int(child)))]


def _pss_mb(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / 1024


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
