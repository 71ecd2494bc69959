"""Webhooks over real HTTP: what is sent, what each answer makes of it, and what stays secret."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from config import logging as our_logging
from services.access.accounts import AccountRequest
from services.bootstrap import Services
from services.delivery import deliver
from services.notify import apprise_sender
from services.notify.destinations import refuse_private
from services.persistence import tables
from services.ports.access import Actor, TakenError
from services.ports.delivery import Letter, SendFailedError
from tests.integration.pipeline.conftest import HARM, PLAN, Hospital
from tests.receivers import Receiver
from tests.worlds import PASSWORD, browser
from web.app import create_app
from web.context import WebOptions

ACTOR = Actor("test", "cli")
TOKEN = "t0ps3cr3t-Zq9xW"
NAME = "Less harm: 95 % of 1,000 + “all” & <none>"
HOOK = tables.message.c.channel == "hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real receiver."""
    with Receiver() as started:
        yield started


@pytest.fixture
def hooked(hospital: Hospital, receiver: Receiver) -> Hospital:
    """Northfield, whose chief nursing officer is told of harm by a webhook only."""
    _allowing(hospital, receiver.host)
    _add(hospital, receiver.url(f"/hooks/{TOKEN}"))
    return hospital


def _allowing(hospital: Hospital, *hosts: str) -> None:
    options = hospital.services.options
    hospital.services.close()
    hospital.services = Services(replace(options, channel_allow_hosts=hosts))


def _add(hospital: Hospital, url: str) -> None:
    hospital.services.channels.add(hospital.id, "hook", "webhook", url, actor=ACTOR)
    plan = PLAN.replace("{aim: harm-21, to: [cno]}", "{aim: harm-21, to: [cno], by: [hook]}")
    plan = plan.replace("name: Less harm to patients in our care", f"name: '{NAME}'")
    hospital.services.plans.apply(hospital.id, plan, author="advisor", reason="by webhook")


def _owe(hospital: Hospital) -> Any:
    """Let the aim fall off track; the message owed to the webhook."""
    hospital.at(2025, 8, 20)
    hospital.feed("harm", HARM)
    hospital.judge()
    return _message(hospital)


def _message(hospital: Hospital) -> Any:
    (row,) = hospital.rows(tables.message, HOOK)
    return row


def _attempts(hospital: Hospital, message: int) -> list[tuple[int, str, str | None]]:
    table = tables.delivery_attempt
    rows = hospital.rows(table, table.c.message_id == message)
    return [(row.attempt, row.result, row.error) for row in rows]


def _due_now(hospital: Hospital) -> None:
    past = hospital.services.clock.system_now() - timedelta(seconds=1)
    with hospital.services.engine.begin() as connection:
        connection.execute(tables.message.update().where(HOOK).values(due_at=past))


def test_a_webhook_gets_the_message_with_its_id(hooked: Hospital, receiver: Receiver) -> None:
    owed = _owe(hooked)
    hooked.deliver()
    (request,) = receiver.received
    body = request.json()
    assert request.path == f"/hooks/{TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert request.message_id == body["message_id"] == owed.message_id
    assert (body["state"], body["about"]) == ("Deteriorating", NAME)
    assert body["url"] == "http://127.0.0.1:8000/aims/harm-21"
    assert body["title"].startswith("Deteriorating: Less harm: 95 % of 1,000")
    assert body["message"].startswith(f"DETERIORATING: {NAME}\n")
    assert body["type"] == "warning"
    row = _message(hooked)
    assert (row.state, row.last_error, row.attempts) == ("sent", None, 1)
    assert row.closed_at == row.sent_at
    assert _attempts(hooked, row.id) == [(1, "sent", None)]


def test_a_room_of_mattermost_gets_the_text(hooked: Hospital, receiver: Receiver) -> None:
    hooked.services.channels.remove(hooked.id, "hook", actor=ACTOR)
    url = receiver.url(f"/hooks/{TOKEN.replace('-', '')}")
    hooked.services.channels.add(hooked.id, "hook", "mattermost", url, actor=ACTOR)
    _owe(hooked)
    hooked.deliver()
    (request,) = receiver.received
    assert receiver.url(request.path) == url
    assert f"DETERIORATING: {NAME}" in request.json()["text"]
    assert "http://127.0.0.1:8000/aims/harm-21" in request.json()["text"]
    assert _message(hooked).state == "sent"


def test_good_news_says_so(hooked: Hospital, receiver: Receiver) -> None:
    _owe(hooked)
    hooked.deliver()
    better = [{"measure": "harm", "period": f"2025-{n:02d}", "value": 20.0} for n in range(1, 13)]
    hooked.at(2026, 1, 25)
    hooked.post("measurements", *better)
    hooked.judge()
    hooked.deliver()
    first, last = receiver.received[0], receiver.received[-1]
    assert first.json()["type"] == "warning"
    assert (last.json()["type"], last.json()["state"]) == ("success", "Close")
    assert first.message_id != last.message_id


