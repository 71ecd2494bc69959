"""Use case: send what is owed. Claim, send with no transaction open, settle."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from services.ports.clock import Clock
from services.ports.delivery import Letter, Notifier, Outbox, SendFailedError, Slot

LEASE = timedelta(minutes=5)
CLAIMED = 3
SLOWEST = timedelta(minutes=2)
ATTEMPTS = 12
_FIRST, _LONGEST = timedelta(seconds=30), timedelta(hours=12)


class Renderer(Protocol):
    """Makes a letter of a slot."""

    def __call__(self, slot: Slot) -> Letter:
        """The letter, ready to be sent."""
        ...


class Deliver:
    """Sends due slots: at least once, with success recorded after the send."""

    def __init__(
        self,
        outbox: Outbox,
        notifier: Notifier,
        render: Renderer,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._notifier = notifier
        self._render = render
        self._clock = clock
        self._jitter = jitter

    def next(self) -> bool:
        """Send the next few slots; False where nothing was due."""
        now = self._clock.system_now()
        lease = self.lease(now)
        slots = self._outbox.claim(now, lease, CLAIMED)
        self.send(slots, lease)
        return bool(slots)

    def lease(self, now: datetime) -> datetime:
        """Until when a slot that is leased now is ours."""
        return now + LEASE

    def send(self, slots: Sequence[Slot], lease: datetime) -> None:
        """Send leased slots one by one, and settle each."""
        for slot in slots:
            if self._clock.system_now() > lease - SLOWEST:
                return  # another worker may take it over before we were through
            self._send(slot)

    def _send(self, slot: Slot) -> None:
        began = self._clock.system_now()
        try:
            self._notifier.send(slot, self._render(slot))
        except SendFailedError as error:
            self._not_sent(slot, error)
        except Exception as error:  # noqa: BLE001 - one broken message must not stop the others
            self._not_sent(slot, SendFailedError(f"{type(error).__name__} while sending"))
        else:
            now = self._clock.system_now()
            self._outbox.sent(slot, now, round((now - began).total_seconds() * 1000))

    def _not_sent(self, slot: Slot, error: SendFailedError) -> None:
        now = self._clock.system_now()
        if error.permanent or slot.attempts >= ATTEMPTS:
            self._outbox.bury(slot, error, now)
        else:
            self._outbox.postpone(slot, error, now, now + backoff(slot.attempts, self._jitter()))


def backoff(attempts: int, jitter: float) -> timedelta:
    """How long to wait after the n-th attempt (n from 1): twice as long each time, to 12 hours.

    ``jitter`` in 0 to 1 spreads it over the last quarter.
    """
    wait: timedelta = min(_FIRST * float(2 ** (attempts - 1)), _LONGEST)
    return wait * (0.75 + 0.25 * jitter)
