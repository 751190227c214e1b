"""Reads FHIR R4 files into typed tables: every resource is published or quarantined, and none is lost or fatal."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from wherry.hub.fhir.build import BATCH, RAW_LENGTH, Builder, Refused
from wherry.hub.fhir.containers import Document, documents, opened
from wherry.hub.fhir.extract import EXTRACT, Resource, anything, components
from wherry.hub.fhir.shapes import COMPONENT, RESOURCE, RESOURCE_TYPES, TYPED
from wherry.hub.fhir.validate import Sample, Validation


@dataclass(frozen=True)
class FhirRead:
    """What came of some files. `rows_read` counts resources, and documents or lines that were none."""

    tables: dict[str, pa.Table]
    rows_read: int
    refused: list[Refused]
    by_type: dict[str, int]
    files: dict[str, str] = field(default_factory=dict)
    validation: Validation | None = None

    @property
    def rows_published(self) -> int:
        """Resources that reached the tables; each has one row in `resource`."""
        return self.tables["resource"].num_rows

    @property
    def rows_quarantined(self) -> int:
        """Resources, documents or lines that did not."""
        return len(self.refused)


def read(
    paths: Sequence[Path],
    *,
    source: str = "fhir",
    sample: int = 0,
    on_file: Callable[[str], None] | None = None,
) -> FhirRead:
    """Read bundles, single resources and NDJSON, packed or not; `sample` resources are validated, where that is
    possible.

    Raises `UserError` only if a file does not exist: everything else that is wrong is quarantined with file and row.
    """
    builder = Builder()
    reader = _Reader(builder, Sample(sample))
    files: dict[str, str] = {}
    collecting = gc.isenabled()
    gc.disable()
    try:
        for path in _files(paths):
            if on_file is not None:
                on_file(path.name)
            file, digest = opened(path)
            files[path.name] = digest
            reader.source, reader.load_id = source, digest[:16]
            with file:
                for document in documents(path.name, file):
                    reader.document(document)
                    builder.flush(least=BATCH)
    finally:
        if collecting:
            gc.enable()
    tables = builder.tables()
    by_type = dict(Counter(str(kind) for kind in tables["resource"]["resource_type"].to_pylist()).most_common())
    return FhirRead(tables, reader.rows_read, builder.refused, by_type, files, reader.sample.check())


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        else:
            yield path


class _Reader:
    """Goes through documents, resource by resource, and hands rows to the builder."""

    def __init__(self, builder: Builder, sample: Sample) -> None:
        self.builder = builder
        self.sample = sample
        self.source = ""
        self.load_id = ""
        self.rows_read = 0
        self._sampling = sample.wanted
        self._seen: dict[str, dict[str, tuple[str, int]]] = {}
        self._held = {kind: builder.held[table.name] for kind, table in TYPED.items()}
        self._parts = builder.held[COMPONENT.name]
        self._others = builder.held[RESOURCE.name]

    def document(self, document: Document) -> None:
        """Read one JSON document: a bundle, a resource, or a list of resources."""
        self.builder.enter(self.source, self.load_id, document.name)
        first = document.line or 1
        if document.problem:
            self._refuse(first, "unreadable", document.problem, b"")
            return
        data = document.data.removeprefix(b"\xef\xbb\xbf")
        try:
            found = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            self._refuse(first, *_json_problem(data, error), data)
            return
        if isinstance(found, dict) and found.get("resourceType") == "Bundle":
            self._bundle(found, document.line)
        elif isinstance(found, list) and not document.line:
            for place, one in enumerate(found, start=1):
                self._resource(one, place, {})
        else:
            self._resource(found, first, {})

    def _bundle(self, bundle: Resource, line: int) -> None:
        entries = bundle.get("entry", [])
        if not isinstance(entries, list):
            self._refuse(line or 1, "bad_structure", "the bundle's entry is not a list", b"")
            return
        take = self._resource
        for place, entry in enumerate(entries, start=1):
            try:
                resource = entry["resource"]
            except (TypeError, KeyError):
                self.rows_read += 1
                words = f"entry {place} holds no resource"
                self._refuse(line or place, "no_resource", words, _dump(entry), counted=True)
                continue
            take(resource, line or place, entry)

    def _resource(self, resource: Any, row: int, entry: Resource) -> None:
        self.rows_read += 1
        try:
            kind = resource["resourceType"]
            number = resource["id"]
            seen = self._seen[kind]
        except (KeyError, TypeError):
            found = self._unusual(resource, row, entry.get("fullUrl"))
            if found is None:
                return
            kind, number = found
            seen = self._seen[kind]
        if type(number) is not str or not number:
            self._refuse(row, "no_id", f"{kind} has an id that is no text", _dump(resource), counted=True)
            return
        if number in seen:
            words = "{}/{} was already read: {}, row {}".format(kind, number, *seen[number])
            self._refuse(row, "repeated_resource", words, _dump(resource), counted=True)
            return
        builder = self.builder
        origin = len(builder.source_rows)
        try:
            take = EXTRACT.get(kind)
            if take is not None:
                typed = take(resource, f"{self.source}:{number}" if kind == "Patient" else number)
                held = self._held[kind]
                if kind == "Observation" and "component" in resource:
                    parts = components(resource, number)
                    self._parts.rows += parts
                    self._parts.origins += [origin] * len(parts)
            else:
                typed = (number, kind, number, None, *anything(resource), orjson.dumps(resource).decode())
                held = self._others
        except (AttributeError, TypeError, KeyError, IndexError, ValueError) as error:
            words = f"{kind}/{number} is not built as FHIR R4 says ({type(error).__name__}: {str(error)[:120]})"
            self._refuse(row, "bad_structure", words, _dump(resource), counted=True)
            return
        seen[number] = (builder.file_name, row)
        held.rows.append(typed)
        held.origins.append(origin)
        builder.source_rows.append(row)
        if self._sampling:
            self.sample.offer(kind, number, builder.file_name, row, resource)
            self._sampling = self.sample.wanted

    def _unusual(self, resource: Any, row: int, full_url: str | None) -> tuple[str, str] | None:
        """Type and id of a resource that lacks one of them or is of no known type; None after refusing it."""
        if not isinstance(resource, dict):
            self._refuse(row, "not_a_resource", "is not a JSON object", _dump(resource), counted=True)
            return None
        kind = resource.get("resourceType")
        if not isinstance(kind, str) or kind not in RESOURCE_TYPES:
            words = "has no resourceType" if kind is None else f"resourceType {str(kind)[:60]!r} is none of FHIR R4"
            self._refuse(row, "unknown_type", words, _dump(resource), counted=True)
            return None
        number = resource.get("id")
        if number is None and isinstance(full_url, str):
            number = resource["id"] = full_url.removeprefix("urn:uuid:").rpartition("/")[2]
        if not isinstance(number, str) or not number:
            self._refuse(row, "no_id", f"{kind} has neither an id nor a fullUrl", _dump(resource), counted=True)
            return None
        self._seen.setdefault(kind, {})
        return kind, number

    def _refuse(self, row: int, code: str, reason: str, raw: bytes, *, counted: bool = False) -> None:
        self.rows_read += 0 if counted else 1
        words = raw[:RAW_LENGTH].decode("utf-8", "replace")
        self.builder.refused.append(Refused(self.builder.file_name, row, code, reason, words))


def _dump(found: Any) -> bytes:
    try:
        return orjson.dumps(found)
    except (TypeError, ValueError):
        return str(found).encode("utf-8", "replace")


def _json_problem(data: bytes, error: orjson.JSONDecodeError) -> tuple[str, str]:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in data[:200]:
        return "wrong_encoding", "is not UTF-8 text: it looks like UTF-16 or a binary file"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
        return "wrong_encoding", f"is not UTF-8 text: byte {wrong.start:,}, line {line:,}"
    words = f"is not JSON: {error.msg}, line {error.lineno:,}, column {error.colno:,}"
    if error.pos >= len(data.decode("utf-8").rstrip()):
        return "cut_off", f"stops before its end ({words})"
    return "bad_json", words
