"""Addresses of plans."""

from __future__ import annotations

from django.urls import path

from wherry.web.planning import (
    baseline_views,
    beds_views,
    compare_views,
    download_views,
    edit_views,
    published_views,
    run_views,
    scenario_views,
)

app_name = "planning"
urlpatterns = [
    path("", scenario_views.scenarios, name="scenarios"),
    path("scenario/<slug:slug>/", scenario_views.scenario, name="scenario"),
    path("scenario/<slug:slug>/text.toml", scenario_views.text, name="text"),
    path("scenario/<slug:slug>/changes/", scenario_views.changes, name="changes"),
    path("scenario/<slug:slug>/edit/", edit_views.edit, name="edit"),
    path("scenario/<slug:slug>/save/", edit_views.save, name="save"),
    path("scenario/<slug:slug>/run/", run_views.start, name="run_start"),
    path("run/<int:pk>/", run_views.run, name="run"),
    path("run/<int:pk>/status/", run_views.status, name="run_status"),
    path("run/<int:pk>/answers.xlsx", download_views.workbook, name="run_workbook"),
    path("run/<int:pk>/tables.zip", download_views.tables, name="run_tables"),
    path("run/<int:pk>/table.csv", download_views.table, name="run_table"),
    path("beds/", beds_views.beds, name="beds"),
    path("beds/run/", beds_views.ask, name="beds_ask"),
    path("beds/<int:pk>/", beds_views.run, name="beds_run"),
    path("beds/<int:pk>/status/", beds_views.status, name="beds_status"),
    path("published/", published_views.published, name="published"),
    path("published/compare/", published_views.compare, name="published_compare"),
    path("published/status/", published_views.status, name="published_status"),
    path("baseline/", baseline_views.baseline, name="baseline"),
    path("compare/", compare_views.compare, name="compare"),
]
