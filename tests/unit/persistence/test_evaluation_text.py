"""What is stored of a judgement, and when it counts as another one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from benchmarks.evaluate import FIRST, plan_and_facts
from services.framework.evaluate import evaluate
from services.framework.judgement import Evaluation, Subject, SubjectKind
from services.framework.plain import plain
from services.persistence.evaluation_text import written
from services.persistence.json_text import to_text


@pytest.fixture(scope="module", params=[("aim", "a"), ("project", "p3"), ("measure", "m")])
def judged(request: pytest.FixtureRequest) -> Evaluation:
    kind, key = request.param
    plan, facts = plan_and_facts()
    as_of = FIRST.shift(24).ends_at(plan.zone)
    return evaluate(plan, facts, Subject(SubjectKind(kind), key), as_of)


def test_the_text_says_the_whole_judgement_in_plain_values(judged: Evaluation) -> None:
    assert judged.outcomes
    assert json.loads(to_text(written(judged).body)) == plain(judged)


def test_the_same_judgement_later_is_no_other(judged: Evaluation) -> None:
    later = replace(judged, as_of=judged.as_of + timedelta(days=3))
    assert written(later).outcome_hash == written(judged).outcome_hash
    assert written(later).body["as_of"] != written(judged).body["as_of"]


def test_the_order_of_the_inputs_makes_no_other(judged: Evaluation) -> None:
    turned = tuple(
        replace(outcome, inputs=dict(list(outcome.inputs.items())[::-1]))
        for outcome in judged.outcomes
    )
    assert written(replace(judged, outcomes=turned)).outcome_hash == written(judged).outcome_hash


def test_another_word_or_another_next_look_is_another_judgement(judged: Evaluation) -> None:
    first, *others = judged.outcomes
    other = replace(judged, outcomes=(replace(first, reason=first.reason + "!"), *others))
    sooner = replace(judged, next_due=judged.as_of)
    hashes = {written(each).outcome_hash for each in (judged, other, sooner)}
    assert len(hashes) == 3


def test_what_a_judgement_never_holds_is_refused(judged: Evaluation) -> None:
    first, *_ = judged.outcomes
    with pytest.raises(TypeError, match="set"):
        written(replace(judged, outcomes=(replace(first, audience={"x"}),)))  # type: ignore[arg-type]


def test_numbers_beyond_64_bits_are_kept() -> None:
    assert to_text({"n": 2**70, "x": 0.1}) == '{"n": 1180591620717411303424, "x": 0.1}'
    assert to_text({"n": 1, "x": 0.1}) == '{"n":1,"x":0.1}'
