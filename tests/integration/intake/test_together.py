"""Many at once, on PostgreSQL: every correction is kept, and every event counts once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.persistence import tables
from tests.integration.intake.conftest import Hospital, value

THREADS = 8


def together(work: Callable[[int], Any], times: int = 40) -> list[Any]:
    """What ``work`` gave for 0, 1, … by eight threads at once."""
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(work, range(times)))


def test_corrections_of_one_key_all_stay(on_postgres: Hospital) -> None:
    results = together(lambda n: on_postgres.record("measurements", value(float(n)))[0])
    assert sorted(results) == ["corrected"] * 39 + ["created"]
    rows = on_postgres.rows(tables.measurement)
    assert sorted(row["version"] for row in rows) == list(range(1, 41))
    assert [row["version"] for row in rows if row["current"]] == [40]
    assert sorted(row["sequence"] for row in rows) == list(range(2, 42))
    assert on_postgres.stale()["measure:hsmr"] == 41


def test_the_same_event_at_once_is_one_fact(on_postgres: Hospital) -> None:
    results = together(lambda _: on_postgres.record("measurements", value(5.0, id="a"))[0])
    assert results == ["created"] * 40
    assert len(on_postgres.values()) == 1
    assert len(on_postgres.rows(tables.journal)) == 1


def test_one_id_with_several_bodies_at_once_is_the_first(on_postgres: Hospital) -> None:
    results = together(lambda n: on_postgres.record("measurements", value(float(n), id="a"))[0])
    assert sorted(results) == ["created"] + ["rejected"] * 39
    assert len(on_postgres.values()) == 1


def test_bulks_that_overlap_in_other_orders(on_postgres: Hospital) -> None:
    months = [f"20{n // 12:02d}-{n % 12 + 1:02d}" for n in range(60)]

    def work(number: int) -> list[str]:
        batch = [value(float(number % 3), month) for month in months]
        return on_postgres.record("measurements", *(batch if number % 2 else batch[::-1]))

    results = [one for many in together(work, 16) for one in many]
    assert results.count("created") == 60
    assert "rejected" not in results
    rows = on_postgres.rows(tables.measurement)
    assert sum(row["current"] for row in rows) == 60
    assert len(rows) == results.count("created") + results.count("corrected")


@pytest.mark.parametrize("kind", ["progress"])
def test_events_at_once(on_postgres: Hospital, kind: str) -> None:
    score = {"project": "sepsis-ed", "score": 2, "on": "2026-11-01"}
    results = together(lambda _: on_postgres.record(kind, score)[0])
    assert sorted(results) == ["created"] + ["unchanged"] * 39
