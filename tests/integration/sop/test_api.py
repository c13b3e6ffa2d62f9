"""Procedures over REST: what a token reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from puo_desk.accounts.models import User
from puo_desk.accounts.operations.tokens import create_token
from puo_desk.kernel.actor import Actor
from sop.models import Article
from sop.operations.articles import ArticleText, save_version
from tests.support.people import NOON, actor_of

Write = Callable[..., Article]


def caller(user: User, *scopes: str) -> Callable[..., object]:
    _token, secret = create_token(
        user=user,
        name="test",
        scopes=list(scopes),
        lifetime=timedelta(days=1),
        actor=actor_of(user),
        now=timezone.now(),
    )
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    return client.get


@pytest.mark.django_db
def test_procedures_are_listed_searched_and_read(write_article: Write, agent_user: User, agent: Actor) -> None:
    get = caller(agent_user, "sop:read")
    first = write_article("Queue is empty", "Reload **now**.", summary="Nothing comes")
    write_article("Labels", "Look.", publish=False, is_public=False)
    text = ArticleText("Queue is empty", "Newer.", owner_id=first.owner_id, is_public=True)
    save_version(article_id=first.pk, text=text, actor=agent, now=NOON)
    listed = get("/api/v1/articles/").json()
    assert [row["title"] for row in listed["results"]] == ["Labels", "Queue is empty"]
    (found,) = get("/api/v1/articles/?search=reload").json()["results"]
    assert (found["number"], found["version"], found["newest_version"]) == (first.number, 1, 2)
    whole = get(f"/api/v1/articles/{first.number}/").json()
    assert whole["body"] == "Reload **now**."
    assert "<strong>now</strong>" in whole["body_html"]
    assert whole["effect"]["applied"] == 0
    assert [row["title"] for row in get("/api/v1/articles/?state=draft").json()["results"]] == ["Labels"]


@pytest.mark.django_db
def test_a_requester_reads_what_is_public_and_learns_nothing_more(
    write_article: Write, requester_user: User, agent: Actor
) -> None:
    get = caller(requester_user, "sop:read")
    public, internal = write_article(), write_article("Secret", is_public=False)
    text = ArticleText("Queue is empty", "Newer.", owner_id=public.owner_id, is_public=True)
    save_version(article_id=public.pk, text=text, actor=agent, now=NOON)
    (row,) = get("/api/v1/articles/").json()["results"]
    assert (row["number"], row["newest_version"]) == (public.number, 1)
    whole = get(f"/api/v1/articles/{public.number}/").json()
    assert (whole["body"], whole["newest_version"], whole["effect"]) == ("Reload.", 1, None)
    assert get(f"/api/v1/articles/{internal.number}/").status_code == 404


@pytest.mark.django_db
def test_scopes_and_odd_input_are_refused(write_article: Write, agent_user: User) -> None:
    write_article()
    assert caller(agent_user, "tickets:read")("/api/v1/articles/").status_code == 403
    assert Client().get("/api/v1/articles/").status_code == 401
    get = caller(agent_user, "sop:read")
    for asked in (
        "?owned=1",
        "?state=nonsense",
        "?category=x",
        "?cursor=x",
        "?page_size=0",
        "?owner=99999999999999999999",
    ):
        answer = get(f"/api/v1/articles/{asked}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json"), asked


@pytest.mark.django_db
def test_pages_of_the_list_follow_one_another_at_one_price(write_article: Write, agent_user: User) -> None:
    get = caller(agent_user, "sop:read")
    for number in range(12):
        write_article(f"Queue {number}")
    get("/api/v1/articles/")
    seen, address, prices = [], "/api/v1/articles/?page_size=5", []
    while address:
        with CaptureQueriesContext(connection) as captured:
            page = get(address).json()
        prices.append(len(captured))
        seen += [row["number"] for row in page["results"]]
        address = page["next"]
    assert len(seen) == len(set(seen)) == 12
    assert len(set(prices)) == 1
    assert prices[0] <= 4
