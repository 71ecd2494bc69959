"""What delivering needs from outside: messages that are due, and somebody who sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class SendFailedError(Exception):
    """A message that was not sent; ``permanent`` where trying again cannot help.

    The text is the channel's own, without secrets. ``unknown`` where it may have arrived after all.
    """

    def __init__(self, text: str, *, permanent: bool = False, unknown: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent
        self.unknown = unknown


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a slot: its row, its alert, and its content as it was frozen."""

    id: int
    alert_id: int
    episode: int
    step: int
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """What is sent at once to one recipient on one channel, under one message id."""

    organisation_id: int
    recipient: str
    channel: str
    message_id: str
    attempts: int
    parts: tuple[Part, ...]

    @property
    def leader(self) -> int:
        """The message whose row stands for the slot."""
        return self.parts[0].id


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered message of the alert's ``thread``; ``ids`` are the messages that it carries."""

    message_id: str
    thread: str
    subject: str
    text: str
    html: str
    ids: tuple[int, ...]
    data: Mapping[str, Any]


class Notifier(Protocol):
    """Sends one letter to one recipient on one channel."""

    def send(self, slot: Slot, letter: Letter) -> None:
        """Send it. Raises SendFailedError."""
        ...


class Outbox(Protocol):
    """The messages owed."""

    def claim(self, now: datetime, lease: datetime, limit: int) -> Sequence[Slot]:
        """Slots that are due, leased until ``lease``."""
        ...

    def sent(self, slot: Slot, now: datetime, elapsed_ms: int) -> None:
        """Close the slot as sent."""
        ...

    def postpone(self, slot: Slot, error: SendFailedError, now: datetime, until: datetime) -> None:
        """Keep the error, and try again at ``until``."""
        ...

    def bury(self, slot: Slot, error: SendFailedError, now: datetime) -> None:
        """Close the slot as dead: it stays to be seen."""
        ...


class Handover(Protocol):
    """Sends what was written already leased, so that nobody has to claim it first."""

    def lease(self, now: datetime) -> datetime:
        """Until when a slot that is leased now belongs to who leased it."""
        ...

    def send(self, slots: Sequence[Slot], lease: datetime) -> None:
        """Send slots that are leased until ``lease``, and settle each."""
        ...
