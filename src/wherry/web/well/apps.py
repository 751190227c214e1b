"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class WellConfig(AppConfig):
    """Waiting well."""

    name = "wherry.web.well"
    label = "wherry_well"
    verbose_name = "Waiting well"
