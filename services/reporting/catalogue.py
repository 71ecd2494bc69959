"""The catalogue as an organisation has it: every expectation, its switch, numbers and findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from services.alerting.cover import covered
from services.alerting.lifecycle import SAID_BY_STATUS
from services.alerting.recipients import of_finding
from services.alerting.rehearsal import Rehearsal, Step
from services.framework.expectations.catalogue import Entry, Expectation, Parameter
from services.framework.expectations.register import REGISTER, STARTER, switch_of
from services.framework.expectations.wording import family_of, part_words, settled
from services.framework.judgement import Subject, SubjectKind
from services.framework.plan import Plan, Switch
from services.framework.roster import Roster
from services.ports.reporting import Found, Tally

SWITCHES = {Switch.ON: "On", Switch.SHADOW: "In shadow", Switch.OFF: "Off"}
_MEANING = {
    Switch.ON: "It is judged, and what it finds is told.",
    Switch.SHADOW: "It is judged and recorded, and nobody is told.",
    Switch.OFF: "It is not judged.",
}
_NEVER_SINGLY = "What it finds is read on pages and in digests, and is never a message of its own."
_BY_STATUS = "What it finds is told as the aim's status, whatever its switch."


@dataclass(frozen=True, slots=True)
class RuleLine:
    """An expectation in the list: its switch, and how many findings it has now."""

    id: str
    title: str
    text: str
    severity: str
    switch: Switch
    is_own: bool
    tuned: int
    told: int
    shadow: int

    @property
    def switch_words(self) -> str:
        """``On``, ``In shadow`` or ``Off``."""
        return SWITCHES[self.switch]


class Family(NamedTuple):
    """The expectations of one family, in the catalogue's order."""

    name: str
    rules: tuple[RuleLine, ...]


class Override(NamedTuple):
    """A parameter that an aim or a measure sets for itself; ``scope`` is ``aim:ID``."""

    scope: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ParameterLine:
    """A parameter with its range, and the number that holds for the organisation."""

    name: str
    short: str
    text: str
    default: str
    low: str
    high: str
    now: str
    is_own: bool
    overrides: tuple[Override, ...]


class WouldSend(NamedTuple):
    """A message that a rule in shadow would have sent: when, what, and to whom (person ids)."""

    at: datetime
    what: str
    about: str
    reason: str
    to: tuple[str, ...]


class Scope(NamedTuple):
    """For what a parameter can be set: ``organisation``, ``aim:ID`` or ``measure:ID``."""

    value: str
    name: str


@dataclass(frozen=True, slots=True)
class RulePage:
    """All that an expectation's page shows; ``found`` are its findings now."""

    line: RuleLine
    family: str
    text: str
    settled: str
    judged_of: str
    told: str
    asks: str
    clears: str
    source: str
    sureness: str
    means: tuple[str, ...]
    starter: bool
    parameters: tuple[ParameterLine, ...]
    scopes: tuple[Scope, ...]
    version: int
    profile: str
    before: str | None
    after: str | None


def families_of(plan: Plan, tallies: Mapping[str, Tally]) -> tuple[Family, ...]:
    """Every expectation by family, in the catalogue's order."""
    grouped = groupby(REGISTER, key=lambda entry: family_of(entry.expectation.id))
    return tuple(
        Family(name, tuple(_line(plan, e.expectation, tallies) for e in entries))
        for name, entries in grouped
    )


def rule_page(plan: Plan, expectation: str, tallies: Mapping[str, Tally]) -> RulePage | None:
    """One expectation's page; None for one that the catalogue does not have."""
    ids = [entry.expectation.id for entry in REGISTER]
    if expectation not in ids:
        return None
    place = ids.index(expectation)
    entry = REGISTER[place]
    rule = entry.expectation
    line = _line(plan, rule, tallies)
    return RulePage(
        line=line,
        family=family_of(rule.id),
        text=rule.text,
        settled=settled(entry.judge),
        judged_of=" and ".join(f"each {kind.value}" for kind in _kinds(rule)),
        told=", ".join(part_words(part) for part in rule.audience),
        asks=rule.asks,
        clears=rule.clears,
        source=rule.source,
        sureness=rule.sureness.value,
        means=tuple(_means(line, entry)),
        starter=rule.id in STARTER,
        parameters=tuple(_parameter(plan, rule, each) for each in rule.parameters),
        scopes=tuple(_scopes(plan, rule)),
        version=plan.version,
        profile=plan.profile.value,
        before=ids[place - 1] if place else None,
        after=ids[place + 1] if place + 1 < len(ids) else None,
    )


