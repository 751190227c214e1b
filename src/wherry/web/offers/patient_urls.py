"""Addresses that a patient uses: nobody signs in there."""

from __future__ import annotations

from django.urls import path

from wherry.web.offers import my_move_views, my_views

app_name = "my"
urlpatterns = [
    path("", my_views.start, name="start"),
    path("offer/", my_views.offer, name="offer"),
    path("offer/answer/", my_views.choose, name="choose"),
    path("offer/answer/check/", my_views.confirm, name="confirm"),
    path("offer/next/", my_views.done, name="done"),
    path("move/", my_move_views.move, name="move"),
    path("move/where/", my_move_views.where, name="where"),
    path("move/how-far/", my_move_views.far, name="far"),
    path("move/check/", my_move_views.check, name="check"),
    path("move/next/", my_move_views.done, name="move_done"),
    path("what-we-use/", my_views.data, name="data"),
    path("leave/", my_views.leave, name="leave"),
]
