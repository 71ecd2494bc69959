"""The shipped JSON Schema is in step with the models, and takes what they take."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from services.planning.document import load
from services.planning.draft import draft
from services.planning.export import to_text
from services.planning.parts import normal
from services.planning.schema import PATH, schema_text
from services.planning.source import read
from tests.unit.planning.plans import SHORT

NORTHFIELD = Path(__file__).parents[3] / "examples" / "northfield.yaml"
VALIDATOR = jsonschema.Draft202012Validator(json.loads(PATH.read_text(encoding="utf-8")))


def test_the_shipped_schema_is_in_step() -> None:
    assert PATH.read_text(encoding="utf-8") == schema_text(), (
        "run python -m services.planning.schema"
    )


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize(
    "text", [SHORT, NORTHFIELD.read_text(), to_text(normal(draft(SHORT).document), 2)]
)
def test_it_takes_a_plan_file(text: str) -> None:
    VALIDATOR.validate(read(text).data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("target: 88", "target: soon"),
        ("kind: value", "kind: number"),
        ("sponsor: cmo\n    adopted", "sponser: cmo\n    adopted"),
        ("id: general,", ""),
        ("share: 0.6", "share: 60"),
    ],
)
def test_it_refuses_what_the_models_refuse(old: str, new: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(read(SHORT.replace(old, new, 1)).data)


def test_null_means_the_default() -> None:
    text = SHORT.replace("owner: cmo", "owner: cmo, lag_days: null")
    VALIDATOR.validate(read(text).data)
    assert draft(text).document.measures[0].lag_days == 20


def test_the_example_of_the_documentation_is_a_plan() -> None:
    text = (NORTHFIELD.parents[1] / "docs" / "plan.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    VALIDATOR.validate(read(example).data)
    assert load(example).aims["hsmr-88"].sponsor == "cmo"
