"""The next days: how many beds will be filled, hour by hour, as distributions that are scored against what happened.

from wherry.flow import forecast
from wherry.hub import flow as history

past = forecast.read(history.history())
model = forecast.fit(past)
found = forecast.expect(model, forecast.position(model, past, as_at))
"""

from __future__ import annotations

from wherry.flow.forecast.model import Model, Position, fit, position
from wherry.flow.forecast.outlook import Outlook, Unit, expect
from wherry.flow.forecast.past import Past, read

__all__ = ["Model", "Outlook", "Past", "Position", "Unit", "expect", "fit", "position", "read"]
