"""Addresses of cancer."""

from __future__ import annotations

from django.urls import path, register_converter

from wherry.web.cancer import list_views, patient_views, performance_views
from wherry.web.waiting.keys import KeyConverter


class CancerKeyConverter(KeyConverter):
    """The path converter for cancer pathways' keys."""


register_converter(CancerKeyConverter, "cancerkey")

app_name = "cancer"
urlpatterns = [
    path("", list_views.cancer_list, name="list"),
    path("export.csv", list_views.export_csv, name="export_csv"),
    path("performance/", performance_views.performance, name="performance"),
    path("patient/<cancerkey:key>/", patient_views.show, name="patient"),
    path("patient/<cancerkey:key>/comment/", patient_views.comment, name="comment"),
    path("patient/<cancerkey:key>/action/", patient_views.plan, name="plan"),
    path("patient/<cancerkey:key>/done/", patient_views.done, name="done"),
    path("patient/<cancerkey:key>/chase/", patient_views.chase, name="chase"),
    path("patient/<cancerkey:key>/escalate/", patient_views.escalate, name="escalate"),
    path("patient/<cancerkey:key>/transfer/", patient_views.transfer, name="transfer"),
    path("patient/<cancerkey:key>/harm-review/", patient_views.review_harm, name="review_harm"),
    path("patient/<cancerkey:key>/undo/", patient_views.undo, name="undo"),
]
