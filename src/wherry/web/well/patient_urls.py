"""Addresses that a patient uses for questions about health: nobody signs in there."""

from __future__ import annotations

from django.urls import path

from wherry.web.well import patient_views

app_name = "my_health"
urlpatterns = [
    path("", patient_views.start, name="start"),
    path("questions/", patient_views.topics, name="topics"),
    path("questions/<slug:name>/", patient_views.topic, name="topic"),
    path("check/", patient_views.check, name="check"),
    path("next/", patient_views.done, name="done"),
    path("follow-up/", patient_views.follow_up, name="follow_up"),
    path("leave/", patient_views.leave, name="leave"),
]
