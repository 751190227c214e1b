"""Addresses of leaving hospital."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "discharge"
urlpatterns: list[URLPattern] = []
