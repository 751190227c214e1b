"""Addresses of unplanned care hub."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "unplanned"
urlpatterns: list[URLPattern] = []
