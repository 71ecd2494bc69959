"""Keep adoptions, tests of change, actions, meetings, publications, validations and more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_PERSON = "ix_role_change_organisation_id_person"
_NAMES = (
    "adoption",
    "test_of_change",
    "review_action",
    "board_meeting",
    "publication",
    "validation",
    "explanation",
    "spread",
)


def upgrade() -> None:
    """A table of dated events for each kind of fact, and people's roles by person."""
    _event_table(
        "adoption",
        _said("by"),
        _maybe("minute"),
        _maybe("target", _JSON),
        _maybe("deadline"),
        _maybe("plan_version", sa.Integer()),
    )
    _event_table(
        "test_of_change", _maybe("test"), _maybe("prediction"), _maybe("result"), _maybe("decision")
    )
    _event_table(
        "review_action",
        _said("action"),
        _maybe("text"),
        _maybe("owner"),
        _maybe("due", sa.Date()),
        _maybe("done_on", sa.Date()),
    )
    _event_table(
        "board_meeting",
        _maybe("minutes", sa.Double()),
        _maybe("quality_minutes", sa.Double()),
        _maybe("patient_story", sa.Boolean()),
        _maybe("minute"),
    )
    _event_table("publication", _said("period", sa.Date()))
    _event_table("validation", _maybe("amount", sa.Double()), _maybe("by"))
    _event_table("explanation", _said("expectation"), _said("text"), _maybe("by"))
    _event_table("spread", _said("unit"))
    op.create_index(_PERSON, "role_change", ["organisation_id", "person"])


def downgrade() -> None:
    """Drop them, with what they hold."""
    op.drop_index(_PERSON, table_name="role_change")
    for name in reversed(_NAMES):
        op.drop_table(name)


def _said(name: str, kind: sa.types.TypeEngine[object] | None = None) -> sa.Column[object]:
    return sa.Column(name, kind or sa.Text(), nullable=False)


def _maybe(name: str, kind: sa.types.TypeEngine[object] | None = None) -> sa.Column[object]:
    return sa.Column(name, kind or sa.Text(), nullable=True)


def _event_table(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("subject_key", sa.Text(), nullable=False),
        *columns,
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sequence", _BIG, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("journal_id", _BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=f"fk_{name}_organisation_id_organisation"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    index = f"ix_{name}_organisation_id_subject_key"
    op.create_index(index, name, ["organisation_id", "subject_key"])
