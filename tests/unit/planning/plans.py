"""Plans for the tests: the shortest whole one, and any that hypothesis can think of."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from hypothesis import strategies as st

from services.framework.expectations.register import CATALOGUE, parameter_limits

SHORT = """\
bigdot: 1
organisation: {id: northfield, name: Northfield Health, zone: Europe/London}
sites: [{id: royal, name: Royal Infirmary}, {id: general, name: General Hospital}]
strata: [{id: deprived, name: Most deprived fifth}]
people:
  - {id: cmo, name: Chief medical officer, email: cmo@northfield.example, roles: [executive]}
  - {id: sister, name: Sister, email: sister@northfield.example, roles: [owner]}
measures:
  - {id: hsmr, name: HSMR, kind: value, direction: decrease, frequency: month, valid: [0, 300],
     owner: cmo, sites: [royal], strata: [deprived], rollup: sum}
  - {id: bundle, name: Bundle, kind: proportion, direction: increase, frequency: month}
aims:
  - id: hsmr-88
    name: Fewer deaths
    measure: hsmr
    baseline: {value: 103}
    target: 88
    start: 2024-11
    deadline: 2025-12
    path: [{period: 2025-03, value: 99}, {period: 2025-12, value: 88}]
    sponsor: cmo
    adopted: {by: Board, on: 2024-11-01, minute: 24/117}
    drivers:
      - {id: sepsis, name: Sepsis, share: 0.6, measure: bundle, target: 0.95}
      - {id: ward, name: Ward rounds, primary: false, parent: sepsis}
projects:
  - id: sepsis-ed
    name: Sepsis six
    sponsor: cmo
    leader: sister
    serves: [{driver: hsmr-88/sepsis, effect: 15, reach: 1, belief: 0.75}]
    start: 2024-11-01
    end: 2025-10-31
    milestones: [{id: pilot, name: Pilot, due: 2025-02-28}]
routes:
  - {aim: hsmr-88, to: [cmo], by: [mail, board-chat]}
"""

_PARAMETERS = st.lists(
    st.sampled_from(sorted(parameter_limits().items())).flatmap(
        lambda known: st.tuples(st.just(known[0]), st.floats(*known[1]))
    ),
    max_size=3,
).map(dict)
_RULES = st.dictionaries(
    st.sampled_from(sorted(CATALOGUE)), st.sampled_from(["on", "shadow", "off"]), max_size=3
)
_IDS = st.text("abz09-_", min_size=1, max_size=4).map(lambda tail: f"x{tail}")
_TEXTS = (
    st.text("aZ9 é✓\U0001f600:#-&*!|>'\"%@`{}[],?\\~=\xa0\ufeff", min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
) | st.sampled_from(
    ["on", "no", "null", "~", "1e5", "007", "2026-10", "2026-10-07", "- a", "<<", "a: b", "true"]
)
_NUMBERS = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6, allow_nan=False)
_FRACTIONS = st.floats(0, 1) | st.integers(0, 1)
_DAYS = st.dates().map(lambda day: f"{day:%Y}".zfill(4) + f"-{day:%m-%d}")


_CADENCES: list[dict[str, st.SearchStrategy[Any]]] = [
    {"review": st.just("board")},
    {"review_every_days": st.integers(1, 400)},
]


def _ids(least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(_IDS, min_size=least, max_size=3, unique=True)


def _some(draw: st.DrawFn, **maybe: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Some of the keys, each with a value of its own."""
    return {key: draw(value) for key, value in maybe.items() if draw(st.booleans())}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """The data of any plan file that lint has nothing against."""
    sites, strata = draw(_ids()), draw(_ids())
    sites = [s for s in sites if s != "system"]
    strata = [s for s in strata if s != "all"]
    people, measures = draw(_ids(1)), draw(_ids(1))
    person = st.sampled_from(people)
    aims = [_aim(draw, i, draw(st.permutations(measures)), person) for i in draw(_ids())]
    drivers = [f"{aim['id']}/{driver['id']}" for aim in aims for driver in aim["drivers"]]
    return {
        "bigdot": 1,
        "organisation": {
            "id": draw(_IDS),
            "name": draw(_TEXTS),
            "zone": draw(st.sampled_from(["Europe/London", "UTC", "Pacific/Auckland"])),
            "year_starts": draw(st.integers(1, 12)),
            **_some(
                draw,
                board_meets_days=st.integers(1, 400),
                board_meetings=st.lists(_DAYS, max_size=3),
                messages_a_week=st.integers(1, 100),
            ),
        },
        "sites": [{"id": i, "name": draw(_TEXTS), **_some(draw, ended=_DAYS)} for i in sites],
        "strata": [{"id": i, "name": draw(_TEXTS)} for i in strata],
        "people": [_person(draw, i, people) for i in people],
        "measures": [_measure(draw, i, sites, strata, measures, person) for i in measures],
        "aims": aims,
        "projects": [_project(draw, i, drivers, person) for i in draw(_ids())],
        "routes": [_route(draw, aims, person) for _ in range(draw(st.integers(0, 2)))],
        "parameters": draw(_PARAMETERS),
        **_some(draw, profile=st.sampled_from(["starter", "full"]), rules=_RULES),
        "waivers": [_waiver(draw, i, measures, person) for i in draw(_ids())],
    }


