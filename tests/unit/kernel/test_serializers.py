"""Strict input."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from rest_framework import serializers

from puo_desk.kernel.http.serializers import StrictSerializer


class Part(StrictSerializer):
    word = serializers.CharField()


class Input(StrictSerializer):
    title = serializers.CharField(max_length=5)
    version = serializers.IntegerField(read_only=True)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    part = Part(required=False)


def codes(serializer: serializers.Serializer) -> dict[str, list[str]]:
    assert not serializer.is_valid()
    return {name: [fault.code for fault in faults] for name, faults in serializer.errors.items()}


def test_unknown_and_read_only_keys_are_named() -> None:
    assert codes(Input(data={"title": "a", "status": "open", "version": 3})) == {
        "status": ["unknown_field"],
        "version": ["unknown_field"],
    }


def test_unknown_keys_of_a_part_are_named() -> None:
    serializer = Input(data={"title": "a", "part": {"word": "x", "other": 1}})
    assert not serializer.is_valid()
    assert serializer.errors["part"]["other"][0].code == "unknown_field"


def test_text_is_normalised_before_it_is_measured() -> None:
    serializer = Input(data={"title": "ab\x00\x1b\r\ne\u0301", "tags": ["e\u0301"], "part": {"word": "\x00z"}})
    assert serializer.is_valid(), serializer.errors
    assert serializer.validated_data == {"title": "ab\né", "tags": ["é"], "part": {"word": "z"}}


@pytest.mark.parametrize("body", [[], "text", 3, None])
def test_a_body_that_is_no_object(body: object) -> None:
    assert not Input(data=body).is_valid()


def test_a_form_may_carry_lists_and_the_csrf_token_but_nothing_else() -> None:
    form = QueryDict("title=a%00b&tags=x&tags=y&csrfmiddlewaretoken=t")
    serializer = Input(data=form)
    assert serializer.is_valid(), serializer.errors
    assert serializer.validated_data == {"title": "ab", "tags": ["x", "y"]}
    assert codes(Input(data=QueryDict("title=a&role=admin"))) == {"role": ["unknown_field"]}
