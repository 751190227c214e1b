"""What a row of the history of flow says: one visit without identity, for forecasts.

Moments in a file are ISO 8601 with an offset, or without one and then London time; in the table they are UTC.
"""

from __future__ import annotations

import pyarrow as pa

#: How a visit began. An `attendance` was not admitted; `emergency` was, by way of the department or not.
KINDS = ("attendance", "emergency", "elective", "transfer", "maternity")
AGE_BANDS = ("0-17", "18-39", "40-64", "65-74", "75-84", "85+")
MOMENTS = ("arrived_at", "decided_at", "admitted_at", "left_at", "ready_at")
_UTC: pa.DataType = pa.timestamp("s", tz="UTC")

#: One row a visit. Empty moments: it did not happen, or not yet. `arrived_at` is in the emergency department, empty for
#: those who never were in one; `decided_at` the decision to admit; `left_at` empty while the person is here; `ready_at`
#: when the criteria to reside were no longer met. `ward_group` and `specialty` (treatment function) are empty for
#: attendances; `booked_for` is the day for which an elective admission was planned; `acuity` 1 (now) to 5.
HISTORY = pa.schema(
    [
        ("site", pa.string()),
        ("kind", pa.string()),
        ("ed_type", pa.string()),
        ("acuity", pa.string()),
        ("arrived_at", _UTC),
        ("decided_at", _UTC),
        ("admitted_at", _UTC),
        ("ward_group", pa.string()),
        ("specialty", pa.string()),
        ("booked_for", pa.date32()),
        ("age_band", pa.string()),
        ("left_at", _UTC),
        ("ready_at", _UTC),
    ]
)
#: Columns that a file may leave out: it then says nothing of them.
OPTIONAL = ("acuity", "decided_at", "specialty", "booked_for", "age_band", "ready_at")
