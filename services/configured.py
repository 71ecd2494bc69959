"""From an edge's settings to what the services take as plain values."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Protocol

from services.bootstrap import MailOptions, Options

SECRET_FILE = "secret.key"  # noqa: S105 - a file's name


class _Secret(Protocol):
    """A value that does not show itself."""

    def get_secret_value(self) -> str:
        """The value."""
        ...


class Configured(Protocol):
    """The settings that the services ask for; `config.settings.Settings` has them."""

    @property
    def database(self) -> str: ...
    @property
    def broker(self) -> str | None: ...
    @property
    def secret_keys(self) -> tuple[str, ...]: ...
    @property
    def data_dir(self) -> Path: ...
    @property
    def public_url(self) -> str: ...
    @property
    def embedded(self) -> bool: ...
    @property
    def demo(self) -> bool: ...
    @property
    def channel_allow_hosts(self) -> tuple[str, ...]: ...
    @property
    def smtp_host(self) -> str | None: ...
    @property
    def smtp_port(self) -> int: ...
    @property
    def smtp_user(self) -> str | None: ...
    @property
    def smtp_password(self) -> _Secret | None: ...
    @property
    def smtp_starttls(self) -> bool: ...
    @property
    def smtp_from(self) -> str: ...
    @property
    def smtp_reply_to(self) -> str | None: ...
    @property
    def mail_merge_seconds(self) -> float: ...


def service_options(settings: Configured) -> Options:
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


def mail_options(settings: Configured) -> MailOptions:
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


def secret_keys(settings: Configured) -> tuple[str, ...]:
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
