"""Pages of leaving hospital: what is seen first, what each form does, and what a second person is told."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date

import pytest
from beds_now_support import NOW, hours
from discharge_support import COMMUNITY, NORFOLK, person, position, ready, task_of
from django.test import Client
from django.urls import reverse

from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.components import live
from wherry.web.discharge import services
from wherry.web.discharge.models import Act, Duty, Escalation, Tracker
from wherry.web.feed.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept(no_data: object) -> None:
    live.forget()


def page(client: Client, name: str, query: str = "", *args: object) -> str:
    response = client.get(reverse(f"discharge:{name}", args=args) + query)
    assert response.status_code == 200, response.content.decode()[:2000]
    return response.content.decode()


def act(client: Client, visit: Visit, name: str, **fields: object) -> str:
    there = reverse("discharge:patient", args=[visit.key])
    response = client.post(there, {"act": name, **fields}, follow=True)
    return response.content.decode()


def test_every_page_stands_without_anybody(client_for: Callable[..., Client]) -> None:
    coordinator = client_for(Role.DISCHARGE_COORDINATOR)
    for name in ("list", "round", "reviews", "metrics", "rota", "mine", "escalations", "rules"):
        page(coordinator, name)
    assert "Nobody is in a bed here" in page(coordinator, "list")


def test_first_comes_how_many_meet_no_criteria_by_site_and_the_oldest_leads(client_for: Callable[..., Client]) -> None:
    found = position()
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    for name, before in (("Bexwell", 30), ("Narford", 100)):
        services.review(access=coordinator, visit=found.visits[name], codes=[])
        services.set_ready(access=coordinator, visit=found.visits[name], on=hours(before), reason="then")
    services.review(access=coordinator, visit=found.visits["Abbotsley"], codes=["02"])
    shown = page(client_for(Role.DISCHARGE_COORDINATOR), "list")
    assert "Meet no criteria to reside" in shown
    assert shown.index("NARFORD, Nora") < shown.index("BEXWELL, Beth")
    assert "ABBOTSLEY" not in shown
    assert "Choose the pathway" in shown
    assert "2" in shown.split("Meet no criteria to reside")[1][:200]
    only = page(client_for(Role.DISCHARGE_COORDINATOR), "list", "?site=RCX70")
    assert "NARFORD" in only
    assert "BEXWELL" not in only
    at = page(client_for(Role.DISCHARGE_COORDINATOR, ("RM1",)), "list")
    assert "NARFORD" not in at


def test_filters_stay_in_the_address_and_what_means_nothing_is_said(client_for: Callable[..., Client]) -> None:
    found = position()
    ready(person(Role.DISCHARGE_COORDINATOR), found.visits["Bexwell"], "1")
    client = client_for(Role.DISCHARGE_COORDINATOR)
    assert "BEXWELL" in page(client, "list", "?place=Norwich&pathway=1&owner=E10000020&q=bex")
    assert "Nobody fits this filter" in page(client, "list", "?place=West+Norfolk")
    assert "left out: show, site" in page(client, "list", "?show=x&site=y")
    assert "export/?place=Norwich" in page(client, "list", "?place=Norwich")
    for strange in ("?page=0", "?page=99999", "?page=x", "?q=%00%25", "?q=999"):
        page(client, "list", strange)


def test_the_file_has_every_row_of_the_filter_and_is_logged(client_for: Callable[..., Client]) -> None:
    found = position()
    ready(person(Role.DISCHARGE_COORDINATOR), found.visits["Bexwell"], "1")
    response = client_for(Role.DISCHARGE_COORDINATOR).get(reverse("discharge:export"))
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    [line] = csv.DictReader(io.StringIO(text))
    assert (line["Surname"], line["Pathway"], line["Place"], line["Council"]) == ("Bexwell", "1", "Norwich", "Norfolk")
    assert AuditEvent.objects.filter(action="discharge.exported").count() == 1


def test_a_patient_is_reviewed_and_put_on_a_pathway_with_its_tasks(client_for: Callable[..., Client]) -> None:
    visit = position().visits["Bexwell"]
    client = client_for(Role.DISCHARGE_COORDINATOR)
    assert "Not yet reviewed" in page(client, "patient", "", visit.key)
    assert "choose the criteria" in act(client, visit, "review").lower()
    assert "ready to leave" in act(client, visit, "review", none="yes", seen=0)
    assert "was first" in act(client, visit, "review", codes="02", seen=0)
    said = act(client, visit, "pathway", pathway="1", with_tasks="yes", seen=1)
    assert "tasks are made" in said
    assert "Home care brokerage" in said
    assert "Needs-based assessment (Norfolk)" in said  # what home care waits for
    for name, fields in (
        ("expected", {"expected_on": "16/7/2026", "confidence": "high"}),
        ("cause", {"code": "C01", "primary": "yes"}),
        ("senior", {}),
        ("colour", {"reason": "therapy"}),
        ("criteria", {"text": "Walks to the toilet alone"}),
        ("long_stay", {"text": "Seen by the team: home on Thursday"}),
        ("note", {"text": "Daughter has the key"}),
        ("tasks", {"task_code": "fast_track"}),
        ("ready", {"on": "13/7/2026 09:00", "reason": "acute care ended"}),
        ("uncause", {"code": "C01"}),
        ("escalate", {"level": "1", "reason": "No care at home"}),
    ):
        said = act(client, visit, name, **fields)
        assert "Nothing was recorded" not in said, (name, said[said.index("Nothing was recorded") :][:600])
    assert Tracker.objects.get().expected_on == date(2026, 7, 16)
    assert "nobody is on duty" in said
    for name in ("expected", "cause", "colour", "note", "tasks", "ready", "escalate", "undo", "task_done", "strange"):
        assert "Nothing was recorded" in act(client, visit, name, task_code="strange", level="9"), name


def test_tasks_are_done_timed_and_said_not_to_be_needed(client_for: Callable[..., Client]) -> None:
    visit = position().visits["Bexwell"]
    ready(person(Role.DISCHARGE_COORDINATOR), visit, "0")
    client = client_for(Role.DISCHARGE_COORDINATOR)
    tta, summary = task_of(visit, "tta"), task_of(visit, "summary")
    assert "taken by you" in act(client, visit, "task_take", task=tta.number)
    assert "another time" in act(client, visit, "task_due", task=tta.number, due="15/7/2026 09:00")
    assert "not to be needed" in act(client, visit, "task_not_needed", task=summary.number, text="a copy was sent")
    assert "done. Put it back" in act(client, visit, "task_done", task=tta.number)
    assert "put back" in act(client, visit, "task_back", task=tta.number)
    made = Act.objects.filter(kind="task_not_needed").get()
    assert "Undone" in act(client, visit, "undo", number=made.number, reason="it was another patient’s")
    assert task_of(visit, "summary").status == "waiting"


def test_the_board_round_records_a_whole_ward_at_once(client_for: Callable[..., Client]) -> None:
    found = position()
    client = client_for(Role.WARD_NURSE)
    there = reverse("discharge:round") + "?site=RM102&ward=M1"
    assert "Medical ward 1" in page(client, "round")
    shown = page(client, "round", "?site=RM102&ward=M1")
    assert "ABBOTSLEY" in shown
    assert "KELLING" not in shown
    keys = {name: found.key(name) for name in ("Abbotsley", "Bexwell", "Clippesby", "Docking")}
    form = {
        f"codes-{keys['Abbotsley']}": "0",
        f"senior-{keys['Abbotsley']}": "yes",
        f"expected_on-{keys['Abbotsley']}": "today",
        f"confidence-{keys['Abbotsley']}": "high",
        f"reason-{keys['Abbotsley']}": "leaves",
        f"codes-{keys['Bexwell']}": "2, 8",
        f"codes-{keys['Clippesby']}": "77",
        **{f"seen-{key}": "0" for key in keys.values()},
    }
    response = client.post(there, form)
    said = response.content.decode()
    assert response.status_code == 400
    assert "Recorded for 2 patients" in said
    assert "Not recorded for 1 patient" in said
    assert "“77” is no criterion" in said
    rows = {row.visit_key: row for row in Tracker.objects.all()}
    assert set(rows) == {keys["Abbotsley"], keys["Bexwell"]}
    assert (rows[keys["Abbotsley"]].meets, rows[keys["Abbotsley"]].senior_at) == (False, NOW)
    assert rows[keys["Bexwell"]].codes == "02,08"
    # somebody else's review of a row is not overwritten; an empty form changes nothing
    again = client.post(there, {f"codes-{keys['Bexwell']}": "0", f"seen-{keys['Bexwell']}": "0"})
    assert "was first" in again.content.decode()
    assert "nothing was recorded" in client.post(there, {}, follow=True).content.decode()
    assert client.get(reverse("discharge:round") + "?site=RGP75&ward=M1").status_code == 200
    elsewhere = client_for(Role.WARD_NURSE, ("RGP",))
    assert elsewhere.get(there).status_code == 404
    assert elsewhere.post(there, form).status_code == 404


def test_overdue_reviews_are_listed_by_ward_and_long_stays_by_length(client_for: Callable[..., Client]) -> None:
    found = position()
    nurse = person(Role.WARD_NURSE)
    services.review(access=nurse, visit=found.visits["Abbotsley"], codes=["02"])
    shown = page(client_for(Role.WARD_NURSE), "reviews")
    overdue = shown.split("Criteria to reside, by ward")[1].split("Long stays")[0]
    assert "ABBOTSLEY" not in overdue
    assert "BEXWELL" in overdue
    assert "MORSTON" not in overdue  # a children's ward owes none
    assert "ELSING" not in overdue  # came an hour ago
    long = shown.split("Long stays to be reviewed")[-1]
    assert "BEXWELL" in long  # twenty days
    assert "1 due, 0 done" in shown
    services.note(access=nurse, visit=found.visits["Bexwell"], text="seen", kind="long_stay")
    assert "0 due, 1 done" in page(client_for(Role.WARD_NURSE), "reviews")
    assert "BEXWELL" not in page(client_for(Role.WARD_NURSE), "reviews").split("Long stays to be reviewed")[-1]


def test_measures_are_totals_and_need_no_names(client_for: Callable[..., Client]) -> None:
    found = position()
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    services.review(access=coordinator, visit=found.visits["Bexwell"], codes=[])
    services.set_ready(access=coordinator, visit=found.visits["Bexwell"], on=hours(80), reason="then")
    services.cause(access=coordinator, visit=found.visits["Bexwell"], code="C01", primary=True)
    shown = page(client_for(Role.EXECUTIVE), "metrics")
    assert "BEXWELL" not in shown.upper()
    lost = shown.split("Lost bed days")[1][:60]
    assert ">3<" in lost  # ready on the 11th: nights of the 11th, 12th and 13th
    for query in ("?days=7", "?days=365&site=RM102", "?days=x&site=y"):
        page(client_for(Role.ANALYST), "metrics", query)


def test_who_is_on_duty_is_kept_by_each_organisation_for_itself(client_for: Callable[..., Client]) -> None:
    position()
    council = client_for(Role.CARE_TEAM, (NORFOLK,))
    me = council.get("/").wsgi_request.user
    there = reverse("discharge:rota")
    form = {"act": "put", "organisation": NORFOLK, "role": "coordinator", "person": me.pk}
    times = {"from": "14/7/2026 08:00", "to": "14/7/2026 20:00"}
    assert "is on the rota" in council.post(there, form | times, follow=True).content.decode()
    assert council.post(there, form | times | {"organisation": COMMUNITY}).status_code == 403
    assert "must be after" in council.post(there, form | times | {"to": "14/7/2026 07:00"}).content.decode()
    assert "3/4/2026" in council.post(there, form).content.decode()
    assert client_for(Role.WARD_NURSE).post(there, form | times | {"organisation": "RM1"}).status_code == 403
    duty = Duty.objects.get()
    assert "is off this duty" in council.post(there, {"act": "off", "duty": duty.pk}, follow=True).content.decode()
    assert "was first" in council.post(there, {"act": "off", "duty": duty.pk}).content.decode()
    assert "again" in council.post(there, {"act": "back", "duty": duty.pk}, follow=True).content.decode()
    assert Duty.objects.get().ended_at is None


def test_an_escalation_is_acknowledged_by_the_person_named(client_for: Callable[..., Client]) -> None:
    visit = position().visits["Bexwell"]
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    ready(coordinator, visit, "1")
    executive = client_for(Role.EXECUTIVE)
    boss = executive.get("/").wsgi_request.user
    Duty.objects.create(
        organisation="RM1", role="executive", person=boss, person_name=boss.display_name, from_at=hours(2),
        to_at=hours(-8), made_by_name="test", made_at=NOW,
    )  # fmt: skip
    said = act(client_for(Role.DISCHARGE_COORDINATOR), visit, "escalate", level="3", reason="Nine days")
    assert boss.display_name in said
    one = Escalation.objects.get(ended_at=None)
    there = reverse("discharge:escalations")
    shown = page(executive, "escalations")
    assert "Nine days" in shown
    assert "BEXWELL" not in shown  # an executive sees no names
    assert "999" not in shown.split("<main")[1]
    assert client_for(Role.CLINICIAN).post(there, {"one": one.pk}).status_code == 403
    assert "at least one" in executive.post(there, {}).content.decode()
    assert "Acknowledged: 1" in executive.post(there, {"one": one.pk, "note": "I call"}, follow=True).content.decode()
    one.refresh_from_db()
    assert (one.acknowledged_by_name, one.note) == (boss.display_name, "I call")
    assert "taken back" in executive.post(there, {"back": one.pk}, follow=True).content.decode()
    one.refresh_from_db()
    assert one.acknowledged_at is None


def test_nobody_reviewed_is_not_known_and_never_none(client_for: Callable[..., Client]) -> None:
    position()
    coordinator = client_for(Role.DISCHARGE_COORDINATOR)
    before = page(coordinator, "list")
    assert "not known of" in before
    assert "0.0%" not in before
    assert "nobody reviewed" in page(coordinator, "metrics")
    visit = Visit.objects.filter(standing="in_bed", organisation="RM1", ward="M1").first()
    assert visit is not None
    ready(person(Role.DISCHARGE_COORDINATOR, "RM1"), visit, "0")
    live.forget()
    assert "never reviewed" in page(coordinator, "list")
