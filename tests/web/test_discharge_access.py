"""A team sees its own patients' tasks and nothing else: by list, search, file, guessed address or posted act."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from beds_now_support import NOW, stop_clock
from discharge_support import COMMUNITY, NORFOLK, SUFFOLK, VOLUNTARY, person, position, ready, task_of
from django.test import Client
from django.urls import reverse

from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.components import live
from wherry.web.discharge import services, tasks
from wherry.web.discharge.models import Act, Task, Tracker
from wherry.web.feed.models import Patient, Visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept(no_data: object) -> None:
    live.forget()


@pytest.fixture
def two(client_for: Callable[..., Client]) -> tuple[Visit, Visit]:
    """One patient of Norfolk and one of Suffolk, each with tasks of their own council, and one without any task."""
    found = position()
    coordinator = person(Role.DISCHARGE_COORDINATOR)
    norfolk, suffolk = found.visits["Bexwell"], found.visits["Kelling"]
    Patient.objects.filter(key=suffolk.person_key).update(postcode="NR33 8AA")
    ready(coordinator, norfolk, "1")
    ready(coordinator, suffolk, "3")
    services.review(access=coordinator, visit=found.visits["Narford"], codes=[])
    return norfolk, suffolk


def everything(client: Client) -> str:
    """All that a team can open, as one text."""
    pages = [reverse("discharge:mine"), reverse("discharge:mine") + "?q=kell", reverse("discharge:escalations")]
    text = "".join(client.get(page).content.decode() for page in pages)
    file = b"".join(client.get(reverse("discharge:mine_export")).streaming_content)  # type: ignore[attr-defined]
    for pk in Tracker.objects.values_list("pk", flat=True):
        text += client.get(reverse("discharge:mine_patient", args=[pk])).content.decode()
    return (text + file.decode()).upper()


def test_a_council_sees_its_own_patients_and_never_another_councils(
    two: tuple[Visit, Visit], client_for: Callable[..., Client]
) -> None:
    norfolk, suffolk = (
        everything(client_for(Role.CARE_TEAM, (NORFOLK,))),
        everything(client_for(Role.CARE_TEAM, (SUFFOLK,))),
    )
    assert "BEXWELL" in norfolk
    assert "KELLING" not in norfolk
    assert "NARFORD" not in norfolk
    assert "KELLING" in suffolk
    assert "BEXWELL" not in suffolk
    nobody = everything(client_for(Role.CARE_TEAM, ("E06000031",)))
    assert not any(name in nobody for name in ("BEXWELL", "KELLING", "NARFORD"))


def test_guessed_addresses_are_not_there(two: tuple[Visit, Visit], client_for: Callable[..., Client]) -> None:
    norfolk, suffolk = two
    council = client_for(Role.CARE_TEAM, (SUFFOLK,))
    theirs = Tracker.objects.get(visit_key=norfolk.key)
    there = reverse("discharge:mine_patient", args=[theirs.pk])
    assert council.get(there).status_code == 404
    assert council.get(reverse("discharge:mine_patient", args=[999_999])).status_code == 404
    assert council.post(there, {"act": "task_done", "task": task_of(norfolk, "needs").number}).status_code == 404
    for name, args in (("patient", [norfolk.key]), ("patient", [suffolk.key]), ("list", []), ("round", [])):
        assert council.get(reverse(f"discharge:{name}", args=args)).status_code == 403, name
    assert council.get(reverse("discharge:export")).status_code == 403
    assert Act.objects.filter(kind="task_done").count() == 0


def test_of_a_patient_a_team_sees_its_own_tasks_and_what_blocks_them(
    two: tuple[Visit, Visit], client_for: Callable[..., Client]
) -> None:
    norfolk, _ = two
    coordinator = person(Role.DISCHARGE_COORDINATOR, "RM1")
    services.note(access=coordinator, visit=norfolk, text="A private remark of the ward")
    services.cause(access=coordinator, visit=norfolk, code="W07", primary=True, text="Safeguarding detail")
    pk = Tracker.objects.get(visit_key=norfolk.key).pk
    shown = client_for(Role.CARE_TEAM, (NORFOLK,)).get(reverse("discharge:mine_patient", args=[pk])).content.decode()
    assert "Needs-based assessment" in shown
    assert "Discharge notification (Norfolk and Norwich)" in shown  # what the assessment waits for
    assert "BEXWELL" in shown
    for hidden in ("private remark", "Safeguarding", "9 March 1946", "NR1 1AA", "Medicines to take home", "bed A2"):
        assert hidden not in shown, hidden


def test_another_teams_task_of_the_same_patient_cannot_be_done(
    two: tuple[Visit, Visit], client_for: Callable[..., Client]
) -> None:
    norfolk, _ = two
    pk = Tracker.objects.get(visit_key=norfolk.key).pk
    council = client_for(Role.CARE_TEAM, (NORFOLK,))
    there = reverse("discharge:mine_patient", args=[pk])
    for code in ("tta", "equipment", "settling"):
        for act in ("task_done", "task_take", "task_back", "task_offer", "task_accept"):
            said = council.post(there, {"act": act, "task": task_of(norfolk, code).number, "to": SUFFOLK})
            assert said.status_code == 400
            assert "no such task of yours" in said.content.decode()
    assert not Act.objects.filter(kind__startswith="task_").exists()


def test_an_offer_opens_the_patient_and_its_end_closes_them_again(
    two: tuple[Visit, Visit], client_for: Callable[..., Client]
) -> None:
    norfolk, _ = two
    pk = Tracker.objects.get(visit_key=norfolk.key).pk
    there = reverse("discharge:mine_patient", args=[pk])
    council, other = client_for(Role.CARE_TEAM, (NORFOLK,)), client_for(Role.CARE_TEAM, (SUFFOLK,))
    number = task_of(norfolk, "needs").number
    council.post(there, {"act": "task_offer", "task": number, "to": SUFFOLK, "text": "moved to her son"})
    shown = other.get(there).content.decode()
    assert "Accept" in shown
    assert "Care at home" not in shown  # the council's other task stays its own
    assert "Offered to us by Norfolk" in other.get(reverse("discharge:mine")).content.decode()
    assert "Say why" in other.post(there, {"act": "task_refuse", "task": number}).content.decode()
    said = other.post(there, {"act": "task_refuse", "task": number, "text": "not ours"})
    assert said.status_code == 302
    assert other.get(there).status_code == 404
    council.post(there, {"act": "task_offer", "task": number, "to": SUFFOLK})
    other.post(there, {"act": "task_accept", "task": number})
    assert Task.objects.get(number=number, tracker_id=pk).owner == SUFFOLK
    assert other.get(there).status_code == 200
    assert council.get(there).status_code == 200  # still has the care at home


def test_done_tasks_are_seen_for_some_days_and_then_no_more(
    two: tuple[Visit, Visit], client_for: Callable[..., Client]
) -> None:
    _, suffolk = two
    helpers, here = person(Role.CARE_TEAM, SUFFOLK, name="worker"), client_for(Role.CARE_TEAM, (SUFFOLK,))
    pk = Tracker.objects.get(visit_key=suffolk.key).pk
    for code in ("needs", "placement"):
        tasks.done(access=helpers, visit=suffolk, task=task_of(suffolk, code))
    there = reverse("discharge:mine_patient", args=[pk])
    assert "Put back" in here.get(there).content.decode()
    stop_clock(NOW + timedelta(days=8))
    assert here.get(there).status_code == 404


def test_who_left_stays_only_with_owners_of_after_care(
    two: tuple[Visit, Visit], client_for: Callable[..., Client]
) -> None:
    norfolk, _ = two
    Visit.objects.filter(pk=norfolk.pk).update(standing="left", left_at=NOW, site="", ward="", bed_key="")
    live.forget()
    pk = Tracker.objects.get(visit_key=norfolk.key).pk
    there = reverse("discharge:mine_patient", args=[pk])
    assert client_for(Role.CARE_TEAM, (NORFOLK,)).get(there).status_code == 404
    for organisation, words in ((COMMUNITY, "First visit at home"), (VOLUNTARY, "Settling-in call")):
        shown = client_for(Role.CARE_TEAM, (organisation,)).get(there).content.decode()
        assert words in shown
        assert "Left hospital" in shown


def test_looks_are_logged_once_in_half_an_hour_and_for_whom(
    two: tuple[Visit, Visit], client_for: Callable[..., Client]
) -> None:
    norfolk, _ = two
    council = client_for(Role.CARE_TEAM, (NORFOLK,))
    for _ in range(3):
        council.get(reverse("discharge:mine"))
    [line] = AuditEvent.objects.filter(action="discharge.own_tasks_seen")
    assert json.loads(line.detail)["shown"] == [norfolk.key]
    council.get(reverse("discharge:mine_export"))
    assert AuditEvent.objects.filter(action="discharge.own_tasks_exported").count() == 1
    pk = Tracker.objects.get(visit_key=norfolk.key).pk
    council.get(reverse("discharge:mine_patient", args=[pk]))
    assert AuditEvent.objects.filter(action="discharge.own_tasks_opened", subject_key=norfolk.key).count() == 1


def test_the_control_rooms_tile_counts_only_ones_own(
    two: tuple[Visit, Visit], client_for: Callable[..., Client]
) -> None:
    from wherry.web.access.access import access_of
    from wherry.web.home.tasks import _discharge

    def tiles(role: Role, organisation: str) -> dict[str, int]:
        user = client_for(role, (organisation,)).get("/").wsgi_request.user
        return {task.title: task.number for task in _discharge(access_of(user))}

    assert tiles(Role.CARE_TEAM, SUFFOLK) == {"Our discharge tasks": 2}
    assert tiles(Role.WARD_NURSE, "RM1") == {"Ready to leave hospital": 1}
    assert tiles(Role.EXECUTIVE, "RM1") == {}
