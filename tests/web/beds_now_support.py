"""A live position made by hand, for tests of live screens: a few patients on a few wards of three hospitals.

`live_position()` stops the clock at `NOW` and writes it all; `patient`, `visit` and `stay` add more. Nobody here came
through a message, so a test that derives visits again makes messages of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from wherry.web.components import live
from wherry.web.feed import changes
from wherry.web.feed.models import Patient, PlayedTime, Sender, Stay, Visit

#: Tuesday 14 July 2026, 14:20 in London.
NOW = datetime(2026, 7, 14, 13, 20, tzinfo=UTC)
TODAY = date(2026, 7, 14)
#: Surnames of everybody in `live_position`: no page may show one to who sees no names.
SURNAMES = (
    *("Abbotsley", "Bexwell", "Clippesby", "Docking", "Elsing", "Felbrigg", "Guist", "Heydon", "Itteringham"),
    *("Jermyn", "Kelling", "Lessingham", "Morston", "Narford"),
)


def hours(before: float) -> datetime:
    """So many hours before `NOW`."""
    return NOW - timedelta(hours=before)


def stop_clock(at: datetime = NOW) -> None:
    """Let live pages speak of one moment. It stands until it is stopped elsewhere."""
    PlayedTime.objects.all().delete()
    PlayedTime.objects.create(started_at=at, from_at=at, speed=1, stopped_at=at)


def long_young(monkeypatch: pytest.MonkeyPatch) -> None:
    """What live pages keep stays young for as long as a test takes, on however slow a machine."""
    monkeypatch.setattr(live, "YOUNG_SECONDS", 3600.0)
    monkeypatch.setattr(live, "YOUNG_AT_MOST", 3600.0)


def patient(
    organisation: str,
    surname: str,
    forename: str = "Sam",
    *,
    sex: str = "female",
    born: date = date(1946, 3, 9),
    postcode: str = "NR1 1AA",
    **more: Any,
) -> Patient:
    """A patient number of one organisation, with an NHS number that begins 999."""
    number = f"L{Patient.objects.count() + 1:05d}"
    return Patient.objects.create(
        key=f"{organisation}|{number}",
        organisation=organisation,
        local_number=number,
        nhs_number=more.pop("nhs_number", f"999{Patient.objects.count():07d}"),
        surname=surname,
        forename=forename,
        birth_date=born,
        sex=sex,
        postcode=postcode,
        **more,
    )


def visit(
    who: Patient,
    places: Sequence[tuple[str, datetime]] = (),
    *,
    left_at: datetime | None = None,
    standing: str = "",
    **more: Any,
) -> Visit:
    """A visit through places (`("RM102|M1|A|3", since)`, a ward alone is `"RM102|ED"`), still there unless it left."""
    organisation = who.organisation
    number = f"V{Visit.objects.count() + 1:05d}"
    here = places[-1] if places and left_at is None else None
    site, ward, _bay, bed = (*here[0].split("|"), "", "")[:4] if here else ("", "", "", "")
    department = here is not None and ward == "ED"
    made = Visit.objects.create(
        key=f"{organisation}|{number}",
        organisation=organisation,
        visit_number=number,
        patient_key=who.key,
        person_key=who.key,
        standing=standing
        or ("left" if left_at else "booked" if here is None else "in_department" if department else "in_bed"),
        site=site,
        ward=ward,
        bed_key=here[0] if here and bed else "",
        here_since=here[1] if here else None,
        left_at=left_at,
        last_recorded_at=max([at for _, at in places] + [left_at or hours(2000)]),
        **more,
    )
    ends = [*(at for _, at in places[1:]), left_at]
    for position, ((place, from_at), to_at) in enumerate(zip(places, ends, strict=bool(places))):
        stay(made, position, place, from_at, to_at)
    return made


def stay(of: Visit, position: int, place: str, from_at: datetime, to_at: datetime | None) -> Stay:
    """A stay in one place within a visit."""
    site, ward, bay, bed = (*place.split("|"), "", "")[:4]
    return Stay.objects.create(
        visit=of, position=position, site=site, ward=ward, bay=bay, bed=bed, bed_key=place if bed else "",
        from_at=from_at, to_at=to_at,
    )  # fmt: skip


@dataclass(frozen=True)
class LivePosition:
    """The visits of the position, by surname."""

    visits: dict[str, Visit]

    def key(self, surname: str) -> str:
        """The key of somebody's visit."""
        return self.visits[surname].key


