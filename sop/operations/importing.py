"""Taking in a folder of Markdown files as procedures, again and again without repeating anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from puo_desk.accounts.policies import require
from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import DomainError, InvalidInput
from puo_desk.kernel.text import normalise_text
from sop.models import Article
from sop.operations.articles import (
    ArticleText,
    create_article,
    publish_article,
    reserve_article_id,
    save_version,
)
from sop.rules.documents import Document, Unreadable, decode, read_document, settle_body
from sop.vocabulary import ArticleState, article_number


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the report: about which file, and what."""

    path: str
    words: str


@dataclass(slots=True)
class ImportSummary:
    """What became of the files. read = written + skipped + refused."""

    read: int = 0
    created: int = 0
    changed: int = 0
    skipped: int = 0
    published: int = 0
    refused: list[Told] = field(default_factory=list)
    notes: list[Told] = field(default_factory=list)

    @property
    def written(self) -> int:
        return self.created + self.changed


def import_articles(
    files: Iterable[tuple[str, bytes]], *, source: str, actor: Actor, now: datetime, publish: bool = False
) -> ImportSummary:
    """Make a procedure of each file, known again by source and path.

    A file that gives the same text as the last time is skipped, so that what was edited here since stays; a
    changed one becomes a new version. Files are pairs of path and bytes. Each file is written by itself: an
    interrupted import goes on where it stopped.
    Emits: as ``create_article``, ``save_version`` and ``publish_article``. Raises: NotPermitted.
    """
    require(actor, "article.import")
    summary = ImportSummary()
    documents = dict(_read(files, summary))
    known = {
        article.source_path: article
        for article in Article.objects.filter(source_name=source, source_path__in=list(documents))
    }
    ids = {path: known[path].pk if path in known else reserve_article_id() for path in documents}
    addresses = {path: f"/sop/{article_number(article_id)}/" for path, article_id in ids.items()}
    for path, document in documents.items():
        body, notes = settle_body(document.body, path, addresses.get)
        summary.notes += [Told(path, words) for words in (*document.notes, *notes)]
        try:
            _write(_Arrival(source, path, document.title, body, ids[path]), known, actor, now, publish, summary)
        except DomainError as refusal:
            summary.refused.append(Told(path, _sentence(refusal)))
    return summary


@dataclass(frozen=True, slots=True)
class _Arrival:
    source: str
    path: str
    title: str
    body: str
    article_id: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(f"{self.title}\n{self.body}".encode()).hexdigest()


def _read(files: Iterable[tuple[str, bytes]], summary: ImportSummary) -> Iterator[tuple[str, Document]]:
    for path, raw in files:
        summary.read += 1
        try:
            yield path, read_document(normalise_text(decode(raw)), path)
        except Unreadable as reason:
            summary.refused.append(Told(path, str(reason)))


def _write(
    arrival: _Arrival, known: Mapping[str, Article], actor: Actor, now: datetime, publish: bool, summary: ImportSummary
) -> None:
    article = known.get(arrival.path)
    if article is None:
        article = create_article(
            ArticleText(arrival.title, arrival.body),
            actor=actor, now=now, change_note=f"Imported from {arrival.source}", article_id=arrival.article_id,
            source_name=arrival.source, source_path=arrival.path, source_sha256=arrival.sha256,
        )  # fmt: skip
        summary.created += 1
    elif article.source_sha256 == arrival.sha256:
        summary.skipped += 1
    else:
        text = ArticleText(
            arrival.title, arrival.body, article.summary, article.category_id, article.owner_id, article.is_public
        )
        article = save_version(
            article_id=article.pk, text=text, actor=actor, now=now,
            change_note=f"Changed in {arrival.source}", source_sha256=arrival.sha256,
        )  # fmt: skip
        summary.changed += 1
    if publish and article.state != ArticleState.ARCHIVED:
        before = article.published_version_id if article.is_published else None
        after = publish_article(article_id=article.pk, actor=actor, now=now)
        summary.published += after.published_version_id != before


def _sentence(refusal: DomainError) -> str:
    if isinstance(refusal, InvalidInput):
        return "; ".join(f"{name}: {' '.join(lines)}" for name, lines in refusal.errors.items())
    return str(refusal)
