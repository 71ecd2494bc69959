"""Whether what is declared is whole, and whether the projects could be enough.

The thresholds are those of the expectations that would speak later: PRT-01, PRT-02, PRT-03, PRT-04
and CAP-01 of the catalogue; here they only warn.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from services.framework.coverage import (
    BELIEVED,
    ENOUGH,
    Held,
    coverage_of,
    declared_to_count,
    gap_of,
    loads,
    stretched,
)
from services.framework.plan import SYSTEM, Intent, ProjectState
from services.planning.checks.book import Book, Note, doubtful, is_live, period_or_none, wrong
from services.planning.declared import primary
from services.planning.parts import AimPart, ProjectPart
from services.planning.source import Where

_ROUNDING = 0.005
_GOES_ON = {"replaced": "takes its place", "extended": "goes on with a later deadline"}
"""What an aim's successor does, by the outcome that names one."""


def wholeness(book: Book) -> Iterator[Note]:
    """What a live aim lacks of measure, target, baseline, dates, sponsor and adoption."""
    for aim in book.live_aims:
        at = ("aims", aim.id)
        for message in _lacking(aim):
            yield doubtful("incomplete", message, *at)
        if aim.adopted is None:
            yield doubtful("not-adopted", "no governing body has adopted the aim", *at)


def _lacking(aim: AimPart) -> Iterator[str]:
    if not aim.judged:
        yield "no measure: the aim cannot be judged"
    for key in ("start", "deadline", "sponsor"):
        if getattr(aim, key) is None:
            yield f"the aim has no {key}"
    for part in aim.judged:
        if part.target is None:
            yield f"no target for {part.measure}"
        if part.baseline is None and aim.intent is Intent.IMPROVE:
            yield f"no baseline for {part.measure}"


def endings(book: Book) -> Iterator[Note]:
    """An aim that ends says how, and an outcome belongs to an end."""
    for aim in book.document.aims:
        at = ("aims", aim.id)
        if aim.outcome is not None and aim.ended is None:
            yield wrong(
                "outcome", "`outcome` goes with the day it was decided, `ended`", *at, "outcome"
            )
        if aim.ended is not None and aim.outcome is None:
            message = "say how it ended: outcome reached, missed, extended, replaced or withdrawn"
            yield doubtful("outcome", message, *at, "ended")
        if aim.outcome is not None and aim.minute is None:
            message = "name the minute by which the governing body decided the end"
            yield doubtful("no-minute", message, *at, "outcome")
        yield from _succession(book, aim)


def _succession(book: Book, aim: AimPart) -> Iterator[Note]:
    """An aim that is replaced or extended names another one of the plan, and no other end does."""
    at = ("aims", aim.id)
    if aim.successor is None:
        if aim.outcome in _GOES_ON:
            message = f"name the aim that {_GOES_ON[aim.outcome]}, `successor`"
            yield doubtful("no-successor", message, *at, "outcome")
        return
    if aim.outcome not in _GOES_ON:
        message = "`successor` goes with `outcome: replaced` or `extended`"
        yield wrong("successor", message, *at, "successor")
    elif aim.successor == aim.id:
        yield wrong("successor", "an aim cannot take its own place", *at, "successor")
    elif all(aim.successor != other.id for other in book.document.aims):
        message = f"{aim.successor} is not among the aims of the plan"
        yield wrong("unknown-aim", message, *at, "successor")
    elif aim.outcome == "extended":
        yield from _extension(book, aim, book.aims[aim.successor])


def _extension(book: Book, aim: AimPart, longer: AimPart) -> Iterator[Note]:
    """An aim is extended by one with a later deadline."""
    before, after = (
        period_or_none(each.deadline, book.frequency(first.measure if first else None))
        for each, first in ((aim, primary(aim.judged)), (longer, primary(longer.judged)))
    )
    if before is not None and (after is None or after.end <= before.end):
        message = f"{longer.id} does not have a later deadline than {before}"
        yield wrong("successor", message, "aims", aim.id, "successor")


def overlaps(book: Book) -> Iterator[Note]:
    """Two live aims for the same measure, at the same place, at the same time."""
    groups: dict[tuple[str, str, str], list[AimPart]] = {}
    for aim in book.live_aims:
        for part in aim.judged:
            groups.setdefault((part.measure, aim.site, aim.stratum), []).append(aim)
    for (measure, _, _), aims in groups.items():
        for one, two in combinations(aims, 2):
            if _meet(book, one, two):
                message = f"{two.id} and {one.id} judge {measure} over the same time"
                yield doubtful("overlapping-aims", message, "aims", two.id)


def _meet(book: Book, one: AimPart, two: AimPart) -> bool:
    spans = []
    for aim in (one, two):
        first = primary(aim.judged)
        frequency = book.frequency(first.measure if first else None)
        spans.append([period_or_none(p, frequency) for p in (aim.start, aim.deadline)])
    (start_one, end_one), (start_two, end_two) = spans
    one_is_over = bool(end_one and start_two and end_one.end <= start_two.start)
    two_is_over = bool(end_two and start_one and end_two.end <= start_one.start)
    return not (one_is_over or two_is_over)


def system_values(book: Book) -> Iterator[Note]:
    """An aim on the whole system whose measure comes by site needs a roll-up or its own feed."""
    for aim in book.live_aims:
        for part in aim.judged:
            measure = book.measures.get(part.measure)
            if measure and aim.site == SYSTEM and measure.sites and not measure.rollup:
                message = (
                    f"{measure.id} comes by site and has no `rollup`: "
                    "its system value must be fed directly"
                )
                yield doubtful("no-system-value", message, "aims", aim.id)


