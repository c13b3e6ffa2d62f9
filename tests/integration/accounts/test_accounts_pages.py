"""Signing in, the profile, access to pages, the admin's pages."""

from __future__ import annotations

import re
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter as mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from puo_desk.accounts import events
from puo_desk.accounts.models import ApiToken, Membership, PersonEvent, User
from puo_desk.accounts.policies import PUBLIC
from puo_desk.accounts.vocabulary import Role
from puo_desk.accounts.web.access import ask_to_sign_in, declared_permission, page
from puo_desk.kernel.errors import NotPermitted
from puo_desk.kernel.pages.times import moment_text
from tests.support.people import PASSWORD, actor_of, make_person, make_team

pytestmark = pytest.mark.django_db
LOGIN = "/account/login/"


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    cache.clear()


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_sign_in_by_name_or_address_in_any_case() -> None:
    make_person("ada", password=PASSWORD, email="ada@example.org")
    for login in ("ada", "ADA", "Ada@Example.org"):
        client = Client()
        answer = client.post(LOGIN, {"login": login, "password": PASSWORD})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/"), login
        assert client.get("/profile/").status_code == 200


def test_the_sign_in_page_has_no_inline_code_and_offers_the_demo_only_to_the_demo() -> None:
    text = Client().get(LOGIN).content.decode()
    assert "demo" not in text
    assert not re.search(r"<script(?![^>]*(src=|application/json))", text)
    assert not re.search(r"\son\w+=|style=", text)
    for name in ("requester", "agent", "lead", "engineer", "admin"):
        make_person(name, role=Role(name))
    assert "<code>engineer</code>" in Client().get(LOGIN).content.decode()


def test_a_wrong_password_says_so_and_is_limited() -> None:
    make_person("ada", password=PASSWORD)
    client = Client()
    answers = [client.post(LOGIN, {"login": "ada", "password": "wrong"}) for _ in range(6)]
    assert "not correct" in answers[0].content.decode()
    assert "Too many failed login attempts" in answers[5].content.decode()
    assert client.post(LOGIN, {"login": "ada", "password": PASSWORD}).status_code == 200


def test_inactive_people_and_service_accounts_do_not_sign_in() -> None:
    make_person("gone", password=PASSWORD, is_active=False)
    make_person("bot", password=PASSWORD, is_service=True)
    for name in ("gone", "bot"):
        client = Client()
        client.post(LOGIN, {"login": name, "password": PASSWORD})
        assert client.get("/profile/").status_code == 302, name


