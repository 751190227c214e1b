"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class InequalitiesConfig(AppConfig):
    """Inequalities."""

    name = "wherry.web.inequalities"
    label = "wherry_inequalities"
    verbose_name = "Inequalities"
