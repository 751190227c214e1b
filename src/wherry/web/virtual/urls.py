"""Addresses of virtual wards."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "virtual"
urlpatterns: list[URLPattern] = []
