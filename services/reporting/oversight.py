"""The two questions of oversight in words: executing the strategy? Is the strategy working?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.framework.expectations.register import CATALOGUE
from services.framework.judgement import Answer
from services.framework.late import spans
from services.framework.periods import Frequency
from services.framework.plan import Aim, Plan
from services.framework.texts import periods
from services.ports.reporting import Judgement, Restatement
from services.reporting.naming import name_of

_YES_NO = {True: "Yes", False: "No", None: "Nobody can tell"}
_WORKING = {
    Answer.TOO_EARLY: "Too early to tell",
    Answer.UNSEEN: "Nobody can tell",
    Answer.EXECUTION_FAILURE: "No: neither the drivers nor the aim move",
    Answer.CHANGES_INEFFECTIVE: "No: neither the drivers nor the aim move",
    Answer.STRATEGY_FAILURE: "No: the drivers move, and the aim does not follow",
    Answer.WORKING: "Yes: the aim improves, and its drivers do",
    Answer.UNEXPLAINED: "Not by its drivers: the aim improves, and they do not",
}
_GOOD = frozenset({Answer.WORKING})
HELD_UP = "held up"
_BAD = frozenset({Answer.EXECUTION_FAILURE, Answer.CHANGES_INEFFECTIVE, Answer.STRATEGY_FAILURE})


@dataclass(frozen=True, slots=True)
class Part:
    """A driver or a project that the answer rests on: its share of the weight, and how it is."""

    id: str
    name: str
    share: str
    says: str
    reason: str


@dataclass(frozen=True, slots=True)
class Questions:
    """Both questions of an aim, answered; ``tone`` is good, bad or open.

    ``answer`` is one of four, or that it is too early to tell, or that nobody can see it.
    ``response`` is what the framework asks for; ``lag`` what the answer allows for.
    """

    answer: str
    words: str
    tone: str
    reason: str
    response: str
    executing: str
    working: str
    lag: str
    drivers: tuple[Part, ...]
    projects: tuple[Part, ...]

    @property
    def held_up(self) -> tuple[Part, ...]:
        """The projects that do not go as planned."""
        return tuple(project for project in self.projects if project.says == HELD_UP)


def questions_of(body: Mapping[str, Any], frequency: Frequency) -> Questions | None:
    """The questions in a stored evaluation; None where they are not asked of the aim."""
    said = body.get("diagnosis") or {}
    answer = Answer(said.get("answer", Answer.NOT_ASKED))
    if answer is Answer.NOT_ASKED:
        return None
    index = said.get("index")
    executing = _YES_NO[said.get("executing")]
    if index is not None:
        executing = f"{executing}: {index:.0%} of the projects, by weight, go as planned"
    lag = periods(int(said.get("lag") or 0), frequency)
    return Questions(
        answer.value,
        answer.words,
        "good" if answer in _GOOD else "bad" if answer in _BAD else "open",
        str(said.get("reason", "")),
        answer.response,
        executing,
        _WORKING[answer],
        f"An aim follows its drivers later: it is given {lag} after they move.",
        _parts(said.get("drivers") or (), "moved", ("moved", "not moved")),
        _parts(said.get("projects") or (), "executing", ("as planned", HELD_UP)),
    )


def asked_of(plan: Plan, aim: Aim, judgement: Judgement | None) -> Questions | None:
    """The questions as the aim's last judgement answers them."""
    return questions_of(judgement.body, frequency_of(plan, aim)) if judgement else None


def frequency_of(plan: Plan, aim: Aim) -> Frequency:
    """How often the aim's first measure comes."""
    measure = plan.measures.get(aim.primary.measure) if aim.primary else None
    return measure.frequency if measure else Frequency.MONTH


@dataclass(frozen=True, slots=True)
class RestatedWords:
    """What late facts changed of what was said of a subject: by which, of what, and when."""

    subject: str
    name: str
    at: datetime
    causes: tuple[str, ...]
    months: tuple[str, ...]
    findings: tuple[str, ...]


def restated_words(plan: Plan, restatement: Restatement) -> RestatedWords:
    """A restatement in words; neighbouring periods that changed alike as one."""
    restated = restatement.restated
    return RestatedWords(
        restatement.subject,
        name_of(plan, restatement.subject),
        restatement.at,
        restated.causes,
        spans(restated.months),
        tuple(
            f"{_titled(f.expectation)}, {name_of(plan, f.about)}: {f.words}"
            for f in restated.findings
        ),
    )


def _titled(expectation: str) -> str:
    known = CATALOGUE.get(expectation)
    return known.title if known else "Status of the aim"


def _parts(
    found: Iterable[Mapping[str, Any]], asked: str, words: tuple[str, str]
) -> tuple[Part, ...]:
    parts = list(found)
    total = sum(part["weight"] for part in parts)
    said = {True: words[0], False: words[1], None: "not to be seen"}
    return tuple(
        Part(
            part["id"],
            part["name"],
            f"{part['weight'] / total:.0%}" if total > 0 else "–",
            said[part[asked]],
            str(part["reason"]),
        )
        for part in parts
    )
