"""The locked requirements: every name locked, every lock hashed, no registry named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "requirements"


def _asked(name: str) -> set[str]:
    """The distributions that a ``.in`` file names, with those of the files it includes."""
    found: set[str] = set()
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found |= _asked(line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            found.add(re.split(r"[\[<>=~;]", line)[0])
    return found


@pytest.mark.parametrize("name", ["main", "dev", "build"])
def test_every_name_is_locked_with_hashes(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    locked = {re.split(r"[\[=]", entry)[0] for entry in entries if "--hash=sha256:" in entry}
    assert len(entries) == sum("--hash=sha256:" in entry for entry in entries)
    assert _asked(f"{name}.in") <= locked


@pytest.mark.parametrize("name", ["main", "dev", "build"])
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
