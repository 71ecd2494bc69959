"""Transactions that commit or leave nothing, writers that queue, and one clock for all."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from services.persistence import tables
from services.persistence.clock import DatabaseClock, read_clock
from services.persistence.engine import make_engine, reading, writing

CHRISTMAS = datetime(2024, 12, 25, 12, tzinfo=UTC)


def _organisation(slug: str) -> sa.Insert:
    return tables.organisation.insert().values(
        slug=slug, name=slug, zone="Europe/London", created_at=CHRISTMAS
    )


def _slugs(engine: sa.Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(sa.select(tables.organisation.c.slug)))


def test_a_block_left_well_commits(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        connection.execute(_organisation("northfield"))
    assert _slugs(engine) == ["northfield"]


def test_a_block_left_by_an_exception_leaves_nothing(engine: sa.Engine) -> None:
    def write_and_fail() -> None:
        with writing(engine) as connection:
            connection.execute(_organisation("northfield"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert _slugs(engine) == []


def test_what_a_reader_writes_is_rolled_back(engine: sa.Engine) -> None:
    with reading(engine) as connection:
        connection.execute(_organisation("northfield"))
    assert _slugs(engine) == []


def test_eight_writers_all_get_their_turn(engine: sa.Engine) -> None:
    def write(number: int) -> None:
        for turn in range(5):
            with writing(engine) as connection:
                connection.execute(_organisation(f"hospital-{number}-{turn}"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_slugs(engine)) == 40


def test_bound_values_stay_out_of_errors(engine: sa.Engine) -> None:
    twice = _organisation("a-secret-name")
    with writing(engine) as connection:
        connection.execute(twice)
    with pytest.raises(sa.exc.IntegrityError) as caught, writing(engine) as connection:
        connection.execute(twice)
    assert "[SQL parameters hidden" in str(caught.value)


def test_instants_come_back_aware_and_in_utc(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        connection.execute(_organisation("northfield"))
    with reading(engine) as connection:
        assert connection.scalar(sa.select(tables.organisation.c.created_at)) == CHRISTMAS


def test_a_naive_instant_is_refused(engine: sa.Engine) -> None:
    with pytest.raises(sa.exc.StatementError, match="naive"), writing(engine) as connection:
        connection.execute(
            _organisation("northfield").values(created_at=datetime(2024, 12, 25))  # noqa: DTZ001
        )


def test_a_clock_never_moved_runs_with_the_system(engine: sa.Engine) -> None:
    clock = DatabaseClock(engine)
    assert abs(clock.business_now() - clock.system_now()) < timedelta(seconds=5)


def test_a_frozen_clock_stands_for_every_process(database_url: str, engine: sa.Engine) -> None:
    DatabaseClock(engine).freeze(CHRISTMAS)
    other = make_engine(database_url)
    assert DatabaseClock(other).business_now() == CHRISTMAS
    other.dispose()


def test_a_clock_runs_on_from_where_it_was_set(engine: sa.Engine) -> None:
    clock = DatabaseClock(engine)
    clock.freeze(CHRISTMAS)
    clock.run_from(CHRISTMAS)
    assert timedelta(0) <= clock.business_now() - CHRISTMAS < timedelta(seconds=5)


def test_each_move_counts_so_that_caches_can_tell(engine: sa.Engine) -> None:
    clock = DatabaseClock(engine)
    clock.freeze(CHRISTMAS)
    clock.run_with_system()
    with reading(engine) as connection:
        assert read_clock(connection).version == 2
