"""The two questions as findings: DGN-01 to DGN-04 are the diagnosis of an aim."""

from __future__ import annotations

from collections.abc import Iterable

from services.framework.diagnosis import DGN_01, DGN_02, DGN_03, DGN_04, diagnose
from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Situation,
    awaiting,
    passed,
    tripped,
)
from services.framework.judgement import Answer, Input

_UNTOLD = (Answer.TOO_EARLY, Answer.UNSEEN)


def strategy_is_executed(situation: Situation) -> Iterable[Finding]:
    """DGN-01."""
    yield _asked(situation, DGN_01, Answer.EXECUTION_FAILURE)


def strategy_works(situation: Situation) -> Iterable[Finding]:
    """DGN-02."""
    yield _asked(situation, DGN_02, Answer.STRATEGY_FAILURE)


def changes_move_drivers(situation: Situation) -> Iterable[Finding]:
    """DGN-03."""
    yield _asked(situation, DGN_03, Answer.CHANGES_INEFFECTIVE)


def improvement_is_explained(situation: Situation) -> Iterable[Finding]:
    """DGN-04, until somebody records what explains the improvement."""
    finding = _asked(situation, DGN_04, Answer.UNEXPLAINED)
    known = situation.explained(DGN_04.id)
    if finding.outcome.tripped and known is not None:
        reason = f"Explained on {known.on}: {known.text}"
        told = passed(DGN_04, finding.outcome.about, reason, finding.outcome.inputs)
        finding = Finding(told, finding.next_at)
    yield finding


def _asked(situation: Situation, expectation: Expectation, fault: Answer) -> Finding:
    aim = situation.plan.aims[situation.subject.id]
    diagnosis, next_at = diagnose(situation, aim)
    inputs: dict[str, Input] = {
        "answer": diagnosis.answer.value,
        "index": _short(diagnosis.index),
        "drivers_moved": _short(diagnosis.moved),
        "elapsed": _short(diagnosis.elapsed),
        "lag": diagnosis.lag,
    }
    about = str(situation.subject)
    if diagnosis.answer is not fault:
        said = awaiting if diagnosis.answer in _UNTOLD else passed
        return Finding(said(expectation, about, diagnosis.reason, inputs), next_at)
    return Finding(tripped(expectation, about, diagnosis.reason, inputs), next_at)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
