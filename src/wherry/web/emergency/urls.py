"""Addresses of emergency department and ambulances."""

from __future__ import annotations

from django.urls import URLPattern, path

from wherry.web.emergency import now_views

app_name = "emergency"
urlpatterns: list[URLPattern] = [
    path("", now_views.now, name="now"),
    path("people/", now_views.people_list, name="people"),
    path("ambulances/", now_views.ambulances, name="ambulances"),
]
