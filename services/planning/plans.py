"""The use cases of plans: lint, diff, apply, export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.framework.periods import local_date
from services.framework.plan import Organisation, Plan
from services.planning.declared import to_plan
from services.planning.declared_events import Declaration, declared_events
from services.planning.diff import diff, sentences
from services.planning.draft import Draft, draft
from services.planning.export import to_text
from services.planning.findings import Finding, PlanError, error, errors_of
from services.planning.lint import lint
from services.planning.parts import normal
from services.ports.clock import Clock
from services.ports.doorbell import Doorbell
from services.ports.planning import (
    DeclaredEvent,
    Departure,
    FieldRefusedError,
    NewVersion,
    PlanChange,
    PlanningError,
    PlanStore,
    StaleBaseError,
)

MAX_REASON = 1000


@dataclass(frozen=True, slots=True)
class Proposal:
    """What applying a file would do: ``changes`` to the plan in force at ``version``.

    ``stale`` says that the file was exported from another version than that. ``kept`` are the
    entities (kind, key) that stay though the file does not name them.
    """

    version: int
    plan: Plan
    document: dict[str, Any] = field(repr=False)
    changes: tuple[PlanChange, ...]
    kept: tuple[tuple[str, str], ...]
    warnings: tuple[Finding, ...]
    stale: StaleBaseError | None = None

    @property
    def lines(self) -> list[str]:
        """The changes as people read them."""
        return sentences(self.changes, self.kept)


@dataclass(frozen=True, slots=True)
class Brought:
    """What a version brings with it besides the document: events that it does not declare, and
    the departure of somebody."""

    events: Callable[[Declaration], tuple[DeclaredEvent, ...]]
    departure: Departure


@dataclass(frozen=True, slots=True)
class _Signed:
    author: str
    reason: str
    via: str
    known_at: datetime
    effective_from: datetime
    brought: Brought | None


@dataclass(frozen=True, slots=True)
class Applied:
    """The version in force after a file was applied; without ``changes`` no version was made."""

    version: int
    changes: tuple[PlanChange, ...]
    kept: tuple[tuple[str, str], ...]
    warnings: tuple[Finding, ...]


class Plans:
    """The use cases of plans."""

    def __init__(self, store: PlanStore, clock: Clock, doorbell: Doorbell) -> None:
        self._store = store
        self._clock = clock
        self._doorbell = doorbell

    def create_organisation(self, text: str | bytes) -> int:
        """Make the organisation that a plan file names; its plan is not applied yet.

        Raises PlanError for the file, PlanningError where there is such an organisation.
        """
        part = draft(text).document.organisation
        organisation = Organisation(part.id, part.name, part.zone, part.year_starts)
        return self._store.create_organisation(organisation, self._clock.system_now())

    def propose(
        self, organisation_id: int | None, text: str | bytes, *, base_version: int | None = None
    ) -> Proposal:
        """What applying the file would do; None is for an organisation that is still to be made.

        Raises PlanError, PlanningError.
        """
        record = self._store.record(organisation_id) if organisation_id is not None else None
        version, before = (record.version, record.document) if record else (0, {})
        found = draft(text, before)
        if organisation_id is not None:
            _same_organisation(found, self._store.current(organisation_id).organisation.id)
        findings = _checked(found)
        document = normal(found.document)
        base = found.base_version if base_version is None else base_version
        return Proposal(
            version=version,
            plan=to_plan(found.document, version + 1),
            document=document,
            changes=diff(before, document),
            kept=found.kept,
            warnings=findings,
            stale=StaleBaseError(base, version) if base is not None and base != version else None,
        )

    def apply(  # noqa: PLR0913 - who, when and why are said at each call
        self,
        organisation_id: int,
        text: str | bytes,
        *,
        author: str,
        reason: str,
        base_version: int | None = None,
        known_at: datetime | None = None,
        effective_from: datetime | None = None,
        via: str = "cli",
        brought: Brought | None = None,
    ) -> Applied:
        """Lay a plan file over the plan in force, as one new version; the same again makes none.

        ``base_version`` (else the file's ``version``) must be the version in force. ``known_at`` is
        business time (else now); ``effective_from`` may be earlier, never later. What is
        ``brought`` is kept with the version, or not at all. Raises PlanError for the file,
        StaleBaseError, and PlanningError for an author, a reason or a time.
        """
        _said("an author", author)
        _said("a reason", reason)
        proposal = self.propose(organisation_id, text, base_version=base_version)
        if not proposal.changes:
            return _applied(proposal, proposal.version)
        if proposal.stale is not None:
            raise proposal.stale
        at = known_at or self._clock.business_now()
        signed = _Signed(author.strip(), reason.strip(), via, at, effective_from or at, brought)
        version = self._store.append(
            organisation_id, self._signed(organisation_id, proposal, signed)
        )
        self._doorbell.ring()
        return _applied(proposal, version)

    def change(  # noqa: PLR0913 - who, when and why are said at each call
        self,
        organisation_id: int,
        patch: Mapping[str, Any],
        *,
        author: str,
        reason: str,
        base_version: int,
        via: str,
        refused: type[FieldRefusedError],
    ) -> Applied:
        """Apply a patch of the document, as a form makes it.

        What the plan's checks refuse is raised as ``refused``, of the field that is to blame;
        else as `apply` does.
        """
        try:
            return self.apply(
                organisation_id,
                to_text({"bigdot": 1, **patch}),
                author=author,
                reason=reason,
                base_version=base_version,
                via=via,
            )
        except PlanError as error:
            raise refused(*error.to_blame) from error

    def export(self, organisation_id: int, version: int | None = None) -> str:
        """The plan file of a version (the one in force for None).

        Raises PlanningError where there is none, UnknownOrganisationError.
        """
        record = self._store.record(organisation_id, version)
        if record is None:
            absent = "no plan was applied yet" if version is None else f"no version {version}"
            raise PlanningError(absent)
        return to_text(record.document, record.version)

    def _signed(self, organisation_id: int, proposal: Proposal, signed: _Signed) -> NewVersion:
        if signed.effective_from > signed.known_at:
            raise PlanningError("a version cannot take effect later than it is applied")
        plan = proposal.plan
        said = Declaration(
            local_date(signed.effective_from, plan.zone),
            signed.known_at,
            signed.author,
            signed.reason,
        )
        brought = signed.brought
        return NewVersion(
            base=proposal.version,
            plan=plan,
            document=proposal.document,
            changes=proposal.changes,
            known_at=signed.known_at,
            effective_from=signed.effective_from,
            recorded_at=self._clock.system_now(),
            author=signed.author,
            reason=signed.reason,
            via=signed.via,
            events=(
                *declared_events(self._store.current(organisation_id), plan, said),
                *(brought.events(said) if brought else ()),
            ),
            departure=brought.departure if brought else None,
        )


def _applied(proposal: Proposal, version: int) -> Applied:
    return Applied(version, proposal.changes, proposal.kept, proposal.warnings)


def _said(what: str, text: str) -> None:
    if not text.strip():
        raise PlanningError(f"a plan is applied with {what}: who changed it, and why, is kept")
    if len(text) > MAX_REASON or not text.isprintable():
        raise PlanningError(f"{what} is one line of at most {MAX_REASON} characters")


def _same_organisation(found: Draft, slug: str) -> None:
    named = found.document.organisation.id
    if named != slug:
        pointer, line = found.place(("organisation", "id"))
        message = f"the file is of the organisation {named}, not of {slug}"
        raise PlanError([error("other-organisation", message, pointer, line)])


def _checked(found: Draft) -> tuple[Finding, ...]:
    findings = lint(found)
    if errors_of(findings):
        raise PlanError(findings)
    return findings
