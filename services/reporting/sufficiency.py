"""Is it enough? The sum of what an aim's projects are predicted to bring, as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.framework.coverage import BELIEVED, ENOUGH, ROUNDING, counts, coverage_of, gap_of
from services.framework.facts import Role
from services.framework.plan import Aim, Driver, Intent, Measure, Plan, Project
from services.framework.roster import Roster
from services.framework.texts import listed
from services.ports.reporting import Judgement

WIDTH = 600.0
_CAP = "CAP-01"


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of the sum, from ``x`` on: ``width`` as predicted, ``believed`` as believed in."""

    x: float
    width: float
    believed: float


@dataclass(frozen=True, slots=True)
class Piece:
    """What a project is predicted to bring through its drivers, in words and as a bar.

    ``words`` says the effect, the reach and the belief; None of them is guessed: what nobody
    predicted is said to be missing.
    """

    id: str
    name: str
    state: str
    drivers: str
    words: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """The sum of an aim's predicted effects against its gap; ``goal`` is where the gap lies.

    ``short`` are the drivers without a project, ``stretched`` what is said of people who carry too
    much.
    """

    gap: str
    promised: str
    share: str
    weighted: str
    tone: str
    verdict: str
    pieces: tuple[Piece, ...]
    total: Bar
    goal: float
    words: str
    missing: tuple[str, ...]
    short: tuple[str, ...]
    stretched: tuple[str, ...]
    width: float = WIDTH


def sufficiency_of(
    plan: Plan,
    aim: Aim,
    roster: Roster,
    verdict: Mapping[str, Any],
    people: Iterable[Judgement],
) -> Sufficiency | None:
    """The sum of what the aim's projects were predicted to bring; None where no gap is known.

    ``verdict`` is the aim's as it was stored, ``people`` the judgements of who works on it.
    """
    drivers = [d for d in aim.drivers if d.ended is None or d.ended > roster.on]
    gap = gap_of(aim, verdict.get("baseline"))
    if gap is None or aim.intent is not Intent.IMPROVE or not drivers:
        return None
    serving = {p.id: p for driver in drivers for p in plan.serving[driver.key]}
    held = [p for p in serving.values() if _counts(roster, p)]
    cover = coverage_of(aim, gap, held)
    scale = WIDTH / max(gap, cover.promised)
    unit = _unit(plan, aim)
    pieces, so_far = [], 0.0
    for project in held:
        own = coverage_of(aim, gap, [project])
        bar = Bar(so_far * scale, own.promised * scale, own.believed * scale)
        pieces.append(_piece(drivers, project, roster, bar))
        so_far += own.promised
    share, weighted = _percent(cover.share, ENOUGH), _percent(cover.weighted, BELIEVED)
    verdict_words, tone = _said(cover.share, cover.weighted, known=not cover.missing)
    return Sufficiency(
        f"{gap:.4g}{unit}",
        f"{cover.promised:.4g}{unit}",
        share,
        weighted,
        tone,
        verdict_words,
        tuple(pieces),
        Bar(0.0, cover.promised * scale, cover.believed * scale),
        gap * scale,
        f"The projects are predicted to close {share} of the gap of {gap:.4g}{unit}, "
        f"{weighted} as far as they are believed in.",
        tuple(
            f"{plan.projects[m.project].name}: no {m.what} predicted for {_driver(plan, m.driver)}"
            for m in cover.missing
        ),
        tuple(d.name for d in drivers if d.primary and not _served(plan, roster, d)),
        tuple(dict.fromkeys(words for judged in people for words in _overloads(judged))),
    )


def workers_on(plan: Plan, aim: Aim, roster: Roster) -> tuple[str, ...]:
    """Whoever leads, sponsors or gives time to a project below the aim, as subjects."""
    found = []
    for project in {p.id: p for d in aim.drivers for p in plan.serving[d.key]}.values():
        found += [roster.holder(project, role).person for role in (Role.LEADER, Role.SPONSOR)]
        found += [allocation.person for allocation in project.allocations]
    return tuple(f"person:{person}" for person in dict.fromkeys(found) if person)


def _counts(roster: Roster, project: Project) -> bool:
    return counts(roster.standing(project).state, roster.sustainer(project))


def _served(plan: Plan, roster: Roster, driver: Driver) -> bool:
    return any(_counts(roster, project) for project in plan.serving[driver.key])


def _unit(plan: Plan, aim: Aim) -> str:
    """The per cent sign; longer units would stand in the way of the sum."""
    measure: Measure | None = plan.measures.get(aim.primary.measure) if aim.primary else None
    return "%" if measure is not None and measure.unit == "%" else ""


def _percent(share: float, wanted: float) -> str:
    """A share in per cent, to a tenth where rounding would lift it to what is wanted."""
    short = share < wanted - ROUNDING and round(share, 2) >= wanted
    return f"{share:.1%}" if short else f"{share:.0%}"


def _driver(plan: Plan, key: str) -> str:
    return plan.drivers[key].name if key in plan.drivers else key


def _piece(drivers: list[Driver], project: Project, roster: Roster, bar: Bar) -> Piece:
    names = {driver.key: driver.name for driver in drivers}
    own = [serve for serve in project.serves if serve.driver in names]
    words = "; ".join(
        f"effect {_known(s.effect, 'g')}, reach {_known(s.reach, '.0%')}, "
        f"belief {_known(s.belief, '.0%')}"
        for s in own
    )
    state = roster.standing(project).state.value
    return Piece(project.id, project.name, state, listed(names[s.driver] for s in own), words, bar)


def _known(value: float | None, form: str) -> str:
    return "not predicted" if value is None else format(value, form)


def _said(share: float, weighted: float, *, known: bool) -> tuple[str, str]:
    """Whether it is enough, in words, and as good, bad or open."""
    if share >= ENOUGH - ROUNDING and weighted >= BELIEVED - ROUNDING:
        return "It is enough, if the projects do what was predicted", "good"
    if not known:
        return "Nobody can tell: predictions are missing", "open"
    if share < ENOUGH - ROUNDING:
        return "It is not enough, even if every project succeeds", "bad"
    return "It would be enough, but it is not believed in enough", "bad"


def _overloads(judged: Judgement) -> Iterable[str]:
    for outcome in judged.body.get("outcomes") or ():
        if outcome["expectation"] == _CAP and outcome["tripped"]:
            yield str(outcome["reason"])
