"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """Control room."""

    name = "wherry.web.home"
    label = "wherry_home"
    verbose_name = "Control room"