def sufficiency(book: Book) -> Iterator[Note]:
    """Drivers without a project, shares that do not add up, projects too small for the gap."""
    served = {serve.driver for project in book.live_projects for serve in project.serves}
    for aim in book.live_aims:
        if aim.intent is not Intent.IMPROVE:
            continue
        for driver in aim.drivers:
            if driver.primary and driver.ended is None and f"{aim.id}/{driver.id}" not in served:
                at = ("aims", aim.id, "drivers", driver.id)
                yield doubtful("driver-without-project", "no project serves this driver", *at)
        yield from _shares(aim)
        yield from _coverage(book, aim)


def _shares(aim: AimPart) -> Iterator[Note]:
    shares = [d.share for d in aim.drivers if d.share and d.ended is None and d.parent is None]
    if sum(shares) > 1 + _ROUNDING:
        message = f"the drivers' shares add up to {sum(shares):.2f}, more than the whole gap"
        yield doubtful("shares", message, "aims", aim.id, "drivers")


def _coverage(book: Book, aim: AimPart) -> Iterator[Note]:
    """Σ effect x reach, and that weighted by belief, over the gap (PRT-02).

    A gap is known before there are data where the baseline is a stated value.
    """
    at = ("aims", aim.id)
    declared = book.plan.aims[aim.id] if book.plan is not None else None
    gap = gap_of(declared, None) if declared is not None else None
    if book.plan is None or declared is None or gap is None:
        return
    serving = {p.id: p for driver in declared.drivers for p in book.plan.serving[driver.key]}
    counting = [p for p in serving.values() if declared_to_count(p)]
    counting.sort(key=lambda project: book.place_of[project.id])
    found = coverage_of(declared, gap, counting)
    if found.unknown and found.share < ENOUGH:
        wanting = "; ".join(str(each) for each in found.unknown)
        message = f"whether the projects cover the gap of {gap:g} cannot be computed: {wanting}"
        yield doubtful("coverage-unknown", message, *at)
    elif found.share < ENOUGH:
        message = f"the projects promise {found.promised:g} of the {gap:g} that the target asks for"
        yield doubtful("gap-not-covered", f"{message} ({found.share:.0%})", *at)
    if found.weighted < BELIEVED and not found.missing:
        message = (
            f"weighted by how far each is believed in, the projects promise {found.believed:g} of "
            f"the {gap:g} that the target asks for ({found.weighted:.2f}, wanted {BELIEVED:g})"
        )
        yield doubtful("gap-not-believed", message, *at)


def projects(book: Book) -> Iterator[Note]:
    """Projects: their dates, what they promise, whether they serve anything."""
    for project in book.document.projects:
        at = ("projects", project.id)
        if project.start and project.end and project.end < project.start:
            message = f"the project ends ({project.end}) before it starts ({project.start})"
            yield wrong("dates", message, *at, "end")
        if project.chartered_on and project.end and project.end < project.chartered_on:
            message = f"the project is chartered ({project.chartered_on}) after it ends"
            yield wrong("dates", f"{message} ({project.end})", *at, "chartered_on")
        if project.state is ProjectState.COMPLETED and project.sustainer is None:
            message = "completed without a `sustainer`: nobody keeps up what it won, so its effect "
            yield doubtful("no-sustainer", f"{message}no longer counts", *at, "state")
        yield from _promises(project, at)
        yield from _cadence(book, project, at)
        if not is_live(project):
            continue
        if project.strategic and not project.serves:
            message = "serves no driver; a local project says `strategic: false`"
            yield doubtful("project-without-driver", message, *at)
        yield from _milestones(project, at)


def _cadence(book: Book, project: ProjectPart, at: Where) -> Iterator[Note]:
    """How often it is reviewed is said once; the board that it follows says when it meets."""
    if project.review is None:
        return
    if project.review_every_days is not None:
        message = "a project is reviewed before the board meets, or every so many days: not both"
        yield wrong("two-shapes", message, *at, "review")
    board = book.document.organisation
    if is_live(project) and not board.board_meetings and board.board_meets_days is None:
        message = "follows the board, but the organisation has no `board_meetings`"
        yield doubtful("no-board-dates", message, *at, "review")


def _promises(project: ProjectPart, at: Where) -> Iterator[Note]:
    for position, serve in enumerate(project.serves):
        where = (*at, "serves", position)
        if serve.effect is not None and serve.effect < 0:
            message = "`effect` is the size of the gain in the aim's units: not negative"
            yield wrong("effect", message, *where, "effect")
        missing = [key for key in ("effect", "reach", "belief") if getattr(serve, key) is None]
        if missing:
            message = f"no {' and no '.join(missing)} predicted for {serve.driver}"
            yield doubtful("no-prediction", message, *where)


def _milestones(project: ProjectPart, at: Where) -> Iterator[Note]:
    for milestone in project.milestones:
        early = project.start is not None and milestone.due < project.start
        late = project.end is not None and milestone.due > project.end
        if milestone.ended is None and (early or late):
            message = f"due {milestone.due}, outside the project's dates"
            yield doubtful("milestone-outside", message, *at, "milestones", milestone.id, "due")


def workload(book: Book) -> Iterator[Note]:
    """Nobody leads or sponsors too much, gives more than all their time, or gets less (CAP-01)."""
    if book.plan is None:
        return
    live = [book.plan.projects[project.id] for project in book.live_projects]
    for load in loads(Held(p, p.leader, p.sponsor) for p in live).values():
        for message in stretched(load):
            yield doubtful("overloaded", f"{load.person} {message}", "people", load.person)


CHECKS = (wholeness, endings, overlaps, system_values, sufficiency, projects, workload)
