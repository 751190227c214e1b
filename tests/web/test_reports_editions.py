"""Editions: who may do what with them, that nothing is overwritten, and that what was sent stays byte for byte."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shutil import copytree

import measures_support as figures
import openpyxl
import pyarrow as pa
import pypdf
import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from reports_support import MONTH, SAID, person, sent, user_of, written_and_signed
from snapshot_factory import Made

from wherry.cli import main
from wherry.errors import UserError
from wherry.performance.measures import values as stored
from wherry.performance.report import from_json
from wherry.web.access import Role
from wherry.web.access.access import Access
from wherry.web.access.models import AuditEvent
from wherry.web.components import performance
from wherry.web.measures.models import Baseline
from wherry.web.reports import files, selectors, services
from wherry.web.reports.models import Commentary, Edition, EditionFile

#: Measures made by hand that will miss their targets.
EXCEPTIONS = ("made-long-waits", "made-four-hours")
pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class People:
    """Who works on a report."""

    secretary: Access
    analyst: Access
    executive: Access
    clinician: Access


@pytest.fixture(scope="module")
def folder(handmade_data: tuple[Path, Made], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with values made by hand."""
    root = tmp_path_factory.mktemp("reports")
    copytree(handmade_data[0] / "hub", root / "hub")
    figures.made_values(root)
    return root


@pytest.fixture(autouse=True)
def there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That folder is the one in force."""
    monkeypatch.setenv("WHERRY_DATA", str(folder))
    figures.use(monkeypatch)


@pytest.fixture
def people(db: None) -> People:
    """One of each."""
    return People(
        person(Role.BOARD_SECRETARY, "sarah"),
        person(Role.ANALYST, "anna"),
        person(Role.EXECUTIVE, "edward"),
        person(Role.CLINICIAN, "colin"),
    )


@pytest.fixture
def draft(people: People) -> Edition:
    """A draft for the group."""
    return services.make(access=people.secretary, scope="group", month=MONTH)


@pytest.fixture
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are sent are a few bytes: for tests that ask what becomes of them, not what is in them."""
    monkeypatch.setattr(services, "render", lambda report, kind: f"{kind} of version {report.version}".encode())


def test_the_whole_way_from_draft_to_sent(people: People, draft: Edition) -> None:
    report = selectors.report_of(draft)
    assert [one.code for one in report.exceptions] == list(EXCEPTIONS)
    edition = sent(draft, people.analyst, people.executive, people.secretary)
    kept = from_json(edition.report)
    assert (kept.draft, kept.version, kept.sent_by) == (False, 1, user_of(people.secretary).display_name)
    assert kept.exceptions[0].narrative.action == SAID["action"]
    assert kept.exceptions[0].narrative.signed_by == user_of(people.executive).display_name
    line = AuditEvent.objects.get(action="report.sent")
    for kind in ("pdf", "xlsx"):
        content = files.file_of(edition, kind)
        sha = hashlib.sha256(content).hexdigest()
        assert sha == EditionFile.objects.get(edition=edition, kind=kind).sha256
        assert sha in str(line.detail)
    text = " ".join(pypdf.PdfReader(io.BytesIO(files.file_of(edition, "pdf"))).pages[0].extract_text().split())
    assert "Version 1, sent on" in text
    acts = list(AuditEvent.objects.filter(action__startswith="report.").values_list("action", flat=True))
    assert set(acts) == {"report.made", "report.written", "report.signed", "report.sent"}


