"""The last evaluation of a subject is found by an index.

Revision 0003, after 0002.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_evaluation_subject_id_id", "evaluation", ["subject_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_evaluation_subject_id_id", "evaluation")
