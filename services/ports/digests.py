"""What digests need from outside: how far each person's reached, and one transaction to go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from services.alerting.digest import AtRisk, Told, Window
from services.framework.plan import Plan
from services.framework.roster import Roster

Compose = Callable[[Sequence[Told]], tuple[Mapping[str, Any] | None, Sequence[str]]]
"""What a digest says of what was told (None: nothing), and the channels that it goes to."""


class Due(NamedTuple):
    """A digest that is due to a person; ``leaves`` is when it is sent, by system time."""

    organisation_id: int
    person: str
    covers: Window
    at: datetime
    leaves: datetime


class DigestStore(Protocol):
    """Knows how far each person's digests reached."""

    def organisations(self) -> Sequence[tuple[int, Plan]]:
        """Every organisation with the plan in force."""
        ...

    def reached(self, organisation_id: int) -> Mapping[str, datetime]:
        """Up to when each person's last digest covered; whoever has none is left out."""
        ...

    def begin(self, organisation_id: int, people: Sequence[str], at: datetime) -> None:
        """Let people's first digests cover what comes after ``at``; who has begun is left."""
        ...

    def at_risk(self, organisation_id: int, plan: Plan) -> Mapping[str, str]:
        """The aims that are at risk by their last judgement, each with the reason."""
        ...

    def roster(self, organisation_id: int, plan: Plan, at: datetime) -> Roster:
        """Who holds what."""
        ...

    def write(self, due: Due, compose: Compose) -> bool:
        """Owe the digest, note what it carries and how far it reaches, in one transaction.

        False, and nothing is written, where somebody else has written it.
        """
        ...


__all__ = ["AtRisk", "Compose", "DigestStore", "Due"]
