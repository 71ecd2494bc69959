"""What expectations found, read out of the stored evaluations on either database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.framework.judgement import Outcome, Severity
from services.persistence import tables
from services.persistence.engine import is_sqlite
from services.ports.reporting import Found, Tally

_SUBJECT, _EVALUATION = tables.subject, tables.evaluation
_NAME = _SUBJECT.c.kind + ":" + _SUBJECT.c.key


@dataclass(frozen=True, slots=True)
class _Each:
    """The outcomes of an evaluation as rows: each whole, and what queries ask of it."""

    whole: sa.ColumnElement[Any]
    expectation: sa.ColumnElement[Any]
    tripped: sa.ColumnElement[bool]
    shadow: sa.ColumnElement[bool]


def _each(connection: sa.Connection) -> _Each:
    body = _EVALUATION.c.body
    if is_sqlite(connection):
        rows = sa.func.json_each(body, "$.outcomes").table_valued("value", joins_implicitly=True)
        held = rows.c.value

        def field(name: str) -> sa.ColumnElement[Any]:
            return sa.func.json_extract(held, f"$.{name}")

        whole = sa.type_coerce(held, sa.JSON())
        return _Each(whole, field("expectation"), field("tripped") == 1, field("shadow") == 1)
    column = sa.column("value", JSONB)
    of_body = sa.func.jsonb_array_elements(body["outcomes"])
    value = of_body.table_valued(column, joins_implicitly=True).c.value
    is_so = [value[name].astext == "true" for name in ("tripped", "shadow")]
    return _Each(value, value["expectation"].astext, *is_so)


def _newest(organisation_id: int) -> sa.Select[Any]:
    """The ids of each subject's last evaluation."""
    mine = _EVALUATION.c.organisation_id == organisation_id
    return sa.select(sa.func.max(_EVALUATION.c.id)).where(mine).group_by(_EVALUATION.c.subject_id)


def tallies(connection: sa.Connection, organisation_id: int) -> dict[str, Tally]:
    """How many findings each expectation has now, told and in shadow, by its id."""
    each = _each(connection)
    query = (
        sa.select(each.expectation, each.shadow, sa.func.count())
        .select_from(_EVALUATION)
        .where(_EVALUATION.c.id.in_(_newest(organisation_id)), each.tripped)
        .group_by(each.expectation, each.shadow)
    )
    found: dict[str, Tally] = {}
    for expectation, shadow, many in connection.execute(query):
        held = found.get(expectation, Tally())
        found[expectation] = (
            held._replace(shadow=many) if shadow else held._replace(told=many)
        )  # fmt: skip
    return found


def found_now(
    connection: sa.Connection, organisation_id: int, expectation: str, limit: int
) -> tuple[Found, ...]:
    """What one expectation finds now, the latest first."""
    each = _each(connection)
    query = (
        _outcomes(each, organisation_id, expectation)
        .where(_EVALUATION.c.id.in_(_newest(organisation_id)), each.tripped)
        .order_by(_EVALUATION.c.id.desc())
        .limit(limit)
    )
    return tuple(_found(row) for row in connection.execute(query))


def found_since(
    connection: sa.Connection, organisation_id: int, expectation: str, since: datetime, limit: int
) -> tuple[Found, ...]:
    """What one expectation said of each subject from an instant on, subject by subject.

    Of more than ``limit`` the latest are given.
    """
    each = _each(connection)
    latest = (
        _outcomes(each, organisation_id, expectation)
        .where(_EVALUATION.c.as_of >= since)
        .order_by(_EVALUATION.c.id.desc())
        .limit(limit)
    )
    rows = connection.execute(latest).all()
    return tuple(_found(row) for row in sorted(rows, key=lambda row: (row.subject, row.id)))


def _outcomes(each: _Each, organisation_id: int, expectation: str) -> sa.Select[Any]:
    said = each.whole.label("outcome")
    return (
        sa.select(_EVALUATION.c.id, _NAME.label("subject"), _EVALUATION.c.as_of, said)
        .join_from(_EVALUATION, _SUBJECT, _SUBJECT.c.id == _EVALUATION.c.subject_id)
        .where(
            _EVALUATION.c.organisation_id == organisation_id, each.expectation == expectation
        )
    )  # fmt: skip


def _found(row: Any) -> Found:
    return Found(row.subject, row.as_of, _outcome(row.outcome))


def _outcome(said: Mapping[str, Any]) -> Outcome:
    """An outcome as it was stored."""
    since, severity = said.get("since"), said.get("severity")
    return Outcome(
        said["expectation"],
        said["about"],
        said["tripped"],
        said["reason"],
        Severity(severity) if severity else None,
        datetime.fromisoformat(since) if since else None,
        said.get("inputs") or {},
        tuple(said.get("audience") or ()),
        bool(said.get("shadow")),
        bool(said.get("waiting")),
    )
