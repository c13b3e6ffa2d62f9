"""The whole way of a single sign-on: button, provider, code, token, person. The provider is a running one."""

from __future__ import annotations

import html
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Generator
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from puo_desk.stack.place import CHECKOUT
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, sign, signing_key
from tests.support.people import make_person

pytestmark = pytest.mark.django_db
DID_NOT_WORK = "Single sign-on did not work"


@pytest.fixture
def provider(settings) -> Generator[OidcProvider]:  # type: ignore[no-untyped-def]
    running = OidcProvider()
    running.start()
    configured = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": configured | {"APPS": [running.app()]}}
    yield running
    running.stop()


def leave(browser: Client, *, page: str = "/account/login/") -> tuple[int, str]:
    """Press the button of the sign-in page: the status, and the address at the provider or the answer's text."""
    text = browser.get(page).content.decode()
    pressed = re.search(r'<form[^>]*action="(/account/oidc/[^"]+)"', text)
    assert pressed is not None, text
    answer = browser.post(html.unescape(pressed[1]))
    said = answer.content.decode()
    onward = re.search(r'http-equiv="refresh" content="0; ?url=([^"]+)"', said)
    return answer.status_code, html.unescape(onward[1]) if onward else said


def agree(address: str) -> str:
    """What a browser does at the provider: follow its redirect back to the desk; the path there."""
    there = urlsplit(address)
    line = http.client.HTTPConnection(there.netloc, timeout=5)
    line.request("GET", f"{there.path}?{there.query}")
    back = line.getresponse().headers["Location"]
    line.close()
    assert back.startswith("http://testserver/account/oidc/sso/login/callback/?"), back
    return back.removeprefix("http://testserver")


def sign_in(browser: Client | None = None, **page: str) -> Any:
    """The desk's answer to whoever comes back from the provider."""
    browser = browser or Client()
    status, address = leave(browser, **page)
    assert status == 200, address
    return browser.get(agree(address))


def signed_in(browser: Client) -> User | None:
    key = browser.session.get("_auth_user_id")
    return User.objects.get(pk=key) if key else None


def assert_refused(answer: Any) -> None:
    assert answer.status_code == 401
    assert DID_NOT_WORK in answer.content.decode()
    assert signed_in(answer.client) is None
    assert not User.objects.exists() and not SocialAccount.objects.exists()


def test_a_newcomer_becomes_a_requester(provider: OidcProvider) -> None:
    provider.person |= {"email": "ada@example.org", "email_verified": True, "role": "admin"}
    answer = sign_in()
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    user = signed_in(answer.client)
    assert user is not None and user == User.objects.get()
    assert (user.username, user.full_name, user.email) == ("ada", "Ada Lovelace", "ada@example.org")
    assert user.role == Role.REQUESTER and not user.has_usable_password()
    assert SocialAccount.objects.values_list("provider", "uid", "user_id").get() == ("sso", "s-1", user.pk)
    assert answer.client.get("/requests/").status_code == 200


def test_the_role_of_newcomers_is_the_deployments_choice(provider: OidcProvider, settings: Any) -> None:
    settings.SSO_ROLE = "agent"
    user = signed_in(sign_in().client)
    assert user is not None and user.role == Role.AGENT


def test_the_second_sign_in_is_the_same_person_whatever_else_changed(provider: OidcProvider) -> None:
    sign_in()
    User.objects.update(role=Role.LEAD)
    provider.person |= {"email": "new@example.org", "preferred_username": "changed", "name": "Changed"}
    user = signed_in(sign_in().client)
    assert user is not None and user == User.objects.get()
    assert (user.role, user.username) == (Role.LEAD, "ada")


def test_the_page_asked_for_comes_after_it(provider: OidcProvider) -> None:
    assert sign_in(page="/account/login/?next=/profile/").headers["Location"] == "/profile/"
    assert sign_in(page="/account/login/?next=https://evil.example/").headers["Location"] == "/"


def test_the_request_to_the_provider_is_bound_to_this_browser(provider: OidcProvider) -> None:
    sign_in()
    first = provider.authorized
    sign_in()
    assert first["redirect_uri"] == "http://testserver/account/oidc/sso/login/callback/"
    assert first["code_challenge_method"] == "S256"
    for single_use in ("state", "nonce", "code_challenge"):
        assert first[single_use] and first[single_use] != provider.authorized[single_use], single_use


