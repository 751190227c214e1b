"""Staff pages of offers: filters in the address, counts that add up, forms that keep what was written, scope."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from offers_support import KEY, TODAY, WEEK, Bench, access, patient
from snapshot_factory import Made

from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.offers import answers, earlier, patients, selectors, shortfall
from wherry.web.offers.models import AnswerCode, Offer, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def bench(handmade: Made) -> Bench:
    return Bench(handmade)


def signed_in(role: Role, *trusts: str) -> Client:
    client = Client()
    client.force_login(access(role, *trusts).user)  # type: ignore[arg-type]
    return client


def test_the_worklist_counts_each_state_and_keeps_its_filter_in_the_address(bench: Bench) -> None:
    proposed, agreed, offered = bench.proposed(0), bench.agreed(1), bench.offered(2)
    back = bench.proposed(0, "RGP", capacity_key=KEY.replace("RGP75", "RM102"))
    client = signed_in(Role.WAITING_LIST_MANAGER, "RM1")
    page = client.get("/offers/").content.decode()
    for words in ("All (4)", "Proposed (2)", "Clinically agreed (1)", "Offered (1)", "No answer (0)"):
        assert words in page
    page = client.get("/offers/?state=proposed&from=RGP").content.decode()
    assert f"/offers/{back.pk}/" in page
    assert f"/offers/{proposed.pk}/" not in page
    assert "state=agreed&amp;from=RGP" in page
    surname = bench.row(0, "RGP")["surname"]
    assert surname not in page, "the other trust's patient is not named before a yes"
    assert f"Offer {back.pk}" in page
    assert {agreed.state, offered.state} == {State.AGREED, State.OFFERED}


def test_pages_of_a_long_worklist_follow_each_other(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "PAGE", 2)
    made = [bench.proposed(n) for n in range(5)]
    seen: list[int] = []
    for page in (1, 2, 3):
        found = selectors.worklist(bench.manager, selectors.Asked(state="proposed", page=page), TODAY)
        seen += [offer.pk for offer in found.offers]
        assert (found.total, found.pages) == (5, 3)
    assert sorted(seen) == [offer.pk for offer in made]
    assert selectors.read({"page": "x", "state": "nonsense"}) == selectors.Asked()


def test_promises_beyond_the_room_that_a_hospital_shows_are_named(bench: Bench) -> None:
    rooms = earlier.rooms_of(patients.care())
    week = next(
        w
        for w in rooms.weeks["theatre", "110"]
        if w["site"] == "RGP75" and w["week_start"] >= WEEK - timedelta(weeks=1)
    )
    key, monday = earlier.capacity_key(week), week["week_start"]
    terms = {"week_start": monday, "capacity_key": key, "places": 3}
    fits, not_there = bench.agreed(0, **terms, minutes=week["free_minutes"]), bench.offered(1, capacity_key=KEY + "x")
    bench.offer(fits, treat_on=monday, answer_by=TODAY + timedelta(days=9), agreed_sooner=True, note="agreed")
    found = shortfall.shortfalls(bench.manager, TODAY)
    assert [(short.offers, short.promised, short.room) for short in found] == [((not_there.pk,), 1, 0)]
    page = signed_in(Role.WAITING_LIST_MANAGER, "RM1").get("/offers/").content.decode()
    assert "1 promised, room for 0" in page
    assert not shortfall.shortfalls(access(Role.WAITING_LIST_MANAGER, "RCX"), TODAY)
    Offer.objects.filter(pk=fits.pk).update(minutes=week["free_minutes"] + 1)
    assert len(shortfall.shortfalls(bench.manager, TODAY)) == 2
    later = TODAY + timedelta(days=15)
    assert not shortfall.shortfalls(bench.manager, later), "holds that ran out promise nothing"


def test_an_empty_worklist_says_how_offers_come(handmade: Made) -> None:
    assert b"Offers come here when mutual aid proposes" in signed_in(Role.CALL_HANDLER, "RM1").get("/offers/").content


def test_the_pages_answer_before_anything_was_built(no_data: object) -> None:
    client = signed_in(Role.WAITING_LIST_MANAGER)
    for address in ("/offers/", "/offers/calls/", "/offers/may-ask-to-move/", "/offers/choices/", "/my/"):
        assert client.get(address).status_code == 200, address
    assert signed_in(Role.CLINICIAN).get("/offers/to-agree/").status_code == 200


def test_a_form_that_is_refused_keeps_what_was_written(bench: Bench) -> None:
    offer, client = bench.agreed(), signed_in(Role.WAITING_LIST_MANAGER, "RM1")
    post = {"version": offer.version, "treat_on": "9/3/2026", "answer_by": "10/2/2026", "method": "letter"}
    response = client.post(f"/offers/{offer.pk}/make/", post)
    page = response.content.decode()
    assert response.status_code == 400
    assert "choose a day of that week" in page
    assert 'value="9/3/2026"' in page
    client.post(f"/offers/{offer.pk}/make/", post | {"treat_on": "4/3/2026"})
    offer.refresh_from_db()
    assert (offer.state, offer.treat_on, offer.method) == (State.OFFERED, WEEK + timedelta(days=2), "letter")


def test_the_letter_shows_its_code_once_and_the_next_letter_another(bench: Bench) -> None:
    offer, client = bench.offered(), signed_in(Role.WAITING_LIST_MANAGER, "RM1")
    first = client.post(f"/offers/{offer.pk}/letter/").content.decode()
    second = client.post(f"/offers/{offer.pk}/letter/").content.decode()
    codes = [page.split('class="of-code">')[1].split("<")[0] for page in (first, second)]
    assert codes[0] != codes[1]
    assert [code.ended_at is None for code in AnswerCode.objects.order_by("pk")] == [False, True]
    assert bench.row()["surname"] in first
    assert codes[1] not in client.get(f"/offers/{offer.pk}/").content.decode()
    assert client.get(f"/offers/{offer.pk}/letter/").status_code == 405


def test_no_letter_goes_out_without_a_number_to_ring(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from wherry.web import snapshot as snapshots

    offer, client = bench.offered(), signed_in(Role.WAITING_LIST_MANAGER, "RM1")
    monkeypatch.setattr(snapshots, "is_artificial", lambda: False)
    client.post(f"/offers/{offer.pk}/letter/")
    assert not AnswerCode.objects.exists()
    monkeypatch.setenv("WHERRY_PATIENT_TELEPHONE", "01632 960 555")
    assert b"01632 960 555" in client.post(f"/offers/{offer.pk}/letter/").content


def test_a_clinician_agrees_one_after_the_other(bench: Bench) -> None:
    first, second = bench.proposed(0), bench.proposed(1)
    client = signed_in(Role.CLINICIAN, "RM1")
    page = client.get(f"/offers/to-agree/{first.pk}/").content.decode()
    assert "Frailty scale" in page
    response = client.post(f"/offers/to-agree/{first.pk}/decide/", {"version": 1, "decision": "agree"})
    assert response["Location"] == f"/offers/to-agree/{second.pk}/"
    post = {"version": 1, "decision": "refuse", "reason": ""}
    assert client.post(f"/offers/to-agree/{second.pk}/decide/", post).status_code == 400
    response = client.post(f"/offers/to-agree/{second.pk}/decide/", post | {"reason": "Too frail to travel"})
    assert response["Location"] == "/offers/to-agree/"
    assert sorted(Offer.objects.values_list("state", flat=True)) == ["agreed", "refused"]
    assert signed_in(Role.CLINICIAN, "RGP").get(f"/offers/to-agree/{first.pk}/").status_code == 404


def test_several_are_previewed_before_they_are_agreed(bench: Bench) -> None:
    offers = [bench.proposed(n) for n in range(3)]
    client = signed_in(Role.CLINICIAN, "RM1")
    ticked = [f"{offer.pk}:1" for offer in offers]
    page = client.post("/offers/to-agree/together/", {"offer": ticked}).content.decode()
    assert "Either all 3 are agreed or none" in page
    assert not Offer.objects.filter(state=State.AGREED).exists()
    again = client.post("/offers/to-agree/together/", {"offer": ticked, "sure": "yes", "note": ""})
    assert again.status_code == 400
    client.post("/offers/to-agree/together/", {"offer": ticked, "sure": "yes", "note": "Looked at all three"})
    assert Offer.objects.filter(state=State.AGREED).count() == 3
    assert AuditEvent.objects.filter(action="offer.agree").count() == 3


def test_taking_an_answer_back_and_withdrawing_are_on_the_page(bench: Bench) -> None:
    offer, client = bench.accepted(), signed_in(Role.WAITING_LIST_MANAGER, "RM1")
    page = client.get(f"/offers/{offer.pk}/").content.decode()
    assert "Transfer to" in page
    post = {"version": offer.version, "correct_reason": ""}
    assert client.post(f"/offers/{offer.pk}/correct/", post).status_code == 400
    client.post(f"/offers/{offer.pk}/correct/", post | {"correct_reason": "Rang to say no"})
    offer.refresh_from_db()
    assert offer.state == State.OFFERED
    client.post(f"/offers/{offer.pk}/withdraw/", {"version": offer.version, "withdraw_reason": "Asked not to"})
    offer.refresh_from_db()
    assert offer.state == State.WITHDRAWN


def test_declined_offers_are_shown_as_having_no_consequence(bench: Bench) -> None:
    for _ in range(2):
        offer = bench.offered()
        answers.decline(actor=patient(offer), offer_id=offer.pk, through="online")
    page = signed_in(Role.CLINICIAN, "RM1").get(f"/offers/{offer.pk}/").content.decode()
    assert "2 reasonable offers declined. Nothing follows from that by itself" in page


def test_every_opening_is_logged_and_other_trusts_find_nothing(bench: Bench) -> None:
    offer = bench.offered()
    assert signed_in(Role.WAITING_LIST_MANAGER, "RCX").get(f"/offers/{offer.pk}/").status_code == 404
    signed_in(Role.CALL_HANDLER, "RM1").get(f"/offers/{offer.pk}/")
    line = AuditEvent.objects.get(action="offer.opened")
    assert (line.subject_key, line.organisation) == (str(offer.pk), "RM1")
