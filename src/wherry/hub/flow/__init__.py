"""The history of flow: weeks of visits without identities, for forecasts."""

from __future__ import annotations

from wherry.hub.flow.store import LOAD_COMMAND, FlowHistory, current_id, history, load, open

__all__ = ["LOAD_COMMAND", "FlowHistory", "current_id", "history", "load", "open"]
