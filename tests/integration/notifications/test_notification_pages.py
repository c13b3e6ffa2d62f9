"""The notifications page and the bell."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from puo_desk.notifications.models import Notification
from puo_desk.notifications.operations.tell import tell
from tests.support.people import NOON, make_person

pytestmark = pytest.mark.django_db
FACTS = {"number": "PUO-7 <b>", "who": "Ada", "at": NOON}


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def newest(user: User) -> Notification:
    return Notification.objects.filter(recipient=user, channel="in_app").latest("id")


@pytest.mark.parametrize("role", list(Role))
def test_everybody_reads_ones_own_and_markup_is_text(role: Role) -> None:
    person, other = make_person(role=role), make_person()
    tell([person.pk], "test.plain", dedupe="a", facts=FACTS, now=NOON)
    tell([other.pk], "test.urgent", dedupe="b", facts={"number": "PUO-99"}, now=NOON)
    text = sign_in(person).get("/notifications/").content.decode()
    assert "PUO-7 &lt;b&gt; changed" in text
    assert "PUO-99" not in text


@pytest.mark.parametrize("address", ["/notifications/", "/profile/"])
def test_a_requester_finds_the_way_back(address: str) -> None:
    text = sign_in(make_person(role=Role.REQUESTER)).get(address).content.decode()
    assert '<a class="link" href="/requests/">My requests</a>' in text
    assert '<a class="link" href="/requests/new/">New request</a>' in text


def test_a_subject_stands_on_its_own_line() -> None:
    person = make_person()
    tell([person.pk], "test.said", dedupe="a", facts={"subject": "No items", "preview": "All of us."}, now=NOON)
    text = sign_in(person).get("/notifications/").content.decode()
    assert '<span class="news__body">No items</span><span class="news__body">All of us.</span>' in text


def test_the_fragment_is_the_rows_alone() -> None:
    client = sign_in(make_person())
    fragment = client.get("/notifications/", HTTP_HX_REQUEST="true").content.decode()
    assert fragment.startswith('<div id="notification-rows"') and "<html" not in fragment
    assert "Nothing yet" in fragment


def test_opening_one_marks_it_and_leads_to_its_page_and_nowhere_else() -> None:
    person = make_person()
    client = sign_in(person)
    for url, leads_to in (
        ("/tickets/PUO-7/", "/tickets/PUO-7/"),
        ("https://evil.example/", "/notifications/"),
        ("//evil.example/", "/notifications/"),
        ("", "/notifications/"),
    ):
        tell([person.pk], "test.quiet", dedupe=url, facts=FACTS, url=url, now=NOON)
        answer = client.post(f"/notifications/{newest(person).pk}/open/")
        assert (answer.status_code, answer.headers["Location"]) == (302, leads_to)
        assert newest(person).read_at is not None
    tell([person.pk], "test.quiet", dedupe="not mine", now=NOON)
    assert sign_in(make_person()).post(f"/notifications/{newest(person).pk}/open/").status_code == 404
    assert newest(person).read_at is None
    assert client.get(f"/notifications/{newest(person).pk}/open/").status_code == 405


def test_the_bell_counts_and_all_can_be_marked() -> None:
    person = make_person()
    client = sign_in(person)
    for number in range(3):
        tell([person.pk], "test.quiet", dedupe=str(number), facts=FACTS, now=NOON)
    bell = client.get("/notifications/bell/").content.decode()
    assert '<span class="bell__count" aria-hidden="true">3</span>' in bell
    assert f"live:user.{person.pk} from:body" in bell
    assert client.post("/notifications/read/", HTTP_HX_REQUEST="true").headers["HX-Trigger"] == "notifications-changed"
    assert "bell__count" not in client.get("/notifications/bell/").content.decode()


def test_older_ones_follow_on_the_next_page_and_nonsense_is_the_first() -> None:
    person = make_person()
    client = sign_in(person)
    for number in range(35):
        tell([person.pk], "test.quiet", dedupe=str(number), facts={"number": f"N{number}!"}, now=NOON)
    first = client.get("/notifications/")
    assert "N34!" in first.content.decode() and "N4!" not in first.content.decode()
    second = client.get(f"/notifications/?before={first.context['next_before']}").content.decode()
    assert "N4!" in second and "N5!" not in second and "Older" not in second
    for nonsense in ("x", "-1", "9" * 40, "１"):
        assert "N34!" in client.get("/notifications/", {"before": nonsense}).content.decode()


def test_a_page_costs_the_same_with_5_and_with_500() -> None:
    counts = []
    for size in (5, 500):
        person = make_person()
        client = sign_in(person)
        for number in range(size):
            tell([person.pk], "test.quiet", dedupe=str(number), facts=FACTS, channels=["in_app"], now=NOON)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/notifications/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12, counts


def test_rows_set_aside_are_seen_and_replayed_in_the_settings() -> None:
    tell([make_person().pk], "test.plain", dedupe="a", facts=FACTS, channels=["mail"], now=NOON)
    Notification.objects.update(state="quarantined", last_error="550 no such mailbox")
    client = sign_in(make_person(role=Role.ADMIN))
    address = "/admin/notifications/notification/"
    assert "550 no such mailbox" in client.get(address).content.decode()
    client.post(address, {"action": "replay", "_selected_action": [Notification.objects.get().pk]})
    assert Notification.objects.get().state == "waiting"
