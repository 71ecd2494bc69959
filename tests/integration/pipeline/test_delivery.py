"""Mail over a real SMTP server, claims of many threads, and leases."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa

from benchmarks.plant import Postbox
from services.bootstrap import MailOptions, Services
from services.delivery import deliver
from services.notify import apprise_sender, mail
from services.persistence import tables
from services.persistence.outbox import DatabaseOutbox
from services.ports.delivery import SendFailedError
from tests.integration.pipeline.conftest import HARM, Hospital


@dataclass
class _Refusing(Postbox):
    """A mail server that answers a recipient as told."""

    said: str = "250 ok"

    def __post_init__(self) -> None:
        super().__init__()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Answer as told."""
        if self.said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.said


@pytest.fixture
def postbox() -> Iterator[_Refusing]:
    """A real mail server."""
    box = _Refusing()
    with box:
        yield box


def _with_server(hospital: Hospital, port: int) -> None:
    options = hospital.services.options
    server = MailOptions("127.0.0.1", port, starttls=False, merge_seconds=0)
    services = Services(replace(options, mail=server))
    hospital.services.close()
    hospital.services = services


def _owe(hospital: Hospital) -> list[Any]:
    hospital.at(2025, 8, 20)
    hospital.feed("harm", HARM)
    hospital.judge()
    return hospital.rows(tables.message)


def _due_now(hospital: Hospital) -> None:
    past = hospital.services.clock.system_now() - timedelta(seconds=1)
    open_ = tables.message.c.closed_at.is_(None)
    with hospital.services.engine.begin() as connection:
        connection.execute(tables.message.update().where(open_).values(due_at=past))


def test_a_mail_has_a_text_that_stands_alone_and_says_which_messages_it_carries(
    hospital: Hospital, postbox: _Refusing
) -> None:
    _with_server(hospital, postbox.port)
    owed = _owe(hospital)
    hospital.deliver()
    carried = Counter(i for m in postbox.mails for i in m["X-Bigdot-Messages"].split(", "))
    assert carried == {str(row.id): 1 for row in owed}
    assert len({m["To"] for m in postbox.mails}) == len(postbox.mails), "one mail a person"
    for received in postbox.mails:
        assert received.get_content_type() == "multipart/alternative"
        text, html = list(received.walk())[1:]
        assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        said = text.get_payload(decode=True)
        assert isinstance(said, bytes)
        assert "Review and acknowledge: http" in said.decode()
        assert received["References"].startswith("<alert-")


@pytest.mark.parametrize(
    ("said", "state"), [("550 no such person", "dead"), ("451 try later", "owed")]
)
def test_a_refusal_is_kept_in_the_servers_words(
    hospital: Hospital, postbox: _Refusing, said: str, state: str
) -> None:
    _with_server(hospital, postbox.port)
    _owe(hospital)
    postbox.said = said
    hospital.deliver()
    rows = hospital.rows(tables.message)
    assert {row.state for row in rows} == {state}
    assert {row.last_error for row in rows} == {f"the mail server answered {said}"}
    ids = {row.slot: row.message_id for row in rows if row.slot == row.id}
    postbox.said = "250 ok"
    _due_now(hospital)
    hospital.deliver()
    sent = {m["Message-ID"] for m in postbox.mails}
    assert sent == (set() if state == "dead" else set(ids.values()))


@dataclass
class _Silent(Postbox):
    """A mail server that takes a mail, and says nothing until it is let go."""

    let_go: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep one mail, wait, then accept it."""
        answer = await super().handle_DATA(server, session, envelope)
        while not self.let_go.is_set():
            await asyncio.sleep(0.01)
        return answer


@pytest.mark.parametrize("limit", ["of an answer", "of the whole"])
def test_a_server_that_hangs_is_left_in_time_and_may_have_taken_the_mail(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    silent = _Silent()
    with silent:
        _with_server(hospital, silent.port)
        _owe(hospital)
        with hospital.services.engine.begin() as connection:
            others = tables.message.c.recipient != "cno"
            connection.execute(tables.message.update().where(others).values(state="dead"))
            closed = {"closed_at": hospital.services.clock.system_now()}
            connection.execute(tables.message.update().where(others).values(**closed))
        of = mail if limit == "of an answer" else apprise_sender
        monkeypatch.setattr(of, "TIMEOUT_SECONDS", 0.5)
        hospital.deliver()
        assert not silent.let_go.is_set(), "it was left while it said nothing"
        mine = [row for row in hospital.rows(tables.message) if row.recipient == "cno"]
        assert {row.state for row in mine} == {"owed"}
        assert {row.last_error for row in mine} == {"the mail server did not answer in time"}
        attempts = hospital.rows(tables.delivery_attempt)
        assert {row.result for row in attempts} == {"unknown"}
        silent.let_go.set()
        monkeypatch.setattr(of, "TIMEOUT_SECONDS", 20.0)
        _due_now(hospital)
        hospital.deliver()
    assert len(silent.mails) == 2
    assert len({m["Message-ID"] for m in silent.mails}) == 1, "a repeat can be told"


def test_a_server_that_hangs_up_may_have_taken_the_mail() -> None:
    """It dies with the mail in its hand; what it says first is said, and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            talking, _ = listening.accept()
            with talking, talking.makefile("rb") as said:
                talking.sendall(b"220 here\r\n")
                for answer in (b"250 here", b"250 ok", b"250 ok", b"354 go on"):
                    said.readline()
                    talking.sendall(answer + b"\r\n")
                while said.readline() != b".\r\n":
                    pass

        server = threading.Thread(target=serve)
        server.start()
        composed = EmailMessage()
        composed["From"], composed["To"] = "a@x.example", "b@x.example"
        at = mail.SmtpServer("127.0.0.1", listening.getsockname()[1], starttls=False)
        with pytest.raises(SendFailedError, match="closed the connection before") as failed:
            mail.hand_in(composed, at)
        server.join(10)
    assert failed.value.unknown
    assert not failed.value.permanent


