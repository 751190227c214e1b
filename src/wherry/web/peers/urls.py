"""Addresses of peers."""

from __future__ import annotations

from django.urls import path

from wherry.web.peers import act_views, views

app_name = "peers"
urlpatterns = [
    path("", views.choose, name="choose"),
    path("measure/<slug:code>/", views.measure, name="measure"),
    path("table.<slug:form>", views.table, name="table"),
    path("case/", views.case, name="case"),
    path("choices/", act_views.choices, name="choices"),
    path("act/", act_views.act, name="act"),
]
