"""The pages of beds: a question is checked and asked once, followed, and answered with how sure it is."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from beds_support import answers, made_beds_run
from django.test import Client
from django.urls import reverse
from planning_support import made_version
from planning_texts import TEXT

from wherry.errors import UserError
from wherry.hub import activity
from wherry.hub.activity.schema import FILES
from wherry.planning.beds.answers import Estimate, as_json, read
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.planning import beds_jobs, beds_presenters, beds_views, beds_work
from wherry.web.planning.beds_charts import line_chart
from wherry.web.planning.beds_questions import QUESTIONS, Asked
from wherry.web.planning.models import PlanRun, RunState

P, E = Role.PLANNER, Role.EXECUTIVE
ASK = {"question": "enough", "scenario": "", "year": "", "occupancy": "92", "risk": "1"}


@pytest.fixture
def loaded(no_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder that says it has a year of activity; nothing reads it here."""
    found = SimpleNamespace(id="load", artificial=True)
    monkeypatch.setattr(beds_views.selectors, "activity", lambda: found)
    monkeypatch.setattr(beds_jobs, "activity", lambda: found)


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Asked, str]]:
    """What the worker is given; it answers by hand."""
    given: list[tuple[Asked, str]] = []

    def work_out(asked: Asked, text: str, say: Callable[[str, float], None]) -> tuple[dict[str, Any], str]:
        given.append((asked, text))
        say("half of it", 0.5)
        return {"answers": [as_json(one) for one in answers(asked.question)]}, "Activity of 2023/24."

    monkeypatch.setattr(beds_work, "work_out", work_out)
    return given


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(f"planning:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def ask(client: Client, **changed: str) -> tuple[int, str]:
    response = client.post(reverse("planning:beds_ask"), ASK | changed, follow=True)
    return response.status_code, response.content.decode()


# Asking


def test_a_question_is_worked_out_and_answered(
    loaded: None, worked: list[tuple[Asked, str]], client_for: Callable[..., Client]
) -> None:
    status, html = ask(client_for(P), occupancy="90", risk="2.5")
    assert status == 200
    assert worked == [(Asked("enough", "", 0, 0, 0.9, 0.025), "")]
    run = PlanRun.objects.get(kind="beds")
    assert (run.state, run.going, run.headline) == ("done", "", "The headline of enough. The headline of enough.")
    assert "The headline of enough." in words(html)
    assert "Beds for 90% occupancy, and to be full on 2.5% of days" in words(html)
    assert AuditEvent.objects.filter(action="plan.beds_asked", subject_key=str(run.pk)).exists()
    assert "The headline of enough." in words(page(client_for(E), "beds"))


def test_a_scenario_is_asked_about_in_one_of_its_years_by_itself_the_last(
    loaded: None, worked: list[tuple[Asked, str]], client_for: Callable[..., Client]
) -> None:
    made_version("short", 3, TEXT)
    client = client_for(P)
    status, html = ask(client, scenario="short", question="winter")
    assert status == 200
    assert "short (version 3) in 2033/34" in words(html)
    ask(client, scenario="short", question="winter", year="2028")
    assert [(asked.number, asked.year, text) for asked, text in worked] == [(3, 2033, TEXT), (3, 2028, TEXT)]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"question": "how"}, "question"),
        ({"occupancy": "lots"}, "occupancy"),
        ({"occupancy": "100"}, "occupancy"),
        ({"risk": "0"}, "risk"),
        ({"risk": "nan"}, "risk"),
        ({"scenario": "nothing"}, "scenario"),
        ({"scenario": "no-change", "year": "2060"}, "year"),
        ({"scenario": "no-change", "year": "soon"}, "year"),
    ],
)
def test_what_cannot_be_asked_is_said_beside_its_field(
    changed: dict[str, str], field: str, loaded: None, client_for: Callable[..., Client]
) -> None:
    status, html = ask(client_for(P), **changed)
    assert status == 422
    assert f'href="#{field}"' in html
    assert not PlanRun.objects.exists()
    for name, value in changed.items():
        if name in ("occupancy", "risk", "year"):
            assert f'name="{name}" value="{value}"' in html


def test_without_activity_nothing_can_be_asked(no_data: Path, client_for: Callable[..., Client]) -> None:
    assert "wherry hub activity load FOLDER" in words(page(client_for(P), "beds"))
    status, html = ask(client_for(P))
    assert status == 422
    assert "nobody to simulate" in words(html)
    assert not PlanRun.objects.exists()


def test_those_who_only_see_cannot_ask(loaded: None, client_for: Callable[..., Client]) -> None:
    client = client_for(E)
    assert "<form" not in page(client, "beds").split("<main")[1]
    assert client.post(reverse("planning:beds_ask"), ASK).status_code == 403
    assert "Ask it again" not in words(page(client, "beds_run", made_beds_run().pk))


