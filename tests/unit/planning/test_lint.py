"""Cross-checks: each has its own code, its line, and a sentence that says what is wrong."""

from __future__ import annotations

import pytest

from services.planning.document import PlanError, load
from services.planning.draft import draft
from services.planning.findings import Finding, Level
from services.planning.lint import lint
from tests.unit.planning.plans import SHORT

AIM_LINE = 12


def _findings(text: str) -> tuple[Finding, ...]:
    return lint(draft(text))


def test_a_sound_plan_has_no_findings() -> None:
    assert _findings(SHORT) == ()


_WAIVER = (
    "waivers:\n  - {id: w, expectation: MIL-01, about: milestone:sepsis-ed/pilot, from: 2025-03-01,"
    " until: 2025-05-30, by: cmo, reason: the ward moves}\nroutes:"
)


def test_a_waiver_of_ninety_days_is_sound() -> None:
    assert _findings(SHORT.replace("routes:", _WAIVER)) == ()


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("until: 2025-05-30", "until: 2025-05-31", "waiver-span", "it lasts 91 days"),
        ("until: 2025-05-30", "until: 2025-02-28", "waiver-span", "before it begins"),
        ("MIL-01", "MIL-99", "unknown-expectation", "there is no expectation MIL-99"),
        ("MIL-01", "TRJ-04", "status-waived", "an aim is revised or ended, not waived"),
        ("sepsis-ed/pilot", "sepsis-ed/other", "unknown-subject", "milestone:sepsis-ed/other"),
        ("milestone:sepsis-ed/pilot", "driver:hsmr-88/x", "unknown-subject", "driver:hsmr-88/x"),
        ("by: cmo", "by: nobody", "unknown-person", "nobody is not among the people"),
    ],
)
def test_a_waiver_that_cannot_be_is_refused_at_its_line(
    old: str, new: str, code: str, words: str
) -> None:
    text = SHORT.replace("routes:", _WAIVER.replace(old, new))
    (found,) = _findings(text)
    line = text[: text.index("- {id: w,")].count("\n") + 1
    assert (found.level, found.code, found.line) == (Level.ERROR, code, line)
    assert words in found.message