def _kinds(rule: Expectation) -> tuple[SubjectKind, ...]:
    return (rule.kind, rule.also) if rule.also else (rule.kind,)


def _line(plan: Plan, rule: Expectation, tallies: Mapping[str, Tally]) -> RuleLine:
    tally = tallies.get(rule.id, Tally())
    names = rule.limits()
    tuned = sum(name in held for held in _held(plan) for name in names)
    return RuleLine(
        rule.id,
        rule.title,
        rule.text,
        rule.severity.value,
        switch_of(plan, rule.id),
        rule.id in plan.rules,
        tuned,
        tally.told,
        tally.shadow,
    )


def _held(plan: Plan) -> Iterator[Mapping[str, float]]:
    yield plan.parameters
    yield from (aim.parameters for aim in plan.aims.values())
    yield from (measure.parameters for measure in plan.measures.values())


def _means(line: RuleLine, entry: Entry) -> Iterator[str]:
    """What the switch comes to, in sentences."""
    if line.id in SAID_BY_STATUS:
        yield _BY_STATUS
        return
    yield _MEANING[line.switch]
    if not entry.expectation.singly and line.switch is Switch.ON:
        yield _NEVER_SINGLY


def _parameter(plan: Plan, rule: Expectation, each: Parameter) -> ParameterLine:
    name = f"{rule.id}.{each.name}"
    own = plan.parameters.get(name)
    return ParameterLine(
        name,
        each.name,
        each.text,
        f"{each.default:g}",
        f"{each.low:g}",
        f"{each.high:g}",
        f"{each.default if own is None else own:g}",
        own is not None,
        tuple(_overrides(plan, name)),
    )


def _overrides(plan: Plan, name: str) -> Iterator[Override]:
    for aim in plan.aims.values():
        if name in aim.parameters:
            yield Override(f"aim:{aim.id}", aim.name, f"{aim.parameters[name]:g}")
    for measure in plan.measures.values():
        if name in measure.parameters:
            value = f"{measure.parameters[name]:g}"
            yield Override(f"measure:{measure.id}", measure.name, value)


def _scopes(plan: Plan, rule: Expectation) -> Iterator[Scope]:
    """The organisation; and each aim or measure, where the expectation is judged of those."""
    yield Scope("organisation", "the whole organisation")
    if SubjectKind.AIM in _kinds(rule):
        for aim in plan.aims.values():
            yield Scope(f"aim:{aim.id}", aim.name)
    if SubjectKind.MEASURE in _kinds(rule):
        for measure in plan.measures.values():
            yield Scope(f"measure:{measure.id}", measure.name)


_STEPS = {"open": "Opened", "step": "Became worse", "resolve": "Resolved"}


def would_have_sent(plan: Plan, roster: Roster, said: Iterable[Found]) -> tuple[WouldSend, ...]:
    """What an expectation would have told, had it been on; ``said`` subject by subject.

    Only what it said in shadow counts. Who hears is who holds the parts by ``roster``.
    """
    told: list[WouldSend] = []
    for subject, found in groupby(said, key=lambda each: each.subject):
        rehearsal = Rehearsal()
        shadows = ((f.at, f.outcome) for f in found if f.outcome.shadow)
        steps = [s for at, o in shadows for s in rehearsal.heard(at, replace(o, shadow=False))]
        told += (_would(plan, roster, Subject.parse(subject), step) for step in steps)
    return tuple(sorted(told, key=lambda each: each.at, reverse=True))


def _would(plan: Plan, roster: Roster, subject: Subject, step: Step) -> WouldSend:
    told = covered(plan, roster.on, of_finding(plan, roster, subject, step.outcome))
    return WouldSend(
        step.at,
        _STEPS[step.decision.change.value],
        step.outcome.about,
        step.outcome.reason,
        tuple(dict.fromkeys(each.person for each in told)),
    )
