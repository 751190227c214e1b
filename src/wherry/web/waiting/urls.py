"""Addresses of the waiting list."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "waiting"
urlpatterns: list[URLPattern] = []
