"""What would have been told: the alerts' own lifecycle, folded over judgements of the past.

Nothing is stored and nobody is told. What is judged in shadow is taken as if it were switched on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from services.alerting.lifecycle import Change, Decision, Standing, decide_finding
from services.framework.judgement import Outcome

Key = tuple[str, str]


class Step(NamedTuple):
    """A step that an alert would have taken: when, by which outcome, and what was decided.

    An outcome that ends an alert has the audience of the one that began it.
    """

    at: datetime
    outcome: Outcome
    decision: Decision


class Rehearsal:
    """The alerts of one subject's expectations, as they would stand; remembers between calls."""

    def __init__(self) -> None:
        self._standings: dict[Key, Standing] = {}
        self._audiences: dict[Key, tuple[str, ...]] = {}

    def judged(self, at: datetime, outcomes: Iterable[Outcome]) -> Iterator[Step]:
        """The steps that tell somebody when ``outcomes`` are all that is said of the subject."""
        looked_at = set()
        for outcome in outcomes:
            looked_at.add((outcome.expectation, outcome.about))
            yield from self.heard(at, outcome)
        for key, standing in list(self._standings.items()):
            if standing.open and key not in looked_at:
                gone = Outcome(*key, tripped=False, reason="It is no longer asked for.")
                yield from self.heard(at, gone)

    def heard(self, at: datetime, outcome: Outcome) -> Iterator[Step]:
        """The step that one outcome makes of its alert, if it tells somebody."""
        key = (outcome.expectation, outcome.about)
        if outcome.tripped:
            self._audiences[key] = outcome.audience
        told = replace(outcome, shadow=False, audience=self._audiences.get(key, ()))
        decision = decide_finding(self._standings.get(key), told)
        if decision.change is not Change.NOTHING:
            ends = decision.change is Change.RESOLVE
            self._standings[key] = Standing(not ends, decision.severity, reason=outcome.reason)
        if decision.tells:
            yield Step(at, told, decision)
