"""From settings to what the services and the pages take as plain values."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from config.settings import Settings
from services.configured import secret_keys, service_options
from services.ports.doorbell import Doorbell, SilentDoorbell
from web.broker import BrokerDoorbell
from web.context import WebOptions

__all__ = ["doorbell", "secret_keys", "service_options", "web_options"]
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def doorbell(settings: Settings) -> Doorbell:
    """The bell that wakes the workers; silent where there is no broker."""
    return BrokerDoorbell(settings.broker) if settings.broker else SilentDoorbell()


def web_options(settings: Settings) -> WebOptions:
    """What the pages are told.

    Embedded, only names of this machine are answered, so that no page elsewhere can have a browser
    speak to it under a name of its own (DNS rebinding). In production the proxy in front decides,
    and no answer is built from the name.
    """
    public = urlsplit(settings.public_url).hostname or "localhost"
    return WebOptions(
        secret_keys=secret_keys(settings),
        secure=settings.secure_cookies,
        embedded=settings.embedded,
        exposed=settings.embedded and is_exposed(settings),
        demo=settings.demo,
        hosts=(*LOOPBACK, public) if settings.embedded else (),
        proxies=settings.trusted_proxies,
        throttle_storage=_throttle_storage(settings.broker),
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
    )


def is_exposed(settings: Settings) -> bool:
    """Whether others than this machine may reach the pages, themselves or through a proxy."""
    public = urlsplit(settings.public_url).hostname or ""
    here = _is_loopback(settings.host) and _is_loopback(public)
    return not here or settings.trusted_proxies > 0


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _throttle_storage(broker: str | None) -> str:
    """The broker counts sign-in attempts too, where it is one that the counter knows."""
    if broker is None or not broker.startswith(("redis://", "rediss://")):
        return "memory://"
    return broker
