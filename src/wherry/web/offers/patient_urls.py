"""Addresses that a patient uses: nobody signs in there."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "my"
urlpatterns: list[URLPattern] = []
