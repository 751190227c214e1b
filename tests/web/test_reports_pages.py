"""Pages of reports: who sees drafts, what is written comes out as text, files are what was sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import measures_support as figures
import pytest
from django.test import Client
from reports_support import SAID, written_and_signed
from snapshot_factory import Made

from wherry.cli import main
from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.access.models import User
from wherry.web.reports import files
from wherry.web.reports.models import Commentary, Edition

pytestmark = pytest.mark.django_db
AT = "/performance/reports/group/2025-12/1/"
LIST = "/performance/reports/"
ACT = "/performance/reports/act/"
EVIL = '<script>alert(1)</script> =1+1 #strong[x] " onmouseover="'


@pytest.fixture(scope="module")
def folder(handmade_data: tuple[Path, Made], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with values made by hand."""
    root = tmp_path_factory.mktemp("report-pages")
    copytree(handmade_data[0] / "hub", root / "hub")
    figures.made_values(root)
    return root


@pytest.fixture(autouse=True)
def there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That folder is the one in force."""
    monkeypatch.setenv("WHERRY_DATA", str(folder))
    figures.use(monkeypatch)


@pytest.fixture
def secretary(client_for: Callable[..., Client]) -> Client:
    """The board secretary, who has made the group's draft."""
    client = client_for(Role.BOARD_SECRETARY)
    made = client.post(ACT, {"act": "make", "scope": "group", "month": "2025-12"})
    assert made["Location"] == AT
    return client


def text_of(client: Client, address: str) -> str:
    """A page's text, in one line."""
    found = client.get(address)
    assert found.status_code == 200, address
    return " ".join(re.sub(r"<[^>]+>", " ", found.content.decode()).split())


def test_every_part_of_a_draft_can_be_read(secretary: Client) -> None:
    whole = secretary.get(AT).content.decode()
    parts = re.findall(r"\?part=([a-z_-]+)", whole)
    assert len(set(parts)) > 8
    for part in dict.fromkeys(parts):
        page = secretary.get(f"{AT}?part={part}")
        assert page.status_code == 200, part
        assert "style=" not in page.content.decode()
    assert "Will miss its target as things are." in text_of(secretary, f"{AT}?part=exceptions")
    assert "sends a file with numerator and denominator" in text_of(secretary, f"{AT}?part=without-data")


def test_a_draft_is_seen_by_those_who_work_on_it(secretary: Client, client_for: Callable[..., Client]) -> None:
    for role, status in (
        (Role.ANALYST, 200),
        (Role.EXECUTIVE, 200),
        (Role.CLINICIAN, 404),
        (Role.ADMINISTRATOR, 404),
    ):
        client = client_for(role)
        assert client.get(AT).status_code == status, role
        assert client.get(f"{AT}report.pdf").status_code == status, role
        assert ("Draft" in client.get(LIST).content.decode()) == (status == 200), role


def test_what_is_written_comes_out_as_text(secretary: Client, client_for: Callable[..., Client]) -> None:
    fields = dict.fromkeys(("what", "why", "so_what", "action", "by_whom"), EVIL)
    answer = secretary.post(f"{AT}write/made-four-hours/", {**fields, "by_when": "2026-04-30", "seen": "0"})
    assert answer.status_code == 302
    for page in (f"{AT}?part=exceptions", f"{AT}?part=urgent", f"{AT}write/made-four-hours/"):
        found = client_for(Role.EXECUTIVE).get(page).content.decode()
        assert "<script>alert" not in found
        assert 'onmouseover="' not in found.replace("&#34; onmouseover=&#34;", "").replace("&quot;", "")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in found
    said = Commentary.objects.get(measure="made-four-hours")
    assert said.what == EVIL.strip()


def test_somebody_who_was_overtaken_sees_both_texts(secretary: Client, client_for: Callable[..., Client]) -> None:
    address = f"{AT}write/summary/"
    assert secretary.post(address, {**SAID, "seen": "0"}).status_code == 302
    second = client_for(Role.ANALYST).post(address, {"what": "My own words", "seen": "0"})
    assert second.status_code == 409
    found = second.content.decode()
    assert "My own words" in found
    assert SAID["what"] in found
    assert "wrote version 1 after you began" in found
    again = client_for(Role.ANALYST).post(address, {"what": "My own words", "seen": "1"})
    assert again.status_code == 302
    assert client_for(Role.ANALYST).post(address, {"what": "x", "by_when": "never", "seen": "2"}).status_code == 422


