"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """People, roles and the audit log."""

    name = "wherry.web.access"
    label = "wherry_access"
    verbose_name = "Access"
