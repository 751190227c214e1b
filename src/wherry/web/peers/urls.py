"""Addresses of peers."""

from __future__ import annotations

from django.urls import path

from wherry.web.peers import views

app_name = "peers"
urlpatterns = [
    path("", views.choose, name="choose"),
]
