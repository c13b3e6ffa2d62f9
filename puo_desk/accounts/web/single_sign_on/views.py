"""Out to the provider and back."""

from __future__ import annotations

from typing import cast

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from requests import RequestException

from puo_desk.accounts.policies import PUBLIC
from puo_desk.accounts.web.access import page
from puo_desk.accounts.web.single_sign_on.provider import DeskProtocol, DeskProvider


@page(PUBLIC)
def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send somebody who pressed the button on to the provider; a mere link asks first.

    The answer to the form is a page that moves on, not a redirect: the content policy lets forms of the desk end
    at the desk alone, and a provider may redirect to any other that it trusts.
    """
    provider = _provider(request, provider_id)
    try:
        answer = OAuth2LoginView.adapter_view(DeskProtocol(request, provider_id))(request)
    except (OAuth2Error, RequestException) as away:
        answer = render_authentication_error(request, provider, exception=away)
    if isinstance(answer, HttpResponseRedirect):
        return render(request, "accounts/going.html", {"address": answer.url, "provider": provider.name})
    return cast(HttpResponse, answer)


@page(PUBLIC)
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sign in whom the provider vouches for."""
    provider = _provider(request, provider_id)
    protocol = DeskProtocol(request, provider_id)
    sent = statekit.get_states(request).get(request.GET.get("state", ""))
    protocol.nonce = str(sent[0].get("nonce", "")) if sent else ""
    try:
        return cast(HttpResponse, OAuth2CallbackView.adapter_view(protocol)(request))
    except (OAuth2Error, RequestException) as away:
        return cast(HttpResponse, render_authentication_error(request, provider, exception=away))


def _provider(request: HttpRequest, provider_id: str) -> DeskProvider:
    try:
        return cast(DeskProvider, get_adapter(request).get_provider(request, provider_id))
    except SocialApp.DoesNotExist as unknown:
        raise Http404 from unknown
