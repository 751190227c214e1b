"""Mutual aid on screen: proposals, what they would do, moves, sending them, and workers that die."""

from __future__ import annotations

import csv
import io
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pyarrow.parquet as pq
import pytest
from aid_support import POLICY, made_run, make_scarce
from django.test import Client
from django.urls import reverse
from snapshot_factory import Made

from wherry.errors import UserError
from wherry.waiting.aid import Policy
from wherry.web import snapshot as snapshots
from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.components import workers
from wherry.web.elective import aid_jobs, services
from wherry.web.elective.models import AidMove, AidRun, RunState
from wherry.web.offers.models import Offer
from wherry.web.waiting import frame, naming

M = Role.WAITING_LIST_MANAGER
FORM = {"label": "Spring", "miles": "120", "minimum_gain": "1", "notice": "1", "ceiling": "", "theatre": "cases"}


@pytest.fixture
def scarce(handmade: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """The handmade snapshot with too few places at two trusts."""
    copytree(handmade.hub, tmp_path / "hub")
    make_scarce(tmp_path / "hub", handmade.snapshot_id)
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    frame.forget()
    naming.forget()
    return Made(tmp_path / "hub", handmade.snapshot_id, handmade.surnames, handmade.opted_out, handmade.rows)


def run_page(client: Client, run: AidRun) -> str:
    return client.get(reverse("elective:aid_run", args=[run.pk])).content.decode()


def test_a_proposal_is_asked_for_worked_out_and_shown(scarce: Made, client_for: Callable[..., Client]) -> None:
    client = client_for(M)
    response = client.post(reverse("elective:aid_new"), FORM)
    run = AidRun.objects.get()
    assert response["Location"] == reverse("elective:aid_run", args=[run.pk])
    assert (run.state, run.label, run.asked_by_name) == (RunState.DONE, "Spring", run.asked_by.display_name)
    assert Policy.from_dict(run.policy) == POLICY
    assert run.moves_count == AidMove.objects.count() > 5
    page = run_page(client, run)
    for words in ("Proved best", "Each trust keeps to its own", "Beyond 52 weeks", "Deprivation, by fifths"):
        assert words in page
    assert "none of them P1, P2 or cancer" in page or "would be treated later" not in page
    event = AuditEvent.objects.get(action="aid.asked")
    assert event.subject_key == str(run.pk)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("miles", "far", "Miles that people will travel: write a whole number"),
        ("minimum_gain", "0", "Weeks sooner at least: write a whole number from 1 to 52"),
        ("ceiling", "-3", "Moves between trusts at most"),
        ("theatre", "beds", "Choose how theatre time is counted"),
        ("function", "999", "not on the list"),
    ],
)
def test_a_form_that_will_not_do_says_why_and_starts_nothing(
    field: str, value: str, words: str, handmade: Made, client_for: Callable[..., Client]
) -> None:
    response = client_for(M).post(reverse("elective:aid_new"), FORM | {field: value})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not AidRun.objects.exists()


def test_those_who_see_totals_see_no_rows_and_no_small_counts(scarce: Made, client_for: Callable[..., Client]) -> None:
    run = made_run(scarce)
    page = run_page(client_for(Role.EXECUTIVE), run)
    assert "fewer than 5" in page
    assert reverse("elective:aid_moves", args=[run.pk]) not in page
    assert "Counts are rounded to five" in page
    assert client_for(Role.EXECUTIVE).get(reverse("elective:aid_moves", args=[run.pk])).status_code == 403


def test_moves_are_of_ones_own_trusts_and_each_look_is_logged(scarce: Made, client_for: Callable[..., Client]) -> None:
    run = made_run(scarce)
    trusts = set(AidMove.objects.values_list("from_organisation", flat=True))
    one = sorted(trusts)[0]
    mine = AidMove.objects.filter(from_organisation=one)
    others = AidMove.objects.exclude(from_organisation=one)
    page = client_for(M, (one,)).get(reverse("elective:aid_moves", args=[run.pk])).content.decode()
    assert all(reverse("waiting:pathway", args=[move.pathway_key]) in page for move in mine[:50])
    assert others
    assert not any(move.pathway_key in page for move in others)
    assert "weeks sooner at" in page
    event = AuditEvent.objects.get(action="aid.moves_seen")
    assert mine[0].pathway_key in event.detail


def test_moves_are_taken_out_as_csv(scarce: Made, client_for: Callable[..., Client]) -> None:
    run = made_run(scarce)
    response = client_for(M).get(reverse("elective:aid_moves_csv", args=[run.pk]))
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == run.moves_count
    assert rows[0]["pathway"] == AidMove.objects.get(number=1).pathway_key
    assert AuditEvent.objects.filter(action="aid.moves_exported").count() == 1


def test_chosen_moves_go_to_the_clinicians_once(scarce: Made, client_for: Callable[..., Client]) -> None:
    run, client = made_run(scarce), client_for(M)
    two = list(AidMove.objects.filter(planned=True)[:2])
    there = reverse("elective:aid_send", args=[run.pk])
    response = client.post(there, {"move": [move.number for move in two], "show": "open"}, follow=True)
    assert "2 moves are with the clinicians" in response.content.decode()
    offers = {offer.pathway_key: offer for offer in Offer.objects.all()}
    assert set(offers) == {move.pathway_key for move in two}
    offer, move = offers[two[0].pathway_key], two[0]
    assert (offer.to_site, offer.week_start, offer.weeks_sooner) == (move.to_site, move.week_start, move.weeks_sooner)
    assert offer.run_label == f"Everybody (run {run.pk})"
    again = client.post(there, {"move": [two[0].number]}, follow=True)
    assert "sent it already" in again.content.decode()
    assert Offer.objects.count() == 2
    assert aid_jobs.not_to_be_moved() == {(move.pathway_key, move.period) for move in two}


