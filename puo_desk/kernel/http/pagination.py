"""Paging by the last row seen: as fast on the thousandth page as on the first, and stable while rows arrive.

``Keyset`` serves queries (pages and API alike); ``KeysetPagination`` puts it under a DRF view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core import signing
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from puo_desk.kernel.errors import InvalidInput

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
MAX_CURSOR = 1000

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One window of rows, with the cursors of the windows around it."""

    rows: Sequence[Row]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an order. ``nullable`` columns sort their empty values last, whichever way."""

    name: str
    descending: bool = False
    nullable: bool = False

    @classmethod
    def parse(cls, spec: str) -> Key:
        """From ``"-opened_at"``, or ``"due_at?"`` for a column that may be empty."""
        return cls(spec.strip("-?"), descending=spec.startswith("-"), nullable=spec.endswith("?"))


class Keyset:
    """A total order over a queryset: column names as in ``order_by``, the last one unique.

    ``Keyset("-opened_at", "-id")``; ``Keyset("next_due_at?", "id")`` with rows without a due instant last. An
    index on the same columns in the same directions makes every page cost the same.
    """

    def __init__(self, *columns: str) -> None:
        self.keys = tuple(Key.parse(column) for column in columns)
        self._signer = signing.Signer(salt="keyset:" + ",".join(columns))

    def page(self, rows: QuerySet[Any, Row], *, cursor: str | None = None, size: int = PAGE_SIZE) -> Page[Row]:
        """The window after (or before) ``cursor``. One query. Raises: InvalidInput for a cursor not made
        here.
        """
        backward, values = self.read(cursor)
        ordered = rows.order_by(*(self._order(key, backward) for key in self.keys))
        if values is not None:
            ordered = ordered.filter(self._beyond(values, backward))
        return self.window(list(ordered[: size + 1]), cursor=cursor, size=size)

    def window(self, found: Sequence[Row], *, cursor: str | None, size: int) -> Page[Row]:
        """The window of rows found elsewhere: the ``size + 1`` next to the cursor, nearest first."""
        backward, _values = self.read(cursor)
        more, found = len(found) > size, found[:size]
        if backward:
            found = found[::-1]
        has_next = bool(found) if backward else more
        has_previous = (more if backward else cursor is not None) and bool(found)
        return Page(
            rows=found,
            next=self.cursor(found[-1]) if has_next else None,
            previous=self.cursor(found[0], backward=True) if has_previous else None,
        )

    def cursor(self, row: Any, *, backward: bool = False) -> str:
        """An opaque name for the place after ``row`` (or before it)."""
        values = [_encode(_value_of(row, key.name)) for key in self.keys]
        return self._signer.sign_object([int(backward), *values], compress=False)

    def read(self, cursor: str | None) -> tuple[bool, list[Any] | None]:
        """Which way a cursor goes, and the values of the row it stands at: none without a cursor.

        Raises: InvalidInput for a cursor not made here.
        """
        if not cursor:
            return False, None
        try:
            if len(cursor) > MAX_CURSOR:
                raise ValueError
            backward, *values = self._signer.unsign_object(cursor)
            return bool(backward), [_decode(value) for value in values]
        except (signing.BadSignature, ValueError, TypeError, KeyError):
            raise InvalidInput({"cursor": [_("This cursor is not one of ours. Begin again without it.")]}) from None

    def _order(self, key: Key, backward: bool) -> Any:
        descending = key.descending != backward
        ordering = F(key.name).desc if descending else F(key.name).asc
        if not key.nullable:
            return ordering()
        return ordering(nulls_first=True) if backward else ordering(nulls_last=True)

    def _beyond(self, values: list[Any], backward: bool) -> Any:
        directions = {key.descending for key in self.keys}
        if len(directions) == 1 and not any(key.nullable for key in self.keys):
            # The one form of the condition that PostgreSQL answers from an index on all columns.
            compare = LessThan if self.keys[0].descending != backward else GreaterThan
            return compare(_row([F(key.name) for key in self.keys]), _row([Value(value) for value in values]))
        condition, equal = Q(), Q()
        for key, value in zip(self.keys, values, strict=True):
            beyond = _beyond_one(key, value, backward)
            if beyond is not None:
                condition |= equal & beyond
            equal &= Q(**{f"{key.name}__isnull": True}) if value is None else Q(**{key.name: value})
        return condition if condition else Q(pk__in=[])


def _beyond_one(key: Key, value: Any, backward: bool) -> Q | None:
    if value is None:
        return Q(**{f"{key.name}__isnull": False}) if backward else None
    beyond = Q(**{f"{key.name}__{'lt' if key.descending != backward else 'gt'}": value})
    return beyond | Q(**{f"{key.name}__isnull": True}) if key.nullable and not backward else beyond


def _row(parts: list[Any]) -> Func:
    return Func(*parts, function="ROW", output_field=BooleanField())


def _value_of(row: Any, name: str) -> Any:
    if isinstance(row, Mapping):
        return row[name]
    for step in name.split("__"):
        row = getattr(row, step)
    return row


def _encode(value: Any) -> Any:
    match value:
        case None | bool() | int() | str() | float():
            return value
        case datetime():
            return ["at", value.isoformat()]
        case date():
            return ["on", value.isoformat()]
        case Decimal():
            return ["number", str(value)]
        case UUID():
            return ["uuid", str(value)]
    raise TypeError(f"A {type(value).__name__} cannot be part of a cursor.")


_READERS: Mapping[str, Callable[[str], Any]] = {
    "at": datetime.fromisoformat,
    "on": date.fromisoformat,
    "number": Decimal,
    "uuid": UUID,
}


def _decode(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    kind, text = value
    return _READERS[kind](text)


def asked_page(parameters: Mapping[str, Any]) -> tuple[str | None, int]:
    """Cursor and page size from a query string. Raises: InvalidInput for a size that is no number from 1 to
    200.
    """
    size = str(parameters.get("page_size") or PAGE_SIZE)
    if not (size.isascii() and size.isdigit() and len(size) < 5 and 1 <= int(size) <= MAX_PAGE_SIZE):
        raise InvalidInput({"page_size": [_("Choose a page size from 1 to %(most)s.") % {"most": MAX_PAGE_SIZE}]})
    return parameters.get("cursor") or None, int(size)


class KeysetPagination(BasePagination):
    """Cursor paging for a view that names its order in ``keyset`` (a ``Keyset``).

    A view whose query returns a ``Page`` itself calls ``envelope(request, page, results)`` instead.
    """

    page: Page[Any]
    request: Request

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        cursor, size = asked_page(request.query_params)
        keyset: Keyset = getattr(view, "keyset", None) or Keyset("-pk")
        self.request = request
        self.page = keyset.page(queryset, cursor=cursor, size=size)
        return list(self.page.rows)

    def get_paginated_response(self, data: Any) -> Response:
        return Response(envelope(self.request, self.page, data))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where the page begins: taken from `next` or `previous` of another page.",
                "schema": {"type": "string", "maxLength": MAX_CURSOR},
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": "Rows in a page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
            },
        ]


def envelope(request: Request, page: Page[Any], results: Any) -> dict[str, Any]:
    """The answer of a list: links to the pages around, and the rows."""
    return {
        "next": _link(request, page.next),
        "previous": _link(request, page.previous),
        "results": results,
    }


def _link(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    url = remove_query_param(request.build_absolute_uri(), "cursor")
    return replace_query_param(url, "cursor", cursor)
