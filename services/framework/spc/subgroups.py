"""Measurements in subgroups: from one row a measurement to one point a subgroup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum, isfinite, nan, sqrt
from operator import itemgetter

from services.framework.spc.options import SpcError

Label = str | int | float
"""What names a point: a period, or a number."""


@dataclass(frozen=True, slots=True)
class Subgroups:
    """One entry a subgroup: its label, how many measurements, their mean and their spread.

    ``means`` are NaN where no measurement is known; ``spreads``, the sample standard deviations,
    where fewer than two are.
    """

    labels: tuple[Label, ...]
    sizes: tuple[int, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]


def subgroups(labels: Sequence[Label], measurements: Sequence[float | None]) -> Subgroups:
    """Gather ``measurements`` (``None`` = missing) by label; a subgroup's rows stand together.

    Raises:
        SpcError: the two differ in length, a measurement is infinite, or a label comes again
            after another one.
    """
    if len(labels) != len(measurements):
        message = f"{len(labels)} labels for {len(measurements)} measurements"
        raise SpcError(message)
    rows = list(zip(labels, (_known(one) for one in measurements), strict=True))
    _refuse_infinite(rows)
    groups = [
        (label, [value for _, value in found if value is not None])
        for label, found in groupby(rows, key=itemgetter(0))
    ]
    _refuse_split([label for label, _ in groups])
    return Subgroups(
        labels=tuple(label for label, _ in groups),
        sizes=tuple(len(values) for _, values in groups),
        means=tuple(_mean(values) for _, values in groups),
        spreads=tuple(_spread(values) for _, values in groups),
    )


def _known(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)  # noqa: PLR0124  # NaN


def _refuse_infinite(rows: list[tuple[Label, float | None]]) -> None:
    for number, (label, value) in enumerate(rows, start=1):
        if value is not None and not isfinite(value):
            message = f"row {number} ({label}): a measurement cannot be {value}"
            raise SpcError(message, number)


def _refuse_split(labels: list[Label]) -> None:
    seen: set[Label] = set()
    for number, label in enumerate(labels, start=1):
        if label in seen:
            message = f"subgroup {label} comes again after another: put its rows together"
            raise SpcError(message, number)
        seen.add(label)


def _mean(values: list[float]) -> float:
    return fsum(values) / len(values) if values else nan


def _spread(values: list[float]) -> float:
    if len(values) < 2:  # noqa: PLR2004
        return nan
    mean = _mean(values)
    return sqrt(fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
