"""Addresses of virtual wards."""

from __future__ import annotations

from django.urls import path

from wherry.web.virtual import measure_views, patient_views, reading_views, referral_views, views

app_name = "virtual"
urlpatterns = [
    path("", views.board, name="board"),
    path("referrals/", referral_views.queue, name="referrals"),
    path("refer/", referral_views.refer, name="refer"),
    path("referrals/<int:pk>/", referral_views.show, name="referral"),
    path("referrals/<int:pk>/act/", referral_views.act, name="referral_act"),
    path("patient/<int:pk>/", patient_views.show, name="patient"),
    path("patient/<int:pk>/act/", patient_views.act, name="act"),
    path("readings/", reading_views.waiting, name="readings"),
    path("readings/<int:pk>/act/", reading_views.act, name="reading_act"),
    path("measures/", measure_views.show, name="measures"),
    path("measures/set/", measure_views.set_up, name="set_up"),
]
