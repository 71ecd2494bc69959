"""Keep what facts that came late changed of what had been said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """A row for each judgement that restated something."""
    op.create_table(
        "restatement",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", _BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period", sa.Text(), nullable=True),
        sa.Column("causes", _JSON, nullable=False),
        sa.Column("months", _JSON, nullable=False),
        sa.Column("findings", _JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name="fk_restatement_organisation_id_organisation",
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name="fk_restatement_subject_id_subject"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_restatement"),
    )
    op.create_index("ix_restatement_subject_id_id", "restatement", ["subject_id", "id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("restatement")
