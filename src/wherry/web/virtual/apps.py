"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class VirtualConfig(AppConfig):
    """Virtual wards."""

    name = "wherry.web.virtual"
    label = "wherry_virtual"
    verbose_name = "Virtual wards"
