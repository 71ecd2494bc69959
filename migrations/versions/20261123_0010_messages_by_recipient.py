"""Find what a person was sent.

Revision 0010, after 0009.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NAME = "ix_message_organisation_id_recipient"


def upgrade() -> None:
    op.create_index(_NAME, "message", ["organisation_id", "recipient"])


def downgrade() -> None:
    op.drop_index(_NAME, table_name="message")
