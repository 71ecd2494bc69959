"""The digest: when one is due, which time it covers, and what it says.

It says what changed, what was kept back, what still is off track and since when, which aims are at
risk, and what is still asked of the reader. One in which nothing stands is not sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.alerting.lifecycle import STATUS
from services.framework.judgement import Status
from services.framework.plan import Person, Plan, Rhythm
from services.framework.texts import day_name

DIGEST = "DIGEST"
"""As an alert has an expectation: a person's digests are one correspondence."""
_DAY = timedelta(days=1)
_LONGEST = 40
"""Lines of a section; what is beyond it is counted, and read on the page of alerts."""


class Window(NamedTuple):
    """What a digest covers: after ``since``, up to ``until``."""

    since: datetime
    until: datetime


def zone_of(plan: Plan, person: Person) -> ZoneInfo:
    """The person's zone, else the organisation's."""
    return ZoneInfo(person.zone) if person.zone else plan.zone


def window(plan: Plan, person: Person, last: datetime, now: datetime) -> Window | None:
    """What the digest that is due to a person covers; None where none is.

    ``last`` is up to where the one before covered. One window begins where the one before ended,
    and several that nobody made are one, so that nothing is left out and nothing told twice.
    """
    until = _slot(plan, person, now)
    return Window(last, until) if until > last else None


def _slot(plan: Plan, person: Person, now: datetime) -> datetime:
    """The last instant by ``now`` at which a digest falls due to the person."""
    zone = zone_of(plan, person)
    day = now.astimezone(zone).date() + _DAY
    while not _falls_on(person, day) or (at := _at(day, person.digest_hour, zone)) > now:
        day -= _DAY
    return at


def _falls_on(person: Person, day: date) -> bool:
    return person.digest is Rhythm.DAILY or day.weekday() == person.digest_day.number


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """An hour of a local day: the first of two, and an hour that is skipped as much later."""
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def awake(plan: Plan, person: str, at: datetime) -> datetime:
    """``at``, or the end of the person's quiet hours in which it lies."""
    known = plan.people.get(person)
    if known is None or known.quiet is None:
        return at
    begin, end = known.quiet
    zone = zone_of(plan, known)
    local = at.astimezone(zone)
    into, over = local.hour >= begin, local.hour < end
    if not (into and over if begin < end else into or over):
        return at
    day = local.date() if over else local.date() + _DAY
    return max(at, _at(day, end, zone))


@dataclass(frozen=True, slots=True)
class Told:
    """A message of an alert to the person.

    ``at`` is when its step was taken, None for one that has no step of its own; ``why`` is why it
    was not sent at once, None for one that was. ``open``, ``status``, ``opened_at`` and ``reason``
    are the alert's as it stands.
    """

    id: int
    alert: int
    expectation: str
    channel: str
    content: Mapping[str, Any]
    at: datetime | None
    why: str | None
    open: bool
    status: str | None
    opened_at: datetime
    reason: str
    carried: bool = False


class AtRisk(NamedTuple):
    """An aim that is at risk: its name, page, reason, and the channels on which it is told."""

    name: str
    path: str
    reason: str
    channels: tuple[str, ...]


def compose(
    plan: Plan, person: Person, covers: Window, told: Sequence[Told], risks: Sequence[AtRisk]
) -> dict[str, Any] | None:
    """What a digest says; None where it would be empty.

    The shape is that of every message's content, with ``sections``: each a ``title`` and ``items``,
    each of those a ``text`` and the ``path`` of a page.
    """
    zone = zone_of(plan, person)
    fresh = [one for one in told if one.why is not None and not one.carried]
    changed = [
        one for one in told if one.why is None and one.at and covers.since < one.at <= covers.until
    ]
    said = {one.alert for one in (*fresh, *changed)}
    still = _latest(one for one in told if one.open and one.alert not in said)
    sections = [
        _section("Not sent at once", (_kept(one) for one in _latest(fresh))),
        _section("What changed", (_change(one, zone) for one in _once(changed))),
        _section("Still so", (_still(one, zone) for one in still)),
        _section("At risk", (_line(f"{r.name}: {r.reason}", r.path) for r in risks)),
        _section("What is asked of you", _asked([*_latest(fresh), *still])),
    ]
    filled = [section for section in sections if section["items"]]
    if not filled:
        return None
    first, last = (at.astimezone(zone).date() for at in covers)
    return {
        "kind": "digest",
        "state": "Daily digest" if person.digest is Rhythm.DAILY else "Weekly digest",
        "about": plan.organisation.name,
        "path": "/alerts",
        "since": None,
        "reason": f"From {day_name(first)} to {day_name(last)}: what changed, what waited for "
        "this digest, and what is still so.",
        "figures": [],
        "links": [],
        "asked": "",
        "would_change": None,
        "blind_since": None,
        "trouble": any(one.open for one in told) or bool(risks),
        "sections": filled,
    }


def channels(told: Sequence[Told], risks: Sequence[AtRisk]) -> tuple[str, ...]:
    """On which channels a digest goes: all on which the person is told of what it says."""
    named = [*(one.channel for one in told), *(c for risk in risks for c in risk.channels)]
    return tuple(dict.fromkeys(named))


def _section(title: str, lines: Iterable[dict[str, Any]]) -> dict[str, Any]:
    items = list(lines)
    more = len(items) - _LONGEST
    if more > 0:
        items = [*items[:_LONGEST], _line(f"and {more} more", "/alerts")]
    return {"title": title, "items": items}


def _line(text: str, path: str) -> dict[str, Any]:
    return {"text": text, "path": path}


def _path(one: Told) -> str:
    return str(one.content["path"] or f"/alerts/{one.alert}")


def _once(told: Iterable[Told]) -> list[Told]:
    """One of the messages of each step: the channels say the same."""
    return list({(one.alert, one.at): one for one in told}.values())


def _latest(told: Iterable[Told]) -> list[Told]:
    """The last message of each alert, in the order in which they were first told."""
    return list({one.alert: one for one in told}.values())


def _named(one: Told) -> str:
    return f"{one.content['state']}: {one.content['about']}"


def _kept(one: Told) -> dict[str, Any]:
    over = "" if one.open or not one.content["trouble"] else " It is over by now."
    return _line(f"{_named(one)}. {one.content['reason']}{over} ({one.why})", _path(one))


def _change(one: Told, zone: ZoneInfo) -> dict[str, Any]:
    assert one.at is not None  # noqa: S101 - a change has a day
    return _line(f"{_day(one.at, zone)}: {_named(one)}", _path(one))


def _still(one: Told, zone: ZoneInfo) -> dict[str, Any]:
    about = one.content["about"]
    if one.expectation == STATUS and one.status:
        words = f"Still {Status(one.status).words.lower()}: {about}"
    else:
        words = _named(one)
    return _line(f"{words}, since {_day(one.opened_at, zone)}. {one.reason}", _path(one))


def _asked(told: Iterable[Told]) -> Iterable[dict[str, Any]]:
    for one in told:
        if one.open and one.content["asked"]:
            yield _line(f"{one.content['about']}: {one.content['asked']}", _path(one))


def _day(at: datetime, zone: ZoneInfo) -> str:
    return day_name(at.astimezone(zone).date())
