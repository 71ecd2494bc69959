"""Use case: judge again what was judged, from what was seen then, and say whether it comes out."""

from __future__ import annotations

from typing import NamedTuple

from services.framework.evaluate import evaluate
from services.framework.judgement import Evaluation
from services.ports.evaluation import EvaluationStore


class Recomputed(NamedTuple):
    """The judgement made again, and whether its outcome is the one that was stored."""

    evaluation: Evaluation
    holds: bool


def recompute(store: EvaluationStore, organisation_id: int, evaluation_id: int) -> Recomputed:
    """Judge again as of then, by the plan and the facts seen then. Raises LookupError."""
    seen = store.seen(organisation_id, evaluation_id)
    evaluation = evaluate(seen.plan, seen.facts, seen.subject, seen.as_of)
    return Recomputed(evaluation, store.outcome_hash(evaluation) == seen.outcome_hash)
