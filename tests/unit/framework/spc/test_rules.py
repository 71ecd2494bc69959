"""Each rule on the smallest series that has it, and on the one just short of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.framework.spc import Chart, Numbers, Options, SpcError, chart, panel
from services.framework.spc.findings import judge
from services.framework.spc.rule_sets import RULE_SETS, Setting, rule_set
from services.framework.spc.rules import HIGH, LOW, Rule
from services.framework.spc.signals import verdict

Values = list[float | None]
BASE: Values = [50, 51, 49, 50.5, 49.5, 50, 51, 49, 50, 50.5, 49.5, 50]
"""Centre 50, mean moving range 1.09: limits 50 ± 2.9, two σ at 51.93."""


def marked(
    values: Values, rule: Rule, rules: str = "mdc", **parameters: Setting
) -> tuple[int, ...]:
    """The points (from 1) that a rule marks behind the baseline."""
    made = chart("xmr", BASE + values, options=Options(freeze=12))
    found = verdict(made, rule_set(rules, parameters))
    return tuple(
        at - len(BASE)
        for at, seen in enumerate(found.by_point, start=1)
        if rule in seen and at > len(BASE)
    )


@pytest.mark.parametrize(
    ("values", "points"),
    [
        ([52.89], ()),
        ([52.91], (1,)),
        ([47.11, 47.09], (2,)),
        ([None, 53], (2,)),
    ],
)
def test_a_point_past_a_limit_is_outside(values: Values, points: tuple[int, ...]) -> None:
    assert marked(values, Rule.OUTSIDE_LIMITS) == points


@pytest.mark.parametrize(
    ("values", "points"),
    [
        ([50.1] * 6, ()),
        ([50.1] * 7, (1, 2, 3, 4, 5, 6, 7)),
        ([49.9] * 8, (1, 2, 3, 4, 5, 6, 7, 8)),
        ([50.1] * 3 + [50] + [50.1] * 4, (1, 2, 3, 4, 5, 6, 7, 8)),
        ([50.1] * 3 + [None] + [50.1] * 4, (1, 2, 3, 5, 6, 7, 8)),
        ([50.1] * 7 + [50], (1, 2, 3, 4, 5, 6, 7)),
        ([50.1] * 6 + [49.9] + [50.1] * 6, ()),
    ],
)
def test_a_shift_steps_over_ties_and_gaps(values: Values, points: tuple[int, ...]) -> None:
    assert marked([49.9, *values] if values[0] == 50.1 else values, Rule.SHIFT) == tuple(
        point + (values[0] == 50.1) for point in points
    )


def test_a_shift_ends_on_a_tie_where_ties_break() -> None:
    values: Values = [49.9, 50.1, 50.1, 50.1, 50, 50.1, 50.1, 50.1, 50.1]
    assert marked(values, Rule.SHIFT, ties="break") == ()
    assert marked([*values, 50.1, 50.1, 50.1], Rule.SHIFT, ties="break") == tuple(range(6, 13))


def test_a_shift_ends_on_a_gap_where_gaps_break() -> None:
    values: Values = [49.9, 50.1, 50.1, 50.1, None, 50.1, 50.1, 50.1, 50.1]
    assert marked(values, Rule.SHIFT, missing="break") == ()
    assert marked(values, Rule.SHIFT, ties="break") == ()
    assert len(marked(values, Rule.SHIFT)) == 7
    assert len(marked(values, Rule.SHIFT, ties="break", missing="skip")) == 7


def test_ties_behind_a_shift_can_be_marked() -> None:
    values: Values = [49.9, *[50.1] * 7, 50, 50, 49.9]
    assert marked(values, Rule.SHIFT)[-1] == 8
    assert marked(values, Rule.SHIFT, mark_ties="after")[-1] == 10


@pytest.mark.parametrize(
    ("values", "points"),
    [
        ([49.0, 49.1, 49.2, 49.3, 49.4, 49.5], ()),
        ([49.0, 49.1, 49.2, 49.3, 49.4, 49.5, 49.6], (1, 2, 3, 4, 5, 6, 7)),
        ([51.0, 50.9, 50.8, 50.7, 50.6, 50.5, 50.4, 50.5], (1, 2, 3, 4, 5, 6, 7)),
        ([49.0, 49.1, 49.1, 49.2, 49.3, 49.4, 49.5, 49.6], (1, 2, 3, 4, 5, 6, 7, 8)),
        ([49.0, 49.1, None, 49.2, 49.3, 49.4, 49.5, 49.6], (1, 2, 4, 5, 6, 7, 8)),
        ([49.0, 49.1, 49.2, 49.1, 49.2, 49.3, 49.4, 49.5, 49.6], ()),
    ],
)
def test_a_trend_counts_its_first_point(values: Values, points: tuple[int, ...]) -> None:
    assert marked(values, Rule.TREND) == points


def test_a_trend_sets_out_from_its_turning_point() -> None:
    down_up: Values = [49.7, 49.4, 49.3, 49.3, 49.4, 49.5, 49.6, 49.7, 49.8, 49.9]
    assert marked(down_up, Rule.TREND) == (3, 4, 5, 6, 7, 8, 9, 10)
    assert marked(down_up, Rule.TREND, ties="break") == (4, 5, 6, 7, 8, 9, 10)


def test_the_point_between_two_trends_is_in_both() -> None:
    values: Values = [49.0, 49.1, 49.2, 49.3, 49.4, 49.5, 49.6, *(49.5 - i / 10 for i in range(6))]
    made = chart("xmr", BASE + values, options=Options(freeze=12))
    found = verdict(made, rule_set("mdc"))
    assert found.findings.marks[Rule.TREND][0, 18] == HIGH | LOW
    trends = [one for one in found.signals if one.rule is Rule.TREND]
    assert [(one.side, one.points) for one in trends] == [
        ("high", tuple(range(13, 20))),
        ("low", tuple(range(19, 26))),
    ]


def test_two_trends_of_one_side_in_a_row_are_two_signals() -> None:
    up: Values = [49.0, 49.1, 49.2, 49.3, 49.4, 49.5, 49.6]
    made = chart("xmr", [*BASE, *up, *up], options=Options(freeze=12))
    trends = [one for one in verdict(made, rule_set("mdc")).signals if one.rule is Rule.TREND]
    assert [one.points for one in trends] == [tuple(range(13, 20)), tuple(range(20, 27))]


@pytest.mark.parametrize(
    ("values", "mdc2024", "ptd", "zone"),
    [
        ([52, 50.5, 52.1], (1, 3), (1, 3), (1, 3)),
        ([52, 49.5, 52.1], (), (), (1, 3)),
        ([52, 53.5, 50.5], (1, 2), (), (1, 2)),
        ([48, 47.9, 49.5], (1, 2), (1, 2), (1, 2)),
        ([52, 48, 50.5], (), (), ()),
        ([52, 50.5, 50.5, 52], (), (), ()),
    ],
)
def test_two_of_three_by_variant(
    values: Values, mdc2024: tuple[int, ...], ptd: tuple[int, ...], zone: tuple[int, ...]
) -> None:
    both: Values = [49.5, *values, 50.2, 49.8]
    found = {
        variant: tuple(at - 1 for at in marked(both, Rule.TWO_OF_THREE, two_of_three=variant))
        for variant in ("mdc2024", "ptd", "zone")
    }
    assert found == {"mdc2024": mdc2024, "ptd": ptd, "zone": zone}


def test_hugging_is_fifteen_points_within_one_sigma() -> None:
    near: Values = [50.1, 49.9] * 8
    assert marked([51, *near[:14], 51], Rule.HUGGING, "shewhart") == ()
    assert marked([51, *near[:15], 51], Rule.HUGGING, "shewhart") == tuple(range(2, 17))


def test_a_long_run_and_few_crossings_rest_on_anhoejs_limits() -> None:
    values: Values = [1, 2, 1, 2, 1, 2, *[3.0] * 8, *[4.0] * 7, 1]
    found = verdict(chart("run", values), rule_set("anhoej"))
    by_rule = {one.rule: one for one in found.signals}
    assert set(by_rule) == {Rule.FEW_CROSSINGS}
    assert by_rule[Rule.FEW_CROSSINGS].text.startswith("2 crossings")
    low_start = [*[1.0] * 8, *[2.0, 1.0] * 4, *[2.0] * 4]
    made = chart("run", low_start, options=Options(centre=1.5))
    longer = verdict(made, rule_set("anhoej"))
    [run] = [one for one in longer.signals if one.rule is Rule.LONG_RUN]
    assert (run.points, run.side) == (tuple(range(1, 9)), "low")
    assert run.text == "8 points in a row below the centre line (by chance at most 7)"


def test_too_few_and_too_many_runs_rest_on_exact_limits() -> None:
    few = verdict(chart("run", [1.0] * 10 + [2.0] * 10), rule_set("run"))
    many = verdict(chart("run", [1.0, 2.0] * 10), rule_set("run"))
    assert [one.rule for one in few.signals if not one.side] == [Rule.TOO_FEW_RUNS]
    assert [one.text for one in few.signals if not one.side] == [
        "2 runs about the centre line (by chance at least 7)"
    ]
    assert [one.rule for one in many.signals] == [Rule.TOO_MANY_RUNS]
    assert many.signals[0].points == tuple(range(1, 21))


def test_silence_of_few_points_is_no_verdict() -> None:
    quiet: Values = [1, 2, 1, 2, 1, 2, 1, 2, 1]
    few = verdict(chart("xmr", quiet), rule_set("mdc"))
    assert (few.words, few.too_few) == ("too few to judge", (1,))
    enough = verdict(chart("xmr", [*quiet, 2]), rule_set("mdc"))
    assert (enough.words, enough.too_few) == ("no signal", ())


def test_all_equal_has_no_signal() -> None:
    for rules in RULE_SETS.values():
        found = verdict(chart("xmr", [7.0] * 20), rules)
        assert (found.signals, found.words) == ((), "no signal")
        assert verdict(chart("xmr", [7.0] * 9), rules).words == "too few to judge"


def test_excluded_points_are_stepped_over_but_still_seen_outside() -> None:
    values: Values = [*BASE, 49.9, 50.1, 50.1, 50.1, 60, 50.1, 50.1, 50.1, 50.1]
    options = Options(freeze=12, exclude=[17])
    found = verdict(chart("xmr", values, options=options), rule_set("mdc"))
    assert found.by_point[16] == (Rule.OUTSIDE_LIMITS,)
    [shifted] = [one for one in found.signals if one.rule is Rule.SHIFT]
    assert shifted.points == (14, 15, 16, 18, 19, 20, 21)


def test_every_signal_says_who_speaks_of_what() -> None:
    made = chart("xmr", [*BASE, *[51.0] * 8], options=Options(freeze=12))
    [one] = verdict(made, rule_set("shewhart")).signals
    assert (one.rule_set, one.version, one.rule) == ("shewhart", "1", Rule.SHIFT)
    assert one.text == "8 points in a row above the centre line (a shift is 8)"
    assert (one.part, one.points) == (1, tuple(range(13, 21)))


@pytest.mark.parametrize(
    ("name", "parameters", "wrong"),
    [
        ("westgard", {}, "no rule set is called 'westgard'; there are run, anhoej"),
        ("mdc", {"hugging_n": 15}, "mdc has no parameter 'hugging_n'; it takes shift_n"),
        ("mdc", {"shift_n": 1}, "shift_n must be a whole number from 2 to 100, not 1"),
        ("mdc", {"shift_n": "7.5"}, "shift_n must be a whole number"),
        ("mdc", {"trend_n": "many"}, "trend_n must be a number, not 'many'"),
        ("mdc", {"ties": "drop"}, "ties must be skip or break, not 'drop'"),
        ("mdc", {"limit_factor": "3/0"}, "limit_factor must be a number"),
        ("mdc", {"limit_factor": 0}, "limit_factor must be from 0.1 to 10"),
        ("mdc", {"screen_mr": "perhaps"}, "screen_mr must be true or false"),
        ("run", {"tail": 0.5}, "tail must be from 0.0001 to 0.25"),
    ],
)
def test_a_wrong_parameter_is_named(name: str, parameters: dict[str, Setting], wrong: str) -> None:
    with pytest.raises(SpcError, match=wrong.replace(".", r"\.")):
        rule_set(name, parameters)


def test_a_rule_sets_limits_are_its_charts() -> None:
    mdc, shewhart = rule_set("mdc"), rule_set("shewhart", {"screen_mr": "yes"})
    assert mdc.options().limit_factor == 2.66
    assert not mdc.options().screen
    assert shewhart.options().screen
    assert rule_set("mdc", {"limit_factor": "3/1.128"}).options().limit_factor == 3 / 1.128


# Laws ------------------------------------------------------------------------------

cell = st.integers(-40, 40).map(float)
series = st.lists(st.one_of(cell, cell, cell, st.none()), min_size=3, max_size=45).filter(
    lambda values: any(value is not None for value in values)
)
names = st.sampled_from(sorted(RULE_SETS))
OTHER_SIDE = {0: 0, HIGH: LOW, LOW: HIGH, HIGH | LOW: HIGH | LOW, 4: 4}


def _marks(made: Chart, name: str) -> dict[Rule, list[int]]:
    found = judge(made.panel, rule_set(name))
    return {rule: rows[0].tolist() for rule, rows in found.marks.items()}


@given(series, names)
def test_mirrored_data_gives_mirrored_signals(values: Values, name: str) -> None:
    mirrored: Values = [None if value is None else -value for value in values]
    upright, flipped = (_marks(chart("xmr", one), name) for one in (values, mirrored))
    assert flipped == {
        rule: [OTHER_SIDE[mark] for mark in marks] for rule, marks in upright.items()
    }


@given(series, series, names)
def test_no_rule_looks_beyond_its_rebase(before: Values, after: Values, name: str) -> None:
    whole = chart("xmr", [*before, *after], options=Options(rebase=[len(before) + 1]))
    alone = _marks(chart("xmr", after), name)
    assert {rule: marks[len(before) :] for rule, marks in _marks(whole, name).items()} == alone


@given(series, names, st.integers(0, 44))
def test_a_missing_point_is_as_if_it_were_not_there(values: Values, name: str, at: int) -> None:
    place = min(at, len(values))
    gapped = [*values[:place], None, *values[place:]]
    centre = Options(centre="median")
    marks = _marks(chart("run", gapped, options=centre), name)
    without = _marks(chart("run", values, options=centre), name)
    assert {rule: [*row[:place], *row[place + 1 :]] for rule, row in marks.items()} == without
    assert not any(row[place] for row in marks.values())


@given(series, cell, st.sampled_from(["run", "shewhart", "mdc"]))
def test_a_new_point_takes_back_no_mark(values: Values, new: float, name: str) -> None:
    """On a frozen centre line; limits that move with the data revise, and so does Anhøj's limit."""
    frozen = Options(freeze=max(1, len(values) // 2), centre=0.0)
    before = _marks(chart("xmr", values, options=frozen), name)
    after = _marks(chart("xmr", [*values, new], options=frozen), name)
    for rule, marks in before.items():
        kept = after[rule][: len(values)]
        assert all(mark & later == mark for mark, later in zip(marks, kept, strict=True)), rule


@given(st.lists(st.lists(cell, min_size=20, max_size=20), min_size=1, max_size=6), names)
def test_many_series_at_once_are_each_alone(rows: list[list[float]], name: str) -> None:
    rules = rule_set(name)
    together = judge(panel("xmr", Numbers(np.array(rows)), rules.options()), rules)  # type: ignore[arg-type]
    for place, row in enumerate(rows):
        alone = judge(panel("xmr", Numbers(np.array([row])), rules.options()), rules)  # type: ignore[arg-type]
        for rule, marks in alone.marks.items():
            assert together.marks[rule][place].tolist() == marks[0].tolist()
        for rule, flags in alone.parts.items():
            assert together.parts[rule][place].tolist() == flags[0].tolist()
