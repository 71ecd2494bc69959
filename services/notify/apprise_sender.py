"""Apprise, kept on a short leash: a fresh object for each send, only the services we enable."""

from __future__ import annotations

import logging
import re
from email.message import EmailMessage
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from apprise import Apprise, AppriseAsset, NotifyBase
from apprise.common import NotifyFormat, NotifyType, PersistentStoreMode
from apprise.manager_plugins import NotificationManager
from apprise.result import AppriseResultStatus

from services.notify.mail import SILENT, SmtpServer, hand_in
from services.ports.delivery import Letter, SendFailedError

MAIL_SCHEMA = "bigdotmail"
CHATS = ("slack", "workflow", "workflows", "mmost", "mmosts", "gchat")
SCHEMAS = ("json", "jsons", *CHATS, MAIL_SCHEMA)
TIMEOUT_SECONDS = 20.0
READ_SECONDS = TIMEOUT_SECONDS + 5.0
"""Longer than we wait, so that a silence ends as one: the message may have arrived."""
_STATUS = re.compile(r"\berror=(\d{3})\b")
_PERMANENT = frozenset({400, 401, 403, 404, 405, 410, 422})


class BigdotMail(NotifyBase):
    """Hands one composed mail to the SMTP server; keeps the error that Apprise would swallow."""

    service_name = "Bigdot mail"  # type: ignore[assignment]
    protocol = MAIL_SCHEMA  # type: ignore[assignment]  # Apprise declares them as None
    request_rate_per_sec = 0
    notify_format = NotifyFormat.TEXT
    templates = ("{schema}://",)  # type: ignore[assignment]

    def __init__(self, mail: EmailMessage, server: SmtpServer, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self._mail = mail
        self._server = server
        self.error: SendFailedError | None = None

    def url(
        self,
        privacy: bool = False,  # noqa: ARG002 - Apprise's signature, here and below
        *args: Any,  # noqa: ARG002 - as above
        **kwargs: Any,  # noqa: ARG002 - as above
    ) -> str:
        """The service's address, which tells nothing."""
        return f"{MAIL_SCHEMA}://"

    def send(
        self,
        body: str,  # noqa: ARG002 - the mail is composed already
        title: str = "",  # noqa: ARG002 - as above
        notify_type: NotifyType = NotifyType.INFO,  # noqa: ARG002 - as above
        **kwargs: Any,  # noqa: ARG002 - as above
    ) -> bool:
        """Hand the mail in; whether it was taken."""
        try:
            hand_in(self._mail, self._server)
        except SendFailedError as error:
            self.error = error
            return False
        return True


@cache
def enable() -> None:
    """Once a process: our mail service, and of the others only those that a channel may use.

    A service says in a warning what it was answered, so those are made however little is logged.
    """
    logging.getLogger("apprise").setLevel(logging.WARNING)
    manager = NotificationManager()
    manager.add(BigdotMail, schemas=MAIL_SCHEMA)
    manager.enable_only(*SCHEMAS)


def asset() -> AppriseAsset:
    """No threads, nothing on disk, no redirects, no secrets in a log."""
    return AppriseAsset(
        async_mode=False,
        storage_mode=PersistentStoreMode.MEMORY,
        http_redirects=False,
        secure_logging=True,
        service_timeout=TIMEOUT_SECONDS,
        app_id="Bigdot",
        app_desc="Bigdot",
    )


def send_mail(mail: EmailMessage, server: SmtpServer, letter: Letter) -> None:
    """Send one mail. Raises SendFailedError."""
    enable()
    service = BigdotMail(mail, server, asset=asset())
    sender = Apprise(asset=asset())
    sender.add(service)
    result = sender.notify(body=letter.text, title=letter.subject)
    if result.status is AppriseResultStatus.TIMEOUT:
        raise SendFailedError(SILENT, unknown=True)
    if result.status is not AppriseResultStatus.SUCCESS:
        raise service.error or SendFailedError(f"mail: {result.status.name.lower()}")


def send_to_channel(kind: str, url: str, letter: Letter) -> None:
    """Send to a webhook or chat room. Raises SendFailedError with the service's own words."""
    enable()
    service = Apprise.instantiate(apprise_url(kind, url, letter), asset=asset())
    if service is None:
        raise SendFailedError(f"the address of this {kind} channel cannot be used", permanent=True)
    service.socket_read_timeout = READ_SECONDS
    sender = Apprise(asset=asset())
    sender.add(service)
    result = sender.notify(
        body=letter.text, title=letter.subject, notify_type=type_of(letter), body_format="text"
    )
    if result.status is not AppriseResultStatus.SUCCESS:
        raise _failure(kind, result)


def type_of(letter: Letter) -> NotifyType:
    """Whether a room shows the news as good."""
    return NotifyType.WARNING if letter.data.get("trouble", True) else NotifyType.SUCCESS


def apprise_url(kind: str, url: str, letter: Letter) -> str:
    """The address as Apprise wants it, with the message's id where the service has room for it."""
    parts = urlsplit(url)
    secure = "s" if parts.scheme == "https" else ""
    match kind:
        case "webhook":
            extra = {
                "method": "POST",
                "+X-Bigdot-Message": letter.message_id,
                ":message_id": letter.message_id,
                ":url": str(letter.data.get("url", "")),
                ":state": str(letter.data.get("state", "")),
                ":about": str(letter.data.get("about", "")),
            }
            path = quote(parts.path, safe="/%")
            return f"json{secure}://{parts.netloc}{path or '/'}?{urlencode(extra, quote_via=quote)}"
        case "slack":
            return f"slack://{'/'.join(parts.path.split('/')[-3:])}/?image=no&footer=no"
        case "mattermost":
            token = parts.path.rpartition("/")[2]
            base = parts.path.partition("/hooks/")[0]
            return f"mmost{secure}://{parts.netloc}{base}/{token}/?image=no"
        case _:
            return url


def _failure(kind: str, result: Any) -> SendFailedError:
    """The failure as the service tells it; a time-out may have arrived after all."""
    if result.status is AppriseResultStatus.TIMEOUT:
        return SendFailedError(f"{kind}: no answer in time", unknown=True)
    said = " ".join(str(entry.message) for service in result.results for entry in service.logs())
    found = _STATUS.search(said)
    code = int(found.group(1)) if found else 0
    text = f"{kind}: answered {code}" if code else f"{kind}: could not be reached"
    return SendFailedError(text, permanent=code in _PERMANENT)