def test_what_was_sent_stays_when_values_and_baselines_change(people: People, draft: Edition, folder: Path) -> None:
    edition = sent(draft, people.analyst, people.executive, people.secretary)
    before = {kind: files.file_of(edition, kind) for kind in ("pdf", "xlsx", "json")}
    was = stored.current_id()
    rows = [list(row) for row in figures.rows()]
    for row in rows:
        row[5] = row[5] * 0.5
    columns = dict(zip(stored.VALUES.names, zip(*rows, strict=True), strict=True))
    table = pa.table({name: list(column) for name, column in columns.items()}, schema=stored.VALUES)
    try:
        stored.publish(table, {"artificial": True, "system": "norfolk-waveney"}, folder / "hub")
        Baseline.objects.create(
            measure="made-waits",
            scope="group",
            number=1,
            starts_on=date(2025, 1, 1),
            reason="A new way",
            made_by=user_of(people.analyst),
            made_by_name="Anna",
            made_at=edition.made_at,
        )
        assert selectors.given().figures.values.id != was
        again = Edition.objects.get(pk=edition.pk)
        assert {kind: files.file_of(again, kind) for kind in before} == before
        other = services.make(access=people.secretary, scope="group", month=MONTH, reason="Figures were revised")
        now, then = selectors.report_of(other), from_json(again.report)
        assert now.row("made-waits").words != then.row("made-waits").words
        assert f"sent as {then.row('made-waits').words} and is" in str([one.words for one in now.corrected])
        assert main(["report", "make", "--month", "2025-12", "--out", str(folder / "out"), "--format", "json"]) == 0
        made = from_json((folder / "out" / "performance-report-group-2025-12.json").read_text(encoding="utf-8"))
        assert (made.summary.what, made.summary.signed_by) == (SAID["what"], ""), "no signature on other figures"
        assert {kind: files.file_of(again, kind) for kind in before} == before
    finally:
        figures.made_values(folder)
        performance.forget()


@pytest.mark.usefixtures("unprinted")
def test_a_kept_edition_refuses_change_and_deletion(people: People, draft: Edition) -> None:
    edition = sent(draft, people.analyst, people.executive, people.secretary)
    edition.report = "{}"
    with pytest.raises(TypeError, match="never changed"):
        edition.save()
    for one in (edition, EditionFile.objects.first(), Commentary.objects.first()):
        assert one is not None
        with pytest.raises(TypeError, match="never deleted"):
            one.delete()
    calls: list[Callable[[], object]] = [
        lambda: services.write(access=people.analyst, edition=edition, measure="", seen=9, text=SAID),
        lambda: services.sign(access=people.executive, edition=edition, measure="", number=1),
        lambda: services.refresh(access=people.secretary, edition=edition),
        lambda: services.send(access=people.secretary, edition=edition, touched=0),
    ]
    for call in calls:
        with pytest.raises(UserError, match="sent this edition"):
            call()


@pytest.mark.usefixtures("unprinted")
def test_a_file_that_was_changed_behind_our_back_is_not_handed_out(people: People, draft: Edition) -> None:
    edition = sent(draft, people.analyst, people.executive, people.secretary)
    EditionFile.objects.filter(edition=edition, kind="pdf").update(content=b"%PDF-1.7 other")
    Edition.objects.filter(pk=edition.pk).update(report="{}")
    for kind in ("pdf", "json"):
        with pytest.raises(UserError, match="SHA-256 differs"):
            files.file_of(Edition.objects.get(pk=edition.pk), kind)


def test_nobody_signs_what_they_wrote(people: People, draft: Edition) -> None:
    text = services.write(access=people.executive, edition=draft, measure="", seen=0, text=SAID)
    with pytest.raises(UserError, match="somebody else signs"):
        services.sign(access=people.executive, edition=draft, measure="", number=text.number)
    other = person(Role.EXECUTIVE, "edwina")
    services.sign(access=other, edition=draft, measure="", number=text.number)
    with pytest.raises(UserError, match="signed this already"):
        services.sign(access=other, edition=draft, measure="", number=text.number)


