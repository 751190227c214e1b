"""Addresses of did it work."""

from __future__ import annotations

from django.urls import path

from wherry.web.evaluation import views

app_name = "evaluation"
urlpatterns = [
    path("", views.listed, name="list"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.one, name="one"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/act/", views.act, name="act"),
    path("<int:pk>/export.<str:kind>", views.export, name="export"),
]
