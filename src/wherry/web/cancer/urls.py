"""Addresses of cancer."""

from __future__ import annotations

from django.urls import path

from wherry.web.cancer import views

app_name = "cancer"
urlpatterns = [
    path("", views.list, name="list"),
]
