"""Addresses of the unplanned care hub."""

from __future__ import annotations

from django.urls import path

from wherry.web.unplanned import views

app_name = "unplanned"
urlpatterns = [
    path("", views.board, name="board"),
    path("call/<int:pk>/", views.call, name="call"),
    path("call/<int:pk>/<slug:act>/", views.act, name="act"),
    path("new/", views.new, name="new"),
    path("figures/", views.measures, name="measures"),
]
