"""Signed links: a message leads to its page, and a button there acts, without a sign-in.

A token names its purpose, the organisation, the person it was sent to and what it is about, and is
signed by the newest of the secret keys; older keys still open it. It says nothing secret, and it
opens nothing else than what it names. Following one must change nothing, since mail scanners follow
every link: only a POST acts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from itsdangerous import BadData, URLSafeSerializer

from services.ports.clock import Clock

PATH = "/l/"
_SALT = "bigdot.link.v1"
_EARLY = timedelta(minutes=5)
"""How far the clocks of two hosts may differ."""


class Purpose(StrEnum):
    """What a link is for."""

    ALERT = "alert"
    MINUTE = "minute"
    UNSUBSCRIBE = "unsubscribe"
    DRILL = "drill"


LASTS = {
    Purpose.ALERT: timedelta(days=14),
    Purpose.MINUTE: timedelta(days=14),
    Purpose.UNSUBSCRIBE: timedelta(days=730),
    Purpose.DRILL: timedelta(days=45),
}
"""How long a link of each purpose can be used after it was made."""


class LinkRefusedError(Exception):
    """A link that opens nothing; the text may be shown. ``expired`` where it once did."""

    def __init__(self, text: str, *, expired: bool = False) -> None:
        super().__init__(text)
        self.expired = expired


class LinkClaim(NamedTuple):
    """What a link says: for what it is, whose it is, what it is about, and when it was made."""

    purpose: Purpose
    organisation_id: int
    person: str
    subject: str
    made_at: datetime


class Links:
    """Makes and reads signed links below ``base_url``; the newest of ``secret_keys`` is first."""

    def __init__(self, secret_keys: tuple[str, ...], base_url: str, clock: Clock) -> None:
        self._signer = URLSafeSerializer(list(reversed(secret_keys)), salt=_SALT)
        self._base_url = base_url.rstrip("/")
        self._clock = clock

    def url(self, purpose: Purpose, organisation_id: int, person: str, subject: str | int) -> str:
        """A link that leads the person to what it is about, from now on for a while."""
        made = int(self._clock.system_now().timestamp())
        claim = [purpose.value, organisation_id, person, str(subject), made]
        return f"{self._base_url}{PATH}{self._signer.dumps(claim)}"

    def read(self, token: str) -> LinkClaim:
        """What a token says. Raises LinkRefusedError."""
        try:
            purpose, organisation_id, person, subject, made = self._signer.loads(token)
            known = Purpose(purpose)
        except (BadData, TypeError, ValueError):
            raise LinkRefusedError("this link is not complete, or not one of ours") from None
        made_at = datetime.fromtimestamp(made, UTC)
        age = self._clock.system_now() - made_at
        if not -_EARLY <= age <= LASTS[known]:
            days = LASTS[known].days
            raise LinkRefusedError(f"this link could be used for {days} days", expired=True)
        return LinkClaim(known, organisation_id, person, subject, made_at)
