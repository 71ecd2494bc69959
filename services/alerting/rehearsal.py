"""What would have been told: the alerts' own lifecycle, folded over judgements of the past.

Nothing is stored and nobody is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from services.alerting.lifecycle import (
    SAID_BY_STATUS,
    STATUS,
    Change,
    Decision,
    Standing,
    decide_finding,
    decide_status,
)
from services.framework.judgement import Outcome, Verdict

Key = tuple[str, str]


class Step(NamedTuple):
    """A step that an alert would have taken: when, by which outcome, and what was decided.

    An outcome that ends an alert has the audience of the one that began it.
    """

    at: datetime
    outcome: Outcome
    decision: Decision

    @property
    def expectation(self) -> str:
        """The alert's expectation; ``STATUS`` for an aim's status."""
        return self.outcome.expectation

    @property
    def about(self) -> str:
        """What the alert is about."""
        return self.outcome.about

    @property
    def reason(self) -> str:
        """Why, in words."""
        return self.outcome.reason


class Rehearsal:
    """The alerts of one subject, as they would stand; remembers between calls."""

    def __init__(self) -> None:
        self._standings: dict[Key, Standing] = {}
        self._audiences: dict[Key, tuple[str, ...]] = {}

    def judged(self, at: datetime, outcomes: Iterable[Outcome]) -> Iterator[Step]:
        """The steps that tell somebody when ``outcomes`` are all that is said of the subject."""
        looked_at = set()
        for outcome in outcomes:
            if outcome.expectation not in SAID_BY_STATUS:
                looked_at.add((outcome.expectation, outcome.about))
                yield from self.heard(at, outcome)
        for key, standing in list(self._standings.items()):
            if standing.open and key[0] != STATUS and key not in looked_at:
                gone = Outcome(*key, tripped=False, reason="It is no longer asked for.")
                yield from self.heard(at, gone)

    def heard(self, at: datetime, outcome: Outcome) -> Iterator[Step]:
        """The step that one outcome makes of its alert, if it tells somebody."""
        key = (outcome.expectation, outcome.about)
        if outcome.tripped:
            self._audiences[key] = outcome.audience
        outcome = replace(outcome, audience=self._audiences.get(key, ()))
        decision = decide_finding(self._standings.get(key), outcome)
        yield from self._step(at, outcome, decision)

    def verdict(
        self, at: datetime, about: str, verdict: Verdict, *, ended: bool = False
    ) -> Iterator[Step]:
        """The step that a verdict makes of the aim's status alert, if it tells somebody."""
        decision = decide_status(self._standings.get((STATUS, about)), verdict, ended=ended)
        outcome = Outcome(STATUS, about, verdict.status.is_bad, verdict.reason)
        yield from self._step(at, outcome, decision)

    def _step(self, at: datetime, outcome: Outcome, decision: Decision) -> Iterator[Step]:
        if decision.change is not Change.NOTHING:
            over = decision.change in (Change.RESOLVE, Change.ANNOUNCE)
            self._standings[outcome.expectation, outcome.about] = Standing(
                not over, decision.severity, decision.status, outcome.reason
            )
        if decision.tells:
            yield Step(at, outcome, decision)
