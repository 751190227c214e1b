"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class OutlookConfig(AppConfig):
    """The next days."""

    name = "wherry.web.outlook"
    label = "wherry_outlook"
    verbose_name = "The next days"