def test_a_week_that_nobody_planned_cannot_be_offered(scarce: Made, client_for: Callable[..., Client]) -> None:
    run = made_run(scarce)
    move = AidMove.objects.filter(run=run).first()
    assert move is not None
    AidMove.objects.filter(pk=move.pk).update(planned=False)
    response = client_for(M).post(reverse("elective:aid_send", args=[run.pk]), {"move": [move.number]}, follow=True)
    assert "not planned yet" in response.content.decode()
    assert not Offer.objects.exists()


def test_another_trusts_move_cannot_be_sent(scarce: Made, client_for: Callable[..., Client]) -> None:
    run = made_run(scarce)
    move = AidMove.objects.filter(run=run).first()
    assert move is not None
    other = next(code for code in ("RM1", "RGP", "RCX") if code != move.from_organisation)
    response = client_for(M, (other,)).post(reverse("elective:aid_send", args=[run.pk]), {"move": [move.number]})
    assert response.status_code == 403
    assert not Offer.objects.exists()


def test_somebody_with_an_offer_is_not_moved_by_the_next_run(scarce: Made, client_for: Callable[..., Client]) -> None:
    client = client_for(M)
    client.post(reverse("elective:aid_new"), FORM)
    first = AidRun.objects.get()
    move = first.moves.filter(planned=True).first()
    assert move is not None
    client.post(reverse("elective:aid_send", args=[first.pk]), {"move": [move.number]})
    client.post(reverse("elective:aid_again", args=[first.pk]))
    second = AidRun.objects.get(again_of=first)
    assert second.policy == first.policy
    assert second.state == RunState.DONE
    assert not second.moves.filter(pathway_key=move.pathway_key).exists()


def test_without_capacity_the_run_says_what_is_missing(scarce: Made, client_for: Callable[..., Client]) -> None:
    path = scarce.hub / "snapshots" / scarce.snapshot_id / "capacity_week.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    client = client_for(M)
    client.post(reverse("elective:aid_new"), FORM)
    run = AidRun.objects.get()
    assert run.state == RunState.FAILED
    assert "Send the capacity extracts" in run_page(client, run)
    assert "Run it again" in run_page(client, run)


def running(made: Made, worker: str, seen: datetime) -> AidRun:
    run = made_run(made, RunState.RUNNING)
    AidRun.objects.filter(pk=run.pk).update(worker=worker, seen_at=seen)
    return AidRun.objects.get(pk=run.pk)


def test_a_run_whose_worker_died_is_seen_as_failed_and_can_be_run_again(
    handmade: Made, client_for: Callable[..., Client]
) -> None:
    now = datetime.now(UTC)
    dead = running(handmade, f"{socket.gethostname()}:4194999", now)
    assert aid_jobs.standing(dead) == (RunState.FAILED, aid_jobs.LOST)
    page = run_page(client_for(M), dead)
    assert "stopped before it was done" in page
    client_for(M).post(reverse("elective:aid_again", args=[dead.pk]))
    assert AidRun.objects.get(again_of=dead).state == RunState.DONE


def test_a_run_whose_worker_lives_goes_on_until_it_has_been_silent_for_too_long(handmade: Made, db: None) -> None:
    now = datetime.now(UTC)
    alive = running(handmade, f"{socket.gethostname()}:{os.getpid()}", now)
    assert aid_jobs.standing(alive)[0] == RunState.RUNNING
    assert aid_jobs.standing(alive, now + timedelta(hours=2))[0] == RunState.FAILED
    elsewhere = running(handmade, "another-host:1", now)
    assert aid_jobs.standing(elsewhere)[0] == RunState.RUNNING


def test_the_page_waits_for_a_run_and_stops_when_it_is_done(handmade: Made, client_for: Callable[..., Client]) -> None:
    going = running(handmade, workers.here(), datetime.now(UTC))
    client = client_for(M)
    there = reverse("elective:aid_status", args=[going.pk])
    assert f'hx-get="{there}"' in run_page(client, going)
    assert "HX-Refresh" not in client.get(there).headers
    done = made_run(handmade)
    assert client.get(reverse("elective:aid_status", args=[done.pk])).headers["HX-Refresh"] == "true"


def test_moves_of_an_older_list_are_not_sent(
    scarce: Made, client_for: Callable[..., Client], make_user: Callable[..., User]
) -> None:
    run = made_run(scarce)
    AidRun.objects.filter(pk=run.pk).update(snapshot_id="an-older-one")
    run.refresh_from_db()
    move = run.moves.filter(planned=True).first()
    assert move is not None
    with pytest.raises(UserError, match="newer snapshot"):
        services.send(access=access_of(make_user(M)), run=run, numbers=[move.number])
    assert "A newer list has been published" in run_page(client_for(M), run)


def test_runs_are_never_deleted(handmade: Made, db: None) -> None:
    with pytest.raises(TypeError, match="never deleted"):
        made_run(handmade, RunState.WAITING).delete()


def test_a_run_of_a_snapshot_that_was_replaced_says_so(handmade: Made, db: None) -> None:
    run = made_run(handmade, RunState.WAITING)
    AidRun.objects.filter(pk=run.pk).update(snapshot_id="gone")
    aid_jobs.run_aid.call(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "newer snapshot" in run.failure
    assert snapshots.current() is not None
