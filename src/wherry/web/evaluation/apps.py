"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    """Did it work."""

    name = "wherry.web.evaluation"
    label = "wherry_evaluation"
    verbose_name = "Did it work"
