"""The JSON Schema of a whole plan file, for editors: ``python -m services.planning.schema``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from services.planning.parts import PlanDocument

PATH = Path(__file__).with_name("plan.schema.json")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plan_schema() -> dict[str, Any]:
    """The schema (draft 2020-12): a key that may be left out may also be ``null``."""
    schema = PlanDocument.model_json_schema(by_alias=True)
    for part in (schema, *schema.get("$defs", {}).values()):
        _let_be_null(part)
    return {"$schema": _DIALECT, "$id": "urn:bigdot:plan:1", **schema, "title": "Bigdot plan"}


def _let_be_null(part: dict[str, Any]) -> None:
    required = part.get("required", ())
    for name, value in part.get("properties", {}).items():
        value.pop("title", None)
        if name not in required and {"type": "null"} not in value.get("anyOf", ()):
            default = {"default": value.pop("default")} if "default" in value else {}
            part["properties"][name] = {"anyOf": [value, {"type": "null"}], **default}


def schema_text() -> str:
    """The schema as it is shipped."""
    return json.dumps(plan_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(schema_text(), encoding="utf-8")
