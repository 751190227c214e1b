"""Addresses of sign-in, one's own account, people and the audit log."""

from __future__ import annotations

from django.urls import path

from wherry.web.access import views

app_name = "access"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("me/", views.me, name="me"),
    path("help/", views.help_page, name="help"),
    path("about/", views.about, name="about"),
    path("health/", views.health, name="health"),
]
