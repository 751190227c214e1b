"""New baselines and notes: what they need, who is told, how they are taken back, and two people at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from shutil import copytree

import measures_support as support
import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from snapshot_factory import Made

from wherry.errors import UserError
from wherry.web.access import Role
from wherry.web.access.access import Access, access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.components import performance
from wherry.web.measures import lines, selectors, services
from wherry.web.measures.models import Baseline, Note

ClientFor = Callable[..., Client]
REASON = "A second hospital moved to the new record in January."
START = date(2025, 1, 1)


@pytest.fixture(scope="module")
def folder(handmade_data: tuple[Path, Made], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("measures-acts")
    copytree(handmade_data[1].hub, root / "hub")
    support.made_values(root)
    return root


@pytest.fixture(autouse=True)
def made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERRY_DATA", str(folder))
    support.use(monkeypatch)
    lines.forget()


@pytest.fixture
def analyst(make_user: Callable[..., User]) -> Access:
    return access_of(make_user(Role.ANALYST, username="counter"))


def start(access: Access, on: date | None = START, reason: str = REASON, seen: int = 0) -> Baseline:
    group = performance.scopes()[0]
    return services.start_baseline(
        access=access, measure=support.WAITS, scope=group, starts_on=on, reason=reason, seen=seen
    )


def test_a_new_baseline_begins_the_limits_anew_and_is_taken_back(client_for: ClientFor) -> None:
    client, here = client_for(Role.ANALYST), reverse("measures:measure", args=["made-waits"])
    before = selectors.chart_for("made-waits", "group").chart
    there = reverse("measures:baseline", args=["made-waits"])
    said = {"starts_on": "2025-01-01", "reason": REASON, "seen": "0"}
    assert client.post(there, said).status_code == 302
    view = selectors.chart_for("made-waits", "group")
    assert before is not None
    assert view.chart is not None
    assert [group.n for group in view.chart.groups] == [12, 12]
    assert view.chart.assurance == "consistent_pass"
    assert before.assurance == "inconsistent"
    page = client.get(here).content.decode()
    assert REASON in page
    assert "Test Analyst" in page
    listed = client.get(reverse("measures:summary")).content.decode()
    assert "Will meet target" in listed
    assert client.post(there, {"undo": str(Baseline.objects.get().pk)}).status_code == 302
    again = selectors.chart_for("made-waits", "group").chart
    assert again is not None
    assert again.points == before.points
    assert "Taken back (1)" in client.get(here).content.decode()
    actions = list(AuditEvent.objects.filter(subject_key="made-waits:group").values_list("action", flat=True))
    assert sorted(actions) == ["measure.baseline_started", "measure.baseline_taken_back"]


@pytest.mark.parametrize(
    ("starts_on", "reason", "field"),
    [
        ("2025-01-02", REASON, "starts_on"),
        ("2024-01-01", REASON, "starts_on"),
        ("soon", REASON, "starts_on"),
        ("2025-01-01", "new system", "reason"),
        ("2025-01-01", "x" * 2001 + " a b c d", "reason"),
    ],
)
def test_it_needs_a_date_of_the_data_and_a_sentence(
    client_for: ClientFor, starts_on: str, reason: str, field: str
) -> None:
    there = reverse("measures:baseline", args=["made-waits"])
    response = client_for(Role.ANALYST).post(there, {"starts_on": starts_on, "reason": reason, "seen": "0"})
    assert response.status_code == 422
    body = response.content.decode()
    assert f'href="#baseline-{field}"' in body
    assert reason[:2000] in body
    assert not Baseline.objects.exists()


def test_the_second_of_two_is_told_who_was_first(analyst: Access, make_user: Callable[..., User]) -> None:
    start(analyst)
    other = access_of(make_user(Role.ANALYST, username="second"))
    with pytest.raises(services.Refused, match=r"Test Counter started a baseline from 1 January 2025") as refused:
        start(other, date(2025, 3, 1))
    assert set(refused.value.errors) == {"seen"}
    with pytest.raises(services.Refused, match="starts there already"):
        start(other, seen=1)
    assert start(other, date(2025, 3, 1), seen=1).number == 2
    first = Baseline.objects.get(number=1)
    services.take_back_baseline(access=other, measure=support.WAITS, pk=first.pk)
    with pytest.raises(UserError, match="Test Second took it back already"):
        services.take_back_baseline(access=analyst, measure=support.WAITS, pk=first.pk)
    assert start(analyst, seen=2).number == 3


def test_a_baseline_of_one_organisation_is_not_the_groups(analyst: Access) -> None:
    trust = performance.scopes()[1]
    services.start_baseline(access=analyst, measure=support.WAITS, scope=trust, starts_on=START, reason=REASON, seen=0)
    group = selectors.chart_for("made-waits", "group").chart
    own = selectors.chart_for("made-waits", trust).chart
    assert group is not None
    assert own is not None
    assert (len(group.groups), len(own.groups)) == (1, 2)


def test_nothing_is_deleted(analyst: Access) -> None:
    with pytest.raises(TypeError, match="take it back"):
        start(analyst).delete()


def test_a_note_stands_on_the_chart_and_is_taken_back(client_for: ClientFor) -> None:
    there, here = (reverse(f"measures:{name}", args=["made-waits"]) for name in ("note", "measure"))
    client = client_for(Role.BOARD_SECRETARY)
    text = "Strike of <b>doctors</b>\x00 for five days"
    assert client.post(there + "?scope=RM1", {"text": text, "period": "2025-06-01"}).status_code == 302
    note = Note.objects.get()
    assert (note.scope, note.period) == ("RM1", date(2025, 6, 1))
    page = client.get(here + "?scope=RM1").content.decode()
    assert "Strike of &lt;b&gt;doctors&lt;/b&gt; for five days" in page
    assert "Strike of" not in client.get(here).content.decode()
    assert client.post(there, {"text": " ", "period": ""}).status_code == 422
    assert client.post(there, {"text": "x", "period": "2030-01-01"}).status_code == 422
    assert client_for(Role.EXECUTIVE).post(there + "?scope=RM1", {"undo": str(note.pk)}).status_code == 302
    assert not selectors.chart_for("made-waits", "RM1").notes
    assert client.post(there, {"undo": "999"}).status_code == 409


def test_who_may_not_is_refused(make_user: Callable[..., User]) -> None:
    secretary = access_of(make_user(Role.BOARD_SECRETARY, username="secretary"))
    with pytest.raises(PermissionDenied):
        start(secretary)
    nurse = access_of(make_user(Role.WARD_NURSE, username="nurse"))
    with pytest.raises(PermissionDenied):
        services.add_note(
            access=nurse, measure=support.WAITS, scope=performance.scopes()[0], period=None, text="I may not"
        )
