"""The pages of procedures, mounted by the roof at the root."""

from django.urls import path

import sop.addresses  # noqa: F401
import tickets.addresses  # noqa: F401 - registers the ticket number in paths
from sop.web.views import articles, on_tickets, public

app_name = "sop"
urlpatterns = [
    path("sop/", articles.article_list, name="articles"),
    path("sop/new/", articles.article_new, name="new"),
    path("sop/preview/", articles.preview, name="preview"),
    path("sop/<article_number:article_id>/", articles.article_page, name="article"),
    path("sop/<article_number:article_id>/edit/", articles.article_edit, name="edit"),
    path("sop/<article_number:article_id>/versions/", articles.version_list, name="versions"),
    path("sop/<article_number:article_id>/versions/<int:version>/", articles.article_page, name="version"),
    path("sop/<article_number:article_id>/compare/", articles.compare, name="compare"),
    path("sop/<article_number:article_id>/publish/", articles.publish, name="publish"),
    path("sop/<article_number:article_id>/archive/", articles.archive, name="archive"),
    path("sop/<article_number:article_id>/restore/", articles.restore, name="restore"),
    path("help/", public.help_list, name="help"),
    path("help/<article_number:article_id>/", public.help_article, name="help_article"),
    path("tickets/<ticket_number:ticket_id>/sop/", on_tickets.pick, name="pick"),
    path("tickets/<ticket_number:ticket_id>/sop/apply/", on_tickets.apply, name="apply"),
    path("tickets/<ticket_number:ticket_id>/sop/panel/", on_tickets.panel, name="panel"),
    path("tickets/<ticket_number:ticket_id>/sop/<int:use_id>/outcome/", on_tickets.outcome, name="outcome"),
]
