"""Addresses of the live feed."""

from __future__ import annotations

from django.urls import path

from wherry.web.feed import views

app_name = "feed"
urlpatterns = [
    path("", views.status, name="status"),
    path("queue/", views.queue, name="queue"),
    path("queue/<int:pk>/", views.message, name="message"),
    path("queue/<int:pk>/act/", views.act, name="act"),
    path("sender/<int:pk>/", views.watch, name="watch"),
]
