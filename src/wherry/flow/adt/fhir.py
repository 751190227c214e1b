"""FHIR R4 Encounters into `Event`s: the second door. One Encounter with its Patient and Locations is one message.

An Encounter says how a whole visit stands (ENC): its events are worked out from status, class, their histories and the
periods of its locations, and a later version (meta.lastUpdated) replaces all that an earlier one said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

from wherry.flow.adt import fhir_person
from wherry.flow.adt.codes import Codes
from wherry.flow.adt.er7 import ReadError
from wherry.flow.adt.fhir_json import at, codes_of, each, text
from wherry.flow.adt.model import Event, Location, Trigger

Resource = Mapping[str, Any]
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
_CANCELLED = ("cancelled", "entered-in-error")
_HERE = ("arrived", "triaged", "in-progress", "onleave", "finished")
#: Location.physicalType, from the outside in, and what it is of a place.
_KINDS = {"si": "site", "bu": "site", "wa": "ward", "ro": "bay", "bd": "bed"}


def parse(raw: bytes, codes: Codes) -> Event:
    """The event of one piece that `fhir_file.pieces` made. `ReadError` says what cannot be read."""
    try:
        bundle = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ReadError(f"This is no JSON: {error}. Send the file again, whole.") from None
    if not isinstance(bundle, dict):
        raise ReadError("This is no FHIR resource: send an Encounter in a Bundle with its Patient.")
    resources = [row["resource"] for row in each(bundle, "entry") if isinstance(row.get("resource"), dict)]
    found = next((one for one in resources if one.get("resourceType") == "Encounter"), None)
    if found is None:
        raise ReadError("There is no Encounter in this bundle.")
    sender = text(bundle.get("identifier"), "value")
    references: dict[str, Resource] = {}
    for row in each(bundle, "entry"):
        resource = row.get("resource")
        if isinstance(resource, dict):
            references[text(row, "fullUrl")] = resource
            references[f"{text(resource, 'resourceType')}/{text(resource, 'id')}"] = resource
    return _Encounter(found, references, codes.of(sender), sender).event()


class _Encounter:
    def __init__(self, encounter: Resource, references: Mapping[str, Resource], codes: Codes, sender: str) -> None:
        self.e, self.references, self.codes = encounter, references, codes
        self.doubts: list[str] = []
        self.organisation = sender.partition("|")[0]

    def event(self) -> Event:
        e, codes = self.e, self.codes
        if self.organisation not in codes.sites:
            raise ReadError(
                f"Encounter.serviceProvider is {self.organisation!r}. Encounters are taken from "
                f"{', '.join(codes.sites)}: name one of them by its ODS code, or load the file with --organisation."
            )
        status = text(e, "status")
        start = at(e.get("period"), "start", "Encounter.period")
        end = at(e.get("period"), "end", "Encounter.period")
        patient = self._referred(e.get("subject"))
        local, details = fhir_person.read(patient, self.doubts)
        visit, number = self._number(), self._key(local, "Patient.identifier (local number)")
        recorded = [
            moment
            for one in (e, patient)
            if (moment := at(one.get("meta"), "lastUpdated", f"{text(one, 'resourceType')}.meta")) is not None
        ]
        moments = [moment for moment in (start, end, *self._moments()) if moment is not None]
        if not recorded and not moments:
            raise ReadError("Encounter has neither meta.lastUpdated nor a period: nobody knows when it was.")
        details |= self._details(status, start)
        control = f"{text(e, 'id')}/{text(e.get('meta'), 'versionId') or text(e.get('meta'), 'lastUpdated')}"[:200]
        told = max(recorded) if recorded else max(moments)

        def part(trigger: Trigger, moment: datetime, location: Location | None = None) -> Event:
            return Event(
                trigger, self.organisation, control, told, moment, visit, number, location=location, sent_at=told
            )

        return Event(
            trigger="ENC",
            organisation=self.organisation,
            control_id=control,
            recorded_at=told,
            occurred_at=start or told,
            visit_key=visit,
            patient_key=number,
            patient_class=self._class(e.get("class")) or "",
            details=details,
            sent_at=told,
            parts=tuple(self._parts(status, start, end, told, part)),
            doubts=tuple(self.doubts),
        )

    def _parts(
        self, status: str, start: datetime | None, end: datetime | None, told: datetime, part: Callable[..., Event]
    ) -> list[Event]:
        if status in _CANCELLED:
            return [part("A05", start or told), part("A38", told)]
        if status == "planned":
            return [part("A05", start or told)]
        if status not in _HERE:
            raise ReadError(f"Encounter.status is {status[:20]!r}, which says not whether the patient is here.")
        if start is None:
            raise ReadError(f"Encounter.status is {status} and Encounter.period.start is missing: when did they come?")
        if status == "finished" and end is None:
            raise ReadError("Encounter.status is finished and Encounter.period.end is missing: when did they leave?")
        arrived, admitted = self._comings(start)
        places = self._places(start)
        parts: list[Event] = []
        used: set[datetime] = set()
        for trigger, moment in (("A04", arrived), ("A01", admitted)):
            if moment is None:
                continue
            before = [when for when in places if when <= moment]
            where = max(before) if before else (min(places) if places and trigger == "A04" and not admitted else None)
            if where is not None:
                used.add(where)
            parts.append(part(trigger, moment, places[where] if where is not None else None))
        parts += [part("A02", when, place) for when, place in sorted(places.items()) if when not in used]
        if status == "finished":
            parts.append(part("A03", end))
        return parts

    def _comings(self, start: datetime) -> tuple[datetime | None, datetime | None]:
        """When they came to the department, and when they were admitted."""
        first: dict[str, datetime] = {}
        for row in each(self.e, "classHistory"):
            kind = self._class(row.get("class"))
            moment = at(row.get("period"), "start", "Encounter.classHistory.period")
            if kind is not None and moment is not None:
                key = "E" if kind == "E" else "I"
                first[key] = min(first.get(key, moment), moment)
        now = self._class(self.e.get("class"))
        if now is None:
            given = codes_of(self.e.get("class"))
            raise ReadError(
                f"Encounter.class is {(given or [''])[0][:20]!r}. Followed are {', '.join(self.codes.classes)}; others "
                "can be added to [classes] in feed.toml."
            )
        key = "E" if now == "E" else "I"
        if key not in first:
            first[key] = start
        return first.get("E"), first.get("I")

    def _places(self, start: datetime) -> dict[datetime, Location]:
        """Where they were from when on; of several at one moment the one that says most."""
        found: dict[datetime, Location] = {}
        for row in each(self.e, "location"):
            if text(row, "status") in ("planned", "reserved"):
                continue
            place = self._place(row.get("location"))
            if place is None:
                continue
            when = at(row.get("period"), "start", "Encounter.location.period") or start
            held = found.get(when)
            if held is None or _said(place) > _said(held):
                found[when] = place
        return found

    def _place(self, reference: Any) -> Location | None:
        parts: dict[str, str] = {}
        resource: Resource | None = self.references.get(text(reference, "reference"))
        seen = 0
        while resource is not None and seen < 10:
            seen += 1
            kinds = [_KINDS[code] for code in codes_of(resource.get("physicalType")) if code in _KINDS]
            names = [text(one, "value") for one in each(resource, "identifier")] + [text(resource, "name")]
            whole = next((name.split("|") for name in names if name.count("|") == 3), None)
            if whole is not None:
                parts = dict(zip(("site", "ward", "bay", "bed"), whole, strict=True)) | parts
                break
            if kinds and (name := next((name for name in names if name), "")):
                parts.setdefault(kinds[0], name)
            resource = self.references.get(text(resource.get("partOf"), "reference"))
        if not parts.get("ward"):
            self.doubts.append("Encounter.location names no ward that is known here: it was not read.")
            return None
        site = parts.get("site") or self.codes.sites.get(self.organisation, "")
        place = Location(site, parts["ward"], parts.get("bay", ""), parts.get("bed", ""))
        long = max(len(place.ward), len(place.bay), len(place.bed)) > 20 or len(place.site) > 10
        if long or any("|" in one for one in (place.site, place.ward, place.bay, place.bed)):
            raise ReadError(
                "Encounter.location has a name that cannot be kept: ward, bay and bed are at most 20 characters, the "
                "site 10, and none may have a |."
            )
        return place

    def _details(self, status: str, start: datetime | None) -> dict[str, str | None]:
        e = self.e
        found: dict[str, str | None] = {}
        stay = e.get("hospitalization")
        for name, given in (
            ("specialty", codes_of(e.get("serviceType"))),
            ("admission_source", codes_of(stay.get("admitSource")) if isinstance(stay, dict) else []),
            ("disposition", codes_of(stay.get("dischargeDisposition")) if isinstance(stay, dict) else []),
        ):
            if given:
                found[name] = given[0]
        for code in codes_of(e.get("priority")):
            if method := self.codes.methods.get(code.upper()):
                found["admission_method"] = method
                break
            self.doubts.append(f"Encounter.priority is {code[:20]!r}, which feed.toml does not know: it was not read.")
        people = [text(row.get("individual"), "display") for row in each(e, "participant")]
        if named := next((name for name in people if name), ""):
            found["consultant"] = named
        if status == "planned" and start is not None:
            found["expected_admission_at"] = start.isoformat()
        if self._class(e.get("class")) == "E" or any(
            self._class(row.get("class")) == "E" for row in each(e, "classHistory")
        ):
            for row in each(e, "statusHistory"):
                field = {"triaged": "assessed_at", "in-progress": "seen_at"}.get(text(row, "status"))
                moment = at(row.get("period"), "start", "Encounter.statusHistory.period")
                if field and moment is not None and field not in found:
                    found[field] = moment.isoformat()
        return found

    def _moments(self) -> list[datetime | None]:
        rows = [*each(self.e, "statusHistory"), *each(self.e, "classHistory"), *each(self.e, "location")]
        return [at(row.get("period"), end, "a period of Encounter") for row in rows for end in ("start", "end")]

    def _class(self, coding: Any) -> str | None:
        return next(
            (self.codes.classes[one.upper()] for one in codes_of(coding) if one.upper() in self.codes.classes), None
        )

    def _referred(self, reference: Any) -> Resource:
        found = self.references.get(text(reference, "reference"))
        if found is None or found.get("resourceType") != "Patient":
            raise ReadError("Encounter.subject names a Patient that is not with it. Send both in one file.")
        return found

    def _number(self) -> str:
        rows = each(self.e, "identifier")
        typed = [text(row, "value") for row in rows if "VN" in codes_of(row.get("type"))]
        number = next((one for one in (*typed, *(text(row, "value") for row in rows), text(self.e, "id")) if one), "")
        return self._key(number, "Encounter.identifier (visit number)")

    def _key(self, number: str, words: str) -> str:
        if not number or len(number) > 60 or "|" in number:
            raise ReadError(f"{words} is {number[:20]!r}: it must be there, with at most 60 characters and no |.")
        return f"{self.organisation}|{number}"


def _said(place: Location) -> int:
    return bool(place.bay) + 2 * bool(place.bed)
