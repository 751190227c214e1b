"""Who may ask to move and where there is room earlier: held to the rules read row by row, and to free capacity."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from offers_support import TODAY, Bench, access
from snapshot_factory import Made

from wherry.errors import UserError
from wherry.reference.services import COMPLEXITIES
from wherry.reference.system import load
from wherry.waiting.offer_rules import may_ask_to_move
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.offers import earlier, invitations, patients, services
from wherry.web.offers.invitations import InvitedAlready
from wherry.web.offers.models import AnswerCode, Invitation, Offer, State
from wherry.web.waiting.models import State as CaseState
from wherry.web.waiting.models import ValidationCase

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(handmade: Made) -> Bench:
    return Bench(handmade)


def everybody(bench: Bench) -> list[dict[str, Any]]:
    folder = bench.made.hub / "snapshots" / bench.made.snapshot_id
    rows: list[dict[str, Any]] = pq.read_table(folder / "waiting_list.parquet").to_pylist()
    return rows


def test_the_list_is_the_rule_row_by_row_longest_first(bench: Bench) -> None:
    expected = {
        row["pathway_key"]
        for row in everybody(bench)
        if row["organisation"] == "RM1" and may_ask_to_move(row["days_waited"], earlier.next_date(row), TODAY)
    }
    found = earlier.waiters(access(Role.WAITING_LIST_MANAGER, "RM1"), TODAY, size=500)
    assert {facts.pathway_key for facts in found.facts} == expected
    assert found.total == len(expected) > 3
    waits = [facts.row["days_waited"] for facts in found.facts if facts.row]
    assert waits == sorted(waits, reverse=True)


def test_those_asked_already_or_off_the_list_are_left_out(bench: Bench) -> None:
    rows = bench.long_waiters()
    total = earlier.waiters(bench.manager, TODAY).total
    invitations.invite(access=bench.manager, pathway_key=rows[0]["pathway_key"])
    ValidationCase.objects.create(
        pathway_key=rows[1]["pathway_key"], period=rows[1]["period"], organisation="RM1", state=CaseState.TAKEN_OFF
    )
    assert earlier.waiters(bench.manager, TODAY).total == total - 2
    assert earlier.waiters(bench.manager, TODAY, show="all").total == total - 1


def test_each_option_is_the_first_week_with_room_at_a_site_that_can(bench: Bench) -> None:
    folder = bench.made.hub / "snapshots" / bench.made.snapshot_id
    weeks = pq.read_table(folder / "capacity_week.parquet").to_pylist()
    can = load("norfolk-waveney").services.can
    rows = bench.rows[:60]
    facts = patients.facts_of([row["pathway_key"] for row in rows])
    seen = 0
    for row in rows:
        person = facts[row["pathway_key"]]
        kind = "theatre" if row["stage"] == "admitted" else "clinic"
        level, group = person.complexity(TODAY), person.procedure_group
        for option in earlier.options(person, TODAY):
            seen += 1
            assert option.site != row["site"]
            assert option.week_start >= TODAY + timedelta(days=21)
            assert can(option.site, row["treatment_function"], group, level, option.week_start)
            assert option.places >= 1
            sooner = [
                week
                for week in weeks
                if (week["kind"], week["site"], week["treatment_function"])
                == (kind, option.site, row["treatment_function"])
                and TODAY + timedelta(days=21) <= week["week_start"] < option.week_start
                and week["procedure_group"] in ("", group)
                and COMPLEXITIES.index(week["complexity"]) >= COMPLEXITIES.index(level)
            ]
            for week in sooner:
                room = week["free_minutes"] // (option.minutes or 1) if kind == "theatre" else week["free_slots"]
                assert room == 0, (option, week)
    assert seen > 20


def test_places_promised_here_are_no_longer_room(bench: Bench) -> None:
    row = next(r for r in bench.rows if earlier.options(patients.facts_of([r["pathway_key"]])[r["pathway_key"]], TODAY))
    facts = patients.facts_of([row["pathway_key"]])[row["pathway_key"]]
    option = earlier.options(facts, TODAY)[0]
    others = [r for r in bench.rows if r["organisation"] == "RM1" and r is not row][: option.places]
    assert len(others) == option.places
    for n, other in enumerate(others):
        number = [r for r in bench.rows if r["organisation"] == "RM1"].index(other)
        offer = bench.agreed(
            number,
            to_organisation=option.organisation,
            to_site="RCX70" if option.site == other["site"] else option.site,
            week_start=option.week_start,
            capacity_key=option.capacity_key,
            places=option.stated,
        )
        left = [o for o in earlier.options(facts, TODAY) if o.capacity_key == option.capacity_key]
        assert left[0].places == option.places - n
        bench.offer(offer, treat_on=option.week_start, answer_by=TODAY + timedelta(days=10))
    assert option.capacity_key not in {o.capacity_key for o in earlier.options(facts, TODAY)}


def test_a_manager_proposes_by_hand_and_a_clinician_is_still_asked(bench: Bench) -> None:
    client = Client()
    client.force_login(bench.manager.user)  # type: ignore[arg-type]
    rows = bench.long_waiters()
    facts = patients.facts_of([row["pathway_key"] for row in rows])
    key, option = next((k, found[0]) for k, f in facts.items() if (found := earlier.options(f, TODAY)))
    address = f"/offers/may-ask-to-move/propose/{key}/"
    assert client.post(address, {"place": "elsewhere", "why": ""}).status_code == 400
    response = client.post(address, {"place": option.capacity_key, "why": "Waits longest, would go"})
    offer = Offer.objects.get()
    assert response["Location"] == f"/offers/{offer.pk}/"
    assert (offer.state, offer.origin, offer.to_site, offer.miles) == (
        State.PROPOSED,
        "hand",
        option.site,
        option.miles,
    )
    again = client.post(address, {"place": option.capacity_key, "why": "again"})
    assert b"There is an offer for this clock already" in again.content


def test_who_may_not_ask_is_not_invited(bench: Bench) -> None:
    short = next(row for row in bench.rows if row["days_waited"] <= 280)
    with pytest.raises(UserError, match="has not waited long enough"):
        invitations.invite(access=bench.manager, pathway_key=short["pathway_key"])
    long = bench.long_waiters()[0]
    with pytest.raises(PermissionDenied):
        invitations.invite(access=access(Role.CALL_HANDLER), pathway_key=long["pathway_key"])
    invitations.invite(access=bench.manager, pathway_key=long["pathway_key"])
    with pytest.raises(InvitedAlready):
        invitations.invite(access=bench.manager, pathway_key=long["pathway_key"])
    assert Invitation.objects.count() == 1


def test_closing_an_invitation_ends_its_code_and_needs_a_reason(bench: Bench) -> None:
    made = bench.invited()
    client = Client()
    client.force_login(bench.manager.user)  # type: ignore[arg-type]
    page = client.post(f"/offers/invitations/{made.pk}/letter/").content.decode()
    assert "of-code" in page
    client.post(f"/offers/invitations/{made.pk}/close/", {"reason": " "})
    made.refresh_from_db()
    assert made.state == "invited"
    client.post(f"/offers/invitations/{made.pk}/close/", {"reason": "Has a date now"})
    made.refresh_from_db()
    assert made.state == "closed"
    assert AnswerCode.objects.get().ended_at is not None
    assert AuditEvent.objects.filter(action="invitation.close").exists()


def test_a_wish_without_a_place_stays_a_wish_that_staff_see(bench: Bench) -> None:
    made = bench.invited()
    actor = invitations.Actor(patient_of=f"invitation {made.pk}")
    asked = invitations.ask(actor=actor, invitation_id=made.pk, sites=["RM131"], miles=1)
    assert asked.offer is None
    client = Client()
    client.force_login(bench.manager.user)  # type: ignore[arg-type]
    page = client.get("/offers/may-ask-to-move/").content.decode()
    assert "No place fitted" in page
    assert services.declined_reasonable(made.pathway_key, made.period) == 0
