"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    """Measures."""

    name = "wherry.web.measures"
    label = "wherry_measures"
    verbose_name = "Measures"
