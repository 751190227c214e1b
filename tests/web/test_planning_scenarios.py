"""The pages of scenarios: every one with its answer, the whole argument of one, its versions, what plans stand on."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from planning_support import made_plan_run, made_version
from planning_texts import TEXT

from wherry.hub import activity
from wherry.hub.activity.schema import FILES
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.planning import baseline_views
from wherry.web.planning.models import RunState, ScenarioVersion
from wherry.web.planning.scenario_reading import argument, read, system
from wherry.web.planning.scenario_selectors import files, newest, version

P, E = Role.PLANNER, Role.EXECUTIVE


def page(client: Client, name: str, *args: object, query: str = "", status: int = 200) -> str:
    response = client.get(f"{reverse(f'planning:{name}', args=args)}{query}")
    assert response.status_code == status
    return response.content.decode()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


@pytest.fixture
def hub(no_data: Path) -> Path:
    """A working folder with a small year of activity in it, two of whose rows could not be taken in."""
    folder = no_data / "files"
    for trust, site in (("RM1", "RM102"), ("RGP", "RGP75")):
        (folder / trust).mkdir(parents=True)
        write(folder / trust / "admitted.csv", "admitted", [
            (trust, site, "2023/24", "emergency", "300", 80, 1, 2, 5, "", "frailty", 40),
            (trust, site, "2023/24", "day_case", "130", 60, 2, 3, 0, 45, "", 7),
            (trust, site, "2023/24", "emergncy", "300", 80, 1, 2, 5, "", "", 1),
        ])  # fmt: skip
    write(
        folder / "RM1" / "attendance.csv",
        "attendance",
        [("RM1", "RM102", "2023/24", "attendance_type_1", 5, 1, 1, 1234)],
    )
    (folder / "manifest.json").write_text(json.dumps({"artificial": True}))
    activity.load(folder, system="norfolk-waveney", hub=no_data / "hub")
    shutil.rmtree(folder)
    return no_data


def write(path: Path, kind: str, rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([FILES[kind], *rows])


# Every scenario


def test_before_any_activity_the_page_says_what_would_be_here_and_how_it_comes(
    no_data: Path, client_for: Callable[..., Client]
) -> None:
    html = page(client_for(P), "scenarios")
    said = words(html)
    assert "wherry hub activity load FOLDER" in said
    assert "No change" in said
    assert "Not run yet" in said
    assert "Run it" not in said
    for one in newest():
        assert one.question in said


def test_each_scenario_has_its_question_its_last_answer_and_who_changed_it_why(
    hub: Path, client_for: Callable[..., Client]
) -> None:
    old = made_plan_run(slug="no-change")
    done = made_plan_run(slug="no-change")
    going = made_plan_run(RunState.WAITING, slug="no-change", number=1)
    made_version("no-change", 1, files()["no-change"].read_text())
    html = page(client_for(P), "scenarios")
    said = words(html)
    assert done.headline
    assert done.headline in said
    assert reverse("planning:run", args=[done.pk]) in html
    assert reverse("planning:run", args=[going.pk]) in html
    assert reverse("planning:run", args=[old.pk]) not in html
    assert "changed last by PLANNER, Test" in said
    assert "to try it" in said
    assert "The newest version has not been run." in said
    assert reverse("planning:run_start", args=["no-change"]) in html
    other = made_plan_run(slug="group")
    html = page(client_for(P), "scenarios")
    assert f"{reverse('planning:compare')}?a={done.pk}&amp;b={other.pk}" in html
    assert newest()[0].slug == "no-change"


def test_those_who_only_see_have_no_buttons(hub: Path, client_for: Callable[..., Client]) -> None:
    for html in (page(client_for(E), "scenarios"), page(client_for(E), "scenario", "group")):
        assert "Run it" not in words(html)
        assert "Change it" not in words(html)
        assert "<form" not in html.split("<main")[1]


# One scenario


@pytest.mark.parametrize("name", sorted(files()))
def test_the_whole_argument_is_on_the_page(name: str, no_data: Path, client_for: Callable[..., Client]) -> None:
    scenario = read(files()[name].read_text()).scenario
    assert scenario is not None
    said = words(page(client_for(E), "scenario", name))
    lines = [line for _, lines in argument(scenario) for line in lines]
    assert len(lines) == 1 + bool(scenario.health_status) + len(scenario.growth) + len(scenario.factors) + len(
        scenario.interventions
    ) + len(scenario.capacity)
    for line in lines:
        for part in (line.title, line.about, line.amount, line.when, line.source):
            assert re.sub(r"\s+", " ", part) in said, line.name


def test_each_version_has_its_page_its_reason_and_its_file(hub: Path, client_for: Callable[..., Client]) -> None:
    client = client_for(P)
    made_version("short", 1, TEXT)
    made_version("short", 2, TEXT.replace("0.023", "0.03"))
    run = made_plan_run(slug="short", number=1)
    newer, older = page(client, "scenario", "short"), page(client, "scenario", "short", query="?version=1")
    assert "1% to 3%" in words(newer) or "1 to 3%" in words(newer)
    assert "This is not the newest version" in words(older)
    assert reverse("planning:run", args=[run.pk]) in newer
    taken = client.get(f"{reverse('planning:text', args=['short'])}?version=1")
    assert taken.content.decode() == TEXT
    assert taken["Content-Disposition"] == 'attachment; filename="short.toml"'
    assert AuditEvent.objects.filter(action="plan.text_taken", subject_key="short:1").exists()


def test_what_changed_between_two_versions_is_shown_line_by_line(
    no_data: Path, client_for: Callable[..., Client]
) -> None:
    made_version("short", 1, TEXT)
    made_version("short", 2, TEXT.replace("0.023", "0.03"))
    made_version("short", 3, TEXT.replace("0.023", "0.03").replace("runs = 16", "runs = 32"))
    client = client_for(E)
    said = words(page(client, "changes", "short"))
    assert "− taken out runs = 16" in said
    assert "+ added runs = 32" in said
    assert "0.023" not in said
    both = words(page(client, "changes", "short", query="?from=1&to=3"))
    assert "2 lines added, 2 taken out" in both
    assert "0.023" in both
    assert "These two are alike" in words(page(client, "changes", "short", query="?from=2&to=2"))
    assert "There is one version" in words(page(client, "changes", "group"))


@pytest.mark.parametrize("query", ["?version=9", "?version=x", "?version=-1", "?version=99999999999"])
def test_a_version_that_is_not_there(query: str, no_data: Path, client_for: Callable[..., Client]) -> None:
    for name in ("scenario", "text", "edit"):
        page(client_for(P), name, "no-change", query=query, status=404)
    page(client_for(P), "scenario", "nothing-of-the-kind", status=404)


def test_a_version_that_cannot_be_read_says_why_and_can_be_changed(
    hub: Path, client_for: Callable[..., Client]
) -> None:
    made_version("short", 1, TEXT.replace("[0.05, 0.15]", "[0.15, 0.05]"))
    html = page(client_for(P), "scenario", "short")
    assert "It cannot be run as it is" in words(html)
    assert "upside down" in words(html)
    assert reverse("planning:run_start", args=["short"]) not in html
    made_version("broken", 1, "name = ")
    assert "This is not TOML" in words(page(client_for(P), "scenario", "broken"))
    assert "name = " in page(client_for(P), "edit", "broken")


def test_versions_are_never_deleted(no_data: Path, db: None) -> None:
    with pytest.raises(TypeError):
        made_version("short", 1, TEXT).delete()
    assert version("short").number == 1
    assert ScenarioVersion.objects.count() == 1


# What plans stand on


def test_the_baseline_is_shown_by_kind_and_trust_with_what_was_left_out(
    hub: Path, client_for: Callable[..., Client]
) -> None:
    said = words(page(client_for(E), "baseline"))
    assert "An artificial year" in said
    assert "Emergency admissions 40 40 none sent 80" in said
    assert "Day cases 7 7 none sent 14" in said
    assert "Attendances at major emergency departments 1,234 none sent none sent 1,234" in said
    assert "Elective admissions none sent none sent none sent none sent" in said
    assert "Nights in bed 200 200 none sent 400" in said
    assert "7 rows read, 5 of them taken in" in said
    assert "2 rows: " in said
    assert "RGP/admitted.csv 4" in said
    assert "emergncy" in said
    assert "What is not in it" in said


def test_without_activity_the_page_says_how_it_comes(no_data: Path, client_for: Callable[..., Client]) -> None:
    said = words(page(client_for(E), "baseline"))
    assert "wherry hub activity load FOLDER" in said
    assert "What is not in it" in said


def test_totals_are_those_of_the_manifest(hub: Path) -> None:
    found = activity.open(hub / "hub")
    totals = baseline_views.totals(found, 2023, system().trusts)
    assert sum(row.total or 0 for row in totals.rows) == sum(
        count for kinds in found.manifest["counts"].values() for count in kinds.values()
    )
    assert totals.nights.total == found.manifest["nights"]
