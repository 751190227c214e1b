"""Addresses of elective work."""

from __future__ import annotations

from django.urls import path

from wherry.web.elective import capacity_views, diagnostics_views, views

app_name = "elective"
urlpatterns = [
    path("", views.aid, name="aid"),
    path("diagnostics/", diagnostics_views.diagnostics, name="diagnostics"),
    path("diagnostics/people/", diagnostics_views.people, name="diagnostics_people"),
    path("diagnostics/people.csv", diagnostics_views.people_csv, name="diagnostics_csv"),
    path("capacity/", capacity_views.capacity, name="capacity"),
    path("capacity/weeks.csv", capacity_views.weeks_csv, name="capacity_weeks_csv"),
    path("capacity/use/", capacity_views.use, name="capacity_use"),
    path("capacity/use.csv", capacity_views.use_csv, name="capacity_use_csv"),
    path("capacity/sessions/", capacity_views.sessions, name="capacity_sessions"),
]
