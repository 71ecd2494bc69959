"""Puts tools behind ports. The edges call it once a process, after any fork."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from services.persistence.clock import DatabaseClock
from services.persistence.engine import Engine, make_engine
from services.ports.doorbell import Doorbell, SilentDoorbell

if TYPE_CHECKING:
    from services.access.accounts import Accounts
    from services.access.channels import Channels
    from services.access.keys import Keys
    from services.access.links import Links
    from services.access.organisations import Organisations
    from services.access.sessions import Sessions
    from services.alerts.acting import Alerts
    from services.alerts.digests import Digests
    from services.delivery.auditor import Auditor
    from services.delivery.deliver import Deliver
    from services.evaluation.judge import Judge
    from services.evaluation.trial import Trials
    from services.intake.record import Intake
    from services.notify.notifier import Notifier
    from services.persistence.audit import DatabaseAuditLog
    from services.persistence.channels import DatabaseChannelStore
    from services.persistence.evaluations import DatabaseEvaluationStore
    from services.persistence.facts_idempotency import DatabaseIdempotencyStore
    from services.persistence.facts_store import DatabaseFactStore
    from services.persistence.health import HealthReader
    from services.persistence.heartbeats import DatabaseHeartbeats
    from services.persistence.plans import PlanStore
    from services.persistence.reads import ApiReads
    from services.planning.absences import Absences
    from services.planning.amending import Amending
    from services.planning.handing_over import HandingOver
    from services.planning.plans import Plans
    from services.planning.tuning import Tuning
    from services.planning.waiving import Waiving
    from services.rendering.charts import ChartRenderer
    from services.reporting.filings import Filings
    from services.reporting.reports import Reporting
    from services.reporting.self_assessment import SelfAssessments
    from services.reporting.why import Whys


@dataclass(frozen=True, slots=True)
class MailOptions:
    """How mail leaves: without ``host`` it goes to the local mailbox page."""

    host: str | None = None
    port: int = 587
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = True
    sender: str = "bigdot@localhost"
    reply_to: str | None = None
    merge_seconds: float = 600.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the edges know from their settings, as plain values."""

    database_url: str = field(repr=False)
    secret_keys: tuple[str, ...] = field(repr=False)
    base_url: str = "http://127.0.0.1:8000"
    broker_url: str | None = field(default=None, repr=False)
    mail: MailOptions = field(default_factory=MailOptions)
    embedded: bool = False
    demo: bool = False
    channel_allow_hosts: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """The host by which message ids and threads are named."""
        return urlsplit(self.base_url).hostname or "localhost"


