"""An OpenID Connect provider on a loopback port: discovery, authorization, token, keys and userinfo.

It signs with a key of its own, insists on PKCE and on the client's secret, and lets a test twist what it says.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "desk"
CLIENT_SECRET = "the desk's own secret, known to the two of them"
Claims = dict[str, Any]


@cache
def signing_key(name: str = "own") -> rsa.RSAPrivateKey:
    """One key for each name and run: making one takes a moment."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign(claims: Claims) -> str:
    return jwt.encode(claims, signing_key(), algorithm="RS256", headers={"kid": "own"})


@dataclass
class OidcProvider:
    """``person`` is who is at its keyboard; ``twist`` and ``signed`` bend the claims and the signing."""

    person: Claims = field(default_factory=lambda: {"sub": "s-1", "name": "Ada Lovelace", "preferred_username": "ada"})
    twist: Callable[[Claims], Claims] = lambda claims: claims
    signed: Callable[[Claims], Any] = sign
    userinfo: Claims | None = None
    without: frozenset[str] = frozenset()
    """Parts of the discovery document that it does not offer."""
    refuses: str = ""
    asked: list[str] = field(default_factory=list)
    authorized: Claims = field(default_factory=dict)
    """The last authorization request."""
    _grants: dict[str, Claims] = field(default_factory=dict)
    _server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        provider = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._answer(self, dict(parse_qsl(urlsplit(self.path).query)))

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                provider._answer(self, dict(parse_qsl(self.rfile.read(length).decode())))

            def log_message(self, *_said: Any) -> None:
                """Tests read ``asked``."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stop answering at once: the port refuses from now on."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def app(self) -> dict[str, Any]:
        """The desk's setting for this provider."""
        return {
            "provider_id": "sso",
            "name": "Company account",
            "client_id": CLIENT_ID,
            "secret": CLIENT_SECRET,
            "settings": {"server_url": self.url},
        }

    def _answer(self, door: BaseHTTPRequestHandler, told: Claims) -> None:
        path = urlsplit(door.path).path
        self.asked.append(path)
        answers: dict[str, Callable[[BaseHTTPRequestHandler, Claims], None]] = {
            "/.well-known/openid-configuration": self._discovery,
            "/authorize": self._authorize,
            "/token": self._token,
            "/keys": self._keys,
            "/userinfo": self._userinfo,
        }
        if path in answers:
            answers[path](door, told)
        else:
            _send(door, 404, {"error": "not_found"})

    def _discovery(self, door: BaseHTTPRequestHandler, _told: Claims) -> None:
        offered = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
        _send(door, 200, {name: value for name, value in offered.items() if name not in self.without})

    def _authorize(self, door: BaseHTTPRequestHandler, told: Claims) -> None:
        """Whoever is at the keyboard agrees at once."""
        self.authorized = told
        assert told["client_id"] == CLIENT_ID and told["response_type"] == "code" and "openid" in told["scope"].split()
        answer = {"error": self.refuses} if self.refuses else {"code": secrets.token_urlsafe(12)}
        if code := answer.get("code"):
            self._grants[code] = told
        _send(door, 302, {}, Location=f"{told['redirect_uri']}?{urlencode(answer | {'state': told['state']})}")

    def _token(self, door: BaseHTTPRequestHandler, told: Claims) -> None:
        grant = self._grants.pop(told.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(told.get("code_verifier", "").encode()).digest()).rstrip(
            b"="
        )
        if (
            grant is None
            or (told.get("client_id"), told.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET)
            or told.get("redirect_uri") != grant["redirect_uri"]
            or (grant.get("code_challenge_method"), grant.get("code_challenge")) != ("S256", challenge.decode())
        ):
            _send(door, 400, {"error": "invalid_grant"})
            return
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": grant.get("nonce")}
        answer: Claims = {"access_token": "opens-userinfo", "token_type": "Bearer", "expires_in": 300}
        if "id_token" not in self.without:
            answer["id_token"] = self.signed(self.twist(claims | self.person))
        _send(door, 200, answer)

    def _keys(self, door: BaseHTTPRequestHandler, _told: Claims) -> None:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(signing_key().public_key()))
        _send(door, 200, {"keys": [public | {"kid": "own", "use": "sig", "alg": "RS256"}]})

    def _userinfo(self, door: BaseHTTPRequestHandler, _told: Claims) -> None:
        if door.headers.get("Authorization") != "Bearer opens-userinfo":
            _send(door, 401, {"error": "invalid_token"})
        else:
            _send(door, 200, self.person if self.userinfo is None else self.userinfo)


def _send(door: BaseHTTPRequestHandler, status: int, body: Any, **headers: str) -> None:
    raw = json.dumps(body).encode()
    door.send_response(status)
    for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(raw))} | headers).items():
        door.send_header(name, value)
    door.end_headers()
    door.wfile.write(raw)
