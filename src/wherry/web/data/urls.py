"""Addresses of the data screens."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "data"
urlpatterns: list[URLPattern] = []
