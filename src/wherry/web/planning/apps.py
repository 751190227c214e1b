"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    """Plans."""

    name = "wherry.web.planning"
    label = "wherry_planning"
    verbose_name = "Plans"
