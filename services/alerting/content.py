"""What a message says, frozen when it is owed: plain values that any channel can render.

``path`` is the page it leads to; None leads to the page of the alert itself. ``trouble`` says
whether something is wrong, or no longer is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.alerting.lifecycle import Change, Decision
from services.framework.expectations.register import CATALOGUE
from services.framework.judgement import (
    Forecast,
    Link,
    Outcome,
    Severity,
    Status,
    Subject,
    Verdict,
)
from services.framework.outlook import percent
from services.framework.periods import local_date
from services.framework.plan import Aim, Intent, Plan
from services.framework.texts import digits_for, number, scale_of, with_unit

_WORSE = {Severity.WARN: ", now a warning", Severity.CRIT: ", now critical"}
_ASKED = {
    "off_track": "Decide with the aim's team what to change, or who removes what is in the way.",
    "deteriorating": "Find out with the aim's team what made it worse, and decide what to stop.",
    "slipping": "Decide who restores the gain, and by when.",
    "missed": "The board decides: extend, replace or withdraw the aim.",
}


def of_status(plan: Plan, aim: Aim, verdict: Verdict, decision: Decision) -> dict[str, Any]:
    """What an executive reads of an aim's status: roles, and no names."""
    words = verdict.status.words
    back = decision.change is Change.RESOLVE and verdict.status is Status.ON_TRACK
    still = decision.change is Change.REMIND
    unit = plan.measures[aim.primary.measure].unit if aim.primary else ""
    return {
        "kind": "status",
        "state": "Back on track" if back else f"Still {words.lower()}" if still else words,
        "about": aim.name,
        "path": f"/aims/{aim.id}",
        "since": verdict.since.label if verdict.since else None,
        "reason": verdict.reason,
        "figures": _figures(aim, verdict, unit),
        "links": [_without_person(link) for link in verdict.chain],
        "asked": _ASKED.get(verdict.status.value, "Nothing is asked of you."),
        "would_change": verdict.would_change,
        "blind_since": verdict.blind_since.label if verdict.blind_since else None,
        "trouble": verdict.status.is_bad,
    }


def of_finding(
    plan: Plan, subject: Subject, outcome: Outcome, decision: Decision
) -> dict[str, Any]:
    """What the people of a project or a measure read of a finding."""
    name, path = _named(plan, subject)
    resolved = decision.change is Change.RESOLVE
    return {
        "kind": "finding",
        "expectation": outcome.expectation,
        "state": "Resolved" if resolved else _headline(outcome, decision),
        "about": name,
        "path": path,
        "since": _day(plan, outcome.since),
        "reason": outcome.reason,
        "figures": [],
        "links": [],
        "asked": "Nothing more is asked." if resolved else _REQUESTS.get(outcome.expectation, ""),
        "would_change": None,
        "blind_since": None,
        "trouble": not resolved,
    }


HEADLINES = {each.id: each.title for each in CATALOGUE.values()}
_REQUESTS = {each.id: each.asks for each in CATALOGUE.values()}


def _headline(outcome: Outcome, decision: Decision) -> str:
    """What was found; told a second time, that it still is so or is worse than it was."""
    if decision.change is Change.REMIND:
        title = HEADLINES.get(outcome.expectation, "needs attention")
        return f"Still: {title[0].lower()}{title[1:]}"
    worse = _WORSE.get(decision.severity, "") if decision.change is Change.STEP else ""
    return HEADLINES.get(outcome.expectation, "Needs attention") + worse


def _day(plan: Plan, instant: datetime | None) -> str | None:
    """The day that the organisation has at ``instant``."""
    return None if instant is None else local_date(instant, plan.zone).isoformat()


def _named(plan: Plan, subject: Subject) -> tuple[str, str | None]:
    kinds: dict[str, Any] = {"aim": plan.aims, "project": plan.projects, "measure": plan.measures}
    known = kinds.get(subject.kind.value, {}).get(subject.id)
    page = {"aim": f"/aims/{subject.id}", "project": f"/projects/{subject.id}"}
    return (known.name if known else subject.id), page.get(subject.kind.value)


def _figures(aim: Aim, verdict: Verdict, unit: str) -> list[list[str]]:
    digits = _digits(verdict, improves=aim.intent is Intent.IMPROVE)
    figures = [
        ("Period", verdict.period.label if verdict.period else None),
        ("Value", _number(verdict.value, digits, unit)),
        ("Path", _number(verdict.expected, digits, unit)),
        ("Target", _target(verdict.target, digits, unit)),
    ]
    if verdict.forecast is not None:
        figures.append(("Forecast", _forecast(verdict.forecast, digits, unit)))
    if verdict.probability is not None:
        figures.append(("Chance of reaching it", percent(verdict.probability)))
    return [[label, value] for label, value in figures if value is not None]


def _digits(verdict: Verdict, *, improves: bool) -> int:
    """The decimals of the verdict's own sentences."""
    goal = verdict.target if verdict.target is not None else verdict.value
    if goal is None:
        return 1
    return digits_for(scale_of(verdict.baseline, goal, improves=improves))


def _forecast(forecast: Forecast, digits: int, unit: str) -> str:
    """``96.2 ratio (92.1 to 101.0) by 2025-12``: the value to expect, and four in five."""
    low, high = (number(end, digits) for end in forecast.interval_80)
    return f"{_number(forecast.value, digits, unit)} ({low} to {high}) by {forecast.deadline}"


def _number(value: float | None, digits: int, unit: str) -> str | None:
    return None if value is None else with_unit(number(value, digits), unit)


def _target(target: float | tuple[float, float] | None, digits: int, unit: str) -> str | None:
    if isinstance(target, tuple):
        low, high = target
        return with_unit(f"{number(low, digits)} to {number(high, digits)}", unit)
    return _number(target, digits, unit)


def _without_person(link: Link) -> dict[str, Any]:
    said = {"kind": link.kind, "name": link.name, "problem": link.problem, "role": link.role}
    return {**said, "above": list(link.above), "stake": link.stake, "closes": link.closes}
