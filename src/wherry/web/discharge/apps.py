"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class DischargeConfig(AppConfig):
    """Leaving hospital."""

    name = "wherry.web.discharge"
    label = "wherry_discharge"
    verbose_name = "Leaving hospital"
