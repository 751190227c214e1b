"""Addresses of did it work."""

from __future__ import annotations

from django.urls import path

from wherry.web.evaluation import views

app_name = "evaluation"
urlpatterns = [
    path("", views.listed, name="list"),
]
