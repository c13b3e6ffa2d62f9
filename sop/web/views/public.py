"""The requester's pages of procedures: what is published and meant for everybody."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from puo_desk.accounts.web.access import ReaderRequest, page, shell_for
from puo_desk.kernel.errors import NotFound
from puo_desk.kernel.http.pagination import asked_page
from puo_desk.kernel.pages.markup import kept_prose
from sop.policies import may_be_helped_by
from sop.queries.articles import get_article, list_articles
from sop.vocabulary import ArticleState


@require_safe
@page("article.view")
def help_list(request: ReaderRequest) -> HttpResponse:
    """What requesters can read, searched; whoever works at the desk sees the same list as they do."""
    words = request.GET.get("q", "")
    cursor, size = asked_page(request.GET)
    narrowed = {"state": ArticleState.PUBLISHED.value, "is_public": "true"}
    rows = list_articles(narrowed, viewer=request.actor, now=timezone.now(), words=words, cursor=cursor, size=size)
    context = {
        "rows": rows.rows,
        "next": rows.next,
        "previous": rows.previous,
        "words": words,
        "shell": shell_for(request.actor),
    }
    return render(request, "sop/help_list.html", context)


@require_safe
@page("article.view")
def help_article(request: ReaderRequest, article_id: int) -> HttpResponse:
    """A public procedure as a requester reads it."""
    shown = get_article(article_id, viewer=request.actor)
    if not may_be_helped_by(shown.article):
        raise NotFound
    context = {
        "article": shown.article,
        "version": shown.version,
        "content": kept_prose(shown.version.body_html),
        "minutes": shown.minutes,
        "shell": shell_for(request.actor),
    }
    return render(request, "sop/help_article.html", context)
