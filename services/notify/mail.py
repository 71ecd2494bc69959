"""Mail as an Apprise service of our own: stable ids and threads, our own text part, SMTP."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from services.ports.delivery import Letter, SendFailedError

_PERMANENT = 500
TIMEOUT_SECONDS = 20.0
SILENT = "the mail server did not answer in time"
GONE = "the mail server closed the connection before it answered"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = True


def compose(letter: Letter, sender: str, to: str, reply_to: str | None) -> EmailMessage:
    """The mail: text and HTML alternatives, one id for life, threaded by alert."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to, letter.subject
    mail["Message-ID"] = letter.message_id
    mail["References"] = letter.thread
    mail["In-Reply-To"] = letter.thread
    mail["List-Id"] = "Bigdot alerts <alerts.bigdot>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["X-Bigdot-Messages"] = ", ".join(map(str, letter.ids))
    if reply_to:
        mail["Reply-To"] = reply_to
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail


def hand_in(mail: EmailMessage, server: SmtpServer) -> None:
    """Give the mail to the server. Raises SendFailedError with the server's own words."""
    try:
        with smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS) as smtp:
            if server.starttls:
                smtp.starttls()
            if server.user:
                smtp.login(server.user, server.password or "")
            smtp.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code, refusal = next(iter(error.recipients.values()))
        raise SendFailedError(_words(code, refusal), permanent=code >= _PERMANENT) from None
    except smtplib.SMTPResponseException as error:
        permanent = error.smtp_code >= _PERMANENT and not isinstance(
            error, smtplib.SMTPConnectError
        )
        text = _words(error.smtp_code, error.smtp_error)
        raise SendFailedError(text, permanent=permanent) from None
    except smtplib.SMTPServerDisconnected as error:
        silent = isinstance(error.__context__, TimeoutError)
        raise SendFailedError(SILENT if silent else GONE, unknown=True) from None
    except TimeoutError:
        raise SendFailedError(SILENT, unknown=True) from None
    except (OSError, smtplib.SMTPException) as error:
        raise SendFailedError(f"the mail server: {type(error).__name__}: {error}") from None


def _words(code: int, text: Any) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return f"the mail server answered {code} {said}"[:500]
