"""Addresses of bed state."""

from __future__ import annotations

from django.urls import path

from wherry.web.beds import act_views, history_views, views

app_name = "beds"
urlpatterns = [
    path("", views.state, name="state"),
    path("export/", history_views.export, name="export"),
    path("history/", history_views.history, name="history"),
    path("place/", act_views.place, name="place"),
    path("hold/", act_views.hold, name="hold"),
    path("act/", act_views.act, name="act"),
    path("<str:site>/<str:ward>/", views.ward, name="ward"),
    path("<str:site>/<str:ward>/<str:bay>/<int:number>/", act_views.bed, name="bed"),
]
