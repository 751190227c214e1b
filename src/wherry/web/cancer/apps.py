"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class CancerConfig(AppConfig):
    """Cancer."""

    name = "wherry.web.cancer"
    label = "wherry_cancer"
    verbose_name = "Cancer"
