"""Addresses of waiting well."""

from __future__ import annotations

from django.urls import path

from wherry.web.well import views

app_name = "well"
urlpatterns = [
    path("", views.risks, name="risks"),
]
