"""The processes of a benchmark end with it, also when it is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_PARENT = """
import sys, time
from pathlib import Path
from benchmarks.plant import Plant

plant = Plant(Path(sys.argv[1]), 0, {})
plant.start("sleeper", "60", program=Path("/bin/sleep"))
print(plant.processes["sleeper"].pid, flush=True)
time.sleep(60)
"""
_SECONDS = 10.0


def _runs(pid: int) -> bool:
    """Whether the process is there, and not merely waiting to be reaped."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_benchmark_leaves_no_process_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert _runs(child)
        parent.send_signal(signal.SIGKILL)
    end = time.monotonic() + _SECONDS
    while _runs(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _runs(child)
