"""Who may read which procedures, and do what to them.

A requester reads what is published and meant for requesters; who works at the desk reads all.
"""

from __future__ import annotations

from django.db.models import F, Q, QuerySet

from puo_desk.accounts.policies import ADMINS, DESK, EVERYBODY, LEADS, NO_TOKEN, STAFF, declare, may
from puo_desk.accounts.vocabulary import Scope
from puo_desk.kernel.actor import Actor
from sop.models import Article, ArticleVersion
from sop.vocabulary import ArticleState

declare({"article.view": EVERYBODY, "article.view_internal": STAFF}, scope=Scope.SOP_READ)
declare({"article.apply": STAFF, "article.record_outcome": STAFF}, scope=Scope.TICKETS_WRITE)
declare(
    {
        "article.write": DESK,
        "article.publish": LEADS,
        "article.archive": LEADS,
        "article.restore": LEADS,
        "article.import": ADMINS,
    },
    scope=NO_TOKEN,
)


def reads_everything(viewer: Actor) -> bool:
    """Whether drafts, archived and internal procedures are for the viewer."""
    return viewer.is_system or may(viewer, "article.view_internal")


def visible_articles(viewer: Actor) -> QuerySet[Article]:
    """The procedures that the viewer may know of: the only door to them."""
    if reads_everything(viewer):
        return Article.objects.all()
    return Article.objects.filter(state=ArticleState.PUBLISHED, is_public=True)


def visible_versions(viewer: Actor) -> QuerySet[ArticleVersion]:
    """Texts the viewer may read: all of them for the desk, the published one of a public procedure for others."""
    versions = ArticleVersion.objects.filter(article__in=visible_articles(viewer))
    return versions if reads_everything(viewer) else versions.filter(Q(pk=F("article__published_version_id")))


def may_be_helped_by(article: Article) -> bool:
    """Whether requesters are shown the procedure."""
    return article.is_public and article.is_published
