"""Tells the story to a running Bigdot over its API, day by day, on the shared clock."""

from __future__ import annotations

import json
import shlex
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.bootstrap import Services
from web.demo.story import Outstanding, Step, Story

JUDGED_WITHIN_SECONDS = 30.0
SENT_WITHIN_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.02
WATCHED_SECONDS_A_DAY = 0.08
"""What a day of business time takes at least when a person watches the board fill."""
_SECONDS_A_DAY = 86_400.0


class ReplayError(Exception):
    """The API did not take what the story tells, or nobody judged it; one line."""


@dataclass(frozen=True, slots=True)
class Api:
    """Where the story is told, and by which key."""

    url: str
    key: str = field(repr=False)

    def post(self, path: str, items: tuple[dict[str, Any], ...]) -> None:
        """Post items. Raises ReplayError unless every one is taken."""
        request = urllib.request.Request(  # noqa: S310 - our own http address
            f"{self.url}/api/v1/{path}",
            json.dumps(items).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        except OSError as error:
            raise ReplayError(f"the API does not answer: {error}") from None
        if status != 202:  # noqa: PLR2004 - the one answer that means that all were taken
            raise ReplayError(f"the API refused {path}: {body.decode()[:300]}")


def replay(services: Services, api: Api, story: Story, *, fast: bool) -> Iterator[Step]:
    """Tell each step at its own time and wait until it is judged; gives each step when it is done.

    Between two steps the clock stops wherever time alone changes something, so that alerts open
    and end when they would have. At the end it runs with the machine's. Raises ReplayError.
    """
    last = story.adopted
    for step in story.steps:
        started = time.monotonic()
        _pass(services, step.at)
        services.clock.freeze(step.at)
        for path, items in step.told:
            api.post(path, items)
        _until_done(services)
        days = (step.at - last).total_seconds() / _SECONDS_A_DAY
        rest = WATCHED_SECONDS_A_DAY * days - (time.monotonic() - started)
        if rest > 0 and not fast:
            time.sleep(rest)
        last = step.at
        yield step
    _pass(services, services.clock.system_now())
    services.clock.run_with_system()
    _until_done(services)


def _pass(services: Services, until: datetime) -> None:
    """Move the clock from one instant at which something falls due to the next, before ``until``.

    What is due is judged, and told, before the clock goes on.
    """
    while (due := services.health.next_due()) is not None and due < until:
        services.clock.freeze(due)
        _until_done(services)


def _until_done(services: Services) -> None:
    """Wait until all is judged and what came of it has left."""
    now = services.clock.business_now()
    if not _within(JUDGED_WITHIN_SECONDS, services, lambda: not services.health.waiting(now)):
        raise ReplayError("the worker does not judge: see worker.log")
    _within(SENT_WITHIN_SECONDS, services, lambda: services.health.health().oldest_unsent is None)


def _within(seconds: float, services: Services, done: Callable[[], bool]) -> bool:
    """Ring until it is done; whether it was, in time."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        services.doorbell.ring()
        time.sleep(LOOK_EVERY_SECONDS)
    return True


def curl(api: Api, outstanding: Outstanding) -> str:
    """The command that tells the value left out; pasted twice it changes nothing more."""
    words = [
        *("curl", "-sS", f"{api.url}/api/v1/measurements"),
        *("-H", f"Authorization: Bearer {api.key}"),
        *("-H", "Content-Type: application/json"),
        *("-d", json.dumps(outstanding.item)),
    ]
    return shlex.join(words)
