"""The API's description names exactly the refusals that an operation can give."""

from __future__ import annotations

import pytest
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.validation import validate_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from puo_desk.kernel.http.openapi import DeskSchema
from puo_desk.kernel.http.pagination import KeysetPagination
from puo_desk.kernel.http.serializers import StrictSerializer
from puo_desk.kernel.idempotency import idempotent
from puo_desk.kernel.models import Heartbeat


class Beat(StrictSerializer):
    name = serializers.CharField(max_length=80)
    beat_at = serializers.DateTimeField(read_only=True)


class Beats(GenericAPIView):
    """Beats."""

    queryset = Heartbeat.objects.all()
    serializer_class = Beat
    pagination_class = KeysetPagination
    authentication_classes = [SessionAuthentication]
    schema = DeskSchema()

    @extend_schema(operation_id="list_beats", responses=Beat(many=True))
    def get(self, request: Request) -> Response:
        return Response([])

    @extend_schema(operation_id="make_beat")
    @idempotent
    def post(self, request: Request) -> Response:
        return Response({}, status=201)


class Open(GenericAPIView):
    """Open to all."""

    serializer_class = Beat
    authentication_classes: list = []
    schema = DeskSchema()

    def get(self, request: Request) -> Response:
        return Response({})


@pytest.fixture(scope="module")
def schema() -> dict:
    patterns = [path("api/v1/beats/", Beats.as_view()), path("api/v1/open/", Open.as_view())]
    made = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
    validate_schema(made)
    return made


def test_a_read_names_its_refusals(schema) -> None:
    operation = schema["paths"]["/api/v1/beats/"]["get"]
    assert sorted(operation["responses"]) == ["200", "400", "401", "403", "404", "406", "429"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["cursor", "page_size"]
    assert "Retry-After" in operation["responses"]["429"]["headers"]


def test_a_write_names_more_and_the_key(schema) -> None:
    operation = schema["paths"]["/api/v1/beats/"]["post"]
    statuses = ["200", "400", "401", "403", "404", "406", "409", "413", "415", "422", "429"]
    assert sorted(operation["responses"]) == statuses
    assert [parameter["name"] for parameter in operation["parameters"]] == ["Idempotency-Key"]
    content = operation["responses"]["422"]["content"]
    assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_what_is_open_to_all_never_says_401(schema) -> None:
    responses = schema["paths"]["/api/v1/open/"]["get"]["responses"]
    assert not {"401", "403", "409", "413", "415", "422"} & set(responses)


def test_input_is_closed(schema) -> None:
    assert schema["components"]["schemas"]["BeatRequest"]["additionalProperties"] is False
    assert "additionalProperties" not in schema["components"]["schemas"]["Beat"]