def _waiver(
    draw: st.DrawFn, identifier: str, measures: list[str], person: st.SearchStrategy[str]
) -> dict[str, Any]:
    return {
        "id": identifier,
        "expectation": draw(st.sampled_from(["DAT-01", "DAT-02"])),
        "about": f"measure:{draw(st.sampled_from(measures))}",
        "from": "2025-01-10",
        "until": draw(st.sampled_from(["2025-01-10", "2025-04-10"])),
        "by": draw(person),
        "reason": draw(_TEXTS),
        **_some(draw, ended=st.just("2025-02-01")),
    }


def _route(
    draw: st.DrawFn, aims: list[dict[str, Any]], person: st.SearchStrategy[str]
) -> dict[str, Any]:
    about = [{"aim": aim["id"]} for aim in aims]
    return {"to": [draw(person)], "by": ["chat"], **draw(st.sampled_from([{}, *about]))}


def _leave(cover: str) -> dict[str, str]:
    return {"from": "2026-12-07", "to": "2026-12-18", "cover": cover}


def _person(draw: st.DrawFn, identifier: str, people: list[str]) -> dict[str, Any]:
    others = [other for other in people if other != identifier]
    return {
        "id": identifier,
        "name": draw(_TEXTS),
        **_some(
            draw,
            email=st.just(f"{identifier}@hospital.example"),
            roles=st.lists(st.sampled_from(["executive", "owner", "partner", "board"]), max_size=2),
            zone=st.just("Europe/Paris"),
            ended=_DAYS,
            messages_a_week=st.integers(1, 100),
            digest=st.sampled_from(["daily", "weekly"]),
            digest_day=st.sampled_from(["monday", "sunday"]),
            digest_hour=st.integers(0, 23),
            only_digest=st.booleans(),
            quiet=st.sampled_from([[20, 7], [0, 6]]),
            **({"away": st.just([_leave(others[0])])} if others else {}),
        ),
    }


