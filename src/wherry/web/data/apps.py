"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class DataConfig(AppConfig):
    """Data."""

    name = "wherry.web.data"
    label = "wherry_data"
    verbose_name = "Data"