def test_a_link_cannot_bend_the_request_to_the_provider(provider: OidcProvider) -> None:
    browser = Client()
    answer = browser.post("/account/oidc/sso/login/?auth_params=redirect_uri%3Dhttps://evil.example&scope=all")
    said = html.unescape(answer.content.decode())
    asked_for = re.search(r"scope=([^&]+)", said)
    assert asked_for is not None and set(asked_for[1].split("+")) == {"openid", "profile", "email"}
    assert "evil.example" not in said


def test_without_a_provider_there_is_no_button() -> None:
    assert "/account/oidc/" not in Client().get("/account/login/").content.decode()


def test_a_get_of_the_way_out_goes_nowhere_by_itself(provider: OidcProvider) -> None:
    answer = Client().get("/account/oidc/sso/login/?process=login")
    assert answer.status_code == 200 and 'http-equiv="refresh"' not in answer.content.decode()
    assert provider.asked == []


def test_the_answer_of_another_browser_is_refused(provider: OidcProvider) -> None:
    _status, address = leave(Client())
    assert_refused(Client().get(agree(address)))


def test_an_answer_counts_once(provider: OidcProvider) -> None:
    browser = Client()
    _status, address = leave(browser)
    back = agree(address)
    assert browser.get(back).status_code == 302
    browser.logout()
    assert browser.get(back).status_code == 401
    assert signed_in(browser) is None


def _hs256_with_the_public_key(claims: dict[str, Any]) -> str:
    """The well-known confusion: the public key taken for a shared secret."""
    numbers = signing_key().public_key().public_numbers()
    return jwt.encode(claims, str(numbers.n).encode(), algorithm="HS256", headers={"kid": "own"})


@pytest.mark.parametrize(
    "signed",
    [
        lambda claims: jwt.encode(claims, signing_key("stranger"), algorithm="RS256", headers={"kid": "own"}),
        lambda claims: jwt.encode(claims, signing_key("stranger"), algorithm="RS256", headers={"kid": "other"}),
        lambda claims: jwt.encode(claims, signing_key("stranger"), algorithm="RS256"),
        lambda claims: jwt.encode(claims, "", algorithm="none", headers={"kid": "own"}),
        _hs256_with_the_public_key,
        lambda claims: sign(claims)[:-8] + "AAAAAAAA",
        lambda claims: "not a token",
        lambda claims: 7,
        lambda claims: {"sub": "s-1"},
    ],
    ids=["strange key", "unknown key", "no key named", "unsigned", "confused", "cut", "no token", "number", "thing"],
)
def test_a_forged_token_is_refused(provider: OidcProvider, signed: Any) -> None:
    provider.signed = signed
    assert_refused(sign_in())


AN_HOUR_AGO, IN_AN_HOUR = "an hour ago", "in an hour"
"""Words, because every worker of a run must call the same test by the same name."""


@pytest.mark.parametrize(
    "bent",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": ["another-client", "third"]},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": AN_HOUR_AGO},
        {"iat": IN_AN_HOUR},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "s" * 300},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(provider: OidcProvider, bent: dict[str, Any]) -> None:
    clock = {AN_HOUR_AGO: int(time.time()) - 3600, IN_AN_HOUR: int(time.time()) + 3600}
    told = {name: clock.get(str(value), value) for name, value in bent.items() if value is not None}
    provider.twist = lambda claims: {name: value for name, value in claims.items() if name not in bent} | told
    assert_refused(sign_in())


def test_an_answer_without_a_token_is_refused(provider: OidcProvider) -> None:
    provider.without = frozenset({"id_token"})
    assert_refused(sign_in())


def test_userinfo_of_somebody_else_is_refused(provider: OidcProvider) -> None:
    provider.userinfo = {"sub": "s-victim", "email": "victim@example.org"}
    assert_refused(sign_in())


def test_a_provider_without_userinfo_is_enough(provider: OidcProvider) -> None:
    provider.without = frozenset({"userinfo_endpoint"})
    user = signed_in(sign_in().client)
    assert user is not None and user.full_name == "Ada Lovelace"


def test_a_claim_that_userinfo_lacks_is_read_from_the_token(provider: OidcProvider) -> None:
    provider.userinfo = {"sub": "s-1", "name": "Ada L."}
    user = signed_in(sign_in().client)
    assert user is not None and (user.username, user.full_name) == ("ada", "Ada L.")


