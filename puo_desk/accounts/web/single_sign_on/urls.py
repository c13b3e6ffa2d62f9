"""The addresses of single sign-on, in the place and under the names of allauth's own."""

from django.urls import path

from puo_desk.accounts.web.single_sign_on import views

urlpatterns = [
    path("oidc/<slug:provider_id>/login/", views.leave, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", views.come_back, name="openid_connect_callback"),
]
