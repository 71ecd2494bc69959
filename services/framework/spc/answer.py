"""One question about one series, answered whole: chart, rules, icons, in a form for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from math import isfinite
from typing import Any, Literal, get_args, get_type_hints

from services.framework.spc.build import chart, chart_of
from services.framework.spc.chart import Chart, Part
from services.framework.spc.icons import Direction, Icons, icons
from services.framework.spc.options import ChartKind, Options, SpcError
from services.framework.spc.rule_sets import (
    RULE_SETS,
    RuleSet,
    Setting,
    read_flag,
    read_number,
    read_one_of,
    rule_set,
)
from services.framework.spc.signals import Signal, Verdict, verdict
from services.framework.spc.subgroups import Label, subgroups

Cells = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one series. ``None`` leaves the choice to what suits the rest.

    ``parameters`` are those of the rule set and of the chart, by name. ``values`` are numerators
    where there are ``denominators``. On xbar and s charts each of ``values`` is a measurement, and
    ``labels`` repeat within a subgroup.
    """

    values: Cells
    denominators: Cells | None = None
    labels: Sequence[Label] | None = None
    chart: ChartKind | str = ChartKind.XMR
    rules: str | None = None
    direction: Direction | None = None
    target: float | None = None
    options: Options = field(default_factory=Options)
    parameters: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """The chart of a series, what the rules say of it, and its icons."""

    chart: Chart
    verdict: Verdict
    icons: Icons

    def as_json(self) -> dict[str, Any]:
        """As the command line prints it; points and parts count from 1."""
        rules = self.verdict.rule_set
        return {
            "chart": str(self.chart.kind),
            "rules": rules.name,
            "version": rules.version,
            "points": [self._point(at) for at in range(len(self.chart.values))],
            "parts": [_part(part) for part in self.chart.parts],
            "signals": [_signal(signal) for signal in self.verdict.signals],
            "variation": self.icons.variation,
            "assurance": self.icons.assurance,
            "verdict": self.verdict.words,
            "notes": list(self.chart.notes),
        }

    def _point(self, at: int) -> dict[str, Any]:
        chart = self.chart
        return {
            "period": chart.labels[at],
            "value": chart.values[at],
            "centre": chart.centre[at],
            "lower": chart.lower[at],
            "upper": chart.upper[at],
            "signals": [str(rule) for rule in self.verdict.by_point[at]],
        }


def _part(part: Part) -> dict[str, Any]:
    runs = part.runs
    return {
        "from": part.first,
        "to": part.last,
        "n": runs.n_obs,
        "n_useful": runs.n_useful,
        "longest_run": runs.longest_run,
        "longest_run_max": runs.longest_run_max,
        "crossings": runs.crossings,
        "crossings_min": runs.crossings_min,
        "runs_signal": runs.signal,
    }


def _signal(signal: Signal) -> dict[str, Any]:
    return {
        "rules": signal.rule_set,
        "version": signal.version,
        "rule": str(signal.rule),
        "side": signal.side,
        "points": list(signal.points),
        "part": signal.part,
        "text": signal.text,
    }


def answer(question: Question) -> Answer:
    """The answer to ``question``.

    Raises:
        SpcError: no such chart can be made, a rule set, parameter or direction is unknown or out of
            range, or the target is no number.
    """
    rules, options = chosen(question)
    _check_better(question)
    made = _chart(question, options)
    found = verdict(made, rules)
    direction = question.direction or "neutral"
    return Answer(made, found, icons(made.panel, found.findings, direction, question.target)[0])


def _check_better(question: Question) -> None:
    """Refuse a direction or target that says nothing of what is better."""
    if question.direction not in (None, *get_args(Direction)):
        known = ", ".join(get_args(Direction))
        message = f"no direction is called {question.direction!r}; there are {known}"
        raise SpcError(message)
    if question.target is not None and not isfinite(question.target):
        message = f"target {question.target} is no number"
        raise SpcError(message)


def _chart(question: Question, options: Options) -> Chart:
    if question.chart not in {ChartKind.X_BAR, ChartKind.S}:
        return chart(
            question.chart,
            question.values,
            question.denominators,
            labels=question.labels,
            options=options,
        )
    if question.labels is None or question.denominators is not None:
        message = f"a {question.chart} chart is of measurements: a period and a value each"
        raise SpcError(message)
    return chart_of(subgroups(question.labels, question.values), question.chart, options)


def chosen(question: Question) -> tuple[RuleSet, Options]:
    """The rule set and the options that a question comes to.

    A rule set's own limit factor is for XmR charts; elsewhere it holds where it is asked for.

    Raises:
        SpcError: a rule set or parameter is unknown, or a parameter is out of its range.
    """
    name = question.rules or _suits(question)
    known = {one.name for one in fields(Options)} - _NOT_PARAMETERS
    of_chart = {key: value for key, value in question.parameters.items() if key in known}
    of_rules = {key: value for key, value in question.parameters.items() if key not in known}
    try:
        rules = rule_set(name, of_rules)
    except SpcError as error:
        if name in RULE_SETS and not set(of_rules) <= set(RULE_SETS[name].takes):
            raise SpcError(f"{error}; charts take {', '.join(sorted(known))}") from None
        raise
    read = {key: _read(key, value) for key, value in of_chart.items()}
    options = rules.options(replace(question.options, **read))  # type: ignore[arg-type]
    if question.chart != ChartKind.XMR and "limit_factor" not in question.parameters:
        options = replace(options, limit_factor=question.options.limit_factor)
    return rules, options


def _suits(question: Question) -> str:
    """NHS rules where a better side or a target is given with an XmR chart, else Anhøj's."""
    aimed = question.direction is not None or question.target is not None
    return "mdc" if aimed and question.chart == ChartKind.XMR else "anhoej"


_NOT_PARAMETERS = {
    "centre", "freeze", "rebase", "exclude", "screen", "limit_factor", "min_points",
}  # fmt: skip


def _read(name: str, value: Setting) -> object:
    """A chart's parameter, read as its type wants."""
    kind = get_type_hints(Options)[name]
    if kind is bool:
        return read_flag(name, value)
    for one in (kind, *get_args(kind)):
        if getattr(one, "__origin__", None) is Literal:
            return read_one_of(*get_args(one))(name, value)
    return read_number(name, value)
