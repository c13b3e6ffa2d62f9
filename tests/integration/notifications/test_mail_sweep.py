"""Mail: at least once under one name, kept through an outage, set aside and replayed, digested."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from puo_desk.kernel.errors import NotPermitted
from puo_desk.notifications import sweep as sweeping
from puo_desk.notifications.models import Notification
from puo_desk.notifications.operations.deliver import LEASE, claim_letters, finish_letter, replay_notifications
from puo_desk.notifications.operations.tell import tell
from puo_desk.notifications.rules.delivery import CHANNEL_WAIT
from puo_desk.notifications.sweep import sweep
from puo_desk.notifications.tasks import sweep_mail
from tests.integration.notifications.conftest import MailServer
from tests.support.people import ADMIN, NOON, actor_of, make_person

pytestmark = pytest.mark.django_db(transaction=True)
FACTS = {"number": "PUO-7", "who": "Ada", "at": NOON}


def mail(person, dedupe: str = "a", *, kind: str = "test.plain", now: datetime = NOON) -> None:  # type: ignore[no-untyped-def]
    tell([person.pk], kind, dedupe=dedupe, facts=FACTS, url="/tickets/7/", channels=["mail"], now=now)


def sweep_at(now: datetime) -> sweeping.Swept:
    return sweep(clock=lambda: now)


def row(dedupe: str = "a") -> Notification:
    return Notification.objects.get(dedupe=dedupe)


def test_a_mail_goes_in_the_readers_language_and_zone(mail_server: MailServer) -> None:
    person = make_person("ada", full_name="Ada", time_zone="Asia/Tokyo")
    mail(person)
    assert sweep_at(NOON).sent == 1
    sent = mail_server.mails[0]
    assert sent["To"] == "ada@example.org"
    assert sent["Subject"] == "PUO-7 changed"
    assert sent["Auto-Submitted"] == "auto-generated"
    text = mail_server.text()
    assert "By Ada at 4 Mar 2026, 21:00 JST." in text
    assert "http://127.0.0.1:8000/tickets/7/" in text
    done = row()
    assert (done.state, done.sent_at, done.attempts, done.claim_token) == ("done", NOON, 1, None)
    assert sweep_at(NOON + timedelta(hours=1)).sent == 0
    assert len(mail_server.mails) == 1


def test_a_crash_between_sending_and_noting_sends_again_under_the_same_name(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail(make_person())

    class Killed(BaseException):
        pass

    def die(*_args: object, **_kwargs: object) -> None:
        raise Killed

    monkeypatch.setattr(sweeping, "finish_letter", die)
    with pytest.raises(Killed):
        sweep_at(NOON)
    monkeypatch.undo()
    assert row().state == "claimed"
    from puo_desk.notifications import extension

    extension.register_kind("test.plain", "%(number)s changed")
    assert sweep_at(NOON + LEASE).sent == 0
    assert sweep_at(NOON + LEASE + timedelta(seconds=1)).sent == 1
    assert len(mail_server.ids) == 2 and len(set(mail_server.ids)) == 1
    assert row().state == "done"


def test_a_line_lost_after_the_mail_was_taken_keeps_the_name(mail_server: MailServer) -> None:
    person = make_person()
    mail(person)
    mail_server.drop_after_data = True
    swept = sweep_at(NOON)
    assert (swept.sent, swept.failed) == (0, 1)
    mail_server.drop_after_data = False
    mail(person, "b")
    sweep_at(NOON + timedelta(seconds=30))
    assert mail_server.ids[0] in mail_server.ids[1:]
    assert len(set(mail_server.ids)) == 2
    assert {row("a").state, row("b").state} == {"done"}


def test_an_outage_keeps_everything_and_costs_little(mail_server: MailServer) -> None:
    people = [make_person() for _ in range(3)]
    mail_server.stop()
    for person in people:
        mail(person)
    assert sweep_at(NOON).server_away
    assert set(Notification.objects.values_list("state", "due_at")) == {("waiting", NOON + CHANNEL_WAIT)}
    now = NOON
    for _ in range(40):
        now += timedelta(hours=1)
        sweep_at(now)
    assert set(Notification.objects.values_list("state", flat=True)) == {"waiting"}
    mail_server.start()
    sweep_at(now + timedelta(hours=1))
    assert len(mail_server.mails) == 3
    assert set(Notification.objects.values_list("state", flat=True)) == {"done"}


def test_what_gathered_in_an_outage_goes_as_one_mail(mail_server: MailServer) -> None:
    person = make_person()
    mail_server.stop()
    mail(person, "a")
    sweep_at(NOON)
    mail(person, "b", now=NOON + timedelta(seconds=5))
    mail_server.start()
    sweep_at(NOON + timedelta(minutes=2))
    assert [mail["Subject"] for mail in mail_server.mails] == ["2 notifications: PUO-7 changed"]


def test_after_72_hours_it_is_set_aside_and_can_be_replayed(mail_server: MailServer) -> None:
    mail(make_person())
    mail_server.stop()
    sweep_at(NOON + timedelta(hours=71))
    assert row().state == "waiting"
    sweep_at(NOON + timedelta(hours=72))
    aside = row()
    assert aside.state == "quarantined" and "refused" in aside.last_error.lower()
    mail_server.start()
    assert sweep_at(NOON + timedelta(hours=80)).sent == 0
    with pytest.raises(NotPermitted):
        replay_notifications(actor=actor_of(make_person()), now=NOON)
    assert replay_notifications(actor=ADMIN, now=NOON + timedelta(hours=80)) == 1
    assert sweep_at(NOON + timedelta(hours=80)).sent == 1


def test_the_replay_command_sets_all_free(mail_server: MailServer, capsys: pytest.CaptureFixture[str]) -> None:
    mail(make_person())
    Notification.objects.update(state="quarantined")
    call_command("replay_notifications")
    assert "1 set free" in capsys.readouterr().out
    assert row().state == "waiting"


def test_a_refused_address_is_set_aside_after_five_attempts_and_harms_no_other(mail_server: MailServer) -> None:
    bad, good = make_person("bad"), make_person("good")
    mail_server.refuse["bad@example.org"] = "550 no such mailbox"
    mail(bad, "bad")
    mail(good, "good")
    now = NOON
    for attempt in range(1, 6):
        sweep_at(now)
        assert (row("bad").attempts, row("bad").state) == (attempt, "waiting" if attempt < 5 else "quarantined")
        now += timedelta(hours=1)
    assert row("good").state == "done"
    assert [mail["To"] for mail in mail_server.mails] == ["good@example.org"]


def test_a_full_mailbox_is_the_channels_fault_and_tried_for_long(mail_server: MailServer) -> None:
    mail(make_person("full"))
    mail_server.refuse["full@example.org"] = "452 mailbox full"
    for hour in range(12):
        sweep_at(NOON + timedelta(hours=hour))
    assert (row().state, row().attempts) == ("waiting", 12)


def test_several_mails_for_one_person_become_one_digest(mail_server: MailServer) -> None:
    ada, bob = make_person("ada"), make_person("bob")
    for number in range(60):
        mail(ada, f"n{number}")
    mail(bob, "one")
    assert sweep_at(NOON).sent == 2
    subjects = {str(mail["To"]): str(mail["Subject"]) for mail in mail_server.mails}
    assert subjects == {"ada@example.org": "60 notifications: PUO-7 changed", "bob@example.org": "PUO-7 changed"}
    text = next(mail_server.text(n) for n, mail in enumerate(mail_server.mails) if mail["To"] == "ada@example.org")
    assert text.count("/tickets/7/") == 50
    assert "and 10 more: http://127.0.0.1:8000/notifications/" in text


def test_what_waits_for_the_digest_comes_along_with_an_urgent_one(mail_server: MailServer) -> None:
    person = make_person()
    mail(person, "first")
    sweep_at(NOON)
    later = NOON + timedelta(minutes=1)
    mail(person, "second", now=later)
    assert sweep_at(later).sent == 0
    mail(person, "third", kind="test.urgent", now=later)
    assert sweep_at(later).sent == 1
    assert mail_server.mails[-1]["Subject"].startswith("2 notifications")


def test_a_superseded_mail_is_not_sent(mail_server: MailServer) -> None:
    person = make_person()
    for dedupe in ("warn", "breach"):
        tell([person.pk], "test.urgent", dedupe=dedupe, facts=FACTS, supersedes_key="s", channels=["mail"], now=NOON)
    assert sweep_at(NOON).sent == 1
    assert [mail["Subject"] for mail in mail_server.mails] == ["PUO-7 is late"]
    assert row("warn").state == "stopped"


def test_who_left_meanwhile_is_not_written_to(mail_server: MailServer) -> None:
    person = make_person()
    mail(person)
    person.is_active = False
    person.save()
    assert sweep_at(NOON).stopped == 1
    assert not mail_server.mails and row().state == "stopped"


def test_a_title_cannot_smuggle_headers(mail_server: MailServer) -> None:
    person = make_person()
    facts = {"number": "PUO-7\r\nBcc: all@example.org"}
    tell([person.pk], "test.urgent", dedupe="a", facts=facts, channels=["mail"], now=NOON)
    assert sweep_at(NOON).sent == 1
    assert mail_server.mails[0]["Bcc"] is None
    assert mail_server.mails[0]["Subject"] == "PUO-7 Bcc: all@example.org is late"


def test_a_worker_that_lost_its_claim_changes_nothing(mail_server: MailServer) -> None:
    mail(make_person())
    first = claim_letters(now=NOON)
    second = claim_letters(now=NOON + LEASE + timedelta(seconds=1))
    assert len(first) == len(second) == 1 and first[0].id == second[0].id
    assert finish_letter(first[0], now=NOON) is False
    assert row().state == "claimed"
    assert finish_letter(second[0], now=NOON) is True


def test_workers_at_once_send_each_letter_once(mail_server: MailServer) -> None:
    people = [make_person() for _ in range(30)]
    for person in people:
        mail(person, "a")
        mail(person, "b")
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        sweep_at(NOON)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(mail_server.mails) == 30
    assert len(set(mail_server.ids)) == 30
    assert set(Notification.objects.values_list("state", "attempts")) == {("done", 1)}


def test_the_task_runs_on_database_time_and_leaves_a_heartbeat(mail_server: MailServer) -> None:
    from puo_desk.kernel.models import Heartbeat

    mail(make_person())
    sweep_mail()
    assert row().state == "done"
    assert Heartbeat.objects.filter(name="deliver_mail").exists()


def test_a_letter_keeps_its_name_when_one_of_its_rows_is_no_longer_wanted(mail_server: MailServer) -> None:
    person = make_person()
    for dedupe, key in (("warn", "s"), ("other", "")):
        tell([person.pk], "test.plain", dedupe=dedupe, facts=FACTS, supersedes_key=key, channels=["mail"], now=NOON)
    mail_server.drop_after_data = True
    sweep_at(NOON)
    mail_server.drop_after_data = False
    tell([person.pk], "test.plain", dedupe="breach", facts=FACTS, supersedes_key="s", channels=["mail"], now=NOON)
    sweep_at(NOON + timedelta(seconds=30))
    assert mail_server.ids.count(mail_server.ids[0]) == 2
    assert dict(Notification.objects.values_list("dedupe", "state")) == {
        "warn": "stopped",
        "other": "done",
        "breach": "done",
    }


def test_a_lost_line_costs_the_letters_behind_it_no_attempt(mail_server: MailServer) -> None:
    first, second = make_person(), make_person()
    mail(first, "first")
    mail(second, "second")
    mail_server.drop_after_data = True
    assert sweep_at(NOON).server_away
    assert (row("first").attempts, row("second").attempts) == (1, 0)
    mail_server.drop_after_data = False
    sweep_at(NOON)
    assert (row("second").state, row("second").attempts) == ("done", 1)
