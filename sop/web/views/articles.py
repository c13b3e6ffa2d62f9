"""The desk's pages of procedures: find, read, compare, write, publish."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from puo_desk.accounts.policies import may
from puo_desk.accounts.web.access import ReaderRequest, page
from puo_desk.kernel.errors import InvalidInput, StaleVersion
from puo_desk.kernel.http.pagination import asked_page
from puo_desk.kernel.pages.addresses import address
from puo_desk.kernel.pages.markdown import render_markdown
from puo_desk.kernel.pages.markup import kept_prose
from sop.models import Article
from sop.operations.articles import (
    archive_article,
    create_article,
    publish_article,
    restore_article,
    save_version,
)
from sop.policies import reads_everything
from sop.queries.articles import (
    ArticlePage,
    compare_versions,
    get_article,
    list_articles,
    list_owners,
    list_versions,
    text_to_compare,
)
from sop.queries.effect import Effect, effect_of, list_uses
from sop.rules.difference import diff_texts
from sop.vocabulary import BODY_LENGTH, ArticleState, Outcome, article_number
from sop.web.forms import ArticleForm
from sop.web.showing import (
    audience_chip,
    effect_bars,
    effect_sentence,
    outcome_chip,
    state_chip,
    version_chip,
    whole_percent,
)
from tickets.queries.classification import list_categories


@require_safe
@page("article.view")
def article_list(request: ReaderRequest) -> HttpResponse:
    """All procedures, searched and filtered; requesters go to their own list."""
    if not reads_everything(request.actor):
        return redirect("sop:help")
    words = request.GET.get("q", "")
    cursor, size = asked_page(request.GET)
    rows = list_articles(request.GET, viewer=request.actor, now=timezone.now(), words=words, cursor=cursor, size=size)
    context = {
        "rows": [
            (row, state_chip(row.state, row.version), whole_percent(row.effect.solved_share)) for row in rows.rows
        ],
        "next": rows.next,
        "previous": rows.previous,
        "words": words,
        "states": [("", _("All")), *((state.value, state.label) for state in ArticleState)],
        "chosen": {name: request.GET.get(name, "") for name in ("state", "category", "owner", "is_public")},
        "categories": [("", _("Any category")), *((str(row.id), row.label) for row in list_categories())],
        "owners": [("", _("Any owner")), *((str(owner.id), owner.name) for owner in list_owners())],
        "is_narrowed": any(request.GET.get(name) for name in ("q", "state", "category", "owner", "is_public")),
        "may_write": may(request.actor, "article.write"),
    }
    return render(request, "sop/_article_rows.html" if request.htmx else "sop/article_list.html", context)  # type: ignore[attr-defined]


@require_safe
@page("article.view")
def article_page(request: ReaderRequest, article_id: int, version: int | None = None) -> HttpResponse:
    """A procedure with what it did on tickets; an earlier version when one is asked for."""
    shown = get_article(article_id, viewer=request.actor, version=version)
    if not reads_everything(request.actor):
        return redirect("sop:help_article", article_id)
    now = timezone.now()
    effect = effect_of([article_id], now=now).get(article_id, Effect())
    used = request.GET.get("used", "")
    used = used if used in Outcome.values else ""
    versions = list_versions(shown.article, viewer=request.actor)
    context = {
        **_head(shown, request),
        "versions": versions[:6],
        "more_versions": len(versions) - 6,
        "before": next((row.number for row in versions if row.number < shown.version.number), None),
        "effect": effect,
        "solved": whole_percent(effect.solved_share),
        "bars": effect_bars(effect),
        "effect_sentence": effect_sentence(effect),
        "uses": [
            (use, outcome_chip(use.outcome)) for use in list_uses(shown.article, viewer=request.actor, outcome=used)
        ],
        "used": used,
        "used_label": Outcome(used).label if used else "",
        "now": now,
    }
    return render(request, "sop/article_page.html", context)


def _head(shown: ArticlePage, request: ReaderRequest) -> dict[str, Any]:
    article, actor = shown.article, request.actor
    is_archived = article.state == ArticleState.ARCHIVED
    waits = shown.article.state == ArticleState.DRAFT or article.has_unpublished_text
    return {
        "article": article,
        "version": shown.version,
        "is_shown_version": shown.is_published_version
        or (not article.published_version_id and shown.is_newest_version),
        "is_newest": shown.is_newest_version,
        "content": kept_prose(shown.version.body_html),
        "minutes": shown.minutes,
        "state_chip": version_chip(shown),
        "audience_chip": audience_chip(article),
        "newest": article.current_version.number if article.current_version else 0,
        "published": article.published_version.number if article.published_version else None,
        "may_write": may(actor, "article.write") and not is_archived,
        "may_publish": may(actor, "article.publish") and waits and not is_archived,
        "may_archive": may(actor, "article.archive") and not is_archived,
        "may_restore": may(actor, "article.restore") and is_archived,
    }


@require_safe
@page("article.view_internal")
def version_list(request: ReaderRequest, article_id: int) -> HttpResponse:
    """Every version of a procedure, and two of them side by side."""
    shown = get_article(article_id, viewer=request.actor)
    context = {**_head(shown, request), "versions": list_versions(shown.article, viewer=request.actor)}
    return render(request, "sop/version_list.html", context)


@require_safe
@page("article.view_internal")
def compare(request: ReaderRequest, article_id: int) -> HttpResponse:
    """What changed between two versions, in one column or side by side."""
    shown = get_article(article_id, viewer=request.actor)
    old, new = _version_number(request, "old"), _version_number(request, "new")
    whole, beside = request.GET.get("whole") == "1", request.GET.get("view") == "beside"
    difference = compare_versions(shown.article, old=old, new=new, viewer=request.actor, whole=whole)
    context = {
        **_head(shown, request),
        "difference": difference,
        "rows": difference.rows,
        "beside": beside,
        "whole": whole,
        "versions": list_versions(shown.article, viewer=request.actor),
    }
    return render(request, "sop/compare.html", context)


def _version_number(request: HttpRequest, name: str) -> int:
    given = request.GET.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) < 9):
        raise InvalidInput({name: [_("Choose a version.")]})
    return int(given)


@require_http_methods(["GET", "HEAD", "POST"])
@page("article.write")
def article_new(request: ReaderRequest) -> HttpResponse:
    """Begin a procedure."""
    initial = {"owner": str(request.actor.user_id), "title": request.GET.get("title", "")[:200]}
    form = ArticleForm(request.POST if request.method == "POST" else None, initial=initial, viewer=request.actor)
    if request.method != "POST":
        return _editor(request, form)
    if not form.is_valid():
        return _editor(request, form, status=422)
    if "preview" in request.POST:
        return _editor(request, form)
    try:
        article = create_article(form.text(), actor=request.actor, now=timezone.now())
    except InvalidInput as refused:
        form.take_refusal(refused)
        return _editor(request, form, status=422)
    messages.success(request, _("%(number)s is saved as a draft.") % {"number": article.number})
    return redirect("sop:article", article.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@page("article.write")
def article_edit(request: ReaderRequest, article_id: int) -> HttpResponse:
    """Go on writing from the newest version. Somebody else's newer text is shown, and the own one kept."""
    newest = _newest(article_id, request)
    article = newest.article
    if request.method != "POST":
        return _editor(request, ArticleForm.of(article, newest.version, viewer=request.actor), newest)
    form = ArticleForm(request.POST, viewer=request.actor, article=article)
    if not form.is_valid():
        return _editor(request, form, newest, status=422)
    if "preview" in request.POST:
        return _editor(request, form, newest)
    try:
        saved = save_version(
            article_id=article_id,
            text=form.text(),
            actor=request.actor,
            now=timezone.now(),
            change_note=form.cleaned_data["change_note"],
            expected_revision=form.cleaned_data["revision"],
        )
    except InvalidInput as refused:
        form.take_refusal(refused)
        return _editor(request, form, newest, status=422)
    except StaleVersion:
        return _overtaken(request, form, article_id)
    _tell_saved(request, saved, newest)
    return redirect(_address_of_newest(saved))


