"""Did it work, on pages: nothing is seen before it is fixed, every verdict stands alike, nobody is overtaken unseen."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from evaluation_support import MEASURE, figures, kept, publish

from wherry.performance.evaluation.outcome import Outcome
from wherry.reference import system as systems
from wherry.web import snapshot as snapshots
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.components import performance
from wherry.web.evaluation import presenters, services
from wherry.web.evaluation.models import Evaluation, Result
from wherry.web.reports.evaluations import verdicts

A, E, M, P = Role.ANALYST, Role.EXECUTIVE, Role.WAITING_LIST_MANAGER, Role.PLANNER
FORM = {
    "title": "Front door team",
    "what": "A senior doctor sees everybody within an hour.",
    "tried_by": "Chief operating officer",
    "starts_on": "1/4/2030",
    "scope": "RM1",
    "measure": "four-hour",
    "direction": "increase",
    "expected": "2",
    "balance": ["", "", ""],
    "baseline_from": "1/4/2028",
    "baseline_to": "31/3/2030",
    "method": "did",
    "pool": "pick",
    "picked": ", ".join(f"X{n:02}" for n in range(30)),
}


@pytest.fixture(autouse=True)
def system(no_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The group's own organisations, without a hub: evaluations need values alone."""
    known = systems.load("norfolk-waveney")
    monkeypatch.setattr(snapshots, "system", lambda: known)
    performance.forget()


