"""Callers of the API, and what every refusal looks like."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client


class Caller:
    """One program with one token; answers come as Django's responses."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._client = Client(raise_request_exception=False)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Send a body as JSON, or as it is when it is bytes already."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = headers.pop("Content-Type", "application/json")
        return self._client.generic(  # type: ignore[return-value]
            method,
            f"/api/v1{path}",
            raw,
            content_type=kind,
            headers={"Authorization": f"Bearer {self.token}"} | headers,
        )

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.ask("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.ask("PATCH", path, body, **headers)

    def upload(self, file: Any, **headers: str) -> HttpResponse:
        return self._client.post(  # type: ignore[return-value]
            "/api/v1/attachments/", {"file": file}, headers={"Authorization": f"Bearer {self.token}"} | headers
        )


def problem(answer: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, after a look at its shape."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = json.loads(answer.content)
    assert {"type", "title", "status", "detail", "code"} <= set(told)
    assert (told["status"], told["code"]) == (status, code), told
    assert told["type"] == f"urn:puo-desk:problem:{code}"
    assert told["request_id"] == answer.headers["X-Request-ID"]
    return told


def fields_of(told: dict[str, Any]) -> set[str]:
    return {fault["field"] for fault in told["errors"]}
