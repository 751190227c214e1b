"""Addresses of reports."""

from __future__ import annotations

from django.urls import path

from wherry.web.reports import views, write_views

app_name = "reports"
urlpatterns = [
    path("", views.listed, name="list"),
    path("act/", views.act, name="act"),
    path("<slug:scope>/<slug:month>/<int:version>/", views.edition, name="edition"),
    path("<slug:scope>/<slug:month>/<int:version>/report.<slug:kind>", views.file, name="file"),
    path("<slug:scope>/<slug:month>/<int:version>/write/<slug:measure>/", write_views.write, name="write"),
]
