"""The provider as the desk trusts it: a signed ID token for this desk and this sign-in, or nothing.

allauth takes the answer of the token endpoint on the strength of TLS alone: it checks no signature, sends no nonce,
is content without an ID token, and reads who came from the userinfo endpoint whatever the ID token says. Here the
ID token is validated as OpenID Connect Core 1.0 has it (3.1.3.7, and 5.3.2 for userinfo).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, cast

import jwt
from allauth.socialaccount import app_settings
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from puo_desk.kernel.text import normalise_deep

WITH_PUBLIC_KEY = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
WITH_SHARED_SECRET = ["HS256", "HS384", "HS512"]
CLOCK_SECONDS = 60
"""How far the provider's clock may be from ours."""
REQUIRED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
READ_AS_TEXT = ("sub", "email", "name", "given_name", "family_name", "preferred_username")


class NotTrusted(OAuth2Error):  # type: ignore[misc]
    """The provider's answer does not hold; the text names what, and nothing of the answer."""


class DeskProtocol(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The requests to the provider, and what its answers must be."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        offered = super().openid_config
        if not isinstance(offered, dict) or not all(isinstance(offered.get(name), str) for name in REQUIRED):
            raise NotTrusted("the discovery document is none")
        return offered

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **answered: Any) -> Any:
        """Who signed in, from the validated ID token; userinfo adds to it if it is about the same person."""
        claims = self._validated(app, answered["response"].get("id_token"))
        told = self._fetch_user_info(token.token) if "userinfo_endpoint" in self.openid_config else {}
        if told and (not isinstance(told, dict) or told.get("sub") != claims["sub"]):
            raise NotTrusted("userinfo is about somebody else")
        return self.get_provider().sociallogin_from_response(request, {"userinfo": claims | told})

    def _validated(self, app: Any, id_token: object) -> dict[str, Any]:
        if not isinstance(id_token, str):
            raise NotTrusted("there is no ID token")
        try:
            algorithm = jwt.get_unverified_header(id_token).get("alg")
            key = app.secret if algorithm in WITH_SHARED_SECRET else self._public_key(id_token)
            claims = jwt.decode(
                id_token,
                key,
                algorithms=[algorithm] if algorithm in WITH_SHARED_SECRET else WITH_PUBLIC_KEY,
                audience=app.client_id,
                issuer=self.openid_config["issuer"],
                leeway=CLOCK_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as refused:
            raise NotTrusted(f"the ID token is not valid: {type(refused).__name__}") from refused
        if claims.get("azp", app.client_id) != app.client_id:
            raise NotTrusted("the ID token is for another client")
        if not self.nonce or not constant_time_compare(str(claims.get("nonce")), self.nonce):
            raise NotTrusted("the ID token is of another sign-in")
        if not 0 < len(claims["sub"]) <= app_settings.UID_MAX_LENGTH:
            raise NotTrusted("the ID token names nobody")
        return claims

    def _public_key(self, id_token: str) -> jwt.PyJWK:
        """The provider's key that the token names; a token that names none is of the only one."""
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
        keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        named = jwt.get_unverified_header(id_token).get("kid")
        fitting = [key for key in keys if key.key_id == named] if named else keys
        if len(fitting) != 1:
            raise NotTrusted("the ID token is signed with an unknown key")
        return fitting[0]


class DeskProvider(OpenIDConnectProvider):  # type: ignore[misc]
    oauth2_adapter_class = DeskProtocol

    def redirect(self, request: HttpRequest, process: str, *args: Any, **told: Any) -> HttpResponse:
        """On to the provider, with a nonce that its ID token must repeat."""
        nonce = secrets.token_urlsafe(24)
        # Asked anew: whoever makes a link to the desk must not choose the scope or the parameters.
        told |= {"scope": self.get_scope(), "auth_params": self.get_auth_params() | {"nonce": nonce}}
        return cast(HttpResponse, super().redirect(request, process, *args, nonce=nonce, **told))

    def sociallogin_from_response(self, request: HttpRequest, response: Mapping[str, Any]) -> Any:
        """The person as the desk can keep one: texts that are texts, and no address that is said to be unverified."""
        claims = normalise_deep(dict(response["userinfo"]))
        claims = {name: value for name, value in claims.items() if name not in READ_AS_TEXT or isinstance(value, str)}
        claims["email_verified"] = is_verified = claims.get("email_verified", True) in (True, "true")
        if not is_verified:
            claims.pop("email", None)
        return super().sociallogin_from_response(request, {"userinfo": claims})


provider_classes = [DeskProvider]
