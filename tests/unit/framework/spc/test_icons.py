"""Which icon the last point gets, which the target, and when neither is given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.framework.spc import Options, chart
from services.framework.spc.findings import judge
from services.framework.spc.icons import Direction, Icons, icons
from services.framework.spc.rule_sets import RuleSet, rule_set

Values = list[float | None]
STEADY: Values = [50, 51, 49, 50.5, 49.5, 50, 51, 49, 50, 50.5, 49.5, 50.2]
MDC = rule_set("mdc")


def seen(
    values: Values,
    direction: Direction,
    target: float | None = None,
    rules: RuleSet = MDC,
    options: Options | None = None,
) -> Icons:
    made = chart("xmr", values, options=rules.options(options))
    return icons(made.panel, judge(made.panel, rules), direction, target)[0]


@pytest.mark.parametrize(
    ("last", "increase", "decrease", "neutral"),
    [
        (60, "improvement", "concern", "high"),
        (40, "concern", "improvement", "low"),
        (50, "common_cause", "common_cause", "common_cause"),
    ],
)
def test_variation_is_the_last_points(
    last: float, increase: str, decrease: str, neutral: str
) -> None:
    frozen = Options(freeze=12)
    values = [*STEADY, last]
    assert seen(values, "increase", options=frozen).variation == increase
    assert seen(values, "decrease", options=frozen).variation == decrease
    assert seen(values, "neutral", options=frozen).variation == neutral


def test_an_earlier_signal_is_not_the_last_points() -> None:
    assert seen([*STEADY, 60, 50], "increase", options=Options(freeze=12)).variation == (
        "common_cause"
    )


def test_a_missing_last_value_leaves_the_one_before() -> None:
    values: Values = [*STEADY, 60, None]
    assert seen(values, "increase", options=Options(freeze=12)).variation == "improvement"


def test_improvement_wins_a_conflict_unless_the_first_rule_is_asked() -> None:
    falling: Values = [*STEADY, 59, 58, 57, 56, 55, 54, 53]
    frozen = Options(freeze=12)
    assert seen(falling, "increase", options=frozen).variation == "improvement"
    first = rule_set("mdc", {"conflict": "precedence", "trend_n": 5})
    late = [*STEADY, 52, 51.5, 51, 50.5, 50.3]
    assert seen(late, "increase", rules=first, options=frozen).variation == "concern"
    assert seen(falling, "neutral", options=frozen).variation == "high"


@pytest.mark.parametrize(
    ("target", "increase", "decrease"),
    [(60, "fail", "pass"), (40, "pass", "fail"), (50, "hit_or_miss", "hit_or_miss")],
)
def test_assurance_is_where_the_target_lies(target: float, increase: str, decrease: str) -> None:
    assert seen(STEADY, "increase", target).assurance == increase
    assert seen(STEADY, "decrease", target).assurance == decrease
    assert seen(STEADY, "neutral", target).assurance is None
    assert seen(STEADY, "increase").assurance is None


def test_a_target_on_the_limit_is_hit_or_miss() -> None:
    upper = chart("xmr", STEADY, options=MDC.options()).upper[-1]
    assert upper is not None
    assert seen(STEADY, "increase", upper).assurance == "hit_or_miss"
    assert seen(STEADY, "increase", upper + 1e-6).assurance == "fail"


def test_assurance_is_by_the_last_parts_limits() -> None:
    risen: Values = [*STEADY, *(value + 20 for value in STEADY if value is not None)]
    assert seen(risen, "increase", 60, options=Options(rebase=[13])).assurance == "pass"


def test_too_few_points_leave_silence_unspoken() -> None:
    few = STEADY[:9]
    assert seen(few, "increase", 50) == Icons(None, None)
    assert seen(few, "increase", 60).assurance == "fail"
    anyway = rule_set("mdc", {"min_points": 0})
    assert seen(few, "increase", 50, rules=anyway) == Icons("common_cause", "hit_or_miss")  # type: ignore[arg-type]


def test_a_chart_without_limits_assures_nothing() -> None:
    made = chart("run", STEADY)
    [found] = icons(made.panel, judge(made.panel, MDC), "increase", 60)
    assert found.assurance is None


def test_a_part_that_is_no_chance_is_not_called_common_cause() -> None:
    zigzag: Values = [1.0, 2.0] * 10
    assert seen(zigzag, "increase", rules=rule_set("run")).variation is None


cell = st.integers(-40, 40).map(float)
MIRROR = {
    "high": "low",
    "low": "high",
    "increase": "decrease",
    "decrease": "increase",
    "neutral": "neutral",
}


@given(
    st.lists(cell, min_size=2, max_size=40),
    st.sampled_from(["increase", "decrease"]),
    cell,
)
def test_mirrored_data_and_direction_give_the_same_icons(
    values: list[float], direction: Direction, target: float
) -> None:
    mirrored = [-value for value in values]
    turned: Direction = "decrease" if direction == "increase" else "increase"
    assert seen([*values], direction, target) == seen([*mirrored], turned, -target)


@given(st.lists(cell, min_size=2, max_size=40))
def test_mirrored_data_without_a_direction_turn_high_and_low(values: list[float]) -> None:
    upright = seen([*values], "neutral").variation
    flipped = seen([-value for value in values], "neutral").variation
    assert flipped == MIRROR.get(str(upright), upright)
