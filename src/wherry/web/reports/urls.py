"""Addresses of reports."""

from __future__ import annotations

from django.urls import path

from wherry.web.reports import views

app_name = "reports"
urlpatterns = [
    path("", views.listed, name="list"),
]