def _measure(
    draw: st.DrawFn,
    identifier: str,
    sites: list[str],
    strata: list[str],
    measures: list[str],
    person: st.SearchStrategy[str],
) -> dict[str, Any]:
    others = [m for m in measures if m != identifier]
    proxy = {"monthly_proxy": st.sampled_from(others)} if others else {}
    return {
        "id": identifier,
        "name": draw(_TEXTS),
        "kind": draw(st.sampled_from(["value", "rate"])),
        "direction": draw(st.sampled_from(["increase", "decrease"])),
        "frequency": "month",
        "valid": [draw(st.none() | st.just(-1e7)), draw(st.none() | st.just(1e7))],
        "sites": sites,
        "strata": strata,
        **_some(
            draw,
            **proxy,
            unit=_TEXTS,
            per=st.sampled_from([1, 100, 1000]),
            lag_days=st.integers(0, 60),
            owner=person,
            feed=_TEXTS,
            rollup=st.just("sum"),
            window=st.integers(1, 12),
            judge_provisional=st.booleans(),
            suppress_below=st.integers(1, 10),
            rebase=st.just(["2025-02", "2025-09"]),
            rule_set=st.sampled_from(["run", "anhoej", "shewhart", "mdc"]),
            parameters=_PARAMETERS,
        ),
    }


def _aim(
    draw: st.DrawFn, identifier: str, measures: list[str], person: st.SearchStrategy[str]
) -> dict[str, Any]:
    measure, *others = measures
    judged = {
        "measure": measure,
        "baseline": {"from": "2024-01", "to": "2024-10"},
        "target": draw(st.integers(0, 10**6) | st.floats(0, 1e6, allow_nan=False)),
        **_some(draw, path=st.sampled_from(["s_curve", "stepped"]) | _points()),
    }
    return {
        "id": identifier,
        "name": draw(_TEXTS),
        **(judged if draw(st.booleans()) else {"measures": [{**judged, "primary": True}]}),
        "start": "2024-11",
        "deadline": "2025-12",
        "drivers": [
            {"id": i, "name": draw(_TEXTS), **_some(draw, share=_FRACTIONS, linked_on=_DAYS)}
            for i in draw(_ids())
        ],
        **_some(
            draw,
            sponsor=person,
            lag=st.integers(0, 3),
            succeed=st.just("primary"),
            adopted=st.just({"by": "Board", "on": "2024-11-01", "minute": "24/1"})
            | st.just({"by": "Board", "on": "2024-11-01", "target": 5, "deadline": "2025-06"}),
            ended=_DAYS,
            partners=st.lists(person, max_size=2),
            balancing=st.just(others),
            not_breakthrough_because=_TEXTS,
            parameters=_PARAMETERS,
        ),
    }


def _allocations(person: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"person": person, "fte": _FRACTIONS}, optional={"planned": _FRACTIONS}
    )


def _points() -> st.SearchStrategy[list[dict[str, Any]]]:
    return _NUMBERS.map(lambda value: [{"period": "2025-01", "value": value}])


def _project(
    draw: st.DrawFn, identifier: str, drivers: list[str], person: st.SearchStrategy[str]
) -> dict[str, Any]:
    served = draw(st.lists(st.sampled_from(drivers), unique=True, max_size=2)) if drivers else []
    return {
        "id": identifier,
        "name": draw(_TEXTS),
        "serves": [
            {
                "driver": key,
                **_some(draw, effect=st.integers(0, 50), reach=_FRACTIONS, belief=_FRACTIONS),
            }
            for key in served
        ],
        "milestones": [{"id": i, "name": draw(_TEXTS), "due": draw(_DAYS)} for i in draw(_ids())],
        **_some(
            draw,
            sponsor=person,
            leader=person,
            state=st.sampled_from(["proposed", "active", "paused", "completed", "stopped"]),
            strategic=st.booleans(),
            aim_text=_TEXTS,
            ended=_DAYS,
            allocations=st.lists(_allocations(person), max_size=2, unique_by=itemgetter("person")),
            savings=st.fixed_dictionaries(
                {
                    "amount": st.integers(0, 10**9) | st.floats(0, 1e9),
                    "currency": st.sampled_from(["GBP", "NZD"]),
                    "claimed_on": _DAYS,
                }
            ),
            chartered_on=_DAYS,
            **draw(st.sampled_from(_CADENCES)),
        ),
    }
