"""The lifecycle of an alert: what a judgement makes of it, always with the reason.

An aim's status is one alert whose transitions are its steps. A bad status opens it; a change from
one bad status to another is a step; on track, holding, achieved or close resolves it. At risk alone
neither opens nor resolves: it is not surely bad, and not surely over. Achieved, and close, are told
once even where nothing was wrong before. A missed aim is closed by the board's decision only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.framework.expectations.register import CATALOGUE
from services.framework.judgement import Outcome, Severity, Status, Verdict

STATUS = "STATUS"
SAID_BY_STATUS = frozenset({"TRJ-01", "TRJ-02", "TRJ-04", "TRJ-05"})
"""Expectations that the verdict speaks for: they open no alert of their own."""
ENDS = frozenset({Status.ON_TRACK, Status.HOLDING, Status.ACHIEVED, Status.CLOSE})
WAIVED = "It was waived."
"""Why an alert ends that somebody accepted for a while."""
NEWS = frozenset({Status.ACHIEVED, Status.CLOSE})
_ORDER = (Severity.INFO, Severity.WATCH, Severity.WARN, Severity.CRIT)


class Change(StrEnum):
    """What becomes of an alert."""

    NOTHING = "nothing"
    OPEN = "open"
    STEP = "step"
    REMIND = "remind"
    REVISE = "revise"
    RESOLVE = "resolve"
    ANNOUNCE = "announce"


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert as it stands: open or resolved, at which status and severity.

    ``snoozed_until`` stays after its end until somebody was told that the snooze is over.
    """

    open: bool
    severity: Severity
    status: Status | None = None
    reason: str = ""
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    snoozed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to happen to an alert, and why; ``tells`` whether somebody is told.

    A ``silent`` decision changes the alert and sends nothing: it is read on pages and in digests.
    """

    change: Change
    why: str
    severity: Severity = Severity.WARN
    status: Status | None = None
    silent: bool = False

    @property
    def tells(self) -> bool:
        """Whether the step is sent to anybody."""
        return not self.silent and self.change not in (Change.NOTHING, Change.REVISE)


def decide_status(standing: Standing | None, verdict: Verdict, *, ended: bool = False) -> Decision:
    """What a verdict makes of the aim's status alert; the alert of an aim that ended is over."""
    status, told = verdict.status, standing.status if standing else None
    if ended:
        return _of_ended(standing, status)
    if standing is not None and standing.open:
        return _while_open(standing, verdict)
    if status.is_bad:
        return _said(Change.OPEN, "The status became", status)
    if status in NEWS and status is not told:
        return _said(Change.ANNOUNCE, "The aim is", status)
    return Decision(Change.NOTHING, f"{status.words} needs no message.", status=status)


def _of_ended(standing: Standing | None, status: Status) -> Decision:
    if standing is None or not standing.open:
        return Decision(Change.NOTHING, "The aim has ended.", status=status)
    return Decision(Change.RESOLVE, "The aim was ended by decision.", Severity.INFO, status)


def _while_open(standing: Standing, verdict: Verdict) -> Decision:
    status = verdict.status
    if status in ENDS:
        return _said(Change.RESOLVE, "The status is", status)
    if status is standing.status:
        if verdict.reason != standing.reason:
            return Decision(Change.REVISE, "Still so; told before.", _of(status), status)
        return Decision(Change.NOTHING, "Still so; told before.", _of(status), status)
    if status.is_bad:
        return _said(Change.STEP, "The status became", status)
    return Decision(
        Change.NOTHING, f"{status.words} does not end what was told.", status=standing.status
    )


def _said(change: Change, said: str, status: Status) -> Decision:
    return Decision(change, f"{said} {status.words.lower()}.", _of(status), status)


def _of(status: Status) -> Severity:
    if status is Status.MISSED:
        return Severity.CRIT
    return Severity.WARN if status.is_bad else Severity.INFO


def decide_finding(standing: Standing | None, outcome: Outcome) -> Decision:
    """What an outcome makes of its own alert: open, worse, gone, or nothing new.

    An outcome in shadow opens nothing; an alert that it finds open was opened before its rule was
    put in shadow, and is over; so is that of one that is waived. What is never told singly changes
    its alert in silence.
    """
    if outcome.shadow:
        return _of_shadow(standing)
    if outcome.waived:
        return _of_waived(standing)
    decision = _of_finding(standing, outcome)
    known = CATALOGUE.get(outcome.expectation)
    return replace(decision, silent=True) if known and not known.singly else decision


def _of_shadow(standing: Standing | None) -> Decision:
    if standing is not None and standing.open:
        return Decision(Change.RESOLVE, "Its expectation is judged in shadow now.", Severity.INFO)
    return Decision(Change.NOTHING, "Judged in shadow: nobody is told.")


def _of_waived(standing: Standing | None) -> Decision:
    if standing is not None and standing.open:
        return Decision(Change.RESOLVE, WAIVED, Severity.INFO)
    return Decision(Change.NOTHING, "Waived: nobody is told.")


def _of_finding(standing: Standing | None, outcome: Outcome) -> Decision:
    severity = outcome.severity or Severity.WARN
    is_open = standing is not None and standing.open
    if not outcome.tripped:
        if is_open:
            return Decision(Change.RESOLVE, outcome.reason, Severity.INFO)
        return Decision(Change.NOTHING, outcome.reason, severity)
    if not is_open:
        return Decision(Change.OPEN, outcome.reason, severity)
    assert standing is not None  # noqa: S101 - is_open says so
    if heavier(severity, standing.severity):
        return Decision(Change.STEP, outcome.reason, severity)
    if severity is not standing.severity or outcome.reason != standing.reason:
        return Decision(Change.REVISE, "Still so; told before.", severity)
    return Decision(Change.NOTHING, "Still so; told before.", severity)


def heavier(one: Severity, other: Severity) -> bool:
    """Whether a severity is heavier than another."""
    return _ORDER.index(one) > _ORDER.index(other)
