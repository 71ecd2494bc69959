"""Record what was decided of an alert.

Revision 0012, after 0011.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_INSTANT = sa.DateTime(timezone=True)
_DECIDED = {
    "decision": sa.Text(),
    "decided_at": _INSTANT,
    "decided_by": sa.Text(),
    "decided_note": sa.Text(),
    "decided_until": _INSTANT,
}


def upgrade() -> None:
    for name, kind in _DECIDED.items():
        op.add_column("alert", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in reversed(_DECIDED):
        op.drop_column("alert", name)
