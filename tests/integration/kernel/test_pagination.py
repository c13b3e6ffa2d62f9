"""Paging by the last row seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from puo_desk.kernel.errors import InvalidInput
from puo_desk.kernel.http.pagination import Keyset, KeysetPagination, asked_page
from puo_desk.kernel.models import Heartbeat

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ORDERS = [
    ("beat_at", "name"),
    ("-beat_at", "-name"),
    ("-beat_at", "name"),
    ("next_at?", "name"),
    ("-next_at?", "-name"),
    ("-next_at?", "name"),
]


def add(minutes: list[int | None]) -> None:
    """One row per entry; an entry is the minute of both instants, None for no next instant."""
    Heartbeat.objects.all().delete()
    Heartbeat.objects.bulk_create(
        Heartbeat(name=f"h{n:03}", beat_at=NOON + timedelta(minutes=minute or 0), details={"empty": minute is None})
        for n, minute in enumerate(minutes)
    )


def rows():
    from django.db.models import Case, F, When

    return Heartbeat.objects.annotate(next_at=Case(When(details__empty=False, then=F("beat_at"))))


def walk(keyset: Keyset, size: int, *, backward_from: str | None = None) -> list[list[str]]:
    pages, cursor = [], backward_from
    while True:
        page = keyset.page(rows(), cursor=cursor, size=size)
        pages.append([row.name for row in page.rows])
        cursor = page.previous if backward_from else page.next
        if cursor is None:
            return pages


def expected(order: tuple[str, ...]) -> list[str]:
    found = list(rows())
    for column in reversed(order):
        name = column.strip("-?")
        found.sort(key=lambda row: getattr(row, name) or NOON, reverse=column.startswith("-"))
        found.sort(key=lambda row: getattr(row, name) is None)
    return [row.name for row in found]


@pytest.mark.django_db
@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.lists(st.none() | st.integers(0, 4), max_size=14), size=st.integers(1, 5))
def test_walking_the_pages_either_way_meets_every_row_once(order, minutes, size) -> None:
    add(minutes)
    keyset, whole = Keyset(*order), expected(order)
    pages = walk(keyset, size)
    assert [name for page in pages for name in page] == whole
    assert all(len(page) == size for page in pages[:-1])
    if len(pages) > 1:
        last = rows().get(name=pages[-1][0])
        back = walk(keyset, size, backward_from=keyset.cursor(last, backward=True))
        assert [name for page in reversed(back) for name in page] == whole[: -len(pages[-1])]


@pytest.mark.django_db
def test_the_way_back_leads_to_where_one_came_from() -> None:
    add([1, 2, 3, 4, 5])
    keyset = Keyset("beat_at", "name")
    first = keyset.page(rows(), size=2)
    second = keyset.page(rows(), cursor=first.next, size=2)
    again = keyset.page(rows(), cursor=second.previous, size=2)
    assert first.previous is None
    assert [row.name for row in again.rows] == [row.name for row in first.rows]
    assert again.previous is None
    assert again.next == first.next


@pytest.mark.django_db
def test_rows_that_arrive_meanwhile_shift_nothing() -> None:
    add([1, 2, 3, 4])
    keyset = Keyset("-beat_at", "-name")
    first = keyset.page(rows(), size=2)
    Heartbeat.objects.create(name="new", beat_at=NOON + timedelta(hours=1), details={"empty": False})
    assert [row.name for row in keyset.page(rows(), cursor=first.next, size=2).rows] == ["h001", "h000"]


@pytest.mark.django_db
def test_a_page_is_one_query_and_compares_whole_rows() -> None:
    add([1, 2, 3])
    keyset = Keyset("-beat_at", "-name")
    cursor = keyset.page(rows(), size=1).next
    with CaptureQueriesContext(connection) as queries:
        keyset.page(rows(), cursor=cursor, size=1)
    (query,) = queries
    assert 'ROW("kernel_heartbeat"."beat_at", "kernel_heartbeat"."name") < (ROW(' in query["sql"]


@pytest.mark.django_db
def test_dicts_page_like_rows() -> None:
    add([1, 2])
    page = Keyset("beat_at", "name").page(rows().values("name", "beat_at"), size=1)
    assert page.next is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cursor", ["x", "a.b.c", "é", "\0", "x" * 5_000, signing.Signer(salt="other").sign_object([0, 1])]
)
def test_a_cursor_of_somebody_else_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        Keyset("beat_at", "name").page(rows(), cursor=cursor)


@pytest.mark.django_db
def test_a_cursor_of_another_order_is_refused() -> None:
    add([1, 2])
    cursor = Keyset("beat_at", "name").page(rows(), size=1).next
    with pytest.raises(InvalidInput):
        Keyset("-beat_at", "-name").page(rows(), cursor=cursor)


@pytest.mark.parametrize("size", ["0", "201", "-1", "x", "1.5", "²", "99999999999"])
def test_page_sizes_that_are_refused(size: str) -> None:
    with pytest.raises(InvalidInput):
        asked_page({"page_size": size})


def test_page_sizes_that_are_taken() -> None:
    assert [asked_page({}), asked_page({"page_size": "200", "cursor": "c"})] == [(None, 50), ("c", 200)]


@pytest.mark.django_db
def test_the_answer_of_a_list_links_to_the_pages_around() -> None:
    add([1, 2, 3])

    class View:
        keyset = Keyset("beat_at", "name")

    paginator = KeysetPagination()
    request = Request(APIRequestFactory().get("/api/beats/?page_size=1&state=open"))
    found = paginator.paginate_queryset(rows(), request, View())  # type: ignore[arg-type]
    answer = paginator.get_paginated_response([row.name for row in found]).data
    assert answer["results"] == ["h000"]
    assert answer["previous"] is None
    assert answer["next"].startswith("http://testserver/api/beats/?")
    assert "state=open" in answer["next"]
    assert "page_size=1" in answer["next"]
