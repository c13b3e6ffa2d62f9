"""Writing procedures: drafting, saving versions, publishing, archiving."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puo_desk.accounts.models import User
from puo_desk.accounts.policies import require
from puo_desk.accounts.vocabulary import STAFF_ROLES
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import DomainError, InvalidInput, NotFound, StaleVersion
from puo_desk.kernel.pages.markdown import render_markdown
from puo_desk.kernel.text import normalise_text
from sop.events import (
    LABEL_LENGTH,
    ArticleArchived,
    ArticleCreated,
    ArticleFiled,
    ArticlePublished,
    ArticleRestored,
    VersionSaved,
    record,
)
from sop.models import Article, ArticleVersion
from sop.operations.search_documents import index_article
from sop.policies import visible_articles
from sop.vocabulary import BODY_LENGTH, NOTE_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH, ArticleState
from tickets.models import Category


class ArticleIsArchived(DomainError):
    """An archived procedure is neither edited nor published nor used; restoring brings it back as a draft."""

    code = "article_is_archived"
    message = gettext_lazy("This procedure is archived. Restore it first.")


@dataclass(frozen=True, slots=True)
class ArticleText:
    """What a procedure says, and where it is filed. ``body`` is Markdown; ``is_public`` shows it to requesters
    once it is published."""

    title: str
    body: str
    summary: str = ""
    category_id: int | None = None
    owner_id: int | None = None
    is_public: bool = False


@contextmanager
def changing_article(
    article_id: int, *, act: str, actor: Actor, expected_revision: int | None = None
) -> Iterator[Article]:
    """Lock a procedure and require the permission, so that its changes follow one another.

    ``expected_revision`` is the revision the writer saw.
    Raises: NotFound, NotPermitted, StaleVersion (with ``current_version``).
    """
    with transaction.atomic():
        article = visible_articles(actor).select_for_update(of=("self",)).filter(pk=article_id).first()
        if article is None:
            raise NotFound(_("There is no such procedure, or you may not see it."))
        require(actor, act)
        if expected_revision is not None and expected_revision != article.revision:
            raise StaleVersion(current_version=article.revision, seen_version=expected_revision)
        yield article


def _write(article: Article, *, now: datetime, **values: Any) -> None:
    for name, value in values.items():
        setattr(article, name, value)
    article.revision += 1
    article.updated_at = now
    article.save(update_fields=[*values, "revision", "updated_at"])


@transaction.atomic
def create_article(
    text: ArticleText,
    *,
    actor: Actor,
    now: datetime,
    change_note: str = "",
    article_id: int | None = None,
    source_name: str = "",
    source_path: str = "",
    source_sha256: str = "",
) -> Article:
    """Begin a procedure as a draft with its first version. Its owner is the writer unless another is named.

    ``article_id`` is a number that was reserved before, so that other texts can already point to it.
    Emits: article.created, article.version_saved. Raises: NotPermitted, InvalidInput.
    """
    require(actor, "article.write")
    text = _checked(text)
    article = Article(
        pk=article_id or reserve_article_id(),
        title=text.title,
        summary=text.summary,
        category_id=text.category_id,
        owner_id=text.owner_id or actor.user_id,
        is_public=text.is_public,
        source_name=source_name,
        source_path=source_path,
        source_sha256=source_sha256,
        created_at=now,
        updated_at=now,
    )
    article.save(force_insert=True)
    record(article, ArticleCreated(title=text.title, origin=source_name), actor=actor, now=now)
    version = _add_version(article, text, number=1, change_note=change_note, actor=actor, now=now)
    article.current_version = version
    article.save(update_fields=["current_version"])
    index_article(article, version, language=actor.language)
    return article


def save_version(
    *,
    article_id: int,
    text: ArticleText,
    actor: Actor,
    now: datetime,
    change_note: str = "",
    expected_revision: int | None = None,
    source_sha256: str | None = None,
) -> Article:
    """Keep an edited text as a new version, and file the procedure where the text says.

    A published procedure goes on showing its published version until the new one is published. When the text
    is the newest one already no version is made. Whether requesters see a published procedure is decided by
    those who may publish.
    Emits: article.version_saved, article.filed. Raises: NotFound, NotPermitted, StaleVersion, InvalidInput,
    ArticleIsArchived.
    """
    with changing_article(article_id, act="article.write", actor=actor, expected_revision=expected_revision) as article:
        if article.state == ArticleState.ARCHIVED:
            raise ArticleIsArchived
        text = _checked(text)
        if article.is_published and text.is_public != article.is_public:
            require(actor, "article.publish")
        values = _file(article, text, actor=actor, now=now)
        if source_sha256 is not None:
            values["source_sha256"] = source_sha256
        current = _newest_version(article)
        if (text.title, text.summary, text.body) != (current.title, current.summary, current.body):
            version = _add_version(
                article, text, number=current.number + 1, change_note=change_note, actor=actor, now=now
            )
            values["current_version"] = version
            if not article.is_published:
                values |= {"title": version.title, "summary": version.summary}
                index_article(article, version, language=actor.language)
        if values:
            _write(article, now=now, **values)
    return article


def publish_article(*, article_id: int, actor: Actor, now: datetime, expected_revision: int | None = None) -> Article:
    """Approve the newest version: from now on it is what readers are shown and what is used on tickets.

    Publishing what is published already changes nothing.
    Emits: article.published. Raises: NotFound, NotPermitted, StaleVersion, ArticleIsArchived.
    """
    with changing_article(
        article_id, act="article.publish", actor=actor, expected_revision=expected_revision
    ) as article:
        if article.state == ArticleState.ARCHIVED:
            raise ArticleIsArchived
        if article.is_published and article.published_version_id == article.current_version_id:
            return article
        version = _newest_version(article)
        record(article, ArticlePublished(version=version.number), actor=actor, now=now)
        index_article(article, version, language=actor.language)
        _write(
            article, now=now, state=ArticleState.PUBLISHED, published_version=version, published_at=now,
            title=version.title, summary=version.summary,
        )  # fmt: skip
    return article


def archive_article(*, article_id: int, actor: Actor, now: datetime, expected_revision: int | None = None) -> Article:
    """Take a procedure out of use. Its versions, and what it was used on, stay. Archiving twice is archiving once.

    Emits: article.archived. Raises: NotFound, NotPermitted, StaleVersion.
    """
    with changing_article(
        article_id, act="article.archive", actor=actor, expected_revision=expected_revision
    ) as article:
        if article.state != ArticleState.ARCHIVED:
            record(article, ArticleArchived(old_state=article.state), actor=actor, now=now)
            _write(article, now=now, state=ArticleState.ARCHIVED)
    return article


def restore_article(*, article_id: int, actor: Actor, now: datetime, expected_revision: int | None = None) -> Article:
    """Bring an archived procedure back as a draft: it is read again before it is published again.

    Emits: article.restored. Raises: NotFound, NotPermitted, StaleVersion.
    """
    with changing_article(
        article_id, act="article.restore", actor=actor, expected_revision=expected_revision
    ) as article:
        if article.state == ArticleState.ARCHIVED:
            version = _newest_version(article)
            record(article, ArticleRestored(), actor=actor, now=now)
            index_article(article, version, language=actor.language)
            _write(article, now=now, state=ArticleState.DRAFT, title=version.title, summary=version.summary)
    return article


def reserve_article_id() -> int:
    """A number for a procedure that is about to be written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('sop_article', 'id'))")
        return cursor.fetchone()[0]


