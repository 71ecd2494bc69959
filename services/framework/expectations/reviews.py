"""Oversight: are projects (REV-01) and aims (REV-02) reviewed, and do reviews answer (REV-03)?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from services.framework.cadence import Due, before_the_board, meetings_from, once_back
from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Ladder,
    Parameter,
    Situation,
    Sureness,
    Words,
    awaiting,
    climbed,
    parameter,
    passed,
    tripped,
)
from services.framework.expectations.projects import idle
from services.framework.facts import Review, ReviewAction, Role
from services.framework.judgement import Input, Severity, SubjectKind
from services.framework.leave import standing_in
from services.framework.plan import Aim, Project, ProjectState
from services.framework.texts import listed

REV_01 = Expectation(
    id="REV-01",
    title="Review overdue",
    asks="Hold the review, and record its answers.",
    text="An executive reviews every active strategic project at its cadence, or, where it follows "
    "the board, before each of its meetings.",
    source="IHI, Executive Review of Improvement Projects; NIATx; the number of days is ours",
    sureness=Sureness.READ,
    kind=SubjectKind.PROJECT,
    severity=Severity.WARN,
    audience=("sponsor", "executive"),
    clears="when a review by the sponsor, who covers for them, or an executive is recorded, or it "
    "is decided whether what was paused goes on",
    parameters=(
        Parameter("days", 35, 7, 180, "days between reviews, where the project says no others"),
        Parameter("board_days", 7, 0, 60, "days before the board meets, for one that follows it"),
        Parameter("back_days", 7, 0, 30, "days from a sponsor's return on, whom nobody covered"),
    ),
)

REV_02 = Expectation(
    id="REV-02",
    title="Board review overdue",
    asks="Put the aim before the board, and record what it decided.",
    text="The board reviews every active aim.",
    source="Seven Leadership Leverage Points (2008), points 1 and 2; the number of days is ours",
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("board",),
    clears="when a review of the aim is recorded",
    parameters=(
        Parameter("days", 100, 14, 400, "days between reviews by the board"),
        Parameter("monthly_days", 45, 14, 400, "the same, where the board meets monthly"),
    ),
)

REV_03 = Expectation(
    id="REV-03",
    title="Review not followed through",
    asks="Answer both questions of the review, and close its overdue actions.",
    text="A review answers both questions, and its actions are done in time.",
    source="Seven Leadership Leverage Points (2008), points 2 and 3; the number of days is ours",
    sureness=Sureness.HIGH,
    kind=SubjectKind.PROJECT,
    also=SubjectKind.AIM,
    severity=Severity.WATCH,
    audience=("sponsor",),
    clears="when the next review answers both, or the action is done",
    parameters=(Parameter("days", 14, 0, 180, "days that an action may be overdue"),),
)

BOARD = "board"
MONTHLY = 35
"""A board that meets at least so often, in days, meets monthly."""
_DAY = timedelta(days=1)
_LEADING = frozenset({"executive", "admin"})


def project_is_reviewed(situation: Situation) -> Iterable[Finding]:
    """REV-01: a review counts if its reviewer sponsors the project, covers for the sponsor on that
    day, is an executive, or is unnamed.

    Before the first review time runs from the start, after a pause from the return to work. One
    that falls due while the sponsor is away and nobody covers is due after the return, sixty days
    later at most. Nothing is asked of a project that is paused, until the day that the pause names:
    then it is to be decided anew.
    """
    project, about = situation.plan.projects[situation.subject.id], str(situation.subject)
    at_rest = idle(situation, project) if project.strategic else "Local improvement."
    if at_rest is not None:
        yield _while_at_rest(situation, project, at_rest)
        return
    held = [r for r in situation.reviews.get(about, ()) if _counts(situation, project, r)]
    begun = situation.roster.standing(project).since or project.start
    since = max((d for d in (held[-1].on if held else None, begun) if d is not None), default=None)
    if since is None:
        yield Finding(awaiting(REV_01, about, f"{project.name} says not when it began."))
        return
    reviewed, days = bool(held) and held[-1].on == since, _days_between(situation, project)
    due = _due(situation, project, since, days, reviewed=reviewed)
    inputs: dict[str, Input] = {"since": since.isoformat(), "days": days, "reviews": len(held)}
    if due.meeting is not None or due.waited:
        inputs["due"] = due.on.isoformat()
    last = f"was last reviewed on {since}" if reviewed else "was not reviewed"
    words = Words(about, f"{project.name} {last}.", _overdue(project, last, since, days, due))
    yield climbed(situation, REV_01, Ladder(since, due.on + _DAY, None), words, inputs)


def _while_at_rest(situation: Situation, project: Project, why: str) -> Finding:
    """Nothing is asked, unless a pause says until when: from that day on it is decided anew."""
    about = str(situation.subject)
    told = situation.roster.states.get(project.id, ())
    pause = told[-1] if told and project.strategic else None
    if pause is None or pause.until is None or pause.state is not ProjectState.PAUSED:
        return Finding(passed(REV_01, about, why))
    inputs: dict[str, Input] = {"since": pause.on.isoformat(), "until": pause.until.isoformat()}
    words = Words(
        about,
        f"{project.name} is paused until {pause.until}.",
        f"{project.name} was paused from {pause.on} until {pause.until}; whether it goes on is to "
        "be decided anew.",
    )
    return climbed(situation, REV_01, Ladder(pause.on, pause.until, None), words, inputs)


def _days_between(situation: Situation, project: Project) -> float:
    """The project's own cadence, or that of the board which it follows, or the plan's."""
    board = situation.plan.organisation.board_meets_days if project.review == BOARD else None
    return project.review_every_days or board or parameter(situation, REV_01, "days")


def _due(
    situation: Situation, project: Project, since: date, days: float, *, reviewed: bool
) -> Due:
    """When the next review is due: before the board meets, where the project follows it and its
    dates are known, else after so many days; later where the sponsor is away and nobody covers."""
    due: Due | None = None
    if project.review == BOARD:
        notice = int(parameter(situation, REV_01, "board_days"))
        organisation = situation.plan.organisation
        due = before_the_board(organisation, since, notice, reviewed=reviewed)
    sponsor = situation.roster.holder(project, Role.SPONSOR).person
    grace = int(parameter(situation, REV_01, "back_days"))
    return once_back(situation.plan, sponsor, due or Due(since + timedelta(int(days))), grace)


def _overdue(project: Project, last: str, since: date, days: float, due: Due) -> str:
    text = last if "last" in last else f"{last} since {since}"
    when = f"every {days:g} days"
    if due.meeting is not None:
        when = f"before the board's meeting of {due.meeting}"
    waited = f"; its sponsor was away, and waited for until {due.on}" if due.waited else ""
    return f"{project.name} {text}; a review is due {when}{waited}."


def _counts(situation: Situation, project: Project, review: Review) -> bool:
    if review.reviewer is None:
        return True
    known = situation.plan.people.get(review.reviewer)
    sponsor = situation.roster.holder(project, Role.SPONSOR).person
    if known is not None and _LEADING.intersection(known.roles):
        return True
    stands_in = sponsor is not None and standing_in(situation.plan, sponsor, review.on)
    return review.reviewer in (sponsor, stands_in)


def aim_is_reviewed(situation: Situation) -> Iterable[Finding]:
    """REV-02: time runs from the last review of the aim, else from its adoption, else its start.

    Where the dates of the board's meetings are declared, it is not due before the first of them
    after that time began, unless that is more than twice as long away.
    """
    aim, about = situation.plan.aims[situation.subject.id], str(situation.subject)
    held = situation.reviews.get(about, ())
    since = held[-1].on if held else _begun(aim)
    if since is None:
        yield Finding(awaiting(REV_02, about, "The aim says not when it begins."))
        return
    meets = situation.plan.organisation.board_meets_days
    often = meets is not None and meets <= MONTHLY
    days = parameter(situation, REV_02, "monthly_days" if often else "days")
    inputs: dict[str, Input] = {"since": since.isoformat(), "days": days, "reviews": len(held)}
    due, when = since + timedelta(int(days)), f"is due every {days:g} days"
    meeting = next(meetings_from(situation.plan.organisation, since + _DAY), None)
    if meeting is not None and due < meeting <= since + timedelta(2 * int(days)):
        due, when = meeting, f"was due at the meeting of {meeting}"
        inputs["due"] = due.isoformat()
    words = Words(
        about,
        f"{'Reviewed' if held else 'To be reviewed; it began'} on {since}.",
        f"{aim.name} has not been before the board since {since}; it {when}.",
    )
    yield climbed(situation, REV_02, Ladder(since, due + _DAY, None), words, inputs)


def _begun(aim: Aim) -> date | None:
    if aim.adopted is not None:
        return aim.adopted.on
    return aim.start.start if aim.start else None


def review_is_followed_through(situation: Situation) -> Iterable[Finding]:
    """REV-03: the latest review's answers, and every action that is too long overdue.

    An older review that left a question open is made good by the next. Nothing is asked of a
    project that is not at work.
    """
    about = str(situation.subject)
    project = situation.plan.projects.get(situation.subject.id)
    if situation.subject.kind is SubjectKind.PROJECT and project is not None:
        at_rest = idle(situation, project)
        if at_rest is not None:
            yield Finding(passed(REV_03, about, at_rest))
            return
    unanswered = list(_unanswered(situation, about))
    overdue, next_at = _late_actions(situation, about)
    faults = [*unanswered, *(f"{a.text!r} was due on {a.due}" for a in overdue)]
    inputs: dict[str, Input] = {"unanswered": len(unanswered), "overdue": len(overdue)}
    if not faults:
        yield Finding(passed(REV_03, about, "Nothing of a review is open.", inputs), next_at)
        return
    text = listed(faults)
    reason = f"{text[0].upper()}{text[1:]}."
    yield Finding(tripped(REV_03, about, reason, inputs), next_at)


def _unanswered(situation: Situation, about: str) -> Iterator[str]:
    held = situation.reviews.get(about, ())
    if not held:
        return
    last = held[-1]
    if not last.executing:
        yield f"the review of {last.on} does not say whether the strategy is executed"
    if not last.working:
        yield f"the review of {last.on} does not say whether it works"


def _late_actions(situation: Situation, about: str) -> tuple[list[ReviewAction], datetime | None]:
    """The actions that are too long overdue, and when the next one would be."""
    days = int(parameter(situation, REV_03, "days"))
    open_ = [a for a in _actions(situation, about) if a.due is not None]
    trips = {a.id: a.due + timedelta(days=days + 1) for a in open_ if a.due is not None}
    late = [a for a in open_ if trips[a.id] <= situation.today]
    return late, situation.next_of(*trips.values())


def _actions(situation: Situation, about: str) -> list[ReviewAction]:
    """The subject's actions as last told, of which none is done by today."""
    latest: dict[str, ReviewAction] = {}
    for action in situation.facts.actions:
        if action.subject == about and action.on <= situation.today:
            latest[action.id] = action
    today = situation.today
    return [a for a in latest.values() if a.done_on is None or a.done_on > today]
