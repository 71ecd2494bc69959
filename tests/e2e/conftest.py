"""Northfield on PostgreSQL, with real processes, a real broker and a real mail server around it."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from benchmarks.plant import Client, Plant, Postbox, environment, running
from services.access.keys import SCOPES
from services.bootstrap import MailOptions, Options, Services
from services.persistence import tables
from services.ports.access import Actor
from tests.receivers import until
from tests.servers import free_port
from web.broker import BrokerDoorbell
from workers.drain import Drain

ROOT = Path(__file__).resolve().parents[2]
PLAN = (ROOT / "examples" / "northfield.yaml").read_text(encoding="utf-8")
HARM = (44, 39, 47, 42, 41, 45, 40, 43, 46, 41, 43, 40, 44, 42, 45, 41, 43, 44, 55)
SECRET = "e" * 40
NOW = datetime(2025, 8, 20, 12, tzinfo=UTC)
WITHIN = 30.0


class GatedPostbox(Postbox):
    """A real mail server that can be made to wait at a gate: before a mail, or with it in hand."""

    def __init__(self) -> None:
        super().__init__()
        self.before_mail, self.before_answer = threading.Event(), threading.Event()
        self.before_mail.set()
        self.before_answer.set()
        self.at_gate = threading.Event()
        self.in_hand: Callable[[], None] = lambda: None

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Wait before taking a mail."""
        await self._wait(self.before_mail)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail, then wait before saying so."""
        answer = await super().handle_DATA(server, session, envelope)
        self.in_hand()
        await self._wait(self.before_answer)
        return answer

    async def _wait(self, gate: threading.Event) -> None:
        if not gate.is_set():
            self.at_gate.set()
        while not gate.is_set():
            await asyncio.sleep(0.01)

    @property
    def ids(self) -> Counter[str]:
        """How often each Message-ID was received."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails)

    @property
    def carried(self) -> set[int]:
        """The messages that the mails carried."""
        return {int(one) for m in self.mails for one in str(m["X-Bigdot-Messages"]).split(", ")}


@dataclass
class Northfield:
    """Northfield's services, the plant of its processes, and its mail server."""

    services: Services
    id: int
    plant: Plant
    postbox: GatedPostbox
    broker: str
    _clients: list[Client] = field(default_factory=list)

    def feed(self, many: int = len(HARM)) -> None:
        """Hand in the values of harm from January 2024."""
        months = [f"{2024 + n // 12}-{n % 12 + 1:02d}" for n in range(many)]
        items = [{"measure": "harm", "period": m, "value": v} for m, v in zip(months, HARM)]  # noqa: B905 - as many as asked for
        results = self.services.intake.record(
            self.id, "measurements", items, actor="feed", source="feed"
        )
        assert {result.result for result in results} <= {"created", "unchanged"}

    def client(self) -> Client:
        """A feed of the API, closed when the test ends."""
        actor = Actor("test", "cli")
        key = self.services.keys.create(self.id, "feed", SCOPES, actor=actor).secret
        self._clients.append(Client(self.plant.port, key))
        return self._clients[-1]

    def own_broker(self) -> None:
        """Start a broker that is this test's to kill."""
        self.broker = self.plant.start_broker()
        self.plant.environment["BIGDOT_BROKER_URL"] = self.broker

    def close(self) -> None:
        """Give back every connection."""
        for client in self._clients:
            client.close()
        self.services.close()

    def start_worker(self) -> None:
        """Start a worker; it is rung for in `rung_until`."""
        self.plant.start("worker", "worker", "--concurrency", "1")

    def work(self) -> None:
        """Judge and send here what waits, as a worker does."""
        with self.services.engine.begin() as connection:
            connection.execute(tables.subject.update().values(not_before=None))
        Drain(self.services).run()

    def rung_until(self, holds: Callable[[], Any], within: float = WITHIN) -> Any:
        """Ring for the worker now and then, as the web and beat do, until it holds."""
        bell = BrokerDoorbell(self.broker, apart=0.2)

        def rung() -> Any:
            bell.ring()
            return holds()

        try:
            return until(rung, within)
        finally:
            bell.close()

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
        """Rows of a table, in the order in which they were made."""
        with self.services.engine.connect() as connection:
            return list(connection.execute(sa.select(table).where(*where).order_by(table.c.id)))

    def states(self) -> Counter[str]:
        """How many messages are in which state."""
        return Counter(row.state for row in self.rows(tables.message))

    def all_sent(self) -> bool:
        """Whether nothing waits to be judged and every message owed was sent."""
        waits = self.rows(tables.subject, tables.subject.c.rank_at.is_not(None))
        return not waits and set(self.states()) == {"sent"}

    def leases_run_out(self) -> None:
        """Let it be later than any lease."""
        past = self.services.clock.system_now() - timedelta(seconds=1)
        sending = tables.message.c.state == "sending"
        with self.services.engine.begin() as connection:
            connection.execute(tables.message.update().where(sending).values(due_at=past))


@pytest.fixture
def postbox() -> Iterator[GatedPostbox]:
    """A real mail server; its gates are open when the test ends."""
    box = GatedPostbox()
    with box:
        yield box
        box.before_mail.set()
        box.before_answer.set()


@pytest.fixture
def northfield(
    postgres_url: str, redis_url: str, postbox: GatedPostbox, tmp_path: Path
) -> Iterator[Northfield]:
    """Northfield on 20 August 2025, its plan applied; no process runs yet."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    mail = MailOptions("127.0.0.1", postbox.port, starttls=False, merge_seconds=0)
    services = Services(
        Options(postgres_url, (SECRET,), url, mail=mail, channel_allow_hosts=("127.0.0.1",))
    )
    services.clock.freeze(NOW)
    organisation = services.plans.create_organisation(PLAN)
    services.plans.apply(organisation, PLAN, author="board", reason="adopted")
    told = environment(
        mode="production",
        database_url=postgres_url,
        broker_url=redis_url,
        secret_key=SECRET,
        base_url=url,
        port=port,
        data_dir=tmp_path / "data",
        smtp_host="127.0.0.1",
        smtp_port=postbox.port,
        smtp_starttls="false",
        mail_merge_seconds=0,
        channel_allow_hosts="127.0.0.1",
    )
    with running(Plant(tmp_path, port, told)) as plant:
        made = Northfield(services, organisation, plant, postbox, redis_url)
        yield made
    made.close()
