"""Organisations: the tenants of one deployment."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from services.ports.access import AccessError, OrganisationRecord, OrganisationStore, UnknownError
from services.ports.clock import Clock

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_MONTHS = 12


class Organisations:
    """The use cases of organisations."""

    def __init__(self, store: OrganisationStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, slug: str, name: str, zone: str, year_starts: int = 1) -> OrganisationRecord:
        """Make an organisation. Raises AccessError for a wrong field, TakenError for a slug."""
        if not _SLUG.fullmatch(slug):
            raise AccessError("an organisation's id has small letters, digits and dashes")
        if zone not in available_timezones():
            raise AccessError(f"unknown time zone {zone}")
        if not 1 <= year_starts <= _MONTHS:
            raise AccessError("the year starts in a month, 1 to 12")
        record = OrganisationRecord(0, slug, name.strip() or slug, zone, year_starts)
        return self._store.add(record, self._clock.system_now())

    def all(self) -> tuple[OrganisationRecord, ...]:
        """Every organisation, the oldest first."""
        return self._store.all()

    def pick(self, slug: str | None) -> OrganisationRecord:
        """The organisation of that slug; without one, the only one there is.

        Raises UnknownError where there is none or, without a slug, several.
        """
        if slug is not None:
            found = self._store.by_slug(slug)
            if found is None:
                raise UnknownError(f"there is no organisation {slug}")
            return found
        every = self._store.all()
        if not every:
            raise UnknownError(
                "there is no organisation yet: "
                "`bigdot plan apply FILE --create` makes the one that the file names"
            )
        if len(every) > 1:
            names = ", ".join(record.slug for record in every)
            raise UnknownError(f"say which organisation by --organisation: {names}")
        return every[0]
