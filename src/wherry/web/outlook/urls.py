"""Addresses of the next days."""

from __future__ import annotations

from django.urls import path

from wherry.web.outlook import views

app_name = "outlook"
urlpatterns = [
    path("", views.next_days, name="next_days"),
    path("months/", views.months, name="months"),
    path("ask/", views.ask, name="ask"),
]
