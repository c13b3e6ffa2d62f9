"""Pages about oneself. Mounted at the root by the roof; sign-in itself is allauth's, at ``/accounts/``."""

from django.urls import path

from puo_desk.accounts.web.views import profile

app_name = "accounts"
urlpatterns = [
    path("profile/", profile.profile, name="profile"),
    path("profile/tokens/", profile.token_create, name="token_create"),
    path("profile/tokens/<int:token_id>/revoke/", profile.token_revoke, name="token_revoke"),
]
