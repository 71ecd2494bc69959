"""One scenario for each expectation of the catalogue: what trips it, and what clears it.

Each begins with the hospital in order on 20 February 2025.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.integration.catalogue.hospital import (
    LATER,
    At,
    Post,
    Step,
    changed,
    counts,
    post,
    values,
)

AIM, PROJECT, OURS = "aim:deaths-80", "project:huddle", "organisation:northfield"
FLAT = (103, 102, 104, 101, 105, 103, 102, 104, 103, 101, 105, 102, 103, 104, 102, 103)
STILL = (51, 50, 52, 49, 51, 50, 52, 51, 49, 50, 51, 52, 50, 49, 51, 50)
RISING = (58, 63, 67, 70, 74, 77, 80, 82, 85, 87, 89, 91)
STEADY = (100.0, 104.0, 96.0, 102.0, 98.0) * 5


@dataclass(frozen=True)
class Scenario:
    """What happens until an expectation trips, and what then happens until it clears.

    ``about`` is what it speaks of, ``subject`` what is judged, where that is another thing.
    ``ends``: that nothing is asked any more is how it clears.
    """

    about: str
    trips: tuple[Step, ...]
    clears: tuple[Step, ...]
    severity: str
    subject: str | None = None
    ends: bool = False

    @property
    def judged(self) -> str:
        """The subject whose evaluation says it."""
        return self.subject or self.about


def aim(**keys: Any) -> Step:
    """The aim, with some of its keys declared anew."""
    return changed(aims=[{"id": "deaths-80", **keys}])


def project(**keys: Any) -> Step:
    """The project, with some of its keys declared anew."""
    return changed(projects=[{"id": "huddle", **keys}])


def predicted(**prediction: float) -> Step:
    """What the project is predicted to bring."""
    return project(serves=[{"driver": "deaths-80/huddle", **prediction}])


def another(identifier: str, **keys: Any) -> dict[str, Any]:
    """A further project, complete but for what ``keys`` say."""
    return {
        "id": identifier,
        "name": identifier.title(),
        "aim_text": "On 9 wards",
        "measure": "huddles",
        "sponsor": "cmo",
        "leader": "doctor",
        "clinical_lead": "doctor",
        "advisor": "coach",
        "start": "2025-01-06",
        "end": "2026-12-18",
        **keys,
    }


def further(number: int) -> dict[str, Any]:
    """A further aim on the same measure."""
    return {
        "id": f"aim{number}",
        "name": f"Aim {number}",
        "measure": "returns",
        "baseline": {"from": "2024-01", "to": "2024-12"},
        "target": 5,
        "start": "2025-01",
        "deadline": "2026-12",
        "sponsor": "cmo",
    }


def deaths(*numbers: float, first: int = LATER) -> Post:
    """Mortality, month after month."""
    return values("deaths", numbers, first)


def huddles(*numbers: float, first: int = LATER) -> Post:
    """Huddles, month after month."""
    return values("huddles", numbers, first)


def scored(score: float, on: str, **more: Any) -> Post:
    """The project's progress score."""
    return post("progress", {"project": "huddle", "score": score, "on": on, **more})


def reviewed(on: str, **more: Any) -> Post:
    """A review of the project by its sponsor."""
    said = {"executing": "yes", "working": "yes"} | more
    return post("reviews", {"project": "huddle", "on": on, "reviewer": "cmo", **said})


def met(on: str, quality: int, *, story: bool) -> Mapping[str, Any]:
    """A meeting of the board of two hours."""
    return {"on": on, "minutes": 120, "quality_minutes": quality, "patient_story": story}


def whole(**split: Any) -> Step:
    """A measure of counts, split by sites or groups, with an aim on it."""
    parts = next(iter(split.values()))
    named = [{"id": part, "name": part.title()} for part in parts]
    measure = {
        "id": "harm",
        "name": "Harm",
        "kind": "rate",
        "per": 1000,
        "unit": "per 1,000 days",
        "direction": "decrease",
        "frequency": "month",
        **split,
    }
    if "sites" in split:
        measure["rollup"] = "sum"
    judged = {
        "id": "harm-70",
        "name": "Less harm",
        "measure": "harm",
        "baseline": {"from": "2024-01", "to": "2024-10"},
        "target": 70,
        "start": "2024-11",
        "deadline": "2025-12",
        "sponsor": "cmo",
    }
    return changed(
        **{next(iter(split)): named},
        measures=[measure],
        aims=[judged],
        parameters={"MIX-01.points": 10},
    )


