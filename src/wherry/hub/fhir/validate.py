"""Validates a sample of resources with fhir.resources, where that is installed: findings, never refusals.

fhir.resources has models of R4B (4.3.0), which agree with R4 (4.0.1) in the resources read here. It is a development
dependency, twenty times slower than reading, so a sample is taken: the first of each type, and then one in so many.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

#: Models are asked for at most so often per type before the sample spreads out.
FIRST_OF_TYPE = 3
SPREAD = 97


@dataclass(frozen=True)
class Finding:
    """Something that a resource says against FHIR, and where it stands."""

    resource_type: str
    resource_id: str
    file_name: str
    source_row: int
    place: str
    words: str


@dataclass(frozen=True)
class Validation:
    """What the sample showed. `skipped` says why nothing was validated, if nothing was."""

    checked: int
    valid: int
    findings: list[Finding] = field(default_factory=list)
    skipped: str = ""

    @property
    def words(self) -> str:
        """In a sentence."""
        if self.skipped:
            return f"Validation skipped: {self.skipped}."
        return (
            f"Validated a sample of {self.checked:,} resources (fhir.resources, R4B): {self.valid:,} without findings."
        )


class Sample:
    """Chooses resources while they are read and validates them afterwards."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._chosen: list[tuple[str, str, str, int, dict[str, Any]]] = []
        self._met: Counter[str] = Counter()
        self._read = 0

    @property
    def wanted(self) -> bool:
        """Whether the sample still has room."""
        return len(self._chosen) < self.size

    def offer(self, kind: str, number: str, file_name: str, row: int, resource: dict[str, Any]) -> None:
        """Take a resource in, if it is its turn."""
        self._read += 1
        self._met[kind] += 1
        if self._met[kind] <= FIRST_OF_TYPE or self._read % SPREAD == 0:
            self._chosen.append((kind, number, file_name, row, resource))

    def check(self) -> Validation | None:
        """Validate what was chosen; None if no sample was asked for."""
        if self.size == 0:
            return None
        if importlib.util.find_spec("fhir") is None or importlib.util.find_spec("fhir.resources") is None:
            return Validation(0, 0, skipped="fhir.resources is not installed")
        models: Any = importlib.import_module("fhir.resources.R4B")
        findings: list[Finding] = []
        valid = 0
        for kind, number, file_name, row, resource in self._chosen:
            problems = _problems(models, kind, resource)
            valid += not problems
            findings += [Finding(kind, number, file_name, row, place, words) for place, words in problems]
        return Validation(len(self._chosen), valid, findings)


def _problems(models: Any, kind: str, resource: dict[str, Any]) -> list[tuple[str, str]]:
    try:
        models.get_fhir_model_class(kind).model_validate(resource)
    except KeyError:
        return [("", f"R4B has no {kind}")]
    except ValueError as error:
        listed = getattr(error, "errors", None)
        if listed is None:
            return [("", str(error)[:200])]
        return [(".".join(str(part) for part in one["loc"]), str(one["msg"])[:200]) for one in listed()]
    return []
