"""Addresses of offers."""

from __future__ import annotations

from django.urls import path

from wherry.web.offers import views

app_name = "offers"
urlpatterns = [
    path("", views.worklist, name="worklist"),
]
