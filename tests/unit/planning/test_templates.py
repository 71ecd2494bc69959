"""The whole-system measures: each makes a plan without errors once its blanks are filled."""

from __future__ import annotations

import pytest

from services.framework.periods import Frequency
from services.framework.plan import Direction
from services.planning.declared import to_plan
from services.planning.draft import draft
from services.planning.findings import PlanError, errors_of
from services.planning.lint import lint
from services.planning.parts import normal
from services.planning.templates import (
    BLANK,
    TEMPLATES,
    Start,
    StartRefusedError,
    Template,
    started,
    to_fill_in,
)
from tests.unit.planning.plans import SHORT

_PERIODS = {
    Frequency.MONTH: ("2026-01", "2027-12"),
    Frequency.QUARTER: ("2026-Q1", "2027-Q4"),
    Frequency.YEAR: ("2026", "2029"),
}
EVERY = pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)


def _filled(template: Template) -> dict[str, str]:
    first, last = _PERIODS[template.frequency]
    better = "8" if template.direction is Direction.DECREASE else "16"
    return {
        "organisation": "northfield", "aim": "new", "name": 'Safe: "care"', "baseline": "12",
        "target": better, "start": first, "deadline": last, "sponsor": "cmo",
    }  # fmt: skip


@EVERY
def test_it_is_sound_once_its_blanks_are_filled(template: Template) -> None:
    base = draft(SHORT)
    text = to_fill_in(template, _filled(template))
    assert BLANK not in text.replace(f"each {BLANK}", "")
    found = draft(text, normal(base.document))
    assert errors_of(lint(found)) == ()
    aim = next(a for a in found.document.aims if a.id == "new")
    assert (aim.measure, aim.name) == (template.id, 'Safe: "care"')


@EVERY
def test_a_blank_left_is_refused(template: Template) -> None:
    for name in ("organisation", "baseline", "target", "start", "deadline", "sponsor"):
        text = to_fill_in(template, _filled(template) | {name: ""})
        with pytest.raises(PlanError):
            draft(text, normal(draft(SHORT).document))


@EVERY
def test_an_aim_is_started_in_a_plan(template: Template) -> None:
    base = draft(SHORT)
    plan, document = to_plan(base.document), normal(base.document)
    said = _filled(template)
    start = Start(
        "new", "New", float(said["baseline"]), float(said["target"]), said["start"],
        said["deadline"], "cmo",
    )  # fmt: skip
    found = draft(started(template, start, plan), document)
    assert errors_of(lint(found)) == ()
    after = to_plan(found.document)
    assert set(after.aims) == {*plan.aims, "new"}
    assert after.measures[template.id].frequency is template.frequency
    held = plan.measures.get(template.id)
    assert held is None or after.measures[template.id] == held
    with pytest.raises(StartRefusedError, match="already has an aim"):
        started(template, start, after)


def test_there_are_thirteen_and_each_says_how_surely_it_is_known() -> None:
    assert len(TEMPLATES) == 13
    assert all(each.source and each.sureness and each.definition for each in TEMPLATES.values())