def steady(size: float, level: float, many: int = 10) -> list[tuple[float, float]]:
    """A baseline."""
    return [(value * level * size / 1000, size) for value in STEADY[:many]]


def falling(size: float) -> list[tuple[float, float]]:
    """A baseline, then less each month."""
    return [*steady(size, 1.0), *(((100 - 3.0 * i) * size / 1000, size) for i in range(1, 9))]


def site(name: str, pairs: list[tuple[float, float]]) -> Post:
    """A site's counts from January 2024."""
    return counts("harm", pairs, site=name)


def group(name: str, pairs: list[tuple[float, float]], first: int = 0) -> Post:
    """A group's counts."""
    return counts("harm", pairs, first, stratum=name)


SCENARIOS: dict[str, Scenario] = {
    "AIM-01": Scenario(AIM, (aim(target=None),), (aim(target=80),), "crit"),
    "AIM-02": Scenario(
        AIM,
        (aim(target=85),),
        (
            At("2025-02-21"),
            post("adoptions", {"aim": "deaths-80", "by": "Board", "on": "2025-02-21"}),
        ),
        "warn",
    ),
    "AIM-03": Scenario(
        "aim:cost-5",
        (
            changed(
                measures=[
                    {"id": "cost", "name": "Cost", "kind": "value", "unit": "pounds",
                     "direction": "decrease", "frequency": "quarter"}
                ],
                aims=[
                    {"id": "cost-5", "name": "Less cost", "measure": "cost", "target": 5,
                     "baseline": {"value": 7}, "start": "2025-Q1", "deadline": "2026-Q4",
                     "sponsor": "cmo"}
                ],
            ),
        ),
        (changed(measures=[{"id": "cost", "monthly_proxy": "huddles"}]),),
        "warn",
    ),
    "AIM-04": Scenario(
        AIM, (aim(target=100),), (aim(not_breakthrough_because="A first step"),), "info"
    ),
    "AIM-05": Scenario(
        OURS,
        (changed(aims=[further(n) for n in range(5)]),),
        (changed(aims=[{"id": "aim0", "ended": "2025-02-20", "outcome": "withdrawn"}]),),
        "warn",
    ),
    "DAT-01": Scenario("measure:deaths", (At("2025-03-21"),), (deaths(103),), "watch"),
    "DAT-02": Scenario("measure:deaths", (At("2025-04-21"),), (deaths(103, 102),), "crit"),
    "DAT-03": Scenario(
        "driver:deaths-80/huddle", (At("2025-04-21"),), (huddles(51, 52),), "warn", AIM
    ),
    "DAT-04": Scenario(
        "measure:returns",
        (changed(measures=[{"id": "returns", "valid": [0, 9.5]}]),),
        (post("explanations", {"measure": "returns", "expectation": "DAT-04", "on": "2025-02-20",
                               "text": "The ward was closed"}),),
        "warn",
    ),
    "TRJ-01": Scenario(
        AIM,
        (At("2025-09-21"), deaths(105, 104, 106, 103, 107, 105, 106)),
        (At("2026-03-21"), deaths(88, 85, 84, 86, 83, 84, first=20)),
        "warn",
    ),
    "TRJ-02": Scenario(
        AIM,
        (At("2025-12-21"), deaths(*FLAT[:10])),
        (At("2026-07-21"), deaths(82, 80, 79, 81, 78, 80, 79, first=23)),
        "warn",
    ),
    "TRJ-03": Scenario(
        AIM,
        (At("2025-11-21"), deaths(*FLAT[:9])),
        (At("2025-12-21"), deaths(75, first=22)),
        "warn",
    ),
    "TRJ-04": Scenario(
        AIM,
        (aim(deadline="2025-08"), At("2025-09-21"), deaths(*FLAT[:7])),
        (aim(ended="2025-09-21", outcome="missed", minute="25/90"),),
        "crit",
        ends=True,
    ),
    "TRJ-05": Scenario(
        AIM,
        (At("2025-12-21"), deaths(70, 71, 69, 70, 72, 95, 97, 96, 98, 95)),
        (At("2026-05-21"), deaths(70, 69, 71, 70, 68, first=23)),
        "warn",
    ),
    "SIG-01": Scenario(
        AIM,
        (At("2025-03-21"), deaths(130)),
        (At("2025-06-21"), deaths(102, 103, 101, first=14)),
        "warn",
    ),
    "SIG-02": Scenario(
        AIM,
        (At("2025-10-21"), deaths(106, 107, 105, 108, 106, 107, 106, 108)),
        (At("2025-11-21"), deaths(75, first=21)),
        "crit",
    ),
    "SIG-03": Scenario(
        AIM,
        (At("2025-08-21"), deaths(97, 99, 101, 103, 105, 107)),
        (At("2025-09-21"), deaths(102, first=19)),
        "watch",
    ),
    "SIG-04": Scenario(
        "measure:returns",
        (At("2025-03-21"), values("returns", (20,))),
        (At("2025-06-21"), values("returns", (10, 9, 11), 14)),
        "warn",
        AIM,
    ),
    "PRT-01": Scenario(
        "driver:deaths-80/beds",
        (aim(drivers=[{"id": "beds", "name": "Beds", "linked_on": "2025-01-02"}]),),
        (changed(projects=[another("beds", serves=[{"driver": "deaths-80/beds"}])]),),
        "warn",
        AIM,
    ),
    "PRT-02": Scenario(
        AIM,
        (predicted(effect=5, reach=1, belief=0.9),),
        (predicted(effect=25, reach=1, belief=1),),
        "crit",
    ),
    "PRT-03": Scenario(
        "project:spare",
        (changed(projects=[another("spare")]),),
        (changed(projects=[{"id": "spare", "strategic": False}]),),
        "warn",
    ),
    "PRT-04": Scenario(
        PROJECT,
        (predicted(effect=24),),
        (predicted(effect=24, reach=1, belief=0.9),),
        "warn",
    ),
    "PRJ-01": Scenario(
        PROJECT, (project(aim_text=None),), (project(aim_text="Held on 9 days of 10"),), "warn"
    ),
    "PRJ-02": Scenario(
        "project:huddle/leader",
        (
            post("projects", {"project": "huddle", "role": "leader", "person": None,
                              "on": "2025-02-20", "reason": "left"}),
            At("2025-02-28"),
        ),
        (post("projects", {"project": "huddle", "role": "leader", "person": "doctor",
                           "on": "2025-02-28"}),),
        "warn",
        PROJECT,
    ),
    "PRJ-03": Scenario(PROJECT, (At("2025-03-28"),), (scored(1.5, "2025-03-28"),), "warn"),
    "PRJ-04": Scenario(PROJECT, (At("2025-04-24"),), (scored(2.0, "2025-04-24"),), "warn"),
    "PRJ-05": Scenario(
        PROJECT,
        (scored(3.0, "2025-02-20"),),
        (At("2025-02-21"), scored(3.0, "2025-02-21", evidence="Audit of nine wards")),
        "watch",
    ),
    "MIL-01": Scenario(
        "milestone:huddle/pilot",
        (At("2025-04-08"),),
        (post("milestones", {"project": "huddle", "milestone": "pilot", "change": "completed",
                             "on": "2025-04-08"}),),
        "warn",
        PROJECT,
    ),
    "MIL-02": Scenario(
        "milestone:huddle/pilot",
        (
            post("milestones", {"project": "huddle", "milestone": "pilot", "change": "redated",
                                "on": "2025-04-10", "reason": "a move"}),
            At("2025-02-21"),
            post("milestones", {"project": "huddle", "milestone": "pilot", "change": "redated",
                                "on": "2025-04-20", "reason": "a strike"}),
        ),
        (At("2025-02-24"), reviewed("2025-02-24", decision="go on")),
        "warn",
        PROJECT,
    ),
    "REV-01": Scenario(PROJECT, (At("2025-03-18"),), (reviewed("2025-03-18"),), "warn"),
    "REV-02": Scenario(
        AIM,
        (At("2025-04-13"),),
        (post("reviews", {"aim": "deaths-80", "on": "2025-04-13", "executing": "yes",
                          "working": "too early to tell"}),),
        "warn",
    ),
    "REV-03": Scenario(
        PROJECT,
        (post("actions", {"project": "huddle", "action": "beds", "text": "Free two beds",
                          "owner": "sister", "due": "2025-02-28", "on": "2025-02-20"}),
         At("2025-03-15")),
        (post("actions", {"project": "huddle", "action": "beds", "on": "2025-03-15",
                          "done_on": "2025-03-15"}),),
        "watch",
    ),
    "DGN-01": Scenario(
        AIM,
        (
            post("projects", {"project": "huddle", "role": "leader", "person": None,
                              "on": "2025-02-20", "reason": "left"}),
            At("2025-07-21"), deaths(*FLAT[:5]), huddles(*STILL[:5]),
        ),
        (At("2025-08-21"), deaths(75, first=18), huddles(51, first=18)),
        "crit",
    ),
    "DGN-02": Scenario(
        AIM,
        (At("2025-11-21"), deaths(*FLAT[:9]), huddles(*RISING[:9])),
        (At("2025-12-21"), deaths(75, first=22), huddles(89, first=22)),
        "crit",
    ),
    "DGN-03": Scenario(
        AIM,
        (
            post("milestones", {"project": "huddle", "milestone": "pilot", "change": "completed",
                                "on": "2025-02-20"}),
            At("2025-04-20"), scored(2.5, "2025-04-20"),
            At("2025-07-20"), scored(3.0, "2025-07-20"),
            At("2025-11-21"), scored(3.5, "2025-11-10"), deaths(*FLAT[:9]), huddles(*STILL[:9]),
        ),
        (At("2026-02-21"), deaths(*FLAT[:3], first=22), huddles(96, 97, 95, first=22)),
        "warn",
    ),
    "DGN-04": Scenario(
        AIM,
        (At("2025-04-21"), deaths(75, 74), huddles(51, 50)),
        (post("explanations", {"aim": "deaths-80", "expectation": "DGN-04", "by": "cmo",
                               "text": "Coding changed in February", "on": "2025-04-21"}),),
        "info",
    ),
    "CAP-01": Scenario(
        "person:sister",
        (changed(projects=[another("ward", leader="sister"), another("night", leader="sister")]),),
        (post("projects", {"project": "ward", "role": "leader", "person": "doctor",
                           "on": "2025-02-20"}),),
        "warn",
    ),
    "LDR-01": Scenario(AIM, (aim(partners=[]),), (aim(partners=["patient"]),), "watch"),
    "LDR-02": Scenario(
        PROJECT,
        (project(savings={"amount": 120000, "currency": "GBP", "claimed_on": "2024-12-01"}),),
        (post("validations", {"project": "huddle", "amount": 90000, "by": "cfo",
                              "on": "2025-02-20"}),),
        "watch",
    ),
    "LDR-03": Scenario(
        OURS,
        (post("meetings", *(met(f"2025-0{m}-06", 6, story=False) for m in (1, 2))),
         post("meetings", met("2024-12-05", 6, story=False))),
        (At("2025-05-08"),
         post("meetings", *(met(f"2025-0{m}-06", 40, story=True) for m in (3, 4, 5)))),
        "info",
    ),
    "MIX-01": Scenario(
        "aim:harm-70/site/general",
        (
            whole(sites=["royal", "general"]),
            At("2025-07-15"),
            site("royal", falling(5000)),
            site("general", [*steady(100, 1.0), *[(11.5, 100.0)] * 8]),
        ),
        (At("2025-08-15"), site("general", [*steady(100, 1.0), *[(9.5, 100.0)] * 9])),
        "warn",
        "aim:harm-70",
    ),
    "MIX-02": Scenario(
        "aim:harm-70",
        (
            whole(sites=["royal", "general"]),
            At("2025-07-15"),
            site("royal", [*steady(1000, 0.5), *steady(3000, 0.5, 8)]),
            site("general", [*steady(3000, 1.5), *steady(1000, 1.5, 8)]),
        ),
        (At("2025-08-15"), site("royal", [*steady(1000, 0.5), *[(75.0, 3000.0)] * 9])),
        "info",
    ),
    "EQ-01": Scenario(
        "aim:harm-70",
        (
            whole(strata=["rich", "poor"]),
            At("2025-07-15"),
            counts("harm", [*steady(2500, 0.6), *[(170.0, 2500.0)] * 8]),
            group("rich", [*steady(1000, 0.5), *[(70.0, 1000.0)] * 8]),
            group("poor", steady(1000, 1.0, 18)),
        ),
        (
            At("2025-08-15"),
            group("rich", [(30.0, 1000.0)], 18),
            group("poor", [(60.0, 1000.0)], 18),
        ),
        "warn",
    ),
    "EQ-02": Scenario(
        "aim:harm-70/stratum/poor",
        (
            whole(strata=["rich", "poor"]),
            At("2025-07-15"),
            counts("harm", [*steady(2500, 1.0), *[(125.0, 2500.0)] * 8]),
            group("rich", [*steady(1000, 1.0), *[(40.0, 1000.0)] * 8]),
            group("poor", [*steady(1000, 1.0), *[(90.0, 1000.0)] * 8]),
        ),
        (At("2025-08-15"), group("poor", [(65.0, 1000.0)], 18)),
        "warn",
        "aim:harm-70",
    ),
}  # fmt: skip
"""By expectation."""
