"""A pause says until when.

Revision 0008, after 0007.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("state_change", sa.Column("until", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("state_change", "until")
