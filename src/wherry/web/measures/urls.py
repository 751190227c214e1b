"""Addresses of measures."""

from __future__ import annotations

from django.urls import path

from wherry.web.measures import act_views, load_views, measure_views, views

app_name = "measures"
urlpatterns = [
    path("", views.summary, name="summary"),
    path("measure/<slug:code>/", measure_views.measure, name="measure"),
    path("measure/<slug:code>/figures.<slug:kind>", measure_views.download, name="download"),
    path("measure/<slug:code>/note/", act_views.note, name="note"),
    path("measure/<slug:code>/baseline/", act_views.baseline, name="baseline"),
    path("load/", load_views.load, name="load"),
]