def test_a_new_version_or_other_figures_need_a_new_signature(people: People, draft: Edition) -> None:
    ready = written_and_signed(draft, people.analyst, people.executive)
    assert selectors.standing(selectors.report_of(ready)).ready
    again = services.write(access=people.analyst, edition=draft, measure="", seen=1, text=SAID | {"what": "Otherwise."})
    assert again.number == 2
    lacks = selectors.standing(selectors.report_of(draft))
    assert (lacks.ready, lacks.unsigned) == (False, ("",))
    with pytest.raises(UserError, match="wrote version 2 since you looked"):
        services.sign(access=people.executive, edition=draft, measure="", number=1)
    services.sign(access=people.executive, edition=draft, measure="", number=2)
    held = Edition.objects.get(pk=draft.pk)
    held.report = held.report.replace('"value":', '"value" :').replace("Files", "Rolls")
    assert selectors.standing(selectors.report_of(held)).ready, "the same figures"
    report = selectors.report_of(held)
    held.report = held.report.replace(report.row("made-four-hours").words, "1.2%")
    lacks = selectors.standing(selectors.report_of(held))
    assert lacks.unsigned == ("", "made-four-hours")


def test_a_signature_can_be_taken_back_by_who_gave_it(people: People, draft: Edition) -> None:
    written_and_signed(draft, people.analyst, people.executive)
    with pytest.raises(UserError, match="not signed this"):
        services.unsign(access=person(Role.EXECUTIVE, "edwina"), edition=draft, measure="")
    services.unsign(access=people.executive, edition=draft, measure="")
    with pytest.raises(UserError, match="Not signed off, or signed off on other figures: the summary"):
        services.send(access=people.secretary, edition=draft, touched=Edition.objects.get(pk=draft.pk).touched)


def test_two_people_at_once_see_each_others_text(people: People, draft: Edition) -> None:
    services.write(access=people.analyst, edition=draft, measure="made-waits", seen=0, text=SAID)
    with pytest.raises(services.Overtaken, match="wrote version 1 after you began") as caught:
        services.write(access=people.executive, edition=draft, measure="made-waits", seen=0, text={"what": "Mine"})
    assert caught.value.theirs.what == SAID["what"]
    services.write(access=people.executive, edition=draft, measure="made-waits", seen=1, text={"what": "Mine"})
    assert [one.what for one in selectors.history(draft, "made-waits")] == ["Mine", SAID["what"]]
    assert [one.code for one in selectors.report_of(draft).remarks] == ["made-waits"]


def test_nothing_is_sent_without_a_summary_or_a_narrative_or_a_reason(people: People, draft: Edition) -> None:
    with pytest.raises(UserError, match="no summary"):
        services.send(access=people.secretary, edition=draft, touched=0, unsaid="No time")
    services.write(access=people.analyst, edition=draft, measure="", seen=0, text=SAID)
    services.sign(access=people.executive, edition=draft, measure="", number=1)
    partly = SAID | {"by_whom": ""}
    services.write(access=people.analyst, edition=draft, measure="made-four-hours", seen=0, text=partly)
    services.sign(access=people.executive, edition=draft, measure="made-four-hours", number=1)
    touched = Edition.objects.get(pk=draft.pk).touched
    with pytest.raises(UserError, match="whole narrative: Waiting more than 65 weeks, Seen within four hours"):
        services.send(access=people.secretary, edition=draft, touched=touched)
    with pytest.raises(UserError, match="changed this draft since you looked"):
        services.send(access=people.secretary, edition=draft, touched=touched - 1, unsaid="x")
    done = services.send(access=people.secretary, edition=draft, touched=touched, unsaid="The post is vacant")
    assert from_json(done.report).unsaid == "The post is vacant"
    first = pypdf.PdfReader(io.BytesIO(files.file_of(done, "pdf"))).pages[0].extract_text()
    assert "Sent without all narratives because: The post is vacant" in " ".join(first.split())


