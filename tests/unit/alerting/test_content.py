"""What a message says: each line of it, for each status and each kind of finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.alerting.content import HEADLINES, of_finding, of_status
from services.alerting.lifecycle import Change, Decision, decide_status
from services.framework.evaluate import evaluate
from services.framework.facts import Facts
from services.framework.judgement import (
    Forecast,
    Link,
    Outcome,
    Severity,
    Status,
    Subject,
    Verdict,
)
from services.framework.plan import Driver, Milestone, Person, Plan, Project, Serve
from services.notify.mail import compose
from services.ports.delivery import Letter, Part, Slot
from services.rendering.letter import LetterWriter
from tests.unit.framework.builders import A2, a_measure, a_plan, an_aim, at, day, month, values

_FIGURES = ("Period", "Value", "Path", "Target")
NAMES = {"cmo": "Ada Cole", "sister": "Bea Dunn", "lead": "Cy Ellis"}
LINK = Link("project", "p", "Sepsis six", "no leader since 2025-01-10", "project sponsor", "Cy E.")


def _plan(**changes: Any) -> Plan:
    plan = a_plan(an_aim(drivers=()), a_measure(unit="ratio"))
    people = {i: Person(i, name, f"{i}@x.example") for i, name in NAMES.items()}
    return replace(plan, people=people, **changes)


def _verdict(status: Status, **changes: Any) -> Verdict:
    plain = Verdict(
        status,
        "4.6 behind the path.",
        since=month("2025-03"),
        period=month("2025-04"),
        value=99.0,
        expected=94.43,
        target=88.0,
        baseline=100.0,
        probability=0.127,
        would_change="88.1 or better in 2025-05 would end it.",
        chain=(LINK,),
    )
    return replace(plain, **changes)


def _said(verdict: Verdict, change: Change = Change.OPEN) -> dict[str, Any]:
    plan = _plan()
    return of_status(plan, plan.aims["a"], verdict, Decision(change, "why", status=verdict.status))


@pytest.mark.parametrize(
    ("status", "change", "state", "asked"),
    [
        (Status.OFF_TRACK, Change.OPEN, "Off track", "Decide with the aim's team what to change"),
        (Status.DETERIORATING, Change.STEP, "Deteriorating", "what made it worse"),
        (Status.SLIPPING, Change.OPEN, "Slipping", "Decide who restores the gain"),
        (Status.MISSED, Change.STEP, "Missed", "The board decides"),
        (Status.ON_TRACK, Change.RESOLVE, "Back on track", "Nothing is asked"),
        (Status.HOLDING, Change.RESOLVE, "Holding", "Nothing is asked"),
        (Status.ACHIEVED, Change.ANNOUNCE, "Achieved", "Nothing is asked"),
        (Status.ACHIEVED, Change.RESOLVE, "Achieved", "Nothing is asked"),
        (Status.CLOSE, Change.ANNOUNCE, "Close", "Nothing is asked"),
    ],
)
def test_each_status_has_its_word_and_what_it_asks(
    status: Status, change: Change, state: str, asked: str
) -> None:
    content = _said(_verdict(status), change)
    assert content["state"] == state
    assert asked in content["asked"]
    assert content["trouble"] is (change in {Change.OPEN, Change.STEP}), "as a room shows it"


def test_every_status_that_is_told_says_what_it_asks() -> None:
    for status in Status:
        if decide_status(None, _verdict(status)).tells and status.is_bad:
            assert "Nothing" not in _said(_verdict(status))["asked"], status


def test_the_number_stands_against_the_path_and_the_target() -> None:
    assert _said(_verdict(Status.OFF_TRACK))["figures"] == [
        ["Period", "2025-04"],
        ["Value", "99.0 ratio"],
        ["Path", "94.4 ratio"],
        ["Target", "88.0 ratio"],
        ["Chance of reaching it", "13%"],
    ]


def test_the_forecast_stands_with_its_interval_and_its_date() -> None:
    ahead = Forecast(month("2025-12"), 96.2, (92.1, 101), (90, 104), 0.127)
    figures = _said(_verdict(Status.OFF_TRACK, forecast=ahead))["figures"]
    assert ["Forecast", "96.2 ratio (92.1 to 101.0) by 2025-12"] in figures


@pytest.mark.parametrize(
    ("changes", "labels"),
    [
        ({"probability": None}, ["Period", "Value", "Path", "Target"]),
        ({"expected": None, "probability": None}, ["Period", "Value", "Target"]),
        ({"value": None, "period": None, "probability": None}, ["Path", "Target"]),
        (
            {"value": 0.0, "probability": 0.0},
            ["Period", "Value", "Path", "Target", "Chance of reaching it"],
        ),
    ],
)
def test_a_figure_that_is_not_known_is_left_out_and_nought_is_known(
    changes: dict[str, Any], labels: list[str]
) -> None:
    figures = _said(_verdict(Status.OFF_TRACK, **changes))["figures"]
    assert [label for label, _ in figures] == labels


def test_a_target_to_stay_within_says_both_ends() -> None:
    """With decimals that tell a hundredth of its width, wherever the baseline lay."""
    for baseline in (5.0, 40.0):
        said = _said(_verdict(Status.OFF_TRACK, target=(3.0, 7.5), baseline=baseline))
        assert dict(said["figures"])["Target"] == "3.00 to 7.50 ratio"


def test_an_executive_is_told_the_role_and_never_the_person() -> None:
    content = _said(_verdict(Status.OFF_TRACK))
    assert content["links"] == [
        {
            "kind": "project",
            "name": "Sepsis six",
            "problem": "no leader since 2025-01-10",
            "role": "project sponsor",
            "above": [],
            "stake": None,
            "closes": None,
        }
    ]
    assert "Cy E." not in str(content)


def test_an_aim_that_is_not_seen_says_since_when() -> None:
    content = _said(_verdict(Status.OFF_TRACK, blind_since=month("2025-05")))
    assert content["blind_since"] == "2025-05"
    assert _said(_verdict(Status.OFF_TRACK))["blind_since"] is None


def test_an_aim_without_a_measure_can_still_be_told() -> None:
    plan = _plan(aims={"a": an_aim(measures=())})
    verdict = Verdict(Status.MISSED, "Its deadline passed.")
    content = of_status(plan, plan.aims["a"], verdict, Decision(Change.OPEN, "why"))
    assert (content["figures"], content["since"]) == ([], None)


@pytest.mark.parametrize(
    ("subject", "expectation", "about", "path", "headline"),
    [
        ("aim:a", "AIM-01", "Fewer deaths", "/aims/a", "Aim incomplete"),
        ("aim:a", "PRT-01", "Fewer deaths", "/aims/a", "Driver without a project"),
        ("measure:m", "DAT-01", "Deaths", None, "Data late"),
        ("measure:m", "DAT-02", "Deaths", None, "No data"),
        ("project:p", "PRJ-02", "Sepsis six", "/projects/p", "Role vacant"),
        ("project:p", "MIL-01", "Sepsis six", "/projects/p", "Milestone late"),
        ("project:gone", "MIL-01", "gone", "/projects/gone", "Milestone late"),
    ],
)
def test_a_finding_names_what_it_is_about_and_asks_for_one_thing(
    subject: str, expectation: str, about: str, path: str | None, headline: str
) -> None:
    project = Project("p", "Sepsis six", day("2024-11-01"), day("2025-12-31"))
    plan = _plan(projects={"p": project})
    since = at("2025-02-08T09:00")
    outcome = Outcome(expectation, subject, True, "It is so.", Severity.WARN, since)
    opened = of_finding(plan, Subject.parse(subject), outcome, Decision(Change.OPEN, "why"))
    assert (opened["about"], opened["path"], opened["state"]) == (about, path, headline)
    assert (opened["reason"], opened["since"]) == ("It is so.", "2025-02-08")
    assert opened["asked"].endswith(".")
    over = of_finding(plan, Subject.parse(subject), outcome, Decision(Change.RESOLVE, "why"))
    assert (over["state"], over["asked"]) == ("Resolved", "Nothing more is asked.")
    assert (opened["trouble"], over["trouble"]) == (True, False)


def test_a_finding_that_got_worse_says_so_and_a_first_word_does_not() -> None:
    outcome = Outcome("MIL-01", "project:p", True, "It is so.", Severity.CRIT)
    states = [
        of_finding(_plan(), Subject.parse("project:p"), outcome, Decision(*said))["state"]
        for said in (
            (Change.OPEN, "why", Severity.CRIT),
            (Change.STEP, "why", Severity.WARN),
            (Change.STEP, "why", Severity.CRIT),
        )
    ]
    assert states == [
        "Milestone late",
        "Milestone late, now a warning",
        "Milestone late, now critical",
    ]


def test_the_day_is_the_organisations_own() -> None:
    """Midnight of 1 April in London's summer time is still 31 March in UTC."""
    outcome = Outcome("PRT-01", "aim:a", True, "It is so.", Severity.WARN, at("2025-03-31T23:00"))
    plan = _plan()
    assert plan.zone.key == "Europe/London"
    content = of_finding(plan, Subject.parse("aim:a"), outcome, Decision(Change.OPEN, "why"))
    assert content["since"] == "2025-04-01"


