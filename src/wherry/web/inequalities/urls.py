"""Addresses of inequalities."""

from __future__ import annotations

from django.urls import path

from wherry.web.inequalities import views

app_name = "inequalities"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("core20plus5/", views.core20, name="core20plus5"),
    path("life-course/", views.life, name="life_course"),
    path("life-expectancy/", views.life_expectancy, name="life_expectancy"),
    path("measures/<slug:code>/", views.measure, name="measure"),
]