def test_a_token_signed_with_the_shared_secret_is_the_providers_own(provider: OidcProvider) -> None:
    provider.signed = lambda claims: jwt.encode(claims, CLIENT_SECRET, algorithm="HS256")
    assert signed_in(sign_in().client) is not None


def test_a_clock_that_is_some_seconds_off_does_no_harm(provider: OidcProvider) -> None:
    provider.twist = lambda claims: claims | {"iat": claims["iat"] + 20}
    assert signed_in(sign_in().client) is not None


@pytest.mark.parametrize("verified", [True, False, None], ids=["verified", "unverified", "silent"])
def test_an_address_never_takes_over_an_account(provider: OidcProvider, verified: bool | None) -> None:
    victim = make_person("root", role=Role.ADMIN, email="root@example.org")
    provider.person = {"sub": "s-evil", "name": "Eve", "preferred_username": "root", "email": "ROOT@example.org"}
    if verified is not None:
        provider.person["email_verified"] = verified
    user = signed_in(sign_in().client)
    assert user is not None and user.pk != victim.pk
    assert (user.role, user.email) == (Role.REQUESTER, "") and user.username != "root"
    victim.refresh_from_db()
    assert (victim.email, victim.username) == ("root@example.org", "root")
    assert not SocialAccount.objects.filter(user=victim).exists()
    assert not EmailAddress.objects.filter(email__iexact="root@example.org").exclude(user=victim).exists()


@pytest.mark.parametrize(
    ("verified", "kept"),
    [
        ({"email_verified": True}, True),
        ({"email_verified": "true"}, True),
        ({}, True),
        ({"email_verified": False}, False),
        ({"email_verified": "false"}, False),
    ],
    ids=str,
)
def test_an_address_said_to_be_unverified_is_not_kept(provider: OidcProvider, verified: Any, kept: bool) -> None:
    provider.person |= {"email": "ada@example.org"} | verified
    user = signed_in(sign_in().client)
    assert user is not None and user.email == ("ada@example.org" if kept else "")


def test_an_address_that_somebody_added_is_not_the_newcomers(provider: OidcProvider) -> None:
    victim = make_person("vera", email="vera@example.org")
    EmailAddress.objects.create(user=victim, email="second@example.org", verified=True)
    provider.person |= {"email": "Second@example.org", "email_verified": True}
    user = signed_in(sign_in().client)
    assert user is not None and user.pk != victim.pk and user.email == ""
    assert EmailAddress.objects.get(email="second@example.org").user_id == victim.pk


def test_a_name_that_speaks_for_the_desk_is_cleaned(provider: OidcProvider) -> None:
    """Who comes from the directory cannot be asked for another name, and is let in without it."""
    provider.person |= {"name": "\u202eAda\n Lovelace"}
    ada = signed_in(sign_in().client)
    provider.person = {"sub": "s-2", "name": "The  DÉSK", "preferred_username": "The.Desk", "email": "desk@example.org"}
    other = signed_in(sign_in().client)
    assert ada is not None and (ada.username, ada.full_name) == ("ada", "Ada Lovelace")
    assert other is not None and (other.username, other.full_name, other.display_name) == ("user", "", "user")


def test_the_inactive_and_service_accounts_are_refused(provider: OidcProvider) -> None:
    sign_in()
    for refused in ({"is_active": False}, {"is_active": True, "is_service": True}):
        User.objects.update(**refused)
        answer = sign_in()
        assert answer.headers["Location"] == "/account/inactive/"
        assert signed_in(answer.client) is None


def test_newcomers_can_be_kept_out(provider: OidcProvider, settings: Any) -> None:
    settings.SSO_SIGNUP = False
    answer = sign_in()
    assert "made by an admin" in answer.content.decode()
    assert not User.objects.exists() and signed_in(answer.client) is None


def test_somebody_with_a_password_links_the_account_and_uses_it_afterwards(provider: OidcProvider) -> None:
    browser, ada = Client(), make_person("ada.l", role=Role.AGENT, email="ada@example.org")
    browser.force_login(ada, backend="puo_desk.accounts.web.sign_in.DeskBackend")
    assert "Not linked to your account." in browser.get("/profile/").content.decode()
    offered = re.search(r'href="(/account/oidc/[^"]+)"', browser.get("/account/3rdparty/").content.decode())
    assert offered is not None
    said = browser.post(html.unescape(offered[1])).content.decode()
    onward = re.search(r"url=([^\"]+)", said)
    assert onward is not None
    assert browser.get(agree(html.unescape(onward[1]))).status_code == 302
    assert SocialAccount.objects.get().user == ada
    assert "Linked to your account." in browser.get("/profile/").content.decode()
    assert signed_in(sign_in().client) == ada