def on(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr(performance, "today", lambda: day)


def read(client: Client, row: Evaluation, query: str = "") -> str:
    response = client.get(reverse("evaluation:one", args=[row.pk]) + query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def act(client: Client, row: Evaluation, **post: object) -> str:
    response = client.post(reverse("evaluation:act", args=[row.pk]), post, follow=True)
    return unescape(response.content.decode())


def shown_of(row: Evaluation) -> Outcome:
    """What leaves of an evaluation's result."""
    found = presenters.page(row, row.results.get(), None).found
    assert found is not None
    return found


@pytest.fixture
def planner(client_for: Callable[..., Client]) -> Client:
    return client_for(P)


def test_it_is_registered_fixed_and_only_then_seen(planner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(figures(measure="four-hour", count=24))
    on(monkeypatch, date(2030, 3, 1))
    page = planner.get(reverse("evaluation:new")).content.decode()
    assert "<svg" not in page.split("<main")[1]
    sent = planner.post(reverse("evaluation:new"), FORM)
    row = Evaluation.objects.get()
    assert sent.status_code == 302
    draft = read(planner, row)
    assert "not fixed yet, so no figure is shown" in draft
    assert "It would be compared with 30 others" in draft
    assert "<svg" not in draft.split("<main")[1]
    assert not Result.objects.exists()
    act(planner, row, act="fix", seen=1)
    assert Result.objects.get().verdict == "cannot_be_judged"
    publish(figures(measure="four-hour"))
    performance.forget()
    said = read(planner, row)
    assert "before the start" in said
    assert "Realised" in said
    assert said.split("<main")[1].count("<svg") == 3
    row.refresh_from_db()
    assert (row.fixed_on, row.fixed_by_name, row.afterwards) == (date(2030, 3, 1), "Test Planner-Rm1-Rgp-Rcx", False)
    assert len(row.comparators) == 30
    result = Result.objects.first()
    assert result is not None
    assert result.verdict == "realised"
    assert result.found["outcome"]["effect"] == pytest.approx(6, abs=1)
    actions = list(AuditEvent.objects.filter(subject_kind="evaluation").values_list("action", flat=True))
    assert actions == ["evaluation.registered", "evaluation.fixed", *["evaluation.judged"] * 2]


def test_what_is_fixed_after_the_start_is_never_realised(planner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(figures(measure="four-hour"))
    on(monkeypatch, date(2031, 1, 1))
    planner.post(reverse("evaluation:new"), FORM)
    row = Evaluation.objects.get()
    assert "can never be called realised" in read(planner, row)
    assert "Chosen afterwards" in act(planner, row, act="fix", seen=1)
    assert Result.objects.get().verdict == "registered_afterwards"


def test_nobody_gets_round_a_baseline_fixed_before_the_outcome_was_known(
    planner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that stands still, a way that is worse, and a measure that must not worsen taken from the definitions."""
    publish(figures(measure="four-hour"))
    on(monkeypatch, date(2030, 3, 1))
    turned = planner.post(reverse("evaluation:new"), {**FORM, "direction": "decrease"})
    assert turned.status_code == 422
    assert "is better when it rises" in unescape(turned.content.decode())
    planner.post(reverse("evaluation:new"), FORM)
    row = Evaluation.objects.get()
    assert "Chosen afterwards" in act(planner, row, act="fix", seen=1)
    row.refresh_from_db()
    assert (row.fixed_on, row.afterwards) == (date(2031, 3, 1), True)
    assert Result.objects.get().verdict == "registered_afterwards"
    gone = kept(measure="four-hour", balance=["no-longer"])
    assert "Whether no-longer (no longer defined) got worse cannot be judged yet" in read(planner, gone)


def test_good_and_bad_stand_alike_in_one_order(planner: Client) -> None:
    publish(figures(effect=6.0), figures(effect=-6.0, measure="twelve-hours-published", seed=5))
    good = kept()
    bad = kept(title="Corridor", measure="twelve-hours-published")
    none = kept(title="Late", starts_on=date(2030, 10, 1), comparators=[])
    draft = kept(title="Draft", fixed_on=None, starts_on=date(2031, 1, 1))
    for row in (good, bad, none):
        read(planner, row)
    text = unescape(planner.get(reverse("evaluation:list")).content.decode())
    assert "4 registered: 1 realised, 0 not shown, 1 negative, 1 cannot be judged yet, 1 not fixed yet." in text
    order = [text.index(f">{row.title}<") for row in (draft, none, bad, good)]
    assert order == sorted(order)
    assert text.count('viewBox="0 0 400 190"') == 3
    assert text.count('class="ev-verdict"') == 4
    # the board's report prints each with the same chart and its figures
    printed = {one.title: one for one in verdicts()}
    assert [printed[row.title].realised for row in (good, bad, none)] == [True, False, False]
    for row in (good, bad):
        one = printed[row.title]
        assert f'id="evaluation-{row.pk}' in one.chart
        assert one.alt.endswith("The vertical line is the start.")
        assert len(one.steps) == 36
        assert one.steps[0].when == "April 2028"
    assert printed[good.title].steps[0].seen_words == "74.3%"
    assert draft.title not in printed


def test_new_values_are_judged_and_old_results_stay_readable(planner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = publish(figures(count=24))
    row = kept()
    assert "0 months with a figure since the start" in read(planner, row)
    second = publish(figures())
    performance.forget()
    assert "Newer values have come" in planner.get(reverse("evaluation:list")).content.decode()
    assert services.judge_all() == 1
    assert services.judge_all() == 0
    text = read(planner, row)
    assert "What earlier values said" in text
    assert second in text
    old = read(planner, row, f"?values={first}")
    assert "These are not the newest values" in old
    assert "0 months with a figure since the start" in old
    assert planner.get(reverse("evaluation:one", args=[row.pk]) + "?values=none").status_code == 404
    assert [one.verdict for one in row.results.order_by("pk")] == ["cannot_be_judged", "realised"]


def test_the_second_of_two_is_told_and_loses_nothing(planner: Client, client_for: Callable[..., Client]) -> None:
    planner.post(reverse("evaluation:new"), FORM)
    row = Evaluation.objects.get()
    there = reverse("evaluation:edit", args=[row.pk])
    assert client_for(A).post(there, {**FORM, "title": "Theirs", "seen": 1}).status_code == 302
    response = planner.post(there, {**FORM, "title": "Mine", "seen": 1})
    assert response.status_code == 422
    text = unescape(response.content.decode())
    assert "Test Analyst-Rm1-Rgp-Rcx changed it after you began" in text
    assert "Theirs, title: Theirs" in text
    assert 'value="Mine"' in text
    row.refresh_from_db()
    assert (row.title, row.version) == ("Theirs", 2)
    assert "changed it after you began" in act(planner, row, act="fix", seen=1)
    row.refresh_from_db()
    assert row.fixed_on is None


def test_what_is_fixed_cannot_be_changed(planner: Client) -> None:
    row = kept()
    there = reverse("evaluation:edit", args=[row.pk])
    assert planner.get(there).status_code == 302
    response = planner.post(there, {**FORM, "seen": 1})
    assert "nothing of it can be changed" in unescape(response.content.decode())
    assert "nothing of it can be changed" in act(planner, row, act="fix", seen=1)
    with pytest.raises(TypeError, match="never deleted"):
        row.delete()


def test_withdrawn_is_still_shown_with_its_reason_once(planner: Client, client_for: Callable[..., Client]) -> None:
    publish(figures())
    row = kept()
    assert planner.post(reverse("evaluation:act", args=[row.pk]), {"act": "withdraw"}).status_code == 422
    read(planner, row)
    assert "It stays on the list" in act(planner, row, act="withdraw", why="The unit closed.")
    assert "withdrew it before you" in act(client_for(A), row, act="withdraw", why="Mine")
    text = unescape(planner.get(reverse("evaluation:list")).content.decode())
    assert "Withdrawn (realised)" in text
    assert "The unit closed." in text
    assert "1 withdrawn" in text
    assert text.count("<svg") == planner.get("/").content.decode().count("<svg") + 1


def test_use_and_cost_are_added_and_cost_stands_beside_what_was_gained(planner: Client) -> None:
    publish(figures())
    row = kept()
    wrong = planner.post(reverse("evaluation:act", args=[row.pk]), {"act": "add", "kind": "cost", "text": "Staff"})
    assert wrong.status_code == 422
    assert "Give the cost in pounds" in unescape(wrong.content.decode())
    said = act(planner, row, act="add", kind="cost", text="Two doctors", pounds="£1,250.50")
    assert "£1,250.50: Two doctors" in said
    assert "It cost £1,250 in all." in said or "It cost £1,250.50 in all." in said
    assert " for each." in said
    assert "On four days in five" in act(planner, row, act="add", kind="adoption", text="On four days in five")
    assert "is not a number" in act(planner, row, act="add", kind="cost", text="x", pounds="lots")
    assert "without a sign" in act(planner, row, act="add", kind="cost", text="x", pounds="-5")
    assert "at most 4,000 characters" in act(planner, row, act="withdraw", why="x" * 4001)
    assert "Choose what to do" in act(planner, row)


def test_what_is_wrong_is_said_by_its_field_and_kept(planner: Client) -> None:
    response = planner.post(reverse("evaluation:new"), {"title": "A" * 201, "starts_on": "soon", "excluded": "nobody"})
    text = unescape(response.content.decode())
    assert response.status_code == 422
    for words in ("at most 200 characters", "“soon” is not a date", "its code, a colon", "Choose a design"):
        assert words in text
    late = planner.post(
        reverse("evaluation:new"),
        {**FORM, "baseline_to": "2/4/2030", "balance": ["four-hour", "", ""], "excluded": f"RXX: {'y' * 201}"},
    )
    text = unescape(late.content.decode())
    assert "The baseline ends before the start" in text
    assert "RXX: say why in at most 200 characters" in text
    assert "is another than the one it is judged by" in text
    assert "A senior doctor sees everybody" in text
    assert not Evaluation.objects.exists()


def test_files_hold_the_series_and_are_in_the_audit_log(planner: Client) -> None:
    publish(figures())
    row = kept()
    read(planner, row)
    response = planner.get(reverse("evaluation:export", args=[row.pk, "csv"]))
    lines = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    series = [line for line in lines if line["part"] == "series"]
    assert len(series) == 36
    assert float(series[0]["seen"]) - float(series[0]["without it"]) == pytest.approx(float(series[0]["gap"]))
    assert {line["part"] for line in lines} >= {"verdict", "reason", "effect", "check", "placebo", "horizon"}
    book = planner.get(reverse("evaluation:export", args=[row.pk, "xlsx"]))
    assert b"".join(book.streaming_content)[:2] == b"PK"
    assert planner.get(reverse("evaluation:export", args=[row.pk, "pdf"])).status_code == 404
    assert AuditEvent.objects.filter(action="evaluation.exported").count() == 2


def test_few_people_are_withheld_from_those_who_may_not_see_who_they_are(
    client_for: Callable[..., Client], planner: Client
) -> None:
    table = figures(measure="four-hour")
    rows = table.to_pylist()
    for line in rows:
        if line["organisation"] == "RM1" and line["period"] == date(2029, 1, 1):
            line |= {"numerator": 3.0}
    publish(table.from_pylist(rows, schema=table.schema))
    row = kept(measure="four-hour")
    assert "1 figures are withheld" in read(planner, row)
    assert "withheld" not in read(client_for(M), row)
    file = planner.get(reverse("evaluation:export", args=[row.pk, "csv"]))
    lines = list(csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    small = next(line for line in lines if line["part"] == "series" and line["period"] == "2029-01-01")
    assert (small["seen"], small["gap"]) == ("", "")


def test_one_comparators_own_figures_and_a_withheld_months_effect_are_not_told(planner: Client) -> None:
    table = figures(measure="four-hour")
    rows = table.to_pylist()
    for line in rows:
        if line["organisation"] == "RM1" and line["period"] == date(2030, 4, 1):
            line |= {"numerator": 3.0}
    publish(table.from_pylist(rows, schema=table.schema))
    few, many = kept(measure="four-hour", comparators=["X01", "X02"]), kept(measure="four-hour")
    for row in (few, many):
        read(planner, row)
    for found, told in ((shown_of(few), False), (shown_of(many), True)):
        assert any(value is not None for value in found.lines.others) is told
        assert any(value is not None for value in found.lines.without) is told
        assert bool(found.placebos) is told
    assert [one["number"] for one in many.results.get().found["outcome"]["horizons"]] == [1]
    assert shown_of(many).horizons == (), "the effect of the withheld week would tell its figure"


def test_a_measure_or_a_place_that_is_gone_breaks_nothing(planner: Client) -> None:
    publish(figures())
    row = kept()
    read(planner, row)
    for changed in ({"measure": "no-longer"}, {"scope": "ZZZ"}):
        other = kept(title="Gone", **changed)
        Result.objects.create(
            evaluation=other,
            values_id="old",
            made_at=other.made_at,
            version="0",
            verdict="not_shown",
            sentence="As it was.",
            found=row.results.get().found,
        )
        assert "As it was." in read(planner, other)
    assert planner.get(reverse("evaluation:list")).status_code == 200
    assert len(presenters.listing(planner.get("/").wsgi_request.access)) == 3


def test_everybody_may_look_and_few_may_judge(client_for: Callable[..., Client]) -> None:
    publish(figures())
    row = kept()
    text = read(client_for(E), row)
    assert "Withdraw it" not in text
    assert MEASURE not in text
    assert (
        client_for(E).post(reverse("evaluation:act", args=[row.pk]), {"act": "withdraw", "why": "x"}).status_code == 403
    )
    assert "Nothing has been registered" not in client_for(E).get(reverse("evaluation:list")).content.decode()