@pytest.mark.parametrize(
    ("data", "kind"),
    [({"trouble": True}, "warning"), ({"trouble": False}, "success"), ({}, "warning")],
)
def test_a_room_sees_at_a_glance_whether_news_are_good(data: dict[str, bool], kind: str) -> None:
    letter = Letter("<m@x>", "<t>", "s", "t", "h", (1,), data)
    assert apprise_sender.type_of(letter).value == kind


@pytest.mark.parametrize("status", [500, 503, 429, 302])
def test_what_may_pass_is_tried_again_under_the_same_id(
    hooked: Hospital, receiver: Receiver, status: int
) -> None:
    receiver.answers = [status, 200]
    owed = _owe(hooked)
    before = hooked.services.clock.system_now()
    hooked.deliver()
    row = _message(hooked)
    error = f"webhook: answered {status}"
    assert (row.state, row.last_error, row.attempts) == ("owed", error, 1)
    first = deliver.backoff(1, 0.0), deliver.backoff(1, 1.0)
    after = hooked.services.clock.system_now()
    assert before + first[0] <= row.due_at <= after + first[1]
    hooked.deliver()
    assert len(receiver.received) == 1, "it waits"
    _due_now(hooked)
    hooked.deliver()
    row = _message(hooked)
    assert (row.state, row.last_error, row.attempts) == ("sent", None, 2)
    assert {r.message_id for r in receiver.received} == {owed.message_id}
    assert {r.path for r in receiver.received} == {f"/hooks/{TOKEN}"}, "no redirect is followed"
    assert len({r.body for r in receiver.received}) == 1
    assert _attempts(hooked, row.id) == [(1, "failed", error), (2, "sent", None)]


@pytest.mark.parametrize(("status", "level"), [(404, "info"), (410, "error")])
def test_what_cannot_pass_is_given_up_at_once_and_seen(
    hooked: Hospital, receiver: Receiver, status: int, level: Any, kept_logging: StringIO
) -> None:
    our_logging.configure("json", level, kept_logging)
    receiver.answers = [status]
    _owe(hooked)
    hooked.deliver()
    row = _message(hooked)
    error = f"webhook: answered {status}"
    assert (row.state, row.last_error) == ("dead", error)
    assert row.closed_at is not None
    assert _attempts(hooked, row.id) == [(1, "dead", error)]
    _due_now(hooked)
    hooked.deliver()
    assert len(receiver.received) == 1
    assert error in _alert_page(hooked, row.alert_id)
    assert "bigdot_dead_letters 1.0" in _metrics(hooked)


def test_the_last_attempt_is_the_last(hooked: Hospital, receiver: Receiver) -> None:
    receiver.answers = [500]
    _owe(hooked)
    with hooked.services.engine.begin() as connection:
        last = tables.message.update().where(HOOK).values(attempts=deliver.ATTEMPTS - 1)
        connection.execute(last)
    hooked.deliver()
    assert _message(hooked).state == "dead"


