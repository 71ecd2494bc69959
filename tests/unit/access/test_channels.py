"""Which addresses a channel may have: the table of dangers of the notification library."""

from __future__ import annotations

import pytest

from services.access.channels import KINDS, check_url, is_private, mask
from services.ports.access import AccessError

GOOD = [
    ("webhook", "https://hooks.example.org/bigdot/42"),
    ("slack", "https://hooks.slack.com/services/T0AB/B0CD/abcDEF123"),
    ("slack", "https://hooks.slack-gov.com/services/T0AB/B0CD/abcDEF123"),
    (
        "teams",
        "https://prod-1.uksouth.logic.azure.com/workflows/ab12/triggers/manual/paths/invoke"
        "?api-version=2016-06-01&sp=%2Ftriggers&sv=1.0&sig=abc_-1",
    ),
    ("mattermost", "https://chat.example.org/hooks/abc123def"),
    ("gchat", "https://chat.googleapis.com/v1/spaces/AAA-_b/messages?key=k1&token=t1"),
]
DANGEROUS = [
    "http://hooks.example.org/x",
    "https://127.0.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/x",
    "https://[fd00::1]/x",
    "https://10.0.0.1/x",
    "https://localhost/x",
    "https://redis/x",
    "https://metadata.google.internal/x",
    "https://127.1/x",
    "https://0x7f.0.0.1/x",
    "https://2130706433/x",
    "https://hooks.example.org:6379/x",
    "https://user:secret@hooks.example.org/x",
    "https://hooks.example.org/x?method=DELETE",
    "https://hooks.example.org/x?+Authorization=me",
    "https://hooks.example.org/x#fragment",
    "https://hooks.example.org/x y",
    "https://hooks.example.org/x\nHost: other",
    "json://127.0.0.1:6379/x",
    "file:///etc/passwd",
    "syslog://",
    "apprise://example.org",
    "mailto://user:pass@example.org?smtp=10.0.0.1",
    "https:///x",
    "https://hooks.example.org:99999/x",
    "https://[broken/x",
    "",
    "https://hooks.example.org/" + "x" * 3000,
]


@pytest.mark.parametrize(("kind", "url"), GOOD)
def test_an_address_of_its_kind_is_taken_as_it_is(kind: str, url: str) -> None:
    assert check_url(kind, url) == url


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("url", DANGEROUS)
def test_a_dangerous_address_is_refused_and_not_repeated(kind: str, url: str) -> None:
    with pytest.raises(AccessError) as refused:
        check_url(kind, url)
    assert len(url) < 12 or url not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("slack", "https://hooks.slack.com.evil.example/services/T0AB/B0CD/abc"),
        ("slack", "https://hooks.slack.com/services/T0AB/B0CD/abc?template=file:///etc/passwd"),
        ("slack", "https://hooks.slack.com/other"),
        ("teams", "https://logic.azure.com.evil.example/workflows/x"),
        ("teams", "https://evil-logic.azure.com.example.org/x"),
        ("teams", "https://a.logic.azure.com/workflows/x?template=file:///etc/passwd"),
        ("gchat", "https://chat.googleapis.com/v1/spaces/A/messages?key=1&x=2"),
        ("gchat", "https://chat.googleapis.com/v2/spaces/A/messages?key=1"),
        ("mattermost", "https://chat.example.org/login"),
        ("telegram", "https://api.telegram.org/x"),
    ],
)
def test_an_address_of_another_kind_is_refused(kind: str, url: str) -> None:
    with pytest.raises(AccessError):
        check_url(kind, url)


@pytest.mark.parametrize(
    ("kind", "url", "allowed"),
    [
        ("webhook", "https://hooks.example.org/x?token=abcsecret", "nothing"),
        ("webhook", "https://hooks.example.org/x?abcsecret", "nothing"),
        ("gchat", "https://chat.googleapis.com/v1/spaces/A/messages?abcsecret=", "key, token"),
    ],
)
def test_what_may_stand_behind_a_question_mark_is_said(kind: str, url: str, allowed: str) -> None:
    with pytest.raises(AccessError) as refused:
        check_url(kind, url)
    assert str(refused.value) == (f"the address of a {kind} channel may have behind a ?: {allowed}")


def test_a_host_that_the_operator_allows_may_be_inside_and_plain() -> None:
    url = "http://127.0.0.1:9000/hook"
    assert check_url("webhook", url, ("127.0.0.1:9000",)) == url
    assert check_url("webhook", url, ("127.0.0.1",)) == url
    with pytest.raises(AccessError):
        check_url("webhook", url, ("127.0.0.1:9001",))
    with pytest.raises(AccessError):
        check_url("slack", url, ("127.0.0.1",))


def test_what_is_shown_of_an_address_does_not_open_it() -> None:
    shown = mask("https://hooks.slack.com/services/T0AB/B0CD/abcDEF123secret")
    assert shown == "https://hooks.slack.com/…cret"


@pytest.mark.parametrize("host", ["8.8.8.8", "example.org", "2606:4700::1111"])
def test_a_public_host_is_not_private(host: str) -> None:
    assert not is_private(host)
