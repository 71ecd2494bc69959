"""The catalogue in words: in step with the code, and whole."""

from __future__ import annotations

from pathlib import Path

from services.framework.expectations.markdown import catalogue_text
from services.framework.expectations.register import CATALOGUE, STARTER

WRITTEN = Path(__file__).resolve().parents[3] / "docs" / "catalogue.md"


def test_the_written_catalogue_is_in_step_with_the_code() -> None:
    assert WRITTEN.read_text(encoding="utf-8") == catalogue_text(), (
        "write it anew: bigdot catalogue --markdown > docs/catalogue.md"
    )


def test_every_expectation_and_every_parameter_is_in_it() -> None:
    text = catalogue_text()
    for expectation in CATALOGUE.values():
        assert f"### {expectation.id} {expectation.title}" in text
        assert expectation.text in text
        for each in expectation.parameters:
            assert f"`{expectation.id}.{each.name}`" in text


def test_the_starters_are_marked() -> None:
    marked = [line.split()[1] for line in catalogue_text().splitlines() if "*starter*" in line]
    assert {name for name in marked if name in CATALOGUE} == STARTER
