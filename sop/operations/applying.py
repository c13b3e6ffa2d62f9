"""Using a procedure on a ticket, and saying whether it helped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puo_desk.kernel.actor import Actor
from puo_desk.kernel.errors import DomainError, InvalidInput, NotFound
from sop.events import LABEL_LENGTH, SopApplied, SopOutcomeRecorded
from sop.models import ArticleUse
from sop.policies import visible_articles
from sop.rules.outcomes import WATCHED_KINDS, outcome_after
from sop.vocabulary import Outcome, UseKind, article_number
from tickets.events import subscribe
from tickets.operations.change import TicketChange, changing_ticket


class NotPublished(DomainError):
    """Only what was approved is used on tickets."""

    code = "article_not_published"
    message = gettext_lazy("This procedure is not published, so it cannot be used on a ticket.")


@dataclass(frozen=True, slots=True)
class Applied:
    """A use, and the Markdown that brings the procedure into the reply. ``is_new`` is false for a repetition."""

    use: ArticleUse
    text: str
    is_new: bool


def apply_article_to_ticket(*, article_id: int, ticket_id: int, kind: str, actor: Actor, now: datetime) -> Applied:
    """Use the published version of a procedure on a ticket, as text or as a link in the reply.

    Using the same version on the same ticket again gives the text again and records nothing.
    Emits: sop.applied. Raises: NotFound (ticket or procedure), NotPermitted, NotPublished, InvalidInput.
    """
    if kind not in UseKind.values:
        raise InvalidInput({"kind": [_("Choose text or link.")]})
    with changing_ticket(ticket_id, act="article.apply", actor=actor, now=now) as change:
        article = visible_articles(actor).select_related("published_version").filter(pk=article_id).first()
        if article is None:
            raise NotFound(_("There is no such procedure, or you may not see it."))
        version = article.published_version
        if not article.is_published or version is None:
            raise NotPublished
        use, is_new = ArticleUse.objects.get_or_create(
            ticket=change.ticket,
            version=version,
            defaults={
                "article": article,
                "kind": kind,
                "applied_by_id": actor.user_id,
                "applied_by_label": actor.label[:LABEL_LENGTH],
                "applied_at": now,
            },
        )
        if is_new:
            change.record(
                SopApplied(
                    article=article.pk, number=article.number, title=version.title, version=version.number, how=kind
                )
            )
    text = (
        version.body
        if kind == UseKind.TEXT
        else link_to_article(article.pk, version.title, is_public=article.is_public)
    )
    return Applied(use, text, is_new)


def link_to_article(article_id: int, title: str, *, is_public: bool) -> str:
    """A Markdown link that also works in a mail. An internal procedure opens for those who work at the desk only."""
    place = "help" if is_public else "sop"
    words = title.replace("[", "(").replace("]", ")")
    return f"[{words}]({settings.DESK_URL}/{place}/{article_number(article_id)}/)"


def record_outcome(*, use_id: int, ticket_id: int, outcome: str, actor: Actor, now: datetime) -> ArticleUse:
    """Say whether a procedure helped on a ticket. Saying it again changes nothing.

    Emits: sop.outcome_recorded. Raises: NotFound, NotPermitted, InvalidInput.
    """
    if outcome not in (Outcome.SOLVED, Outcome.NOT_SOLVED):
        raise InvalidInput({"outcome": [_("Say whether it solved it or not.")]})
    with changing_ticket(ticket_id, act="article.record_outcome", actor=actor, now=now) as change:
        use = ArticleUse.objects.select_related("version").filter(pk=use_id, ticket=change.ticket).first()
        if use is None:
            raise NotFound
        if use.outcome != outcome or not use.is_stated:
            _set_outcome(change, use, outcome, is_stated=True)
            use.save(update_fields=["outcome", "is_stated", "outcome_at"])
    return use


def _set_outcome(change: TicketChange, use: ArticleUse, outcome: str, *, is_stated: bool) -> None:
    change.record(
        SopOutcomeRecorded(
            article=use.article_id,
            number=article_number(use.article_id),
            version=use.version.number,
            old=use.outcome,
            new=outcome,
            stated=is_stated,
        )
    )
    use.outcome, use.is_stated, use.outcome_at = outcome, is_stated, change.now


@subscribe
def learn_outcome(change: TicketChange) -> None:
    """Draw the outcome of the procedures used on a ticket from its being resolved, confirmed or reopened."""
    told = [event for event in change.events if event.kind in WATCHED_KINDS]
    if not told or change.is_new or change.actor.source == "import":
        return
    learned = []
    for use in ArticleUse.objects.select_related("version").filter(ticket=change.ticket):
        outcome, is_stated = use.outcome, use.is_stated
        for event in told:
            reason = event.data.get("reason", "")
            outcome = outcome_after(outcome, is_stated=is_stated, kind=event.kind, reason=reason)
        if outcome != use.outcome:
            _set_outcome(change, use, outcome, is_stated=False)
            learned.append(use)
    if learned:
        ArticleUse.objects.bulk_update(learned, ["outcome", "is_stated", "outcome_at"])
