"""A year of hospital activity without identities: what planning stands on.

One folder an organisation with up to four files (`admitted.csv`, `outpatient.csv`, `attendance.csv`,
`diagnostic.csv`; columns in `wherry.hub.activity.schema`), such as a trust makes from its returns, or artificial HES.
A row says what was done, where, and to a person of which age, sex and deprivation fifth; nothing says to whom.
"""

from __future__ import annotations

from wherry.hub.activity.store import LOAD_COMMAND, Activity, current_id, load, load_hes, open

__all__ = ["LOAD_COMMAND", "Activity", "current_id", "load", "load_hes", "open"]