def _newest(article_id: int, request: ReaderRequest) -> ArticlePage:
    shown = get_article(article_id, viewer=request.actor)
    if shown.is_newest_version or shown.article.current_version is None:
        return shown
    return get_article(article_id, viewer=request.actor, version=shown.article.current_version.number)


def _tell_saved(request: HttpRequest, saved: Article, before: ArticlePage) -> None:
    number = saved.current_version.number if saved.current_version else 0
    if number == before.version.number:
        messages.success(request, _("Saved. The text is unchanged, so there is no new version."))
    elif saved.is_published:
        messages.success(
            request, _("Version %(number)s is saved. Readers see it once it is published.") % {"number": number}
        )
    else:
        messages.success(request, _("Version %(number)s is saved.") % {"number": number})


def _address_of_newest(article: Article) -> str:
    if article.has_unpublished_text and article.is_published and article.current_version:
        return address("sop:version", article.pk, article.current_version.number)
    return address("sop:article", article.pk)


def _overtaken(request: ReaderRequest, form: ArticleForm, article_id: int) -> HttpResponse:
    """409: what the other wrote, and the own text untouched, ready to be saved on top of it."""
    newest = _newest(article_id, request)
    seen = form.cleaned_data["seen_version"] or 1
    given = form.cleaned_data
    theirs = text_to_compare(newest.version.title, newest.version.summary, newest.version.body)
    mine = text_to_compare(given["title"], given["summary"], given["body"].replace("\r\n", "\n"))
    kept = request.POST.copy()
    kept["revision"], kept["seen_version"] = str(newest.article.revision), str(newest.version.number)
    renewed = ArticleForm(kept, viewer=request.actor, article=newest.article)
    difference = (
        compare_versions(newest.article, old=seen, new=newest.version.number, viewer=request.actor)
        if seen < newest.version.number
        else None
    )
    context = {
        "overtaken": newest.version,
        "theirs": difference.rows if difference else [],
        "mine": diff_texts(theirs, mine),
    }
    return _editor(request, renewed, newest, status=409, **context)


