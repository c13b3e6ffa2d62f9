"""Kinds for the tests, and a real mail server to send to."""

from __future__ import annotations

import asyncio
import email
import threading
from collections.abc import Iterator
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from django.utils.translation import gettext_lazy as _

from puo_desk.notifications import extension


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry of its own for each test."""
    monkeypatch.setattr(extension, "_kinds", {})
    extension.register_kind("test.plain", _("%(number)s changed"), _("By %(who)s at %(at)s."))
    extension.register_kind("test.urgent", _("%(number)s is late"), tone="breach", urgent=True)
    extension.register_kind("test.said", _("Somebody wrote"), _("%(subject)s\n\n%(preview)s"))
    extension.register_kind("test.quiet", _("%(number)s was read"), channels=["in_app"])


class MailServer:
    """Keeps what it is sent; refuses, drops or stays away when told."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.refuse: dict[str, str] = {}
        self.drop_after_data = False
        self._lock = threading.Lock()
        self._controller: Controller | None = None
        self.port = 0

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # type: ignore[no-untyped-def]  # noqa: N802
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]  # noqa: N802
        with self._lock:
            self.mails.append(email.message_from_bytes(envelope.content))
        if self.drop_after_data:
            server.transport.abort()
            await asyncio.sleep(0)
        return "250 taken"

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        self.port = self._controller.server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop(no_assert=True)
            self._controller = None

    @property
    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.mails]

    def text(self, position: int = -1) -> str:
        return self.mails[position].get_payload(decode=True).decode()  # type: ignore[union-attr]


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:  # type: ignore[no-untyped-def]
    import socket

    server = MailServer()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server.port = free.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 5
    server.start()
    try:
        yield server
    finally:
        server.stop()
