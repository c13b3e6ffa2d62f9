"""Writing on a ticket: sending, noting, drafts, files, and what a refusal brings back."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from tests.support.desk import kinds_of, make_ticket
from tests.support.people import actor_of, make_person
from tickets.models import Attachment, Draft, Message, Ticket
from tickets.operations.conversation import reply_to_ticket
from tickets.operations.statuses import close_ticket

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _own_files(settings: object, tmp_path: object) -> None:
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]


def say(client: Client, ticket: Ticket, *, htmx: bool = False, **posted: object):
    sent = {"kind": "reply", "reply": "", "note": "", "last_seen_seq": Ticket.objects.get(pk=ticket.pk).last_event_seq}
    return client.post(f"/tickets/{ticket.number}/say/?view=mine", sent | posted, headers=HTMX if htmx else {})


def test_a_reply_is_sent_and_read_by_the_requester(browser: Client, amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    answer = say(browser, ticket, reply="On it.", note="not this")
    assert (answer.status_code, answer["Location"]) == (302, f"/tickets/{ticket.number}/?view=mine#composer")
    message = Message.objects.latest("id")
    assert (message.kind, message.body, message.author_id) == ("reply", "On it.", jonas.pk)
    client = Client()
    client.force_login(amara)
    assert "On it." in client.get(f"/requests/{ticket.number}/").content.decode()


def test_a_note_never_leaves_the_desk(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    say(browser, ticket, kind="note", note="rr-v12 is broken", reply="half a reply")
    assert Message.objects.latest("id").kind == "note"
    assert not Message.objects.filter(body__contains="half a reply").exists()
    client = Client()
    client.force_login(amara)
    assert "rr-v12" not in client.get(f"/requests/{ticket.number}/").content.decode()


@pytest.mark.parametrize(
    ("into", "category"), [("pending", "pending"), ("resolved", "resolved"), ("closed", "open"), ("", "open")]
)
def test_send_and_set(into: str, category: str, browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    say(browser, ticket, reply="Please look again.", set_status=into)
    assert Ticket.objects.get().status_category == category


def test_htmx_gets_a_fresh_composer_and_the_parts(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    answer = say(browser, ticket, htmx=True, reply="On it.")
    parts = answer.content.decode()
    assert parts.count('hx-swap-oob="true"') == 5
    assert 'id="composer"' in parts
    assert "composer-sent" in answer["HX-Trigger"]
    assert f'name="last_seen_seq" value="{Ticket.objects.get().last_event_seq}"' in parts


@pytest.mark.parametrize("htmx", [False, True])
def test_newer_messages_refuse_once_and_keep_everything(htmx: bool, browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    seen = Ticket.objects.get().last_event_seq
    reply_to_ticket(ticket_id=ticket.pk, body="wait!", actor=actor_of(amara), now=timezone.now())
    file = SimpleUploadedFile("log.txt", b"line\n")
    answer = say(browser, ticket, htmx=htmx, reply="My <b>answer</b>", note="aside", last_seen_seq=seen, files=[file])
    page = answer.content.decode()
    assert answer.status_code == 409
    for kept in ("My &lt;b&gt;answer&lt;/b&gt;", "aside", "log.txt", "1 newer message arrived"):
        assert kept in page, kept
    assert not Message.objects.filter(kind="reply").exists()
    kept_key = Attachment.objects.get().key
    again = say(browser, ticket, htmx=htmx, reply="My answer", kept=[str(kept_key)])
    assert again.status_code in {200, 302}
    assert Attachment.objects.get().message == Message.objects.get(kind="reply")


def test_an_empty_or_refused_message_comes_back(browser: Client, amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    empty = say(browser, ticket, htmx=True, reply="   ")
    assert empty.status_code == 422
    assert "Write something first." in empty.content.decode()
    close_ticket(ticket_id=ticket.pk, actor=actor_of(jonas), now=timezone.now())
    closed = say(browser, ticket, htmx=True, reply="too late")
    assert closed.status_code == 422
    assert "too late" in closed.content.decode()
    assert "Reopen it, then reply." in closed.content.decode()
    assert Message.objects.count() == 1


def test_other_peoples_uploads_cannot_be_sent(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    mei = Client()
    mei.force_login(make_person("mei"))
    mei.post("/uploads/", {"file": SimpleUploadedFile("secret.txt", b"secret")})
    key = Attachment.objects.get().key
    answer = say(browser, ticket, htmx=True, reply="here", kept=[str(key), "nonsense"])
    assert answer.status_code == 422
    assert "secret.txt" not in answer.content.decode()
    assert Attachment.objects.get().message is None


def test_drafts_are_kept_apart_and_are_ones_own(browser: Client, amara: User, jonas: User) -> None:
    ticket = make_ticket(amara)
    url = f"/tickets/{ticket.number}/draft/"
    saved = browser.post(url, {"kind": "reply", "reply": "Dear Am"}, headers=HTMX)
    assert saved.content.decode().startswith("Draft saved ")
    browser.post(url, {"kind": "note", "note": "ask <Mei>"}, headers=HTMX)
    page = browser.get(f"/tickets/{ticket.number}/").content.decode()
    assert "Dear Am</textarea>" in page
    assert "ask &lt;Mei&gt;</textarea>" in page
    mei = Client()
    mei.force_login(make_person("mei"))
    assert "Dear Am" not in mei.get(f"/tickets/{ticket.number}/").content.decode()
    browser.post(url, {"kind": "note", "note": ""}, headers=HTMX)
    assert list(Draft.objects.values_list("kind", "body")) == [("reply", "Dear Am")]
    say(browser, ticket, reply="Dear Amara")
    assert not Draft.objects.exists()
    assert kinds_of(ticket).count("ticket.replied") == 1


def test_requesters_write_on_their_own_page_only(amara: User) -> None:
    ticket = make_ticket(amara)
    client = Client()
    client.force_login(amara)
    assert say(client, ticket, kind="note", note="hello").status_code == 403
    assert client.post(f"/tickets/{ticket.number}/draft/", {"kind": "note", "note": "x"}).status_code == 403
    engineer = Client()
    engineer.force_login(make_person("ivo", role=Role.ENGINEER))
    assert say(engineer, ticket, reply="hello").status_code == 404
    assert Message.objects.count() == 1
    assert not Draft.objects.exists()
