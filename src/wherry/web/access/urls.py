"""Addresses of sign-in, one's own account, people and the audit log."""

from __future__ import annotations

from django.urls import path

from wherry.web.access import audit_views, people_views, views

app_name = "access"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("me/", views.me, name="me"),
    path("me/password/", views.password, name="password"),
    path("help/", views.help_page, name="help"),
    path("about/", views.about, name="about"),
    path("health/", views.health, name="health"),
    path("people/", people_views.people, name="people"),
    path("people/add/", people_views.add, name="person_add"),
    path("people/<int:pk>/", people_views.person, name="person"),
    path("people/<int:pk>/<slug:act>/", people_views.change, name="person_change"),
    path("audit/", audit_views.audit_log, name="audit"),
    path("audit/unusual/", audit_views.unusual, name="audit_unusual"),
    path("audit/export.csv", audit_views.export, name="audit_export"),
    path("audit/check/", audit_views.check, name="audit_check"),
]
