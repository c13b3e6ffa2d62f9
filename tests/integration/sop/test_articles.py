"""Writing procedures: versions, publishing, rights, races."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, close_old_connections, connection, transaction

from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import InvalidInput, NotFound, NotPermitted, StaleVersion
from sop.demo import SAMPLES, seed_articles
from sop.models import Article, ArticleEvent, ArticleUse, ArticleVersion
from sop.operations.articles import (
    ArticleIsArchived,
    ArticleText,
    archive_article,
    create_article,
    publish_article,
    restore_article,
    save_version,
)
from sop.queries.articles import compare_versions, get_article, list_versions
from tests.support.people import NOON, actor_of, make_person

Write = Callable[..., Article]
TEXT = ArticleText("Queue is empty", "Reload the console.", summary="No items")


def kinds(article: Article) -> list[str]:
    return list(ArticleEvent.objects.filter(article=article).order_by("id").values_list("kind", flat=True))


@pytest.mark.django_db
def test_a_draft_has_its_first_version_and_its_writer_as_owner(agent: Actor) -> None:
    article = create_article(TEXT, actor=agent, now=NOON)
    assert (article.number, article.state, article.revision) == (f"SOP-{article.pk}", "draft", 1)
    assert article.owner_id == agent.user_id
    assert article.published_version_id is None
    version = ArticleVersion.objects.get(article=article)
    assert (version.number, version.body, version.author_label) == (1, "Reload the console.", "Jonas Weber")
    assert version.body_html == '<div class="prose" hx-disable><p>Reload the console.</p>\n</div>'
    assert kinds(article) == ["article.created", "article.version_saved"]


@pytest.mark.django_db
def test_readers_keep_the_published_version_until_the_next_is_published(
    agent: Actor, lead: Actor, requester: Actor
) -> None:
    article = create_article(replace(TEXT, is_public=True), actor=agent, now=NOON)
    publish_article(article_id=article.pk, actor=lead, now=NOON)
    changed = replace(TEXT, title="Queue shows nothing", body="Reload twice.", is_public=True, owner_id=agent.user_id)
    article = save_version(article_id=article.pk, text=changed, actor=agent, now=NOON, change_note="twice")
    assert (article.title, article.has_unpublished_text) == ("Queue is empty", True)
    assert get_article(article.pk, viewer=requester).version.number == 1
    assert get_article(article.pk, viewer=agent, version=2).version.body == "Reload twice."
    article = publish_article(article_id=article.pk, actor=lead, now=NOON + timedelta(hours=1))
    assert (article.title, article.has_unpublished_text) == ("Queue shows nothing", False)
    assert get_article(article.pk, viewer=requester).version.number == 2
    assert [row.number for row in list_versions(article, viewer=agent)] == [2, 1]
    assert [row.number for row in list_versions(article, viewer=requester)] == [2]
    assert kinds(article)[2:] == ["article.published", "article.version_saved", "article.published"]


@pytest.mark.django_db
def test_an_unchanged_text_makes_no_version_and_filing_is_recorded(agent: Actor) -> None:
    article = create_article(TEXT, actor=agent, now=NOON)
    same = replace(TEXT, owner_id=agent.user_id)
    article = save_version(article_id=article.pk, text=same, actor=agent, now=NOON)
    assert article.revision == 1
    article = save_version(article_id=article.pk, text=replace(same, is_public=True), actor=agent, now=NOON)
    assert article.revision == 2
    assert ArticleVersion.objects.filter(article=article).count() == 1
    assert ArticleEvent.objects.filter(kind="article.filed").get().data == {
        "old": {"is_public": False},
        "new": {"is_public": True},
    }


@pytest.mark.django_db
def test_a_writer_who_saw_an_earlier_revision_is_refused(agent: Actor, lead: Actor) -> None:
    article = create_article(TEXT, actor=agent, now=NOON)
    save_version(article_id=article.pk, text=replace(TEXT, body="Other."), actor=lead, now=NOON, expected_revision=1)
    with pytest.raises(StaleVersion) as refused:
        save_version(
            article_id=article.pk, text=replace(TEXT, body="Mine."), actor=agent, now=NOON, expected_revision=1
        )
    assert refused.value.facts == {"current_version": 2, "seen_version": 1}
    assert ArticleVersion.objects.filter(article=article).count() == 2
    with pytest.raises(StaleVersion):
        publish_article(article_id=article.pk, actor=lead, now=NOON, expected_revision=1)


@pytest.mark.django_db
def test_an_archived_procedure_rests_until_it_is_restored_as_a_draft(
    write_article: Write, lead: Actor, requester: Actor
) -> None:
    article = write_article()
    archive_article(article_id=article.pk, actor=lead, now=NOON)
    archive_article(article_id=article.pk, actor=lead, now=NOON)
    with pytest.raises(NotFound):
        get_article(article.pk, viewer=requester)
    with pytest.raises(ArticleIsArchived):
        save_version(article_id=article.pk, text=TEXT, actor=lead, now=NOON)
    with pytest.raises(ArticleIsArchived):
        publish_article(article_id=article.pk, actor=lead, now=NOON)
    assert restore_article(article_id=article.pk, actor=lead, now=NOON).state == "draft"
    assert publish_article(article_id=article.pk, actor=lead, now=NOON).state == "published"
    assert kinds(article)[3:] == ["article.archived", "article.restored", "article.published"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"summary": "x" * 301}, "summary"),
        ({"body": " \n"}, "body"),
        ({"body": "x" * 100_001}, "body"),
        ({"category_id": 999_999}, "category"),
        ({"owner_id": 999_999}, "owner"),
    ],
)
def test_input_that_breaks_a_rule_writes_nothing(agent: Actor, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        create_article(replace(TEXT, **changes), actor=agent, now=NOON)
    assert list(refused.value.errors) == [field]
    assert not Article.objects.exists()
    assert not ArticleEvent.objects.exists()


@pytest.mark.django_db
def test_a_requester_is_nobodys_owner(agent: Actor, requester: Actor) -> None:
    with pytest.raises(InvalidInput):
        create_article(replace(TEXT, owner_id=requester.user_id), actor=agent, now=NOON)


ACTS: dict[str, Callable[[Article, Actor], object]] = {
    "create": lambda article, who: create_article(TEXT, actor=who, now=NOON),
    "save": lambda article, who: save_version(article_id=article.pk, text=TEXT, actor=who, now=NOON),
    "publish": lambda article, who: publish_article(article_id=article.pk, actor=who, now=NOON),
    "archive": lambda article, who: archive_article(article_id=article.pk, actor=who, now=NOON),
    "restore": lambda article, who: restore_article(article_id=article.pk, actor=who, now=NOON),
}
REFUSED = [(act, role) for act in ACTS for role in (Role.REQUESTER, Role.ENGINEER)] + [
    (act, Role.AGENT) for act in ("publish", "archive", "restore")
]


@pytest.mark.django_db
@pytest.mark.parametrize(("act", "role"), REFUSED)
def test_what_a_role_may_not_do_changes_and_records_nothing(write_article: Write, act: str, role: Role) -> None:
    article = write_article()
    save_version(article_id=article.pk, text=replace(TEXT, is_public=True), actor=Actor.system("test"), now=NOON)
    before = (Article.objects.values().get(), ArticleVersion.objects.count(), ArticleEvent.objects.count())
    with pytest.raises(NotPermitted):
        ACTS[act](article, actor_of(make_person(role=role)))
    assert (Article.objects.values().get(), ArticleVersion.objects.count(), ArticleEvent.objects.count()) == before


@pytest.mark.django_db
def test_what_a_requester_may_not_see_is_not_found(write_article: Write, requester: Actor) -> None:
    for hidden in (write_article(is_public=False), write_article(publish=False)):
        with pytest.raises(NotFound):
            get_article(hidden.pk, viewer=requester)
        with pytest.raises(NotFound):
            publish_article(article_id=hidden.pk, actor=requester, now=NOON)


@pytest.mark.django_db
def test_only_those_who_publish_open_a_published_procedure_to_requesters(
    write_article: Write, agent: Actor, lead: Actor, requester: Actor
) -> None:
    article = write_article(is_public=False)
    text = ArticleText("Queue is empty", "Reload.", owner_id=article.owner_id, is_public=True)
    with pytest.raises(NotPermitted):
        save_version(article_id=article.pk, text=text, actor=agent, now=NOON)
    save_version(article_id=article.pk, text=text, actor=lead, now=NOON)
    assert get_article(article.pk, viewer=requester).version.number == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sop_articleversion SET body = 'other'",
        "DELETE FROM sop_articleversion",
        "UPDATE sop_articleevent SET actor_label = 'somebody else'",
        "DELETE FROM sop_articleevent",
    ],
)
def test_versions_and_events_refuse_to_be_rewritten(write_article: Write, statement: str) -> None:
    write_article()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert ArticleVersion.objects.get().body == "Reload."


@pytest.mark.django_db
def test_versions_are_compared_with_title_and_summary(write_article: Write, lead: Actor) -> None:
    article = write_article(summary="No items")
    text = ArticleText(
        "Queue shows nothing", "Reload.\nWait.", summary="No items", owner_id=article.owner_id, is_public=True
    )
    save_version(article_id=article.pk, text=text, actor=lead, now=NOON)
    difference = compare_versions(article, old=1, new=2, viewer=lead)
    assert [(row.kind, row.new_number) for row in difference.rows if row.kind != "same"] == [
        ("changed", 1),
        ("added", 5),
    ]
    with pytest.raises(NotFound):
        compare_versions(article, old=1, new=9, viewer=lead)


HOSTILE = """\
<script>alert(1)</script> <img src=x onerror=alert(1)> <svg onload=alert(1)></svg>
[a](javascript:alert(1)) [b](data:text/html,x) ![c](https://example.org/p.png)
<a href="https://example.org" onclick="x()">d</a> {{ secrets }} {% load x %}

```js" onmouseover="alert(1)
x
```
"""


@pytest.mark.django_db
def test_nothing_executable_survives_the_rendering(agent: Actor) -> None:
    article = create_article(replace(TEXT, body=HOSTILE), actor=agent, now=NOON)
    html = ArticleVersion.objects.get(article=article).body_html
    for shown in ("<script", "<img", "<svg", '<a href="javascript', '<a href="data', 'onmouseover="'):
        assert shown not in html
    assert "&lt;script&gt;" in html
    assert "{{ secrets }} {% load x %}" in html


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_refused() -> None:
    first, second = (actor_of(make_person(role=Role.LEAD)) for _ in range(2))
    article = create_article(TEXT, actor=first, now=NOON)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def save(who: Actor, body: str) -> None:
        try:
            start.wait()
            text = replace(TEXT, body=body, owner_id=article.owner_id)
            save_version(article_id=article.pk, text=text, actor=who, now=NOON, expected_revision=1)
            outcomes.append("saved")
        except StaleVersion:
            outcomes.append("stale")
        finally:
            close_old_connections()
            connection.close()

    writers = [threading.Thread(target=save, args=pair) for pair in ((first, "One."), (second, "Two."))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(outcomes) == ["saved", "stale"]
    assert [row.number for row in ArticleVersion.objects.filter(article=article)] == [1, 2]


@pytest.mark.django_db
def test_the_demo_desk_begins_with_procedures_and_writes_them_once(lead: Actor) -> None:
    articles = seed_articles(lead, NOON)
    assert len(articles) == len(SAMPLES)
    assert seed_articles(lead, NOON) == articles
    assert Article.objects.filter(state="published").count() == len(SAMPLES) - 1
    assert all(article.updated_at <= NOON for article in articles)
    assert not ArticleUse.objects.exists()
