"""Every address, one app a room. A view without `@requires` or `@public` is refused by the access middleware."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("wherry.web.home.urls")),
    path("", include("wherry.web.access.urls")),
    path("data/", include("wherry.web.data.urls")),
    path("waiting-list/", include("wherry.web.waiting.urls")),
    path("elective/", include("wherry.web.elective.urls")),
    path("offers/", include("wherry.web.offers.urls")),
    path("waiting-well/", include("wherry.web.well.urls")),
    path("cancer/", include("wherry.web.cancer.urls")),
    path("plans/", include("wherry.web.planning.urls")),
    path("live-feed/", include("wherry.web.feed.urls")),
    path("beds/", include("wherry.web.beds.urls")),
    path("next-days/", include("wherry.web.outlook.urls")),
    path("performance/peers/", include("wherry.web.peers.urls")),
    path("performance/inequalities/", include("wherry.web.inequalities.urls")),
    path("performance/evaluations/", include("wherry.web.evaluation.urls")),
    path("performance/reports/", include("wherry.web.reports.urls")),
    path("performance/", include("wherry.web.measures.urls")),
    path("discharge/", include("wherry.web.discharge.urls")),
    path("emergency/", include("wherry.web.emergency.urls")),
    path("virtual-wards/", include("wherry.web.virtual.urls")),
    path("unplanned-care/", include("wherry.web.unplanned.urls")),
    path("my/health/", include("wherry.web.well.patient_urls")),
    path("my/", include("wherry.web.offers.patient_urls")),
]

handler400 = "wherry.web.components.errors.bad_request"
handler403 = "wherry.web.components.errors.forbidden"
handler404 = "wherry.web.components.errors.not_found"
handler500 = "wherry.web.components.errors.server_error"
