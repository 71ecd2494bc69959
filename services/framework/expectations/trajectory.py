"""The course of an aim (TRJ-01, TRJ-04): these two are the verdict, said as findings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Situation,
    Sureness,
    awaiting,
    passed,
)
from services.framework.judgement import Input, Outcome, Severity, Status, SubjectKind, Verdict

TRJ_01 = Expectation(
    id="TRJ-01",
    title="Behind the path",
    asks="Decide with the aim's team what to change, or who removes what is in the way.",
    text="An aim is not behind its declared path by more than noise.",
    source="Seven Leadership Leverage Points (2008), points 1 and 2; evidence by EWMA of the lag",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("executive", "sponsor"),
    clears="when the aim's status is no longer off track or deteriorating",
)

TRJ_04 = Expectation(
    id="TRJ-04",
    title="Aim missed",
    asks="The board decides: extend, replace or withdraw the aim.",
    text="At its deadline an aim is not surely short of its target.",
    source="Seven Leadership Leverage Points (2008), point 1",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.AIM,
    severity=Severity.CRIT,
    audience=("executive", "sponsor"),
    clears="by a decision of the board: the aim is ended as missed, extended or replaced",
)

_OFF = frozenset({Status.OFF_TRACK, Status.DETERIORATING})


def aim_keeps_its_path(situation: Situation) -> Iterable[Finding]:
    """TRJ-01: off track is a warning, deteriorating critical."""
    verdict = situation.verdict
    if verdict is None:
        return
    worse = verdict.status is Status.DETERIORATING
    severity = Severity.CRIT if worse else TRJ_01.severity
    yield Finding(_told(situation, TRJ_01, verdict, verdict.status in _OFF, severity))


def aim_reaches_its_target(situation: Situation) -> Iterable[Finding]:
    """TRJ-04: a missed aim."""
    verdict = situation.verdict
    if verdict is None:
        return
    missed = verdict.status is Status.MISSED
    yield Finding(_told(situation, TRJ_04, verdict, missed, TRJ_04.severity))


def _told(
    situation: Situation,
    expectation: Expectation,
    verdict: Verdict,
    tripped: bool,
    severity: Severity,
) -> Outcome:
    about, inputs = str(situation.subject), _inputs(verdict)
    if not tripped:
        said = awaiting if verdict.status is Status.WAITING else passed
        return said(expectation, about, verdict.reason, inputs)
    return Outcome(
        expectation.id,
        about,
        True,
        verdict.reason,
        severity,
        _since(situation, verdict),
        inputs,
        expectation.audience,
    )


def _since(situation: Situation, verdict: Verdict) -> datetime | None:
    return verdict.since.ends_at(situation.plan.zone) if verdict.since else None


def _inputs(verdict: Verdict) -> dict[str, Input]:
    return {
        "status": verdict.status.value,
        "period": verdict.period.label if verdict.period else None,
        "value": verdict.value,
        "expected": verdict.expected,
        "rule_set": verdict.rule_set,
    }
