"""Procedures as lists and pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from puo_desk.accounts.models import User
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import NotFound
from puo_desk.kernel.http.pagination import PAGE_SIZE, Keyset, Page
from sop.models import Article, ArticleEvent, ArticleVersion
from sop.policies import reads_everything, visible_articles, visible_versions
from sop.queries.effect import Effect, effect_of
from sop.queries.filters import filter_articles
from sop.queries.search import find_article_ids
from sop.rules.difference import DiffRow, diff_texts
from sop.rules.snippets import SnippetPart, make_snippet, without_markup
from sop.vocabulary import ArticleState, article_number, minutes_to_read

NEWEST = Keyset("-updated_at", "-id")
SNIPPET_CHARACTERS = 20_000
_TEXTS = (
    "current_version__body",
    "current_version__body_html",
    "published_version__body",
    "published_version__body_html",
)


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """A procedure in a list. ``version`` is the number of the version that readers are shown."""

    id: int
    title: str
    summary: str
    state: str
    state_label: str
    is_public: bool
    category: str
    owner: str
    version: int
    newest_version: int
    updated_at: datetime
    effect: Effect
    snippet: tuple[SnippetPart, ...] = ()

    @property
    def number(self) -> str:
        return article_number(self.id)

    @property
    def has_unpublished_text(self) -> bool:
        return self.state == "published" and self.newest_version > self.version


def list_articles(
    params: Any, *, viewer: Actor, now: datetime, words: str = "", cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[ArticleRow]:
    """Visible procedures, narrowed by the filter's parameters: newest change first, or best match first for ``words``.

    A search shows one page of its best matches. Raises: InvalidInput for a cursor not made here.
    """
    rows, _chosen = filter_articles(visible_articles(viewer), params)
    rows = with_what_lists_name(rows)
    if words.strip():
        ids = find_article_ids(words, viewer=viewer)
        found = {row.pk: row for row in rows.filter(pk__in=ids)}
        ranked = [found[article_id] for article_id in ids if article_id in found]
        return Page(_rows(ranked, viewer=viewer, now=now, words=words), next=None, previous=None)
    page = NEWEST.page(rows, cursor=cursor, size=size)
    return Page(_rows(page.rows, viewer=viewer, now=now), next=page.next, previous=page.previous)


def with_what_lists_name(rows: QuerySet[Article]) -> QuerySet[Article]:
    """The rows with what a list names: category, owner, and the numbers of the newest and the published version."""
    number_of = ArticleVersion.objects.values("number")
    return rows.select_related("category", "owner").annotate(
        newest_number=Subquery(number_of.filter(pk=OuterRef("current_version_id"))),
        published_number=Subquery(number_of.filter(pk=OuterRef("published_version_id"))),
    )


def _rows(articles: Iterable[Article], *, viewer: Actor, now: datetime, words: str = "") -> list[ArticleRow]:
    shown = list(articles)
    effects = effect_of([row.pk for row in shown], now=now) if reads_everything(viewer) else {}
    texts = _shown_texts(shown) if words else {}
    return [
        ArticleRow(
            id=row.pk,
            title=row.title,
            summary=row.summary,
            state=row.state,
            state_label=row.get_state_display(),
            is_public=row.is_public,
            category=row.category.name if row.category else "",
            owner=row.owner.display_name if row.owner else "",
            version=_number(row, "published_number") or _number(row, "newest_number"),
            newest_version=_number(row, "newest_number"),
            updated_at=row.updated_at,
            effect=effects.get(row.pk, Effect()),
            snippet=make_snippet(texts.get(row.pk, ""), words) if words else (),
        )
        for row in shown
    ]


def _number(row: Article, name: str) -> int:
    return getattr(row, name) or 0


def _shown_texts(articles: Iterable[Article]) -> dict[int, str]:
    wanted = {row.published_version_id or row.current_version_id: row.pk for row in articles}
    bodies = ArticleVersion.objects.filter(pk__in=list(wanted)).values_list("pk", "body")
    return {wanted[pk]: without_markup(body[:SNIPPET_CHARACTERS]) for pk, body in bodies}


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A procedure with the version that is shown to this viewer."""

    article: Article
    version: ArticleVersion
    minutes: int

    @property
    def is_published_version(self) -> bool:
        return self.version.pk == self.article.published_version_id

    @property
    def is_newest_version(self) -> bool:
        return self.version.pk == self.article.current_version_id


