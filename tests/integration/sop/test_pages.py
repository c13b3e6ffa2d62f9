"""The pages of procedures: for whom, what they show, what a form does, with and without script."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from puo_desk.accounts.models import User
from puo_desk.accounts.vocabulary import Role
from puo_desk.kernel.actor import Actor
from sop.models import Article, ArticleEvent, ArticleUse, ArticleVersion
from sop.operations.applying import apply_article_to_ticket
from sop.operations.articles import ArticleText, archive_article, save_version
from tests.support.people import NOON, make_person
from tickets.models import Draft, Ticket, TicketEvent

Write = Callable[..., Article]
HTMX = {"HTTP_HX_REQUEST": "true"}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def as_lead(lead_user: User) -> Client:
    return browser(lead_user)


@pytest.fixture
def as_agent(agent_user: User) -> Client:
    return browser(agent_user)


@pytest.fixture
def as_requester(requester_user: User) -> Client:
    return browser(requester_user)


def text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_the_list_finds_filters_and_escapes(write_article: Write, as_agent: Client) -> None:
    write_article("Queue <b>empty</b>", "Reload <script>now</script> the queue.")
    write_article("Draft of labels", "Label.", publish=False)
    page = text(as_agent.get("/sop/"))
    assert "Queue &lt;b&gt;empty&lt;/b&gt;" in page
    assert "Draft of labels" in page
    found = text(as_agent.get("/sop/", {"q": "reload"}, **HTMX))
    assert found.lstrip().startswith('<section id="article-rows"')
    assert "<mark>Reload</mark> &lt;script&gt;now" in found
    assert "Draft of labels" not in found
    assert "Draft of labels" in text(as_agent.get("/sop/", {"state": "draft"}))
    assert "No procedure matches" in text(as_agent.get("/sop/", {"state": "nonsense"}))
    assert as_agent.get("/sop/", {"cursor": "forged"}).status_code == 400
    assert as_agent.get("/sop/", {"q": "x" * 5000}).status_code == 200


@pytest.mark.django_db
def test_the_article_page_tells_what_it_is_and_did(
    write_article: Write, as_lead: Client, ticket: Ticket, agent: Actor
) -> None:
    article = write_article(summary="When nothing comes")
    apply_article_to_ticket(article_id=article.pk, ticket_id=ticket.pk, kind="text", actor=agent, now=NOON)
    page = text(as_lead.get(f"/sop/{article.number}/"))
    for shown in ("Published, v1", "When nothing comes", ticket.number, "Owner Lena Lead", "Archive", "<p>Reload.</p>"):
        assert shown in page
    assert as_lead.get(f"/sop/{article.number.lower()}/").status_code == 200
    assert as_lead.get("/sop/SOP-999999/").status_code == 404
    assert as_lead.get(f"/sop/{article.number}/versions/99999999999999999999/").status_code == 404


@pytest.mark.django_db
def test_requesters_read_public_procedures_in_their_portal(
    write_article: Write, as_requester: Client, as_agent: Client, lead: Actor
) -> None:
    public, internal = write_article("Public one"), write_article("Internal one", is_public=False)
    draft, archived = write_article("Draft one", publish=False), write_article("Archived one")
    archive_article(article_id=archived.pk, actor=lead, now=NOON)
    assert as_requester.get("/sop/").url == "/help/"
    listed = text(as_requester.get("/help/"))
    assert "Public one" in listed
    for hidden in ("Internal one", "Draft one", "Archived one"):
        assert hidden not in listed
    page = as_requester.get(f"/help/{public.number}/")
    assert page.status_code == 200
    assert 'class="rail' not in text(page).split("<main")[0].replace("rail__home", "")
    assert as_requester.get(f"/sop/{public.number}/").url == f"/help/{public.number}/"
    for hidden in (internal, draft, archived):
        for address in (f"/help/{hidden.number}/", f"/sop/{hidden.number}/"):
            assert as_requester.get(address).status_code == 404
        assert as_agent.get(f"/help/{hidden.number}/").status_code == 404
    for address in ("versions/", "compare/?old=1&new=1", "edit/"):
        assert as_requester.get(f"/sop/{public.number}/{address}").status_code == 403


@pytest.mark.django_db
def test_a_stranger_signs_in_first(write_article: Write, client: Client) -> None:
    article = write_article()
    for address in ("/sop/", f"/sop/{article.number}/", f"/help/{article.number}/", "/sop/new/"):
        assert client.get(address).status_code == 302


@pytest.mark.django_db
def test_a_draft_is_written_and_published(as_agent: Client, as_lead: Client, agent_user: User) -> None:
    given = {"title": "Labels", "summary": "", "body": "Look **twice**.", "owner": str(agent_user.pk), "category": ""}
    answer = as_agent.post("/sop/new/", given)
    article = Article.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/sop/{article.number}/")
    assert (article.state, article.owner_id) == ("draft", agent_user.pk)
    publish = f"/sop/{article.number}/publish/"
    assert as_agent.post(publish, {"revision": "1"}).status_code == 403
    assert as_lead.post(publish, {"revision": "9"}).status_code == 409
    assert Article.objects.get().state == "draft"
    assert as_lead.post(publish, {"revision": "1"}).status_code == 302
    assert Article.objects.get().state == "published"
    assert as_lead.post(f"/sop/{article.number}/archive/").status_code == 302
    assert as_lead.post(f"/sop/{article.number}/restore/").status_code == 302
    assert Article.objects.get().state == "draft"


@pytest.mark.django_db
def test_what_is_not_valid_comes_back_with_its_text(as_agent: Client) -> None:
    answer = as_agent.post("/sop/new/", {"title": "", "body": "Kept <b>text</b>"})
    assert answer.status_code == 422
    assert "Kept &lt;b&gt;text&lt;/b&gt;</textarea>" in text(answer)
    answer = as_agent.post("/sop/new/", {"title": "T", "body": "  "})
    assert answer.status_code == 422
    answer = as_agent.post("/sop/new/", {"title": "T", "body": "x", "owner": "999999"})
    assert answer.status_code == 422
    assert not Article.objects.exists()


@pytest.mark.django_db
def test_the_preview_is_clean_with_and_without_script(as_agent: Client, as_requester: Client) -> None:
    rendered = text(as_agent.post("/sop/preview/", {"body": "**a** <script>x</script>"}, **HTMX))
    assert "<strong>a</strong>" in rendered
    assert "<script>x" not in rendered
    assert as_requester.post("/sop/preview/", {"body": "a"}).status_code == 403
    page = as_agent.post("/sop/new/", {"title": "T", "body": "**a**", "preview": "1"})
    assert "<strong>a</strong>" in text(page)
    assert not Article.objects.exists()


@pytest.mark.django_db
def test_a_faster_writer_is_shown_and_the_own_text_kept(write_article: Write, as_agent: Client, lead: Actor) -> None:
    article = write_article(body="One.\nTwo.")
    form = text(as_agent.get(f"/sop/{article.number}/edit/"))
    hidden = dict(re.findall(r'<input type="hidden" name="(revision|seen_version)" value="(\d+)"', form))
    theirs = ArticleText("Queue is empty", "One.\nTwo, theirs.", owner_id=article.owner_id, is_public=True)
    save_version(article_id=article.pk, text=theirs, actor=lead, now=NOON)
    mine = {"title": "Queue is empty", "body": "One, mine.\nTwo.", "owner": str(article.owner_id), **hidden}
    answer = as_agent.post(f"/sop/{article.number}/edit/", mine)
    assert answer.status_code == 409
    page = text(answer)
    assert "Lena Lead saved while you were writing" in page
    assert "theirs" in page
    assert "One, mine.\nTwo.</textarea>" in page
    assert ArticleVersion.objects.count() == 2
    renewed = dict(re.findall(r'<input type="hidden" name="(revision|seen_version)" value="(\d+)"', page))
    assert renewed == {"revision": "3", "seen_version": "2"}
    assert as_agent.post(f"/sop/{article.number}/edit/", mine | renewed).status_code == 302
    assert ArticleVersion.objects.get(number=3).body == "One, mine.\nTwo."


@pytest.mark.django_db
def test_an_agent_cannot_open_a_published_procedure_by_posting_the_switch(
    write_article: Write, as_agent: Client
) -> None:
    article = write_article(is_public=False)
    given = {
        "title": "T",
        "body": "x",
        "owner": str(article.owner_id),
        "is_public": "on",
        "revision": str(article.revision),
    }
    assert as_agent.post(f"/sop/{article.number}/edit/", given).status_code == 302
    assert not Article.objects.get().is_public


@pytest.mark.django_db
def test_versions_are_compared_in_one_column_and_side_by_side(
    write_article: Write, as_agent: Client, lead: Actor
) -> None:
    article = write_article(body="Ask the lead.")
    text_2 = ArticleText("Queue is empty", "Ask the owner.", owner_id=article.owner_id, is_public=True)
    save_version(article_id=article.pk, text=text_2, actor=lead, now=NOON)
    address = f"/sop/{article.number}/compare/?old=1&new=2"
    for page in (text(as_agent.get(address)), text(as_agent.get(f"{address}&view=beside"))):
        assert "<b>lead</b>" in page
        assert "<b>owner</b>" in page
        assert "Removed:" in page
    assert "Version 1" in text(as_agent.get(f"/sop/{article.number}/versions/"))
    assert as_agent.get(f"/sop/{article.number}/compare/?old=x&new=2").status_code == 400
    assert as_agent.get(f"/sop/{article.number}/compare/?old=1&new=7").status_code == 404


@pytest.mark.django_db
def test_a_procedure_goes_into_the_composer(write_article: Write, as_agent: Client, ticket: Ticket) -> None:
    article = write_article(body='Say "no" & <wait>')
    picker = text(as_agent.get(reverse("sop:pick", args=[ticket.pk]), **HTMX))
    assert picker.count("<dialog") == 1
    assert article.number in picker
    assert "fits this ticket" in picker
    answer = as_agent.post(reverse("sop:apply", args=[ticket.pk]), {"article": article.number, "kind": "text"}, **HTMX)
    assert '<desk-insert text="Say &quot;no&quot; &amp; &lt;wait&gt;"' in text(answer)
    assert "ticket-changed" in answer.headers["HX-Trigger"]
    use = ArticleUse.objects.get()
    assert (use.version.number, use.outcome) == (1, "unknown")
    outcome = reverse("sop:outcome", args=[ticket.pk, use.pk])
    panel = text(as_agent.post(outcome, {"outcome": "solved"}, **HTMX))
    assert 'id="sop-panel"' in panel
    assert "Solved it" in panel
    kinds = TicketEvent.objects.filter(ticket=ticket, kind__startswith="sop.").values_list("kind", flat=True)
    assert list(kinds) == ["sop.applied", "sop.outcome_recorded"]


@pytest.mark.django_db
def test_without_script_the_text_goes_into_the_draft(write_article: Write, as_agent: Client, ticket: Ticket) -> None:
    first, second = write_article(body="First."), write_article("Other", body="Second.")
    for article in (first, second):
        answer = as_agent.post(reverse("sop:apply", args=[ticket.pk]), {"article": article.number, "kind": "text"})
        assert answer.status_code == 302
    assert Draft.objects.get(ticket=ticket, kind="reply").body == "First.\n\nSecond."


@pytest.mark.django_db
def test_the_ticket_page_tells_of_procedures(
    write_article: Write, as_agent: Client, ticket: Ticket, agent: Actor
) -> None:
    article = write_article()
    panel = reverse("sop:panel", args=[ticket.pk])
    assert f'hx-get="{panel}"' in text(as_agent.get(f"/tickets/{ticket.number}/"))
    page = text(as_agent.get(panel))
    assert 'id="sop-panel"' in page
    assert article.title in page
    apply_article_to_ticket(article_id=article.pk, ticket_id=ticket.pk, kind="text", actor=agent, now=NOON)
    assert f"used {article.number}" in text(as_agent.get(f"/tickets/{ticket.number}/"))
    assert "Did it help?" in text(as_agent.get(panel))


@pytest.mark.django_db
def test_what_a_requester_may_not_do_on_a_ticket_leaves_no_trace(
    write_article: Write, as_requester: Client, ticket: Ticket
) -> None:
    article = write_article()
    assert as_requester.get(reverse("sop:pick", args=[ticket.pk])).status_code == 403
    given = {"article": article.number, "kind": "text"}
    assert as_requester.post(reverse("sop:apply", args=[ticket.pk]), given).status_code == 403
    assert not ArticleUse.objects.exists()


@pytest.mark.django_db
def test_an_engineer_finds_no_ticket_of_others(write_article: Write, ticket: Ticket) -> None:
    article = write_article()
    engineer = browser(make_person(role=Role.ENGINEER))
    given = {"article": article.number, "kind": "text"}
    assert engineer.get(reverse("sop:panel", args=[ticket.pk])).status_code == 404
    assert engineer.post(reverse("sop:apply", args=[ticket.pk]), given).status_code == 404
    assert not ArticleUse.objects.exists()


@pytest.mark.django_db
def test_help_is_offered_while_a_request_is_typed(write_article: Write, as_requester: Client) -> None:
    write_article("Review queue is empty")
    write_article("Review queue secret", is_public=False)
    page = text(as_requester.post(reverse("tickets:request_aid"), {"body": "my review queue is empty"}, **HTMX))
    assert "This may solve it now" in page
    assert "Review queue is empty" in page
    assert "secret" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/sop/", "/help/", "/sop/?q=queue", "ticket", "article", "pick"])
def test_pages_cost_the_same_for_many_rows(
    write_article: Write, as_agent: Client, ticket: Ticket, agent: Actor, address: str
) -> None:
    first = write_article("Queue 0 is empty")
    named = {
        "ticket": reverse("sop:panel", args=[ticket.pk]),
        "article": f"/sop/{first.number}/",
        "pick": reverse("sop:pick", args=[ticket.pk]),
    }
    asked = named.get(address, address)
    counts = []
    for many in (5, 40):
        for number in range(many):
            article = write_article(f"Queue {many} {number} is empty")
            if number % 2:
                apply_article_to_ticket(article_id=article.pk, ticket_id=ticket.pk, kind="link", actor=agent, now=NOON)
        with CaptureQueriesContext(connection) as captured:
            assert as_agent.get(asked).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[1] <= 12


@pytest.mark.django_db
def test_refused_pages_record_nothing(write_article: Write, as_requester: Client) -> None:
    article = write_article()
    before = ArticleEvent.objects.count()
    for act in ("publish", "archive", "restore", "edit"):
        assert as_requester.post(f"/sop/{article.number}/{act}/", {"title": "x", "body": "x"}).status_code == 403
    assert ArticleEvent.objects.count() == before
