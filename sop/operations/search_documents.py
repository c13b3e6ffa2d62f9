"""Keeping the search for procedures up to date, in the transaction of the words themselves."""

from __future__ import annotations

from django.db import connection

from puo_desk.kernel.text import fold_for_search
from sop.models import Article, ArticleVersion
from tickets.queries.search_language import regconfig_for

INDEXED_CHARACTERS = 40_000
_SQL = """
INSERT INTO sop_articlesearch (article_id, document)
SELECT %(id)s,
    setweight(to_tsvector('simple', %(title)s) || to_tsvector(%(config)s::regconfig, %(title)s), 'A')
    || setweight(to_tsvector('simple', %(summary)s) || to_tsvector(%(config)s::regconfig, %(summary)s), 'B')
    || setweight(to_tsvector('simple', %(body)s) || to_tsvector(%(config)s::regconfig, %(body)s), 'D')
ON CONFLICT (article_id) DO UPDATE SET document = EXCLUDED.document
"""


def index_article(article: Article, version: ArticleVersion, *, language: str) -> None:
    """Make a procedure findable by its number and the words of the version that readers are shown."""
    asked: dict[str, str | int] = {
        "id": article.pk,
        "config": regconfig_for(language),
        "title": fold_for_search(f"{article.number} {version.title}"),
        "summary": fold_for_search(version.summary),
        "body": fold_for_search(version.body[:INDEXED_CHARACTERS]),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, asked)
