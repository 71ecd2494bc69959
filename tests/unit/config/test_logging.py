"""Log lines are data, and carry no secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from config.logging import REDACTED, configure

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Logging set up as in production; gives what was written so far."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    stream = io.StringIO()
    configure("json", "info", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()
    apprise = logging.getLogger("apprise")
    apprise.handlers[:], apprise.propagate = [], True
    logging.getLogger("celery.beat").filters[:] = []


def test_a_line_is_data(lines: Lines) -> None:
    structlog.get_logger("bigdot.intake").info("facts_recorded", organisation=1, created=3)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "facts_recorded",
        "logger": "bigdot.intake",
        "level": "info",
        "organisation": 1,
        "created": 3,
    }


def test_the_standard_library_speaks_the_same(lines: Lines) -> None:
    logging.getLogger("bigdot.web").warning("slow %s", "query")
    assert [(line["event"], line["level"]) for line in lines()] == [("slow query", "warning")]


@pytest.mark.parametrize(
    "field",
    ["password", "smtp_password", "token", "access_token", "database_url", "url", "Authorization",
     "client_secret", "api_key", "Set-Cookie"],
)  # fmt: skip
def test_secrets_are_known_by_name(lines: Lines, field: str) -> None:
    structlog.get_logger().info("seen", headers={field: "hunter2"}, **{field: "hunter2"})
    (line,) = lines()
    assert line[field] == line["headers"][field] == REDACTED


def test_secrets_are_known_by_their_looks(lines: Lines) -> None:
    key = "bd_" + "A1b2C3d4" * 4 + "x9y8z7"
    logging.getLogger("x").error("no answer from smtp://bigdot:hunter2@mail/ with %s", key)
    assert lines()[0]["event"] == f"no answer from smtp://{REDACTED}@mail/ with {REDACTED}"


def test_tracebacks_are_redacted_too(lines: Lines) -> None:
    try:
        raise ConnectionError("redis://:hunter2@broker refused")
    except ConnectionError:
        structlog.get_logger().exception("broker_lost")
    (line,) = lines()
    assert "ConnectionError" in line["exception"]
    assert "hunter2" not in line["exception"]


def test_what_names_a_subject_is_kept(lines: Lines) -> None:
    structlog.get_logger().info("judged", subject_key="aim:hsmr-88", message_id="<1@bigdot>")
    assert (lines()[0]["subject_key"], lines()[0]["message_id"]) == ("aim:hsmr-88", "<1@bigdot>")


def test_apprise_is_silent(lines: Lines) -> None:
    logging.getLogger("apprise").error("Unparseable URL mailto://me:hunter2@mail")
    assert lines() == []


def test_an_absent_broker_is_told_of_once_a_minute_in_one_line(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat = logging.getLogger("celery.beat")
    for second in (0.0, 1.0, 59.0, 60.0):
        monkeypatch.setattr("time.monotonic", lambda second=second: 1000.0 + second)
        try:
            raise ConnectionError("refused")
        except ConnectionError as error:
            beat.error("Message Error: %s\n%s", error, ["a stack"], exc_info=True)
        beat.warning("at %s", second)
    found = [line["event"] for line in lines()]
    told = "Message Error: refused"
    assert found == [told, "at 0.0", "at 1.0", "at 59.0", told, "at 60.0"]
    assert "exception" not in lines()[0]


def test_lines_below_the_level_are_left_out(lines: Lines) -> None:
    structlog.get_logger("bigdot").debug("detail")
    logging.getLogger("bigdot").debug("detail")
    assert lines() == []