def test_sign_up_is_closed_unless_opened(settings) -> None:  # type: ignore[no-untyped-def]
    asked = {"username": "new", "email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert "made by an admin" in Client().get("/account/signup/").content.decode()
    Client().post("/account/signup/", asked)
    assert not User.objects.exists()
    settings.ACCOUNTS_SIGNUP = True
    Client().post("/account/signup/", asked | {"role": "admin", "is_staff": "1"})
    assert User.objects.get().role == Role.REQUESTER


@pytest.mark.parametrize(
    "path",
    [
        "/account/login/",
        "/account/password/reset/",
        "/account/password/reset/done/",
        "/account/password/reset/key/done/",
        "/account/password/reset/key/x-y/",
        "/account/inactive/",
        "/account/signup/",
        "/account/3rdparty/login/cancelled/",
        "/account/3rdparty/login/error/",
    ],
)
def test_every_page_before_the_desk_stands_in_its_frame(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code in {200, 401}
    text = answer.content.decode()
    assert 'class="entrance"' in text and "<h1>" in text


@pytest.mark.parametrize(
    "path",
    [
        "/account/logout/",
        "/account/password/change/",
        "/account/email/",
        "/account/reauthenticate/",
        "/account/2fa/",
        "/account/2fa/totp/activate/",
        "/account/2fa/webauthn/",
        "/account/2fa/webauthn/add/",
        "/account/3rdparty/",
    ],
)
def test_every_page_about_ones_sign_in_stands_in_its_frame(path: str) -> None:
    make_person("ada", password=PASSWORD)
    client = Client()
    client.post(LOGIN, {"login": "ada", "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    answer = client.get(path)
    assert answer.status_code == 200, answer.headers
    text = answer.content.decode()
    assert 'class="entrance"' in text and "<h1>" in text
    assert not re.search(r"<script(?![^>]*(src=|application/json))", text)
    assert not re.search(r"\sstyle=", text)


def test_a_forgotten_password_is_set_by_a_mailed_link_and_nobody_learns_who_is_here() -> None:
    make_person("ada", password=PASSWORD)
    unknown = Client().post("/account/password/reset/", {"email": "nobody@example.org"})
    known = Client().post("/account/password/reset/", {"email": "ada@example.org"})
    assert unknown.headers["Location"] == known.headers["Location"] == "/account/password/reset/done/"
    link = re.search(r"http://testserver(/account/password/reset/key/\S+)", mail.outbox[-1].body)
    assert link is not None and mail.outbox[-1].to == ["ada@example.org"]
    client = Client()
    form = client.get(link[1], follow=True)
    address = form.redirect_chain[-1][0]
    client.post(address, {"password1": "another horse battery", "password2": "another horse battery"})
    assert Client().post(LOGIN, {"login": "ada", "password": "another horse battery"}).status_code == 302


def totp_code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def test_a_second_factor_can_be_set_up_and_is_then_asked_for() -> None:
    user = make_person("ada", password=PASSWORD)
    client = Client()
    client.post(LOGIN, {"login": "ada", "password": PASSWORD})
    asked = client.get("/account/2fa/totp/activate/", follow=True)
    assert asked.redirect_chain[-1][0].startswith("/account/reauthenticate/")
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    shown = client.get("/account/2fa/totp/activate/")
    assert "data:image/svg+xml" in shown.content.decode()
    secret = shown.context["form"].secret
    assert client.post("/account/2fa/totp/activate/", {"code": totp_code(secret)}).status_code == 302
    authenticator = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    assert mfa_adapter().decrypt(authenticator.data["secret"]) == secret
    assert client.get("/account/2fa/recovery-codes/").status_code == 200
    assert "On: the desk asks" in client.get("/profile/").content.decode()

    cache.clear()
    fresh = Client()
    answer = fresh.post(LOGIN, {"login": "ada", "password": PASSWORD})
    assert answer.headers["Location"] == "/account/2fa/authenticate/"
    assert fresh.get("/profile/").status_code == 302
    assert 'class="entrance"' in fresh.get("/account/2fa/authenticate/").content.decode()
    assert fresh.post("/account/2fa/authenticate/", {"code": totp_code(secret)}).status_code == 302
    assert fresh.get("/profile/").status_code == 200


def test_the_profile_is_saved_and_a_wrong_one_comes_back_with_its_words() -> None:
    user = make_person("ada")
    client = sign_in(user)
    asked = {"full_name": "Ada L", "time_zone": "Asia/Tokyo", "language": "en"}
    answer = client.post("/profile/", asked | {"role": "admin", "is_active": ""})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/profile/")
    user.refresh_from_db()
    assert (user.full_name, user.time_zone, user.role, user.is_active) == ("Ada L", "Asia/Tokyo", "agent", True)
    wrong = client.post("/profile/", asked | {"time_zone": "Mars/Base"})
    assert wrong.status_code == 422
    assert "Ada L" in wrong.content.decode()
    assert '<p class="muted">Agent · ' in client.get("/profile/").content.decode()


@pytest.mark.parametrize(
    ("name", "words"), [("THE  désk", "The desk itself goes by this name."), ("Ada\u202e", "signs that are not seen")]
)
def test_nobody_takes_a_name_that_speaks_for_the_desk(name: str, words: str) -> None:
    user, admin = make_person("ada", full_name="Ada"), make_person("root", role=Role.ADMIN)
    wrong = sign_in(user).post("/profile/", {"full_name": name, "time_zone": "UTC", "language": "en"})
    assert wrong.status_code == 422
    assert words in wrong.content.decode()
    client = sign_in(admin)
    asked = {
        "username": "ada", "full_name": name, "role": "agent", "is_active": "on", "time_zone": "UTC", "language": "en",
        "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0,
    }  # fmt: skip
    refused = client.post(f"/admin/accounts/user/{user.pk}/change/", asked)
    assert words in refused.content.decode()
    refused = client.post("/admin/accounts/user/add/", asked | {"username": "ines"})
    assert words in refused.content.decode()
    refused = client.post("/admin/accounts/user/add/", asked | {"username": "the.desk", "full_name": ""})
    assert "The desk itself goes by this name." in refused.content.decode()
    user.refresh_from_db()
    assert user.full_name == "Ada"
    assert User.objects.count() == 2
    assert not PersonEvent.objects.exists()


def test_a_zone_that_is_no_longer_offered_stays_chosen() -> None:
    user = make_person(time_zone="US/Pacific")
    client = sign_in(user)
    assert '<option value="US/Pacific" selected>' in client.get("/profile/").content.decode()
    client.post("/profile/", {"full_name": "A", "time_zone": "US/Pacific", "language": "en"})
    user.refresh_from_db()
    assert user.full_name == "A"


def test_a_token_is_shown_once_and_revoked_on_the_page() -> None:
    user = make_person("ada")
    client = sign_in(user)
    form = {"token-name": "Nightly", "token-scopes": ["tickets:read"], "token-days": "30"}
    shown = client.post("/profile/tokens/", form)
    text = re.search(r"puo_[0-9a-f]{10}_[\w-]{43}", shown.content.decode())
    assert text is not None
    assert "no-store" in shown.headers["Cache-Control"]
    assert Client().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {text[0]}").status_code == 200
    page_text = client.get("/profile/").content.decode()
    assert "Nightly" in page_text and text[0] not in page_text
    token = ApiToken.objects.get()
    assert sign_in(make_person()).post(f"/profile/tokens/{token.pk}/revoke/").status_code == 404
    assert client.post(f"/profile/tokens/{token.pk}/revoke/").status_code == 302
    client.get("/profile/")
    assert f"puo_{token.prefix}" not in client.get("/profile/").content.decode()
    assert Client().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {text[0]}").status_code == 401
    assert client.post("/profile/tokens/", form | {"token-scopes": ["all"]}).status_code == 422
    assert ApiToken.objects.count() == 1


def test_a_page_names_the_language_its_texts_are_in(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "fr" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "fr" / "LC_MESSAGES" / "django.mo").write_bytes(struct.pack("<7I", 0x950412DE, 0, 0, 28, 28, 0, 28))
    settings.LOCALE_PATHS = [tmp_path]
    answer = sign_in(make_person(language="de")).get("/profile/")
    assert answer.headers["Content-Language"] == "en", "there is no German of these texts"
    assert '<html lang="en"' in answer.content.decode()
    stranger = Client().get(LOGIN, HTTP_ACCEPT_LANGUAGE="fr")
    assert stranger.headers["Content-Language"] == "fr"


def test_dates_are_said_in_the_readers_language() -> None:
    now = datetime(2026, 3, 15, 12, tzinfo=UTC)
    with translation.override("de"):
        assert "März" in moment_text(now, now=now, style="day")


def test_the_reader_costs_two_queries_and_a_stranger_none() -> None:
    user = make_person()
    make_team(members=(user,))
    client = sign_in(user)
    with CaptureQueriesContext(connection) as captured:
        client.get("/notifications/bell/")
    assert len(captured) == 3, [query["sql"] for query in captured.captured_queries]
    with CaptureQueriesContext(connection) as captured:
        assert Client().get("/notifications/bell/").status_code == 302
    assert len(captured) == 0


def test_a_page_is_closed_by_role_and_opened_by_declaration() -> None:
    @page("settings.manage")
    def settings_page(request):  # type: ignore[no-untyped-def]
        return HttpResponse("in")

    @page(PUBLIC)
    def open_page(request):  # type: ignore[no-untyped-def]
        return HttpResponse("in")

    assert declared_permission(settings_page) == "settings.manage"
    assert declared_permission(open_page) == PUBLIC
    assert declared_permission(lambda request: None) is None
    request = RequestFactory().get("/somewhere/?q=1")
    assert open_page(request).status_code == 200
    assert settings_page(request).headers["Location"] == "/account/login/?next=/somewhere/%3Fq%3D1"
    request.actor = actor_of(make_person(role=Role.LEAD))  # type: ignore[attr-defined]
    with pytest.raises(NotPermitted):
        settings_page(request)
    request.actor = actor_of(make_person(role=Role.ADMIN))  # type: ignore[attr-defined]
    assert settings_page(request).status_code == 200


def test_a_fragment_sends_the_whole_page_to_sign_in() -> None:
    request = RequestFactory().get("/notifications/bell/", HTTP_HX_REQUEST="true")
    answer = ask_to_sign_in(request)
    assert answer.headers["HX-Redirect"] == "/account/login/?next=/"
    written = ask_to_sign_in(RequestFactory().post("/profile/"))
    assert written.headers["Location"] == "/account/login/?next=/"


def test_a_write_by_session_needs_the_csrf_token() -> None:
    user = make_person()
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.get("/api/v1/me/").json()["scopes"] is None
    assert client.post("/profile/", {"full_name": "x"}).status_code == 403
    assert client.post("/api/v1/me/").status_code == 403
    assert Client().post("/api/v1/me/").status_code in {401, 405}


def test_settings_pages_open_to_admins_alone_and_through_the_desks_own_door() -> None:
    assert Client().get("/admin/", follow=True).redirect_chain[-1][0].startswith(LOGIN)
    for role, expected in ((Role.LEAD, 302), (Role.AGENT, 302), (Role.REQUESTER, 302), (Role.ADMIN, 200)):
        assert sign_in(make_person(role=role)).get("/admin/").status_code == expected, role


def person_form(user: User, **changes: object) -> dict[str, object]:
    kept = {
        name: getattr(user, name)
        for name in ("username", "full_name", "email", "job_title", "role", "time_zone", "language")
    }
    inline = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    return kept | inline | ({"is_active": "on"} if user.is_active else {}) | changes


def test_rights_changed_in_the_settings_end_sessions_and_are_written_down() -> None:
    admin, user = make_person(role=Role.ADMIN), make_person("ada")
    team = make_team("Consoles")
    theirs, client = sign_in(user), sign_in(admin)
    address = reverse("admin:accounts_user_change", args=[user.pk])
    membership = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-0-team": str(team.pk),
        "memberships-0-is_lead": "on",
        "memberships-0-user": str(user.pk),
    }
    answer = client.post(address, person_form(user, role="lead", full_name="Ada") | membership)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert list(PersonEvent.objects.order_by("id").values_list("code", flat=True)) == [
        events.EDITED,
        events.ROLE_CHANGED,
        events.TEAMS_CHANGED,
    ]
    assert PersonEvent.objects.get(code=events.EDITED).changes == {"full_name": ["", "Ada"]}
    assert PersonEvent.objects.filter(actor=admin).count() == 3
    assert Membership.objects.get().is_lead
    assert theirs.get("/profile/").status_code == 302
    user.refresh_from_db()
    assert (user.role, user.full_name) == ("lead", "Ada")
    form = (
        person_form(user)
        | membership
        | {"memberships-INITIAL_FORMS": "1", "memberships-0-id": Membership.objects.get().pk}
    )
    form.pop("is_active")
    assert client.post(address, form).status_code == 302
    user.refresh_from_db()
    assert not user.is_active
    assert client.post(address, person_form(user) | {"new_password": "short"}).status_code == 200


def test_an_admin_adds_people_and_cannot_lock_everybody_out() -> None:
    admin = make_person("root", role=Role.ADMIN)
    client = sign_in(admin)
    blank = User(username="new", role=Role.AGENT, email="new@example.org")
    answer = client.post(reverse("admin:accounts_user_add"), person_form(blank, new_password=PASSWORD))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert User.objects.get(username="new").check_password(PASSWORD)
    assert PersonEvent.objects.get().code == events.ADDED
    address = reverse("admin:accounts_user_change", args=[admin.pk])
    answer = client.post(address, person_form(admin, role="agent"), follow=True)
    assert "only active admin" in answer.content.decode()
    admin.refresh_from_db()
    assert admin.role == Role.ADMIN


@pytest.mark.parametrize("model", ["user", "team", "apitoken", "personevent"])
def test_every_settings_page_opens(model: str) -> None:
    admin = make_person(role=Role.ADMIN)
    make_team("A")
    client = sign_in(admin)
    assert client.get(reverse(f"admin:accounts_{model}_changelist")).status_code == 200
    assert client.get(reverse("admin:notifications_notification_changelist")).status_code == 200
    assert client.get(reverse("admin:accounts_user_change", args=[admin.pk])).status_code == 200


def test_a_token_revoked_in_the_settings_is_over() -> None:
    from django.utils import timezone

    from puo_desk.accounts.operations.tokens import create_token
    from tests.support.people import ADMIN

    token, text = create_token(user=make_person(), name="x", scopes=["tickets:read"], actor=ADMIN, now=timezone.now())
    client = sign_in(make_person(role=Role.ADMIN))
    client.post(reverse("admin:accounts_apitoken_changelist"), {"action": "revoke", "_selected_action": [token.pk]})
    assert Client().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 401


def test_an_address_that_was_never_confirmed_does_not_bar_the_second_factor() -> None:
    make_person("ada", password=PASSWORD)
    client = Client()
    client.post(LOGIN, {"login": "ada", "password": PASSWORD})
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.get("/account/email/")
    assert client.get("/account/2fa/totp/activate/").status_code == 200
