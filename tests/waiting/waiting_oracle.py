"""The clock contract once more, in plain Python, slowly, one sentence of the contract at a time.

It shares nothing with the product: rows are dictionaries, an event is judged against a list of periods, and every
question ("which period is open?", "what was the provider then?") is answered by looking again at everything.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

COLUMNS = [
    "pathway_id",
    "event_date",
    "event_type",
    "rtt_status",
    "provider",
    "treatment_function",
    "first_activity",
    "dna_communicated",
]


def derive(events: list[dict[str, Any]], census: date) -> list[dict[str, Any]]:
    # A3.1
    numbered = [dict(event, row=row) for row, event in enumerate(events) if event["event_date"] <= census]
    # A3.2
    kept: list[dict[str, Any]] = []
    for event in numbered:
        twin = next((k for k in kept if all(k[c] == event[c] for c in COLUMNS)), None)
        if twin is None:
            kept.append(event)
        else:
            twin["repeated"] = True
    # A3.3, and A2's order of pathways
    result = []
    for pathway in sorted({event["pathway_id"] for event in kept}):
        own = sorted((e for e in kept if e["pathway_id"] == pathway), key=lambda e: (e["event_date"], e["row"]))
        result += [finish(period, own, census) for period in apply(own)]
    return result


def apply(own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A4 and A7."""
    periods: list[dict[str, Any]] = []
    orphans: set[str] = set()

    def create(**values: Any) -> dict[str, Any]:
        period = {"start": None, "stop": None, "stop_event": None, "start_event": None, "outcome": "open"} | values
        period["issues"] = set(orphans)
        orphans.clear()
        period["previous"] = periods[-1] if periods else None
        periods.append(period)
        return period

    for place, event in enumerate(own):
        status, when = event["rtt_status"], event["event_date"]
        if "cancellation" in event["event_type"] and status in {"30", "31", "32", "33", "34", "35", "36"}:
            status = ""
        running = [p for p in periods if p["outcome"] == "open"]
        assert len(running) <= 1
        touched = None
        issues = {"duplicate_event"} if event.get("repeated") else set()
        proved = event["dna_communicated"] == "yes" and event["first_activity"] == "yes"
        if status in {"10", "11", "12"}:
            if running:
                issues.add("two_starts")
                touched = running[0]
            else:
                touched = create(start=when, start_event=event)
        elif status in {"20", "21"}:
            if running:
                touched = running[0]
            elif not periods:
                touched = create()
                issues.add("no_start")
            else:
                issues.add("event_after_stop")
        elif status in {"30", "34", "35", "36", "31", "32"} or (status == "33" and proved):
            outcome = "nullified" if status == "33" else "stopped"
            if running:
                touched = running[0]
            elif periods:
                issues.add("event_after_stop")
            else:
                touched = create()
                issues.add("stop_without_start")
            if touched:
                touched.update(stop=when, stop_event=event, outcome=outcome, stop_place=place)
        elif status == "33":
            issues.add("dna_not_communicated")
        elif status in {"90", "91", "92", "98", ""}:
            pass
        elif status == "99":
            issues.add("status_99")
        else:
            issues.add("unknown_status")
        if touched is None and running:
            touched = running[0]
        if touched is None and periods:
            touched = periods[-1]
        if touched is None:
            orphans |= issues
        else:
            touched["issues"] |= issues
    return periods


def waited(period: dict[str, Any], census: date) -> int | None:
    if period["start"] is None or period["outcome"] == "nullified":
        return None
    return ((census if period["outcome"] == "open" else period["stop"]) - period["start"]).days


def credit(period: dict[str, Any], census: date) -> int:
    before = period["previous"]
    if period["start_event"] is None or period["start_event"]["rtt_status"] != "11":
        return 0
    if before is None or before["outcome"] != "stopped" or before["stop_event"]["rtt_status"] not in {"31", "32"}:
        return 0
    return (waited(before, census) or 0) + credit(before, census)


def finish(period: dict[str, Any], own: list[dict[str, Any]], census: date) -> dict[str, Any]:
    """A5 and A6."""
    seen = own if period["outcome"] == "open" else own[: period["stop_place"] + 1]
    latest = {}
    for column in ("provider", "treatment_function"):
        values = [event[column] for event in seen if event[column] != ""]
        latest[column] = values[-1] if values else None
    days = waited(period, census)
    band = None if days is None else 0 if days <= 7 else min(math.ceil(days / 7) - 1, 104)
    stop = period["stop_event"]
    admitted = None
    if period["outcome"] == "stopped":
        admitted = stop["event_type"] == "admission" and stop["rtt_status"] == "30"
    number = 1
    earlier = period["previous"]
    while earlier is not None:
        number, earlier = number + 1, earlier["previous"]
    start = period["start"]
    return {
        "pathway_id": own[0]["pathway_id"],
        "period": number,
        "clock_start": start,
        "clock_stop": period["stop"],
        "stop_status": stop["rtt_status"] if stop else None,
        "outcome": period["outcome"],
        "admitted": admitted,
        "days_waited": days,
        "week_band": band,
        **latest,
        "list_order_date": None if start is None else start - timedelta(days=credit(period, census)),
        "issues": ";".join(sorted(period["issues"])) or None,
        "start_row": period["start_event"]["row"] if period["start_event"] else None,
        "stop_row": stop["row"] if stop else None,
    }
