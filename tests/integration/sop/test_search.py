# ruff: noqa: E501 - sentences as people write them
"""Finding procedures by words, and suggesting them for a description."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from puo_desk.kernel.actor import Actor
from sop.demo import seed_articles
from sop.models import Article
from sop.operations.articles import ArticleText, archive_article, publish_article, save_version
from sop.queries.articles import list_articles
from sop.queries.search import find_article_ids, suggest_for
from tests.support.people import NOON
from tickets.models import Category

Write = Callable[..., Article]


def titles(words: str, viewer: Actor) -> list[str]:
    return [row.title for row in list_articles({}, viewer=viewer, now=NOON, words=words).rows]


@pytest.mark.django_db
def test_words_are_found_folded_and_stemmed_best_first(write_article: Write, agent: Actor) -> None:
    write_article("Réserve queue", "Nothing else.")
    write_article("Other", "The queues of the reserve are empty.")
    assert titles("reserve", agent) == ["Réserve queue", "Other"]
    assert titles("RÉSERVE queues", agent) == ["Réserve queue", "Other"]
    assert titles("reserve -empty", agent) == ["Réserve queue"]
    assert titles("nowhere", agent) == []


@pytest.mark.django_db
def test_a_number_finds_its_procedure(write_article: Write, agent: Actor) -> None:
    article = write_article("Réserve", "Text.")
    assert find_article_ids(article.number.lower(), viewer=agent) == [article.pk]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "de", "zh-hans"])
def test_english_stems_are_found_in_every_readers_language(write_article: Write, agent: Actor, language: str) -> None:
    write_article("Permission was lost", "Sign in again.")
    assert titles("permissions", replace(agent, language=language)) == ["Permission was lost"]


@pytest.mark.django_db
def test_a_search_tells_a_requester_of_public_procedures_only(
    write_article: Write, requester: Actor, agent: Actor, lead: Actor
) -> None:
    write_article("Queue secret", is_public=False)
    write_article("Queue draft", publish=False)
    archived = write_article("Queue archived")
    archive_article(article_id=archived.pk, actor=lead, now=NOON)
    shown = write_article("Queue public")
    text = ArticleText("Queue public", "Marmalade.", owner_id=shown.owner_id, is_public=True)
    save_version(article_id=shown.pk, text=text, actor=agent, now=NOON)
    assert titles("queue", requester) == ["Queue public"]
    assert titles("marmalade", requester) == []
    assert len(titles("queue", agent)) == 4
    publish_article(article_id=shown.pk, actor=lead, now=NOON)
    assert titles("marmalade", requester) == ["Queue public"]


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["'", '"', "a & | !", "((", "\\", "%", "🪨", "x" * 3000, "中文", "<->"])
def test_odd_words_find_nothing_and_fail_nowhere(write_article: Write, agent: Actor, words: str) -> None:
    write_article()
    assert titles(words, agent) == []
    assert suggest_for(words, viewer=agent) == []


@pytest.mark.django_db
def test_what_is_described_finds_its_procedure(lead: Actor, requester: Actor) -> None:
    seed_articles(lead, NOON)
    for described, expected in [
        ("Since 07:50 our queue “Minor safety” shows No items, but the dashboard says 312 are waiting.", "Review queue is empty but the dashboard is not"),
        ("I lost my permissions after my role changed", "Permission lost after a role change"),
        ("The login page keeps coming back, SSO loop", "Single sign-on sends me round in circles"),
        ("the label for minors is missing in the console", "A policy label is missing in the console"),
        ("The times in my csv export are two hours off", "Export shows times in the wrong time zone"),
        ("appeal console gives 502 bad gateway", "Appeal console answers 502"),
    ]:  # fmt: skip
        found = [suggestion.title for suggestion in suggest_for(described, viewer=requester)]
        assert found[:1] == [expected], described


@pytest.mark.django_db
def test_nothing_is_suggested_for_small_talk_or_secretly(lead: Actor, requester: Actor, agent: Actor) -> None:
    seed_articles(lead, NOON)
    for described in ("", "hello", "please help me with my computer", "it does not work"):
        assert suggest_for(described, viewer=requester) == []
    described = "bulk re-queue job is stuck at 40 percent"
    assert suggest_for(described, viewer=requester) == []
    assert suggest_for(described, viewer=agent)[0].title == "Bulk re-queue job is stuck"


@pytest.mark.django_db
def test_the_category_lifts_its_procedures(write_article: Write, agent: Actor) -> None:
    category = Category.objects.create(name="Labels", slug="labels")
    write_article("Console shows no label", "x")
    filed = write_article("Console of labels", "x", category_id=category.pk)
    assert suggest_for("console", viewer=agent, category_id=category.pk)[0].id == filed.pk


@pytest.mark.django_db
def test_snippets_mark_matches_in_plain_text(write_article: Write, agent: Actor) -> None:
    write_article("Other", "Press **reload** <b>now</b>.")
    (row,) = list_articles({}, viewer=agent, now=NOON, words="reload").rows
    assert [(part.text, part.is_match) for part in row.snippet] == [
        ("Press ", False),
        ("reload", True),
        (" <b>now</b>.", False),
    ]


@pytest.mark.django_db
def test_lists_page_by_key_and_cost_the_same_for_many(write_article: Write, agent: Actor) -> None:
    for number in range(5):
        write_article(f"Queue {number}")
    with CaptureQueriesContext(
        connection,
    ) as few:
        list_articles({}, viewer=agent, now=NOON)
    for number in range(5, 60):
        write_article(f"Queue {number}")
    with CaptureQueriesContext(connection) as many:
        page = list_articles({}, viewer=agent, now=NOON)
    assert len(few) == len(many) == 2
    assert len(page.rows) == 50
    rest = list_articles({}, viewer=agent, now=NOON, cursor=page.next)
    assert len(rest.rows) == 10
    assert len({row.id for row in (*page.rows, *rest.rows)}) == 60
    with CaptureQueriesContext(connection) as searched:
        list_articles({}, viewer=agent, now=NOON, words="queue")
    assert len(searched) == 4


@pytest.mark.django_db
def test_filters_narrow_and_a_wrong_one_shows_nothing(write_article: Write, agent: Actor) -> None:
    write_article("Published")
    write_article("Draft", publish=False, is_public=False)

    def listed(**params: str) -> list[str]:
        return [row.title for row in list_articles(params, viewer=agent, now=NOON).rows]

    assert listed(state="draft") == ["Draft"]
    assert listed(is_public="true") == ["Published"]
    assert listed(owner="999999") == []
    assert listed(state="secret") == []
