"""Work in a short-lived copy of this process, so that what it imports is not kept for good."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """What ``work`` gives, or raises, in a forked process; both must be picklable."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(work, sending))
    process.start()
    sending.close()
    try:
        found, error = receiving.recv()
    except EOFError:
        raise RuntimeError("the preparation was stopped") from None
    finally:
        process.join()
    if error is not None:
        raise error
    answer: T = found
    return answer


def _report(work: Callable[[], T], sending: Connection) -> None:
    try:
        sending.send((work(), None))
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent raises it
        sending.send((None, error))
