"""Watches processes: starts them, restarts what dies, stops them all."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from web.supervisor.children import Child, Program

STOP_SECONDS = 6.0
GIVE_UP_AFTER = 5
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for the end
    """Somebody asked the supervisor to stop."""


class ChildFailedError(Exception):
    """A process keeps dying as soon as it is started; the message names its log."""


class Supervisor:
    """Processes by name. Used as a context: on leaving it, none of them is left.

    Signals wake it through a socket, so that it sleeps while nothing happens. Everything happens in
    the main thread: Linux ties a child's life to the thread that started it.
    """

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say = say
        self._children: dict[str, Child] = {}
        self._asked = False
        self._before: dict[signal.Signals, object] = {}
        self._woken, self._wakes = socket.socketpair()

    def __enter__(self) -> Self:
        """Listen to signals."""
        for end in (self._woken, self._wakes):
            end.setblocking(False)
        signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)
        for number in _STOPS:
            self._before[number] = signal.signal(number, self._ask)
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _nothing)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop every process, the first started last, and listen no more."""
        self._stop_all()
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() gave us
        self._woken.close()
        self._wakes.close()

    def start(self, program: Program) -> None:
        """Start a program and watch it."""
        child = self._children[program.name] = Child(program, self._logs)
        child.start(time.monotonic())

    def ended(self, name: str) -> int | None:
        """The exit code of a program that runs once; None while it runs."""
        return self._children[name].code

    def last_words(self, name: str) -> str:
        """The last line that a program wrote to its log."""
        return self._children[name].last_words

    def watch(self, seconds: float) -> None:
        """Watch for at most ``seconds``; back early when a process dies or a signal comes.

        Raises Stopped when the end was asked for, ChildFailedError when a process never stays up.
        """
        if self._asked:
            raise Stopped
        now = time.monotonic()
        pauses = [child.again - now for child in self._children.values() if child.again is not None]
        select.select([self._woken], [], [], max(0.0, min([seconds, *pauses])))
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)
        if self._asked:
            raise Stopped
        for child in self._children.values():
            self._care_for(child, time.monotonic())

    def _care_for(self, child: Child, now: float) -> None:
        name = child.program.name
        if child.look(now) and not child.program.once:
            if child.failures >= GIVE_UP_AFTER:
                raise ChildFailedError(
                    f"{name} does not stay up: {child.last_words} (see {child.log})"
                )
            self._say(f"{name} ended (code {child.code}) and is started again: see {child.log}")
        if child.again is not None and child.again <= now:
            child.start(now)

    def _stop_all(self) -> None:
        """All but the first at once, then the first: the others may need it to end well."""
        first, *others = self._children.values() if self._children else (None,)
        for child in others:
            child.ask_to_stop()
        end = time.monotonic() + STOP_SECONDS
        for child in others:
            child.stop(end - time.monotonic())
        if first is not None:
            first.ask_to_stop()
            first.stop(STOP_SECONDS / 2)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """A handler, so that the signal wakes the supervisor."""
