"""Applying plans: versions, merges, refusals, tenants; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.bootstrap import Options, Services
from services.framework.periods import Period
from services.persistence import tables
from services.planning.document import PlanError, load
from services.planning.plans import Applied
from services.ports.planning import (
    NewVersion,
    PlanChange,
    PlanningError,
    StaleBaseError,
    UnknownOrganisationError,
)

NORTHFIELD = Path(__file__).parents[3] / "examples" / "northfield.yaml"
NOVEMBER = datetime(2024, 11, 1, 9, tzinfo=UTC)
MARCH = datetime(2025, 3, 3, 9, tzinfo=UTC)
JUNE = datetime(2025, 6, 2, 9, tzinfo=UTC)


@pytest.fixture
def services(database_url: str) -> Iterator[Services]:
    services = Services(Options(database_url, ("a" * 32,)))
    yield services
    services.close()


@pytest.fixture
def northfield(services: Services) -> int:
    return services.plans.create_organisation(NORTHFIELD.read_bytes())


def _apply(services: Services, tenant: int, text: str | bytes, at: datetime = MARCH) -> Applied:
    return services.plans.apply(tenant, text, author="cmo", reason="the board agreed", known_at=at)


def _edit(**aim: object) -> str:
    fields = "".join(f", {key}: {value}" for key, value in aim.items())
    return f"bigdot: 1\norganisation: {{id: northfield}}\naims: [{{id: hsmr-88{fields}}}]\n"


def _rows(services: Services, table: sa.Table, tenant: int) -> list[sa.Row[tuple[object, ...]]]:
    with services.engine.connect() as connection:
        query = sa.select(table).where(table.c.organisation_id == tenant).order_by(table.c.id)
        return list(connection.execute(query))


def test_the_first_version_is_the_file(services: Services, northfield: int) -> None:
    assert services.plan_store.current(northfield).aims == {}
    applied = _apply(services, northfield, NORTHFIELD.read_bytes(), NOVEMBER)
    assert applied.version == 1
    plan = services.plan_store.current(northfield)
    assert plan.version == 1
    assert plan.aims == load(NORTHFIELD.read_bytes()).aims
    record = services.plan_store.record(northfield)
    assert record is not None
    assert (record.author, record.reason) == ("cmo", "the board agreed")
    assert (record.known_at, record.effective_from) == (NOVEMBER, NOVEMBER)


def test_applying_again_makes_no_version(services: Services, northfield: int) -> None:
    _apply(services, northfield, NORTHFIELD.read_bytes())
    before = _rows(services, tables.subject, northfield)
    again = _apply(services, northfield, NORTHFIELD.read_bytes())
    assert (again.version, again.changes) == (1, ())
    assert _rows(services, tables.subject, northfield) == before
    assert len(_rows(services, tables.audit_log, northfield)) == 1


def test_an_export_applied_changes_nothing(services: Services, northfield: int) -> None:
    _apply(services, northfield, NORTHFIELD.read_bytes())
    text = services.plans.export(northfield)
    assert "version: 1" in text
    assert _apply(services, northfield, text).changes == ()
    assert load(text) == services.plan_store.current(northfield)


def test_a_moved_target_is_a_new_version_and_the_old_one_stays(
    services: Services, northfield: int
) -> None:
    _apply(services, northfield, NORTHFIELD.read_bytes(), NOVEMBER)
    applied = _apply(services, northfield, _edit(target=90, deadline="2026-03"), JUNE)
    assert applied.version == 2
    store = services.plan_store
    targets = [store.version(northfield, n).aims["hsmr-88"].measures[0].target for n in (1, 2)]
    assert targets == [88, 90]
    assert store.current(northfield).aims["hsmr-88"].deadline == Period.parse(
        "2026-03", store.current(northfield).measures["hsmr"].frequency
    )
    known = [(version.version, version.known_at) for version in store.history(northfield)]
    assert known == [(1, NOVEMBER), (2, JUNE)]
    changes = [c for _, c in store.changes(northfield, 2)]
    assert [(c.kind, c.key, c.pointer, c.before, c.after) for c in changes] == [
        ("aim", "hsmr-88", "/target", 88, 90),
        ("aim", "hsmr-88", "/deadline", "2025-12", "2026-03"),
    ]
    assert [r.version for r in store.history(northfield)] == [1, 2]


def test_every_subject_is_marked_stale(services: Services, northfield: int) -> None:
    _apply(services, northfield, NORTHFIELD.read_bytes())
    plan = services.plan_store.current(northfield)
    subjects = _rows(services, tables.subject, northfield)
    expected = len(plan.aims) + len(plan.projects) + len(plan.measures) + len(plan.people) + 1
    assert len(subjects) == expected
    assert all(
        s.sequence == 1 and s.rank_at is not None and s.marked_at is not None for s in subjects
    )
    _apply(services, northfield, _edit(target=90))
    again = _rows(services, tables.subject, northfield)
    assert [s.sequence for s in again] == [2] * expected
    assert [s.marked_at for s in again] == [s.marked_at for s in subjects]


def test_what_a_file_does_not_name_is_kept_and_reported(
    services: Services, northfield: int
) -> None:
    _apply(services, northfield, NORTHFIELD.read_bytes())
    plan = services.plan_store.current(northfield)
    applied = _apply(services, northfield, _edit(target=90))
    assert ("project", "sepsis") in applied.kept
    assert ("driver", "hsmr-88/end-of-life") in applied.kept
    assert services.plan_store.current(northfield).projects == plan.projects


def test_null_puts_a_key_back_and_ended_ends(services: Services, northfield: int) -> None:
    _apply(services, northfield, NORTHFIELD.read_bytes())
    _apply(services, northfield, _edit(sponsor="null", ended="2025-12-31", outcome="missed"))
    aim = services.plan_store.current(northfield).aims["hsmr-88"]
    assert (aim.sponsor, aim.ended is not None, aim.outcome) == (None, True, "missed")


def test_a_stale_base_is_refused_in_one_line(services: Services, northfield: int) -> None:
    _apply(services, northfield, NORTHFIELD.read_bytes())
    exported = services.plans.export(northfield)
    _apply(services, northfield, _edit(target=90))
    with pytest.raises(
        StaleBaseError, match="stands at version 2, the file was made from version 1"
    ):
        _apply(services, northfield, exported.replace("target: 88", "target: 86"))
    assert services.plan_store.current_version(northfield) == 2


def test_a_version_that_came_in_between_is_not_overwritten(
    services: Services, northfield: int
) -> None:
    _apply(services, northfield, NORTHFIELD.read_bytes())
    store = services.plan_store
    record = store.record(northfield)
    assert record is not None
    new = NewVersion(
        base=1,
        plan=store.current(northfield),
        document=record.document,
        changes=(PlanChange("aim", "hsmr-88", "changed", "/target", 88, 90),),
        known_at=MARCH,
        effective_from=MARCH,
        recorded_at=MARCH,
        author="cmo",
        reason="at the same instant",
    )
    _apply(services, northfield, _edit(target=91))
    with pytest.raises(StaleBaseError):
        store.append(northfield, new)
    kept = (tables.plan_version, tables.audit_log)
    assert [len(_rows(services, table, northfield)) for table in kept] == [2, 2]


def test_roles_states_and_dates_declared_anew_are_events(
    services: Services, northfield: int
) -> None:
    _apply(services, northfield, NORTHFIELD.read_bytes(), NOVEMBER)
    assert _rows(services, tables.role_change, northfield) == []
    _apply(
        services,
        northfield,
        "bigdot: 1\norganisation: {id: northfield}\n"
        "projects: [{id: medicines, leader: null, state: paused,"
        " milestones: [{id: pilot, due: 2025-05-14}]}]\n",
        MARCH,
    )
    (role,) = _rows(services, tables.role_change, northfield)
    assert (role.subject_key, role.role, role.person) == ("project:medicines", "leader", None)
    assert (str(role.on), role.known_at, role.source, role.sequence) == (
        "2025-03-03",
        MARCH,
        "plan",
        2,
    )
    (state,) = _rows(services, tables.state_change, northfield)
    assert (state.state, state.decided_by, state.reason) == ("paused", "cmo", "the board agreed")
    (moved,) = _rows(services, tables.milestone_event, northfield)
    assert (moved.milestone, moved.change, str(moved.on)) == (
        "medicines/pilot",
        "redated",
        "2025-05-14",
    )


def test_one_tenant_never_sees_the_plan_of_another(services: Services, northfield: int) -> None:
    southfield = NORTHFIELD.read_text().replace("id: northfield", "id: southfield", 1)
    other = services.plans.create_organisation(southfield)
    _apply(services, northfield, NORTHFIELD.read_bytes())
    assert services.plan_store.current(other).aims == {}
    assert services.plan_store.history(other) == ()
    assert services.plan_store.changes(other) == ()
    assert _rows(services, tables.subject, other) == []
    with pytest.raises(PlanError, match="of the organisation southfield, not of northfield"):
        _apply(services, northfield, southfield)
    with pytest.raises(PlanningError, match="no plan was applied"):
        services.plans.export(other)
    _apply(services, other, southfield.replace("target: 88", "target: 80"))
    assert services.plan_store.current(northfield).aims["hsmr-88"].measures[0].target == 88
    assert services.plan_store.current(other).aims["hsmr-88"].measures[0].target == 80


def test_nothing_is_written_of_a_refused_file(services: Services, northfield: int) -> None:
    with pytest.raises(PlanError, match="nobody"):
        _apply(
            services, northfield, NORTHFIELD.read_text().replace("sponsor: cmo", "sponsor: nobody")
        )
    assert _rows(services, tables.plan_version, northfield) == []
    assert _rows(services, tables.subject, northfield) == []


def test_who_why_and_when_are_asked_for(services: Services, northfield: int) -> None:
    text = NORTHFIELD.read_bytes()
    with pytest.raises(PlanningError, match="an author"):
        services.plans.apply(northfield, text, author=" ", reason="x", known_at=MARCH)
    with pytest.raises(PlanningError, match="a reason"):
        services.plans.apply(northfield, text, author="cmo", reason="", known_at=MARCH)
    with pytest.raises(PlanningError, match="later than it is applied"):
        services.plans.apply(
            northfield, text, author="cmo", reason="x", known_at=MARCH, effective_from=JUNE
        )


def test_an_unknown_organisation_is_said(services: Services, northfield: int) -> None:
    with pytest.raises(UnknownOrganisationError):
        services.plan_store.current(northfield + 1)
    with pytest.raises(PlanningError, match="already"):
        services.plans.create_organisation(NORTHFIELD.read_bytes())
    assert services.plan_store.organisation_id("northfield") == northfield
    assert services.plan_store.organisation_id("nowhere") is None
