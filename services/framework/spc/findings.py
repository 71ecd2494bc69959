"""What a rule set finds in many series at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from services.framework.spc.panel import Flags, Floats, Ints, Panel
from services.framework.spc.rule_sets import Parameters, RuleSet
from services.framework.spc.rules import (
    Marks,
    Rule,
    beyond,
    hugging,
    outside_limits,
    runs_of,
    shift,
    steps_of,
    trend,
    two_of_three,
)
from services.framework.spc.runs import Sides, anhoej_limits, runs_limits, sides

_Cell = TypeVar("_Cell", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a rule set finds in many series.

    ``marks`` are series × points for each rule that rests on points; ``parts`` are flags of
    series × parts for each rule that speaks of a part as a whole. The rest are series × parts:
    useful points, runs of them, useful points above the centre line, points that are known and
    not excluded.
    """

    rule_set: RuleSet
    marks: Mapping[Rule, Marks]
    parts: Mapping[Rule, Flags]
    n_useful: Ints
    n_runs: Ints
    above: Ints
    n_known: Ints

    @property
    def too_few(self) -> Flags:
        """Series × parts: too few useful points for silence to mean anything.

        Points that all lie on the centre line are judged nevertheless: nothing varies.
        """
        least = self.rule_set.parameters.min_points
        level = (self.n_useful == 0) & (self.n_known >= least)
        return np.asarray((self.n_useful < least) & ~level)


def judge(panel: Panel, rules: RuleSet) -> Findings:
    """What ``rules`` find in every series of ``panel``, part by part."""
    with np.errstate(invalid="ignore", over="ignore"):
        return _judge(panel, rules)


def marks_of(panel: Panel, rules: RuleSet) -> dict[Rule, Marks]:
    """Only the marks of :func:`judge`: series × points for each rule that rests on points."""
    with np.errstate(invalid="ignore", over="ignore"):
        look = _Look(panel, rules.parameters)
        parts = [_PartLook(look, start, stop) for start, stop in panel.bounds]
        return {rule: look.marks(rule, parts) for rule in rules.rules if rule not in _OF_PARTS}


def _judge(panel: Panel, rules: RuleSet) -> Findings:
    look = _Look(panel, rules.parameters)
    parts = [_PartLook(look, start, stop) for start, stop in panel.bounds]
    asked = [rule for rule in rules.rules if panel.runs_tested or rule not in _RUNS_TESTS]
    return Findings(
        rules,
        {rule: look.marks(rule, parts) for rule in asked if rule not in _OF_PARTS},
        {rule: _columns(part.flag(rule) for part in parts) for rule in asked if rule in _OF_PARTS},
        _columns(part.n_useful for part in parts),
        _columns(part.n_runs for part in parts),
        _columns(part.above for part in parts),
        _columns(part.n_known for part in parts),
    )


_OF_PARTS = {Rule.FEW_CROSSINGS, Rule.TOO_FEW_RUNS, Rule.TOO_MANY_RUNS}
_RUNS_TESTS = {Rule.LONG_RUN, Rule.FEW_CROSSINGS}


def _columns(found: Iterable[NDArray[_Cell]]) -> NDArray[_Cell]:
    return np.stack(list(found), axis=1)


class _Look:
    """Where every point of a panel lies; each question is answered once."""

    def __init__(self, panel: Panel, parameters: Parameters) -> None:
        self.panel = panel
        self.parameters = parameters
        self.tolerance = parameters.centre_tolerance

    @cached_property
    def missing(self) -> Flags:
        return np.isnan(self.panel.values)

    @cached_property
    def _on_line(self) -> Floats:
        """How near a value is to a line that it lies on."""
        return np.abs(self.panel.values) * self.tolerance

    @cached_property
    def side(self) -> Sides:
        return sides(self.panel.values, self.panel.centre, self.tolerance)

    @cached_property
    def outside(self) -> Sides:
        panel = self.panel
        return beyond(panel.values, panel.lower, panel.upper, self._on_line)

    @cached_property
    def warning(self) -> Sides:
        return beyond(self.panel.values, *self.panel.line(2), self._on_line)

    @cached_property
    def near(self) -> Flags:
        lower, upper = self.panel.line(1)
        values, near = self.panel.values, self._on_line
        return (values > lower + near) & (values < upper - near)

    @cached_property
    def kept(self) -> Flags:
        """The points that pattern rules read: not excluded; missing only where that breaks."""
        kept = np.broadcast_to(~self.panel.excluded, self.missing.shape)
        return kept if self.parameters.gaps_break else kept & ~self.missing

    def marks(self, rule: Rule, parts: list[_PartLook]) -> Marks:
        if rule is Rule.OUTSIDE_LIMITS:
            return outside_limits(self.outside)
        found = np.concatenate([part.marks(rule) for part in parts], axis=1)
        return np.where(self.missing, np.uint8(0), found)


