"""Addresses of plans."""

from __future__ import annotations

from django.urls import path

from wherry.web.planning import scenario_views

app_name = "planning"
urlpatterns = [
    path("", scenario_views.scenarios, name="scenarios"),
]
