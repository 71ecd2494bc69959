"""What a person was sent within a week, and what of a step waits for their digest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.alerting.budget import WEEK, kept_back, passes
from services.alerting.digest import awake
from services.alerting.lifecycle import Decision
from services.framework.plan import Plan
from services.persistence import tables

_MESSAGE = tables.message
KEPT = "kept"
"""The state of a message that waits for its person's digest; ``slot`` is who carried it."""
UNTOLD = ("dead", "dropped", KEPT)


class Attention:
    """The attention of an organisation's people, in one transaction at one instant."""

    def __init__(self, connection: sa.Connection, organisation_id: int) -> None:
        self._connection = connection
        self._organisation_id = organisation_id
        self._told: dict[str, list[datetime]] = {}

    def kept(
        self, plan: Plan, person: str, step: tuple[str, Decision], now: datetime
    ) -> str | None:
        """Why a step (its expectation and decision) is not sent to a person at once; None: it is.

        What is sent counts from then on.
        """
        told = self._of(person, now)
        why = None if passes(*step) else kept_back(plan, person, told, now)
        if why is None and now not in told:
            told.append(now)
        return why

    def due(self, plan: Plan, person: str, due: datetime, ahead: datetime) -> datetime:
        """When what is due leaves, after quiet hours; ``ahead`` is ``due`` by business time."""
        return due + (awake(plan, person, ahead) - ahead)

    def _of(self, person: str, now: datetime) -> list[datetime]:
        if person not in self._told:
            asked: dict[str, Any] = {
                "organisation": self._organisation_id,
                "person": person,
                "since": now - WEEK,
            }
            self._told[person] = list(self._connection.scalars(_TOLD, asked))
        return self._told[person]


_TOLD = (
    sa.select(_MESSAGE.c.told_of)
    .where(
        _MESSAGE.c.organisation_id == sa.bindparam("organisation"),
        _MESSAGE.c.recipient == sa.bindparam("person"),
        _MESSAGE.c.told_of > sa.bindparam("since", type_=_MESSAGE.c.told_of.type),
        _MESSAGE.c.state.not_in(UNTOLD),
    )
    .distinct()
)
"""When the steps happened that a person was sent."""
