"""The local mailbox: what was sent where there is no mail server."""

from __future__ import annotations

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.engine import writing
from services.ports.clock import Clock
from services.ports.delivery import Letter

_MAILBOX = tables.mailbox


class DatabaseMailbox:
    """Keeps mails as rows."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def keep(self, organisation_id: int, to: str, letter: Letter, raw: bytes) -> None:
        """Keep one mail; a repeat of the same message id changes nothing."""
        same = sa.select(_MAILBOX.c.id).where(
            _MAILBOX.c.organisation_id == organisation_id,
            _MAILBOX.c.message_id == letter.message_id,
        )
        sent_at = self._clock.business_now()
        with writing(self._engine) as connection:
            if connection.execute(same).first() is not None:
                return
            connection.execute(
                _MAILBOX.insert().values(
                    organisation_id=organisation_id,
                    message_id=letter.message_id,
                    to=to,
                    subject=letter.subject,
                    sent_at=sent_at,
                    text=letter.text,
                    html=letter.html,
                    raw=raw,
                )
            )
