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
        (("hsmr", "system", "deprived"), {"measure:hsmr", "aim:hsmr-88"}),
        (("bundle",), {"measure:bundle", "aim:hsmr-88", "project:sepsis-ed"}),
        (("bundle", "royal"), {"measure:bundle"}),
        (("unknown",), {"measure:unknown"}),
    ],
)
def test_a_value_touches_its_measure_and_the_aims_that_look_there(
    place: tuple[str, ...], touched: set[str]
) -> None:
    assert _touched(_plan(), *place) == touched


def test_without_a_roll_up_a_site_touches_the_aim_that_is_judged_on_it() -> None:
    """Of an aim of the whole system the sites tell which of them carries it."""
    plan = _plan(rollup=(", rollup: sum", ""))
    assert _touched(plan, "hsmr", "royal") == {"measure:hsmr", "aim:hsmr-88"}


def test_without_a_roll_up_a_site_does_not_touch_what_only_looks_at_the_system() -> None:
    sited = _plan(sites=("id: bundle, name: Bundle,", "id: bundle, name: Bundle, sites: [royal],"))
    assert _touched(sited, "bundle", "royal") == {"measure:bundle"}


def test_a_balancing_measure_touches_the_aim_that_it_balances() -> None:
    balanced = ("start: 2024-11\n", "start: 2024-11\n    balancing: [los]\n")
    los = (
        "aims:\n",
        "  - {id: los, name: Stay, kind: value, direction: decrease,\n"
        "     frequency: month}\naims:\n",
    )
    plan = _plan(balanced=balanced, los=los)
    assert _touched(plan, "los") == {"measure:los", "aim:hsmr-88"}


def test_a_project_is_touched_by_its_own_measure_until_it_ends() -> None:
    own = ("leader: sister\n", "leader: sister\n    measure: hsmr\n")
    plan = _plan(own=own)
    assert _touched(plan, "hsmr") == {"measure:hsmr", "aim:hsmr-88", "project:sepsis-ed"}
    assert _touched(plan, "hsmr", "system", "deprived") == {"measure:hsmr", "aim:hsmr-88"}
    over = _plan(own=own, end=("end: 2025-10-31", "end: 2025-10-31\n    ended: 2025-10-31"))
    assert _touched(over, "hsmr") == {"measure:hsmr", "aim:hsmr-88"}


def test_what_is_said_of_a_measure_touches_whoever_looks_at_it() -> None:
    plan = _plan(site=ROYAL)
    found = {str(subject) for subject in dependents.subjects_of_measure(plan, "hsmr")}
    assert found == {"measure:hsmr", "aim:hsmr-88"}


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