@pytest.mark.usefixtures("unprinted")
def test_a_correction_is_a_new_version_and_both_stay(people: People, draft: Edition) -> None:
    first = sent(draft, people.analyst, people.executive, people.secretary)
    before = files.file_of(first, "pdf")
    with pytest.raises(UserError, match="Say what is wrong with it"):
        services.make(access=people.secretary, scope="group", month=MONTH)
    second = services.make(access=people.secretary, scope="group", month=MONTH, reason="The wards were miscounted")
    assert (second.version, second.is_draft) == (2, True)
    assert selectors.latest_texts(second)[""].what == SAID["what"], "what was written is taken over"
    assert selectors.standing(selectors.report_of(second)).unsigned == ("", *EXCEPTIONS), "and signed again"
    with pytest.raises(UserError, match="There is a draft for this month already"):
        services.make(access=people.secretary, scope="group", month=MONTH, reason="Me too")
    for code in ("", *EXCEPTIONS):
        services.sign(access=people.executive, edition=second, measure=code, number=1)
    touched = Edition.objects.get(pk=second.pk).touched
    done = services.send(access=people.secretary, edition=second, touched=touched)
    assert "The wards were miscounted" in files.file_of(done, "json").decode()
    assert files.file_of(Edition.objects.get(pk=first.pk), "pdf") == before
    later = services.make(access=people.secretary, scope="group", month=date(2026, 1, 1))
    assert selectors.report_of(later).since == "December 2025"


@pytest.mark.usefixtures("unprinted")
def test_a_database_without_room_sends_nothing(people: People, draft: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = written_and_signed(draft, people.analyst, people.executive)

    def full(**_: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(EditionFile.objects, "create", full)
    with pytest.raises(UserError, match=r"disk is full\). Nothing was sent, and the draft is as it was"):
        services.send(access=people.secretary, edition=ready, touched=ready.touched)
    assert Edition.objects.get(pk=ready.pk).is_draft
    assert not AuditEvent.objects.filter(action="report.sent").exists()


def test_only_those_who_may_do_each_act(people: People, draft: Edition) -> None:
    refused: list[Callable[[], object]] = [
        lambda: services.make(access=people.analyst, scope="RM1", month=MONTH),
        lambda: services.refresh(access=people.executive, edition=draft),
        lambda: services.write(access=people.clinician, edition=draft, measure="", seen=0, text=SAID),
        lambda: services.sign(access=people.secretary, edition=draft, measure="", number=1),
        lambda: services.send(access=people.executive, edition=draft, touched=0),
    ]
    for call in refused:
        with pytest.raises(PermissionDenied):
            call()


def test_text_that_will_not_do_is_refused_in_words(people: People, draft: Edition) -> None:
    for text, words in (
        ({"what": "x" * 4_001}, "longer than 4,000 characters"),
        ({"what": "x", "by_when": "soon"}, "is no date"),
        ({"what": "x", "by_whom": "y" * 201}, "longer than 200"),
        ({"what": " \x00 "}, "Nothing is written"),
    ):
        with pytest.raises(UserError, match=words):
            services.write(access=people.analyst, edition=draft, measure="", seen=0, text=text)
    with pytest.raises(UserError, match="no measure"):
        services.write(access=people.analyst, edition=draft, measure="nothing", seen=0, text=SAID)


def test_no_small_count_of_people_leaves_in_any_file(people: People) -> None:
    """`made-long-waits` counts 0 to 12 people: what leaves has no 1 to 4, in the group's file and in each trust's."""
    for scope in ("group", "RM1", "RGP", "RCX"):
        edition = services.make(access=people.secretary, scope=scope, month=MONTH)
        book = openpyxl.load_workbook(io.BytesIO(files.file_of(edition, "xlsx")))
        seen = 0
        for sheet in book.worksheets:
            for row in sheet.iter_rows(values_only=True):
                if "made-long-waits" in row and sheet.title == "Figures":
                    seen += 1
                    assert all(row[at] is None or not 0 < row[at] < 5 for at in (4, 6)), row
        assert seen
