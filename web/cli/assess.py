"""``bigdot assess``: how the self-assessment of the seven leverage points stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from web.cli.options import answer, json_option, organisation_option, with_services

if TYPE_CHECKING:
    from services.bootstrap import Services
    from services.reporting.self_assessment import SelfAssessed


@click.command("assess")
@organisation_option
@json_option
@with_services
def command(services: Services, organisation: str | None, *, as_json: bool) -> None:
    """Show the self-assessment: each item's latest score, and what is known of it here."""
    tenant = services.organisations.pick(organisation).id
    asked = services.self_assessments
    if as_json:
        answer(asked.as_json(tenant), as_json=True, lines=[])
    else:
        answer(None, as_json=False, lines=_lines(asked.page(tenant)))


def _lines(page: SelfAssessed) -> Iterator[str]:
    for point in page.points:
        yield f"{point.number}. {point.name}"
        for item in point.items:
            score = "-" if item.score is None else item.score
            change = f" ({item.change})" if item.change else ""
            yield f"   {item.id}  {score}  {item.title}: {item.says}{change}"
            yield f"           known here: {item.known}"
    yield f"{page.scored} of {page.of} items scored; mean {page.mean}"
    for each in page.past:
        yield f"{each.on}, {each.by}: {each.scored} scored; mean {each.mean}"
