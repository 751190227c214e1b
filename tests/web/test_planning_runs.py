"""Runs of plans on screen and behind it: start, share, follow, fail in words, read, take away."""

from __future__ import annotations

import csv
import io
import os
import socket
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from planning_support import TEXT, as_kept, handmade_answers, made_plan_run, made_version, spread

from wherry.errors import UserError
from wherry.planning.answers.kept import from_dict as answers_of
from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.components import workers
from wherry.web.planning import jobs, services, store, work, work_once
from wherry.web.planning.models import PlanRun, RunState
from wherry.web.planning.scenario_selectors import version

P, E, M = Role.PLANNER, Role.EXECUTIVE, Role.WAITING_LIST_MANAGER
#: No process has so high a number on Linux.
ENDED = 4_194_999


@pytest.fixture(autouse=True)
def working_folder(no_data: Path) -> Path:
    """No test writes into another's folder."""
    return no_data


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The work of a run replaced by handmade answers; what was asked of it."""
    asked: list[str] = []

    def work_out(text: str, called: str, folder: Path, say: work.Say) -> work.Worked:
        asked.append(called)
        say("Drawing runs", 0.5)
        (folder / store.WORKBOOK).write_bytes(b"made")
        return work.Worked(as_kept(handmade_answers()), handmade_answers().headline, "load-1")

    monkeypatch.setattr(work, "work_out", work_out)
    return asked


@pytest.fixture
def unworked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """No worker takes anything; which runs were put in its way."""
    waiting: list[int] = []
    monkeypatch.setattr(jobs, "run_plan", SimpleNamespace(enqueue=lambda run_id: waiting.append(run_id)))
    return waiting


def page(client: Client, name: str = "planning:run", query: str = "", **kwargs: Any) -> str:
    response = client.get(f"{reverse(name, kwargs=kwargs)}{'?' + query if query else ''}")
    assert response.status_code == 200, response.content.decode()[:2000]
    return unescape(response.content.decode())


def start(client: Client, slug: str = "handmade", **form: str) -> str:
    response = client.post(reverse("planning:run_start", args=[slug]), form)
    assert response.status_code == 302
    return str(response["Location"])


def test_a_run_is_started_worked_out_kept_and_audited(worked: list[str], client_for: Callable[..., Client]) -> None:
    client = client_for(P)
    made_version()
    where = start(client)
    run = PlanRun.objects.get()
    assert where == reverse("planning:run", args=[run.pk])
    assert (run.state, run.text, run.number, run.baseline, run.done_share) == (RunState.DONE, TEXT, 1, "load-1", 1.0)
    assert (run.going, run.headline, worked) == ("", handmade_answers().headline, ["handmade, version 1"])
    assert answers_of(run.result or {}) == handmade_answers()
    assert (store.folder(run.pk) / store.WORKBOOK).read_bytes() == b"made"
    event = AuditEvent.objects.get(action="plan.run_started")
    assert (event.subject_kind, event.subject_key) == ("plan_run", str(run.pk))


def test_the_version_that_the_form_names_is_run_and_another_is_not_there(
    worked: list[str], client_for: Callable[..., Client]
) -> None:
    client = client_for(P)
    made_version()
    made_version(number=2, text=TEXT + "# more\n")
    start(client)
    start(client, version="1")
    assert worked == ["handmade, version 2", "handmade, version 1"]
    for wrong in ("3", "x", "-1"):
        assert client.post(reverse("planning:run_start", args=["handmade"]), {"version": wrong}).status_code == 404
    assert client.post(reverse("planning:run_start", args=["nothing"])).status_code == 404
    assert PlanRun.objects.count() == 2


def test_two_people_who_start_the_same_run_at_once_share_one(
    unworked: list[int], client_for: Callable[..., Client]
) -> None:
    made_version()
    first, second = start(client_for(P)), start(client_for(Role.ANALYST))
    assert first == second
    run = PlanRun.objects.get()
    assert unworked == [run.pk]
    assert run.asked_by_name in page(client_for(Role.ANALYST), pk=run.pk)
    assert AuditEvent.objects.filter(action="plan.run_joined", subject_key=str(run.pk)).count() == 1


def test_another_version_or_a_run_that_is_done_is_not_shared(
    worked: list[str], client_for: Callable[..., Client]
) -> None:
    client = client_for(P)
    made_version()
    assert start(client) != start(client)
    made_version(number=2)
    start(client)
    assert PlanRun.objects.count() == 3


def test_the_database_itself_keeps_two_writers_to_one_run(two_writers: None, unworked: list[int]) -> None:
    """Both look before either has written: the second finds the first one's run when its own is refused."""
    made_version()
    users = [User.objects.create_user(name, password="bittern-over-the-reeds-9") for name in ("one", "two")]
    from wherry.web.access.models import Membership

    for user in users:
        Membership.objects.create(user=user, organisation="RM1", role=P.value, reason="test", granted_by="tests")
    gate, found = threading.Barrier(2), []
    wanted = version("handmade")

    def begin(user: User) -> None:
        try:
            access = access_of(user)
            gate.wait(timeout=120)
            found.append(services.start(access=access, version=wanted))
        finally:
            connection.close()

    threads = [threading.Thread(target=begin, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    assert sorted(one.shared for one in found) == [False, True]
    assert len({one.run.pk for one in found}) == 1
    assert PlanRun.objects.count() == 1
    assert unworked == [found[0].run.pk]


def test_a_run_refused_by_the_database_is_the_one_that_is_going(
    unworked: list[int], monkeypatch: pytest.MonkeyPatch, make_user: Callable[..., User]
) -> None:
    made_version()
    access = access_of(make_user(P))
    first = services.start(access=access, version=version("handmade"))
    monkeypatch.setattr(work_once, "_going", lambda kind, key: None)  # as one sees who looked a moment too early
    second = services.start(access=access, version=version("handmade"))
    assert (second.run.pk, second.shared) == (first.run.pk, True)


def test_a_run_whose_worker_died_is_started_anew(unworked: list[int], client_for: Callable[..., Client]) -> None:
    made_version()
    client = client_for(P)
    start(client)
    run = PlanRun.objects.get()
    PlanRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, worker=f"{socket.gethostname()}:{ENDED}")
    assert "stopped before it was done" in page(client, pk=run.pk)
    start(client)
    run.refresh_from_db()
    assert (run.state, run.going) == (RunState.FAILED, "")
    assert PlanRun.objects.count() == 2
    assert len(unworked) == 2


def test_a_worker_is_taken_for_dead_when_it_is_gone_or_silent() -> None:
    now = datetime.now(UTC)
    alive = PlanRun(state=RunState.RUNNING, worker=workers.here(), seen_at=now)
    assert jobs.standing(alive) == (RunState.RUNNING, "")
    assert jobs.standing(alive, now + timedelta(minutes=21))[0] == RunState.FAILED
    elsewhere = PlanRun(state=RunState.RUNNING, worker="another:1", seen_at=now)
    assert jobs.standing(elsewhere)[0] == RunState.RUNNING
    gone = PlanRun(state=RunState.RUNNING, worker=f"{socket.gethostname()}:{ENDED}", seen_at=now)
    assert jobs.standing(gone) == (RunState.FAILED, jobs.LOST)
    assert jobs.standing(PlanRun(state=RunState.DONE, worker="gone:1"))[0] == RunState.DONE
    assert str(os.getpid()) in workers.here()


@pytest.mark.parametrize("text", ['name = "handmade"\n', "title = [", "colour = 1\n"])
def test_a_text_that_does_not_read_fails_in_words(text: str, client_for: Callable[..., Client]) -> None:
    made_version(text=text)
    client = client_for(P)
    start(client)
    run = PlanRun.objects.get()
    assert run.state == RunState.FAILED
    assert "handmade, version 1" in run.failure
    assert "nothing was run or kept" in run.failure
    assert "It failed." in page(client, pk=run.pk)
    assert not store.folder(run.pk).exists()
    assert not list(store.folder(run.pk).parent.glob("*.part"))


def test_an_empty_text_starts_nothing(unworked: list[int], client_for: Callable[..., Client]) -> None:
    made_version(text=" \n")
    response = client_for(P).post(reverse("planning:run_start", args=["handmade"]))
    assert response.status_code == 409
    assert "has no text" in response.content.decode()
    assert not PlanRun.objects.exists()


def test_what_nobody_expected_is_said_without_its_innards(
    client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    made_version()
    monkeypatch.setattr(work, "work_out", lambda *args: 1 / 0)
    client = client_for(P)
    start(client)
    run = PlanRun.objects.get()
    assert (run.state, run.failure) == (RunState.FAILED, jobs.UNEXPECTED)
    assert "division" not in page(client, pk=run.pk)


def test_a_task_that_comes_twice_works_once(worked: list[str], client_for: Callable[..., Client]) -> None:
    made_version()
    start(client_for(P))
    jobs.run_plan.enqueue(run_id=PlanRun.objects.get().pk)
    assert len(worked) == 1


def test_those_who_only_see_cannot_start(client_for: Callable[..., Client]) -> None:
    made_version()
    assert client_for(E).post(reverse("planning:run_start", args=["handmade"])).status_code == 403
    assert "Run it again" not in page(client_for(E), pk=made_plan_run().pk)
    assert "Run it again" in page(client_for(P), pk=made_plan_run().pk)


def test_a_run_that_goes_on_says_how_far_it_is_with_and_without_javascript(client_for: Callable[..., Client]) -> None:
    run, client = made_plan_run(RunState.RUNNING, worker=workers.here()), client_for(E)
    PlanRun.objects.filter(pk=run.pk).update(progress="Drawing 64 runs of 4 years", done_share=0.6)
    text = page(client, pk=run.pk)
    assert "Drawing 64 runs of 4 years, 60% done." in text
    assert reverse("planning:run_status", args=[run.pk]) in text
    alone = page(client, "planning:run_status", pk=run.pk)
    assert "<html" in alone
    assert "Look again" in alone
    there = reverse("planning:run_status", args=[run.pk])
    part = client.get(there, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "HX-Refresh" not in part
    PlanRun.objects.filter(pk=run.pk).update(state=RunState.DONE)
    assert client.get(there, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_a_run_that_waits_long_asks_whether_the_worker_runs(client_for: Callable[..., Client]) -> None:
    run = made_plan_run(RunState.WAITING)
    assert "worker may not be running" not in page(client_for(E), pk=run.pk)
    PlanRun.objects.filter(pk=run.pk).update(asked_at=datetime.now(UTC) - timedelta(minutes=3))
    assert "worker may not be running" in page(client_for(E), pk=run.pk)


def test_the_first_things_on_the_page_are_the_question_the_answer_and_the_beds(
    client_for: Callable[..., Client],
) -> None:
    run = made_plan_run()
    plain = page(client_for(E), pk=run.pk)
    assert "Beds at the chosen occupancy, all sites" in plain, "beds are what the headline is about"
    text = page(client_for(E), query="measure=emergency", pk=run.pk)
    answers = handmade_answers()
    order = [
        answers.question,
        answers.headline,
        "131 beds missing (80% range: 79 to 183 missing). Today’s 1,750 beds are enough in 3 of 64 runs (4%).",
        "Beds at the chosen occupancy, 2026/27",
        "39 missing",
        "Emergency admissions, all sites",
        'id="drives">What drives it',
        'id="returns">What each intervention returns',
        'id="matters">What matters most',
        "By specialty",
        "By deprivation",
        "What was assumed, and who says so",
        "Activity of 2023/24, load 1: everybody in it is artificial.",
        "docs/plan-method.md",
    ]
    places = [text.find(words) for words in order]
    assert -1 not in places, dict(zip(order, places, strict=True))
    assert places == sorted(places)


@pytest.mark.parametrize("word", ["percentile", "centile", "Monte Carlo", "stochastic"])
def test_no_word_of_the_trade_is_left_unexplained(word: str, client_for: Callable[..., Client]) -> None:
    text = page(client_for(E), pk=made_plan_run().pk)
    assert word not in text
    assert "80% range leaves out the lowest tenth and the highest tenth" in text


def test_measure_and_place_are_chosen_by_the_address(client_for: Callable[..., Client]) -> None:
    client, run = client_for(E), made_plan_run()
    text = page(client, query="measure=scanner_hours_ct&place=RGP75", pk=run.pk)
    assert "CT scanner hours, Gorleston: 270 in 2023/24" in text
    assert "is not in this run" not in text
    wrong = page(client, query="measure=moon&place=RM1'<x", pk=run.pk)
    assert "measure moon; place RM1'<x" in wrong
    assert "Emergency admissions, all sites" in wrong


def test_a_place_without_something_says_so(client_for: Callable[..., Client]) -> None:
    answers = handmade_answers()
    kept = as_kept(answers)
    kept["fans"] = [f for f in kept["fans"] if f["place"] != "RM131"]  # type: ignore[index, attr-defined]
    kept["gaps"] = kept["returns"] = kept["tornado"] = kept["waterfalls"] = kept["breakdowns"] = []
    text = page(client_for(E), query="place=RM131", pk=made_plan_run(result=kept).pk)
    for words in (
        "There is nothing of this kind at Cromer",
        "No number of beds was worked out",
        "What drives it was not worked out for Cromer",
        "no interventions at Cromer",
        "No assumption was moved by itself for Cromer",
        "are not broken down in this run",
        "not in the working folder any more",
    ):
        assert words in text


def test_every_drawing_has_a_title_a_description_and_a_table(client_for: Callable[..., Client]) -> None:
    text = page(client_for(E), pk=made_plan_run().pk)
    assert text.count('class="app-figure pl-figure"') == 3
    assert text.count("<desc>") == 3
    for name in ("Year by year, table", "What drives it, table", "What matters most, table"):
        assert f'aria-label="{name}"' in text
    assert "style=" not in text
    assert "does not depend on the order" in text


def test_what_drives_the_beds_needed_is_the_waterfall_of_beds(client_for: Callable[..., Client]) -> None:
    first = handmade_answers()
    falls = tuple(replace(one, words="Beds at the chosen occupancy") for one in first.waterfalls)
    run = made_plan_run(answers=replace(first, waterfalls=falls))
    assert "was not worked out by itself" not in page(client_for(E), query="measure=beds_at_occupancy", pk=run.pk)
    assert "what drives nights in bed was not worked out" in page(client_for(E), query="measure=nights", pk=run.pk)


def test_everything_is_opened_for_print(client_for: Callable[..., Client]) -> None:
    client, run = client_for(E), made_plan_run()
    closed = page(client, query="place=RM102", pk=run.pk)
    assert "By ward group: Norwich" in closed
    assert '<details class="nhsuk-details" open>' not in closed
    opened = page(client, query="place=RM102&open=all", pk=run.pk)
    assert "<details" in opened
    assert opened.count("<details") == opened.count('<details class="nhsuk-details" open>')


def test_what_interventions_return_beside_beds_is_said(client_for: Callable[..., Client]) -> None:
    first = handmade_answers()
    (wards,) = first.returns
    moved = replace(wards, activity=(("emergency", spread(120)), ("day_case", spread(-50)), ("nights", spread(0.1))))
    text = page(client_for(E), pk=made_plan_run(answers=replace(first, returns=(moved,))).pk)
    assert "Emergency admissions: 120 fewer (114 to 126 fewer); Day cases: 50 more (48 to 52 more)" in text


def test_a_waterfall_says_more_and_fewer(client_for: Callable[..., Client]) -> None:
    text = page(client_for(E), query="measure=beds", pk=made_plan_run().pk)
    assert "105 more" in text
    assert "67 fewer" in text
    assert "47 to 87 fewer" in text


def csv_of(client: Client, run: PlanRun, what: str) -> list[dict[str, str]]:
    response = client.get(reverse("planning:run_table", args=[run.pk]), {"what": what})
    assert response["Content-Type"].startswith("text/csv")
    body = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(body)))


def test_every_table_is_taken_away_as_csv(client_for: Callable[..., Client]) -> None:
    client, run, answers = client_for(E), made_plan_run(), handmade_answers()
    lines = csv_of(client, run, "fans")
    assert len(lines) == sum(len(fan.points) for fan in answers.fans)
    last = next(r for r in lines if (r["measure"], r["place"], r["year"]) == ("nights", "All sites", "2026/27"))
    assert float(last["middle"]) == pytest.approx(600_000 * 1.018**3)
    assert float(last["low"]) < float(last["middle"]) < float(last["high"])
    assert len(csv_of(client, run, "gaps")) == len(answers.gaps)
    assert [r["step"] for r in csv_of(client, run, "waterfalls")][:2] == ["At the start", "More people, and older"]
    assert {r["saves"] for r in csv_of(client, run, "returns")} == {"beds", "nights", "emergency"}
    assert csv_of(client, run, "tornado")[0]["beds_at_low"] == "1800.0"
    assert {r["by"] for r in csv_of(client, run, "breakdowns")} == {"what", "age", "sex", "quintile"}
    assert csv_of(client, run, "assumptions")[0]["source"] == "own default"
    assert client.get(reverse("planning:run_table", args=[run.pk]), {"what": "moon"}).status_code == 404


def test_the_workbook_and_the_tables_are_taken_away(client_for: Callable[..., Client]) -> None:
    client, run = client_for(E), made_plan_run()
    got = client.get(reverse("planning:run_workbook", args=[run.pk]))
    book = load_workbook(io.BytesIO(b"".join(got.streaming_content)))  # type: ignore[arg-type]
    assert book["Answers"]["A1"].value == handmade_answers().headline
    got = client.get(reverse("planning:run_tables", args=[run.pk]))
    names = zipfile.ZipFile(io.BytesIO(b"".join(got.streaming_content))).namelist()  # type: ignore[arg-type]
    assert names == [f"run-{run.pk}/{name}.parquet" for name in ("fans", "runs")]


def test_files_that_are_gone_and_runs_that_are_not_done_say_so(client_for: Callable[..., Client]) -> None:
    client, going = client_for(E), made_plan_run(RunState.RUNNING, worker=workers.here())
    bare = made_plan_run(result=as_kept(handmade_answers()))
    for name in ("planning:run_workbook", "planning:run_tables"):
        assert "is not done" in client.get(reverse(name, args=[going.pk])).content.decode()
        gone = client.get(reverse(name, args=[bare.pk]))
        assert gone.status_code == 409
        assert "not in the working folder any more" in gone.content.decode()
    assert "Everything as an Excel workbook" not in page(client, pk=bare.pk)


def test_runs_of_beds_have_pages_of_their_own(client_for: Callable[..., Client]) -> None:
    beds = made_plan_run(kind="beds", result={"beds": 1})
    assert client_for(E).get(reverse("planning:run", args=[beds.pk])).status_code == 404


def test_files_take_their_place_together_or_not_at_all() -> None:
    def half() -> None:
        with store.writing(7) as folder:
            (folder / store.WORKBOOK).write_bytes(b"half")
            raise UserError("no more")

    with pytest.raises(UserError):
        half()
    assert not store.folder(7).exists()
    with store.writing(7) as folder:
        (folder / store.WORKBOOK).write_bytes(b"whole")
        assert store.workbook(7) is None
    assert store.workbook(7) is not None
    assert [path.name for path in store.folder(7).parent.iterdir()] == ["run-7"]


def test_a_run_is_never_deleted(db: None) -> None:
    with pytest.raises(TypeError):
        made_plan_run().delete()
