"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class BedsConfig(AppConfig):
    """Bed state."""

    name = "wherry.web.beds"
    label = "wherry_beds"
    verbose_name = "Bed state"
