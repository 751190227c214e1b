"""Addresses of emergency department and ambulances."""

from __future__ import annotations

from django.urls import URLPattern, path

from wherry.web.emergency import level_views, now_views, trend_views

app_name = "emergency"
urlpatterns: list[URLPattern] = [
    path("", now_views.now, name="now"),
    path("people/", now_views.people_list, name="people"),
    path("ambulances/", now_views.ambulances, name="ambulances"),
    path("trend/", trend_views.trend, name="trend"),
    path("escalation/", level_views.escalation, name="escalation"),
    path("escalation/act/", level_views.act, name="act"),
    path("escalation/versions/", level_views.versions, name="versions"),
]