def test_a_receiver_that_hangs_is_left_in_time_and_may_have_got_it(
    hooked: Hospital, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apprise_sender, "TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(apprise_sender, "READ_SECONDS", 1.0)
    receiver.let_go.clear()
    owed = _owe(hooked)
    hooked.deliver()
    assert not receiver.let_go.is_set(), "it was left while it said nothing"
    row = _message(hooked)
    assert (row.state, row.attempts) == ("owed", 1)
    assert _attempts(hooked, row.id) == [(1, "unknown", "webhook: no answer in time")]
    receiver.let_go.set()
    _due_now(hooked)
    hooked.deliver()
    assert _message(hooked).state == "sent"
    assert [r.message_id for r in receiver.received] == [owed.message_id] * 2


def test_a_silence_ends_well_before_the_lease() -> None:
    assert apprise_sender.TIMEOUT_SECONDS < apprise_sender.READ_SECONDS
    all_silent = timedelta(seconds=apprise_sender.READ_SECONDS * deliver.CLAIMED)
    assert all_silent < deliver.LEASE - deliver.SLOWEST


def test_nobody_at_the_address_costs_time_only(hooked: Hospital, receiver: Receiver) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        hooked.services.channels.remove(hooked.id, "hook", actor=ACTOR)
        nobody = f"127.0.0.1:{taken.getsockname()[1]}"
        _allowing(hooked, nobody)
        hooked.services.channels.add(
            hooked.id, "hook", "webhook", f"http://{nobody}/hooks/{TOKEN}", actor=ACTOR
        )
        _owe(hooked)
        hooked.deliver()
    row = _message(hooked)
    assert (row.state, row.last_error) == ("owed", "webhook: could not be reached")
    assert _attempts(hooked, row.id) == [(1, "failed", "webhook: could not be reached")]


def test_a_channel_that_is_gone_is_given_up_and_seen(hooked: Hospital) -> None:
    _owe(hooked)
    hooked.services.channels.remove(hooked.id, "hook", actor=ACTOR)
    hooked.deliver()
    row = _message(hooked)
    assert (row.state, row.last_error) == ("dead", "there is no channel hook")


# Where a message may not go.


def _resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name lead to the addresses."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.1.2.3",),
        ("172.16.0.1",),
        ("192.168.1.1",),
        ("169.254.169.254",),
        ("100.64.0.1",),
        ("0.0.0.0",),
        ("::1",),
        ("::",),
        ("fe80::1%eth0",),
        ("fd00:ec2::254",),
        ("::ffff:127.0.0.1",),
        ("::ffff:169.254.169.254",),
        ("93.184.215.14", "10.1.2.3"),
    ],
)
def test_a_name_that_leads_inside_is_refused_for_good(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    _resolving(monkeypatch, *addresses)
    url = f"https://hooks.example.org/{TOKEN}"
    with pytest.raises(SendFailedError, match="private network") as refused:
        refuse_private(url, ())
    assert refused.value.permanent
    assert TOKEN not in str(refused.value)
    refuse_private(url, ("hooks.example.org",))
    refuse_private("https://hooks.example.org:8443/x", ("hooks.example.org:8443",))
    with pytest.raises(SendFailedError):
        refuse_private("https://hooks.example.org:8443/x", ("hooks.example.org:8444",))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111"])
def test_a_name_that_leads_outside_is_not_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    _resolving(monkeypatch, address)
    refuse_private("https://hooks.example.org/x", ())


def test_a_name_that_leads_nowhere_may_do_so_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with pytest.raises(SendFailedError) as refused:
        refuse_private("https://hooks.example.org/x", ())
    assert not refused.value.permanent


def test_an_address_that_led_outside_when_it_was_saved_is_asked_again_when_sending(
    hooked: Hospital, receiver: Receiver
) -> None:
    _owe(hooked)
    _allowing(hooked)
    hooked.deliver()
    row = _message(hooked)
    assert row.state == "dead"
    assert row.last_error == "the channel's host leads to a private network"
    assert not receiver.received


# What stays secret.


@pytest.fixture
def kept_logging() -> Iterator[StringIO]:
    """A stream for a log; afterwards everything logs as before."""
    root, apprise = logging.getLogger(), logging.getLogger("apprise")
    before = (root.handlers[:], root.level, apprise.handlers[:], apprise.propagate)
    yield StringIO()
    root.handlers[:], apprise.handlers[:], apprise.propagate = before[0], before[2], before[3]
    root.setLevel(before[1])


def _page(hospital: Hospital, path: str) -> str:
    app = create_app(hospital.services, WebOptions(("k" * 40,), embedded=True))
    with suppress(TakenError):
        wanted = AccountRequest("boss", ("admin",), password=PASSWORD)
        hospital.services.accounts.create(hospital.id, wanted, actor=ACTOR)
    answer = browser(app, "boss").get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def _alert_page(hospital: Hospital, alert: int) -> str:
    return _page(hospital, f"/alerts/{alert}")


def _metrics(hospital: Hospital) -> str:
    app = create_app(hospital.services, WebOptions(("k" * 40,), embedded=True))
    return app.test_client().get("/metrics").get_data(as_text=True)


@pytest.mark.parametrize(("answer", "level"), [(404, "debug"), (500, "info"), (None, "debug")])
def test_the_token_of_an_address_is_nowhere_to_be_seen(
    hooked: Hospital, receiver: Receiver, answer: int | None, level: Any, kept_logging: StringIO
) -> None:
    """However it fails, and however much is logged."""
    our_logging.configure("json", level, kept_logging)
    if answer is None:
        with hooked.services.engine.begin() as connection:
            connection.execute(tables.channel.update().values(kind="unknown"))
    else:
        receiver.answers = [answer]
    _owe(hooked)
    hooked.deliver()
    row = _message(hooked)
    assert row.last_error
    for table in (tables.message, tables.delivery_attempt, tables.alert, tables.alert_event):
        assert TOKEN not in str(hooked.rows(table)), table.name
    assert TOKEN not in str(hooked.rows(tables.channel)), "sealed"
    found = hooked.services.channel_store.url(hooked.id, "hook")
    assert found is not None
    assert TOKEN in found[1]
    seen = {
        "log": kept_logging.getvalue(),
        "alert page": _alert_page(hooked, row.alert_id),
        "alerts": _page(hooked, "/alerts"),
        "aim": _page(hooked, "/aims/harm-21"),
        "metrics": _metrics(hooked),
        "channel": repr(found[0]) + repr(hooked.services.channels.all(hooked.id)),
        "options": repr(hooked.services.options),
        "objects": repr(vars(hooked.services)),
    }
    assert not [place for place, text in seen.items() if TOKEN in text]
    assert not [place for place, text in seen.items() if TOKEN[:8] in text]


def test_an_error_of_the_library_itself_tells_no_address(
    hooked: Hospital, monkeypatch: pytest.MonkeyPatch, kept_logging: StringIO
) -> None:
    our_logging.configure("json", "debug", kept_logging)

    def breaks(kind: str, url: str, letter: object) -> None:
        raise RuntimeError(f"cannot send to {url}")

    monkeypatch.setattr("services.notify.notifier.send_to_channel", breaks)
    _owe(hooked)
    hooked.deliver()
    row = _message(hooked)
    assert (row.state, row.last_error) == ("owed", "RuntimeError while sending")
    assert TOKEN not in kept_logging.getvalue() + str(_attempts(hooked, row.id))
