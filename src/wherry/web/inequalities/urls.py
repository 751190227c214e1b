"""Addresses of inequalities."""

from __future__ import annotations

from django.urls import path

from wherry.web.inequalities import views

app_name = "inequalities"
urlpatterns = [
    path("", views.overview, name="overview"),
]
