"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class FeedConfig(AppConfig):
    """The live feed."""

    name = "wherry.web.feed"
    label = "wherry_feed"
    verbose_name = "The live feed"
