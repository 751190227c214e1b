"""Addresses of the waiting list."""

from __future__ import annotations

from django.urls import path, re_path, register_converter

from wherry.web.waiting import list_views, pathway_views, validation_views
from wherry.web.waiting.keys import KeyConverter

register_converter(KeyConverter, "pathwaykey")

app_name = "waiting"
urlpatterns = [
    path("", list_views.waiting_list, name="list"),
    path("export.csv", list_views.export_csv, name="export_csv"),
    path("export.xlsx", list_views.export_excel, name="export_excel"),
    path("views/", list_views.views, name="views"),
    path("views/save/", list_views.save_view, name="save_view"),
    re_path(
        r"^views/(?P<view_id>\d{1,9})/(?P<act>rename|delete|restore)/$", list_views.change_view, name="change_view"
    ),
    path("pathway/<pathwaykey:key>/", pathway_views.show, name="pathway"),
    path("pathway/<pathwaykey:key>/note/", pathway_views.add_note, name="add_note"),
    path("pathway/<pathwaykey:key>/undo/", pathway_views.undo, name="undo"),
    path("validation/", validation_views.queue, name="validation"),
    path("validation/next/", validation_views.next_case, name="next_case"),
    path("validation/together/", validation_views.bulk, name="bulk"),
    path("validation/together/confirm/", validation_views.confirm_all, name="confirm_all"),
    path("validation/corrections.csv", validation_views.worklist_csv, name="worklist"),
    path("validation/case/<pathwaykey:key>/", validation_views.validate, name="validate"),
    path("validation/case/<pathwaykey:key>/decide/", validation_views.decide, name="decide"),
    path("clinical/", validation_views.clinical, name="clinical"),
    path("clinical/<pathwaykey:key>/", validation_views.clinical_case, name="clinical_case"),
    path("clinical/<pathwaykey:key>/decide/", validation_views.decide_clinically, name="decide_clinically"),
]
