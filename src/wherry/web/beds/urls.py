"""Addresses of bed state."""

from __future__ import annotations

from django.urls import path

from wherry.web.beds import views

app_name = "beds"
urlpatterns = [
    path("", views.state, name="state"),
    path("<str:site>/<str:ward>/", views.ward, name="ward"),
]
