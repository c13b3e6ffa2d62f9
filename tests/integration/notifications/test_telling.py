"""Telling: rows in the teller's transaction, once, to whom it may concern."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.errors import NotFound
from puo_desk.notifications.models import Notification
from puo_desk.notifications.operations.forget import forget_old_notifications
from puo_desk.notifications.operations.read import mark_all_read, mark_read
from puo_desk.notifications.operations.tell import News, tell, tell_many
from puo_desk.notifications.queries.bell import count_unread, list_notifications
from puo_desk.notifications.vocabulary import DIGEST_WINDOW, FORGOTTEN_AFTER
from tests.support.people import NOON, actor_of, make_person

pytestmark = pytest.mark.django_db
FACTS = {"number": "PUO-7", "who": "Ada", "at": NOON}


def states(**narrower: object) -> list[tuple[str, str, str]]:
    rows = Notification.objects.filter(**narrower).order_by("id")
    return list(rows.values_list("dedupe", "channel", "state"))


def test_one_row_for_each_channel_and_only_once() -> None:
    person = make_person()
    assert tell([person.pk, person.pk], "test.plain", dedupe="a", facts=FACTS, now=NOON) == 2
    assert tell([person.pk], "test.plain", dedupe="a", facts=FACTS, now=NOON) == 0
    assert sorted(states()) == [("a", "in_app", "done"), ("a", "mail", "waiting")]


def test_the_inactive_are_told_nothing_and_those_without_address_get_no_mail() -> None:
    gone, bare, bot = make_person(is_active=False), make_person(email=""), make_person(is_service=True)
    assert tell([gone.pk, bare.pk, bot.pk, 0], "test.plain", dedupe="a", now=NOON) == 2
    told = set(Notification.objects.values_list("recipient_id", "channel"))
    assert told == {(bare.pk, "in_app"), (bot.pk, "in_app")}


def test_an_unknown_kind_is_a_fault_of_the_teller() -> None:
    with pytest.raises(LookupError, match="nobody"):
        tell([make_person().pk], "nobody.registered", dedupe="a", now=NOON)


def test_nothing_is_told_when_the_teller_changes_its_mind() -> None:
    person = make_person()
    with pytest.raises(RuntimeError), transaction.atomic():
        tell([person.pk], "test.plain", dedupe="a", now=NOON)
        raise RuntimeError
    assert not Notification.objects.exists()


def test_a_newer_state_takes_the_place_of_an_older_untold_one() -> None:
    person, other = make_person(), make_person()
    for recipient, dedupe in ((person, "warn"), (other, "warn"), (person, "breach")):
        tell([recipient.pk], "test.plain", dedupe=dedupe, supersedes_key="sla:7", now=NOON)
    tell([person.pk], "test.plain", dedupe="unrelated", now=NOON)
    assert states(recipient=person, channel="mail") == [
        ("warn", "mail", "stopped"),
        ("breach", "mail", "waiting"),
        ("unrelated", "mail", "waiting"),
    ]
    assert states(recipient=other, channel="mail") == [("warn", "mail", "waiting")]
    assert [row.is_unread for row in list_notifications(viewer=actor_of(person))] == [True, True, False]


def test_a_breach_told_to_ten_thousand_is_one_insert() -> None:
    User.objects.bulk_create([User(username=f"u{n}", email=f"u{n}@example.org") for n in range(10_000)])
    ids = list(User.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as captured:
        assert tell(ids, "test.urgent", dedupe="breach:1", facts=FACTS, supersedes_key="sla:1", now=NOON) == 20_000
    assert [query["sql"].split()[0] for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]] == [
        "WITH",
        "UPDATE",
    ]


def test_after_a_mail_the_next_waits_for_the_digest_unless_urgent() -> None:
    person = make_person()
    tell([person.pk], "test.plain", dedupe="first", channels=["mail"], now=NOON)
    Notification.objects.update(state="done", sent_at=NOON)
    later = NOON + timedelta(minutes=1)
    tell([person.pk], "test.plain", dedupe="second", channels=["mail"], now=later)
    tell([person.pk], "test.urgent", dedupe="third", channels=["mail"], now=later)
    due = dict(Notification.objects.values_list("dedupe", "due_at"))
    assert due["second"] == NOON + DIGEST_WINDOW
    assert due["third"] == later
    tell([person.pk], "test.plain", dedupe="fourth", channels=["mail"], now=NOON + DIGEST_WINDOW)
    assert Notification.objects.get(dedupe="fourth").due_at == NOON + DIGEST_WINDOW


def test_different_people_are_told_different_things_at_once() -> None:
    ada, bob = make_person("ada"), make_person("bob")
    news = [
        News(ada.pk, "test.quiet", "a", facts={"number": "PUO-1"}, url="/tickets/1/", about="ticket:1"),
        News(bob.pk, "test.quiet", "a", facts={"number": "PUO-2 50% off %(x)s"}),
    ]
    assert tell_many(news, now=NOON) == 2
    assert [row.title for row in list_notifications(viewer=actor_of(ada))] == ["PUO-1 was read"]
    assert [row.title for row in list_notifications(viewer=actor_of(bob))] == ["PUO-2 50% off %(x)s was read"]


def test_words_are_made_for_the_reader_and_never_fail() -> None:
    from django.utils import timezone

    from puo_desk.notifications import extension

    person = make_person()
    tell([person.pk], "test.plain", dedupe="a", facts=FACTS, now=NOON)
    with timezone.override("Asia/Kathmandu"):
        row = list_notifications(viewer=actor_of(person))[0]
    assert (row.title, row.body) == ("PUO-7 changed", "By Ada at 4 Mar 2026, 17:45 +0545.")
    Notification.objects.update(facts={})
    assert list_notifications(viewer=actor_of(person))[0].title == "… changed"
    extension._kinds.clear()
    assert list_notifications(viewer=actor_of(person))[0].title == "Something happened (test.plain)"


def test_the_bell_counts_ones_own_up_to_99() -> None:
    person, other = make_person(role=Role.REQUESTER), make_person()
    for number in range(101):
        tell([person.pk], "test.quiet", dedupe=str(number), now=NOON)
    tell([other.pk], "test.quiet", dedupe="x", now=NOON)
    count = count_unread(viewer=actor_of(person))
    assert (count.number, count.label) == (100, "99+")
    newest = list_notifications(viewer=actor_of(person), limit=3)
    assert len(newest) == 3
    mark_read(notification_id=newest[0].id, actor=actor_of(person), now=NOON)
    again = mark_read(notification_id=newest[0].id, actor=actor_of(person), now=NOON + timedelta(hours=1))
    assert again.read_at == NOON
    with pytest.raises(NotFound):
        mark_read(notification_id=newest[1].id, actor=actor_of(other), now=NOON)
    assert mark_all_read(actor=actor_of(person), now=NOON) == 100
    assert count_unread(viewer=actor_of(person)).label == "0"
    assert count_unread(viewer=actor_of(other)).label == "1"


def test_the_list_is_one_query_however_long() -> None:
    person = make_person()
    viewer = actor_of(person)
    for size in (5, 60):
        for number in range(size):
            tell([person.pk], "test.quiet", dedupe=f"{size}:{number}", now=NOON)
        with CaptureQueriesContext(connection) as captured:
            list_notifications(viewer=viewer, limit=50)
            count_unread(viewer=viewer)
        assert len(captured) == 2


def test_what_is_over_is_forgotten_after_90_days_and_what_is_not_stays() -> None:
    person = make_person()
    tell([person.pk], "test.plain", dedupe="old", now=NOON)
    tell([person.pk], "test.plain", dedupe="young", now=NOON + timedelta(seconds=1))
    tell([person.pk], "test.plain", dedupe="aside", channels=["mail"], now=NOON)
    Notification.objects.filter(dedupe="aside").update(state="quarantined")
    at = NOON + FORGOTTEN_AFTER + timedelta(seconds=1)
    assert forget_old_notifications(now=at) == 1
    assert forget_old_notifications(now=at) == 0
    assert sorted(states()) == [
        ("aside", "mail", "quarantined"),
        ("old", "mail", "waiting"),
        ("young", "in_app", "done"),
        ("young", "mail", "waiting"),
    ]
