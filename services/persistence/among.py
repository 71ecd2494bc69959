"""Rows whose columns hold one of many names, in one statement whose text is always the same.

PostgreSQL takes the names as arrays, so that a statement is prepared once; SQLite spells them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

MOST_NAMED = 500
"""Names in one statement."""
Name = tuple[str, ...]


class Among(NamedTuple):
    """A condition on some columns, and how its names are handed in."""

    condition: sa.ColumnElement[bool]
    arrays: int

    @classmethod
    def of(cls, columns: Sequence[sa.ColumnElement[str]], *, lite: bool) -> Among:
        """That the ``columns`` together hold one of the names; ``lite`` for SQLite."""
        if lite:
            asked = columns[0] if len(columns) == 1 else sa.tuple_(*columns)
            return cls(asked.in_(sa.bindparam("names", expanding=True)), 0)
        kind = postgresql.ARRAY(sa.Text)
        arrays = [sa.bindparam(f"names{n}", type_=kind) for n in range(len(columns))]
        if len(columns) == 1:
            return cls(columns[0] == sa.any_(arrays[0]), 1)
        parts = [sa.column(f"part{n}", sa.Text) for n in range(len(columns))]
        given = sa.func.unnest(*arrays).table_valued(*parts).render_derived()
        return cls(sa.tuple_(*columns).in_(sa.select(given)), len(columns))

    def batches(self, names: Iterable[Name]) -> Iterator[dict[str, Any]]:
        """The parameters of each statement that the names take."""
        every = sorted(names)
        for first in range(0, len(every), MOST_NAMED):
            some = every[first : first + MOST_NAMED]
            if self.arrays:
                yield {f"names{n}": [name[n] for name in some] for n in range(self.arrays)}
            else:
                yield {"names": [name[0] if len(name) == 1 else name for name in some]}
