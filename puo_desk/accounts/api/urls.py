"""Mounted by the roof below ``/api/v1/``."""

from django.urls import path

from puo_desk.accounts.api.views import MeView

urlpatterns = [path("me/", MeView.as_view(), name="me")]
