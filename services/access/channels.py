"""Channels: chat rooms and webhooks that messages go to.

Nobody types a notification library's own address: such an address can name any host, port, file or
program. A channel is of a known kind, its address is checked against that
kind, and the sender builds what its library wants.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

from services.ports.access import (
    AccessError,
    Actor,
    AuditEntry,
    ChannelRecord,
    ChannelStore,
    UnknownError,
)
from services.ports.clock import Clock

MAIL = "mail"
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LONGEST_URL = 2048
_SLACK_PATH = re.compile(r"/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]+")
_GCHAT_PATH = re.compile(r"/v1/spaces/[A-Za-z0-9_-]+/messages")
_MATTERMOST_PATH = re.compile(r"(/[A-Za-z0-9._-]+)*/hooks/[A-Za-z0-9]+")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._~/%:@+=,-]*")
_TEAMS_HOSTS = (
    ".logic.azure.com",
    ".api.powerplatform.com",
    ".powerautomate.com",
    ".webhook.office.com",
)
_TEAMS_QUERY = frozenset({"api-version", "sp", "sv", "sig"})
_GCHAT_QUERY = frozenset({"key", "token"})
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


@dataclass(frozen=True, slots=True)
class _Kind:
    """What an address of the kind looks like; ``example`` tells a person."""

    fits: Callable[[SplitResult], bool]
    example: str
    query: frozenset[str] = frozenset()
    own_host: bool = False


KINDS: dict[str, _Kind] = {
    "webhook": _Kind(
        lambda url: bool(_PLAIN_PATH.fullmatch(url.path)),
        "https://example.org/hooks/bigdot",
        own_host=True,
    ),
    "slack": _Kind(
        lambda url: (
            url.hostname in {"hooks.slack.com", "hooks.slack-gov.com"}
            and bool(_SLACK_PATH.fullmatch(url.path))
        ),
        "https://hooks.slack.com/services/T…/B…/…",
    ),
    "teams": _Kind(
        lambda url: (url.hostname or "").endswith(_TEAMS_HOSTS),
        "https://….logic.azure.com/workflows/…",
        query=_TEAMS_QUERY,
    ),
    "mattermost": _Kind(
        lambda url: bool(_MATTERMOST_PATH.fullmatch(url.path)),
        "https://chat.example.org/hooks/…",
        own_host=True,
    ),
    "gchat": _Kind(
        lambda url: url.hostname == "chat.googleapis.com" and bool(_GCHAT_PATH.fullmatch(url.path)),
        "https://chat.googleapis.com/v1/spaces/…/messages?key=…&token=…",
        query=_GCHAT_QUERY,
    ),
}


class Channels:
    """The use cases of channels. ``allow_hosts`` may be reached by http, on any port, in private.

    Each is ``host`` or ``host:port``.
    """

    def __init__(self, store: ChannelStore, clock: Clock, allow_hosts: tuple[str, ...]) -> None:
        self._store = store
        self._clock = clock
        self._allow_hosts = allow_hosts

    def add(
        self, organisation_id: int, slug: str, kind: str, url: str, *, actor: Actor
    ) -> ChannelRecord:
        """Add a channel. Raises AccessError, which never repeats the address."""
        if not _SLUG.fullmatch(slug) or slug == MAIL:
            raise AccessError(
                "a channel's id has small letters, digits and dashes, and is not mail"
            )
        checked, now = check_url(kind, url, self._allow_hosts), self._clock.system_now()
        record = ChannelRecord(0, organisation_id, slug, slug, kind, mask(checked), now)
        entry = AuditEntry(
            organisation_id, now, actor.name, actor.via, "channel.add", slug, {"kind": kind}
        )
        return self._store.add(record, checked, entry)

    def all(self, organisation_id: int) -> tuple[ChannelRecord, ...]:
        """The organisation's channels."""
        return self._store.all(organisation_id)

    def remove(self, organisation_id: int, slug: str, *, actor: Actor) -> None:
        """Remove a channel. Raises UnknownError."""
        now = self._clock.system_now()
        entry = AuditEntry(organisation_id, now, actor.name, actor.via, "channel.remove", slug)
        if not self._store.remove(organisation_id, slug, entry):
            raise UnknownError(f"there is no channel {slug}")


def check_url(kind: str, url: str, allow_hosts: tuple[str, ...] = ()) -> str:
    """The address as it is kept. Raises AccessError unless it is one of the kind's."""
    if kind not in KINDS:
        raise AccessError(f"unknown kind of channel {kind}; known are {', '.join(KINDS)}")
    known, parts = KINDS[kind], _split(url.strip())
    allowed = known.own_host and _is_allowed(parts, allow_hosts)
    if not allowed:
        _refuse_unsafe(parts)
    if not known.fits(parts):
        raise AccessError(f"that is not the address of a {kind} channel, as in {known.example}")
    if set(parse_qs(parts.query, keep_blank_values=True)) - known.query:
        named = ", ".join(sorted(known.query)) or "nothing"
        raise AccessError(f"the address of a {kind} channel may have behind a ?: {named}")
    return parts.geturl()


def mask(url: str) -> str:
    """The host and the last four characters, by which a person knows the address again."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}/…{url[-4:]}"


def is_private(host: str) -> bool:
    """Whether a host's literal address or name is of this machine or its own network."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        plain = host.rstrip(".").lower()
        return "." not in plain or plain.endswith(_LOCAL_NAMES) or _is_number(plain)


def _is_number(host: str) -> bool:
    """Whether a resolver may read the name as an address: 127.1, 0x7f.1, 2130706433."""
    return bool(re.fullmatch(r"(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+))*", host))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        raise AccessError("that is not a web address") from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= _LONGEST_URL
    if not plain or not port_is_number or not parts.hostname:
        raise AccessError("that is not a web address")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AccessError("an address has no user, no password and no fragment")
    if parts.scheme not in {"http", "https"}:
        raise AccessError("an address begins with https://")
    return parts


def _is_allowed(parts: SplitResult, allow_hosts: tuple[str, ...]) -> bool:
    return bool({parts.hostname, f"{parts.hostname}:{parts.port}"} & set(allow_hosts))


def _refuse_unsafe(parts: SplitResult) -> None:
    if parts.scheme != "https" or parts.port not in {None, 443}:
        raise AccessError("an address begins with https:// and has no port of its own")
    if is_private(parts.hostname or ""):
        raise AccessError("an address of a private network is not sent to; see CHANNEL_ALLOW_HOSTS")
