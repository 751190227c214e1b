"""The pages as people use them: what they show first, flows that change something, and addresses that make no sense."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from snapshot_factory import Made
from waiting_support import doubtful, rows

from wherry.web.access.models import User
from wherry.web.access.permissions import Role
from wherry.web.waiting import timeline
from wherry.web.waiting.keys import from_address, to_address
from wherry.web.waiting.models import Note, SavedView, ValidationCase, ValidationDecision

Clients = Callable[..., Client]
Users = Callable[..., User]


@pytest.fixture
def manager(client_for: Clients, handmade: Made) -> Client:
    """A manager of all three trusts."""
    return client_for(Role.WAITING_LIST_MANAGER)


@pytest.fixture
def clinician(client_for: Clients, handmade: Made) -> Client:
    """A clinician of all three trusts."""
    return client_for(Role.CLINICIAN)


def _words(response: Any) -> str:
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def _case(key: str, area: str = "validation/case") -> str:
    return f"/waiting-list/{area}/{to_address(key)}/"


# --- the list --------------------------------------------------------------------------------------------------------


def test_the_list_opens_with_how_many_and_who_is_next(manager: Client, handmade: Made) -> None:
    words = _words(manager.get("/waiting-list/"))
    listed = rows(handmade)
    for weeks in (18, 52, 65):
        n = sum((r["days_waited"] or 0) > 7 * weeks for r in listed)
        assert f"Over {weeks} weeks {n}" in words
    assert f"On the list {len(listed)}" in words
    first = listed[0]
    assert f"Next in list order: {first['surname'].upper()}, {first['forename']}" in words
    assert first["why"] in words
    assert "Rows 1 to 50 of 200 in list order: clinical priority" in words


def test_each_order_says_which_it_is(manager: Client) -> None:
    assert "in longest wait first" in _words(manager.get("/waiting-list/?order=longest"))
    assert "in next event first" in _words(manager.get("/waiting-list/?order=next"))


def test_a_filter_is_shown_and_can_be_taken_off(manager: Client) -> None:
    html = manager.get("/waiting-list/?trust=RM1&trust=RGP&wait=over_52&finding=stale").content.decode()
    chips = re.search(r'<div class="wl-chips">.*?</div>', html, re.S)
    assert chips is not None
    addresses = [unescape(a) for a in re.findall(r'href="\?([^"]*)"', chips.group())]
    assert "trust=RGP&finding=stale&wait=over_52" in addresses
    assert "trust=RGP&trust=RM1&finding=stale" in addresses


@pytest.mark.parametrize(
    "query",
    [
        "page=abc",
        "page=99999999999",
        "size=-5",
        "trust=%27%22%3E%3Cscript%3E",
        "wait=__proto__",
        "order=%00",
        "q=" + "%F0%9F%A6%86" * 80,
        "q=%",
        "q=(((((",
        "q=%5B%5E%5C",
        "finding=a&finding=b",
        "unknown=1&another=2",
        "trust=RM1&trust=RM1&trust=RM1",
        "quintile=1;2",
        "show=off",
        "%FF%FE=%FF",
    ],
)
def test_an_address_that_makes_no_sense_gives_a_page(manager: Client, query: str) -> None:
    response = manager.get(f"/waiting-list/?{query}")
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()
    assert manager.get(f"/waiting-list/export.csv?{query}").status_code == 200


def test_an_empty_page_says_what_would_be_here(manager: Client) -> None:
    words = _words(manager.get("/waiting-list/?q=nobodyhasthisname"))
    assert "Nobody on the list fits" in words
    assert "Everybody whose clock is open at your organisations would be here" in words
    assert "until their trust’s own record says the same" in _words(manager.get("/waiting-list/?show=off"))


@pytest.mark.parametrize("path", ["", "views/", "validation/"])
def test_before_the_first_build_every_page_says_so(client_for: Clients, no_data: Path, path: str) -> None:
    response = client_for(Role.WAITING_LIST_MANAGER).get(f"/waiting-list/{path}")
    assert response.status_code == 200
    assert "There is no snapshot yet" in _words(response)


def test_a_page_of_the_list_asks_the_database_a_handful_of_questions(
    manager: Client, django_assert_max_num_queries: Any
) -> None:
    manager.get("/waiting-list/")
    with django_assert_max_num_queries(8):
        manager.get("/waiting-list/?trust=RM1&page=2")


# --- saved views -----------------------------------------------------------------------------------------------------


def _save(client: Client, name: str, query: str, shared: str = "") -> None:
    client.post("/waiting-list/views/save/", {"name": name, "query": query, "shared_with": shared})


def test_a_view_is_saved_opened_renamed_deleted_and_brought_back(manager: Client) -> None:
    _save(manager, "Long waits", "trust=RM1&wait=over_52")
    view = SavedView.objects.get()
    assert view.query == "trust=RM1&wait=over_52"
    assert "Long waits" in _words(manager.get("/waiting-list/"))
    manager.post(f"/waiting-list/views/{view.pk}/rename/", {"name": "Very long waits"})
    assert "Very long waits" in _words(manager.get("/waiting-list/views/"))
    manager.post(f"/waiting-list/views/{view.pk}/delete/")
    words = _words(manager.get("/waiting-list/views/"))
    assert "Very long waits, deleted" in words
    assert "Saved views (0)" in _words(manager.get("/waiting-list/"))
    manager.post(f"/waiting-list/views/{view.pk}/restore/")
    assert "Saved views (1)" in _words(manager.get("/waiting-list/"))


def test_words_searched_for_are_not_kept_in_a_view(manager: Client) -> None:
    _save(manager, "Mine", "trust=RM1&q=Zarqabrook")
    assert SavedView.objects.get().query == "trust=RM1"


def test_the_same_name_replaces_and_a_taken_name_is_refused(manager: Client) -> None:
    _save(manager, "A", "trust=RM1")
    _save(manager, "A", "trust=RGP")
    assert [v.query for v in SavedView.objects.all()] == ["trust=RGP"]
    _save(manager, "B", "trust=RCX")
    b = SavedView.objects.get(name="B")
    manager.post(f"/waiting-list/views/{b.pk}/rename/", {"name": "A"})
    assert SavedView.objects.get(pk=b.pk).name == "B"


def test_views_are_shared_with_an_organisation_and_changed_only_by_their_owner(
    manager: Client, client_for: Clients
) -> None:
    _save(manager, "For Gorleston", "trust=RGP", "RGP")
    _save(manager, "For nobody", "trust=RGP")
    view = SavedView.objects.get(name="For Gorleston")
    theirs = client_for(Role.CLINICIAN, ("RGP",))
    words = _words(theirs.get("/waiting-list/views/"))
    assert "For Gorleston" in words
    assert "For nobody" not in words
    assert "For Gorleston" not in _words(client_for(Role.CLINICIAN, ("RCX",)).get("/waiting-list/views/"))
    assert "For Gorleston" not in _words(client_for(Role.ANALYST, ("RGP",)).get("/waiting-list/views/"))
    for act in ("rename", "delete", "restore"):
        theirs.post(f"/waiting-list/views/{view.pk}/{act}/", {"name": "Taken"})
    view.refresh_from_db()
    assert (view.name, view.deleted_at) == ("For Gorleston", None)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_view_without_a_good_name_is_refused_kindly(manager: Client, name: str) -> None:
    response = manager.post("/waiting-list/views/save/", {"name": name, "query": "trust=RM1"}, follow=True)
    assert "The view was not saved" in _words(response)
    assert not SavedView.objects.exists()


# --- a pathway -------------------------------------------------------------------------------------------------------


def test_a_pathway_says_who_where_they_stand_and_what_happened(manager: Client, handmade: Made) -> None:
    row = next(r for r in rows(handmade) if r["nhs_number"] and r["weeks_waited"] and "stale" in r["findings"])
    words = _words(manager.get(_case(row["pathway_key"], "pathway")))
    number = row["nhs_number"]
    assert f"{row['surname'].upper()}, {row['forename']}" in words
    assert f"{number[:3]} {number[3:6]} {number[6:]}" in words
    assert f"Waiting {row['weeks_waited']} weeks for" in words
    assert f"place {row['position']} of 200 on the group’s list" in words
    assert row["why"] in words
    assert "The clock has run since" in words
    assert f"{row['organisation']}_event.csv, line" in words
    finding = next(
        f for f in rows(handmade, "quality_finding") if f["rule"] == "stale" and f["pathway_key"] == row["pathway_key"]
    )
    assert finding["evidence"] in words


def test_a_closed_pathway_can_be_read_and_not_decided(manager: Client, handmade: Made) -> None:
    listed = {r["pathway_key"] for r in rows(handmade)}
    key = next(r["pathway_key"] for r in rows(handmade, "pathway") if r["pathway_key"] not in listed)
    words = _words(manager.get(_case(key, "pathway")))
    assert "Not waiting: the last clock" in words
    assert "No clock is open on this pathway" in _words(manager.get(_case(key)))
    manager.post(_case(key) + "decide/", {"kind": "confirm", "version": "0", "reason": "x", "weeks": "4"})
    assert not ValidationDecision.objects.exists()


@pytest.mark.parametrize("key", ["nobody:1", "RM1:../../etc", "~", "%00", "a b c"])
def test_a_pathway_that_is_not_there_is_not_found(manager: Client, key: str) -> None:
    assert manager.get(f"/waiting-list/pathway/{key}/").status_code == 404


@pytest.mark.parametrize("key", ["RM1:1/2", "RM1:~s", "a~/b~t", "RGP:é/ü", "//"])
def test_any_key_survives_its_address(key: str) -> None:
    assert from_address(to_address(key)) == key
    assert "/" not in to_address(key)


def test_a_note_is_kept_with_its_writer_and_cannot_be_empty(manager: Client, handmade: Made) -> None:
    key = doubtful(handmade, "stale")
    address = _case(key, "pathway")
    assert manager.post(address + "note/", {"text": "  "}).status_code == 400
    manager.post(address + "note/", {"text": "Rang the patient.\n<b>Bold</b>"})
    note = Note.objects.get()
    assert (note.pathway_key, note.organisation) == (key, key.partition(":")[0])
    html = manager.get(address).content.decode()
    assert "Rang the patient." in html
    assert "<b>Bold</b>" not in html


def test_the_line_has_a_dot_for_every_event_and_ring_for_every_booking() -> None:
    from datetime import date

    events = [
        {"event_on": date(2025, 1, 1), "event_key": "a", "event_type": "referral_received"},
        {"event_on": date(2025, 7, 2), "event_key": "b", "event_type": "attendance"},
    ]
    period = {
        "clock_start": date(2025, 1, 1),
        "clock_stop": None,
        "start_event": "a",
        "stop_event": None,
        "outcome": "open",
    }
    booked = [(date(2026, 2, 1), "first appointment")]
    line = timeline.draw(events, [period], booked, date(2026, 1, 31), {"attendance": "Attendance"})
    assert line is not None
    assert [dot.kind for dot in line.dots] == ["start", "event", "next"]
    assert [dot.x for dot in line.dots] == sorted(dot.x for dot in line.dots)
    assert all(0 <= dot.x <= line.width for dot in line.dots)
    assert line.bars[0].x + line.bars[0].width == pytest.approx(line.today)
    assert timeline.draw([], [], [], date(2026, 1, 31), {}) is None


# --- validation ------------------------------------------------------------------------------------------------------


def _queue_keys(client: Client, query: str = "") -> list[str]:
    html = client.get(f"/waiting-list/validation/{query}").content.decode()
    return [unescape(k) for k in re.findall(r'<td role="cell"><a href="/waiting-list/validation/case/([^/]+)/', html)]


def test_the_queue_is_in_the_order_that_it_says(manager: Client, handmade: Made) -> None:
    about_pathway = {r["code"] for r in rows(handmade, "quality_rule") if r["about"] == "pathway"}
    rank = {r["code"]: ("high", "medium", "low").index(r["severity"]) for r in rows(handmade, "quality_rule")}

    def place(row: dict[str, Any]) -> tuple[int, int, int, int]:
        worst = min(rank[c] for c in row["findings"].split(";") if c in about_pathway)
        return worst, row["days_waited"] is not None, -(row["days_waited"] or 0), row["position"]

    doubtful_rows = [r for r in rows(handmade) if set(r["findings"].split(";")) & about_pathway]
    expected = [r["pathway_key"] for r in sorted(doubtful_rows, key=place)]
    assert [from_address(k).replace("%3A", ":") for k in _queue_keys(manager)] == expected[:50]
    assert f"{len(expected)} doubtful pathways to decide about" in _words(manager.get("/waiting-list/validation/"))


def test_a_manager_works_through_the_queue_one_by_one(manager: Client, handmade: Made) -> None:
    query = "?rule=stale&trust=RM1"
    seen = []
    response = manager.get(f"/waiting-list/validation/next/{query}")
    while "/case/" in response.headers["Location"]:
        address = response.headers["Location"]
        seen.append(address)
        page = manager.get(address).content.decode()
        form = re.search(r'action="([^"]+decide/[^"]*)"', page)
        assert form is not None
        sent = {"kind": "confirm", "version": "0", "weeks": "12", "reason": "The letter says so"}
        response = manager.post(unescape(form.group(1)), sent)
        assert response.status_code == 302
    expected = [r for r in rows(handmade) if "stale" in r["findings"].split(";") and r["organisation"] == "RM1"]
    assert len(seen) == len(set(seen)) == len(expected) > 3
    assert "Nothing is left to decide in this part of the queue" in _words(
        manager.get(f"/waiting-list/validation/{query}")
    )


def test_skipping_goes_round_the_whole_queue(manager: Client) -> None:
    query = "?rule=tci_past"
    keys = _queue_keys(manager, query)
    address = manager.get(f"/waiting-list/validation/next/{query}").headers["Location"]
    seen = []
    for _ in keys:
        seen.append(address)
        found = re.search(r'href="([^"]+)">Skip to the next', manager.get(address).content.decode())
        assert found is not None
        address = unescape(found.group(1))
    assert len(set(seen)) == len(keys)
    assert address == seen[0]


def test_a_refused_answer_keeps_what_was_written(manager: Client, handmade: Made) -> None:
    key = doubtful(handmade, "treated_but_open")
    sent = {
        "kind": "correct",
        "version": "0",
        "correction": "stop",
        "stop_status": "30",
        "stop_on": "31/2/2026",
        "evidence": "Operation note, theatre system",
        "reason": "Treated",
    }
    response = manager.post(_case(key) + "decide/", sent)
    assert response.status_code == 400
    html = response.content.decode()
    assert "“31/2/2026” is not a date" in unescape(html)
    assert "Operation note, theatre system" in html
    assert "<title" in html
    assert "Error: Validate" in html
    assert not ValidationDecision.objects.exists()
    manager.post(_case(key) + "decide/", sent | {"stop_on": "30/1/2026"})
    assert ValidationDecision.objects.get().stop_status == "30"


def test_the_second_of_two_managers_sees_what_the_first_decided(
    manager: Client, client_for: Clients, handmade: Made
) -> None:
    key = doubtful(handmade, "stale", "RM1")
    other = client_for(Role.WAITING_LIST_MANAGER, ("RM1",))
    other.get(_case(key))
    sent = {"kind": "confirm", "version": "0", "weeks": "4", "reason": "First"}
    assert manager.post(_case(key) + "decide/", sent).status_code == 302
    response = other.post(_case(key) + "decide/", sent | {"reason": "Second"})
    assert response.status_code == 409
    words = _words(response)
    assert "decided first: Confirmed" in words
    assert "Your decision was not recorded" in words
    assert "Second" in response.content.decode()
    assert [d.reason for d in ValidationDecision.objects.all()] == ["First"]


def test_a_question_goes_to_a_clinician_and_comes_back_as_a_decision(
    manager: Client, clinician: Client, handmade: Made
) -> None:
    key = doubtful(handmade, "stale")
    manager.post(_case(key) + "decide/", {"kind": "ask", "version": "0", "reason": "Does she still need it?"})
    assert "Does she still need it?" in _words(clinician.get("/waiting-list/clinical/"))
    page = _words(clinician.get(_case(key, "clinical")))
    assert "What you are asked Does she still need it?" in page
    sent = {"kind": "remove", "version": "1", "stop_status": "34", "stop_on": "30/1/2026", "reason": "Discharged"}
    assert clinician.post(_case(key, "clinical") + "decide/", sent).status_code == 302
    assert "Does she still need it?" not in _words(clinician.get("/waiting-list/clinical/"))
    assert "Taken off by decision 1" in _words(manager.get("/waiting-list/"))
    words = _words(manager.get(_case(key, "pathway")))
    assert "Taken off the list by decision" in words
    assert "The patient was told on 30 January 2026" in words


@pytest.mark.parametrize("kind", ["remove", "monitor", "stay", "undo", "", "nonsense"])
def test_a_manager_cannot_send_a_clinicians_decision(manager: Client, handmade: Made, kind: str) -> None:
    key = doubtful(handmade, "stale")
    sent = {"kind": kind, "version": "0", "stop_status": "34", "stop_on": "30/1/2026", "reason": "x", "weeks": "3"}
    manager.post(_case(key) + "decide/", sent)
    assert not ValidationDecision.objects.exists()


def test_a_decision_is_undone_from_the_pathways_page(manager: Client, handmade: Made) -> None:
    key = doubtful(handmade, "stale")
    manager.post(_case(key) + "decide/", {"kind": "confirm", "version": "0", "weeks": "4", "reason": "Fine"})
    decision = ValidationDecision.objects.get()
    address = _case(key, "pathway")
    assert "Undo this decision" in _words(manager.get(address))
    assert manager.post(address + "undo/", {"decision": str(decision.pk), "reason": ""}).status_code == 400
    response = manager.post(address + "undo/", {"decision": str(decision.pk), "reason": "Wrong patient"}, follow=True)
    words = _words(response)
    assert "Undone. The decision and its undoing both stay in the history." in words
    assert "Wrong patient" in words
    assert ValidationCase.objects.get().state == "undecided"


@pytest.mark.parametrize("decision", ["", "abc", "999999", "-1"])
def test_undoing_what_is_not_there_changes_nothing(manager: Client, handmade: Made, decision: str) -> None:
    address = _case(doubtful(handmade, "stale"), "pathway") + "undo/"
    response = manager.post(address, {"decision": decision, "reason": "x"}, follow=True)
    assert response.status_code == 200
    assert not ValidationDecision.objects.exists()


def test_several_are_confirmed_together_after_a_preview(manager: Client) -> None:
    page = manager.get("/waiting-list/validation/together/?rule=no_next_event&trust=RGP").content.decode()
    ticks = [unescape(v) for v in re.findall(r'name="pathway" value="([^"]+)"', page)]
    assert len(ticks) > 3
    address = "/waiting-list/validation/together/confirm/?rule=no_next_event&trust=RGP"
    assert manager.post(address, {"pathway": ticks[:3], "weeks": "6", "reason": ""}).status_code == 400
    response = manager.post(address, {"pathway": ticks[:3], "weeks": "6", "reason": "Booked by phone"}, follow=True)
    assert "3 confirmed" in _words(response)
    assert ValidationDecision.objects.count() == 3


def test_nothing_is_changed_by_a_get(manager: Client, handmade: Made) -> None:
    key = doubtful(handmade, "stale")
    for path in ("decide/",):
        assert manager.get(_case(key) + path).status_code == 405
    for path in ("note/", "undo/"):
        assert manager.get(_case(key, "pathway") + path).status_code == 405
    for path in ("views/save/", "views/1/delete/", "validation/together/confirm/"):
        assert manager.get(f"/waiting-list/{path}").status_code == 405
