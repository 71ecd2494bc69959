"""The audit log only grows, whoever tries."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from services.bootstrap import Services
from services.persistence import tables
from services.persistence.engine import DatabaseFailure, writing
from tests.worlds import World


@pytest.mark.parametrize(
    "change", [tables.audit_log.delete(), tables.audit_log.update().values(actor="nobody")]
)
def test_a_line_is_neither_changed_nor_removed(
    services: Services, ours: World, change: sa.Executable
) -> None:
    before = services.audit.recent(ours.organisation_id, 100)
    assert before
    with pytest.raises(DatabaseFailure, match="only grows"), writing(services.engine) as connection:
        connection.execute(change)
    assert services.audit.recent(ours.organisation_id, 100) == before


def test_a_line_is_of_one_organisation(services: Services, ours: World, theirs: World) -> None:
    lines = services.audit.recent(theirs.organisation_id, 100)
    assert {line.organisation_id for line in lines} == {theirs.organisation_id}
    assert [line.action for line in reversed(lines)] == ["key.create"] + ["account.create"] * 4