def _editor(
    request: ReaderRequest, form: ArticleForm, newest: ArticlePage | None = None, *, status: int = 200, **more: Any
) -> HttpResponse:
    body = str(form["body"].value() or "")[:BODY_LENGTH]
    context = {
        "form": form,
        "article": newest.article if newest else None,
        "version": newest.version if newest else None,
        "preview": render_markdown(body, keep_lines=False) if body.strip() else "",
        **more,
    }
    return render(request, "sop/article_edit.html", context, status=status)


@require_POST
@page("article.write")
def preview(request: ReaderRequest) -> HttpResponse:
    """The rendering of what is typed, while it is typed."""
    body = request.POST.get("body", "")[:BODY_LENGTH]
    rendered = render_markdown(body, keep_lines=False) if body.strip() else ""
    return render(request, "sop/_preview.html", {"preview": rendered})


@require_POST
@page("article.publish")
def publish(request: ReaderRequest, article_id: int) -> HttpResponse:
    """Approve the version that the page showed as the newest."""
    publish_article(article_id=article_id, actor=request.actor, now=timezone.now(), expected_revision=_seen(request))
    messages.success(request, _("%(number)s is published.") % {"number": article_number(article_id)})
    return redirect("sop:article", article_id)


@require_POST
@page("article.archive")
def archive(request: ReaderRequest, article_id: int) -> HttpResponse:
    archive_article(article_id=article_id, actor=request.actor, now=timezone.now(), expected_revision=_seen(request))
    messages.success(request, _("%(number)s is archived.") % {"number": article_number(article_id)})
    return redirect("sop:article", article_id)


@require_POST
@page("article.restore")
def restore(request: ReaderRequest, article_id: int) -> HttpResponse:
    restore_article(article_id=article_id, actor=request.actor, now=timezone.now(), expected_revision=_seen(request))
    messages.success(request, _("%(number)s is a draft again.") % {"number": article_number(article_id)})
    return redirect("sop:article", article_id)


def _seen(request: HttpRequest) -> int | None:
    given = request.POST.get("revision", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
