"""Addresses of plans."""

from __future__ import annotations

from django.urls import path

from wherry.web.planning import compare_views, download_views, run_views, scenario_views

app_name = "planning"
urlpatterns = [
    path("", scenario_views.scenarios, name="scenarios"),
    path("scenario/<slug:slug>/run/", run_views.start, name="run_start"),
    path("run/<int:pk>/", run_views.run, name="run"),
    path("run/<int:pk>/status/", run_views.status, name="run_status"),
    path("run/<int:pk>/answers.xlsx", download_views.workbook, name="run_workbook"),
    path("run/<int:pk>/tables.zip", download_views.tables, name="run_tables"),
    path("run/<int:pk>/table.csv", download_views.table, name="run_table"),
    path("compare/", compare_views.compare, name="compare"),
]
