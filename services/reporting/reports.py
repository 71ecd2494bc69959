"""The read side of the pages: what each page shows, in words and coordinates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from services.framework.facts import Facts
from services.framework.periods import local_date
from services.framework.plan import Plan
from services.framework.roster import Roster
from services.ports.clock import Clock
from services.ports.reporting import ReportStore
from services.reporting.board import Board, board_of

RESOLVED = "resolved"


class Reporting:
    """Every answer is of one organisation; ``plan_of`` gives its current plan."""

    def __init__(self, store: ReportStore, plan_of: Callable[[int], Plan], clock: Clock) -> None:
        self._store = store
        self._plan_of = plan_of
        self._clock = clock

    def today(self, organisation_id: int) -> date:
        """The organisation's date by business time."""
        return local_date(self._clock.business_now(), self._plan_of(organisation_id).zone)

    def mark(self, organisation_id: int) -> str:
        """A text that changes whenever the board may have changed; a new day changes it too."""
        return f"{self._store.mark(organisation_id)}-{self.today(organisation_id):%Y%m%d}"

    def board(self, organisation_id: int) -> Board:
        """Every aim, the worst first."""
        plan = self._plan_of(organisation_id)
        aims = [f"aim:{aim}" for aim in plan.aims]
        measures = [a.primary.measure for a in plan.aims.values() if a.primary]
        look = self._store.look(organisation_id, measures=measures, events=aims, judged=aims)
        alerts = self._store.alerts(organisation_id)
        open_ones = sum(1 for alert in alerts if alert.state != RESOLVED)
        roster = self._roster(organisation_id, plan, look.facts)
        return board_of(plan, look.facts, look.judgements, roster, open_ones)

    def _roster(self, organisation_id: int, plan: Plan, facts: Facts) -> Roster:
        return Roster.of(plan, facts, self.today(organisation_id))
