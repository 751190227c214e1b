"""Addresses of waiting well."""

from __future__ import annotations

from django.urls import path

import wherry.web.waiting.urls  # noqa: F401 - registers how pathway keys stand in addresses
from wherry.web.well import ask_views, follow_views, request_views, result_views, risk_views, task_views

app_name = "well"
urlpatterns = [
    path("", risk_views.risks, name="risks"),
    path("risks.csv", risk_views.risks_csv, name="risks_csv"),
    path("person/<pathwaykey:key>/", risk_views.person, name="person"),
    path("person/<pathwaykey:key>/review/", risk_views.review, name="review"),
    path("person/<pathwaykey:key>/undo/", risk_views.undo_review, name="undo_review"),
    path("harm/", risk_views.due, name="due"),
    path("to-do/", task_views.tasks, name="tasks"),
    path("to-do/<int:pk>/", task_views.finish, name="finish"),
    path("ask/", ask_views.ask, name="ask"),
    path("ask/invite/", ask_views.invite, name="invite"),
    path("ask/<int:pk>/", ask_views.form, name="form"),
    path("ask/<int:pk>/send/", ask_views.submit, name="submit"),
    path("ask/<int:pk>/close/", ask_views.close, name="close"),
    path("ask/<int:pk>/code/", ask_views.code, name="code"),
    path("ask/<int:pk>/<slug:code>/", ask_views.topic, name="topic"),
    path("answered/", result_views.results, name="results"),
    path("answered/<int:pk>/", result_views.result, name="result"),
    path("answered/<int:pk>/decide/", result_views.decide, name="decide"),
    path("answered/<int:pk>/undo/", result_views.undo, name="undo"),
    path("follow-ups/", follow_views.follow_ups, name="follow_ups"),
    path("follow-ups/late.csv", follow_views.export, name="follow_ups_csv"),
    path("follow-ups/to-record.csv", follow_views.to_record, name="to_record"),
    path("follow-ups/one/<pathwaykey:key>/", follow_views.follow_up, name="follow_up"),
    path("follow-ups/one/<pathwaykey:key>/agree/", follow_views.agree, name="agree"),
    path("follow-ups/one/<pathwaykey:key>/undo/", follow_views.undo_agreement, name="undo_agreement"),
    path("requests/", request_views.requests, name="requests"),
    path("requests/<int:pk>/", request_views.one, name="request"),
    path("requests/<int:pk>/answer/", request_views.answer, name="answer"),
    path("requests/<int:pk>/undo/", request_views.undo, name="undo_answer"),
    path("record/", request_views.find, name="find"),
    path("record/<pathwaykey:key>/", request_views.record, name="record"),
    path("record/<pathwaykey:key>/code/", request_views.code, name="follow_up_code"),
]
