"""What the supervisor says of a process that fails: its own last words."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from web.supervisor import supervisor as module
from web.supervisor.children import Program
from web.supervisor.supervisor import ChildFailedError, Supervisor

DIES = [sys.executable, "-c", "raise SystemExit('first\\nthe disk is full\\n\\n')"]
WITHIN = 20.0


def _watch(supervisor: Supervisor, *, until_ended: bool) -> None:
    end = time.monotonic() + WITHIN
    while time.monotonic() < end and not (until_ended and supervisor.ended("it") is not None):
        supervisor.watch(0.1)


def test_a_program_that_runs_once_has_last_words(tmp_path: Path) -> None:
    with Supervisor(tmp_path, lambda _: None) as supervisor:
        supervisor.start(Program("it", DIES, once=True))
        _watch(supervisor, until_ended=True)
        assert supervisor.ended("it") == 1
        assert supervisor.last_words("it") == "the disk is full"


def test_one_that_never_stays_up_ends_the_watch_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GIVE_UP_AFTER", 2)
    with Supervisor(tmp_path, lambda _: None) as supervisor:
        supervisor.start(Program("it", DIES))
        with pytest.raises(ChildFailedError) as failed:
            _watch(supervisor, until_ended=False)
    log = tmp_path / "it.log"
    assert str(failed.value) == f"it does not stay up: the disk is full (see {log})"
