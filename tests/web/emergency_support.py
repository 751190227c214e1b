"""A few departments made by hand for tests of emergency pages: people who came and went, ambulances, late ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from beds_now_support import NOW, hours, patient, stop_clock, visit

from wherry.web.emergency import loading
from wherry.web.emergency.models import AmbulanceLoad
from wherry.web.feed import changes
from wherry.web.feed.models import Sender, Visit

#: Surnames of everybody in `departments`.
SURNAMES = ("Ormesby", "Potter", "Quidenham", "Reepham", "Sheringham", "Thetford", "Upwell", "Walsingham")


def feeds() -> None:
    """Three hospitals whose feeds are on time at `NOW`."""
    stop_clock()
    for organisation in ("RM1", "RGP", "RCX"):
        Sender.objects.create(
            code=f"{organisation}|PAS", organisation=organisation, last_received_at=NOW, last_recorded_at=NOW
        )


def attended(
    organisation: str,
    surname: str,
    came: float,
    left: float | None = None,
    *,
    place: str = "MAJORS",
    number: str = "1",
    to: str = "",
    **more: Any,
) -> Visit:
    """Somebody who came so many hours ago, left so many hours ago (`to` a ward's bed, or away), or is still here."""
    site = {"RM1": "RM102", "RGP": "RGP75", "RCX": "RCX70"}[organisation]
    who = patient(organisation, surname)
    places = [(f"{site}|ED|{place}|{number}", hours(came))]
    more = {"ed_type": "1", "acuity": "3", **more}
    if to and left is not None:
        places.append((f"{site}|{to}", hours(left)))
        return visit(who, places, arrived_at=hours(came), admitted_at=hours(left), **more)
    return visit(who, places, arrived_at=hours(came), left_at=None if left is None else hours(left), **more)


def departments() -> dict[str, Visit]:
    """Three departments at 14:20: eight people, one of them admitted."""
    feeds()
    made = {
        "Ormesby": attended("RM1", "Ormesby", 6, assessed_at=hours(5.9), seen_at=hours(5), referred_at=hours(4)),
        "Potter": attended("RM1", "Potter", 13, number="2", assessed_at=hours(12.5), seen_at=hours(11),
                           decided_at=hours(12.2)),
        "Quidenham": attended("RM1", "Quidenham", 1, place="WAIT"),
        "Reepham": attended("RM1", "Reepham", 5, 3, assessed_at=hours(4.8), seen_at=hours(4.5)),
        "Sheringham": attended("RM1", "Sheringham", 7, 2, to="M1|A|3", assessed_at=hours(6.9), seen_at=hours(6),
                               decided_at=hours(4)),
        "Thetford": attended("RM1", "Thetford", 4, 3.5, disposition="left_before_seen"),
        "Upwell": attended("RGP", "Upwell", 3, 1, assessed_at=hours(2.9), seen_at=hours(2.5)),
        "Walsingham": attended("RCX", "Walsingham", 2, place="RESUS", ambulance_incident="E3", acuity="1",
                               ambulance_arrived_at=hours(2.2), assessed_at=hours(2), seen_at=hours(1.9)),
    }  # fmt: skip
    changes.touch(["RM1", "RGP", "RCX"])
    return made


def incident(number: str, known: float = 0, **more: Any) -> dict[str, Any]:
    """A line of the ambulance service: times are hours before `NOW`."""

    def moment(value: Any) -> Any:
        return hours(value).isoformat() if isinstance(value, int | float) else value

    times = {name: moment(value) for name, value in more.items() if name.endswith("_at")}
    rest = {name: value for name, value in more.items() if not name.endswith("_at")}
    base = {"incident": number, "known_at": moment(known), "category": 2, "called_at": moment(3)}
    return {**base, **rest, **times}


def ambulances() -> AmbulanceLoad:
    """Four incidents: handed over after 20 minutes, outside for an hour, one brought to a visit, one not answered."""
    return loaded(
        incident("E1", called_at=4, arrived_on_scene_at=3.5, arrived_hospital_at=2.5, handed_over_at=2.5 - 1 / 3,
                 site="RM102", outcome="conveyed"),
        incident("E2", called_at=3, arrived_on_scene_at=2.6, arrived_hospital_at=1, site="RM102", outcome="conveyed"),
        incident("E3", called_at=3.4, category=1, arrived_on_scene_at=3.3, arrived_hospital_at=2.2,
                 handed_over_at=2.2 - 0.4, site="RCX70", outcome="conveyed"),
        incident("E4", called_at=1.5),
    )  # fmt: skip


def loaded(*rows: dict[str, Any], name: str = "ambulance.jsonl") -> AmbulanceLoad:
    """Load some lines."""
    content = "\n".join(json.dumps(row) for row in rows).encode()
    return loading.load(content=content, name=name, by="tests")


def later(minutes: float) -> datetime:
    """Move the stopped clock on from `NOW`, with feeds that go on."""
    at = NOW + timedelta(minutes=minutes)
    stop_clock(at)
    Sender.objects.update(last_recorded_at=at, last_received_at=at)
    changes.touch(["RM1", "RGP", "RCX"])
    return at.astimezone(UTC)
