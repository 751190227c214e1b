"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class ElectiveConfig(AppConfig):
    """Elective work."""

    name = "wherry.web.elective"
    label = "wherry_elective"
    verbose_name = "Elective work"
