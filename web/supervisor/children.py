"""A process that is watched: started, restarted when it dies, stopped with all that it started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

_PR_SET_PDEATHSIG = 1
_LARGE_LOG = 5_000_000
_LAST_BYTES = 4096
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_SETTLED_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. ``once``: it ends by itself, and speaks to the terminal."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    once: bool = False


class Child:
    """One program and its process. Times are seconds of a steady clock."""

    def __init__(self, program: Program, logs: Path) -> None:
        self.program = program
        self.log = logs / f"{program.name}.log"
        self.failures = 0
        self.code: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._again: float | None = None

    @property
    def alive(self) -> bool:
        """Whether its process ran when it was last looked at."""
        return self._process is not None

    @property
    def again(self) -> float | None:
        """When it is to be started again; None while it runs and when it is not."""
        return self._again

    @property
    def last_words(self) -> str:
        """The last line of its log; what went wrong, where it died of it."""
        written = self.log.read_bytes()[-_LAST_BYTES:].decode(errors="replace")
        return next((line.strip() for line in reversed(written.splitlines()) if line.strip()), "")

    def start(self, now: float) -> None:
        """Start the process, in a session of its own, so that Ctrl-C reaches the supervisor only.

        It is told to stop when the supervisor dies, however that dies.
        """
        self._again, self._started, self.code = None, now, None
        with _opened(self.log) as output:
            self._process = subprocess.Popen(
                self.program.command,
                stdin=subprocess.DEVNULL,
                stdout=None if self.program.once else output,
                stderr=output,
                env={**os.environ, **self.program.environment},
                start_new_session=True,
                preexec_fn=dies_with(os.getpid()),  # noqa: PLW1509 - the supervisor has one thread
            )

    def look(self, now: float) -> bool:
        """See whether it has died, and when to start it again; True if it has died just now."""
        if self._process is None or self._process.poll() is None:
            return False
        self.code = self._process.returncode
        self._finish_group()
        self._process = None
        if not self.program.once:
            settled = now - self._started >= _SETTLED_SECONDS
            self.failures = 1 if settled else self.failures + 1
            self._again = now + min(_FIRST_PAUSE * 2 ** (self.failures - 1), _LONGEST_PAUSE)
        return True

    def ask_to_stop(self) -> None:
        """SIGTERM; the process ends what it is at."""
        self._again = None
        if self._process is not None:
            self._process.terminate()

    def stop(self, seconds: float) -> None:
        """Wait for its end; after ``seconds`` kill it and all that it started."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(seconds, 0.0))
        self._finish_group()
        self._process.wait()
        self._process = None

    def _finish_group(self) -> None:
        """Kill what is left of its session: a dead server's workers would hold its port."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _opened(path: Path) -> BinaryIO:
    """The log, to add to; a large one is set aside first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > _LARGE_LOG:
            path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def dies_with(parent: int) -> Callable[[], None]:
    """What a child does before it becomes its program: ask Linux to stop it with its parent."""
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask
