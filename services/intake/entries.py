"""From what was posted to what may be kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from services.framework.judgement import Subject, SubjectKind
from services.framework.periods import local_date
from services.framework.plan import Kind
from services.intake import events, measurements
from services.intake.bodies import RawItem, canonical
from services.intake.items import MODELS, Item, MeasurementItem
from services.intake.refusals import RefusedError, Trouble, troubles_of
from services.ports.intake import (
    Dependents,
    Entry,
    EventEntry,
    MeasurementEntry,
    Standing,
)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: ``source`` where an item names none, the API key if there is one, and the
    measures that it may write (None: all).

    ``request`` is the identity of a request that may come again: what was kept of it before is
    then answered as it was.
    """

    actor: str
    source: str
    key_id: int | None = None
    measures: frozenset[str] | None = None
    request: str | None = None


_ADDED = frozenset({"until"})


class Checker:
    """Checks items of one kind against one standing; ``now`` is business time.

    An item that has no id of its own is known by its place in a request with an identity, so
    that the request again is answered the same.
    """

    def __init__(
        self,
        standing: Standing,
        dependents: Dependents,
        kind: str,
        now: datetime,
        sender: Sender,
    ) -> None:
        self._standing = standing
        self._dependents = dependents
        self._kind = kind
        self._validate = MODELS[kind].__pydantic_validator__.validate_python
        self._now = now
        self._today = local_date(now, standing.plan.zone)
        self._sender = sender

    def check(self, raw: RawItem) -> Entry | tuple[Trouble, ...]:
        """What may be kept of the item, or everything that is wrong with it."""
        if raw.error is not None:
            error = raw.error
            return (RefusedError(error.code, error.detail, error.field or "").trouble,)
        if not isinstance(raw.data, dict):
            return (Trouble("wrong_type", "an item is an object"),)
        try:
            item: Item = self._validate(raw.data)
            if isinstance(item, MeasurementItem):
                return self._measurement(raw, item)
            return self._event(raw, item)
        except ValidationError as error:
            return troubles_of(error)
        except RefusedError as refused:
            return (refused.trouble,)

    def _measurement(self, raw: RawItem, item: MeasurementItem) -> MeasurementEntry:
        plan = self._standing.plan
        measure = measurements.measure_of(plan, item, self._sender.measures)
        place = measurements.place_of(plan, measure, item, self._now)
        amount = measurements.amount_of(measure, item, raw.data)
        home, subjects = self._marks(measure.id, place.site, place.stratum)
        source, event_id = item.source or self._sender.source, self._id(raw, item)
        other = measure.feed if measure.feed is not None and measure.feed != source else None
        return MeasurementEntry(
            raw.item,
            source,
            event_id,
            raw.text,
            self._hash(raw, event_id),
            home,
            subjects,
            measure.id,
            place.site,
            place.stratum,
            place.period,
            place.definition,
            amount.value,
            amount.numerator,
            amount.denominator,
            item.state,
            amount.suppressed,
            item.withdrawn,
            item.reason,
            item.complete_through,
            measurements.flag_of(measure, amount.value),
            item.occurred_at,
            item.received_at,
            other,
            measure.kind is Kind.EVENTS,
            item.period or place.period.isoformat(),
        )

    def _event(self, raw: RawItem, item: Item) -> EventEntry:
        draft = events.draft_of(self._standing.plan, item, self._today)
        touched = self._ids((*self._subjects_of(draft.subject), *draft.also))
        event_id = self._id(raw, item)
        said = {"on": draft.on, "reason": draft.reason, **draft.columns}
        return EventEntry(
            raw.item,
            item.source or self._sender.source,
            event_id,
            raw.text,
            self._hash(raw, event_id),
            touched[0],
            tuple(sorted(set(touched))),
            draft.table,
            str(draft.subject),
            draft.on,
            draft.reason,
            draft.natural,
            draft.columns,
            _digest(draft.table, str(draft.subject), said),
        )

    def _id(self, raw: RawItem, item: Item) -> str | None:
        if item.id is not None or self._sender.request is None:
            return item.id
        return f"{self._sender.request}/{raw.item}"

    def _hash(self, raw: RawItem, event_id: str | None) -> bytes:
        """Covers the body; where it has an id, whatever the spelling of equal JSON."""
        body = raw.text.encode() if event_id is None else canonical(raw.data)
        return hashlib.sha256(self._kind.encode() + b"\n" + body).digest()

    def _marks(self, measure: str, site: str, stratum: str) -> tuple[int, tuple[int, ...]]:
        key = (measure, site, stratum)
        known = self._standing.touched.get(key)
        if known is None:
            ids = self._ids(self._dependents.of_measurement(self._standing.plan, *key))
            known = self._standing.touched[key] = (ids[0], tuple(sorted(ids)))
        return known

    def _subjects_of(self, subject: Subject) -> tuple[Subject, ...]:
        plan = self._standing.plan
        match subject.kind:
            case SubjectKind.PROJECT:
                return self._dependents.of_project(plan, subject.id)
            case SubjectKind.AIM:
                return self._dependents.of_aim(plan, subject.id)
            case SubjectKind.MEASURE:
                return self._dependents.of_measure(plan, subject.id)
            case _:
                return (subject,)

    def _ids(self, subjects: tuple[Subject, ...]) -> tuple[int, ...]:
        return tuple(self._standing.subject_ids[subject] for subject in subjects)


def _digest(table: str, subject: str, said: dict[str, Any]) -> bytes:
    # What was said before a pause could say until when says the same now.
    said = {k: v for k, v in said.items() if k not in _ADDED or v is not None}
    plain = {k: v.isoformat() if isinstance(v, date) else v for k, v in said.items()}
    return hashlib.sha256(canonical([table, subject, plain])).digest()
