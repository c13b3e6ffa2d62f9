"""How a procedure stands in an address: ``SOP-12``, in any case, never a bare row id."""

from __future__ import annotations

from django.urls import register_converter

from sop.vocabulary import NUMBER_PREFIX, article_number, parse_article_number


class ArticleNumberConverter:
    """``SOP-12`` in a path is the article id 12 in a view."""

    regex = rf"(?i:{NUMBER_PREFIX})-[0-9]{{1,15}}"

    def to_python(self, value: str) -> int:
        article_id = parse_article_number(value)
        if article_id is None:
            raise ValueError(value)
        return article_id

    def to_url(self, value: int) -> str:
        return article_number(int(value))


register_converter(ArticleNumberConverter, "article_number")
