"""App configuration."""

from __future__ import annotations

from django.apps import AppConfig


class PeersConfig(AppConfig):
    """Peers."""

    name = "wherry.web.peers"
    label = "wherry_peers"
    verbose_name = "Peers"
