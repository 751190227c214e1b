"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class ComponentsConfig(AppConfig):
    """Components."""

    name = "wherry.web.components"
    label = "wherry_components"
    verbose_name = "Components"
