"""Series and options that no chart is made of: each is refused with the point that is wrong."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from services.framework.spc import Options, SpcError, chart, subgroups
from services.framework.spc.answer import Question, answer

MONTHS = ["2026-01", "2026-02", "2026-03"]


@pytest.mark.parametrize(
    ("kind", "values", "sizes", "says", "point"),
    [
        ("xmr", [], None, "at least one point", None),
        ("xmr", [None, nan], None, "no point has a value", None),
        ("xmr", [1, inf, 3], None, "point 2: value cannot be infinite", 2),
        ("xmr", [1, 2, -1e300], None, "point 3: value cannot be as large as -1e+300", 3),
        ("xmr", [1, "two"], None, "point 2: value 'two' is no number", 2),
        ("c", [1, 2, -3], None, "point 3 (2026-03): a count cannot be negative, as -3 is", 3),
        ("g", [1, -1, 3], None, "point 2 (2026-02): a count cannot be negative", 2),
        ("u", [1, 2, -3], [9, 9, 9], "point 3 (2026-03): a count cannot be negative", 3),
        ("p", [1, 2, 8], [9, 9, 7], "point 3 (2026-03): numerator 8 is over its denominator", 3),
        ("pp", [1, 10, 8], [9, 9, 9], "point 2 (2026-02): numerator 10 is over", 2),
        ("u", [1, 2, 3], [9, -9, 9], "point 2 (2026-02): a denominator cannot be negative", 2),
        ("t", [4, 0, 3], None, "point 2 (2026-02): a time between events must be over 0", 2),
        ("p", [1, 2, 3], None, "a p chart needs a denominator for each point", None),
        ("c", [1, 2, 3], [9, 9, 9], "a c chart has no denominators", None),
        ("xbar", [1, 2, 3], [4, 4, 4], "each subgroup's size and standard deviation", None),
        ("p", [1, 2, 3], [9, 9], "2 denominators for 3 values", None),
        ("np", [1, 2, 3], None, "no chart is called 'np'; the charts are run, xmr", None),
    ],
)  # fmt: skip
def test_series(kind: str, values: Any, sizes: Any, says: str, point: int | None) -> None:
    with pytest.raises(SpcError) as refused:
        chart(kind, values, sizes, labels=MONTHS[: len(values)])
    assert says in str(refused.value)
    assert refused.value.point == point


@pytest.mark.parametrize(
    ("labels", "says", "point"),
    [
        (["2026-01", "2026-03", "2026-02"], "point 3: period 2026-02 comes before", 3),
        (["2026-W10", "2026-W9", "2026-W11"], "point 2: period 2026-W9 comes before", 2),
        (["2026-01", "2026-02", "2026-02"], "point 3: period 2026-02 is there already", 3),
        ([1, 3, 2], "point 3: period 2 comes before", 3),
        (["ward b", "ward a", "ward b"], "point 3: period ward b is there already", 3),
        (["2026-01", "2026-02"], "2 labels for 3 values", None),
    ],
)
def test_periods(labels: list[str | int], says: str, point: int | None) -> None:
    with pytest.raises(SpcError) as refused:
        chart("xmr", [1, 2, 3], labels=labels)
    assert says in str(refused.value)
    assert refused.value.point == point


@pytest.mark.parametrize(
    "labels",
    [["2026-W2", "2026-W9", "2026-W10"], ["2026-Q4", "2027-Q1", "2027-Q2"], ["b", "c", "a"]],
)
def test_periods_in_order_and_names_in_any(labels: list[str]) -> None:
    assert chart("xmr", [1, 2, 3], labels=labels).labels == tuple(labels)


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("xmr", Options(freeze=4), "freeze 4: there are only 3 points"),
        ("xmr", Options(freeze=0), "freeze 0: a baseline has at least 1 point"),
        ("xmr", Options(rebase=(4,)), "rebase 4: the points are 1 to 3"),
        ("xmr", Options(rebase=(0,)), "rebase 0: the points are 1 to 3"),
        ("xmr", Options(exclude=(2, 9)), "exclude 9: the points are 1 to 3"),
        ("xmr", Options(centre=inf), "centre inf is no number"),
        ("c", Options(centre=-2), "centre -2: a c chart's cannot be below 0"),
        ("xmr", Options(multiply=0), "multiply must be over 0, not 0"),
        ("xmr", Options(limit_factor=-1), "limit_factor must be over 0, not -1"),
        ("xmr", Options(freeze=1.5), "freeze 1.5: a whole number is wanted"),  # type: ignore[arg-type]
        ("xmr", Options(centre="mode"), "centre 'mode': mean, median or"),  # type: ignore[arg-type]
        ("xmr", Options(floor=nan), "floor nan is no number"),
    ],
)
def test_options(kind: str, options: Options, says: str) -> None:
    with pytest.raises(SpcError, match=says):
        chart(kind, [1, 2, 3], options=options)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (Question([1, 2], target=nan), "target nan is no number"),
        (Question([1, 2], direction="increase", target=-inf), "target -inf is no number"),
        (Question([1, 2], direction="up"), "no direction is called 'up'; there are increase,"),  # type: ignore[arg-type]
    ],
)
def test_what_is_better(question: Question, says: str) -> None:
    with pytest.raises(SpcError, match=says):
        answer(question)


def test_a_proportions_centre_is_at_most_1() -> None:
    with pytest.raises(SpcError, match="centre 95: a proportion cannot be over 1"):
        chart("p", [1, 2], [9, 9], options=Options(centre=95))


@pytest.mark.parametrize(
    ("labels", "values", "says"),
    [
        (["a", "b", "a"], [1, 2, 3], "subgroup a comes again after another"),
        (["a", "a", "b"], [1, inf, 3], "row 2 (a): a measurement cannot be inf"),
        (["a", "b"], [1, 2, 3], "2 labels for 3 measurements"),
    ],
)
def test_subgroups(labels: list[str], values: list[float], says: str) -> None:
    with pytest.raises(SpcError) as refused:
        subgroups(labels, values)
    assert says in str(refused.value)