def test_every_expectation_that_can_be_told_has_a_headline_and_a_request() -> None:
    plan = _plan()
    for expectation in HEADLINES:
        outcome = Outcome(expectation, "aim:a", True, "why", Severity.WARN)
        content = of_finding(plan, Subject.parse("aim:a"), outcome, Decision(Change.OPEN, "why"))
        assert content["asked"], expectation


def _mail() -> Letter:
    """The mail of an aim that truly went off, with a late milestone and a vacancy below it."""
    project = Project(
        "p",
        "Sepsis six",
        day("2024-11-01"),
        day("2025-12-31"),
        sponsor="lead",
        leader="sister",
        serves=(Serve("a/d"),),
        milestones=(Milestone("pilot", "p", "Pilot on two wards", day("2025-01-31")),),
    )
    drivers = (Driver("d", "a", "Sepsis", linked_on=day("2024-11-01")),)
    plan = _plan(aims={"a": an_aim(21.0, drivers=drivers)}, projects={"p": project})
    facts = Facts(values(A2[:19]))
    judged = evaluate(plan, facts, Subject.parse("aim:a"), at("2025-08-20T12:00"))
    assert judged.verdict is not None
    content = of_status(plan, plan.aims["a"], judged.verdict, decide_status(None, judged.verdict))
    slot = Slot(1, "cmo", "mail", "<one@x.example>", 1, (Part(7, 3, 1, 1, content),))
    return LetterWriter("https://x.example", "x.example")(slot)


