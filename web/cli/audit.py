"""``bigdot audit``: was all that is owed sent, and does what is open fit what was judged?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from web.cli.options import answer, json_option, with_services

if TYPE_CHECKING:
    from services.bootstrap import Services
    from services.delivery.auditor import Audit


@click.command("audit")
@json_option
@with_services
def command(services: Services, *, as_json: bool) -> None:
    """Prove that every owed message was sent, or is explained. Exit 1 where something is not."""
    found = services.auditor.audit()
    plain = {
        "clean": found.clean,
        "looked_at": found.looked_at._asdict(),
        "flaws": [flaw._asdict() for flaw in found.flaws],
    }
    answer(plain, as_json=as_json, lines=_lines(found))
    if not found.clean:
        click.get_current_context().exit(1)


def _lines(found: Audit) -> Iterator[str]:
    looked = found.looked_at
    for flaw in found.flaws:
        since = f"{flaw.since:%Y-%m-%d %H:%M} UTC"
        yield f"{flaw.kind.value}: {flaw.organisation}: {flaw.what}: {flaw.why} (since {since})"
    yield (
        f"Looked at {looked.subjects:,} subjects, {looked.steps:,} steps of open alerts and "
        f"{looked.messages:,} messages: "
        + ("all of it fits." if found.clean else f"{len(found.flaws):,} do not fit.")
    )
