"""When a review falls due: by days, by the board's meetings, and not while nobody is there for it.

Source: the review cadences of the Seven Leadership Leverage Points (2008) and of IHI's Executive
Review of Improvement Projects; how they follow the board's dates and leave is settled here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from typing import NamedTuple

from services.framework.leave import away_on, standing_in
from services.framework.plan import Organisation, Plan

LONGEST_WAIT = timedelta(days=60)
"""A review waits no longer than this for somebody to come back."""
_DAY = timedelta(days=1)


class Due(NamedTuple):
    """The last day on which a review is in time; ``meeting`` is the board's that it is to precede,
    and it has ``waited`` where who reviews was away."""

    on: date
    meeting: date | None = None
    waited: bool = False


def meetings_from(organisation: Organisation, day: date) -> Iterator[date]:
    """The board's meetings on or after a day: those declared; after the last of them one every
    ``board_meets_days``, where that is known. Without any date declared, none."""
    declared = organisation.board_meetings
    yield from (meeting for meeting in declared if meeting >= day)
    if declared and organisation.board_meets_days is not None:
        for number in count(1):
            meeting = declared[-1] + number * timedelta(days=organisation.board_meets_days)
            if meeting >= day:
                yield meeting


def before_the_board(
    organisation: Organisation, since: date, notice: int, *, reviewed: bool
) -> Due | None:
    """When a review is due that is to be held before each meeting of the board, so many days.

    A review on ``since`` serves the first meeting from then on, and is due again before the one
    after it; what merely began then is due before the first meeting that leaves so much time. None
    where no such meeting is known.
    """
    meetings = meetings_from(organisation, since)
    if reviewed:
        next(meetings, None)
    for meeting in meetings:
        if reviewed or meeting - timedelta(days=notice) > since:
            return Due(max(meeting - timedelta(days=notice), since + _DAY), meeting)
    return None


def once_back(plan: Plan, person: str | None, due: Due, grace: int) -> Due:
    """The same, or where ``person`` is on leave on that day and nobody covers, ``grace`` days from
    the return on; sixty days later at the most."""
    latest, moved = due.on + LONGEST_WAIT, due
    while person is not None and moved.on < latest:
        leave = away_on(plan, person, moved.on)
        if leave is None or standing_in(plan, person, moved.on) is not None:
            break
        back = leave.until + _DAY
        moved = Due(min(back + timedelta(days=grace), latest), due.meeting, waited=True)
    return moved