def test_the_mail_has_every_line_that_an_executive_needs() -> None:
    lines = _mail().text.splitlines()
    assert lines[0] == "DETERIORATING: Fewer deaths"
    assert "Since July 2025." in lines[2]
    said = [line.strip() for line in lines]
    figures = [line.partition(":")[0] for line in said if line.partition(":")[0] in _FIGURES]
    assert figures[:4] == ["Period", "Value", "Path", "Target"]
    assert "Value: 55.0 ratio" in said
    assert "Target: 21.0 ratio" in said
    (weakest,) = [line for line in said if line.startswith("- ")]
    assert weakest == (
        "- Sepsis ◀ Sepsis six ◀ Milestone “Pilot on two wards”: due 31 January 2025, "
        "not done (Sepsis six) (project leader)."
    )
    assert "Closed by its completion, or a new date with a reason." in said
    assert [line for line in said if line.startswith("What is asked of you: ")]


def test_the_mail_has_one_link_and_no_persons_name() -> None:
    letter = _mail()
    assert letter.text.count("http") == 1
    assert letter.text.splitlines()[-1] == "Review and acknowledge: https://x.example/aims/a"
    assert letter.html.count("href=") == letter.html.count("http") == 1
    mail = bytes(compose(letter, "bigdot@x.example", "cmo@x.example", None)).decode()
    for name in NAMES.values():
        assert name not in mail
