"""Sites: is one of them worse behind a good whole (MIX-01), or did only the mix move (MIX-02)?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Parameter,
    Situation,
    Sureness,
    awaiting,
    parameter,
    passed,
    tripped,
)
from services.framework.expectations.special_causes import point_beyond, shift_for_the_worse
from services.framework.facts import SeriesKey
from services.framework.judgement import Input, Outcome, Severity, Status, SubjectKind
from services.framework.plan import SYSTEM, Aim, Measure
from services.framework.series import Point, sites_of
from services.framework.signals import Reading, beside
from services.framework.texts import listed

MIX_01 = Expectation(
    id="MIX-01",
    title="One site gets worse",
    asks="Look with the site's lead at what changed there.",
    text="No site gets worse behind a whole that is on track.",
    source="practice of measurement across sites; the numbers are ours",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor", "measure_owner"),
    clears="when the site's signal ends, or the whole is no longer on track",
    parameters=(
        Parameter("points", 12, 10, 30, "baseline values that a site's limits must rest on"),
        Parameter("cases", 1, 0, 100, "cases that a site has in a usual period at least"),
    ),
)

MIX_02 = Expectation(
    id="MIX-02",
    title="Only the mix of sites moved",
    asks="Say what moved: the sites' share of the work, not their results.",
    text="When the whole moves, its sites move: not only their share in it.",
    source="standardisation by Kitagawa (1955); the numbers are ours",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.AIM,
    severity=Severity.INFO,
    audience=("sponsor", "advisor"),
    clears="when a site shows a signal, or the whole none",
    parameters=(
        Parameter("share", 0.5, 0.1, 1, "share of the whole's move that the mix must explain"),
        Parameter("recent", 6, 3, 24, "latest periods that are compared with the baseline"),
    ),
)

_FINE = frozenset({Status.ON_TRACK, Status.ACHIEVED, Status.HOLDING, Status.CLOSE})


def no_site_gets_worse(situation: Situation) -> Iterable[Finding]:
    """MIX-01 of each site that reports, while the aim's status is good.

    A site with too few cases is *too few*, never red: fewer than so many in the numerator of its
    median baseline period, where there are counts, or too short a baseline.
    """
    aim = situation.plan.aims[situation.subject.id]
    fine = situation.verdict is not None and situation.verdict.status in _FINE
    for site, reading in site_readings(situation, aim):
        yield _site(situation, reading, site, fine=fine)


def _site(situation: Situation, reading: Reading, site: str, *, fine: bool) -> Finding:
    about = f"{situation.subject}/site/{site}"
    name = situation.plan.sites[site].name if site in situation.plan.sites else site
    next_at = situation.next_value([reading.look.key])
    points = parameter(situation, MIX_01, "points")
    if reading.wanting or reading.base < points or _too_few(situation, reading):
        why = f"{name} is too few to judge."
        return Finding(awaiting(MIX_01, about, why, {"too_few": True}), next_at)
    hit = shift_for_the_worse(reading) or point_beyond(reading, points)
    if hit is None:
        return Finding(passed(MIX_01, about, f"{name} shows no signal for the worse."), next_at)
    inputs: dict[str, Input] = {"site": site, "rule": hit.rule.value}
    inputs |= {"from": hit.points[0].period.label, "to": hit.last.period.label}
    reason = f"{name} got worse ({hit.rule.words} seen in {hit.seen.period})"
    if not fine:
        return Finding(passed(MIX_01, about, f"{reason}; so is the whole.", inputs), next_at)
    since = hit.seen.period.ends_at(situation.plan.zone)
    return Finding(
        tripped(MIX_01, about, f"{reason}, and the whole does not show it.", inputs, None, since),
        next_at,
    )


def _too_few(situation: Situation, reading: Reading) -> bool:
    """Whether the median of the baseline's counts is under what a site needs."""
    counts = sorted(p.numerator for p in reading.points[: reading.base] if p.numerator is not None)
    least = parameter(situation, MIX_01, "cases")
    return bool(counts) and counts[len(counts) // 2] < least


def site_readings(situation: Situation, aim: Aim) -> list[tuple[str, Reading]]:
    """The readings of the sites below an aim of the whole system, in the plan's order."""
    kept: list[tuple[str, Reading]] | None = situation.kept.get("sites")
    if kept is None:
        kept = list(_read(situation, aim))
        situation.kept["sites"] = kept
    return kept


def _read(situation: Situation, aim: Aim) -> Iterator[tuple[str, Reading]]:
    declared = aim.primary
    if declared is None or aim.site != SYSTEM or declared.measure not in situation.plan.measures:
        return
    measure = situation.plan.measures[declared.measure]
    looks = []
    for site in sites_of(situation.plan, measure):
        key = SeriesKey(measure.id, site, aim.stratum, declared.definition)
        look = beside(situation.plan, aim, key)
        if look is not None and situation.facts.observations.get(key) and _open(situation, site):
            looks.append((site, look))
    situation.look(look for _, look in looks)
    for site, look in looks:
        yield site, situation.reading(look)


def _open(situation: Situation, site: str) -> bool:
    known = situation.plan.sites.get(site)
    return known is None or known.ended is None or known.ended > situation.today


class Parts(NamedTuple):
    """How a whole's move splits: what the sites' results did, and what their shares did."""

    within: float
    mix: float


def the_whole_moves_by_its_sites(situation: Situation) -> Iterable[Finding]:
    """MIX-02, of a measure with counts, where the whole shows a signal and no site one like it.

    The move from the baseline to the latest periods is split: each site's change of result at its
    mean share, and each site's change of share at its mean result (Kitagawa).
    """
    about = str(situation.subject)
    aim = situation.plan.aims[situation.subject.id]
    whole, sites = situation.readings.get(about), site_readings(situation, aim)
    measure = situation.plan.measures.get(aim.primary.measure) if aim.primary else None
    next_at = situation.next_value([r.look.key for _, r in sites])
    if whole is None or whole.wanting or measure is None or len(sites) < 2:  # noqa: PLR2004
        yield Finding(passed(MIX_02, about, "There are no sites to compare."), next_at)
        return
    better = whole.improving is not None
    worse = shift_for_the_worse(whole) is not None
    if better == worse:
        yield Finding(passed(MIX_02, about, "The whole shows no signal, or two."), next_at)
        return
    alike = [name for name, r in sites if (r.improving if better else shift_for_the_worse(r))]
    if alike:
        reason = f"It moved with {listed(alike)}."
        yield Finding(passed(MIX_02, about, reason), next_at)
        return
    parts = _split(situation, measure, [r for _, r in sites])
    yield Finding(_said(situation, about, parts), next_at)


def _said(situation: Situation, about: str, parts: Parts | None) -> Outcome:
    if parts is None:
        return awaiting(MIX_02, about, "Without counts of every site a mix cannot be told.")
    move = parts.within + parts.mix
    share = parts.mix / move if move else 0.0
    inputs: dict[str, Input] = {"within": parts.within, "mix": parts.mix, "share": round(share, 3)}
    if share < parameter(situation, MIX_02, "share"):
        return passed(MIX_02, about, "The sites' own results explain the move.", inputs)
    reason = (
        f"Of the whole's move of {move:.4g}, {parts.mix:.4g} comes from the sites' shares; "
        "no site shows a signal of its own."
    )
    return tripped(MIX_02, about, reason, inputs)


def _split(situation: Situation, measure: Measure, sites: Sequence[Reading]) -> Parts | None:
    recent = int(parameter(situation, MIX_02, "recent"))
    before = [_pooled(r.points[: r.base]) for r in sites]
    after = [_pooled(r.after[-recent:]) for r in sites]
    if any(each is None for each in (*before, *after)):
        return None
    was = [each for each in before if each is not None]
    now = [each for each in after if each is not None]
    shares = [[n / sum(n for _, n in each) for _, n in each] for each in (was, now)]
    rates = [[x / n * measure.per for x, n in each] for each in (was, now)]
    within = mix = 0.0
    for w0, w1, r0, r1 in zip(*shares, *rates, strict=True):
        within += (r1 - r0) * (w0 + w1) / 2
        mix += (w1 - w0) * (r0 + r1) / 2
    return Parts(within, mix)


def _pooled(points: Sequence[Point]) -> tuple[float, float] | None:
    """Σ numerator and Σ denominator; None where a value has none."""
    if not points or any(p.numerator is None or not p.denominator for p in points):
        return None
    return sum(p.numerator or 0.0 for p in points), sum(p.denominator or 0.0 for p in points)
