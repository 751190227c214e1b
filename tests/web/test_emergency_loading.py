"""The ambulance service's door: repetition, corrections, order, bad lines, and the command."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import pytest
from beds_now_support import hours
from emergency_support import departments, incident, loaded

from wherry.cli import main
from wherry.errors import UserError
from wherry.web.access.models import AuditEvent
from wherry.web.emergency import loading
from wherry.web.emergency.models import AmbulanceBadLine, AmbulanceIncident, AmbulanceLoad
from wherry.web.feed import changes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_built(no_data: Path) -> None:
    """No snapshot."""


def test_a_file_twice_changes_nothing() -> None:
    first = loaded(incident("E1", 1), incident("E2", 1))
    version = changes.version()
    again = loaded(incident("E1", 1), incident("E2", 1))
    assert (first.lines, first.new, first.changed, first.older, first.refused) == (2, 2, 0, 0, 0)
    assert (again.lines, again.new, again.changed, again.older, again.refused) == (2, 0, 0, 2, 0)
    assert changes.version() == version
    assert AmbulanceIncident.objects.count() == 2


def test_a_correction_replaces_and_an_older_line_does_not() -> None:
    loaded(incident("E1", 2, category=3))
    done = loaded(incident("E1", 1, category=2, arrived_on_scene_at=1.5))
    assert (done.new, done.changed, done.older) == (0, 1, 0)
    old = loaded(incident("E1", 3, category=4))
    assert (old.new, old.changed, old.older) == (0, 0, 1)
    row = AmbulanceIncident.objects.get()
    assert (row.category, row.arrived_on_scene_at, row.known_at) == ("2", hours(1.5), hours(1))
    taken_away = loaded(incident("E1", 0.5, category=2))
    assert taken_away.changed == 1
    assert AmbulanceIncident.objects.get().arrived_on_scene_at is None  # the newest line holds as a whole


def test_the_order_of_files_does_not_matter() -> None:
    lines = [incident("E1", 2, category=1), incident("E1", 1, category=2), incident("E1", 1, category=3)]
    ends = set()
    for order in permutations(lines):
        AmbulanceIncident.objects.all().delete()
        for line in order:
            loaded(line)
        ends.add(AmbulanceIncident.objects.get().category)
    assert len(ends) == 1  # two lines known at one moment included


def test_bad_lines_are_kept_with_file_line_and_reason() -> None:
    rows = [json.dumps(incident("E1")), "rubbish\x00", json.dumps(incident("")), json.dumps(incident("E2", category=9))]
    done = loading.load(content="\n".join(rows).encode(), name="a.jsonl", by="tests")
    assert (done.lines, done.new, done.refused) == (4, 1, 3)
    kept = [(bad.line, bad.reason, bad.load.file) for bad in AmbulanceBadLine.objects.order_by("line")]
    assert kept == [
        (2, "is no JSON object", "a.jsonl"),
        (3, "incident is missing", "a.jsonl"),
        (4, "category '9' is none of 1 to 5", "a.jsonl"),
    ]
    assert "\x00" not in AmbulanceBadLine.objects.get(line=2).raw
    event = AuditEvent.objects.get(action="ambulance.loaded")
    assert json.loads(event.detail)["refused"] == 3


def test_a_file_that_is_no_text_keeps_nothing() -> None:
    with pytest.raises(UserError, match="Nothing was loaded"):
        loading.load(content=b"\xff\xfe", name="a.jsonl", by="tests")
    assert not AmbulanceLoad.objects.exists()


def test_the_command_loads_files_and_says_what_was_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.csv"
    good.write_text(json.dumps(incident("E1")) + "\n")
    bad.write_text("incident,known_at,called_at\nE2,now,then\n")
    assert main(["flow", "ambulance", "load", str(good)]) == 0
    assert main(["flow", "ambulance", "load", str(bad)]) == 1
    said = capsys.readouterr().out
    assert "good.jsonl: 1 lines, 1 new incidents, 0 changed, 0 said nothing new, 0 refused" in said
    assert "  line 2: known_at 'now' is no moment" in said
    assert main(["flow", "ambulance", "load", str(tmp_path / "none.jsonl")]) == 1
    assert "Nothing was loaded" in capsys.readouterr().err


def test_an_incident_is_joined_to_its_visit_and_counted_once() -> None:
    from beds_now_support import NOW
    from emergency_support import ambulances

    from wherry.web.emergency import position

    departments()
    ambulances()
    read = position.read(NOW, hours(26))
    assert sorted(one.key for one in read.handovers) == ["E1", "E2", "E3"]
    (mine,) = [one for one in read.handovers if one.site == "RCX70"]
    assert (mine.key, mine.handed_over_at) == ("E3", hours(2.2 - 0.4))  # the ambulance service's own time


def test_a_handover_that_only_the_hospital_tells_of_counts_too() -> None:
    from beds_now_support import NOW

    from wherry.web.emergency import position

    departments()
    read = position.read(NOW, hours(26))
    (mine,) = read.handovers
    assert mine.site == "RCX70"
    assert mine.handed_over_at is None
    assert mine.closed_at == hours(1.9)  # treated: no longer outside, and its time of handover is missing
