"""Addresses of the control room."""

from __future__ import annotations

from django.urls import path

from wherry.web.home import views

app_name = "home"
urlpatterns = [
    path("", views.control_room, name="control_room"),
    path("measures/<slug:code>/", views.measure, name="measure"),
]
