"""Databases for tests that are filled once a session and then copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from tests import servers

T = TypeVar("T")


class Copies:
    """Databases of one test's own, each a copy of one that was made and filled once a session."""

    def __init__(self, templates: dict[object, tuple[str, Any]]) -> None:
        self._templates = templates

    def of(self, seed: Callable[[str], T]) -> tuple[str, T]:
        """The URL of a copy of what ``seed`` made of an empty database, and what it answered."""
        key = type(self), seed
        if key not in self._templates:
            url = self.empty()
            self._templates[key] = url, seed(url)
        template, answer = self._templates[key]
        return self.copy(template), answer

    def empty(self) -> str:
        """The URL of a migrated, empty database, which stays."""
        raise NotImplementedError

    def copy(self, template: str) -> str:
        """The URL of a copy of a database that nobody is connected to."""
        raise NotImplementedError

    def close(self) -> None:
        """Remove the copies."""


class SqliteCopies(Copies):
    """Files."""

    def __init__(self, templates: dict[object, tuple[str, Any]], empty: Path, folder: Path) -> None:
        super().__init__(templates)
        self._empty = empty
        self._folder = folder

    def empty(self) -> str:
        place = self._empty.with_name(f"seeded{len(self._templates)}.db")
        return f"sqlite:///{shutil.copy(self._empty, place)}"

    def copy(self, template: str) -> str:
        source = str(sa.make_url(template).database)
        return f"sqlite:///{shutil.copy(source, self._folder / 'bigdot.db')}"


class PostgresCopies(Copies):
    """Databases of the session's server."""

    def __init__(
        self,
        templates: dict[object, tuple[str, Any]],
        server: str,
        empty: str,
        names: Iterator[str],
    ) -> None:
        super().__init__(templates)
        self._server = server
        self._empty = empty
        self._names = names
        self._copies: list[str] = []

    def empty(self) -> str:
        return servers.create_database(self._server, next(self._names), template=self._empty)

    def copy(self, template: str) -> str:
        name, source = next(self._names), str(sa.make_url(template).database)
        self._copies.append(name)
        return servers.create_database(self._server, name, template=source)

    def close(self) -> None:
        for name in self._copies:
            servers.administer(self._server, f"DROP DATABASE {name} WITH (FORCE)")
