"""Every expectation of the catalogue end to end: facts in, judged, stored, shown, and cleared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.plant import Plant, environment, running
from services.alerting.lifecycle import SAID_BY_STATUS, STATUS
from services.framework.expectations.register import CATALOGUE
from services.framework.texts import plainly
from tests.copies import Copies
from tests.integration.catalogue.hospital import Hospital, prepared
from tests.integration.catalogue.scenarios import SCENARIOS, Scenario
from tests.receivers import until
from web.broker import BrokerDoorbell

SECRET = "k" * 40
ON_POSTGRES = ("AIM-02", "DGN-02", "LDR-03", "MIX-01")
"""Those that read revisions, a whole chain, meetings, and sites."""


@pytest.fixture
def hospital(sqlite_copies: Copies) -> Iterator[Hospital]:
    """The hospital on 20 February 2025."""
    held = Hospital.open(*sqlite_copies.of(prepared))
    yield held
    held.services.close()


@pytest.fixture
def on_postgres(postgres_copies: Copies) -> Iterator[Hospital]:
    """The same, on PostgreSQL."""
    held = Hospital.open(*postgres_copies.of(prepared))
    yield held
    held.services.close()


def test_every_expectation_of_the_register_has_its_scenario() -> None:
    assert set(SCENARIOS) == set(CATALOGUE)


def test_nothing_is_found_where_everything_holds(hospital: Hospital) -> None:
    assert hospital.tripped() == set()


@pytest.mark.parametrize("expectation", SCENARIOS)
def test_it_trips_and_clears(hospital: Hospital, expectation: str) -> None:
    _lived(hospital, expectation)


@pytest.mark.parametrize("expectation", ON_POSTGRES)
def test_it_trips_and_clears_on_postgresql(on_postgres: Hospital, expectation: str) -> None:
    _lived(on_postgres, expectation)


def test_a_worker_of_its_own_finds_it_and_finds_it_over(
    on_postgres: Hospital, redis_url: str, tmp_path: Path
) -> None:
    told = SCENARIOS["SIG-01"]
    settings = environment(
        mode="production",
        database_url=on_postgres.services.options.database_url,
        broker_url=redis_url,
        secret_key=SECRET,
        base_url="http://127.0.0.1",
        mail_merge_seconds=0,
    )
    with running(Plant(tmp_path, 0, settings)) as plant:
        plant.start("worker", "worker", "--concurrency", "1")
        on_postgres.happen(told.trips)
        assert _rung_until(redis_url, lambda: _said(on_postgres, "SIG-01", told))
        _trips(on_postgres, "SIG-01", told)
        on_postgres.happen(told.clears)
        assert _rung_until(redis_url, lambda: not _said(on_postgres, "SIG-01", told))
        _clears(on_postgres, "SIG-01", told)


def _rung_until(broker: str, holds: Callable[[], Any]) -> Any:
    """Ring for the worker now and then, as the web and beat do, until it holds."""
    bell = BrokerDoorbell(broker, apart=0.2)

    def rung() -> Any:
        bell.ring()
        return holds()

    try:
        return until(rung, 30.0)
    finally:
        bell.close()


def _said(hospital: Hospital, expectation: str, told: Scenario) -> bool:
    return hospital.stored(told.judged)[expectation, told.about].tripped


def _lived(hospital: Hospital, expectation: str) -> None:
    """It trips, and is shown; it clears, and its alert is over."""
    told = SCENARIOS[expectation]
    assert hospital.alert(expectation, told.about) is None
    hospital.live(told.trips)
    _trips(hospital, expectation, told)
    hospital.live(told.clears)
    _clears(hospital, expectation, told)


def _trips(hospital: Hospital, expectation: str, told: Scenario) -> None:
    """The stored evaluation says it, and a page shows it with its reason."""
    said = hospital.stored(told.judged)[expectation, told.about]
    assert (said.tripped, said.severity) == (True, told.severity), said.reason
    _answered(hospital, expectation, told)
    if expectation == "TRJ-02":
        chance = said.reason.partition(" is ")[2].partition(";")[0]
        assert chance in hospital.shown("/aims/deaths-80")
        return
    alert = hospital.alert(STATUS if expectation in SAID_BY_STATUS else expectation, told.about)
    assert alert is not None
    assert (alert.state, alert.reason) == ("open", said.reason)
    assert f'"/alerts/{alert.id}"' in hospital.shown("/alerts")
    assert hospital.shows(f"/alerts/{alert.id}", plainly(said.reason))


def _answered(hospital: Hospital, expectation: str, told: Scenario) -> None:
    """``why`` says it of the aim that it bears on; what serves no driver bears on none."""
    why = hospital.why(told.judged)
    if expectation == "PRT-03":
        assert why == {}
    else:
        assert why[expectation, told.about] == "fails"


def _clears(hospital: Hospital, expectation: str, told: Scenario) -> None:
    """The stored evaluation says so, or asks no more; its alert, if it has one, is over."""
    said = hospital.stored(told.judged).get((expectation, told.about))
    assert (said is None) is told.ends
    assert said is None or not said.tripped, said.reason
    alert = hospital.alert(expectation, told.about)
    assert (alert is None) is (expectation in SAID_BY_STATUS)
    assert alert is None or alert.state == "resolved"
    if told.ends:
        _is_over(hospital, told.about)


def _is_over(hospital: Hospital, about: str) -> None:
    """No alert about an aim outlives it; what stood open ended with the reason for its end."""
    held = [hospital.alert(each, about) for each in (STATUS, *CATALOGUE)]
    alerts = [alert for alert in held if alert is not None]
    assert {alert.state for alert in alerts} == {"resolved"}
    ending = "Ended on 2025-09-21 as missed (minute 25/90)."
    status, *findings = alerts
    assert status.reason.endswith(ending)
    assert any(found.reason == f"It is no longer asked for. {ending}" for found in findings)
