"""What planning keeps: versions of plans, what changed in each, who changed it and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from services.framework.facts import (
    Facts,
    MilestoneEvent,
    ReviewAction,
    RoleChange,
    StateChange,
)
from services.framework.plan import Organisation, Plan

DeclaredEvent = RoleChange | StateChange | MilestoneEvent | ReviewAction


class PlanningError(ValueError):
    """A request about plans that cannot be met; its text may be shown."""


class FieldRefusedError(PlanningError):
    """What is asked of one field cannot be; ``field`` is the field that is to blame."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class UnknownOrganisationError(PlanningError):
    """There is no such organisation."""


class StaleBaseError(PlanningError):
    """The plan has moved on since the file was exported."""

    def __init__(self, base: int, current: int) -> None:
        super().__init__(
            f"the plan stands at version {current}, the file was made from version {base}: "
            "export it again and repeat the change there"
        )
        self.base = base
        self.current = current


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One field that changed: of which entity, where in it, from what to what.

    ``change`` is added, changed, ended, removed or reordered; ``pointer`` is a JSON pointer into
    the entity, empty where the whole of it is meant.
    """

    kind: str
    key: str
    change: str
    pointer: str = ""
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A version as it is kept; ``document`` is the plan file in its normal form."""

    version: int
    document: Mapping[str, Any]
    known_at: datetime
    effective_from: datetime
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody who left: what they could open is closed, and what waits for them goes to others.

    ``to`` takes it over; of some subjects (``aim:ID``) ``others`` do. ``note`` is what they read.
    """

    person: str
    to: str
    others: Mapping[str, str]
    note: str


@dataclass(frozen=True, slots=True)
class Closing:
    """What a departure closes: accounts by login, API keys by label; and what others are told in
    the leaver's place: how many messages that wait, and how many alerts that are open."""

    accounts: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    messages: int = 0
    alerts: int = 0


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version to be kept, which must follow ``base``.

    ``events`` are the roles, states and due dates that it declares otherwise than the one before,
    and what else it brings with it. ``departure`` is of somebody who leaves with it.
    ``known_at`` and ``effective_from`` are business time, ``recorded_at`` is system time.
    """

    base: int
    plan: Plan
    document: Mapping[str, Any]
    changes: tuple[PlanChange, ...]
    known_at: datetime
    effective_from: datetime
    recorded_at: datetime
    author: str
    reason: str
    via: str = "cli"
    events: tuple[DeclaredEvent, ...] = field(default=())
    departure: Departure | None = None


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A switch or a parameter that a version changed: by whom, when, and why.

    ``kind`` is rule, parameter, aim or measure. ``before`` and ``after`` are values (None: not
    set); of an aim or a measure they map each parameter to its value.
    """

    version: int
    known_at: datetime
    author: str
    reason: str
    kind: str
    key: str
    before: Any = None
    after: Any = None


class PlanStore(Protocol):
    """Keeps every version of every organisation's plan."""

    def create_organisation(self, organisation: Organisation, at: datetime) -> int:
        """Make a tenant with an empty plan and give its id. Raises PlanningError if taken."""
        ...

    def organisation_id(self, slug: str) -> int | None:
        """The id of the tenant of that slug."""
        ...

    def record(self, organisation_id: int, version: int | None = None) -> PlanRecord | None:
        """A version (the current one for None); None where nothing was applied yet.

        Raises UnknownOrganisationError.
        """
        ...

    def current(self, organisation_id: int) -> Plan:
        """The plan in force; an empty one of version 0 where none was applied."""
        ...

    def append(self, organisation_id: int, new: NewVersion) -> int:
        """Keep a version, mark every subject stale, and give its number.

        Raises StaleBaseError where another version has come in between.
        """
        ...

    def history(self, organisation_id: int) -> tuple[PlanRecord, ...]:
        """Every version, the first first, without the documents."""
        ...

    def changes(
        self,
        organisation_id: int,
        version: int | None = None,
        entity: tuple[str, str] | None = None,
    ) -> tuple[tuple[int, PlanChange], ...]:
        """What changed in which version: in one version only, or of one (kind, key) only."""
        ...

    def settings(self, organisation_id: int) -> tuple[SettingChange, ...]:
        """Every change of a switch or a parameter, the oldest first."""
        ...


class DepartureStore(Protocol):
    """Reads what somebody who leaves holds by events, and what is closed behind them."""

    def facts(self, organisation_id: int) -> Facts:
        """The changes of roles and states and the actions of reviews of every aim and project."""
        ...

    def closing(self, organisation_id: int, person: str, at: datetime) -> Closing:
        """What the departure of a person would close, as of an instant of business time."""
        ...