def test_the_same_question_is_one_run_while_it_is_going(
    loaded: None, client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(beds_jobs, "run_beds", SimpleNamespace(enqueue=lambda run_id: asked.append(run_id)))
    client = client_for(P)
    for _ in range(2):
        assert ask(client)[0] == 200
    assert len(asked) == PlanRun.objects.count() == 1
    assert ask(client, risk="2")[0] == 200
    assert len(asked) == 2
    PlanRun.objects.filter(pk=asked[0]).update(state="running", seen_at=datetime.now(UTC) - timedelta(days=1))
    assert ask(client)[0] == 200
    assert len(asked) == 3
    assert PlanRun.objects.get(pk=asked[0]).state == "failed"


def test_what_goes_wrong_is_kept_in_words(
    loaded: None, client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UserError("The year has no nights. Nothing was run.")

    monkeypatch.setattr(beds_work, "work_out", refuse)
    _, html = ask(client_for(P))
    assert "The year has no nights. Nothing was run." in words(html)
    run = PlanRun.objects.get()
    assert (run.state, run.going, run.result) == ("failed", "", None)


def test_the_worker_asks_the_simulation_of_a_scenarios_year(no_data: Path) -> None:
    folder = no_data / "files"
    for trust, site in (("RM1", "RM102"), ("RGP", "RGP75"), ("RCX", "RCX70")):
        (folder / trust).mkdir(parents=True)
        with (folder / trust / "admitted.csv").open("w", newline="") as file:
            rows = [(trust, site, "2023/24", "emergency", "300", age, 1, 3, 4, "", "", 900) for age in (50, 80)]
            csv.writer(file).writerows([FILES["admitted"], *rows])
    activity.load(folder, system="norfolk-waveney", hub=no_data / "hub")
    told: list[float] = []
    asked = Asked("as_it_is", "short", 1, 2033)
    result, stood_on = beds_work.work_out(asked, TEXT, lambda _, share: told.append(share))
    assert told == sorted(told)
    assert "2023/24" in stood_on
    found = read(result["answers"][0])
    assert (found.scenario, found.year) == ("short", 2033)
    assert found.outcome is not None
    assert found.outcome.conserved
    assert {row.place for row in found.outcome.sites} == {"RM102", "RGP75", "RCX70", "group"}


# The page


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_has_its_tables_and_says_how_sure_it_is(
    question: str, no_data: Path, client_for: Callable[..., Client]
) -> None:
    html = page(client_for(E), "beds_run", made_beds_run(question).pk)
    said = words(html)
    for part in (
        f"The headline of {question}.",
        "12 simulated years of 123,456 patients each, from seed 5",
        "Boarding is known to within 8% of its mean",
        "Warm-up: 35 days are run and not counted",
        "Everybody who came went home",
        "rules, cleaning hours 1.0 own default",
        "91.4% ± 0.5",
    ):
        assert part in said, part
    own = {
        "enough": [
            "1,420 1,416 to 1,425 20 missing",
            "1,490 1,486 to 1,495 90 missing",
            "General and acute ward groups alone.",
        ],
        "pooling": ["Another site's bed at once", "50 ± 1", "Norwich 960, Gorleston 540."],
        "winter": ["January", "the difference is 30 (± 1)"],
        "more": ["+30", "900 fewer", "as it is"],
        "as_it_is": ["Occupancy of the group by month"],
    }[question]
    for part in own:
        assert part in said, part
    drawn = re.findall(r'<svg role="img" aria-labelledby="([\w-]+)" aria-describedby="([\w-]+)"', html)
    assert len(drawn) == (4 if question == "winter" else 3)
    for title, description in drawn:
        assert html.count(f'id="{title}"') == html.count(f'id="{description}"') == 1
    assert "style=" not in html.split("<main")[1]


def test_a_run_that_is_going_is_followed(no_data: Path, client_for: Callable[..., Client]) -> None:
    run = made_beds_run(state=RunState.WAITING)
    client = client_for(P)
    html = page(client, "beds_run", run.pk)
    there = reverse("planning:beds_status", args=[run.pk])
    assert f'hx-get="{there}"' in html
    part = client.get(there, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "HX-Refresh" not in part
    PlanRun.objects.filter(pk=run.pk).update(state="done")
    assert client.get(there, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert client.get(there)["Location"] == reverse("planning:beds_run", args=[run.pk])


def test_a_run_of_a_plan_is_no_run_of_beds(no_data: Path, client_for: Callable[..., Client]) -> None:
    run = made_beds_run(kind="plan")
    assert client_for(P).get(reverse("planning:beds_run", args=[run.pk])).status_code == 404


# Numbers


def test_a_single_year_says_that_nobody_knows_how_sure_it_is() -> None:
    assert beds_presenters.cell(Estimate(10.0, None, 10.0, 10.0)).sure == "one year only"


def test_lines_lie_within_their_drawing_whatever_the_numbers() -> None:
    for values in ([0.0] * 12, [5.0], [900.2, 901.3, 899.9], [0.0, 1e6]):
        chart = line_chart([("a", values)], [(0, "x")], "beds", level=values[0])
        points = [tuple(map(float, pair.split(","))) for pair in chart.lines[0].points.split()]
        assert len(points) == len(values)
        for x, y in points:
            assert chart.left <= x <= chart.right
            assert 0 <= y <= chart.bottom
