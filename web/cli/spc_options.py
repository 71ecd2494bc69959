"""The options of ``bigdot spc`` that are lists, words or pairs."""

from __future__ import annotations

from math import isfinite
from typing import Any

import click

CHARTS = ["run", "xmr", "mr", "ip", "p", "pp", "u", "up", "c", "g", "t", "xbar", "s"]
RULES = ["mdc", "shewhart", "run", "anhoej"]
DIRECTIONS = ["increase", "decrease", "neutral"]


class Points(click.ParamType[Any]):
    """Numbers of points, parted by commas."""

    name = "N,N"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        """The numbers; each at least 1."""
        if isinstance(value, tuple):
            return value
        try:
            points = tuple(int(one) for one in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r}: numbers of points are wanted, as 13,25", param, ctx)
        if min(points) < 1:
            self.fail(f"{value!r}: points are counted from 1", param, ctx)
        return points


class Finite(click.ParamType[Any]):
    """A number that is not infinite."""

    name = "X"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """The number."""
        number = float(click.FLOAT.convert(value, param, ctx))
        if not isfinite(number):
            self.fail(f"{value!r} is no number", param, ctx)
        return number


class Centre(click.ParamType[Any]):
    """mean, median or a number."""

    name = "mean|median|NUMBER"

    def convert(self, value: Any, param: Any, ctx: Any) -> str | float:
        """The word, or the number."""
        if value in {"mean", "median"}:
            return str(value)
        try:
            return Finite().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r}: mean, median or a number is wanted", param, ctx)


class Setting(click.ParamType[Any]):
    """A parameter and its value."""

    name = "NAME=VALUE"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        """The name and the value, as text."""
        name, equals, setting = str(value).partition("=")
        if not (equals and name.strip() and setting.strip()):
            self.fail(f"{value!r}: NAME=VALUE is wanted, as shift_n=8", param, ctx)
        return name.strip(), setting.strip()