def live_position() -> LivePosition:
    """Fourteen people at `NOW`: in beds, two in one bed, in a side room, in departments, booked, and just left."""
    stop_clock()
    for organisation in ("RM1", "RGP", "RCX"):
        Sender.objects.create(
            code=f"{organisation}|PAS", organisation=organisation, last_received_at=NOW, last_recorded_at=NOW
        )
    ward = {"admission_method": "emergency", "specialty": "300", "dependency": "1", "infection": "none"}
    made: dict[str, Visit] = {}

    def add(
        organisation: str, surname: str, places: Sequence[tuple[str, datetime]], who: dict[str, Any], **more: Any
    ) -> None:
        made[surname] = visit(patient(organisation, surname, **who), places, **more)

    def through(bed: str, came: float, admitted: float) -> dict[str, Any]:
        return {
            "places": ((f"{bed.split('|')[0]}|ED|MAJORS|1", hours(came)), (bed, hours(admitted))),
            "arrived_at": hours(came), "admitted_at": hours(admitted), "decided_at": hours(admitted + 2),
        }  # fmt: skip

    male, young = {"sex": "male"}, {"sex": "male", "born": date(2019, 2, 1)}
    add("RM1", "Abbotsley", who={"forename": "Ann"}, **through("RM102|M1|A|1", 80, 72), **ward,
        expected_discharge_on=TODAY)  # fmt: skip
    add("RM1", "Bexwell", who={"forename": "Beth"}, **through("RM102|M1|A|2", 500, 490), **ward,
        expected_discharge_on=date(2026, 7, 16))  # fmt: skip
    add("RM1", "Clippesby", who={"forename": "Carl", **male}, **through("RM102|M1|C|1", 30, 24), **ward)
    add("RM1", "Docking", who={"forename": "Dan", **male}, **through("RM102|M1|C|2", 60, 50), **ward)
    add("RM1", "Elsing", who={"forename": "Ed", **male}, **through("RM102|M1|C|2", 9, 1), **ward)
    add("RM1", "Felbrigg", who={"forename": "Fay"}, **through("RM102|M1|S|1", 100, 90),
        **ward | {"infection": "norovirus"}, side_room="yes")  # fmt: skip
    add("RM1", "Guist", (("RM102|ED|MAJORS|4", hours(6)),), {"forename": "Gill"}, **ward, arrived_at=hours(6),
        ed_type="1", acuity="2", assessed_at=hours(5.8), seen_at=hours(5), referred_at=hours(4),
        decided_at=hours(3))  # fmt: skip
    add("RM1", "Heydon", (("RM102|ED|WAIT|2", hours(2)),), {"forename": "Harry", **male}, arrived_at=hours(2),
        ed_type="1", acuity="3", assessed_at=hours(1.5))  # fmt: skip
    add("RM1", "Itteringham", (), {"forename": "Ida"}, admission_method="elective", specialty="100",
        expected_admission_at=NOW + timedelta(hours=2))  # fmt: skip
    add("RM1", "Jermyn", (("RM102|ED|MAJORS|2", hours(60)), ("RM102|M1|A|3", hours(55))), {"forename": "Jo"}, **ward,
        arrived_at=hours(60), admitted_at=hours(55), left_at=hours(1), destination="19")  # fmt: skip
    add("RGP", "Kelling", who={"forename": "Kay", "postcode": "NR31 6LA"}, **through("RGP75|M1|A|1", 50, 40), **ward)
    add("RGP", "Lessingham", (("RGP75|ED|MAJORS|1", hours(9)),), {"forename": "Len", **male, "postcode": "NR30 1AA"},
        **ward, arrived_at=hours(9), ed_type="1", acuity="2", decided_at=hours(5))  # fmt: skip
    add("RCX", "Morston", who={"forename": "Max", **young, "postcode": "PE30 1AA"}, **through("RCX70|C1|A|1", 20, 14),
        admission_method="emergency", specialty="420")  # fmt: skip
    add("RCX", "Narford", who={"forename": "Nora", "postcode": "PE30 1AA"}, **through("RCX70|M1|A|1", 300, 290), **ward)
    changes.touch(["RM1", "RGP", "RCX"])
    return LivePosition(made)
