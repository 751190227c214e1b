"""Waiting: referral-to-treatment clocks, the patient tracking list, and what is doubtful about either.

Rules are pure functions over tables. Three lines from a notebook:

>>> import datetime, pyarrow as pa
>>> from wherry.waiting import clocks
>>> events = pa.table({"pathway_id": ["A"], "event_date": [datetime.date(2026, 1, 5)], "event_type": ["attendance"],
...                    "rtt_status": ["10"]})
>>> clocks.derive(events, datetime.date(2026, 1, 31)).column("days_waited").to_pylist()
[26]
"""
