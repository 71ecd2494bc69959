"""The locked requirements: every name locked, every lock hashed, no registry named."""

from __future__ import annotations

import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "requirements"
UNNAMED = {"tzdata"}
"""What others load: `zoneinfo` reads tzdata where the system has no zones of its own."""
SOURCES = ("config", "services", "workers", "web", "migrations")


def _asked(name: str) -> set[str]:
    """The distributions that a ``.in`` file names, with those of the files it includes."""
    found: set[str] = set()
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found |= _asked(line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            found.add(re.split(r"[\[<>=~;]", line)[0])
    return found


@pytest.mark.parametrize("name", ["main", "dev", "build", "mutation"])
def test_every_name_is_locked_with_hashes(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    locked = {re.split(r"[\[=]", entry)[0] for entry in entries if "--hash=sha256:" in entry}
    assert len(entries) == sum("--hash=sha256:" in entry for entry in entries)
    assert _asked(f"{name}.in") <= locked


@pytest.mark.parametrize("name", ["main", "dev", "build", "mutation"])
def test_no_registry_is_named(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|^-[if]", text, re.MULTILINE)


def test_what_runs_is_what_was_tested() -> None:
    """The versions of the image are those of the development environment."""
    pins = {
        name: set(re.findall(r"^(\S+==\S+)", (FOLDER / f"{name}.txt").read_text(), re.MULTILINE))
        for name in ("main", "dev")
    }
    assert pins["main"] <= pins["dev"]


def test_what_is_asked_for_is_used() -> None:
    """The code names a module of every distribution that it asks for, or the distribution."""
    paths = (path for source in SOURCES for path in (ROOT / source).rglob("*.py"))
    words = set(re.findall(r"\w+", "\n".join(path.read_text(encoding="utf-8") for path in paths)))
    modules = packages_distributions()
    unused = {
        name
        for name in _asked("main.in")
        if not words & {name, *(m for m, names in modules.items() if name in map(_plain, names))}
    }
    assert unused == UNNAMED


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
