"""Which sites carry an aim of the whole system."""

from __future__ import annotations

from collections.abc import Sequence

from services.framework.facts import Facts, Observation, SeriesKey
from services.framework.plan import Aim, Plan, Site
from services.reporting.sites import sites_of_aim
from tests.unit.framework.builders import a_measure, a_plan, an_aim, an_observation

SITES = ("north", "south", "east")
VALUES = {"north": (110, 108, 85), "south": (104, 106, 100), "east": (100, 102, 107)}


def _plan(aim: Aim | None = None) -> Plan:
    return a_plan(aim, a_measure(sites=SITES), sites={s: Site(s, s.title()) for s in SITES})


def _series(site: str, values: Sequence[float | None]) -> tuple[Observation, ...]:
    months = ("2024-09", "2024-10", "2025-01")
    key = SeriesKey("m", site)
    told = zip(months, values, strict=True)
    return tuple(an_observation(p, v, key=key, suppressed=v is None) for p, v in told)


def _facts(**changed: Sequence[float | None]) -> Facts:
    told = {**VALUES, **changed}
    return Facts({SeriesKey("m", site): _series(site, told[site]) for site in told})


def test_the_sites_that_carry_the_aim_are_named() -> None:
    plan = _plan()
    found = sites_of_aim(plan, plan.aims["a"], _facts())
    assert found is not None
    assert found.words == (
        "3 of 3 sites show a value for January 2025; 1 of them at the target (North); "
        "2 better than before the aim began (North and South); 1 not (East)."
    )
    assert [(s.id, s.at_target, s.better) for s in found.lines] == [
        ("north", True, True),
        ("south", False, True),
        ("east", False, False),
    ]
    assert [s.says for s in found.lines] == [
        "at the target",
        "better than before, not at the target",
        "no better than before",
    ]


def test_a_hidden_value_says_neither() -> None:
    plan = _plan()
    found = sites_of_aim(plan, plan.aims["a"], _facts(north=(110, 108, None)))
    assert found is not None
    north = found.lines[0]
    assert (north.latest, north.at_target, north.better, north.says) == (
        "–", None, None, "suppressed",
    )  # fmt: skip
    assert found.words.startswith("2 of 3 sites show a value")


def test_an_aim_of_one_site_or_without_sites_has_none() -> None:
    one = _plan(an_aim(site="north"))
    assert sites_of_aim(one, one.aims["a"], _facts()) is None
    none = a_plan()
    assert sites_of_aim(none, none.aims["a"], Facts()) is None
    plan = _plan()
    assert sites_of_aim(plan, plan.aims["a"], Facts()) is None
