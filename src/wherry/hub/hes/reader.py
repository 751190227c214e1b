"""Reads files of hospital episode statistics into tables, and puts episodes together into spells."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pyarrow_compute

from wherry.errors import UserError
from wherry.hub.hes.convert import Problems, typed
from wherry.hub.hes.shapes import DATASETS, DATE, REAL, TEXT, WHOLE, Dataset
from wherry.hub.published import delimited
from wherry.hub.published.files import KEPT, Content, contents, refuse_cut, text
from wherry.hub.published.parsed import RAW_LENGTH, Quarantined, quarantine_table

pc: Any = pyarrow_compute


@dataclass
class HesRead:
    """What came of some files: a table a dataset, and for each file its rows read, published and quarantined."""

    tables: dict[str, pa.Table] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    quarantine: pa.Table = field(default_factory=lambda: quarantine_table("", []))
    findings: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def total(self, what: str) -> int:
        """Sum of `rows_read`, `rows_published` or `rows_quarantined` over the files."""
        return sum(int(one[what]) for one in self.files)


def read(
    paths: Sequence[Path], *, metadata: Sequence[Path] = (), on_file: Callable[[str], None] | None = None
) -> HesRead:
    """Read HES files (CSV or bar-separated, zipped or not). A file that is none is
    named in `refused`; if every one is, `UserError` is raised."""
    types = _types(metadata)
    found = HesRead()
    parts: dict[str, list[pa.Table]] = {}
    quarantined = [found.quarantine]
    for path in paths:
        if on_file is not None:
            on_file(path.name)
        try:
            for content in contents(path):
                dataset, table, bad, findings = _read(content, types)
                parts.setdefault(dataset.table, []).append(table)
                quarantined.append(quarantine_table(content.name, bad))
                found.files.append(
                    {
                        "file_name": content.name,
                        "sha256": content.sha256,
                        "table": dataset.table,
                        "rows_read": table.num_rows + len(bad),
                        "rows_published": table.num_rows,
                        "rows_quarantined": len(bad),
                    }
                )
                found.findings += [f"{content.name}: {words}" for words in findings]
        except UserError as error:
            found.refused.append(str(error))
    if not found.files and found.refused:
        raise UserError(" ".join(found.refused))
    found.tables = {name: pa.concat_tables(tables, promote_options="permissive") for name, tables in parts.items()}
    if "episode" in found.tables:
        found.tables["spell"] = spells(found.tables["episode"])
    found.quarantine = pa.concat_tables(quarantined)
    return found


def _types(metadata: Sequence[Path]) -> dict[str, str]:
    """Kinds of fields from metadata files (CSV on the Web), by field name."""
    kinds = {"integer": WHOLE, "decimal": REAL, "date": DATE}
    found: dict[str, str] = {}
    for path in metadata:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            for table in document["tables"]:
                for column in table["tableSchema"]["columns"]:
                    found[str(column["name"])] = kinds.get(str(column.get("datatype")), TEXT)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} is not metadata of tables ({error}). {KEPT}") from None
    return found


def _read(content: Content, types: Mapping[str, str]) -> tuple[Dataset, pa.Table, list[Quarantined], list[str]]:
    if content.workbook:
        raise UserError(f"{content.name} is a workbook; HES comes as delimited text. {KEPT}")
    body, findings = text(content)
    heading = body.partition("\n")[0].rstrip("\r")
    delimiter = "|" if heading.count("|") > heading.count(",") else ","
    fields = [name.strip().upper() for name in next(csv.reader([heading], delimiter=delimiter), [])]
    dataset = next((one for one in DATASETS if one.told_by <= set(fields)), None)
    if dataset is None:
        raise UserError(
            f"{content.name} is not HES as wherry reads it: its headings begin {', '.join(fields[:6])[:200]}. {KEPT} "
            "Expected admitted care (EPIKEY, EPISTART), outpatients (ATTENDKEY, APPTDATE) or A&E (AEKEY, ARRIVALDATE)."
        )
    if len(set(fields)) != len(fields):
        twice = [name for name, count in Counter(fields).items() if count > 1]
        raise UserError(f"{content.name} has columns twice: {', '.join(twice)[:200]}. {KEPT}")
    data = body.encode()
    if delimiter == ",":
        refuse_cut(content, data, len(fields))
    bad: list[Quarantined] = []
    raw, lines = delimited.columns(content, data, fields, 1, bad, delimiter=delimiter)
    table, problems, noted = typed(dataset, raw, types)
    _unkeyed(dataset, table, lines, problems)
    keep = [index not in problems for index in range(raw.num_rows)]
    for index, (code, words) in problems.items():
        row = delimiter.join(str(column[index].as_py()) for column in raw.columns)
        bad.append(Quarantined(lines[index].as_py(), code, words, row[:RAW_LENGTH]))
    size = raw.num_rows
    for name, values in (
        ("source", pa.array(["hes"] * size, pa.string())),
        ("load_id", pa.array([content.sha256[:16]] * size, pa.string())),
        ("file_name", pa.array([content.name] * size, pa.string())),
        ("source_row", lines),
    ):
        table = table.append_column(name, values)
    table = table.filter(pa.array(keep, pa.bool_()))
    return dataset, table, sorted(bad, key=lambda one: one.line), findings + noted


def _unkeyed(dataset: Dataset, table: pa.Table, lines: Any, problems: Problems) -> None:
    """Rows without a key or a person, or with a key that an earlier row has, are problems."""
    seen: dict[str, int] = {}
    keys, people = table[dataset.key].to_pylist(), table["person_pseudonym"].to_pylist()
    for index, (key, person) in enumerate(zip(keys, people, strict=True)):
        if index in problems:
            continue
        if key is None or person is None:
            problems[index] = ("no_key", f"{dataset.key if key is None else 'person_pseudonym'} is missing")
        elif key in seen:
            problems[index] = ("repeated_row", f"repeats {dataset.key} {key[:60]} of line {lines[seen[key]].as_py()}")
        else:
            seen[key] = index


def spells(episodes: pa.Table) -> pa.Table:
    """Episodes of one person at one provider with one admission date as one spell; without a date each stands alone."""
    known = pc.is_valid(episodes["admitted_on"])
    joined = pc.binary_join_element_wise(
        episodes["person_pseudonym"],
        pc.fill_null(episodes["provider"], ""),
        pc.fill_null(pc.if_else(known, pc.cast(episodes["admitted_on"], pa.string()), episodes["episode_key"]), ""),
        ":",
    )
    grouped = (
        episodes.append_column("spell_key", joined)
        .sort_by([("spell_key", "ascending"), ("episode_order", "ascending")])
        .group_by("spell_key", use_threads=False)
        .aggregate(
            [
                *((name, "first") for name in ("person_pseudonym", "provider", "admitted_on", "admission_method")),
                ("discharged_on", "max"),
                ("discharge_method", "last"),
                ("episode_key", "count"),
                ("age", "min"),
                ("sex", "first"),
            ]
        )
    )
    names = {"discharged_on_max": "discharged_on", "episode_key_count": "episodes", "age_min": "age"}
    return grouped.rename_columns(
        [names.get(name, name.removesuffix("_first").removesuffix("_last")) for name in grouped.column_names]
    )