class _PartLook:
    """One part of a panel: the points that are skipped taken out, and marks put back."""

    def __init__(self, look: _Look, start: int, stop: int) -> None:
        self._look = look
        self._here = np.s_[:, start:stop]
        self._kept = look.kept[self._here]
        self._order: Ints | None = None
        if not self._kept.all():
            order = np.argsort(~self._kept, axis=1, kind="stable")
            self._order = order + np.arange(len(order))[:, None] * order.shape[1]
            counts = self._kept.sum(axis=1)[:, None]
            self._behind = np.arange(order.shape[1]) >= counts

    def _packed(self, array: NDArray[_Cell], blank: float) -> NDArray[_Cell]:
        if self._order is None:
            return array[self._here]
        packed = np.take(array[self._here], self._order)
        packed[self._behind] = blank
        return packed

    def marks(self, rule: Rule) -> Marks:
        marks = self._found(rule)
        if self._order is None:
            return marks
        found = np.zeros(marks.size, dtype=np.uint8)
        found[self._order] = np.where(self._behind, np.uint8(0), marks)
        return found.reshape(marks.shape)

    @cached_property
    def _side(self) -> Sides:
        return self._packed(self._look.side, 0)

    @cached_property
    def _values(self) -> Floats:
        return self._packed(self._look.panel.values, np.nan)

    def _breaks(self, ties: Flags) -> Flags | None:
        """Where a pattern ends: on ``ties``, on missing values, or (``None``) on neither."""
        asked = self._look.parameters
        if asked.ties == "break":
            return ties
        return np.isnan(self._values) if asked.gaps_break else None

    def _found(self, rule: Rule) -> Marks:
        asked, tolerance = self._look.parameters, self._look.tolerance
        if rule is Rule.SHIFT:
            return shift(self._side, asked.shift_n, self._breaks(self._side == 0), asked.mark_ties)
        if rule is Rule.LONG_RUN:
            return shift(self._side, self._longest_max[:, None] + 1)
        if rule is Rule.TREND:
            steps = steps_of(self._values, tolerance)
            return trend(steps, asked.trend_n, self._breaks(steps == 0), asked.mark_ties)
        if rule is Rule.TWO_OF_THREE:
            warning, outside = (
                self._packed(a, 0) for a in (self._look.warning, self._look.outside)
            )
            return two_of_three(self._side, warning, outside, asked.two_of_three)
        return hugging(self._packed(self._look.near, 0), asked.hugging_n)

    # What is said of the part as a whole

    @cached_property
    def n_useful(self) -> Ints:
        return np.asarray((self._side != 0).sum(axis=1))

    @cached_property
    def n_known(self) -> Ints:
        return np.asarray((self._kept & ~self._look.missing[self._here]).sum(axis=1))

    @cached_property
    def above(self) -> Ints:
        return np.asarray((self._side > 0).sum(axis=1))

    @cached_property
    def n_runs(self) -> Ints:
        return np.asarray(runs_of(self._side).opens.sum(axis=1))

    @cached_property
    def _longest_max(self) -> Ints:
        return np.array([anhoej_limits(n)[0] if n else 0 for n in self.n_useful.tolist()])

    def flag(self, rule: Rule) -> Flags:
        if rule is Rule.FEW_CROSSINGS:
            least = [anhoej_limits(n)[1] if n else -1 for n in self.n_useful.tolist()]
            return self.n_runs - 1 < np.array(least)
        few, many = self._runs_limits
        return self.n_runs <= few if rule is Rule.TOO_FEW_RUNS else self.n_runs >= many

    @cached_property
    def _runs_limits(self) -> tuple[Ints, Ints]:
        """Too few runs, and too many; where there is no such number, one that is never reached."""
        tail = self._look.parameters.tail
        below = self.n_useful - self.above
        limits = [
            runs_limits(*counts, tail)
            for counts in zip(self.above.tolist(), below.tolist(), strict=True)
        ]
        few = [-1 if low is None else low for low, _ in limits]
        many = [_NEVER if high is None else high for _, high in limits]
        return np.array(few), np.array(many)


_NEVER = 1 << 30
