"""Addresses of elective work."""

from __future__ import annotations

from django.urls import path

from wherry.web.elective import capacity_views, views

app_name = "elective"
urlpatterns = [
    path("", views.aid, name="aid"),
    path("diagnostics/", views.diagnostics, name="diagnostics"),
    path("capacity/", capacity_views.capacity, name="capacity"),
    path("capacity/weeks.csv", capacity_views.weeks_csv, name="capacity_weeks_csv"),
    path("capacity/use/", capacity_views.use, name="capacity_use"),
    path("capacity/use.csv", capacity_views.use_csv, name="capacity_use_csv"),
    path("capacity/sessions/", capacity_views.sessions, name="capacity_sessions"),
]
