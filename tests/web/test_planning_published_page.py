"""What was published beside ours: in range or why not, from when it is, and worked out once however many ask."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse
from planning_support import made_plan_run

from wherry.errors import UserError
from wherry.planning.answers.model import GROUP, Spread
from wherry.planning.published import Line
from wherry.web.access import Role
from wherry.web.planning import published_jobs, published_views
from wherry.web.planning.models import PlanRun
from wherry.web.planning.work_once import Say

P, E = Role.PLANNER, Role.EXECUTIVE
LINE = Line(
    name="emergency", words="Emergency admissions more by 2033/34", source="G line 262", scenario="no-change",
    measure="emergency", place=GROUP, years="2023/24 to 2033/34", unit="share", published=0.22, rounding=0.005,
    at_least=False, ours=Spread(0.2, 0.23, 0.26, 0.23), inside=True, why="", note="", problem="",
)  # fmt: skip
OUTSIDE = replace(
    LINE, name="beds", words="Beds short by 2023", place="RGP", unit="beds", published=500.0, at_least=True,
    ours=Spread(100, 150, 200, 150), inside=False, why="It counted community beds too.", note="From 2018.",
)  # fmt: skip
NOT_MODELLED = replace(
    LINE, name="gp", words="GP appointments", published=None, ours=None, inside=None, why="Not ours."
)


@pytest.fixture
def loaded(no_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder that says it has a year of activity; nothing reads it here."""
    found = SimpleNamespace(id="load", artificial=True)
    monkeypatch.setattr(published_views.selectors, "activity", lambda: found)
    monkeypatch.setattr(published_jobs, "activity", lambda: found)
    monkeypatch.setattr(published_jobs, "there", lambda: True)


def made(*lines: Line, standing_on: str = "") -> PlanRun:
    """A comparison as a worker leaves it."""
    key = standing_on or published_jobs.standing_on()
    kept = json.loads(json.dumps({"lines": [asdict(line) for line in lines]}))
    return made_plan_run(kind="published", result=kept, asked=(("standing_on", key),))


def page(client: Client) -> tuple[str, str]:
    response = client.get(reverse("planning:published"))
    assert response.status_code == 200
    html = response.content.decode()
    return html, re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_each_published_result_stands_beside_ours_in_range_or_why_not(
    loaded: None, client_for: Callable[..., Client]
) -> None:
    run = made(LINE, OUTSIDE, NOT_MODELLED)
    PlanRun.objects.filter(pk=run.pk).update(headline="1 of 2 published results lie in our 80% range.")
    _, said = page(client_for(E))
    assert "1 of 2 published results lie in our 80% range. 1 does not, and each says why." in said
    assert "22.0% 23.0% 20.0% to 26.0% No change In our range" in said
    assert "at least 500 beds 150 beds 100 beds to 200 beds No change Outside It counted community beds too." in said
    assert "James Paget" in said
    assert "GP appointments" in said
    assert "Not ours." in said
    assert "Needs somebody’s attention" not in said
    assert "has changed since" not in said
    assert "Work it out" not in said


def test_what_needs_attention_and_what_is_old_is_said(loaded: None, client_for: Callable[..., Client]) -> None:
    made(replace(LINE, problem="emergency: nobody says why."), standing_on="something else")
    _, said = page(client_for(P))
    assert "emergency: nobody says why." in said
    assert "1 line needs somebody’s attention" in said
    assert "has changed since" in said
    assert "Work it out again" in said


def test_it_is_worked_out_in_the_background_once(
    loaded: None, client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, there = client_for(P), reverse("planning:published_compare")
    assert "has not been worked out yet" in page(client)[1]
    asked: list[int] = []
    real = published_jobs.run_published
    monkeypatch.setattr(published_jobs, "run_published", SimpleNamespace(enqueue=lambda run_id: asked.append(run_id)))
    for words in ("is being worked out: some minutes", "is being worked out already"):
        assert words in client.post(there, follow=True).content.decode()
    assert len(asked) == PlanRun.objects.count() == 1
    html, said = page(client)
    assert f'hx-get="{reverse("planning:published_status")}"' in html
    assert "Waiting for its turn" in said

    def lines(say: Say) -> tuple[tuple[Line, ...], str]:
        say("Running No change", 0.5)
        return (LINE, OUTSIDE), "Activity of 2023/24."

    monkeypatch.setattr(published_jobs, "work_out", lines)
    real.call(run_id=asked[0])
    done = PlanRun.objects.get()
    assert (done.state, done.headline) == ("done", "1 of 2 published results lie in our 80% range.")
    assert published_jobs.lines_of(done.result or {}) == [LINE, OUTSIDE]
    assert done.headline in page(client)[1]
    refreshed = client.get(reverse("planning:published_status"), headers={"HX-Request": "true"})
    assert refreshed["HX-Refresh"] == "true"


def test_a_comparison_that_failed_says_why_and_the_one_before_stays(
    loaded: None, client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    made(LINE)

    def refuse(say: Say) -> None:
        raise UserError("published.toml: two items are called beds.")

    monkeypatch.setattr(published_jobs, "work_out", refuse)
    client = client_for(P)
    client.post(reverse("planning:published_compare"))
    _, said = page(client)
    assert "two items are called beds" in said
    assert "Emergency admissions more by 2033/34" in said


def test_without_activity_or_without_the_file_the_page_says_what_would_be_here(
    no_data: Path, client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_for(P)
    assert "wherry hub activity load FOLDER" in page(client)[1]
    said = client.post(reverse("planning:published_compare"), follow=True).content.decode()
    assert "Nothing was started" in said
    monkeypatch.setattr(published_jobs, "there", lambda: False)
    assert "published.toml" in page(client)[1]
    assert not PlanRun.objects.exists()


def test_those_who_only_see_cannot_start_it(loaded: None, client_for: Callable[..., Client]) -> None:
    client = client_for(E)
    assert client.post(reverse("planning:published_compare")).status_code == 403
    assert "<form" not in page(client)[0].split("<main")[1]
