"""The pages of virtual wards: what each says, what its forms do, who is shown what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import virtual_support as vw
from beds_now_support import NOW, live_position, stop_clock
from django.test import Client

from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.components import live
from wherry.web.virtual.models import Alert, BedRequest, Reading, Referral, WardStay

ClientFor = Callable[..., Client]


@pytest.fixture(autouse=True)
def _clock(db: None, no_data: Path) -> None:
    live.forget()
    stop_clock()


@pytest.fixture
def vera(client_for: ClientFor) -> Client:
    return client_for(Role.VIRTUAL_WARD_CLINICIAN, ("RM1",))


def text(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return " ".join(response.content.decode().split())


def post(client: Client, stay: WardStay, act: str, status: int = 302, **values: object) -> str:
    stay.refresh_from_db()
    data = {"act": act, "version": stay.version, **values}
    response = client.post(f"/virtual-wards/patient/{stay.pk}/act/", data)
    assert response.status_code == status, response.content.decode()[:3000]
    return " ".join(response.content.decode().split())


def test_every_page_says_what_would_be_there(vera: Client) -> None:
    assert "Nobody is on these virtual wards" in text(vera, "/virtual-wards/")
    assert "No referral waits" in text(vera, "/virtual-wards/referrals/")
    assert "Nobody is named" in text(vera, "/virtual-wards/measures/")
    page = text(vera, "/virtual-wards/readings/")
    assert "None. A reading waits here if" in page


def test_a_patient_from_referral_to_letter(vera: Client) -> None:
    form = {
        "surname": "Bexwell", "forename": "John", "nhs_number": vw.number(3), "birth_date": "3/4/1942", "source": "gp",
        "ward": "RM1|respiratory", "reason": "Third time in three months", "c-adult": "yes",
    }  # fmt: skip
    assert vera.post("/virtual-wards/refer/", {**form, "birth_date": ""}).status_code == 400
    made = vera.post("/virtual-wards/refer/", form)
    referral = Referral.objects.get()
    assert made["Location"] == f"/virtual-wards/referrals/{referral.pk}/"
    page = text(vera, made["Location"])
    assert "BEXWELL, John" in page
    assert "9 of 10 criteria are not answered yet" in page
    answers = {f"c-{code}": said for code, said in vw.suited("respiratory").items()}
    there = f"/virtual-wards/referrals/{referral.pk}/act/"
    assert vera.post(there, {"act": "accept", "version": 1}).status_code == 400
    assert vera.post(there, {"act": "accept", "version": 1, **answers}).status_code == 302
    stay = WardStay.objects.get()
    post(vera, stay, "onboard", item="equipment", done="yes")
    post(vera, stay, "device", number="KIT-1", description="Oximeter")
    post(vera, stay, "plan", text="Steroids", times="08:00 20:00", clinician=str(stay.clinician_id))
    post(vera, stay, "limit", kind="oxygen_saturation", lower="88", reason="COPD")
    page = post(vera, stay, "readings", 400, **{"v-pulse": "700", "on": "14/7/2026", "at": "14:10"})
    assert "Pulse a minute of 700 /min cannot be" in page
    assert 'value="700"' in page
    values = {"v-pulse": "135", "v-respiratory_rate": "26", "v-oxygen_saturation": "86", "v-oxygen": "oxygen"}
    post(vera, stay, "readings", token="one", on="14/7/2026", at="14:20", **values)
    post(vera, stay, "readings", token="one", on="14/7/2026", at="14:20", **values)
    assert Reading.objects.count() == 4
    page = text(vera, f"/virtual-wards/patient/{stay.pk}/")
    assert "NEWS2 is at least 11" in page
    assert "Oxygen saturation: 86% is below 88%" in page
    alerts = [str(pk) for pk in Alert.objects.values_list("pk", flat=True)]
    assert len(alerts) == 2
    post(vera, stay, "answer", 400, alert=alerts, text=" ")
    post(vera, stay, "answer", alert=alerts, text="Ambulance called")
    post(vera, stay, "bed", organisation="RM1", level="emergency", reason="Needs NIV")
    post(vera, stay, "bed_end", how="withdrawn", why="Better after nebuliser")
    post(vera, stay, "review", text="Better")
    leaving = {"outcome": "plan", "to_whom": "GP", "follow_up": "Call in a week", "plan": "Inhaler"}
    post(vera, stay, "end", 400, **leaving)
    post(vera, stay, "end", sure="yes", **leaving)
    page = text(vera, f"/virtual-wards/patient/{stay.pk}/")
    assert "Follow-up: Call in a week" in page
    assert "Give the place back" in page
    opened = AuditEvent.objects.filter(action="virtual.opened", subject_key=str(stay.pk))
    assert opened.count() >= 10


def test_the_board_puts_first_what_is_wrong_and_says_so_live(vera: Client) -> None:
    well, ill = vw.stay(1, at=NOW - timedelta(hours=4)), vw.stay(2, at=NOW - timedelta(hours=4))
    vw.send(well, NOW - timedelta(hours=1))
    first = vera.get("/virtual-wards/")
    page = " ".join(first.content.decode().split())
    assert page.index("Readings that are wrong (0)") < page.index("Has not sent (0)") < page.index("Reviews due (0)")
    version = page.split('data-version="')[1].split('"')[0]
    live.forget()
    assert vera.get(f"/virtual-wards/?version={version}").status_code == 204
    vw.send(ill, NOW - timedelta(minutes=30), respiratory_rate=26, oxygen_saturation=90)
    live.forget()
    part = " ".join(vera.get(f"/virtual-wards/?version={version}").content.decode().split())
    wrong = part.split('id="missing"')[0]
    assert "Readings that are wrong (1)" in wrong
    assert "PATIENT2, Jo" in wrong
    assert "PATIENT1" not in wrong
    assert "(medium risk)" in wrong
    listed = AuditEvent.objects.filter(action="virtual.listed")
    assert listed.count() == 1


def test_another_providers_patients_are_not_there(client_for: ClientFor) -> None:
    stay = vw.stay()
    referral = vw.referral(2)
    other = client_for(Role.VIRTUAL_WARD_CLINICIAN, ("RY3",))
    assert "PATIENT1" not in text(other, "/virtual-wards/")
    assert other.get(f"/virtual-wards/patient/{stay.pk}/").status_code == 404
    assert other.post(f"/virtual-wards/patient/{stay.pk}/act/", {"act": "note"}).status_code == 404
    assert other.get(f"/virtual-wards/referrals/{referral.pk}/").status_code == 404
    assert "PATIENT2" not in text(other, "/virtual-wards/referrals/")


def test_a_nurse_refers_from_the_ward_and_reads_what_became_of_it(client_for: ClientFor) -> None:
    position = live_position()
    visit = next(each for each in position.visits.values() if each.standing == "in_bed" and each.organisation == "RM1")
    nurse = client_for(Role.WARD_NURSE, ("RM1",))
    page = text(nurse, f"/virtual-wards/refer/?visit={visit.key}")
    assert "Hospital ward" in page
    data = {"visit": visit.key, "source": "ward", "ward": "RM1|frailty", "reason": "Well enough for home"}
    assert nurse.post("/virtual-wards/refer/", data).status_code == 302
    assert "waiting" in text(nurse, "/virtual-wards/refer/").split("My latest referrals")[1]
    other = client_for(Role.WARD_NURSE, ("RCX",))
    assert other.get(f"/virtual-wards/refer/?visit={visit.key}").status_code == 404


def test_the_site_manager_sees_the_bed_that_is_asked_for(client_for: ClientFor, vera: Client) -> None:
    stay = vw.stay()
    post(vera, stay, "bed", organisation="RM1", level="urgent", reason="Needs fluids")
    site = client_for(Role.SITE_MANAGER, ("RM1",))
    assert "Hospital beds asked for (1)" in text(site, "/virtual-wards/")
    assert "The bed is arranged" in text(site, f"/virtual-wards/patient/{stay.pk}/")
    post(site, stay, "bed_end", how="arranged", why="AMU A3")
    assert BedRequest.objects.get().state == "arranged"


def test_places_and_rota_are_set(vera: Client) -> None:
    ward = {"act": "staffed", "ward": "RM1|frailty", "places": "20", "from_on": "14/7/2026", "reason": "Two nurses ill"}
    assert vera.post("/virtual-wards/measures/set/", {**ward, "places": "999"}).status_code == 400
    assert vera.post("/virtual-wards/measures/set/", ward).status_code == 302
    page = text(vera, "/virtual-wards/measures/")
    assert "Frailty (20 of 30)" in page
    one = vw.worker("one")
    rota = {"act": "rota", "provider": "RM1", "person": [one.pk, ""], "from_on": "14/7/2026", "from_at": "08:00"}
    assert vera.post("/virtual-wards/measures/set/", rota).status_code == 302
    assert "Test One" in text(vera, "/virtual-wards/measures/").split('id="rota"')[1].split("<form")[0]


def test_a_reading_that_waits_is_given_to_its_patient(vera: Client) -> None:
    stay = vw.stay()
    vw.taking.take([vw.Incoming("RM1|KIT", "pulse", 80, "/min", NOW, NOW, nhs_number=stay.nhs_number)], door="fhir")
    assert "came without a birth date" in text(vera, "/virtual-wards/readings/")
    row = Reading.objects.get()
    there = f"/virtual-wards/readings/{row.pk}/act/"
    assert vera.post(there, {"act": "assign", "stay": stay.pk, "reason": ""}).status_code == 400
    assert vera.post(there, {"act": "assign", "stay": stay.pk, "reason": "Rang"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.stay_id) == ("used", stay.pk)
    assert vera.post(there, {"act": "back", "reason": "Wrong"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.stay_id) == ("waiting", None)
