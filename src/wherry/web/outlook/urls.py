"""Addresses of the next days."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "outlook"
urlpatterns: list[URLPattern] = []
