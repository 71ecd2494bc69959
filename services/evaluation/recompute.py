"""Use case: judge again what was judged, from what was seen then, and say whether it comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from services.framework.evaluate import evaluate
from services.framework.judgement import Evaluation
from services.ports.evaluation import EvaluationStore, Said

_MOST = 10
_WORDS = {True: "fails", False: "holds"}


class Recomputed(NamedTuple):
    """The judgement made again, whether it says what was stored, and else where it differs."""

    evaluation: Evaluation
    holds: bool
    differs: tuple[str, ...]


def recompute(store: EvaluationStore, organisation_id: int, evaluation_id: int) -> Recomputed:
    """Judge again as of then, by the plan and the facts seen then. Raises LookupError."""
    seen = store.seen(organisation_id, evaluation_id)
    evaluation = evaluate(seen.plan, seen.facts, seen.subject, seen.as_of)
    now = store.said(evaluation)
    if now.outcome_hash == seen.said.outcome_hash:
        return Recomputed(evaluation, True, ())
    found = list(_differences(seen.said, now))
    more = [f"and {len(found) - _MOST} more"] if len(found) > _MOST else []
    return Recomputed(evaluation, False, (*found[:_MOST], *more))


def _differences(then: Said, now: Said) -> Iterator[str]:
    """Where two judgements differ, in words; the engine first, which may explain the rest."""
    if then.engine != now.engine:
        yield f"judged by engine {then.engine}, again by engine {now.engine}"
    yield from _between("", _flat(then.body), _flat(now.body))
    yield from _of_outcomes(_outcomes(then.body), _outcomes(now.body))


def _flat(body: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside the outcomes; of the verdict each field."""
    verdict = body.get("verdict") or {}
    kept = {name: body.get(name) for name in ("next_due", "diagnosis")}
    return kept | {name: value for name, value in verdict.items() if name != "readings"}


def _between(about: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys((*then, *now)):
        was, made = then.get(name), now.get(name)
        if was != made:
            words = name.replace("_", " ")
            yield f"{about}{words}: {_short(was)} then, {_short(made)} again"


def _short(value: object) -> str:
    """A value in brief: what holds several says only that it is another."""
    return "other" if isinstance(value, dict | list) else "none" if value is None else str(value)


def _outcomes(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {f"{o['expectation']} of {o['about']}": o for o in body.get("outcomes") or ()}


def _of_outcomes(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys((*then, *now)):
        was, made = then.get(key), now.get(key)
        if was is None or made is None:
            said, when = (made, "only again") if was is None else (was, "only then")
            yield f"{key}: {_WORDS[bool(said and said['tripped'])]}, {when}"
        elif was["tripped"] != made["tripped"]:
            yield f"{key}: {_WORDS[was['tripped']]} then, {_WORDS[made['tripped']]} again"
        else:
            yield from _between(f"{key}: ", was, made)