def _newest_version(article: Article) -> ArticleVersion:
    return ArticleVersion.objects.filter(article=article).latest("number")


def _add_version(
    article: Article, text: ArticleText, *, number: int, change_note: str, actor: Actor, now: datetime
) -> ArticleVersion:
    note = " ".join(normalise_text(change_note).split())
    if len(note) > NOTE_LENGTH:
        raise InvalidInput({"change_note": [_too_long(NOTE_LENGTH)]})
    version = ArticleVersion.objects.create(
        article=article,
        number=number,
        title=text.title,
        summary=text.summary,
        body=text.body,
        body_html=str(render_markdown(text.body, keep_lines=False)),
        change_note=note,
        author_id=actor.user_id,
        author_label=actor.label[:LABEL_LENGTH],
        created_at=now,
    )
    record(article, VersionSaved(version=number, change_note=note), actor=actor, now=now)
    return version


def _file(article: Article, text: ArticleText, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """What changes about where the procedure is filed, recorded when there is anything."""
    names = ("category_id", "owner_id", "is_public")
    values = {name: getattr(text, name) for name in names if getattr(text, name) != getattr(article, name)}
    if values:
        old = {name: getattr(article, name) for name in values}
        record(article, ArticleFiled(old=old, new=dict(values)), actor=actor, now=now)
    return values


def _too_long(limit: int) -> str:
    return _("Keep this below %(limit)d characters.") % {"limit": limit}


def _checked(text: ArticleText) -> ArticleText:
    """The text as it is kept. Raises: InvalidInput with a sentence per field."""
    title = " ".join(normalise_text(text.title).split())
    summary = " ".join(normalise_text(text.summary).split())
    body = normalise_text(text.body).strip("\n")
    errors: dict[str, list[Any]] = {}
    if not title:
        errors["title"] = [_("Give it a title that says what is wrong, as the requester would say it.")]
    if not body.strip():
        errors["body"] = [_("Write what to do.")]
    for name, value, limit in (
        ("title", title, TITLE_LENGTH),
        ("summary", summary, SUMMARY_LENGTH),
        ("body", body, BODY_LENGTH),
    ):
        if len(value) > limit:
            errors[name] = [_too_long(limit)]
    if text.category_id is not None and not Category.objects.filter(pk=text.category_id).exists():
        errors["category"] = [_("There is no category with this id.")]
    if text.owner_id is not None and not User.objects.filter(pk=text.owner_id, role__in=STAFF_ROLES).exists():
        errors["owner"] = [_("Choose somebody who works at the desk.")]
    if errors:
        raise InvalidInput(errors)
    return ArticleText(title, body, summary, text.category_id, text.owner_id, text.is_public)
