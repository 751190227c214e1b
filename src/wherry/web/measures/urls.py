"""Addresses of measures."""

from __future__ import annotations

from django.urls import path

from wherry.web.measures import views

app_name = "measures"
urlpatterns = [
    path("", views.summary, name="summary"),
]
