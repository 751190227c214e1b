"""Addresses of the live feed."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "feed"
urlpatterns: list[URLPattern] = []
