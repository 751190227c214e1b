"""Addresses of elective work."""

from __future__ import annotations

from django.urls import path

from wherry.web.elective import aid_views, capacity_views, diagnostics_views, whatif_views

app_name = "elective"
urlpatterns = [
    path("", aid_views.runs, name="aid"),
    path("aid/new/", aid_views.new, name="aid_new"),
    path("aid/<int:run_id>/", aid_views.run_page, name="aid_run"),
    path("aid/<int:run_id>/status/", aid_views.status, name="aid_status"),
    path("aid/<int:run_id>/again/", aid_views.again, name="aid_again"),
    path("aid/<int:run_id>/moves/", aid_views.moves, name="aid_moves"),
    path("aid/<int:run_id>/moves.csv", aid_views.moves_csv, name="aid_moves_csv"),
    path("aid/<int:run_id>/send/", aid_views.send, name="aid_send"),
    path("diagnostics/", diagnostics_views.diagnostics, name="diagnostics"),
    path("diagnostics/people/", diagnostics_views.people, name="diagnostics_people"),
    path("diagnostics/people.csv", diagnostics_views.people_csv, name="diagnostics_csv"),
    path("capacity/", capacity_views.capacity, name="capacity"),
    path("capacity/weeks.csv", capacity_views.weeks_csv, name="capacity_weeks_csv"),
    path("capacity/use/", capacity_views.use, name="capacity_use"),
    path("capacity/use.csv", capacity_views.use_csv, name="capacity_use_csv"),
    path("capacity/sessions/", capacity_views.sessions, name="capacity_sessions"),
    path("what-if/", whatif_views.what_if, name="what_if"),
    path("what-if/status/", whatif_views.status, name="what_if_status"),
    path("what-if/weeks.csv", whatif_views.weeks_csv, name="what_if_csv"),
]
