"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class UnplannedConfig(AppConfig):
    """Unplanned care hub."""

    name = "wherry.web.unplanned"
    label = "wherry_unplanned"
    verbose_name = "Unplanned care hub"