ERRORS = [
    ("roles: [owner]}", "roles: [owner], quiet: [7, 7]}", "quiet", "end at another hour"),
    (
        "sponsor: cmo\n    adopted",
        "sponsor: nobody\n    adopted",
        "unknown-person",
        "nobody is not among the people",
    ),
    (
        "leader: sister",
        "leader: sister\n    review: board\n    review_every_days: 14",
        "two-shapes",
        "before the board meets, or every so many days: not both",
    ),
    ("leader: sister", "leader: nobody", "unknown-person", "project sepsis-ed: leader: nobody"),
    ("owner: cmo", "owner: nobody", "unknown-person", "measure hsmr: owner: nobody"),
    ("to: [cmo]", "to: [cmo, nobody]", "unknown-person", "nobody"),
    ("measure: hsmr\n", "measure: smr\n", "unknown-measure", "smr is not among the measures"),
    ("measure: bundle", "measure: bndl", "unknown-measure", "driver sepsis: measure: bndl"),
    ("driver: hsmr-88/sepsis", "driver: hsmr-88/sepsys", "unknown-driver", "hsmr-88/sepsys"),
    ("{aim: hsmr-88,", "{aim: hsmr-89,", "unknown-aim", "hsmr-89"),
    ("{aim: hsmr-88,", "{project: nothing,", "unknown-project", "nothing"),
    ("{aim: hsmr-88,", "{aim: hsmr-88, measure: hsmr,", "route-about", "one of aim and measure"),
    ("by: [mail, board-chat]", "by: []", "no-channel", "at least one channel"),
    ("email: cmo@northfield.example, ", "", "no-address", "cmo has no e-mail address"),
    ("sites: [royal]", "sites: [royal, county]", "unknown-site", "county is not among the sites"),
    ("strata: [deprived]", "strata: [poor]", "unknown-stratum", "poor"),
    ("measure: hsmr\n", "measure: hsmr\n    site: county\n", "unknown-site", "county"),
    (
        "measure: hsmr\n",
        "measure: hsmr\n    site: general\n",
        "site-not-of-measure",
        "does not list general",
    ),
    ("id: general,", "id: system,", "reserved-id", "the whole system"),
    ("parent: sepsis", "parent: sepsys", "unknown-parent", "sepsys"),
    ("share: 0.6,", "share: 0.6, parent: ward,", "cycle", "sepsis → ward → sepsis"),
    ("parent: sepsis", "parent: ward", "cycle", "ward → ward"),
    (
        "target: 88",
        "target: 110",
        "wrong-side",
        "the target 110 is on the wrong side of the baseline 103: lower is better",
    ),
    ("target: 88", "target: 103", "target-is-baseline", "nothing to improve"),
    ("target: 88", "target: -5", "outside-valid", "0 to 300"),
    ("target: 0.95", "target: 95", "outside-valid", "says `per: 100` on the measure"),
    ("{value: 103}", "{value: 301}", "outside-valid", "the baseline 301"),
    ("target: 88", "target: [80, 90]", "target-shape", "`intent: within`"),
    ("direction: decrease", "direction: neutral", "no-better-side", "no better side"),
    ("valid: [0, 300]", "valid: [300, 0]", "valid-range", "low below high"),
    (
        "deadline: 2025-12",
        "deadline: 2024-10",
        "deadline-before-start",
        "2024-10 is not after the start 2024-11",
    ),
    ("deadline: 2025-12", "deadline: 2025-Q4", "period", "a month is written like 2026-10"),
    ("{value: 103}", "{value: 103, from: 2024-01, to: 2024-10}", "baseline", "not both"),
    ("{value: 103}", "{from: 2024-01}", "baseline", "{from, to} or {value}"),
    ("{value: 103}", "{}", "baseline", "{from, to} or {value}"),
    ("{value: 103}", "{from: 2024-10, to: 2024-01}", "baseline", "before it begins"),
    ("period: 2025-03", "period: 2026-03", "path", "outside start to deadline"),
    ("period: 2025-03", "period: 2025-12", "path", "go on in time"),
    (
        "measure: hsmr\n",
        "measure: hsmr\n    measures: [{measure: bundle}]\n",
        "two-shapes",
        "not both",
    ),
    ("effect: 15", "effect: -15", "effect", "not negative"),
    ("end: 2025-10-31", "end: 2024-10-31", "dates", "before it starts"),
    (
        "sponsor: cmo\n    adopted",
        "outcome: missed\n    sponsor: cmo\n    adopted",
        "outcome",
        "`ended`",
    ),
    (
        "sponsor: cmo\n    adopted",
        "ended: 2025-12-31\n    outcome: missed\n    successor: hsmr-80\n    adopted",
        "successor",
        "`successor` goes with `outcome: replaced` or `extended`",
    ),
    (
        "sponsor: cmo\n    adopted",
        "ended: 2025-12-31\n    outcome: replaced\n    successor: hsmr-88\n    adopted",
        "successor",
        "cannot take its own place",
    ),
    (
        "sponsor: cmo\n    adopted",
        "ended: 2025-12-31\n    outcome: replaced\n    successor: hsmr-80\n    adopted",
        "unknown-aim",
        "hsmr-80 is not among the aims",
    ),
    (
        "routes:\n",
        "parameters: {MIL-01.day: 10}\nroutes:\n",
        "unknown-parameter",
        "did you mean MIL-01.days?",
    ),
    (
        "routes:\n",
        "parameters: {nonsense: 10}\nroutes:\n",
        "unknown-parameter",
        "no expectation has a parameter nonsense; there are ",
    ),
    (
        "routes:\n",
        "parameters: {MIL-01.days: 91}\nroutes:\n",
        "parameter-range",
        "MIL-01.days is 91, allowed is 0 to 90",
    ),
    (
        "sponsor: cmo\n    adopted",
        "parameters: {MIL-01.days: 91}\n    adopted",
        "parameter-range",
        "aim hsmr-88: parameters: MIL-01.days: MIL-01.days is 91, allowed is 0 to 90",
    ),
    (
        "owner: cmo",
        "owner: cmo, parameters: {DAT-02.dayz: 5}",
        "unknown-parameter",
        "measure hsmr: parameters: DAT-02.dayz: no expectation has",
    ),
    (
        "routes:\n",
        "rules: {MIL-99: off}\nroutes:\n",
        "unknown-expectation",
        "there is no expectation MIL-99; did you mean MIL-0",
    ),
    ("owner: cmo", "owner: cmo, rebase: [2025-W07]", "period", "'2025-W07' is no month"),
    (
        "owner: cmo",
        "owner: cmo, rebase: [2025-07, 2025-02]",
        "rebase",
        "2025-02 does not come after 2025-07",
    ),
    ("owner: cmo", "owner: cmo, monthly_proxy: smr", "unknown-measure", "monthly_proxy: smr"),
    ("owner: cmo", "owner: cmo, monthly_proxy: hsmr", "proxy", "cannot stand in for itself"),
    ("start: 2024-11\n", "start: 2024-11\n    partners: [ann]\n", "unknown-person", "ann is not"),
    ("start: 2024-11\n", "start: 2024-11\n    balancing: [los]\n", "unknown-measure", "los is not"),
    (
        "start: 2024-11\n",
        "start: 2024-11\n    balancing: [hsmr]\n",
        "balancing",
        "judged on hsmr already",
    ),
    ("minute: 24/117", "minute: x, deadline: 2025-Q4", "period", "adopted: deadline: '2025-Q4'"),
    ("minute: 24/117", "minute: x, target: [1, 2]", "target-shape", "adopted: target: an aim to"),
    (
        "leader: sister",
        "allocations: [{person: nobody, fte: 0.5}]",
        "unknown-person",
        "project sepsis-ed: allocations: 0: person: nobody",
    ),
    (
        "leader: sister",
        "allocations: [{person: cmo, fte: 0.5}, {person: cmo, fte: 0.1}]",
        "allocated-twice",
        "cmo has time on the project twice",
    ),
    (
        "leader: sister",
        "chartered_on: 2025-12-01",
        "dates",
        "chartered (2025-12-01) after it ends (2025-10-31)",
    ),
]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("allocations: [{person: cmo, fte: 1.2}]", "fte: time is a part of full time, 0 to 1"),
        ("allocations: [{person: cmo, fte: -0.1}]", "fte: time is a part of full time, 0 to 1"),
        ("allocations: [{person: cmo, fte: 1, planned: 2}]", "planned: time is a part of full"),
        (
            "savings: {amount: -1, currency: GBP, claimed_on: 2025-01-01}",
            "amount: an amount of savings is not negative (here -1)",
        ),
        ("savings: {amount: 1, currency: pounds, claimed_on: 2025-01-01}", "like GBP"),
        ("savings: {amount: 1, currency: GBP}", "`claimed_on` is missing"),
        ("review_every_days: 0", "greater than or equal to 1"),
        ("allocations: [{person: cmo, ft: 1}]", "did you mean `fte`?"),
    ],
)
def test_a_value_of_a_project_that_cannot_be_is_refused(said: str, words: str) -> None:
    with pytest.raises(PlanError) as trouble:
        load(SHORT.replace("leader: sister", said, 1))
    assert words in " ".join(str(finding) for finding in trouble.value.findings)