class Services:
    """Everything an edge may ask for; each part is made when it is first used."""

    def __init__(self, options: Options, doorbell: Doorbell | None = None) -> None:
        self.options = options
        self.doorbell: Doorbell = doorbell or SilentDoorbell()

    @cached_property
    def engine(self) -> Engine:
        """The process's engine."""
        return make_engine(self.options.database_url)

    @cached_property
    def clock(self) -> DatabaseClock:
        """Business and system time."""
        return DatabaseClock(self.engine)

    @cached_property
    def organisations(self) -> Organisations:
        """The tenants."""
        from services.access.organisations import Organisations
        from services.persistence.accounts import DatabaseOrganisationStore

        return Organisations(DatabaseOrganisationStore(self.engine), self.clock)

    @cached_property
    def accounts(self) -> Accounts:
        """Who may sign in."""
        from services.access.accounts import Accounts
        from services.persistence.accounts import DatabaseAccountStore

        return Accounts(DatabaseAccountStore(self.engine), self.clock)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in."""
        from services.access.sessions import Sessions
        from services.persistence.accounts import DatabaseAccountStore, DatabaseOrganisationStore

        organisations = DatabaseOrganisationStore(self.engine)
        return Sessions(DatabaseAccountStore(self.engine), organisations, self.clock)

    @cached_property
    def keys(self) -> Keys:
        """API keys."""
        from services.access.keys import Keys
        from services.persistence.keys import DatabaseKeyStore

        return Keys(DatabaseKeyStore(self.engine), self.clock, self.options.secret_keys)

    @cached_property
    def links(self) -> Links:
        """Signed links of messages."""
        from services.access.links import Links

        return Links(self.options.secret_keys, self.options.base_url, self.clock)

    @cached_property
    def channels(self) -> Channels:
        """Where messages may go besides mail."""
        from services.access.channels import Channels

        return Channels(self.channel_store, self.clock, self.options.channel_allow_hosts)

    @cached_property
    def channel_store(self) -> DatabaseChannelStore:
        """The channels with their addresses; what delivers asks it."""
        from services.persistence.channels import DatabaseChannelStore

        return DatabaseChannelStore(self.engine, self.options.secret_keys)

    @cached_property
    def api_reads(self) -> ApiReads:
        """What the API shows."""
        from services.persistence.reads import ApiReads

        return ApiReads(self.engine)

    @cached_property
    def health(self) -> HealthReader:
        """How the deployment stands."""
        from services.persistence.health import HealthReader

        return HealthReader(self.engine)

    @cached_property
    def audit(self) -> DatabaseAuditLog:
        """Who did what."""
        from services.persistence.audit import DatabaseAuditLog

        return DatabaseAuditLog(self.engine)

    @cached_property
    def plan_store(self) -> PlanStore:
        """Every version of every plan."""
        from services.persistence.plans import PlanStore

        return PlanStore(self.engine)

    @cached_property
    def plans(self) -> Plans:
        """Lint, diff, apply and export of plans."""
        from services.planning.plans import Plans

        return Plans(self.plan_store, self.clock, self.doorbell)

    @cached_property
    def tuning(self) -> Tuning:
        """Switches and parameters of expectations."""
        from services.planning.tuning import Tuning

        return Tuning(self.plans, self.plan_store)

    @cached_property
    def amending(self) -> Amending:
        """Predictions, allocations, partners and aims, changed by form."""
        from services.planning.amending import Amending

        return Amending(self.plans, self.plan_store)

    @cached_property
    def waiving(self) -> Waiving:
        """Findings, accepted for a while."""
        from services.planning.waiving import Waiving

        return Waiving(self.plans, self.plan_store)

    @cached_property
    def absences(self) -> Absences:
        """Leave, and who covers."""
        from services.planning.absences import Absences

        return Absences(self.plans, self.plan_store)

    @cached_property
    def handing_over(self) -> HandingOver:
        """Everything that a leaver holds, handed over in one step."""
        from services.persistence.departures import DatabaseDepartures
        from services.planning.handing_over import HandingOver

        departures = DatabaseDepartures(self.engine, self.plan_store.current)
        return HandingOver(self.plans, self.plan_store, departures, self.clock)

    @cached_property
    def intake(self) -> Intake:
        """What feeds, forms and files tell."""
        from services.intake.record import Intake
        from services.persistence.facts_standing import DatabaseStandings
        from services.planning import dependents
        from services.ports.intake import Dependents

        return Intake(
            self.fact_store,
            DatabaseStandings(self.engine, self.plan_store.current),
            Dependents(
                dependents.subjects_of_measurement,
                dependents.subjects_of_project,
                dependents.subjects_of_aim,
                dependents.subjects_of_measure,
            ),
            self.clock,
            self.doorbell,
        )

    @cached_property
    def fact_store(self) -> DatabaseFactStore:
        """Where facts are kept."""
        from services.persistence.facts_store import DatabaseFactStore

        return DatabaseFactStore(self.engine)

    @cached_property
    def idempotency(self) -> DatabaseIdempotencyStore:
        """Answers to requests that carry an idempotency key."""
        from services.persistence.facts_idempotency import DatabaseIdempotencyStore

        return DatabaseIdempotencyStore(self.engine)

    @cached_property
    def judge(self) -> Judge:
        """Judges what is stale or due."""
        from services.evaluation.judge import Judge
        from services.persistence.judgements import DatabaseJudgementStore

        merge = timedelta(seconds=self.options.mail.merge_seconds)
        at_once = timedelta(0) if self.options.demo else None
        store = DatabaseJudgementStore(
            self.engine, self.plan_store, self.clock, self.options.domain, at_once
        )
        return Judge(store, self.clock, merge)

    @cached_property
    def evaluation_store(self) -> DatabaseEvaluationStore:
        """What evaluations were made from."""
        from services.persistence.evaluations import DatabaseEvaluationStore

        return DatabaseEvaluationStore(self.engine, self.plan_store)

    @cached_property
    def trials(self) -> Trials:
        """Settings tried on the stored history."""
        from services.evaluation.trial import Trials

        return Trials(self.evaluation_store, self.clock)

    @cached_property
    def notifier(self) -> Notifier:
        """Sends one letter to one recipient on one channel."""
        from services.notify.mail import SmtpServer
        from services.notify.notifier import Notifier
        from services.persistence.mailbox import DatabaseMailbox

        mail = self.options.mail
        server = mail.host and SmtpServer(
            mail.host, mail.port, mail.user, mail.password, mail.starttls
        )
        return Notifier(
            self.plan_store,
            self.channel_store,
            DatabaseMailbox(self.engine, self.clock),
            server or None,
            (mail.sender, mail.reply_to),
            self.options.channel_allow_hosts,
        )

    @cached_property
    def deliver(self) -> Deliver:
        """Sends what is owed."""
        from services.delivery.deliver import Deliver
        from services.persistence.outbox import DatabaseOutbox
        from services.rendering.letter import LetterWriter

        writer = LetterWriter(self.options.base_url, self.options.domain)
        return Deliver(DatabaseOutbox(self.engine), self.notifier, writer, self.clock)

    @cached_property
    def digests(self) -> Digests:
        """Owes the digests that are due."""
        from services.alerts.digests import Digests
        from services.persistence.digests import DatabaseDigests

        store = DatabaseDigests(self.engine, self.plan_store, self.options.domain)
        return Digests(store, self.clock)

    @cached_property
    def alerts(self) -> Alerts:
        """What people do with alerts."""
        from services.alerts.acting import Alerts
        from services.persistence.alerts import DatabaseAlertStore

        return Alerts(DatabaseAlertStore(self.engine), self.clock, self.doorbell)

    @cached_property
    def reporting(self) -> Reporting:
        """What pages show."""
        from services.persistence.reports import DatabaseReports
        from services.reporting.reports import Reporting

        store = DatabaseReports(self.engine, self.plan_store)
        return Reporting(store, self.plan_store.current, self.clock)

    @cached_property
    def filings(self) -> Filings:
        """What was filed, and what came of it."""
        from services.persistence.filings import DatabaseFilings
        from services.persistence.reports import DatabaseReports
        from services.planning.dependents import subjects_by
        from services.reporting.filings import Filings

        reports = DatabaseReports(self.engine, self.plan_store)
        store = DatabaseFilings(self.engine)
        return Filings(store, reports, self.plan_store.current, subjects_by)

    @cached_property
    def self_assessments(self) -> SelfAssessments:
        """The self-assessment, with what is known of each item."""
        from services.persistence.filings import DatabaseFilings
        from services.persistence.reports import DatabaseReports
        from services.reporting.self_assessment import SelfAssessments

        reports = DatabaseReports(self.engine, self.plan_store)
        store = DatabaseFilings(self.engine)
        return SelfAssessments(store, reports, self.plan_store.current, self.clock)

    @cached_property
    def whys(self) -> Whys:
        """Why aims stand as they do, and why not."""
        from services.evaluation.recompute import recompute
        from services.persistence.whys import DatabaseWhys
        from services.ports.reporting import Again
        from services.reporting.why import Whys

        def again(organisation_id: int, evaluation_id: int) -> Again:
            made = recompute(self.evaluation_store, organisation_id, evaluation_id)
            return Again(made.holds, made.differs)

        plans = self.plan_store
        sites = self.reporting.sites
        store = DatabaseWhys(self.engine)
        return Whys(store, plans.current, plans.version, again, sites, self.clock)

    @cached_property
    def charts(self) -> ChartRenderer:
        """Draws charts, in a process of its own."""
        from services.rendering.charts import ChartRenderer

        return ChartRenderer()

    @cached_property
    def auditor(self) -> Auditor:
        """Proves that what is owed was sent."""
        from services.delivery.auditor import Auditor
        from services.persistence.ledger import DatabaseLedger

        return Auditor(DatabaseLedger(self.engine), self.clock)

    @cached_property
    def heartbeats(self) -> DatabaseHeartbeats:
        """Signs of life of the workers and of beat."""
        from services.persistence.heartbeats import DatabaseHeartbeats

        return DatabaseHeartbeats(self.engine)

    def close(self) -> None:
        """Give back every connection and process."""
        if "charts" in self.__dict__:
            self.charts.close()
        if "fact_store" in self.__dict__:
            self.fact_store.close()
        if "engine" in self.__dict__:
            self.engine.dispose()
