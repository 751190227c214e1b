"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class EmergencyConfig(AppConfig):
    """Emergency department and ambulances."""

    name = "wherry.web.emergency"
    label = "wherry_emergency"
    verbose_name = "Emergency department and ambulances"