@pytest.mark.parametrize("said", ["profile: quiet", "rules: {MIL-01: loud}", "rules: {mil: off}"])
def test_a_profile_and_a_switch_are_of_the_known_ones(said: str) -> None:
    with pytest.raises(PlanError):
        load(f"{SHORT}{said}\n")


@pytest.mark.parametrize(("old", "new", "code", "words"), ERRORS)
def test_an_error_is_found(old: str, new: str, code: str, words: str) -> None:
    assert old in SHORT
    text = SHORT.replace(old, new, 1)
    found = [f for f in _findings(text) if f.level is Level.ERROR and f.code == code]
    assert found, [str(finding) for finding in _findings(text)]
    assert words in found[0].message
    assert found[0].line is not None
    with pytest.raises(PlanError) as trouble:
        load(text)
    assert found[0] in trouble.value.findings


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("messages_a_week: 0", "greater than or equal to 1"),
        ("messages_a_week: 101", "less than or equal to 100"),
        ("digest_hour: 24", "less than or equal to 23"),
    ],
)
def test_how_somebody_is_told_has_its_range(said: str, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        load(SHORT.replace("roles: [owner]}", f"roles: [owner], {said}}}", 1))


def test_a_parameter_is_found_at_its_place_in_the_file_and_may_stand_on_its_limit() -> None:
    tuned = SHORT.replace("routes:\n", "parameters:\n  MIL-01.days: 90\n  x: 1\nroutes:\n")
    (found,) = _findings(tuned)
    assert found.pointer == "#/parameters/x"
    assert tuned.splitlines()[(found.line or 0) - 1] == "  x: 1"


WARNINGS = [
    ("sponsor: cmo\n    adopted", "adopted", "incomplete", "no sponsor"),
    ("    measure: hsmr\n", "", "incomplete", "no measure"),
    ("    adopted: {by: Board, on: 2024-11-01, minute: 24/117}\n", "", "not-adopted", "adopted"),
    ("effect: 15", "effect: 6", "gap-not-covered", "promise 6 of the 15"),
    ("belief: 0.75", "belief: null", "no-prediction", "no belief predicted"),
    (
        "effect: 15, ",
        "",
        "coverage-unknown",
        "cannot be computed: sepsis-ed predicts no effect for hsmr-88/sepsis",
    ),
    (
        "belief: 0.75",
        "belief: 0.6",
        "gap-not-believed",
        "promise 9 of the 15 that the target asks for (0.60, wanted 0.7)",
    ),
    (
        "leader: sister",
        "leader: sister\n    allocations: [{person: sister, fte: 0.3, planned: 0.5}]",
        "overloaded",
        "sister has 0.3 of the 0.5 planned for sepsis-ed",
    ),
    (
        "start: 2024-11\n",
        "start: 2024-11\n    partners: [sister]\n",
        "no-partner",
        "sister does not have the role `partner`",
    ),
    (
        "share: 0.6",
        "share: 1, site: system}\n      - {id: b, name: B, share: 0.2",
        "shares",
        "add up to 1.20",
    ),
    ("driver: hsmr-88/sepsis", "driver: hsmr-88/ward", "driver-without-project", "no project"),
    (
        "serves: [{driver: hsmr-88/sepsis, effect: 15, reach: 1, belief: 0.75}]",
        "serves: []",
        "project-without-driver",
        "strategic: false",
    ),
    ("due: 2025-02-28", "due: 2026-02-28", "milestone-outside", "outside the project's dates"),
    (", rollup: sum", "", "no-system-value", "fed directly"),
    ("sites: [royal], ", "", "no-sites", "none are listed"),
    (
        "id: cmo, name: Chief medical officer",
        "id: cmo, ended: 2025-01-01, name: x",
        "person-left",
        "cmo has left on 2025-01-01",
    ),
    ("email: sister@", "email: CMO@", "same-address", "same address"),
    ("{value: 103}", "{from: 2024-01, to: 2024-11}", "baseline-overlaps", "runs into the aim"),
    ("{value: 103}", "{from: 2024-01, to: 2024-10}", "baseline-part-year", "not of whole years"),
    ("value: 88}", "value: 90}", "path-misses-target", "ends at 90"),
    ("owner: cmo, sites", "owner: cmo, definition: 2, sites", "old-definition", "definition 1"),
    (
        "sponsor: cmo\n    adopted",
        "ended: 2025-12-31\n    sponsor: cmo\n    adopted",
        "outcome",
        "say how it ended",
    ),
    (
        "leader: sister",
        "leader: sister\n    state: completed",
        "no-sustainer",
        "nobody keeps up what it won",
    ),
    (
        "leader: sister",
        "leader: sister\n    review: board",
        "no-board-dates",
        "the organisation has no `board_meetings`",
    ),
    (
        "roles: [owner]}",
        "roles: [owner], away: [{from: 2025-01-02, to: 2025-01-09}]}",
        "no-cover",
        "nobody covers",
    ),
    (
        "sponsor: cmo\n    adopted",
        "ended: 2025-12-31\n    outcome: missed\n    sponsor: cmo\n    adopted",
        "no-minute",
        "name the minute",
    ),
    (
        "sponsor: cmo\n    adopted",
        "ended: 2025-12-31\n    outcome: replaced\n    sponsor: cmo\n    adopted",
        "no-successor",
        "takes its place",
    ),
]


@pytest.mark.parametrize(("old", "new", "code", "words"), WARNINGS)
def test_a_doubt_is_told_and_does_not_refuse(old: str, new: str, code: str, words: str) -> None:
    assert old in SHORT
    text = SHORT.replace(old, new, 1)
    found = _findings(text)
    assert [f for f in found if f.code == code and words in f.message], [str(f) for f in found]
    assert all(finding.level is Level.WARNING for finding in found)
    load(text)


def test_several_primary_measures_are_refused() -> None:
    judged = (
        "{measure: hsmr, target: 88, primary: true}, {measure: bundle, target: 0.9, primary: true}"
    )
    start = SHORT.index("    measure: hsmr\n")
    text = (
        SHORT[:start] + f"    measures: [{judged}]\n" + SHORT[SHORT.index("    start: 2024-11\n") :]
    )
    text = text.replace(
        "    path: [{period: 2025-03, value: 99}, {period: 2025-12, value: 88}]\n", ""
    )
    codes = [finding.code for finding in _findings(text)]
    assert "several-primary" in codes


def test_two_aims_for_one_measure_at_one_time_overlap() -> None:
    start, end = SHORT.index("  - id: hsmr-88"), SHORT.index("projects:")
    second = SHORT[start:end].replace("id: hsmr-88", "id: hsmr-85")
    text = SHORT[:end] + second + SHORT[end:]
    assert "overlapping-aims" in {finding.code for finding in _findings(text)}
    later = (
        text[:end]
        + second.replace("2025-12", "2026-12")
        .replace("start: 2024-11", "start: 2026-01")
        .replace("2025-03", "2026-03")
        + SHORT[end:]
    )
    assert "overlapping-aims" not in {finding.code for finding in _findings(later)}


def test_a_within_aim_has_two_numbers_and_no_sides() -> None:
    text = SHORT.replace("name: Fewer deaths", "name: Occupancy\n    intent: within").replace(
        "target: 88", "target: [80, 92]", 1
    )
    assert [f for f in _findings(text) if f.level is Level.ERROR] == []
    assert load(text).aims["hsmr-88"].measures[0].target == (80, 92)
    assert "target-shape" in {f.code for f in _findings(text.replace("[80, 92]", "[92, 80]"))}


def test_findings_stand_in_the_order_of_the_file() -> None:
    text = SHORT.replace("leader: sister", "leader: b").replace("owner: cmo", "owner: a")
    lines = [finding.line for finding in _findings(text)]
    assert len(lines) == 2
    assert lines == sorted(lines, key=lambda line: line or 0)
    pointers = [finding.pointer for finding in _findings(text)]
    assert pointers == ["#/measures/0/owner", "#/projects/0/leader"]


_LONGER = """  - id: longer
    name: Fewer deaths, later
    measure: hsmr
    baseline: {value: 103}
    target: 88
    start: 2024-11
    deadline: %s
    sponsor: cmo
    adopted: {by: Board, on: 2025-12-01, minute: 25/200}
projects:"""
_EXTENDED = "ended: 2025-12-31\n    outcome: extended\n    minute: 25/201\n"


@pytest.mark.parametrize(
    ("deadline", "found"),
    [("2026-12", []), ("2025-12", ["successor"]), ("2025-06", ["successor"])],
)
def test_an_aim_is_extended_by_one_with_a_later_deadline(deadline: str, found: list[str]) -> None:
    closed = f"{_EXTENDED}    successor: longer\n    adopted"
    text = SHORT.replace("adopted", closed).replace("projects:", _LONGER % deadline)
    errors = [each for each in _findings(text) if each.level is Level.ERROR]
    assert [each.code for each in errors] == found
    assert all(f"later deadline than {'2025-12'}" in each.message for each in errors)


@pytest.mark.parametrize(
    ("leave", "code"),
    [
        ("{from: 2026-12-07, to: 2026-12-18, cover: sister}", None),
        ("{from: 2026-12-07, to: 2026-12-06, cover: sister}", "dates"),
        ("{from: 2026-12-07, to: 2026-12-18, cover: cmo}", "cover"),
        ("{from: 2026-12-07, to: 2026-12-18, cover: nobody}", "unknown-person"),
    ],
)
def test_a_leave_is_covered_by_somebody_else(leave: str, code: str | None) -> None:
    text = SHORT.replace("roles: [executive]", f"roles: [executive], away: [{leave}]")
    assert [each.code for each in _findings(text)] == ([code] if code else [])


def test_an_aim_that_is_extended_by_none_is_doubtful() -> None:
    text = SHORT.replace("adopted", f"{_EXTENDED}    adopted")
    assert "no-successor" in {each.code for each in _findings(text)}
