"""Puts tools behind ports. The edges call it once a process, after any fork."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from services.persistence.clock import DatabaseClock
from services.persistence.engine import Engine, make_engine
from services.ports.doorbell import Doorbell, SilentDoorbell


@dataclass(frozen=True, slots=True)
class MailOptions:
    """How mail leaves: without ``host`` it goes to the local mailbox page."""

    host: str | None = None
    port: int = 587
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = True
    sender: str = "bigdot@localhost"
    reply_to: str | None = None
    merge_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the edges know from their settings, as plain values."""

    database_url: str = field(repr=False)
    secret_keys: tuple[str, ...] = field(repr=False)
    base_url: str = "http://127.0.0.1:8000"
    broker_url: str | None = field(default=None, repr=False)
    mail: MailOptions = field(default_factory=MailOptions)
    embedded: bool = False
    demo: bool = False
    channel_allow_hosts: tuple[str, ...] = ()


class Services:
    """Everything an edge may ask for; each part is made when it is first used."""

    def __init__(self, options: Options, doorbell: Doorbell | None = None) -> None:
        self.options = options
        self.doorbell: Doorbell = doorbell or SilentDoorbell()

    @cached_property
    def engine(self) -> Engine:
        """The process's engine."""
        return make_engine(self.options.database_url)

    @cached_property
    def clock(self) -> DatabaseClock:
        """Business and system time."""
        return DatabaseClock(self.engine)

    def close(self) -> None:
        """Give back every connection."""
        if "engine" in self.__dict__:
            self.engine.dispose()
