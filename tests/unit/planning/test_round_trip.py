"""What goes out comes in again, whatever the plan."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings

from services.planning.declared import to_plan
from services.planning.diff import diff, entities
from services.planning.document import load
from services.planning.draft import draft
from services.planning.export import to_text
from services.planning.parts import PlanDocument, normal
from tests.unit.planning.plans import SHORT, documents

_MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@_MANY
@given(documents())
def test_a_plan_exported_is_the_plan(data: dict[str, Any]) -> None:
    document = PlanDocument.model_validate(data)
    assert load(to_text(normal(document), 7)) == to_plan(document, 7)


@_MANY
@given(documents())
def test_an_export_laid_over_its_plan_changes_nothing(data: dict[str, Any]) -> None:
    before = normal(PlanDocument.model_validate(data))
    after = draft(to_text(before, 3), before)
    assert normal(after.document) == before
    assert diff(before, normal(after.document)) == ()
    assert after.kept == ()


@_MANY
@given(documents(), documents())
def test_a_file_laid_over_a_plan_loses_nothing(one: dict[str, Any], two: dict[str, Any]) -> None:
    two["organisation"]["id"] = one["organisation"]["id"]
    before = normal(PlanDocument.model_validate(one))
    after = normal(draft(to_text(two), before).document)
    assert entities(before).keys() <= entities(after).keys()
    assert all(change.change != "removed" for change in diff(before, after))


@_MANY
@given(documents())
def test_the_normal_form_is_normal(data: dict[str, Any]) -> None:
    once = normal(PlanDocument.model_validate(data))
    assert normal(PlanDocument.model_validate(once)) == once


def test_an_export_reads_well() -> None:
    text = to_text(normal(draft(SHORT).document), 4)
    assert text.startswith("bigdot: 1\nversion: 4\norganisation:\n  id: northfield\n")
    assert "  on: 2024-11-01\n" in text
    assert "  start: 2024-11\n" in text
    assert "    target: 88\n" in text
    assert "lag_days" not in text
