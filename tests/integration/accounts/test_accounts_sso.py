"""Single sign-on: found by provider and subject, never by mail; configured by the environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from allauth.core import context
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal.flows.login import complete_login
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from tests.support.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def provider(settings) -> None:  # type: ignore[no-untyped-def]
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": "Company account",
                    "client_id": "desk",
                    "secret": "s",
                    "settings": {"server_url": "https://sso.example.org"},
                }
            ]
        }
    }


def arrive(**told: Any) -> tuple[HttpRequest, HttpResponse]:
    """Somebody comes back from the provider, who says this about the person."""
    request = RequestFactory().get("/account/oidc/sso/login/callback/")
    SessionMiddleware(lambda _: HttpResponse()).process_request(request)
    MessageMiddleware(lambda _: HttpResponse()).process_request(request)
    request.user = AnonymousUser()
    with context.request_context(request):
        login = get_adapter().get_provider(request, "sso").sociallogin_from_response(request, {"userinfo": told})
        login.state = {}
        return request, complete_login(request, login)


def test_a_newcomer_becomes_a_requester() -> None:
    request, answer = arrive(
        sub="s-1",
        email="ada@example.org",
        email_verified=True,
        name="Ada Lovelace",
        preferred_username="ada",
        role="admin",
    )
    assert answer.status_code == 302 and request.user.is_authenticated
    user = User.objects.get()
    assert (user.username, user.full_name, user.email, user.role) == (
        "ada",
        "Ada Lovelace",
        "ada@example.org",
        Role.REQUESTER,
    )
    assert not user.has_usable_password()
    assert SocialAccount.objects.values_list("provider", "uid", "user_id").get() == ("sso", "s-1", user.pk)


def test_the_same_subject_is_the_same_person_whatever_the_mail() -> None:
    arrive(sub="s-1", email="ada@example.org", name="Ada", preferred_username="ada")
    request, _ = arrive(sub="s-1", email="new@example.org", name="Ada", preferred_username="changed")
    assert User.objects.count() == 1 and request.user.is_authenticated


def test_the_mail_of_somebody_here_opens_nothing() -> None:
    victim = make_person("root", role=Role.ADMIN, email="root@example.org")
    request, _ = arrive(
        sub="s-evil", email="ROOT@example.org", email_verified=True, name="Eve", preferred_username="root"
    )
    assert request.user.is_authenticated and request.user.pk != victim.pk
    eve = User.objects.exclude(pk=victim.pk).get()
    assert (eve.role, eve.email) == (Role.REQUESTER, "")
    assert eve.username != "root"
    victim.refresh_from_db()
    assert victim.email == "root@example.org"
    assert not SocialAccount.objects.filter(user=victim).exists()


def test_a_name_that_speaks_for_the_desk_is_cleaned() -> None:
    """Who comes from the directory cannot be asked for another name, and is let in without it."""
    arrive(sub="s-1", name="\u202eAda\n Lovelace", preferred_username="ada")
    arrive(sub="s-2", name="The  DÉSK", preferred_username="The.Desk", email="desk@example.org")
    ada, other = User.objects.order_by("pk")
    assert (ada.username, ada.full_name) == ("ada", "Ada Lovelace")
    assert (other.full_name, other.display_name) == ("", other.username)
    assert other.username == "user"


def test_the_inactive_are_refused() -> None:
    arrive(sub="s-1", name="Ada", preferred_username="ada")
    User.objects.update(is_active=False)
    request, answer = arrive(sub="s-1", name="Ada", preferred_username="ada")
    assert answer.headers["Location"] == "/account/inactive/"
    assert not request.user.is_authenticated


def test_newcomers_can_be_kept_out(settings) -> None:  # type: ignore[no-untyped-def]
    settings.SSO_SIGNUP = False
    request, answer = arrive(sub="s-1", name="Ada", preferred_username="ada")
    assert "made by an admin" in answer.content.decode()
    assert not User.objects.exists() and not request.user.is_authenticated


def test_the_sign_in_page_offers_it() -> None:
    text = Client().get("/account/login/").content.decode()
    assert "Continue with Company account" in text
    assert "/account/oidc/sso/login/?process=login" in text


def test_the_environment_sets_it_up() -> None:
    script = "import json; from puo_desk import settings; print(json.dumps(settings.SOCIALACCOUNT_PROVIDERS))"
    environment = os.environ | {
        "OIDC_SERVER_URL": "https://id.example.org",
        "OIDC_CLIENT_ID": "desk",
        "OIDC_CLIENT_SECRET": "secret",
        "OIDC_NAME": "Example ID",
    }
    told = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    configured = json.loads(told.stdout)["openid_connect"]
    assert configured["OAUTH_PKCE_ENABLED"] is True
    assert configured["APPS"][0] == {
        "provider_id": "sso",
        "name": "Example ID",
        "client_id": "desk",
        "secret": "secret",
        "settings": {"server_url": "https://id.example.org"},
    }
