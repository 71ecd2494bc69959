"""What no chart can be made of: each a specific error that names the point."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isfinite
from operator import index
from typing import get_args

import numpy as np

from services.framework.spc.limits import Numbers
from services.framework.spc.options import Centre, ChartKind, Options, SpcError
from services.framework.spc.panel import Flags, Floats
from services.framework.spc.subgroups import Label

_COUNTS = {ChartKind.P, ChartKind.P_PRIME, ChartKind.U, ChartKind.U_PRIME, ChartKind.C, ChartKind.G}
_NEEDS_SIZES = {ChartKind.P, ChartKind.P_PRIME, ChartKind.U, ChartKind.U_PRIME}
_REFUSES_SIZES = {ChartKind.C, ChartKind.G, ChartKind.T}
_SUBGROUPED = {ChartKind.X_BAR, ChartKind.S}
_LARGEST = 1e100
_ISO = re.compile(r"\d{4}(-\d\d(-\d\d)?|-W\d\d?|-Q\d)?")


def as_row(cells: Sequence[float | None], name: str) -> Floats:
    """``cells`` as one row of an array, NaN where missing.

    Raises:
        SpcError: a cell is no number, infinite, or too large to be squared and summed.
    """
    try:
        row = np.array([cells], dtype=np.float64)
    except (TypeError, ValueError):
        raise _no_number(cells, name) from None
    beyond = np.abs(row[0]) > _LARGEST
    if beyond.any():
        point = int(np.argmax(beyond)) + 1
        size = "infinite" if np.isinf(row[0, point - 1]) else f"as large as {row[0, point - 1]:g}"
        message = f"point {point}: {name} cannot be {size}"
        raise SpcError(message, point)
    return row


def _no_number(cells: Sequence[object], name: str) -> SpcError:
    for point, cell in enumerate(cells, start=1):
        if cell is not None and not isinstance(cell, int | float):
            return SpcError(f"point {point}: {name} {cell!r} is no number", point)
    return SpcError(f"{name}: one number a point, please")


def check(kind: ChartKind, numbers: Numbers, labels: Sequence[Label], options: Options) -> None:
    """Refuse what no chart of ``kind`` can be made of. ``numbers`` are of one series.

    Raises:
        SpcError: it names the point (by its label) and what is wrong with it.
    """
    _check_shape(kind, numbers, labels)
    _check_values(kind, numbers, labels)
    check_options(len(labels), options)
    _check_centre(kind, options)


def _check_shape(kind: ChartKind, numbers: Numbers, labels: Sequence[Label]) -> None:
    points = numbers.values.shape[1]
    if not points:
        message = "a chart needs at least one point"
        raise SpcError(message)
    for name, other in (("denominators", numbers.denominators), ("spreads", numbers.spreads)):
        if other is not None and other.shape[1] != points:
            message = f"{other.shape[1]} {name} for {points} values"
            raise SpcError(message)
    if len(labels) != points:
        message = f"{len(labels)} labels for {points} values"
        raise SpcError(message)
    _check_columns(kind, numbers)


def _check_columns(kind: ChartKind, numbers: Numbers) -> None:
    if kind in _NEEDS_SIZES and numbers.denominators is None:
        message = f"a {kind} chart needs a denominator for each point"
        raise SpcError(message)
    if kind in _REFUSES_SIZES and numbers.denominators is not None:
        message = f"a {kind} chart has no denominators: use u for counts over varying sizes"
        raise SpcError(message)
    if kind in _SUBGROUPED and (numbers.denominators is None or numbers.spreads is None):
        message = f"a {kind} chart needs each subgroup's size and standard deviation"
        raise SpcError(message)
    if not (np.isfinite(numbers.values)).any():
        message = "no point has a value"
        raise SpcError(message)


def check_labels(labels: Sequence[Label]) -> None:
    """Refuse periods that repeat or go back; texts that are no ISO dates may stand in any order.

    Raises:
        SpcError: it names the point and its period.
    """
    if len(set(labels)) != len(labels):
        point = next(at for at, label in enumerate(labels) if label in labels[:at]) + 1
        message = f"point {point}: period {labels[point - 1]} is there already"
        raise SpcError(message, point)
    order = _order(labels)
    for point, (before, here) in enumerate(pairwise(order), start=2):
        if here < before:  # type: ignore[operator]
            message = f"point {point}: period {labels[point - 1]} comes before the one above it"
            raise SpcError(message, point)


def _order(labels: Sequence[Label]) -> Sequence[object]:
    """What tells the order of time; nothing where labels are texts of unknown meaning."""
    if all(isinstance(label, int | float) for label in labels):
        return labels
    texts = [str(label) for label in labels]
    if all(_ISO.fullmatch(text) for text in texts):
        return [[int(number) for number in re.findall(r"\d+", text)] for text in texts]
    return []


def _check_values(kind: ChartKind, numbers: Numbers, labels: Sequence[Label]) -> None:
    values, sizes = numbers.values[0], numbers.denominators
    refuse = _Refusal(labels, values)
    if kind in _COUNTS:
        refuse(values < 0, lambda value: f"a count cannot be negative, as {value:g} is")
    if kind is ChartKind.T:
        refuse(values <= 0, lambda value: f"a time between events must be over 0, {value:g} is not")
    if sizes is None:
        return
    _Refusal(labels, sizes[0])(
        sizes[0] < 0, lambda size: f"a denominator cannot be negative, as {size:g} is"
    )
    if kind.is_proportion:
        refuse(values > sizes[0], lambda value: f"numerator {value:g} is over its denominator")


class _Refusal:
    """Raises for the first flagged point."""

    def __init__(self, labels: Sequence[Label], values: Floats) -> None:
        self._labels = labels
        self._values = values

    def __call__(self, flags: Flags, says: Callable[[float], str]) -> None:
        if flags.any():
            at = int(np.argmax(flags))
            message = f"point {at + 1} ({self._labels[at]}): {says(float(self._values[at]))}"
            raise SpcError(message, at + 1)


def check_options(points: int, options: Options) -> None:
    """Refuse options that speak of points which are not there, or numbers that are none.

    Raises:
        SpcError: it names the option and the point.
    """
    _check_whole(options)
    _check_freeze(points, options)
    for name, chosen in (("rebase", options.rebase), ("exclude", options.exclude)):
        for point in chosen:
            if not 1 <= point <= points:
                message = f"{name} {point}: the points are 1 to {points}"
                raise SpcError(message, point)
    if not (isfinite(options.multiply) and options.multiply > 0):
        message = f"multiply must be over 0, not {options.multiply}"
        raise SpcError(message)
    if options.limit_factor is not None and not options.limit_factor > 0:
        message = f"limit_factor must be over 0, not {options.limit_factor}"
        raise SpcError(message)
    for name, bound in (("floor", options.floor), ("ceiling", options.ceiling)):
        if bound is not None and not isfinite(bound):
            message = f"{name} {bound} is no number"
            raise SpcError(message)


def _check_whole(options: Options) -> None:
    """Refuse a count or number of a point that is no whole number."""
    freeze = () if options.freeze is None else (options.freeze,)
    for name, chosen in (
        ("freeze", freeze), ("rebase", options.rebase), ("exclude", options.exclude),
    ):  # fmt: skip
        for point in chosen:
            try:
                index(point)
            except TypeError:
                message = f"{name} {point}: a whole number is wanted"
                raise SpcError(message) from None


def _check_centre(kind: ChartKind, options: Options) -> None:
    """Refuse a given centre line that the measure could not have."""
    if options.centre is None or options.centre in get_args(Centre):
        return
    if isinstance(options.centre, str):
        message = f"centre {options.centre!r}: mean, median or a number is wanted"
        raise SpcError(message)
    centre = options.centre / options.multiply
    if not isfinite(centre):
        message = f"centre {options.centre} is no number"
        raise SpcError(message)
    if not kind.is_unbounded and centre < 0:
        message = f"centre {options.centre:g}: a {kind} chart's cannot be below 0"
        raise SpcError(message)
    if kind.is_proportion and centre > 1:
        message = f"centre {options.centre:g}: a proportion cannot be over {options.multiply:g}"
        raise SpcError(message)


def _check_freeze(points: int, options: Options) -> None:
    if options.freeze is None:
        return
    if options.freeze < 1:
        message = f"freeze {options.freeze}: a baseline has at least 1 point"
        raise SpcError(message)
    if options.freeze > points:
        message = f"freeze {options.freeze}: there are only {points} points"
        raise SpcError(message)
