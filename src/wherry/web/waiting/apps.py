"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class WaitingConfig(AppConfig):
    """Waiting list."""

    name = "wherry.web.waiting"
    label = "wherry_waiting"
    verbose_name = "Waiting list"
