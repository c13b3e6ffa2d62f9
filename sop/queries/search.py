"""Finding procedures: by words that were asked for, and by what somebody is describing."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.text import fold_for_search
from sop.policies import reads_everything, visible_articles
from sop.vocabulary import ArticleState, article_number, minutes_to_read, parse_article_number
from tickets.queries.search_language import regconfig_for

MATCHES_AT_MOST = 50
SUGGESTIONS = 3
DESCRIBED_CHARACTERS = 2_000
CANDIDATES = 200

_FIND_SQL = """
WITH asked AS MATERIALIZED (
    SELECT websearch_to_tsquery('simple', %(text)s) || websearch_to_tsquery(%(config)s::regconfig, %(text)s)
           || websearch_to_tsquery('english', %(text)s) AS query
)
SELECT search.article_id
FROM sop_articlesearch AS search, asked
WHERE search.document @@ asked.query {narrow}
ORDER BY ts_rank(search.document, asked.query) DESC, search.article_id DESC
LIMIT %(limit)s
"""

# What somebody describes is compared with title and summary (weights A and B): a procedure is about what
# its heading says. The text breaks ties. ``heads`` counts different words; one of the title counts twice. What
# fits not half as well as the best is left out.
_SUGGEST_SQL = """
WITH described AS MATERIALIZED (
    SELECT ARRAY(
        SELECT DISTINCT word FROM unnest(tsvector_to_array(to_tsvector(%(config)s::regconfig, %(text)s))) AS word
        WHERE length(word) > 2
        LIMIT 60
    ) AS words
), asked AS MATERIALIZED (
    SELECT words, (SELECT string_agg(quote_literal(word), ' | ')::tsquery FROM unnest(words) AS word) AS query
    FROM described
), candidates AS MATERIALIZED (
    SELECT search.article_id, search.document, asked.words, asked.query, article.category_id
    FROM sop_articlesearch AS search
    JOIN sop_article AS article ON article.id = search.article_id, asked
    WHERE asked.query IS NOT NULL AND search.document @@ asked.query
      AND article.state = %(published)s {audience}
    ORDER BY ts_rank('{{0.01, 0.1, 0.6, 1.0}}', search.document, asked.query) DESC
    LIMIT %(candidates)s
), scored AS (
    SELECT article_id, ts_rank(document, query) AS rank, cardinality(words) AS described_words,
        (SELECT count(*) FROM unnest(tsvector_to_array(ts_filter(document, '{{a}}'))) AS word
         WHERE word = ANY(words)) AS titled,
        (SELECT count(*) FROM unnest(tsvector_to_array(ts_filter(document, '{{a,b}}'))) AS word
         WHERE word = ANY(words)) AS heads,
        (category_id IS NOT NULL AND category_id = %(category)s) AS same_category
    FROM candidates
), ranked AS (
    SELECT article_id, rank, titled + heads + (CASE WHEN same_category THEN 3 ELSE 0 END) AS score FROM scored
    WHERE heads >= 2 OR (titled = 1 AND described_words = 1) OR (same_category AND heads = 1)
)
SELECT article_id FROM (SELECT *, max(score) OVER () AS best FROM ranked) AS compared
WHERE score * 2 > best
ORDER BY score DESC, rank DESC, article_id
LIMIT %(limit)s
"""


def find_article_ids(text: str, *, viewer: Actor, limit: int = MATCHES_AT_MOST) -> list[int]:
    """Ids of visible procedures that match, best first. A procedure's number finds the procedure."""
    number = parse_article_number(text)
    if number is not None and not text.strip().isdigit():
        return list(visible_articles(viewer).filter(pk=number).values_list("pk", flat=True))
    folded = fold_for_search(text)
    if not folded:
        return []
    narrow = (
        ""
        if reads_everything(viewer)
        else "AND search.article_id IN (SELECT id FROM sop_article WHERE state = 'published' AND is_public)"
    )
    asked: dict[str, str | int | None] = {"text": folded, "config": regconfig_for(viewer.language), "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_FIND_SQL.format(narrow=narrow), asked)
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A published procedure that seems to be about what somebody describes."""

    id: int
    title: str
    summary: str
    is_public: bool
    version_id: int
    version: int
    minutes: int

    @property
    def number(self) -> str:
        return article_number(self.id)


def suggest_for(
    text: str, *, viewer: Actor, category_id: int | None = None, limit: int = SUGGESTIONS
) -> list[Suggestion]:
    """Published procedures for what somebody describes, best first; only public ones for a requester. Two queries.

    Two different words of title or summary must occur in the description, or one when the category is the
    procedure's own or when the description is no more than a word of the title.
    """
    folded = fold_for_search(text[:DESCRIBED_CHARACTERS])
    if not folded:
        return []
    asked: dict[str, str | int | None] = {
        "text": folded,
        # A search document holds every word as it is, and its stem in the language of its writer.
        "config": _described_config(viewer.language),
        "published": ArticleState.PUBLISHED.value,
        "category": category_id,
        "candidates": CANDIDATES,
        "limit": limit,
    }
    audience = "" if reads_everything(viewer) else "AND article.is_public"
    with connection.cursor() as cursor:
        cursor.execute(_SUGGEST_SQL.format(audience=audience), asked)
        ids = [row[0] for row in cursor.fetchall()]
    return _in_order(ids, viewer=viewer)


def _described_config(language: str) -> str:
    config = regconfig_for(language)
    return "english" if config == "simple" else config


def _in_order(ids: list[int], *, viewer: Actor) -> list[Suggestion]:
    if not ids:
        return []
    rows = visible_articles(viewer).select_related("published_version").filter(pk__in=ids)
    found = {
        row.pk: Suggestion(
            row.pk, row.title, row.summary, row.is_public, version.pk, version.number, minutes_to_read(version.body)
        )
        for row in rows
        if (version := row.published_version) is not None
    }
    return [found[article_id] for article_id in ids if article_id in found]