def get_article(article_id: int, *, viewer: Actor, version: int | None = None) -> ArticlePage:
    """A procedure in the version asked for; without one in the published one, or the newest of a draft. Two queries.

    Raises: NotFound when it is absent or not for the viewer to see.
    """
    articles = visible_articles(viewer).select_related("category", "owner", "current_version", "published_version")
    article = articles.defer(*_TEXTS).filter(pk=article_id).first()
    if article is None:
        raise NotFound(_("There is no such procedure, or you may not see it."))
    versions = visible_versions(viewer).filter(article=article)
    if version is not None:
        found = versions.filter(number=version).first()
    else:
        found = versions.filter(pk=_shown_version_id(article)).first()
    if found is None:
        raise NotFound(_("There is no such version, or you may not see it."))
    return ArticlePage(article, found, minutes_to_read(found.body))


def _shown_version_id(article: Article) -> int:
    """A restored draft shows its newest text: what was published once is no longer in force."""
    if article.state != ArticleState.DRAFT and article.published_version_id:
        return article.published_version_id
    return article.current_version_id or 0


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as the list of versions tells of it."""

    number: int
    title: str
    change_note: str
    author: str
    created_at: datetime
    is_published: bool
    is_newest: bool


def list_versions(article: Article, *, viewer: Actor) -> list[VersionRow]:
    """The versions of a procedure that the viewer may read, newest first. One query, without the texts."""
    versions = visible_versions(viewer).filter(article=article).order_by("-number")
    return [
        VersionRow(
            number, title, note, author, at, pk == article.published_version_id, pk == article.current_version_id
        )
        for pk, number, title, note, author, at in versions.values_list(
            "pk", "number", "title", "change_note", "author_label", "created_at"
        )
    ]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two versions and the rows between them."""

    old: ArticleVersion
    new: ArticleVersion
    rows: list[DiffRow]


def compare_versions(article: Article, *, old: int, new: int, viewer: Actor, whole: bool = False) -> Difference:
    """What changed from one version to another, title and summary included. Raises: NotFound."""
    found = {row.number: row for row in visible_versions(viewer).filter(article=article, number__in=[old, new])}
    if old not in found or new not in found:
        raise NotFound(_("There is no such version, or you may not see it."))
    before, after = found[old], found[new]
    rows = diff_texts(comparable_text(before), comparable_text(after), context=None if whole else 3)
    return Difference(before, after, rows)


def comparable_text(version: ArticleVersion) -> str:
    """A version as one text, its heading first, the way it is compared."""
    return text_to_compare(version.title, version.summary, version.body)


def text_to_compare(title: str, summary: str, body: str) -> str:
    """Title, summary and body as one text, in the order in which they are read."""
    return "\n".join([f"# {title}", *([summary] if summary else []), "", body])


def list_article_events(article: Article) -> list[ArticleEvent]:
    """What happened to a procedure, oldest first."""
    return list(ArticleEvent.objects.filter(article=article).order_by("id")[:500])


@dataclass(frozen=True, slots=True)
class OwnerChoice:
    id: int
    name: str


def list_owners() -> list[OwnerChoice]:
    """The people who keep at least one procedure, by name."""
    people = User.objects.filter(pk__in=Article.objects.values("owner_id")).order_by("full_name", "username")
    return [
        OwnerChoice(pk, full_name or username)
        for pk, full_name, username in people.values_list("id", "full_name", "username")
    ]
