"""FHIR R4 into typed tables. `read(paths)` reads, `write(found, folder)` writes Parquet. See `docs/readers.md`."""

from __future__ import annotations

from wherry.hub.fhir.build import Refused
from wherry.hub.fhir.reader import FhirRead, read
from wherry.hub.fhir.writer import write

__all__ = ["FhirRead", "Refused", "read", "write"]
