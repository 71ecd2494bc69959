"""``bigdot catalogue``: a line each, JSON, and the document."""

from __future__ import annotations

import json

from click.testing import CliRunner

from services.framework.expectations.markdown import catalogue_text
from web.cli.catalogue import command


def test_the_catalogue_is_listed_as_lines_as_json_and_as_a_document() -> None:
    lines = CliRunner().invoke(command).output.splitlines()
    assert (len(lines), lines[0]) == (44, "AIM-01  crit   Aim incomplete")
    rows = [json.loads(row) for row in CliRunner().invoke(command, ["--json"]).output.splitlines()]
    milestone = next(row for row in rows if row["id"] == "MIL-01")
    assert milestone["parameters"] == {"MIL-01.days": 7, "MIL-01.crit_days": 30}
    assert CliRunner().invoke(command, ["--markdown"]).output == catalogue_text()
