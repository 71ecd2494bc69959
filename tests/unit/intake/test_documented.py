"""What docs/feeds.md shows is what intake takes."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pydantic import ValidationError

from services.intake.items import MODELS

TOLD = (Path(__file__).parents[3] / "docs" / "feeds.md").read_text(encoding="utf-8")


def _takes(kind: str, example: object) -> bool:
    try:
        MODELS[kind].model_validate(example)
    except ValidationError:
        return False
    return True


def test_every_address_is_told_and_none_is_invented() -> None:
    assert set(re.findall(r"^\| `/api/v1/([\w-]+)` ", TOLD, re.MULTILINE)) == set(MODELS)


def test_every_example_is_of_one_kind_and_every_kind_has_one() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", TOLD, re.DOTALL)
    kinds = [
        [kind for kind in MODELS if _takes(kind, json.loads(line))] for line in block.splitlines()
    ]
    assert all(len(found) == 1 for found in kinds), kinds
    assert {kind for (kind,) in kinds} == set(MODELS)
