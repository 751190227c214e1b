"""FHIR files into pieces, one an Encounter: the Encounter with its Patient, Locations and provider, as it came.

The same Encounter with the same companions is the same bytes, so loading a file again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from wherry.flow.adt.codes import Codes
from wherry.flow.adt.fhir import ODS
from wherry.flow.adt.fhir_json import codes_of, each, text

_COMPANIONS = ("Patient", "Location", "Organization")


@dataclass(frozen=True)
class Piece:
    """One message: who sent it, its number, its bytes."""

    sender: str
    control_id: str
    raw: bytes


class Reader:
    """Takes documents (bundles, lists, single resources, lines of NDJSON), then gives pieces.

    `left_out` counts Encounters of classes that nobody follows here, by class.
    """

    def __init__(self, codes: Codes, organisation: str = "") -> None:
        self.codes, self.organisation = codes, organisation
        self.left_out: Counter[str] = Counter()
        self._encounters: list[tuple[str, Mapping[str, Any]]] = []
        self._companions: dict[str, tuple[str, Mapping[str, Any]]] = {}

    def add(self, document: Any) -> None:
        """One parsed document."""
        if isinstance(document, list):
            for one in document:
                self.add(one)
        elif isinstance(document, Mapping):
            if document.get("resourceType") == "Bundle":
                for row in each(document, "entry"):
                    self._resource(row.get("resource"), text(row, "fullUrl"))
            else:
                self._resource(document, "")

    def _resource(self, resource: Any, url: str) -> None:
        kind = text(resource, "resourceType")
        if kind == "Encounter":
            classes = codes_of(resource.get("class"))
            if classes and not any(one.upper() in self.codes.classes for one in classes):
                self.left_out[classes[0][:20]] += 1
            else:
                self._encounters.append((url, resource))
        elif kind in _COMPANIONS:
            named = (url, resource)
            self._companions[f"{kind}/{text(resource, 'id')}"] = named
            if url:
                self._companions[url] = named

    def pieces(self) -> Iterator[Piece]:
        """One an Encounter, in the order in which they came."""
        for url, encounter in self._encounters:
            wanted = [text(encounter.get("subject"), "reference"), text(encounter.get("serviceProvider"), "reference")]
            wanted += [text(row.get("location"), "reference") for row in each(encounter, "location")]
            entries = [(url, encounter)]
            seen: set[str] = set()
            while wanted:
                reference = wanted.pop(0)
                found = self._companions.get(reference)
                if reference in seen or found is None:
                    continue
                seen.add(reference)
                entries.append(found)
                wanted.append(text(found[1].get("partOf"), "reference"))
            sender = f"{self._provider(encounter)}|FHIR"
            meta = encounter.get("meta")
            number = f"{text(encounter, 'id')}/{text(meta, 'versionId') or text(meta, 'lastUpdated')}"
            bundle = {
                "resourceType": "Bundle",
                "type": "collection",
                "identifier": {"value": sender},
                "entry": [{"fullUrl": url, "resource": one} if url else {"resource": one} for url, one in entries],
            }
            yield Piece(sender, number, orjson.dumps(bundle, option=orjson.OPT_SORT_KEYS))

    def _provider(self, encounter: Mapping[str, Any]) -> str:
        provider = encounter.get("serviceProvider")
        named = [provider.get("identifier")] if isinstance(provider, Mapping) else []
        found = self._companions.get(text(provider, "reference"))
        named += each(found[1], "identifier") if found else []
        codes = [text(one, "value") for one in named if text(one, "system") == ODS]
        codes += [one for one in (text(row, "value") for row in named) if one in self.codes.sites]
        return (codes[0] if codes else self.organisation)[:10].replace("|", "")
