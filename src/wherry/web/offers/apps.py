"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class OffersConfig(AppConfig):
    """Offers."""

    name = "wherry.web.offers"
    label = "wherry_offers"
    verbose_name = "Offers"
