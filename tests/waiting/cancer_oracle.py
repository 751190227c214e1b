"""Contract B once more, in plain Python, one row and one sentence at a time. It shares nothing with the product."""

from __future__ import annotations

import re
from datetime import date

COLUMNS = [
    "pathway_id",
    "route",
    "receipt_date",
    "upgrade_date",
    "first_seen_adjustment_days",
    "informed_date",
    "fds_end_reason",
    "fds_exclusion",
    "dtt_date",
    "ecad_date",
    "treatment_date",
    "treatment_adjustment_days",
    "treatment_order",
]
Row = dict[str, str]


def derive(rows: list[Row], census: str) -> list[Row]:
    """B2: one output row per input row, sorted by pathway_id as text. B1: a date later than D: refused with its row."""
    kept = []
    for row in rows:
        written = [value for name, value in row.items() if name.endswith("_date") and value != ""]
        if all(day(value) <= day(census) for value in written):
            kept.append(row)
    made = []
    for row in kept:
        fds_wait, fds_status = fds(row, census)
        d31_wait, d31_status = thirty_one(row, census)
        d62_wait, d62_status = sixty_two(row, census)
        made.append(
            {
                "pathway_id": row["pathway_id"],
                "fds_wait": fds_wait,
                "fds_status": fds_status,
                "d31_wait": d31_wait,
                "d31_status": d31_status,
                "d62_wait": d62_wait,
                "d62_status": d62_status,
            }
        )
    made.sort(key=lambda row: [ord(letter) for letter in row["pathway_id"]])
    return made


def day(text: str) -> date:
    year, month, number = map(int, re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text).groups())  # type: ignore[union-attr]
    return date(year, month, number)


def fds(row: Row, census: str) -> tuple[str, str]:
    if row["route"] not in ("usc", "breast_symptomatic", "screening"):
        return "", "not_applicable"
    if row["receipt_date"] == "":
        return "", "not_applicable"
    if row["fds_exclusion"] == "yes":
        return "", "excluded"
    return by_limit(row["receipt_date"], row["informed_date"], [row["first_seen_adjustment_days"]], 28, census)


def thirty_one(row: Row, census: str) -> tuple[str, str]:
    start = row["dtt_date"]
    if row["treatment_order"] == "subsequent" and row["ecad_date"] != "":
        start = row["ecad_date"]
    if start == "":
        return "", "not_applicable"
    return by_limit(start, row["treatment_date"], [row["treatment_adjustment_days"]], 31, census)


def sixty_two(row: Row, census: str) -> tuple[str, str]:
    if row["treatment_order"] == "subsequent":
        return "", "not_applicable"
    if row["route"] == "other":
        return "", "not_applicable"
    start = row["upgrade_date"] if row["route"] == "upgrade" else row["receipt_date"]
    if start == "":
        return "", "not_applicable"
    if row["fds_end_reason"] == "ruled_out":
        return "", "not_applicable"
    less = [row["first_seen_adjustment_days"], row["treatment_adjustment_days"]]
    return by_limit(start, row["treatment_date"], less, 62, census)


def by_limit(start: str, end: str, adjustments: list[str], limit: int, census: str) -> tuple[str, str]:
    has_end = end != ""
    wait = (day(end if has_end else census) - day(start)).days
    for adjustment in adjustments:
        if adjustment != "":
            wait = wait - int(adjustment)
    if has_end:
        return str(wait), "met" if wait <= limit else "breached"
    return str(wait), "open_within" if wait <= limit else "open_overdue"
