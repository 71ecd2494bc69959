"""What holds of every series: limits follow the data, parts keep to themselves, the past stays."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.framework.spc import (
    Chart,
    ChartKind,
    Numbers,
    Options,
    SpcError,
    analyse,
    chart,
    panel,
)
from services.framework.spc.build import read

REAL = ["run", "xmr", "mr"]
WHOLE = ["c", "g", "t"]

cell = st.integers(-1000, 1000).map(lambda one: one / 8)
series = st.lists(st.one_of(cell, cell, cell, st.none()), min_size=2, max_size=40).filter(
    lambda values: any(value is not None for value in values)
)
counts = st.lists(st.integers(1, 500), min_size=2, max_size=40)
LINES = ("values", "centre", "lower", "upper", "sigma")


def lines(made: Chart, stop: int | None = None) -> list[Any]:
    return [list(getattr(made, name)[:stop]) for name in LINES]


def same(mine: list[Any], other: list[Any], scale: float = 1.0) -> bool:
    """Whether all cells agree, to what arithmetic loses at ``scale``."""
    left, right = (np.array(one, dtype=float) for one in (mine, other))
    return np.allclose(left, right, rtol=1e-9, atol=1e-9 * scale, equal_nan=True)


def flipped(made: Chart, top: float) -> list[Any]:
    """The upper limit, lower limit and centre line of ``made``, counted down from ``top``."""
    turned = (made.upper, made.lower, made.centre)
    return [[None if cell is None else top - cell for cell in line] for line in turned]


@given(series, st.sampled_from(REAL), st.sampled_from([0.25, 8.0, 1000.0]), st.booleans())
def test_limits_scale_with_the_data(
    values: list[float | None], kind: str, factor: float, screen: bool
) -> None:
    options = Options(screen=screen)
    grown = chart(kind, [None if v is None else v * factor for v in values], options=options)
    plain = chart(kind, values, options=options)
    scaled = [[None if c is None else c * factor for c in line] for line in lines(plain)]
    assert same(lines(grown), scaled, 1000 * factor)
    assert grown.parts[0].runs == plain.parts[0].runs


@given(series, st.integers(-64, 64), st.booleans())
def test_limits_shift_with_the_data(values: list[float | None], by: int, screen: bool) -> None:
    options = Options(screen=screen)
    moved = chart("xmr", [None if v is None else v + by for v in values], options=options)
    plain = chart("xmr", values, options=options)
    level = [[None if c is None else c + by for c in line] for line in lines(plain)[:4]]
    assert same(lines(moved)[:4], level, 1000)
    assert same([moved.sigma], [plain.sigma], 1000)


@given(series)
def test_mirrored_data_mirror_the_limits(values: list[float | None]) -> None:
    plain = chart("xmr", values)
    mirrored = chart("xmr", [None if v is None else -v for v in values])
    assert same(
        [mirrored.lower, mirrored.upper, mirrored.centre],
        flipped(plain, 0),
        1000,
    )
    assert mirrored.parts[0].runs == plain.parts[0].runs


@given(counts, st.data())
def test_mirrored_proportions_mirror_the_limits(sizes: list[int], data: st.DataObject) -> None:
    hits = [data.draw(st.integers(0, size)) for size in sizes]
    misses = [size - hit for size, hit in zip(sizes, hits, strict=True)]
    plain, mirrored = chart("p", hits, sizes), chart("p", misses, sizes)
    assert same(
        [mirrored.lower, mirrored.upper, mirrored.centre],
        flipped(plain, 1),
    )


@given(series, series, st.sampled_from(REAL), st.booleans())
def test_a_part_is_unchanged_by_data_outside_it(
    before: list[float | None], after: list[float | None], kind: str, screen: bool
) -> None:
    joined = chart(
        kind, [*before, *after], options=Options(rebase=(len(before) + 1,), screen=screen)
    )
    first, last = (chart(kind, one, options=Options(screen=screen)) for one in (before, after))
    assert lines(joined, len(before)) == lines(first)
    assert [line[len(before) :] for line in lines(joined)] == lines(last)
    runs = joined.parts[1].runs
    assert (runs.n_useful, runs.signal) == (last.parts[0].runs.n_useful, last.parts[0].runs.signal)


@given(series, st.lists(st.one_of(cell, st.none()), max_size=10), st.sampled_from(REAL))
def test_points_after_a_freeze_never_change_the_limits(
    values: list[float | None], more: list[float | None], kind: str
) -> None:
    options = Options(freeze=len(values))
    known, later = (
        chart(kind, values, options=options),
        chart(kind, [*values, *more], options=options),
    )
    assert lines(later, len(values)) == lines(known)


@pytest.mark.parametrize("kind", ["p", "pp", "u", "up", "ip"])
@given(counts, st.data())
def test_rates_after_a_freeze_never_change_the_limits(
    kind: str, sizes: list[int], data: st.DataObject
) -> None:
    values = [data.draw(st.integers(0, size)) for size in sizes]
    options = Options(freeze=len(values))
    known = chart(kind, values, sizes, options=options)
    later = chart(kind, [*values, 9], [*sizes, 10], options=options)
    assert lines(later, len(values)) == lines(known)


@given(series.filter(lambda values: None in values))
def test_missing_is_not_zero(values: list[float | None]) -> None:
    known = [value for value in values if value is not None]
    made = chart("xmr", values)
    assert made.centre[0] == pytest.approx(sum(known) / len(known), abs=1e-9)
    assert made.parts[0].runs.n_useful <= len(known)
    assert all(
        (mine is None) == (given is None) for mine, given in zip(made.values, values, strict=True)
    )


@given(series, st.data())
def test_an_excluded_value_changes_no_limit(
    values: list[float | None], data: st.DataObject
) -> None:
    point = data.draw(st.integers(1, len(values)))
    other = [*values]
    other[point - 1] = data.draw(cell)
    if all(value is None for value in (*values[: point - 1], *values[point:])):
        return
    options = Options(exclude=(point,))
    mine, theirs = chart("xmr", values, options=options), chart("xmr", other, options=options)
    assert lines(mine)[1:] == lines(theirs)[1:]
    assert mine.parts[0].runs.n_useful == theirs.parts[0].runs.n_useful


rough = st.one_of(st.none(), st.integers(0, 60), st.sampled_from([0.5, 1e99]))
sizes = st.one_of(st.none(), st.integers(0, 60), st.just(1000))
options = st.builds(
    Options,
    centre=st.sampled_from([None, None, "mean", "median", 0.5]),
    freeze=st.sampled_from([None, 1, 2]),
    rebase=st.sampled_from([(), (2,), (2, 3)]),
    exclude=st.sampled_from([(), (1,), (2, 3)]),
    screen=st.booleans(),
    spread=st.sampled_from(["mean_mr", "median_mr", "sd", "sd_c4"]),
    bridge_excluded=st.booleans(),
    sigma_of=st.sampled_from(["base", "all"]),
    subgroup_sigma=st.sampled_from(["shewhart", "unweighted", "pooled"]),
    multiply=st.sampled_from([1, 1000]),
)


@settings(max_examples=400)
@given(st.sampled_from(ChartKind), options, st.data())
def test_every_answer_is_finite_or_none_and_limits_are_in_order(
    kind: ChartKind, asked: Options, data: st.DataObject
) -> None:
    points = data.draw(st.integers(3, 12))
    column = st.lists(rough, min_size=points, max_size=points)
    values = data.draw(column)
    sized = kind in {"p", "pp", "u", "up", "ip", "xbar", "s"}
    over = data.draw(st.lists(sizes, min_size=points, max_size=points)) if sized else None
    spreads = data.draw(column) if kind in {"xbar", "s"} else None
    try:
        made = chart(kind, values, over, spreads=spreads, options=asked)
    except SpcError:
        return
    for line in (*lines(made), *made.line(1)):
        assert all(cell is None or isfinite(cell) for cell in line)
    for low, high in zip(made.lower, made.upper, strict=True):
        assert low is None or high is None or low <= high


@settings(max_examples=50)
@given(st.integers(2, 20), st.integers(1, 4), st.data())
def test_many_series_at_once_are_charted_as_each_alone(
    points: int, number: int, data: st.DataObject
) -> None:
    rows = [
        data.draw(st.lists(st.one_of(cell, st.none()), min_size=points, max_size=points))
        for _ in range(number)
    ]
    options = Options(screen=data.draw(st.booleans()), rebase=(1 + points // 2,))
    many = panel(ChartKind.XMR, Numbers(np.array(rows, dtype=float)), options)
    tested = analyse(many)
    for place, row in enumerate(rows):
        if any(value is not None for value in row):
            alone = chart("xmr", row, options=options)
            told = read(many, place, alone.labels, options)
            assert same(lines(told), lines(alone), 1000)
            assert told.parts == alone.parts
            assert tested.signal[place].tolist() == [part.runs.signal for part in alone.parts]


@given(counts, st.sampled_from(WHOLE), st.booleans())
def test_limits_hold_the_centre_line(values: list[int], kind: str, screen: bool) -> None:
    made = chart(kind, values, options=Options(screen=screen, centre="mean"))
    for low, middle, high in zip(made.lower, made.centre, made.upper, strict=True):
        if low is not None and middle is not None and high is not None:
            assert 0 <= low <= middle * (1 + 1e-9)
            assert middle <= high * (1 + 1e-9)
