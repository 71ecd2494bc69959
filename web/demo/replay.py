"""Tells the story to a running Bigdot over its API, month by month, on the shared clock."""

from __future__ import annotations

import json
import shlex
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from services.bootstrap import Services
from web.demo.story import Outstanding, Step, Story

JUDGED_WITHIN_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.05
WATCHED_STEP_SECONDS = 2.5
"""What a step takes at least when a person watches the board fill."""


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

    At the end the clock runs with the machine's. Raises ReplayError.
    """
    for step in story.steps:
        started = time.monotonic()
        services.clock.freeze(step.at)
        for path, items in step.told:
            api.post(path, items)
        _until_judged(services)
        rest = WATCHED_STEP_SECONDS - (time.monotonic() - started)
        if rest > 0 and not fast:
            time.sleep(rest)
        yield step
    services.clock.run_with_system()
    services.doorbell.ring()
    _until_judged(services)


def _until_judged(services: Services) -> None:
    end = time.monotonic() + JUDGED_WITHIN_SECONDS
    while services.health.waiting(services.clock.business_now()):
        if time.monotonic() > end:
            raise ReplayError("the worker does not judge: see worker.log")
        time.sleep(LOOK_EVERY_SECONDS)


def curl(api: Api, outstanding: Outstanding) -> str:
    """The command that tells the value left out; pasted twice it changes nothing more."""
    words = [
        *("curl", "-sS", f"{api.url}/api/v1/measurements"),
        *("-H", f"Authorization: Bearer {api.key}"),
        *("-H", "Content-Type: application/json"),
        *("-d", json.dumps(outstanding.item)),
    ]
    return shlex.join(words)
