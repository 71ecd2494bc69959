"""The notifier: mail by SMTP or into the local mailbox, everything else by its channel."""

from __future__ import annotations

from typing import Protocol

from services.framework.plan import Plan
from services.notify.apprise_sender import send_mail, send_to_channel
from services.notify.destinations import refuse_private
from services.notify.mail import SmtpServer, compose
from services.ports.access import ChannelRecord, SealedError
from services.ports.delivery import Letter, SendFailedError, Slot

MAIL = "mail"


class Plans(Protocol):
    """Knows people."""

    def current(self, organisation_id: int) -> Plan:
        """The plan in force."""
        ...


class Addresses(Protocol):
    """Knows each channel with its opened address."""

    def url(self, organisation_id: int, slug: str) -> tuple[ChannelRecord, str] | None:
        """The channel and its address; None where there is none. Raises SealedError."""
        ...


class Mailbox(Protocol):
    """Keeps mails on this machine."""

    def keep(self, organisation_id: int, to: str, letter: Letter, raw: bytes) -> None:
        """Keep one mail; the same message id is kept once."""
        ...


class Notifier:
    """Sends letters. Without an SMTP server mail is kept in the mailbox."""

    def __init__(
        self,
        plans: Plans,
        addresses: Addresses,
        mailbox: Mailbox,
        server: SmtpServer | None,
        sender: tuple[str, str | None],
        allow_hosts: tuple[str, ...] = (),
    ) -> None:
        self._plans = plans
        self._addresses = addresses
        self._mailbox = mailbox
        self._server = server
        self._allow_hosts = allow_hosts
        self._sender, self._reply_to = sender

    def send(self, slot: Slot, letter: Letter) -> None:
        """Send one letter. Raises SendFailedError."""
        if slot.channel == MAIL:
            self._mail(slot, letter)
            return
        try:
            found = self._addresses.url(slot.organisation_id, slot.channel)
        except SealedError as error:
            raise SendFailedError(str(error)) from None
        if found is None:
            raise SendFailedError(f"there is no channel {slot.channel}", permanent=True)
        channel, address = found
        refuse_private(address, self._allow_hosts)
        send_to_channel(channel.kind, address, letter)

    def _mail(self, slot: Slot, letter: Letter) -> None:
        person = self._plans.current(slot.organisation_id).people.get(slot.recipient)
        if person is None or not person.email:
            raise SendFailedError(f"{slot.recipient} has no mail address", permanent=True)
        mail = compose(letter, self._sender, person.email, self._reply_to)
        if self._server is None:
            self._mailbox.keep(slot.organisation_id, person.email, letter, bytes(mail))
        else:
            send_mail(mail, self._server, letter)
