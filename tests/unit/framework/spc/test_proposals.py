"""What is proposed for a chart as asked: by both ways, in its last part, and never applied."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.framework.spc.answer import Question, answer
from services.framework.spc.options import ChartKind, Options
from services.framework.spc.proposals import Offer, proposals

FLAT = [10.0, 11, 9, 10, 12, 8, 10, 11, 9, 10, 11, 9, 10]
HIGH = [13.0, 14, 13, 12, 13, 14, 13, 13, 12]


def offered(question: Question) -> tuple[Offer, ...]:
    return proposals(question, answer(question))


def test_points_are_counted_in_the_whole_series_and_labels_are_its_own() -> None:
    labels = [f"2024-W{week:02}" for week in range(1, 36)]
    values = [*FLAT, *FLAT, *HIGH]
    asked = Question(values, labels=labels, options=Options(rebase=(14,)))
    [(_, found)] = offered(asked)
    assert (found.first, found.label, found.last) == (27, "2024-W27", 35)


def test_the_wanted_side_is_that_of_the_direction() -> None:
    asked = Question([*FLAT, *HIGH], direction="increase")
    assert len(offered(asked)) == 1
    assert offered(replace(asked, direction="decrease")) == ()
    assert len(offered(replace(asked, direction="neutral"))) == 1


def test_a_freeze_is_the_baseline_and_what_is_left_out_does_not_count() -> None:
    asked = Question([*FLAT, *HIGH])
    [(_, found)] = offered(replace(asked, options=Options(freeze=5)))
    assert found.before == 10
    assert offered(replace(asked, options=Options(exclude=(22,)))) == ()


def test_counts_are_proposed_on_the_scale_that_is_drawn() -> None:
    numerators = [40.0 + at % 4 for at in range(24)] + [20.0 + at % 4 for at in range(24)]
    asked = Question(
        numerators, [100.0] * 48, chart=ChartKind.P_PRIME, options=Options(multiply=100)
    )
    shift, run = offered(asked)
    assert (shift.method, run.method) == ("stable_shift", "sustained_run")
    assert (shift.proposal.first, run.proposal.first) == (25, 25)
    assert run.proposal.after == 21
    assert 21 <= shift.proposal.after <= 22


CELLS = st.none() | st.integers(1, 9).map(float)


@given(
    st.lists(CELLS, min_size=1, max_size=60).filter(
        lambda cells: any(c is not None for c in cells)
    ),
    st.sampled_from(["run", "xmr", "mr", "c", "g", "t", "ip"]),
    st.sets(st.integers(1, 60), max_size=8),
)
def test_no_series_is_refused_or_changed(
    values: list[float | None], chart: str, left_out: set[int]
) -> None:
    exclude = sorted(point for point in left_out if point <= len(values))
    asked = Question(values, chart=chart, options=Options(exclude=exclude))
    found = answer(asked)
    for _, one in proposals(asked, found):
        assert 1 <= one.first <= one.last <= len(values)
        assert one.before != one.after
        assert one.reason
    assert len(found.chart.parts) == 1
