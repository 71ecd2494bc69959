"""Know of a message when the step happened that it tells of.

Revision 0011, after 0010.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NAME = "ix_message_told_of"
_BEFORE = "ix_message_organisation_id_recipient"
_HAPPENED = """
UPDATE message SET told_of = (
    SELECT min(event.at) FROM alert_event AS event
    WHERE event.alert_id = message.alert_id AND event.episode = message.episode
        AND event.step = message.step
        AND event.kind IN ('open', 'step', 'remind', 'resolve', 'announce')
)
"""


def upgrade() -> None:
    op.add_column("message", sa.Column("told_of", sa.DateTime(timezone=True), nullable=True))
    op.execute(_HAPPENED)
    op.create_index(_NAME, "message", ["organisation_id", "recipient", "told_of"])
    op.drop_index(_BEFORE, table_name="message")


def downgrade() -> None:
    op.create_index(_BEFORE, "message", ["organisation_id", "recipient"])
    op.drop_index(_NAME, table_name="message")
    op.drop_column("message", "told_of")
