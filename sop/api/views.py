"""The REST edge of procedures: read and search."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from puo_desk.kernel.errors import InvalidInput
from puo_desk.kernel.http.pagination import Keyset, KeysetPagination, Page, asked_page, envelope
from sop.api import serializers as shown
from sop.models import Article
from sop.policies import may_be_helped_by, reads_everything, visible_articles
from sop.queries.articles import NEWEST, get_article, with_what_lists_name
from sop.queries.effect import Effect, effect_of
from sop.queries.filters import ArticleFilter, filter_articles
from sop.queries.search import find_article_ids
from sop.vocabulary import article_number
from tickets.api.views import DeskView

NUMBER = OpenApiParameter(
    "article_id",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    pattern="^(?i:SOP)-[0-9]{1,15}$",
    description="The procedure's number: SOP-12.",
)
EFFECT_FACTS = ("applied", "solved", "not_solved", "reopened", "unknown", "solved_share")
_LIST_WORDS = frozenset({"cursor", "page_size", "search", "format"})


class ArticleListView(DeskView):
    required_act = {"GET": "article.view"}
    pagination_class = KeysetPagination
    filterset_class = ArticleFilter
    keyset: Keyset = NEWEST

    @extend_schema(
        operation_id="list_articles",
        tags=["procedures"],
        summary="Procedures that the caller may read",
        parameters=[
            OpenApiParameter(
                "search",
                OpenApiTypes.STR,
                description="Words in number, title, summary and text: the best 50 matches, best first, on one page.",
            )
        ],
        responses=shown.ArticleSerializer(many=True),
        filters=True,
    )
    def get(self, request: Request) -> Response:
        """Newest change first. Filters narrow, ``search`` too."""
        viewer, params = self.actor(request), request.query_params
        if unknown := sorted(set(params) - ArticleFilter.names() - _LIST_WORDS):
            raise InvalidInput({unknown[0]: [_("There is no such filter.")]})
        rows, chosen = filter_articles(visible_articles(viewer), params)
        if not chosen.is_valid():
            raise InvalidInput({name: [str(line) for line in lines] for name, lines in chosen.form.errors.items()})
        rows = with_what_lists_name(rows)
        cursor, size = asked_page(params)
        if words := params.get("search"):
            ids = find_article_ids(words, viewer=viewer)
            found = {row.pk: row for row in rows.filter(pk__in=ids)}
            page = Page([found[pk] for pk in ids if pk in found], next=None, previous=None)
        else:
            page = NEWEST.page(rows, cursor=cursor, size=size)
        return Response(
            envelope(request, page, [_article_json(row, reads_all=reads_everything(viewer)) for row in page.rows])
        )


@extend_schema(parameters=[NUMBER], tags=["procedures"])
class ArticleView(DeskView):
    required_act = {"GET": "article.view"}

    @extend_schema(
        operation_id="get_article", summary="One procedure with its text", responses=shown.WholeArticleSerializer
    )
    def get(self, request: Request, article_id: int) -> Response:
        """The published text; of a draft the newest."""
        viewer = self.actor(request)
        page = get_article(article_id, viewer=viewer)
        article, version = page.article, page.version
        effect: dict[str, Any] | None = None
        if reads_everything(viewer):
            counted = effect_of([article_id], now=timezone.now()).get(article_id, Effect())
            effect = {name: getattr(counted, name) for name in EFFECT_FACTS}
        newest = article.current_version.number if article.current_version else version.number
        told = _facts(article, version=version.number, newest=newest if reads_everything(viewer) else version.number)
        return Response({**told, "body": version.body, "body_html": version.body_html, "effect": effect})


def _article_json(row: Article, *, reads_all: bool) -> dict[str, Any]:
    newest = getattr(row, "newest_number", None) or 0
    version = getattr(row, "published_number", None) or newest
    return _facts(row, version=version, newest=newest if reads_all else version)


def _facts(article: Article, *, version: int, newest: int) -> dict[str, Any]:
    number = article_number(article.pk)
    return {
        "number": number,
        "title": article.title,
        "summary": article.summary,
        "state": article.state,
        "is_public": article.is_public,
        "category": {"id": article.category.pk, "name": article.category.name} if article.category else None,
        "owner": {"id": article.owner.pk, "name": article.owner.display_name} if article.owner else None,
        "version": version,
        "newest_version": newest,
        "published_at": article.published_at,
        "updated_at": article.updated_at,
        "url": f"/{'help' if may_be_helped_by(article) else 'sop'}/{number}/",
    }