def test_a_sent_edition_is_everybodys_and_its_files_are_what_was_sent(
    secretary: Client, client_for: Callable[..., Client], capsys: pytest.CaptureFixture[str]
) -> None:
    client_for(Role.ANALYST), client_for(Role.EXECUTIVE)
    analyst, executive = (access_of(User.objects.get(username__startswith=name)) for name in ("analyst", "executive"))
    draft = written_and_signed(Edition.objects.get(), analyst, executive)
    refused = secretary.post(
        ACT,
        {"act": "send", "scope": "group", "month": "2025-12", "version": "1", "touched": draft.touched},
        follow=True,
    )
    assert "Tick the box" in refused.content.decode()
    sent = secretary.post(
        ACT,
        {
            **{"act": "send", "scope": "group", "month": "2025-12", "version": "1"},
            **{"touched": draft.touched, "sure": "yes"},
        },
        follow=True,
    )
    assert "No e-mail goes out" in sent.content.decode()
    reader = client_for(Role.CARE_TEAM)
    page = reader.get(AT).content.decode()
    edition = Edition.objects.get()
    for file in edition.files.all():
        assert file.sha256 in page
        taken = reader.get(f"{AT}report.{file.kind}")
        assert taken.content == bytes(file.content)
        assert taken["Content-Disposition"].endswith(f'performance-report-group-2025-12-v1.{file.kind}"')
    assert reader.get(f"{AT}report.exe").status_code == 404
    assert "Correct this edition" not in page
    assert "What is wrong with it" in secretary.get(AT).content.decode()
    assert secretary.get(f"{AT}write/summary/").status_code == 200
    late = secretary.post(f"{AT}write/summary/", {"what": "Too late", "seen": "9"})
    assert late.status_code == 422
    assert "it stays as it is" in late.content.decode()
    assert main(["report", "list"]) == 0
    assert "2025-12  group      version 1  sent" in capsys.readouterr().out


def test_addresses_that_are_no_report_are_not_found(secretary: Client) -> None:
    for address in (
        "/performance/reports/group/2025-13/1/",
        "/performance/reports/group/2025-12/2/",
        "/performance/reports/nobody/2025-12/1/",
        "/performance/reports/group/x/1/",
        f"{AT}write/nothing/",
    ):
        assert secretary.get(address).status_code == 404, address


def test_acts_that_cannot_be_done_say_why(secretary: Client, client_for: Callable[..., Client]) -> None:
    for data, words in (
        ({"act": "make", "scope": "group", "month": "2025-12"}, "There is a draft for this month already"),
        ({"act": "make", "scope": "nobody", "month": "2025-12"}, "There is no scope"),
        ({"act": "make", "scope": "group", "month": "December"}, "Choose a month"),
        ({"act": "make", "scope": "group", "month": "2099-01"}, "January 2099 is not over"),
        ({"act": "dance"}, "Choose what to do"),
    ):
        assert words in secretary.post(ACT, data, follow=True).content.decode()
    address = {"scope": "group", "month": "2025-12", "version": "1"}
    assert client_for(Role.ANALYST).post(ACT, {"act": "send", "sure": "yes", **address}).status_code == 403
    assert client_for(Role.CLINICIAN).post(ACT, {"act": "make", **address}).status_code == 403
    done = secretary.post(ACT, {"act": "refresh", **address}, follow=True)
    assert "The draft has the newest figures" in done.content.decode()


def test_without_values_the_list_says_what_to_do(
    no_data: Path, client_for: Callable[..., Client], capsys: pytest.CaptureFixture[str]
) -> None:
    page = client_for(Role.BOARD_SECRETARY).get(LIST).content.decode()
    assert "No report has been sent yet" in page
    assert "wherry measures build" in page
    assert main(["report", "make", "--month", "2025-12", "--out", str(no_data / "out")]) == 1
    assert "No values of measures have been built yet" in capsys.readouterr().err


def test_the_command_writes_the_files_it_names(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["report", "make", "--month", "2025-12", "--scope", "RM1", "--out", str(tmp_path / "out")]
    assert main([*asked, "--format", "xlsx,json"]) == 0
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert made == ["performance-report-RM1-2025-12.json", "performance-report-RM1-2025-12.xlsx"]
    said = capsys.readouterr()
    assert said.out.split() == [str(tmp_path / "out" / name) for name in reversed(made)]
    assert "Norfolk and Norwich, December 2025: 4 of 5 measures have data" in said.err
    assert main([*asked, "--format", "docx"]) == 1
    assert main(["report", "make", "--month", "soon", "--out", str(tmp_path)]) == 1
    assert main(["report", "make", "--month", "2099-01", "--out", str(tmp_path)]) == 1
    assert "January 2099 is not over" in capsys.readouterr().err
    kept = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        write(path, content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main([*asked, "--format", "json"]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == kept, "older files are whole"


def test_a_wrong_hash_is_said_on_a_page(secretary: Client) -> None:
    Edition.objects.update(state="sent", sent_by_name="Sarah", report_sha256=files.sha256(b"other"))
    answer = secretary.get(f"{AT}report.json")
    assert answer.status_code == 409
    assert "SHA-256 differs" in answer.content.decode()
