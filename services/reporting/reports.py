"""The read side of the pages: what each page shows, in words and coordinates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from services.framework.facts import Facts
from services.framework.periods import local_date
from services.framework.plan import Aim, Plan
from services.framework.roster import Roster
from services.framework.series import known_to
from services.ports.clock import Clock
from services.ports.reporting import AlertLine, AlertRecord, Found, Mail, ReportStore
from services.reporting.aims import AimPage, aim_page, measures_of, places_of, subjects_of
from services.reporting.board import Board, board_of, verdict_of
from services.reporting.catalogue import (
    Family,
    RulePage,
    WouldSend,
    families_of,
    rule_page,
    would_have_sent,
)
from services.reporting.lines import place_of
from services.reporting.naming import name_of
from services.reporting.oversight import restated_words
from services.reporting.projects import (
    OwnProject,
    ProjectPage,
    holds_a_role,
    own_projects,
    project_page,
)
from services.reporting.sites import Sites, sites_of_aim
from services.reporting.sufficiency import sufficiency_of, workers_on

RESOLVED = "resolved"
LOOKS_BACK = timedelta(days=365)
MOST_FOUND = 200
MOST_SAID = 5000


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
        places = [
            place_of(plan, aim.primary.measure, aim.site, aim.stratum)
            for aim in plan.aims.values()
            if aim.primary
        ]
        look = self._store.look(organisation_id, places=places, events=aims, judged=aims)
        alerts = self._store.alerts(organisation_id)
        open_ones = sum(1 for alert in alerts if alert.state != RESOLVED)
        roster = self._roster(organisation_id, plan, look.facts)
        return board_of(plan, look.facts, look.judgements, roster, open_ones)

    def aim(self, organisation_id: int, aim_id: str) -> AimPage | None:
        """An aim's page; None for an aim that the plan does not have."""
        plan = self._plan_of(organisation_id)
        aim = plan.aims.get(aim_id)
        if aim is None:
            return None
        subjects = subjects_of(plan, aim)
        look = self._store.look(
            organisation_id, places=places_of(plan, aim), events=subjects, judged=subjects[:1]
        )
        measures = tuple(f"measure:{measure}" for measure in measures_of(aim))
        alerts = self._store.alerts(organisation_id, subjects=(*subjects, *measures))
        roster = self._roster(organisation_id, plan, look.facts)
        restated = self._store.restated(organisation_id, subjects)
        judgement = look.judgements.get(subjects[0])
        page = aim_page(plan, aim, look.facts, judgement, alerts, roster)
        people = self._store.look(organisation_id, judged=workers_on(plan, aim, roster)).judgements
        return replace(
            page,
            restated=tuple(restated_words(plan, each) for each in restated),
            sufficiency=sufficiency_of(plan, aim, roster, verdict_of(judgement), people.values()),
        )

    def sites(self, organisation_id: int, plan: Plan, aim: Aim, at: datetime) -> Sites | None:
        """Which sites carried an aim, by what was known at an instant; None where it has none."""
        facts = self._store.look(organisation_id, places=places_of(plan, aim)).facts
        return sites_of_aim(plan, aim, known_to(facts, at))

    def project(self, organisation_id: int, project_id: str) -> ProjectPage | None:
        """A project's page; None for a project that the plan does not have."""
        plan = self._plan_of(organisation_id)
        project = plan.projects.get(project_id)
        if project is None:
            return None
        subjects = (f"project:{project_id}",)
        look = self._store.look(organisation_id, events=subjects, judged=subjects)
        alerts = self._store.alerts(organisation_id, subjects=subjects)
        roster = self._roster(organisation_id, plan, look.facts)
        judgement = look.judgements.get(subjects[0])
        return project_page(plan, project, look.facts, judgement, alerts, roster)

    def own_projects(self, organisation_id: int, person: str | None) -> tuple[OwnProject, ...]:
        """The projects that go on and in which ``person`` holds a role."""
        plan = self._plan_of(organisation_id)
        if person not in plan.people:
            return ()
        subjects = [f"project:{project}" for project in plan.projects]
        look = self._store.look(organisation_id, events=subjects)
        return own_projects(plan, self._roster(organisation_id, plan, look.facts), person)

    def is_own(self, organisation_id: int, project_id: str, person: str | None) -> bool:
        """Whether ``person`` holds a role of the project. Raises KeyError for an unknown one."""
        plan = self._plan_of(organisation_id)
        look = self._store.look(organisation_id, events=(f"project:{project_id}",))
        roster = self._roster(organisation_id, plan, look.facts)
        return holds_a_role(plan, roster, plan.projects[project_id], person)

    def alerts(self, organisation_id: int) -> tuple[AlertLine, ...]:
        """Every alert, the open ones first."""
        return self._store.alerts(organisation_id)

    def alert(self, organisation_id: int, alert_id: int) -> AlertRecord | None:
        """An alert with its history."""
        return self._store.alert(organisation_id, alert_id)

    def mails(self, organisation_id: int | None) -> tuple[Mail, ...]:
        """What the local mailbox holds, of every organisation if None, the newest first."""
        return self._store.mails(organisation_id)

    def mail(self, mail_id: int, organisation_id: int | None) -> Mail | None:
        """One mail of the local mailbox, of any organisation if None."""
        return self._store.mail(mail_id, organisation_id)

    def catalogue(self, organisation_id: int) -> tuple[Family, ...]:
        """Every expectation by family, with its switch and how many findings it has now."""
        tallies = self._store.tallies(organisation_id)
        return families_of(self._plan_of(organisation_id), tallies)

    def rule(self, organisation_id: int, expectation: str) -> RulePage | None:
        """An expectation's page; None for one that the catalogue does not have."""
        tallies = self._store.tallies(organisation_id)
        return rule_page(self._plan_of(organisation_id), expectation, tallies)

    def found(self, organisation_id: int, expectation: str) -> tuple[Found, ...]:
        """What an expectation finds now, the latest first; at most `MOST_FOUND`."""
        return self._store.found_now(organisation_id, expectation, MOST_FOUND)

    def would_have_sent(self, organisation_id: int, expectation: str) -> tuple[WouldSend, ...]:
        """What an expectation in shadow would have told within a year, the latest first."""
        since = self._clock.business_now() - LOOKS_BACK
        said = self._store.found_since(organisation_id, expectation, since, MOST_SAID)
        subjects = tuple(dict.fromkeys(each.subject for each in said if each.outcome.shadow))
        plan = self._plan_of(organisation_id)
        look = self._store.look(organisation_id, events=subjects)
        return would_have_sent(plan, self._roster(organisation_id, plan, look.facts), said)

    def name_of(self, organisation_id: int, about: str) -> str:
        """The name of what an alert is about, down to its milestone, driver or role."""
        return name_of(self._plan_of(organisation_id), about)

    def person(self, organisation_id: int, identifier: str) -> str:
        """A person's name; the identifier where the plan does not know it."""
        known = self._plan_of(organisation_id).people.get(identifier)
        return known.name if known else identifier

    def _roster(self, organisation_id: int, plan: Plan, facts: Facts) -> Roster:
        return Roster.of(plan, facts, self.today(organisation_id))
