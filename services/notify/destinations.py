"""Where a message may go: a name that was public when it was saved may lead inside by now."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from services.ports.delivery import SendFailedError


def refuse_private(url: str, allow_hosts: tuple[str, ...]) -> None:
    """Refuse an address that resolves to this machine or its own network, unless allow-listed.

    Each of ``allow_hosts`` is ``host`` or ``host:port``. Raises SendFailedError.
    """
    parts = urlsplit(url)
    if {parts.hostname, f"{parts.hostname}:{parts.port}"} & set(allow_hosts):
        return
    if any(not address.is_global for address in _addresses(parts.hostname or "")):
        raise SendFailedError("the channel's host leads to a private network", permanent=True)


def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise SendFailedError("the channel's host has no address") from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
