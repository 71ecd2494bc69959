"""From settings to what the services and the pages take as plain values."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import Settings
from services.bootstrap import MailOptions, Options
from services.ports.doorbell import Doorbell, SilentDoorbell
from web.broker import BrokerDoorbell
from web.context import WebOptions

SECRET_FILE = "secret.key"  # noqa: S105 - a file's name
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def service_options(settings: Settings) -> Options:
    """What the services are told."""
    return Options(
        database_url=settings.database,
        secret_keys=secret_keys(settings),
        base_url=settings.public_url,
        broker_url=settings.broker,
        mail=mail_options(settings),
        embedded=settings.embedded,
        demo=settings.demo,
        channel_allow_hosts=settings.channel_allow_hosts,
    )


def doorbell(settings: Settings) -> Doorbell:
    """The bell that wakes the workers; silent where there is no broker."""
    return BrokerDoorbell(settings.broker) if settings.broker else SilentDoorbell()


def mail_options(settings: Settings) -> MailOptions:
    """How mail leaves."""
    password = settings.smtp_password
    return MailOptions(
        host=settings.smtp_host,
        port=settings.smtp_port,
        user=settings.smtp_user,
        password=password.get_secret_value() if password else None,
        starttls=settings.smtp_starttls,
        sender=settings.smtp_from,
        reply_to=settings.smtp_reply_to,
        merge_seconds=settings.mail_merge_seconds,
    )


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
        demo=settings.demo,
        hosts=(*LOOPBACK, public) if settings.embedded else (),
        proxies=settings.trusted_proxies,
        throttle_storage=_throttle_storage(settings.broker),
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
    )


def _throttle_storage(broker: str | None) -> str:
    """The broker counts sign-in attempts too, where it is one that the counter knows."""
    if broker is None or not broker.startswith(("redis://", "rediss://")):
        return "memory://"
    return broker


def secret_keys(settings: Settings) -> tuple[str, ...]:
    """The keys that sign; embedded, one made once and kept in the data folder (mode 0600)."""
    if settings.secret_keys:
        return settings.secret_keys
    path = settings.data_dir / SECRET_FILE
    if not path.exists():
        _make_secret(path)
    return (path.read_text(encoding="utf-8").strip(),)


def _make_secret(path: Path) -> None:
    """Two processes that start together agree: the first to link its file wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f".{path.name}.{os.getpid()}")
    mine.touch(mode=0o600)
    mine.write_text(secrets.token_urlsafe(48), encoding="utf-8")
    try:
        path.hardlink_to(mine)
    except FileExistsError:
        pass
    finally:
        mine.unlink()