@pytest.mark.parametrize(
    "claims",
    [
        {"name": "A" * 300},
        {"name": "A\x00da", "preferred_username": "a\x00da", "email": "a\x00@example.org"},
        {"name": {"first": "Ada"}, "preferred_username": ["ada"], "email": 7},
        {"preferred_username": "a" * 200, "email": "a" * 300 + "@example.org"},
        {"preferred_username": "ada lovelace (büro)"},
        {"preferred_username": None, "name": None, "email": None},
        {"locale": "xx", "picture": "javascript:alert(1)", "zoneinfo": "Mars/Base"},
    ],
    ids=["long name", "NUL", "strange kinds", "too long", "strange name", "nothing", "more"],
)
def test_whatever_the_directory_holds_somebody_gets_in(provider: OidcProvider, claims: dict[str, Any]) -> None:
    provider.person |= claims
    user = signed_in(sign_in().client)
    assert user is not None
    user.full_clean(exclude=["password"])
    assert "\x00" not in user.full_name


def test_a_refusal_at_the_provider_is_told_as_one(provider: OidcProvider) -> None:
    provider.refuses = "access_denied"
    assert sign_in().headers["Location"] == "/account/3rdparty/login/cancelled/"
    provider.refuses = "server_error"
    assert_refused(sign_in())


def test_a_provider_that_is_away_is_told_in_a_sentence(provider: OidcProvider) -> None:
    browser, coming_back = Client(), Client()
    _status, address = leave(coming_back)
    back = agree(address)
    provider.stop()
    status, said = leave(browser)
    assert status == 401 and DID_NOT_WORK in said
    assert_refused(coming_back.get(back))


def test_a_provider_that_is_none_is_told_in_a_sentence(provider: OidcProvider) -> None:
    provider.without = frozenset({"authorization_endpoint", "token_endpoint"})
    status, said = leave(Client())
    assert status == 401 and DID_NOT_WORK in said


def test_the_log_tells_an_admin_what_the_page_does_not(provider: OidcProvider, caplog: Any, settings: Any) -> None:
    provider.twist = lambda claims: claims | {"aud": "another-client"}
    sign_in()
    assert "the ID token is not valid: InvalidAudienceError" in caplog.text
    caplog.clear()
    app = provider.app() | {"secret": "mistyped"}
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = [app]
    assert_refused(sign_in())
    assert "invalid_grant" in caplog.text and "mistyped" not in caplog.text


def test_an_unknown_provider_is_not_found() -> None:
    assert Client().post("/account/oidc/other/login/").status_code == 404
    assert Client().get("/account/oidc/other/login/callback/?code=1&state=2").status_code == 404


def settings_of(**environment: str) -> subprocess.CompletedProcess[str]:
    script = (
        "import json, django; django.setup(); from django.conf import settings;"
        "print(json.dumps(settings.SOCIALACCOUNT_PROVIDERS['openid_connect']['APPS']))"
    )
    known = os.environ | {"DJANGO_SETTINGS_MODULE": "puo_desk.settings"} | environment
    return subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, env=known, capture_output=True, text=True)


def test_the_environment_sets_it_up() -> None:
    named = {"OIDC_CLIENT_ID": "desk", "OIDC_CLIENT_SECRET": "secret", "OIDC_NAME": "Example ID"}
    for server in ("https://id.example.org/desk", "https://id.example.org/desk/"):
        assert json.loads(settings_of(OIDC_SERVER_URL=server, **named).stdout) == [
            {
                "provider_id": "sso",
                "name": "Example ID",
                "client_id": "desk",
                "secret": "secret",
                "settings": {"server_url": "https://id.example.org/desk"},
            }
        ]


def test_a_setting_that_cannot_work_stops_the_start() -> None:
    assert "SSO_ROLE" in settings_of(SSO_ROLE="chief").stderr
    assert "OIDC_CLIENT_ID" in settings_of(OIDC_SERVER_URL="https://id.example.org").stderr
