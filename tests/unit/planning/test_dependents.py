"""Which subjects a fact touches."""

from __future__ import annotations

import pytest

from services.framework.plan import Plan
from services.planning import dependents
from services.planning.document import load
from tests.unit.planning.plans import SHORT


def _plan(**changes: tuple[str, str]) -> Plan:
    text = SHORT
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new, 1)
    return load(text)


def _touched(plan: Plan, *args: str) -> set[str]:
    return {str(subject) for subject in dependents.subjects_of_measurement(plan, *args)}


ROYAL = ("measure: hsmr\n", "measure: hsmr\n    site: royal\n")


@pytest.mark.parametrize(
    ("place", "touched"),
    [
        (("hsmr",), {"measure:hsmr", "aim:hsmr-88"}),
        (("hsmr", "royal"), {"measure:hsmr", "aim:hsmr-88"}),
        (("hsmr", "system", "deprived"), {"measure:hsmr"}),
        (("bundle",), {"measure:bundle", "aim:hsmr-88"}),
        (("bundle", "royal"), {"measure:bundle"}),
        (("unknown",), {"measure:unknown"}),
    ],
)
def test_a_value_touches_its_measure_and_the_aims_that_look_there(
    place: tuple[str, ...], touched: set[str]
) -> None:
    assert _touched(_plan(), *place) == touched


def test_without_a_roll_up_a_site_does_not_touch_the_system() -> None:
    plan = _plan(rollup=(", rollup: sum", ""))
    assert _touched(plan, "hsmr", "royal") == {"measure:hsmr"}


def test_an_aim_of_one_site_is_touched_by_that_site_only() -> None:
    plan = _plan(site=ROYAL)
    assert _touched(plan, "hsmr", "royal") == {"measure:hsmr", "aim:hsmr-88"}
    assert _touched(plan, "hsmr") == {"measure:hsmr"}
    assert _touched(plan, "hsmr", "general") == {"measure:hsmr"}


def test_an_ended_aim_is_not_touched() -> None:
    plan = _plan(end=("target: 88\n", "target: 88\n    ended: 2025-12-31\n"))
    assert _touched(plan, "hsmr") == {"measure:hsmr"}


def test_a_project_touches_the_aims_that_it_serves() -> None:
    plan = _plan()
    found = [str(subject) for subject in dependents.subjects_of_project(plan, "sepsis-ed")]
    assert found == ["project:sepsis-ed", "aim:hsmr-88"]
    assert [str(s) for s in dependents.subjects_of_project(plan, "x")] == ["project:x"]
    assert [str(s) for s in dependents.subjects_of_aim(plan, "hsmr-88")] == ["aim:hsmr-88"]


def test_two_plans_are_not_mixed_up() -> None:
    one, two = _plan(), _plan(site=ROYAL)
    assert _touched(one, "hsmr") != _touched(two, "hsmr")
    assert len({str(s) for s in dependents.subjects_of_plan(one)}) == 7
