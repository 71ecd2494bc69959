"""Values and the journal name their organisation without a foreign key.

Each of their inserts would lock the one row of the organisation that all of them share; the
statement that inserts proves the organisation itself.

Revision 0005, after 0004.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = ("journal", "measurement")


def upgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(_name(table), type_="foreignkey")


def downgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.create_foreign_key(_name(table), "organisation", ["organisation_id"], ["id"])


def _name(table: str) -> str:
    return f"fk_{table}_organisation_id_organisation"
