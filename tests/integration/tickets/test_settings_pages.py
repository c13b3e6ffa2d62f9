"""Settings of tickets, as an admin may get them wrong: refused with a sentence, and the desk works on."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client

from puo_desk.accounts.models import DeskEvent, User
from puo_desk.accounts.vocabulary import Role
from tests.support.desk import after, make_category, make_ticket
from tests.support.people import NOON, actor_of, make_person
from tickets.models import Category, Status, Tag
from tickets.operations.attachments import purge_unsent_files, store_upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(make_person("root", role=Role.ADMIN), backend="puo_desk.accounts.web.sign_in.DeskBackend")
    return client


def status_form(status: Status, **changes: object) -> dict[str, object]:
    kept = {name: getattr(status, name) for name in ("code", "name", "category", "waiting_on", "position")}
    ticked = {name: "on" for name in ("is_default", "is_active") if getattr(status, name)}
    return {name: value for name, value in (kept | ticked | changes).items() if value is not None}


def save(admin: Client, status: Status, **changes: object) -> str:
    answer = admin.post(f"/admin/tickets/status/{status.pk}/change/", status_form(status, **changes), follow=True)
    return answer.content.decode()


@pytest.mark.parametrize("change", [{"is_default": None}, {"is_active": None}, {"category": "closed"}])
def test_the_status_of_new_tickets_stays(change: dict[str, object], admin: Client) -> None:
    new = Status.objects.get(category="open", is_default=True)
    assert "default of its kind" in save(admin, new, **change)
    assert Status.objects.filter(category="open", is_default=True, is_active=True).count() == 1
    assert admin.post(f"/admin/tickets/status/{new.pk}/delete/", {"post": "yes"}).status_code == 403
    make_ticket(make_person())


def test_another_status_becomes_the_default(admin: Client) -> None:
    other = Status.objects.filter(category="open", is_default=False).first()
    assert other is not None
    save(admin, other, is_default="on")
    assert Status.objects.get(category="open", is_default=True) == other


def test_a_status_that_tickets_have_keeps_its_kind(admin: Client) -> None:
    ticket = make_ticket(make_person())
    spare = Status.objects.create(code="spare", name="Spare", category="open", position=99)
    ticket.status = spare
    ticket.save(update_fields=["status"])
    assert "Tickets have this status" in save(admin, spare, category="resolved")
    spare.refresh_from_db()
    assert spare.category == "open"


CATEGORY = {
    "name": "Queues", "slug": "queues", "default_impact": 3, "default_urgency": 2, "position": 0, "is_active": "on",
    "form_fields-TOTAL_FORMS": 0, "form_fields-INITIAL_FORMS": 0,
}  # fmt: skip
QUESTION = {
    "form_fields-TOTAL_FORMS": 1, "form_fields-0-key": "queue", "form_fields-0-label": "Which queue?",
    "form_fields-0-kind": "text", "form_fields-0-options": "[]", "form_fields-0-position": 0,
}  # fmt: skip


def told() -> list[DeskEvent]:
    return list(DeskEvent.objects.order_by("id"))


def test_a_category_and_its_questions_leave_a_trail(admin: Client) -> None:
    """Who, when, and each value before and after; a save that changes nothing tells nothing."""
    assert admin.post("/admin/tickets/category/add/", CATEGORY).status_code == 302
    category = Category.objects.get()
    address = f"/admin/tickets/category/{category.pk}/change/"
    assert admin.post(address, CATEGORY).status_code == 302
    assert admin.post(address, CATEGORY | QUESTION | {"default_impact": 1}).status_code == 302
    added, changed = told()
    assert (added.code, added.subject, added.subject_id) == ("setting.added", "tickets.category", str(category.pk))
    assert (added.subject_label, added.changes["name"]) == ("Queues", [None, "Queues"])
    assert changed.code == "setting.changed"
    assert sorted(changed.changes) == ["default_impact", "formfield"]
    assert changed.changes["default_impact"] == [3, 1]
    before, after = changed.changes["formfield"]
    assert (before, [row["label"] for row in after]) == ([], ["Which queue?"])
    root = User.objects.get(username="root")
    assert {(event.actor_id, event.actor_label, event.source) for event in told()} == {(root.pk, "root", "web")}
    assert admin.post(f"/admin/tickets/category/{category.pk}/delete/", {"post": "yes"}).status_code == 302
    removed = told()[-1]
    assert (removed.code, removed.changes["default_impact"]) == ("setting.removed", [1, None])
    shown = admin.get(f"/admin/accounts/deskevent/{changed.pk}/change/").content.decode()
    assert "Which queue?" in shown
    assert admin.post(f"/admin/accounts/deskevent/{changed.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_refused_save_leaves_no_trail(admin: Client) -> None:
    assert admin.post("/admin/tickets/category/add/", CATEGORY | {"default_impact": 9}).status_code == 200
    save(admin, Status.objects.get(category="open", is_default=True), is_active=None)
    assert told() == []


def test_the_status_that_is_the_default_no_longer_is_told_too(admin: Client) -> None:
    new, other = Status.objects.filter(category="open")[:2]
    save(admin, other, is_default="on")
    assert [(event.subject_label, event.changes) for event in told()] == [
        (str(new), {"is_default": [True, False]}),
        (str(other), {"is_default": [False, True]}),
    ]


def test_rows_deleted_together_are_told_one_by_one(admin: Client) -> None:
    tags = [Tag.objects.create(name=name) for name in ("one", "two")]
    chosen = {"action": "delete_selected", "_selected_action": [tag.pk for tag in tags], "post": "yes"}
    admin.post("/admin/tickets/tag/", chosen)
    assert not Tag.objects.exists()
    assert {(event.code, event.subject_label) for event in told()} == {
        ("setting.removed", "one"),
        ("setting.removed", "two"),
    }


@pytest.mark.parametrize("sql", ["UPDATE accounts_deskevent SET code = 'x'", "DELETE FROM accounts_deskevent"])
def test_the_trail_cannot_be_rewritten(sql: str, admin: Client) -> None:
    admin.post("/admin/tickets/category/add/", CATEGORY)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert len(told()) == 1


def test_files_that_come_and_go_leave_a_trail(settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    settings.MEDIA_ROOT = tmp_path
    amara = make_person("amara", role=Role.REQUESTER)
    kept, stale = (
        store_upload(file=SimpleUploadedFile(name, b"text"), actor=actor_of(amara), now=NOON)
        for name in ("kept.txt", "stale.txt")
    )
    make_ticket(amara, files=[kept.key])
    assert purge_unsent_files(before=after(days=1), now=after(days=2)) == 1
    rows = [(event.code, event.subject_label, event.actor_label, event.occurred_at) for event in told()]
    assert rows == [
        ("file.uploaded", "kept.txt", "amara", NOON),
        ("file.uploaded", "stale.txt", "amara", NOON),
        ("file.discarded", "stale.txt", "unsent-files", after(days=2)),
    ]
    gone = told()[-1]
    assert (gone.subject_id, gone.changes["uploader"]) == (str(stale.key), [amara.pk, None])
    assert gone.changes["size"] == [4, None]


def test_a_category_is_not_put_below_itself(admin: Client) -> None:
    above = make_category("Above")
    below = Category.objects.create(name="Below", slug="below", parent=above)
    form = {"name": "Above", "slug": "above", "default_impact": 3, "default_urgency": 2, "position": 0,
            "is_active": "on", "form_fields-TOTAL_FORMS": 0, "form_fields-INITIAL_FORMS": 0}  # fmt: skip
    for parent in (above, below):
        answer = admin.post(f"/admin/tickets/category/{above.pk}/change/", form | {"parent": parent.pk})
        assert (answer.status_code, "below itself" in answer.content.decode()) == (200, True)
    above.refresh_from_db()
    assert above.parent is None
