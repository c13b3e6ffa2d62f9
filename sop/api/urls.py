"""Mounted by the roof below ``/api/v1/``."""

from django.urls import path

import sop.addresses  # noqa: F401 - registers the procedure's number in paths
from sop.api import views

urlpatterns = [
    path("articles/", views.ArticleListView.as_view(), name="article-list"),
    path("articles/<article_number:article_id>/", views.ArticleView.as_view(), name="article"),
]
