"""Addresses of bed state."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "beds"
urlpatterns: list[URLPattern] = []