def test_a_server_that_is_away_costs_time_only(hospital: Hospital, postbox: _Refusing) -> None:
    _with_server(hospital, 1)
    owed = _owe(hospital)
    hospital.deliver()
    assert {row.state for row in hospital.rows(tables.message)} == {"owed"}
    _with_server(hospital, postbox.port)
    _due_now(hospital)
    hospital.deliver()
    carried = Counter(i for m in postbox.mails for i in m["X-Bigdot-Messages"].split(", "))
    assert carried == {str(row.id): 1 for row in owed}


def test_a_claim_whose_worker_died_comes_back_as_it_was_and_a_late_end_changes_nothing(
    hospital: Hospital,
) -> None:
    _owe(hospital)
    outbox = DatabaseOutbox(hospital.services.engine)
    now = hospital.services.clock.system_now()
    lost = outbox.claim(now, now + deliver.LEASE, 99)
    assert lost
    assert not outbox.claim(now, now + deliver.LEASE, 99)
    later = now + deliver.LEASE + timedelta(seconds=1)
    again = outbox.claim(later, later + deliver.LEASE, 99)
    assert {s.message_id: s.parts for s in again} == {s.message_id: s.parts for s in lost}
    outbox.bury(lost[0], SendFailedError("too late"), later)
    assert {row.state for row in hospital.rows(tables.message)} == {"sending"}
    for slot in again:
        outbox.sent(slot, later, 1)
    assert {row.state for row in hospital.rows(tables.message)} == {"sent"}


def test_many_threads_send_each_message_once(hospital: Hospital) -> None:
    (alert, *_) = [row.alert_id for row in _owe(hospital)]
    now = hospital.services.clock.system_now()
    rows = [
        {
            "organisation_id": hospital.id,
            "alert_id": alert,
            "episode": 9,
            "step": n,
            "recipient": f"p{n}",
            "channel": "hook",
            "state": "owed",
            "content": {},
            "message_id": f"<{n}@x>",
            "owed_at": now,
            "due_at": now,
        }
        for n in range(200)
    ]
    with hospital.services.engine.begin() as connection:
        connection.execute(sa.insert(tables.message), rows)
    sent: list[str] = []

    def drain() -> None:
        outbox = DatabaseOutbox(hospital.services.engine)
        while slots := outbox.claim(now, now + deliver.LEASE, deliver.CLAIMED):
            for slot in slots:
                sent.append(slot.message_id)
                outbox.sent(slot, now, 0)

    threads = [threading.Thread(target=drain) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    drain()
    assert Counter(sent)["<7@x>"] == 1
    assert set(Counter(sent).values()) == {1}
    assert len(sent) >= 200


def test_a_lease_outlasts_what_it_was_taken_for() -> None:
    send = max(mail.TIMEOUT_SECONDS, apprise_sender.TIMEOUT_SECONDS)
    assert timedelta(seconds=send * deliver.CLAIMED) * 2 < deliver.LEASE


def test_the_wait_after_a_failure_doubles_to_half_a_day() -> None:
    waits = [deliver.backoff(n, 1.0) for n in range(1, 20)]
    assert waits[:3] == [timedelta(seconds=s) for s in (30, 60, 120)]
    assert waits[-1] == timedelta(hours=12)
    assert deliver.backoff(1, 0.0) == timedelta(seconds=22.5)


def test_a_password_is_in_no_text_of_the_server() -> None:
    assert "secret" not in repr(mail.SmtpServer("h", 1, "u", "secret"))
