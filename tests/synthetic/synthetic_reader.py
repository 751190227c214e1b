"""Reads an extract by its source template with the csv module alone: shares nothing with what wrote it."""

from __future__ import annotations

import csv
import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

STRPTIME = {"YYYY-MM-DD": "%Y-%m-%d", "DD/MM/YYYY": "%d/%m/%Y", "DD-MON-YYYY": "%d-%b-%Y"}
DATES = {"birth_date", "death_date", "referral_received_on", "referral_closed_on", "event_on", "added_on", "due_on"}
DATES |= {"priority_reviewed_on", "tci_on", "removed_on", "last_validated_on", "booked_for"}
DATES |= {"session_on", "observed_on", "arrived_on", "last_seen_on", "latest_on", "open_until", "closed_on"}
DATES |= {"requested_on", "clock_start_on", "planned_due_on", "performed_on", "reported_on", "planned_for", "done_on"}
DATES |= {"receipt_date", "upgrade_date", "first_seen_on", "informed_date", "mdt_on", "dtt_date", "ecad_date"}
DATES |= {"treatment_booked_for", "treatment_date", "transferred_on"}
FLAGS = {"first_activity", "dna_communicated", "admitted", "planned", "fds_exclusion"}
WHOLE = {"planned_minutes", "planned_slots", "booked_minutes", "booked_slots", "from_minute", "to_minute"}
WHOLE |= {"miles_willing", "first_seen_adjustment_days", "treatment_adjustment_days"}


@dataclass
class Extract:
    """One file: its source, feed, day, and rows in the words of the feed. A row that cannot be read is kept by line."""

    source: str
    feed: str
    day: date
    rows: list[dict[str, Any]]
    unreadable: dict[int, str]


def templates(folder: Path) -> list[dict[str, Any]]:
    return [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))]


def read(path: Path, known: list[dict[str, Any]]) -> Extract:
    """Read one file by the one template that its name fits; raises where header, encoding or delimiter do not fit."""
    fits = [template for template in known if re.fullmatch(template["file"]["name"], path.name)]
    assert len(fits) == 1, f"{path.name} fits {len(fits)} templates"
    template = fits[0]
    match = re.fullmatch(template["file"]["name"], path.name)
    assert match is not None
    day = datetime.strptime(match["date"], template["file"]["name_date"]).date()  # noqa: DTZ007
    raw = path.read_bytes()
    encoding = template["file"]["encoding"]
    text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    assert "\r" not in text
    lines = list(csv.reader(text.splitlines(), delimiter=template["file"]["delimiter"]))
    assert lines[0] == list(template["columns"].values())
    rows, unreadable = [], {}
    for number, fields in enumerate(lines[1:], start=2):
        try:
            rows.append(_row(fields, template) | {"line": number})
        except ValueError as error:
            unreadable[number] = str(error)
    return Extract(template["source"], template["feed"], day, rows, unreadable)


def _row(fields: list[str], template: dict[str, Any]) -> dict[str, Any]:
    columns = list(template["columns"])
    if len(fields) != len(columns):
        raise ValueError("cut_line")
    row: dict[str, Any] = {}
    for column, value in zip(columns, fields, strict=True):
        codes = template.get("codes", {}).get(column)
        if value == "":
            row[column] = None
        elif column in DATES:
            try:
                row[column] = datetime.strptime(value, STRPTIME[template["values"]["date"]]).date()  # noqa: DTZ007
            except ValueError:
                raise ValueError("bad_date") from None
        elif column in FLAGS:
            row[column] = {template["values"]["true"]: True, template["values"]["false"]: False}[value]
        elif column in WHOLE:
            row[column] = int(value)
        elif codes is not None and value not in codes:
            raise ValueError(f"unknown_{column}")
        else:
            row[column] = codes[value] if codes is not None else value
    if row[columns[0]] is None:
        raise ValueError("missing_key")
    return row


def read_all(extracts: Path, template_folder: Path) -> dict[tuple[str, str], Extract]:
    known = templates(template_folder)
    found = [read(path, known) for path in sorted(extracts.rglob("*")) if path.is_file()]
    return {(extract.source, extract.feed): extract for extract in found}


@dataclass(frozen=True)
class Written:
    """What was written, and what was read back."""

    folder: Path
    manifest: dict[str, Any]
    feeds: dict[tuple[str, str], Extract]

    def truth(self, name: str) -> pa.Table:
        return pq.read_table(self.folder / "truth" / f"{name}.parquet")

    def rows(self, feed: str) -> list[dict[str, Any]]:
        """The readable rows of a feed of every trust, each with its source."""
        return [
            row | {"source": source}
            for (source, name), extract in self.feeds.items()
            if name == feed
            for row in extract.rows
        ]

    def dirty(self, kind: str) -> set[tuple[str, str]]:
        """(source, key) of the dirty rows of one kind."""
        rows = self.truth("dirty_rows").to_pylist()
        return {(row["source"], row["key"]) for row in rows if row["kind"] == kind}
