"""Addresses of leaving hospital."""

from __future__ import annotations

from django.urls import path

from wherry.web.discharge import (
    list_views,
    metric_views,
    mine_views,
    patient_views,
    review_views,
    rota_views,
    round_views,
)

app_name = "discharge"
urlpatterns = [
    path("", list_views.discharge_list, name="list"),
    path("export/", list_views.export, name="export"),
    path("rules/", list_views.rules, name="rules"),
    path("round/", round_views.board_round, name="round"),
    path("reviews/", review_views.reviews, name="reviews"),
    path("measures/", metric_views.metrics, name="metrics"),
    path("rota/", rota_views.rota, name="rota"),
    path("escalated/", rota_views.escalated, name="escalations"),
    path("mine/", mine_views.mine, name="mine"),
    path("mine/export/", mine_views.mine_export, name="mine_export"),
    path("mine/<int:pk>/", mine_views.mine_patient, name="mine_patient"),
    path("patients/<path:key>/", patient_views.patient, name="patient"),
]
