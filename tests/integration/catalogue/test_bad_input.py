"""What cannot be is refused, with the reason, by whichever way it comes in; and nothing is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from services.persistence import tables
from tests.copies import Copies
from tests.integration.catalogue.hospital import PLAN, Hospital, prepared
from tests.integration.pages.conftest import form_of
from tests.worlds import ACTOR, rows_of
from web.cli import main

CLOCKED = ("session", "clock", "audit", "heartbeat", "attempt")
"""Tables that looking, signing in or a key's use writes."""


@pytest.fixture
def hospital(sqlite_copies: Copies) -> Iterator[Hospital]:
    """The hospital on 20 February 2025."""
    held = Hospital.open(*sqlite_copies.of(prepared))
    yield held
    held.services.close()


def _plan(part: Mapping[str, Any]) -> str:
    """The hospital's plan with some further parts at its top."""
    return PLAN + yaml.safe_dump(dict(part), sort_keys=False)


def _waiver(until: str, expectation: str = "AIM-04", by: str = "cmo") -> dict[str, Any]:
    return {
        "id": "w",
        "expectation": expectation,
        "about": "aim:deaths-80",
        "by": by,
        "from": "2025-02-20",
        "until": until,
        "reason": "x",
    }


PLANS: dict[str, tuple[Mapping[str, Any], str]] = {
    "a rule that is not": ({"rules": {"MIL-99": "on"}}, "there is no expectation MIL-99"),
    "a parameter that is not": (
        {"parameters": {"MIL-01.dayz": 3}},
        "no expectation has a parameter",
    ),
    "a parameter of no expectation": (
        {"parameters": {"MIL-99.days": 3}},
        "no expectation has a parameter",
    ),
    "a parameter out of range": ({"parameters": {"MIL-01.days": 100_000}}, "MIL-01.days"),
    "a waiver of 91 days": (
        {"waivers": [_waiver("2025-05-22")]},
        "a waiver lasts 90 at most",
    ),
    "a waiver of nothing": (
        {"waivers": [_waiver("2025-03-01", "MIL-99")]},
        "there is no expectation MIL-99",
    ),
    "a waiver by nobody": ({"waivers": [_waiver("2025-03-01", by="ghost")]}, "ghost"),
}


@pytest.mark.parametrize("case", PLANS)
def test_a_plan_that_cannot_be_is_refused_by_every_way(
    hospital: Hospital, tmp_path: Path, case: str
) -> None:
    part, says = PLANS[case]
    text, file = _plan(part), tmp_path / "plan.yaml"
    file.write_text(text, encoding="utf-8")
    before = rows_of(hospital.services.engine, leaving_out=_untold())
    linted = CliRunner().invoke(main, ["plan", "lint", str(file)])
    assert (linted.exit_code, says in _flat(linted.output)) == (1, True), linted.output
    key = hospital.services.keys.create(hospital.begun.id, "plan", ("plan:write",), actor=ACTOR)
    answer = hospital.feed.post(
        "/api/v1/plan",
        data=text,
        content_type="application/yaml",
        query_string={"by": "cmo", "reason": "x"},
        headers={"Authorization": f"Bearer {key.secret}"},
    )
    assert answer.status_code == 422
    assert says in answer.get_data(as_text=True)
    after = rows_of(hospital.services.engine, leaving_out=_untold())
    assert after == before


def _flat(output: str) -> str:
    """Words that the terminal's width may have broken."""
    return " ".join(output.split())


def _untold() -> tuple[str, ...]:
    return tuple(
        table.name
        for table in tables.metadata.sorted_tables
        if table.name.startswith(CLOCKED) or table.name == "api_key"
    )


SCORE = {"project": "huddle", "on": "2025-02-10", "scored_by": "coach"}
REVIEW = {"project": "huddle", "reviewer": "cmo", "executing": "yes", "working": "yes"}
ADOPTION = {"aim": "deaths-80", "by": "Board", "on": "2025-02-10", "minute": "25/9"}
FACTS: dict[str, tuple[str, Mapping[str, Any], str, str]] = {
    "a score of nought": ("progress", SCORE | {"score": 0}, "/score", "0.5"),
    "a score beyond the scale": ("progress", SCORE | {"score": 5.5}, "/score", "5.0"),
    "a score that is no half step": ("progress", SCORE | {"score": 2.3}, "/score", "half"),
    "a review before its project": ("reviews", REVIEW | {"on": "2025-01-05"}, "/on", "2025-01-06"),
    "an adoption of a version that is not": (
        "adoptions",
        ADOPTION | {"version": 99},
        "/version",
        "there is no version 99",
    ),
    "an explanation of an expectation that is not": (
        "explanations",
        {"aim": "deaths-80", "expectation": "XYZ-99", "text": "x", "on": "2025-02-10"},
        "/expectation",
        "no expectation",
    ),
}
FORMS = {
    "progress": "/projects/huddle/scores",
    "reviews": "/projects/huddle/reviews",
    "adoptions": "/aims/deaths-80/file/adoptions",
    "explanations": "/aims/deaths-80/file/explanations",
}


@pytest.mark.parametrize("case", FACTS)
def test_a_fact_that_cannot_be_is_refused_by_every_way(hospital: Hospital, case: str) -> None:
    kind, item, pointer, says = FACTS[case]
    before = rows_of(hospital.services.engine, leaving_out=_untold())
    headers = {"Authorization": f"Bearer {hospital.begun.key}"}
    one = hospital.feed.post(f"/api/v1/{kind}", json=item, headers=headers)
    assert one.status_code == 422
    assert says in one.get_data(as_text=True)
    assert pointer in json.dumps(one.get_json())
    lines = hospital.feed.post(
        f"/api/v1/{kind}",
        data=json.dumps(item),
        content_type="application/x-ndjson",
        headers=headers,
    )
    assert lines.status_code in {207, 422}
    assert says in lines.get_data(as_text=True)
    path = FORMS[kind]
    page = path if "/file/" in path else path.rpartition("/")[0]
    filled = {name: str(value) for name, value in item.items() if name not in ("project", "aim")}
    form = hospital.reader.post(path, data=form_of(hospital.reader, page, path) | filled)
    assert form.status_code == 422
    assert says in form.get_data(as_text=True)
    assert rows_of(hospital.services.engine, leaving_out=_untold()) == before


def test_a_coverage_that_cannot_be_reckoned_names_the_prediction_that_is_missing(
    tmp_path: Path,
) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN.replace(", belief: 0.9", ""), encoding="utf-8")
    said = _flat(CliRunner().invoke(main, ["plan", "lint", str(file)]).output)
    assert "huddle" in said
    assert "belief" in said
