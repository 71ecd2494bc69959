"""The use case of intake: check each item, keep what is good, say what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from services.framework.plan import Plan
from services.framework.suppression import is_small
from services.intake.bodies import RawItem, from_objects
from services.intake.entries import Checker, Sender
from services.intake.refusals import Trouble
from services.ports.clock import Clock
from services.ports.doorbell import Doorbell
from services.ports.intake import (
    Dependents,
    Entry,
    EventEntry,
    FactStore,
    KeyGoneError,
    MeasurementEntry,
    Outcome,
    StaleStandingError,
    Stamp,
    Standing,
    Standings,
)

INTERACTIVE_ITEMS = 20
BULK_DELAY = timedelta(seconds=30)
_TRIES = 5
_KEPT = frozenset({"created", "corrected", "withdrawn"})
_REFUSALS = {
    "conflict": Trouble(
        "event_conflict", "this id was used before for another body of the same source", "/id", 409
    ),
    "nothing": Trouble("nothing_to_withdraw", "there is no value to withdraw", "/withdrawn"),
}


class ItemResult(NamedTuple):
    """What became of an item: created, corrected, unchanged, withdrawn, or rejected with troubles.

    ``entry`` is what was kept of it; ``before`` and ``after`` are told of a correction.
    """

    item: int
    result: str
    troubles: tuple[Trouble, ...] = ()
    entry: Entry | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    flag: str | None = None

    @property
    def about(self) -> Mapping[str, Any] | None:
        """What the item spoke of; None for one that was refused."""
        return None if self.entry is None else _about(self.entry)


class Intake:
    """Takes facts in. 2xx may be answered for what `take` returns: it is durable by then."""

    def __init__(
        self,
        store: FactStore,
        standings: Standings,
        dependents: Dependents,
        clock: Clock,
        doorbell: Doorbell,
    ) -> None:
        self._store = store
        self._standings = standings
        self._dependents = dependents
        self._clock = clock
        self._doorbell = doorbell

    def record(
        self,
        organisation_id: int,
        kind: str,
        items: list[dict[str, Any]],
        *,
        actor: str,
        source: str,
        bulk: bool | None = None,
    ) -> list[ItemResult]:
        """Keep items of ``kind`` (measurements, milestones, progress, reviews, projects)."""
        return self.take(organisation_id, kind, from_objects(items), Sender(actor, source), bulk)

    def take(
        self,
        organisation_id: int,
        kind: str,
        items: Sequence[RawItem],
        sender: Sender,
        bulk: bool | None = None,
    ) -> list[ItemResult]:
        """Keep the good ones, in their order; a result for each. ``bulk`` marks wait for others.

        Raises KeyGoneError where the key is no longer in force (what was kept before stays).
        """
        run = _Run(self, organisation_id, kind, sender)
        run.patient = len(items) > INTERACTIVE_ITEMS if bulk is None else bulk
        results = run.take(items)
        if any(result.result in _KEPT for result in results):
            self._doorbell.ring()
        return results

    def standing(self, organisation_id: int, *, anew: bool) -> Standing:
        """What to check against."""
        if anew:
            return self._standings.reload(organisation_id)
        return self._standings.held(organisation_id)

    def is_in_force(self, standing: Standing) -> bool:
        """Whether plan and clock still stand so; asked before an item is refused."""
        return self._standings.is_in_force(standing)

    def stamp(self, standing: Standing, kind: str, sender: Sender, patient: bool) -> Stamp:
        """The times of what is kept now."""
        now = self._clock.system_now()
        rank_at = now + BULK_DELAY if patient else now
        return Stamp(kind, sender.actor, sender.key_id, standing.business(now), now, rank_at)

    def checker(self, standing: Standing, stamp: Stamp, sender: Sender) -> Checker:
        """Checks items as of the stamp."""
        return Checker(standing, self._dependents, stamp.kind, stamp.known_at, sender)

    def keep(
        self, standing: Standing, stamp: Stamp, entries: Sequence[Entry]
    ) -> Iterator[list[Outcome]]:
        """Keep the entries in their order; yields what is durable."""
        return self._store.keep(standing, stamp, waves(entries))


class _Run:
    """One request's way through intake; begins anew where the plan or the clock has moved."""

    def __init__(self, intake: Intake, organisation_id: int, kind: str, sender: Sender) -> None:
        self._intake = intake
        self._organisation_id = organisation_id
        self._kind = kind
        self._sender = sender
        self._results: dict[int, ItemResult] = {}
        self.patient = False

    def take(self, items: Sequence[RawItem]) -> list[ItemResult]:
        left = items
        for attempt in range(_TRIES):
            try:
                self._pass(left, anew=attempt > 0)
                return [self._results[raw.item] for raw in items]
            except StaleStandingError:
                left = [raw for raw in items if raw.item not in self._results]
        raise KeyGoneError

    def _pass(self, items: Sequence[RawItem], *, anew: bool) -> None:
        standing = self._intake.standing(self._organisation_id, anew=anew)
        stamp = self._intake.stamp(standing, self._kind, self._sender, self.patient)
        check = self._intake.checker(standing, stamp, self._sender).check
        entries: list[Entry] = []
        refused: list[ItemResult] = []
        for raw in items:
            found = check(raw)
            if isinstance(found, MeasurementEntry | EventEntry):
                entries.append(found)
            else:
                refused.append(ItemResult(raw.item, "rejected", found))
        if refused and not anew and not self._intake.is_in_force(standing):
            raise StaleStandingError
        by_item = {entry.item: entry for entry in entries}
        for outcomes in self._intake.keep(standing, stamp, entries):
            for outcome in outcomes:
                entry = by_item[outcome.item]
                self._results[outcome.item] = _result(
                    entry, _discreet(standing.plan, entry, outcome)
                )
        self._results.update((result.item, result) for result in refused)


def waves(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Entries in runs without a repeated natural key or event id, each kept after the one before.

    A repeat goes into the run after its predecessor's, so that order is kept where it matters.
    """
    found: list[list[Entry]] = []
    last: dict[object, int] = {}
    for entry in entries:
        key: object = entry.key
        number = last.get(key, -1) + 1
        if entry.event_id is not None:
            event = (entry.source, entry.event_id, None)
            number = max(number, last.get(event, -1) + 1)
            last[event] = number
        last[key] = number
        if number == len(found):
            found.append([])
        found[number].append(entry)
    return found


def _discreet(plan: Plan, entry: Entry, outcome: Outcome) -> Outcome:
    """The outcome without the small number that a correction corrects: it is kept from view."""
    before = outcome.before
    measure = plan.measures.get(entry.measure) if isinstance(entry, MeasurementEntry) else None
    if measure is None or before is None:
        return outcome
    if not is_small(measure, before.get("numerator"), before.get("denominator")):
        return outcome
    blank = dict.fromkeys(("value", "numerator", "denominator"))
    return outcome._replace(before={**before, **blank, "suppressed": True})


def _result(entry: Entry, outcome: Outcome) -> ItemResult:
    if trouble := _REFUSALS.get(outcome.result):
        return ItemResult(outcome.item, "rejected", (trouble,))
    return ItemResult(
        outcome.item,
        outcome.result,
        (),
        entry,
        outcome.before,
        outcome.after,
        outcome.flag,
    )


def _about(entry: Entry) -> dict[str, Any]:
    if isinstance(entry, MeasurementEntry):
        return {
            "measure": entry.measure,
            "site": entry.site,
            "stratum": entry.stratum,
            "period": entry.period_name,
            "definition": entry.definition,
        }
    return {"subject": entry.subject_key, "on": entry.on}
