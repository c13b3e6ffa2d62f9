"""Input that names its fields: what is not listed is refused, not ignored."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.utils.serializer_helpers import BindingDict

from puo_desk.kernel.text import normalise_deep, normalise_text


class StrictSerializer(serializers.Serializer):
    """A serializer for input: unknown and read-only keys are 400 and named, texts come normalised."""

    @cached_property
    def fields(self) -> BindingDict:
        # Copying and binding what a class declares costs more, at each request, than checking the input.
        return _fields_of(type(self))

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, QueryDict):
            data = _normalised_form(data)
        elif isinstance(data, Mapping):
            data = normalise_deep(dict(data))
        if isinstance(data, Mapping):
            self._refuse_unknown(data)
        return super().to_internal_value(data)

    def _refuse_unknown(self, data: Mapping[str, Any]) -> None:
        fields = self.fields
        unknown = [name for name in data if name not in fields or fields[name].read_only]
        if isinstance(data, QueryDict):
            # List and nested fields arrive from a form as ``name[0]`` and ``name.part``.
            unknown = [name for name in unknown if name.replace("[", ".").split(".")[0] not in fields]
        if unknown:
            fault = ErrorDetail(_("There is no such field."), code="unknown_field")
            raise serializers.ValidationError({str(name)[:80]: [fault] for name in unknown[:20]})


@cache
def _fields_of(kind: type[StrictSerializer]) -> BindingDict:
    """The declared fields, bound to one serializer that stands for all: checking input changes nothing in them."""
    fields = BindingDict(kind())
    for name, field in kind().get_fields().items():
        fields[name] = field
    return fields


def _normalised_form(posted: QueryDict) -> QueryDict:
    # Not a copy: that would go into the files, too, and one that lies on the disk cannot be copied.
    clean = QueryDict(mutable=True)
    for name, values in posted.lists():
        if name != "csrfmiddlewaretoken":
            clean.setlist(name, [normalise_text(value) if isinstance(value, str) else value for value in values])
    return clean
