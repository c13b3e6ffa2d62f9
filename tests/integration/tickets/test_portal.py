"""The requester's pages: ask, follow, answer, confirm, rate; with and without script."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from tests.support.desk import after, kinds_of, make_category, make_ticket
from tests.support.people import actor_of, make_person
from tickets.models import Attachment, Category, KnownIncident, Message, Ticket
from tickets.operations.assignment import claim_ticket
from tickets.operations.conversation import note_on_ticket, reply_to_ticket
from tickets.operations.statuses import close_ticket, resolve_ticket

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 16
FILLED = {"body": "The console answers 502.\nAll of us.", "category": "", "impact": "2", "urgency": "2"}


@pytest.fixture
def amara() -> User:
    return make_person("amara", role=Role.REQUESTER)


@pytest.fixture
def browser(amara: User) -> Client:
    client = Client()
    client.force_login(amara)
    return client


@pytest.fixture(autouse=True)
def _own_files(settings: object, tmp_path: object) -> None:
    settings.MEDIA_ROOT = str(tmp_path)  # type: ignore[attr-defined]


def test_a_request_is_sent_with_files_and_seen_in_the_list(browser: Client, amara: User) -> None:
    files = [SimpleUploadedFile("screen.png", PNG), SimpleUploadedFile("../../log.txt", b"line\n")]
    answer = browser.post("/requests/new/", {**FILLED, "files": files})
    ticket = Ticket.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/requests/{ticket.number}/")
    assert (ticket.subject, ticket.requester_id, ticket.priority) == ("The console answers 502.", amara.pk, 3)
    kept = {file.file_name: file.content_type for file in Attachment.objects.filter(message__ticket=ticket)}
    assert kept == {"screen.png": "image/png", "log.txt": "text/plain"}
    assert ticket.number in browser.get("/requests/").content.decode()
    assert "screen.png" in browser.get(answer["Location"]).content.decode()


def test_what_is_missing_is_said_beside_it_and_nothing_is_lost(browser: Client) -> None:
    category = make_category(fields=({"key": "queue", "label": "Which queue", "is_required": True},))
    answer = browser.post("/requests/new/", {**FILLED, "category": category.pk, "body": "It <b>breaks</b>"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "It &lt;b&gt;breaks&lt;/b&gt;" in page
    assert "This field is required." in page
    assert not Ticket.objects.exists()


def test_choosing_a_category_without_script_shows_its_questions_and_keeps_the_words(browser: Client) -> None:
    category = make_category(fields=({"key": "queue", "label": "Which queue exactly"},))
    answer = browser.post("/requests/new/", {**FILLED, "category": category.pk, "choose": ""})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Which queue exactly" in page
    assert "The console answers 502." in page
    assert not Ticket.objects.exists()


def test_answers_and_their_files_are_kept(browser: Client) -> None:
    category = make_category(
        fields=(
            {"key": "queue", "label": "Queue", "is_required": True},
            {"key": "since", "label": "Since", "kind": "date"},
            {"key": "log", "label": "Log", "kind": "file", "is_required": True},
        )
    )
    sent = {**FILLED, "category": category.pk, "answer_queue": "video", "answer_since": "2026-03-01"}
    assert browser.post("/requests/new/", sent).status_code == 422
    answer = browser.post("/requests/new/", {**sent, "answer_log": SimpleUploadedFile("a.log", b"x")})
    assert answer.status_code == 302
    assert Ticket.objects.get().form_answers == {"queue": "video", "since": "2026-03-01"}
    assert Attachment.objects.get().field_key == "log"


def test_addresses_and_dates_are_judged_by_the_rules_of_forms_alone(browser: Client) -> None:
    category = make_category(
        fields=({"key": "page", "label": "Page", "kind": "url"}, {"key": "since", "label": "Since", "kind": "date"})
    )
    sent = {**FILLED, "category": category.pk, "answer_page": "https://console/items", "answer_since": "10/25/2006"}
    refused = browser.post("/requests/new/", sent)
    assert refused.status_code == 422
    assert "Write the date as YYYY-MM-DD." in refused.content.decode()
    assert browser.post("/requests/new/", {**sent, "answer_since": "2006-10-25"}).status_code == 302
    assert Ticket.objects.get().form_answers == {"page": "https://console/items", "since": "2006-10-25"}


def test_a_known_incident_is_offered_and_followed(browser: Client) -> None:
    incident = KnownIncident.objects.create(
        title="Appeal console answers 502", public_summary="Being fixed.", keywords="502", started_at=after()
    )
    KnownIncident.objects.create(
        title="Over", public_summary="Was fixed.", keywords="502", started_at=after(), ended_at=after(hours=1)
    )
    aid = browser.post("/requests/new/aid/", FILLED).content.decode()
    assert "Being fixed." in aid
    assert "Was fixed." not in aid
    browser.post("/requests/new/", {**FILLED, "incident": incident.pk})
    assert Ticket.objects.get().incident_id == incident.pk


def test_the_category_is_guessed_from_the_words(browser: Client) -> None:
    category = make_category("Console does not load")
    category.keywords = "502, blank page"
    category.save()
    assert "Console does not load" in browser.post("/requests/new/aid/", FILLED).content.decode()


def test_a_requester_reads_no_note_and_no_desk_business(browser: Client, amara: User) -> None:
    jonas = actor_of(make_person("jonas"))
    ticket = make_ticket(amara)
    note_on_ticket(ticket_id=ticket.pk, body="xylophone suspicion", actor=jonas, now=after())
    claim_ticket(ticket_id=ticket.pk, actor=jonas, now=after())
    reply_to_ticket(ticket_id=ticket.pk, body="We look into it.", actor=jonas, now=after())
    page = browser.get(f"/requests/{ticket.number}/").content.decode()
    assert "We look into it." in page
    assert "xylophone" not in page
    assert "priority" not in page.lower()
    assert "We are on it" in page
    assert "status from" not in page


def test_a_category_proposes_how_urgent_it_is_until_the_person_says(browser: Client) -> None:
    """Without script: another category brings its proposals, and what was chosen meanwhile stays."""
    live, slow = make_category("Live stop"), make_category("Slow pages")
    Category.objects.filter(pk=live.pk).update(default_impact=1, default_urgency=1)
    Category.objects.filter(pk=slow.pk).update(default_impact=2, default_urgency=3)

    def shown(**posted: object) -> tuple[list[str], str]:
        page = browser.post("/requests/new/", {"body": "It stopped.", "choose": "", **posted}).content.decode()
        checked = re.findall(r'name="(?:impact|urgency)" value="(\d)"[^>]* checked', page)
        return checked, re.findall(r'name="proposed" value="(\dx\d)"', page)[0]

    assert shown(category="") == (["3", "2"], "3x2")
    assert shown(category=live.pk, impact="3", urgency="2", proposed="3x2") == (["1", "1"], "1x1")
    assert shown(category=slow.pk, impact="1", urgency="1", proposed="1x1") == (["2", "3"], "2x3")
    assert shown(category=live.pk, impact="2", urgency="2", proposed="2x3") == (["1", "2"], "1x1")
    assert shown(category=live.pk, impact="2", urgency="2", proposed="<b>") == (["2", "2"], "1x1")


def test_somebody_elses_request_is_not_there(browser: Client) -> None:
    ticket = make_ticket(make_person(role=Role.REQUESTER))
    before = kinds_of(ticket)
    assert browser.get(f"/requests/{ticket.number}/").status_code == 404
    for act in ("reply", "confirm", "still-broken", "rating"):
        assert browser.post(f"/requests/{ticket.number}/{act}/", {"body": "x", "score": 5}).status_code == 404, act
    assert kinds_of(ticket) == before


def test_an_agent_is_led_to_the_ticket_page_and_cannot_confirm_for_others(amara: User) -> None:
    ticket = make_ticket(amara)
    client = Client()
    client.force_login(make_person("jonas"))
    answer = client.get(f"/requests/{ticket.number}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/tickets/{ticket.number}/")
    resolve_ticket(ticket_id=ticket.pk, actor=actor_of(make_person()), now=after())
    before = kinds_of(ticket)
    for act in ("reply", "confirm", "still-broken", "rating"):
        refused = client.post(f"/requests/{ticket.number}/{act}/", {"body": "x", "score": 5})
        assert refused.status_code == 403, act
        assert "This is not your own request." in refused.content.decode()
    ticket.refresh_from_db()
    assert (ticket.status_category, kinds_of(ticket)) == ("resolved", before)


def test_this_fixed_it(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    resolve_ticket(ticket_id=ticket.pk, actor=actor_of(make_person()), now=after())
    assert "Did this fix it?" in browser.get(f"/requests/{ticket.number}/").content.decode()
    assert browser.post(f"/requests/{ticket.number}/confirm/").status_code == 302
    browser.post(f"/requests/{ticket.number}/rating/", {"score": "4", "comment": "quick"})
    ticket.refresh_from_db()
    assert (ticket.status_category, ticket.rating, ticket.rating_comment) == ("closed", 4, "quick")


def test_still_broken(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    resolve_ticket(ticket_id=ticket.pk, actor=actor_of(make_person()), now=after())
    browser.post(f"/requests/{ticket.number}/still-broken/")
    ticket.refresh_from_db()
    assert (ticket.status_category, ticket.reopened_count) == ("open", 1)
    assert Message.objects.filter(ticket=ticket, kind="requester").count() == 2


def test_writing_to_a_closed_request_opens_it_again(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    close_ticket(ticket_id=ticket.pk, actor=actor_of(make_person()), now=after())
    browser.post(f"/requests/{ticket.number}/reply/", {"body": "It is back."})
    ticket.refresh_from_db()
    assert ticket.status_category == "open"


def test_an_empty_reply_says_what_to_do(browser: Client, amara: User) -> None:
    ticket = make_ticket(amara)
    answer = browser.post(f"/requests/{ticket.number}/reply/", {"body": " "})
    assert answer.status_code == 422
    assert "Write something first." in answer.content.decode()


def test_files_are_given_to_who_sees_their_message_and_to_nobody_else(browser: Client, amara: User) -> None:
    browser.post("/requests/new/", {**FILLED, "files": [SimpleUploadedFile("page.html", b"<script>alert(1)</script>")]})
    url = f"/attachments/{Attachment.objects.get().key}/"
    answer = browser.get(url)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    stranger = Client()
    assert stranger.get(url).status_code == 302
    stranger.force_login(make_person(role=Role.REQUESTER))
    assert stranger.get(url).status_code == 404


def test_a_file_of_a_note_is_not_the_requesters(browser: Client, amara: User) -> None:
    client = Client()
    jonas = make_person("jonas")
    client.force_login(jonas)
    key = client.post("/uploads/", {"file": SimpleUploadedFile("trace.txt", b"x")}).json()["key"]
    assert browser.get(f"/attachments/{key}/").status_code == 404
    ticket = make_ticket(amara)
    note_on_ticket(
        ticket_id=ticket.pk, body="see file", actor=actor_of(jonas), now=after(), files=[Attachment.objects.get().key]
    )
    assert browser.get(f"/attachments/{key}/").status_code == 404
    assert client.get(f"/attachments/{key}/").status_code == 200


def test_an_upload_of_somebody_else_cannot_be_sent(browser: Client, amara: User) -> None:
    other = Client()
    other.force_login(make_person(role=Role.REQUESTER))
    other.post("/uploads/", {"file": SimpleUploadedFile("theirs.txt", b"x")})
    file = Attachment.objects.get()
    ticket = make_ticket(amara)
    from puo_desk.kernel.errors import InvalidInput

    with pytest.raises(InvalidInput):
        reply_to_ticket(ticket_id=ticket.pk, body="x", actor=actor_of(amara), now=after(), files=[file.key])
    file.refresh_from_db()
    assert file.message_id is None


def test_the_list_costs_the_same_for_few_and_for_many(
    browser: Client, amara: User, django_assert_num_queries: object
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for more in (3, 30):
        for _number in range(more):
            make_ticket(amara)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get("/requests/?shown=all").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 9
