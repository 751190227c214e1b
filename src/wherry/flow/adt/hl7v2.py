"""One HL7 v2 ADT message into an `Event`. What the fields mean is in docs/live-feed.md."""

from __future__ import annotations

from datetime import date, datetime

from wherry.flow.adt.codes import Codes
from wherry.flow.adt.er7 import ReadError, Segments
from wherry.flow.adt.model import FACTS, MOMENTS, TRIGGERS, Event, Location, Trigger
from wherry.flow.adt.moments import day, moment
from wherry.reference import nhs_number

REMOVED = '""'
#: Triggers that are about no visit, and those that need no visit number.
_NO_VISIT = frozenset({"A20", "A40"})
_KEY_LENGTH = {"PV1-19": 60, "PID-3": 60, "MRG-1": 60, "MSH-4": 10}
#: Fields of PV1 that say when an admission or a discharge happened.
_EFFECTS = {"A01": 44, "A03": 45}
#: A cancel restates what it takes back: its words about the visit are not statements.
_CANCELS = frozenset({"A11", "A12", "A13", "A38"})


def parse(raw: bytes, codes: Codes) -> Event:
    """The event of one message. `ReadError` says in one sentence what cannot be read and what would be right."""
    return _Reading(Segments(raw), codes).event()


class _Reading:
    def __init__(self, segments: Segments, codes: Codes) -> None:
        self.s = segments
        self.doubts: list[str] = []
        self.details: dict[str, str | None] = {}
        self.organisation = self._key("MSH", 4, "sending organisation, an ODS code")
        self.codes = codes.of(f"{self.organisation}|{segments.first('MSH', 3)}")

    def event(self) -> Event:
        s = self.s
        trigger = self._trigger()
        if self.organisation not in self.codes.sites:
            raise ReadError(
                f"MSH-4 (sending organisation) is {self.organisation!r}. Messages are taken from "
                f"{', '.join(self.codes.sites)}: add it to [organisations] in feed.toml if it is right."
            )
        control = s.first("MSH", 10)
        if not control:
            raise ReadError("MSH-10 (message control ID) is empty. Write a number that no other message of yours has.")
        sent = self._moment("MSH", 7, "time of message")
        recorded = self._moment("EVN", 2, "recorded at") or sent
        if recorded is None:
            raise ReadError("EVN-2 (recorded at) and MSH-7 (time of message) are empty. Write YYYYMMDDHHMMSS in EVN-2.")
        visit = self._visit(trigger)
        patient = self._patient(trigger)
        merged = self._merged() if trigger == "A40" else ""
        location = self._location("NPU", 1) if trigger == "A20" else self._location("PV1", 3)
        status = self._bed_status(location) if trigger == "A20" else ""
        self._person()
        if visit and trigger not in _CANCELS:
            self._visit_details()
        return Event(
            trigger=trigger,
            organisation=self.organisation,
            control_id=control[:200],
            recorded_at=recorded,
            occurred_at=self._moment("EVN", 6, "occurred at") or self._effect(trigger) or recorded,
            visit_key=visit,
            patient_key=patient,
            merged_key=merged,
            patient_class=s.first("PV1", 2)[:1].upper(),
            location=location,
            bed_status=status,
            details=self.details,
            sent_at=sent,
            prior=self._location("PV1", 6) if trigger in ("A02", "A12") else None,
            doubts=tuple(self.doubts),
        )

    def _trigger(self) -> Trigger:
        kind = self.s.parts(self.s.field("MSH", 9))
        name = kind[1] if len(kind) > 1 and kind[1] else self.s.first("EVN", 1)
        for trigger in TRIGGERS:
            if kind[0] == "ADT" and trigger == name and trigger != "ENC":
                return trigger  # type: ignore[return-value]
        taken = ", ".join(trigger for trigger in TRIGGERS if trigger != "ENC")
        raise ReadError(f"MSH-9 (message type) is {'^'.join(kind)[:40]!r}. Taken are ADT messages {taken}.")

    def _key(self, segment: str, number: int, words: str) -> str:
        place = f"{segment}-{number}"
        return self._checked(place, words, self.s.first(segment, number))

    def _checked(self, place: str, words: str, text: str) -> str:
        if not text or text == REMOVED:
            raise ReadError(f"{place} ({words}) is empty. It must be there.")
        if len(text) > _KEY_LENGTH[place] or "|" in text:
            raise ReadError(
                f"{place} ({words}) is {text[:20]!r}...: at most {_KEY_LENGTH[place]} characters can be kept, and no |."
            )
        return text

    def _visit(self, trigger: str) -> str:
        if trigger in _NO_VISIT or (trigger == "A08" and not self.s.field("PV1", 19)):
            return ""
        return f"{self.organisation}|{self._key('PV1', 19, 'visit number')}"

    def _patient(self, trigger: str) -> str:
        if trigger == "A20":
            return ""
        local, nhs = self._numbers("PID", 3)
        if nhs:
            if nhs_number.is_valid(nhs):
                self.details["nhs_number"] = nhs_number.compact(nhs)
            elif nhs == REMOVED:
                self.details["nhs_number"] = None
            else:
                self.doubts.append(f"PID-3 has an NHS number that fails its check ({nhs[:20]}): it was not read.")
        return f"{self.organisation}|{self._checked('PID-3', 'local patient number', local)}"

    def _merged(self) -> str:
        if len(self.s.each("MRG")) > 1:
            raise ReadError("MRG is there more than once. Send each number that ends in a message of its own.")
        local, _ = self._numbers("MRG", 1)
        return f"{self.organisation}|{self._checked('MRG-1', 'patient number that ends', local)}"

    def _numbers(self, segment: str, number: int) -> tuple[str, str]:
        """The sender's own number and the NHS number among the repetitions of a field; empty where there is none.

        Its own is the first medical record number (MR) that the organisation gave, else that nobody else is known to
        have given, else the first of any kind; one of another hospital comes last.
        """
        found: list[tuple[int, str]] = []
        nhs = ""
        for parts in self.s.repeated(self.s.field(segment, number)):
            giver, kind = (part.upper() for part in (*parts[3:5], "", "")[:2])
            if kind == "NH" or giver == "NHS":
                nhs = nhs or parts[0]
            elif parts[0] not in ("", REMOVED):
                others = giver in self.codes.sites and giver != self.organisation
                found.append((3 if others else 2 if kind != "MR" else int(giver != self.organisation), parts[0]))
        return min(found, key=lambda one: one[0], default=(0, ""))[1], nhs

    def _moment(self, segment: str, number: int, words: str) -> datetime | None:
        text = self.s.first(segment, number)
        if not text or text == REMOVED:
            return None
        at = moment(text)
        if at is None:
            raise ReadError(
                f"{segment}-{number} ({words}) is {text[:30]!r}, which is no date and time. Write YYYYMMDDHHMM, with "
                "seconds and an offset such as +0100 if you have them."
            )
        return at

    def _effect(self, trigger: str) -> datetime | None:
        """When it happened by PV1-44 (admitted) or PV1-45 (left), where EVN-6 is empty; a date alone says nothing."""
        number = _EFFECTS.get(trigger)
        return moment(self.s.first("PV1", number)) if number else None

    def _location(self, segment: str, number: int) -> Location | None:
        field = self.s.field(segment, number)
        if not field or field == REMOVED:
            return None
        named = ["" if part == REMOVED else part for part in self.s.parts(field)]
        ward, bay, bed, site = (*named, "", "", "", "")[:4]
        if not ward:
            return None
        site = site or self.codes.sites.get(self.organisation, "")
        for text, longest in ((ward, 20), (bay, 20), (bed, 20), (site, 10)):
            if len(text) > longest or "|" in text:
                raise ReadError(
                    f"{segment}-{number} (place) has {text[:30]!r}: ward, bay and bed are at most 20 characters, the "
                    "site 10, and none may have a |."
                )
        return Location(site, ward, bay, bed)

    def _bed_status(self, location: Location | None) -> str:
        if location is None or not location.bed:
            raise ReadError("NPU-1 (bed) names no bed. Write WARD^BAY^BED^SITE.")
        code = self.s.first("NPU", 2).upper()
        words = self.codes.bed_statuses.get(code)
        if words is None:
            raise ReadError(
                f"NPU-2 (bed status) is {code[:20]!r}. Known: {', '.join(self.codes.bed_statuses)}; others can be "
                "added to [bed_statuses] in feed.toml."
            )
        return words

    def _say(self, name: str, text: str) -> None:
        if text:
            self.details[name] = None if text == REMOVED else text

    def _day(self, segment: str, number: int, name: str, words: str) -> None:
        text = self.s.first(segment, number)
        found = day(text)
        if found is None and text and text != REMOVED:
            self.doubts.append(f"{segment}-{number} ({words}) is {text[:30]!r}, which is no date: it was not read.")
            return
        self._say(name, found.isoformat() if isinstance(found, date) else text)

    def _coded(self, place: str, words: str, name: str, code: str, table: str) -> None:
        if not code:
            return
        if code == REMOVED:
            self.details[name] = None
            return
        known = getattr(self.codes, table)
        found = known.get(code.upper())
        if found is None and code.lower() in known.values():
            found = code.lower()
        if found is None:
            self.doubts.append(f"{place} ({words}) is {code[:20]!r}, which feed.toml does not know: it was not read.")
        else:
            self._say(name, found)

    def _person(self) -> None:
        s = self.s
        if not s.has("PID"):
            return
        name = s.parts(s.field("PID", 5))
        self._say("surname", name[0])
        if len(name) > 1:
            self._say("forename", name[1])
        self._day("PID", 7, "birth_date", "date of birth")
        self._coded("PID-8", "sex", "sex", s.first("PID", 8), "sexes")
        address = s.parts(s.field("PID", 11))
        if address[0] == REMOVED:
            self._say("address", REMOVED)
            self._say("postcode", REMOVED)
        else:
            self._say("address", ", ".join(part for part in address[:4] if part and part != REMOVED))
            if len(address) > 4:
                self._say("postcode", address[4])
        self._say("gp_practice", s.first("PD1", 4))
        if s.field("PID", 29):
            self._day("PID", 29, "died_on", "date of death")
        elif s.first("PID", 30).upper() in ("N", REMOVED):
            self._say("died_on", REMOVED)
        elif s.first("PID", 30).upper() == "Y":
            self.doubts.append(
                "PID-30 says that the patient has died, and PID-29 does not say when: no death was read."
            )

    def _visit_details(self) -> None:
        s = self.s
        self._coded("PV1-4", "admission type", "admission_method", s.first("PV1", 4), "methods")
        self._say("admission_source", s.first("PV1", 14))
        self._say("specialty", s.first("PV1", 10))
        consultant = [part for part in s.parts(s.field("PV1", 7))[:3] if part]
        self._say("consultant", " ".join(consultant))
        self._say("disposition", s.first("PV1", 36))
        self._say("destination", s.first("PV1", 37))
        if text := s.first("PV2", 8):
            self._observed("expected_admission_at", text, "PV2-8 (expected admission)")
        self._day("PV2", 9, "expected_discharge_on", "expected discharge")
        for fields in s.each("OBX"):
            code = s.parts(fields[3])[0].upper() if len(fields) > 3 else ""
            code = self.codes.observations.get(code, code)
            text = s.parts(fields[5])[0] if len(fields) > 5 else ""
            if code in MOMENTS:
                self._observed(MOMENTS[code], text, f"OBX-5 of {code}")
            elif code == "SIDE_ROOM":
                self._coded(f"OBX-5 of {code}", "yes or no", FACTS[code], text, "yes_no")
            elif code in FACTS:
                self._say(FACTS[code], text)

    def _observed(self, name: str, text: str, place: str) -> None:
        at = moment(text)
        if at is not None:
            self.details[name] = at.isoformat()
        elif text == REMOVED:
            self.details[name] = None
        elif text:
            self.doubts.append(f"{place} is {text[:30]!r}, which is no date and time: it was not read.")
