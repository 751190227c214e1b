"""Addresses of elective work."""

from __future__ import annotations

from django.urls import path

from wherry.web.elective import views

app_name = "elective"
urlpatterns = [
    path("", views.aid, name="aid"),
    path("diagnostics/", views.diagnostics, name="diagnostics"),
    path("capacity/", views.capacity, name="capacity"),
]
