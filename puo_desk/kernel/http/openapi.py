"""What the API's description says beyond fields: the refusals, the idempotency key, closed input."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from puo_desk.kernel.http.problems import CODE_PREFIX, CONTENT_TYPE

IDEMPOTENCY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "A name of your choice for this write. Sent again with the same body within 24 hours it has no "
        "second effect and gets the same answer, marked `Idempotent-Replayed: true`."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[!-~]+$"},
}

_SENTENCES = {
    "400": "The input is not valid; `errors` names the fields.",
    "401": "Nobody is signed in, or the token is not valid.",
    "403": "You may see this but not do it.",
    "404": "It does not exist, or you may not see it.",
    "406": "The API answers in JSON alone.",
    "409": "It cannot be done now, somebody changed it meanwhile, or the same key is still at work.",
    "413": "The body is larger than the API takes.",
    "415": "The body is not of a media type that this takes.",
    "422": "The idempotency key was used with another body.",
    "429": "Too many requests; `Retry-After` says when to come again.",
}


class FieldFaultSerializer(serializers.Serializer):
    """What is wrong with one field."""

    field = serializers.CharField(help_text="Dotted path of the field, empty for the whole input.")
    code = serializers.CharField(help_text="Stable name of the fault.")
    detail = serializers.CharField(help_text="A sentence for a person.")


class ProblemSerializer(serializers.Serializer):
    """A refusal (RFC 9457)."""

    type = serializers.CharField(help_text=f"A URN that names the kind of problem: {CODE_PREFIX}CODE.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField(min_value=400, max_value=599)
    detail = serializers.CharField(help_text="What happened and what to do next, for a person.")
    code = serializers.CharField(help_text="Stable name of the refusal, for a program.")
    request_id = serializers.CharField(required=False, help_text="Names the request in the desk's logs.")
    errors = FieldFaultSerializer(many=True, required=False)  # type: ignore[assignment]
    facts = serializers.DictField(required=False, help_text="Named values that belong to the refusal.")


class DeskSchema(AutoSchema):
    """Adds to every operation exactly the problem answers it can give, and the idempotency header where it
    counts.
    """

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        if self._is_idempotent():
            operation.setdefault("parameters", []).append(IDEMPOTENCY_HEADER)
        problem = self.resolve_serializer(ProblemSerializer, "response")
        for status in self._refusals(operation):
            operation["responses"].setdefault(status, _answer(status, problem))
        return operation

    def _refusals(self, operation: dict[str, Any]) -> list[str]:
        statuses = ["400", "404", "406", "429"]
        if operation.get("security") and {} not in operation["security"]:
            statuses += ["401", "403"]
        if self.method not in {"GET", "HEAD", "OPTIONS"}:
            statuses += ["409", "413"]
        if operation.get("requestBody"):
            statuses += ["415"]
        if self._is_idempotent():
            statuses += ["422"]
        return sorted(statuses)

    def _is_idempotent(self) -> bool:
        name = getattr(self.view, "action", None) or str(self.method).lower()
        return bool(getattr(getattr(self.view, name, None), "is_idempotent", False))


def _answer(status: str, problem: ResolvedComponent) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": _SENTENCES[status],
        "content": {CONTENT_TYPE: {"schema": problem.ref}},
    }
    if status in {"429", "409"}:
        answer["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait.",
                "required": status == "429",
                "schema": {"type": "integer"},
            }
        }
    return answer


class ClosedInput(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Input of a ``StrictSerializer`` takes no other keys, and the description says so."""

    target_class = "puo_desk.kernel.http.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> Any:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        if direction == "request" and isinstance(schema, dict) and schema.get("type") == "object":
            schema["additionalProperties"] = False
        return schema
