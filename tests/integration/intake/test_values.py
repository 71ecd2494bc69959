"""What becomes of values: once, corrected, withdrawn, flagged; the same on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.persistence import tables
from services.persistence.engine import DatabaseFailure, writing
from tests.integration.intake.conftest import NOW, Hospital, value


def test_a_value_is_a_fact_a_journal_line_and_marks(hospital: Hospital) -> None:
    before = hospital.stale()
    assert hospital.record("measurements", value(101.5)) == ["created"]
    [row] = hospital.rows(tables.measurement)
    [line] = hospital.rows(tables.journal)
    after = hospital.stale()
    assert (row["value"], row["state"], row["known_at"]) == (101.5, "final", NOW)
    assert row["journal_id"] == line["id"]
    assert (line["kind"], line["actor"], line["result"]) == (
        "measurements",
        "person:sister",
        "created",
    )
    assert line["body"] == value(101.5)
    touched = {name for name in after if after[name] != before[name]}
    assert touched == {"measure:hsmr", "aim:hsmr-88"}
    assert row["sequence"] == after["measure:hsmr"] == before["measure:hsmr"] + 1


@pytest.mark.parametrize(
    "change", [tables.journal.delete(), tables.journal.update().values(actor="nobody")]
)
def test_a_line_of_the_journal_is_neither_changed_nor_removed(
    hospital: Hospital, change: sa.Executable
) -> None:
    hospital.record("measurements", value(97.0))
    before = hospital.rows(tables.journal)
    assert before
    with (
        pytest.raises(DatabaseFailure, match="the journal only grows"),
        writing(hospital.services.engine) as connection,
    ):
        connection.execute(change)
    assert hospital.rows(tables.journal) == before


def test_only_the_current_value_makes_a_repeat(hospital: Hospital) -> None:
    results = [hospital.record("measurements", value(v))[0] for v in (5.0, 6.0, 6.0, 5.0)]
    assert results == ["created", "corrected", "unchanged", "corrected"]
    assert [v[1:4] for v in hospital.values()] == [(5.0, 1, False), (6.0, 2, False), (5.0, 3, True)]
    assert len(hospital.rows(tables.journal)) == 3


def test_an_unchanged_value_marks_nothing(hospital: Hospital) -> None:
    hospital.record("measurements", value())
    before = hospital.stale()
    assert hospital.record("measurements", value(), value()) == ["unchanged", "unchanged"]
    assert hospital.stale() == before


def test_an_unchanged_value_with_an_id_is_journaled(hospital: Hospital) -> None:
    hospital.record("measurements", value())
    assert hospital.record("measurements", value(id="e1")) == ["unchanged"]
    assert hospital.record("measurements", value(3.0, id="e2")) == ["corrected"]
    assert hospital.record("measurements", value(id="e1")) == ["unchanged"]
    assert [line["event_id"] for line in hospital.rows(tables.journal)] == [None, "e1", "e2"]
    assert hospital.values()[-1][1] == 3.0


def test_the_same_event_answers_as_it_did(hospital: Hospital) -> None:
    def take(*items: dict[str, Any]) -> list[Any]:
        results = hospital.services.intake.record(
            hospital.id, "measurements", list(items), actor="a", source="s"
        )
        assert [result.item for result in results] == list(range(len(items)))
        return [(r.result, r.about, r.before, r.after, r.flag, r.troubles) for r in results]

    events = [value(1.0, id="a"), value(301.0, id="b"), value(2.0, id="c")]
    first = [take(event) for event in events]
    assert [take(event) for event in events] == first
    assert [results[0][0] for results in first] == ["created", "corrected", "corrected"]
    assert first[1][0][4] == "out_of_range"
    assert take(*events) == [results[0] for results in first]
    assert len(hospital.values()) == 3


def test_an_id_with_another_body_is_a_conflict(hospital: Hospital) -> None:
    assert hospital.record("measurements", value(1.0, id="a")) == ["created"]
    assert hospital.record("measurements", value(2.0, id="a")) == ["rejected"]
    assert hospital.record("measurements", value(2.0, id="a"), source="other") == ["corrected"]
    score = {"project": "sepsis-ed", "score": 2, "on": "2026-11-01", "id": "a"}
    assert hospital.record("progress", score) == ["rejected"]


def test_equal_json_is_the_same_body_however_it_is_spelt(hospital: Hospital) -> None:
    spelt = value(1.0, id="a")
    assert hospital.record("measurements", spelt) == ["created"]
    assert hospital.record("measurements", dict(reversed(spelt.items()))) == ["created"]
    assert len(hospital.rows(tables.journal)) == 1


def test_repeats_inside_a_batch_go_in_order(hospital: Hospital) -> None:
    batch = [value(5.0), value(6.0), value(7.0, "2026-09", id="x"), value(5.0), value(8.0, id="x")]
    assert hospital.record("measurements", *batch) == [
        "created",
        "corrected",
        "created",
        "corrected",
        "rejected",
    ]


@pytest.mark.parametrize("size", [3, 120])
def test_a_batch_keeps_what_is_good(hospital: Hospital, size: int) -> None:
    batch = [value(float(n), f"20{n % 25:02d}-0{n % 9 + 1}") for n in range(size)]
    batch[1] = value(1.0, "2026-13")
    results = hospital.record("measurements", *batch)
    assert results.count("created") == size - 1
    assert results[1] == "rejected"
    again = hospital.record("measurements", *batch)
    assert again.count("unchanged") == size - 1
    assert hospital.stale()["measure:hsmr"] == 2


def test_a_withdrawal_keeps_both_and_needs_something_to_withdraw(hospital: Hospital) -> None:
    gone = {"measure": "hsmr", "period": "2026-10", "withdrawn": True, "reason": "wrong month"}
    assert hospital.record("measurements", gone) == ["rejected"]
    hospital.record("measurements", value(5.0))
    assert hospital.record("measurements", gone) == ["withdrawn"]
    assert hospital.record("measurements", gone) == ["unchanged"]
    assert hospital.record("measurements", value(5.0)) == ["corrected"]
    rows = hospital.rows(tables.measurement)
    assert [(r["value"], r["withdrawn"], r["reason"]) for r in rows] == [
        (5.0, False, None),
        (None, True, "wrong month"),
        (5.0, False, None),
    ]


def test_another_feed_is_flagged_where_the_named_one_has_spoken(hospital: Hospital) -> None:
    fed = {"measure": "fed", "period": "2026-10", "value": 5.0}
    other = fed | {"value": 7.0, "source": "ward"}
    assert hospital.record("measurements", fed) == ["created"]
    assert hospital.record("measurements", fed | {"source": "ward"}) == ["unchanged"]
    assert hospital.record("measurements", other) == ["created"]
    assert hospital.record("measurements", other) == ["unchanged"]
    assert hospital.record("measurements", fed | {"value": 6.0}) == ["corrected"]
    assert [v[1:] for v in hospital.values()] == [
        (5.0, 1, False, None),
        (7.0, 2, False, "other_feed"),
        (6.0, 3, True, None),
    ]


def test_the_named_feed_corrects_what_another_told_first(hospital: Hospital) -> None:
    fed = {"measure": "fed", "period": "2026-10", "value": 5.0}
    assert hospital.record("measurements", fed | {"source": "ward"}) == ["created"]
    assert hospital.record("measurements", fed | {"value": 6.0}) == ["corrected"]


def test_counts_give_the_value_scaled_by_per(hospital: Hospital) -> None:
    counts = {"measure": "falls", "period": "2026-W40", "numerator": 7, "denominator": 2000}
    observed = {"measure": "hsmr", "period": "2026-10", "observed": 90, "expected": 100}
    assert hospital.record("measurements", counts, observed) == ["created", "created"]
    assert [v[1] for v in hospital.values()] == [3.5, 90.0]


def test_suppressed_keeps_no_count(hospital: Hospital) -> None:
    hospital.record("measurements", value("<5"))
    small = {"measure": "bundle", "period": "2026-10", "numerator": 2, "denominator": 3}
    hospital.record("measurements", small | {"suppressed": True})
    for row in hospital.rows(tables.measurement):
        assert row["suppressed"]
        assert row["value"] is row["numerator"] is row["denominator"] is None


def test_dated_events_keep_what_is_left_out(hospital: Hospital) -> None:
    day = {"measure": "never", "event_date": "2026-10-07"}
    through = {"measure": "never", "complete_through": "2026-10-07"}
    assert hospital.record("measurements", day) == ["created"]
    assert hospital.record("measurements", through) == ["corrected"]
    assert hospital.record("measurements", day, through) == ["unchanged", "unchanged"]
    assert hospital.record("measurements", day | {"count": 2}) == ["corrected"]
    assert hospital.record("measurements", through | {"complete_through": "2026-10-31"}) == [
        "created"
    ]
    rows = [r for r in hospital.rows(tables.measurement) if r["current"]]
    told = [(str(r["period"]), r["value"], str(r["complete_through"])) for r in rows]
    assert told == [("2026-10-07", 2.0, "2026-10-07"), ("2026-10-31", 0.0, "2026-10-31")]


def test_a_plan_applied_meanwhile_is_seen(hospital: Hospital) -> None:
    from tests.integration.intake.conftest import PLAN  # noqa: PLC0415

    new = {"measure": "hsmr-2", "period": "2026-10", "value": 1.0}
    assert hospital.record("measurements", new) == ["rejected"]
    plan = PLAN.replace(
        "measures:\n",
        "measures:\n  - {id: hsmr-2, name: New, kind: value, "
        "direction: decrease, frequency: month}\n",
    )
    hospital.services.plans.apply(hospital.id, plan, author="board", reason="more")
    assert hospital.record("measurements", value(), new) == ["created", "created"]


def test_the_clock_moved_meanwhile_is_seen(hospital: Hospital) -> None:
    assert hospital.record("measurements", value(1.0, "2026-11")) == ["rejected"]
    later = NOW.replace(month=12)
    hospital.services.clock.freeze(later)
    assert hospital.record("measurements", value(1.0, "2026-11")) == ["created"]
    assert hospital.rows(tables.measurement)[0]["known_at"] == later


posts = st.tuples(
    st.sampled_from(["2026-08", "2026-09", "2026-10"]),
    st.sampled_from([1.0, 2.0, 3.0]),
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sequence=st.lists(posts, max_size=12), repeats=st.lists(st.integers(1, 3), min_size=12))
def test_repeats_change_nothing(
    hospital: Hospital, sequence: list[tuple[str, float]], repeats: list[int]
) -> None:
    """A sequence with repeats leaves the same facts as the sequence without."""
    plain = [value(amount, period) for period, amount in sequence]
    repeated = [post for post, times in zip(plain, repeats, strict=False) for _ in range(times)]
    kept = [_facts_after(hospital, posts) for posts in (plain, repeated)]
    assert kept[0] == kept[1]


def _facts_after(hospital: Hospital, posts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    with hospital.services.engine.begin() as connection:
        connection.execute(tables.measurement.delete())
    for post in posts:
        hospital.record("measurements", post)
    names = ("period", "value", "version", "current")
    return [tuple(row[name] for name in names) for row in hospital.rows(tables.measurement)]
