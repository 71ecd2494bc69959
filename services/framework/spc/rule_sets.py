"""Named, versioned sets of rules, and the parameters that each takes.

Sources: ``run``: Perla, Provost and Murray, BMJ Quality and Safety 20 (2011); ``anhoej``: Anhøj and
Olesen, PLoS ONE 9(11) (2014); ``shewhart``: Provost and Murray, The Health Care Data Guide (2011);
``mdc``: NHS England, Making Data Count, with the two-of-three rule as it stands since 2024.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Literal, cast

from services.framework.spc.options import Options, SpcError
from services.framework.spc.rules import MarkTies, Rule, Ties, TwoOfThree
from services.framework.spc.runs import TIE

Conflict = Literal["improvement", "precedence"]
Setting = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a rule set leaves to its user. Not every set reads all: see ``RuleSet.takes``."""

    shift_n: int = 8
    """Points on one side of the centre line that make a shift."""
    trend_n: int = 6
    """Points, the first counted, that make a trend."""
    ties: Ties = "skip"
    """Whether a point on the line or a repeated value is stepped over, or ends the pattern."""
    missing: Ties | None = None
    """Whether a missing value is stepped over, or ends every pattern; ``None`` is as ``ties``."""
    mark_ties: MarkTies = "inside"
    """Whether ties are marked inside a shift or trend only, or after its last point too."""
    two_of_three: TwoOfThree = "mdc2024"
    """Which points count, and where the third must lie: see ``rules.two_of_three``."""
    hugging_n: int = 15
    """Points in a row within one σ that hug the centre line."""
    tail: float = 0.025
    """The chance, on each side, at which the number of runs is too few or too many."""
    conflict: Conflict = "improvement"
    """Which icon a last point gets that is both: improvement, or the first rule's to speak."""
    centre_tolerance: float = TIE
    """Relative difference below which a value lies on a line."""
    min_points: int = 10
    """With fewer useful points in a part, silence is "too few to judge"."""
    min_points_limits: int = 13
    """With fewer points the limits are called provisional."""
    screen_mr: bool = False
    """Whether large moving ranges are dropped once before limits are set."""
    limit_factor: float | None = None
    """Three σ in mean moving ranges; 3/1.128 unless given."""

    @property
    def gaps_break(self) -> bool:
        """Whether a missing value ends a pattern."""
        return (self.missing or self.ties) == "break"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules that are asked together. The order of ``rules`` is which speaks first for a point."""

    name: str
    version: str
    title: str
    rules: tuple[Rule, ...]
    parameters: Parameters

    @property
    def takes(self) -> tuple[str, ...]:
        """The names of the parameters that make a difference here."""
        read = _COMMON.union(*(_READ_BY.get(rule, ()) for rule in self.rules))
        return tuple(one.name for one in fields(Parameters) if one.name in read)

    def with_parameters(self, given: Mapping[str, Setting]) -> RuleSet:
        """This set with other parameters; texts are read as their parameter wants.

        Raises:
            SpcError: a parameter is unknown, not this set's, or out of its range.
        """
        read = {name: self._read(name, value) for name, value in given.items()}
        return replace(self, parameters=replace(self.parameters, **read))  # type: ignore[arg-type]

    def _read(self, name: str, value: Setting) -> object:
        if name not in self.takes:
            message = f"{self.name} has no parameter {name!r}; it takes {', '.join(self.takes)}"
            raise SpcError(message)
        return _READERS[name](name, value)

    def options(self, base: Options | None = None) -> Options:
        """``base`` with the limits that this set asks for, except where ``base`` asks itself."""
        chosen = base or Options()
        return replace(
            chosen,
            screen=chosen.screen or self.parameters.screen_mr,
            limit_factor=chosen.limit_factor or self.parameters.limit_factor,
            min_points=self.parameters.min_points_limits,
        )


_COMMON = {
    "conflict", "centre_tolerance", "min_points", "min_points_limits", "screen_mr", "limit_factor",
}  # fmt: skip
_READ_BY = {
    Rule.SHIFT: {"shift_n", "ties", "missing", "mark_ties"},
    Rule.TREND: {"trend_n", "ties", "missing", "mark_ties"},
    Rule.TWO_OF_THREE: {"two_of_three", "missing"},
    Rule.HUGGING: {"hugging_n", "missing"},
    Rule.TOO_FEW_RUNS: {"tail"},
    Rule.TOO_MANY_RUNS: {"tail"},
}
_FEWEST, _MOST = 2, 100


def _whole(low: int) -> Callable[[str, Setting], int]:
    def read(name: str, value: Setting) -> int:
        number = read_number(name, value)
        if number != int(number) or not low <= number <= _MOST:
            message = f"{name} must be a whole number from {low} to {_MOST}, not {value}"
            raise SpcError(message)
        return int(number)

    return read


def _between(low: float, high: float) -> Callable[[str, Setting], float]:
    def read(name: str, value: Setting) -> float:
        number = read_number(name, value)
        if not low <= number <= high:
            message = f"{name} must be from {low:g} to {high:g}, not {value}"
            raise SpcError(message)
        return number

    return read


def read_one_of(*known: str) -> Callable[[str, Setting], str]:
    def read(name: str, value: Setting) -> str:
        if value not in known:
            message = f"{name} must be {' or '.join(known)}, not {value!r}"
            raise SpcError(message)
        return str(value)

    return read


def read_flag(name: str, value: Setting) -> bool:
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    found = known.get(str(value).lower())
    if found is None:
        message = f"{name} must be true or false, not {value!r}"
        raise SpcError(message)
    return found


def read_number(name: str, value: Setting) -> float:
    """A number, or a quotient of two such as 3/1.128."""
    text = str(value).strip()
    quotient = re.fullmatch(r"([\d.]+)\s*/\s*([\d.]+)", text)
    try:
        number = float(quotient[1]) / float(quotient[2]) if quotient else float(text)
    except (ValueError, ZeroDivisionError):
        number = float("nan")
    if isinstance(value, bool) or not isfinite(number):
        message = f"{name} must be a number, not {value!r}"
        raise SpcError(message)
    return number


_READERS: Mapping[str, Callable[[str, Setting], object]] = {
    "shift_n": _whole(_FEWEST),
    "trend_n": _whole(_FEWEST + 1),
    "ties": read_one_of("skip", "break"),
    "missing": read_one_of("skip", "break"),
    "mark_ties": read_one_of("inside", "after"),
    "two_of_three": read_one_of("mdc2024", "ptd", "zone"),
    "hugging_n": _whole(_FEWEST),
    "tail": _between(0.0001, 0.25),
    "conflict": read_one_of("improvement", "precedence"),
    "centre_tolerance": _between(0, 0.01),
    "min_points": _whole(0),
    "min_points_limits": _whole(0),
    "screen_mr": read_flag,
    "limit_factor": _between(0.1, 10),
}

RULE_SETS: Mapping[str, RuleSet] = {
    one.name: one
    for one in (
        RuleSet(
            "run",
            "1",
            "run chart rules (Perla, Provost and Murray)",
            (Rule.SHIFT, Rule.TREND, Rule.TOO_FEW_RUNS, Rule.TOO_MANY_RUNS),
            Parameters(shift_n=6, trend_n=5),
        ),
        RuleSet(
            "anhoej",
            "1",
            "Anhøj rules",
            (Rule.OUTSIDE_LIMITS, Rule.LONG_RUN, Rule.FEW_CROSSINGS),
            Parameters(),
        ),
        RuleSet(
            "shewhart",
            "1",
            "Shewhart chart rules (Provost and Murray)",
            (Rule.OUTSIDE_LIMITS, Rule.TREND, Rule.TWO_OF_THREE, Rule.SHIFT, Rule.HUGGING),
            Parameters(two_of_three="zone"),
        ),
        RuleSet(
            "mdc",
            "1",
            "Making Data Count rules (NHS England)",
            (Rule.OUTSIDE_LIMITS, Rule.TREND, Rule.TWO_OF_THREE, Rule.SHIFT),
            Parameters(shift_n=7, trend_n=7, limit_factor=2.66),
        ),
    )
}


def rule_set(name: str, parameters: Mapping[str, Setting] | None = None) -> RuleSet:
    """The rule set of this name, with other parameters where given.

    Raises:
        SpcError: the name or a parameter is unknown, or a parameter is out of its range.
    """
    if name not in RULE_SETS:
        message = f"no rule set is called {name!r}; there are {', '.join(RULE_SETS)}"
        raise SpcError(message)
    return RULE_SETS[name].with_parameters(cast("Mapping[str, Setting]", parameters or {}))
