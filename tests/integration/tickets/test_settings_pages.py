"""Settings of tickets, as an admin may get them wrong: refused with a sentence, and the desk works on."""

from __future__ import annotations

import pytest
from django.test import Client

from puo_desk.accounts.vocabulary import Role
from tests.support.desk import make_category, make_ticket
from tests.support.people import make_person
from tickets.models import Category, Status

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
