"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Reports."""

    name = "wherry.web.reports"
    label = "wherry_reports"
    verbose_name = "Reports"
