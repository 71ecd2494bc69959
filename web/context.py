"""What a request may ask of the app it runs in."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import current_app

from services.bootstrap import Services

EXTENSION = "bigdot"
MAX_BODY_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class WebOptions:
    """How the web edge stands.

    ``secure``: pages are served by https, so cookies are ``__Host-`` and HSTS is sent. ``hosts``:
    the names that a Host header may carry; empty means any. ``proxies``: how many reverse proxies
    set X-Forwarded-* in front. ``throttle_storage``: where sign-in attempts are counted
    (``memory://`` or a Redis URL). ``metrics_token``: what opens /metrics where it is not embedded.
    ``exposed``: embedded, and others than this machine may reach it.
    """

    secret_keys: tuple[str, ...] = field(repr=False)
    secure: bool = False
    embedded: bool = False
    exposed: bool = False
    demo: bool = False
    hosts: tuple[str, ...] = ()
    proxies: int = 0
    max_body: int = MAX_BODY_BYTES
    throttle_storage: str = field(default="memory://", repr=False)
    metrics_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Edge:
    """What the app holds for its requests."""

    services: Services
    options: WebOptions


def edge() -> Edge:
    """The current app's services and options."""
    held: Edge = current_app.extensions[EXTENSION]
    return held


def services() -> Services:
    """The current app's services."""
    return edge().services


def web_options() -> WebOptions:
    """The current app's options."""
    return edge().options
