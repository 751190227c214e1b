"""Addresses of the data screens."""

from __future__ import annotations

from django.urls import path

from wherry.web.data import finding_views, published_views, views

app_name = "data"
urlpatterns = [
    path("", views.sources, name="sources"),
    path("quarantine/", views.quarantine, name="quarantine"),
    path("loads/", views.loads, name="loads"),
    path("findings/<slug:rule>/", finding_views.findings, name="findings"),
    path("findings/<slug:rule>/csv/", finding_views.findings_csv, name="findings_csv"),
    path("links/", views.links, name="links"),
    path("links/pair/", views.link, name="link"),
    path("published/", published_views.position, name="published"),
]
