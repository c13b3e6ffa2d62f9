"""The addresses of the desk: each app's own, mounted once."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from puo_desk.accounts.web.access import page
from puo_desk.home import home
from puo_desk.kernel.health import livez, readyz
from puo_desk.kernel.metrics import metrics
from puo_desk.kernel.pages import style_page

handler400 = "puo_desk.kernel.http.answers.handler400"
handler403 = "puo_desk.kernel.http.answers.handler403"
handler404 = "puo_desk.kernel.http.answers.handler404"
handler500 = "puo_desk.kernel.http.answers.handler500"

api = [
    path("", include("puo_desk.accounts.api.urls")),
    path("", include("tickets.api.urls")),
    path("", include("escalations.api.urls")),
    path("", include("sop.api.urls")),
    path("", include("reports.api.urls")),
]

urlpatterns = [
    path("", home, name="home"),
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
    path("api/v1/", include((api, "api"))),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("", include("puo_desk.accounts.web.urls")),
    path("", include("puo_desk.notifications.web.urls")),
    path("", include("tickets.web.urls")),
    path("", include("escalations.web.urls")),
    path("", include("sop.web.urls")),
    path("", include("reports.web.urls")),
    path("account/", include("allauth.urls")),
    path("style/", page("settings.manage")(style_page.show), name="style"),
    path("admin/", admin.site.urls),
]
