"""Load figures: what would be taken is shown first, refused rows say why, and a load can be withdrawn."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from snapshot_factory import Made

from wherry.performance.measures import loaded
from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.measures import load_services
from wherry.web.measures.models import Upload

HEADING = "measure,organisation,period,numerator,denominator\n"
GOOD = HEADING + "caesareans,RM1,2025-11,1234567,3456789\ncaesareans,RGP,2025-11,60,190\n"
MIXED = GOOD + "caesareans,NOBODY,2025-11,1,2\nno-such-measure,RM1,2025-11,1,2\n"


@pytest.fixture
def analyst(
    handmade_data: tuple[Path, Made],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    client_for: Callable[..., Client],
) -> Client:
    copytree(handmade_data[1].hub, tmp_path / "hub")
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    return client_for(Role.ANALYST)


def post(client: Client, act: str, status: int, **said: object) -> str:
    response = client.post(reverse("measures:load"), {"act": act, **said})
    assert response.status_code == status
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def sent(client: Client, text: str, name: str = "figures.csv", status: int = 200) -> str:
    return post(client, "send", status, file=SimpleUploadedFile(name, text.encode()))


def test_a_file_is_looked_at_then_taken_then_withdrawn(analyst: Client, client_for: Callable[..., Client]) -> None:
    got = sent(analyst, MIXED)
    assert "2 figures would be taken: 2 new, 0 changed, 0 the same as before. 2 rows refused." in got
    assert "NOBODY" in got
    assert "1,234,567" in got
    assert "no-such-measure" in got
    assert not loaded.current().loads
    again = analyst.get(reverse("measures:load")).content.decode()
    assert "what would be taken" in again
    upload = Upload.objects.get()
    other = client_for(Role.ANALYST, ("RM1",))
    assert "That file is not kept here" in post(other, "take", 422, number=upload.pk)
    post(analyst, "take", 302, number=upload.pk)
    assert [one.rows_published for one in loaded.current().loads] == [2]
    upload.refresh_from_db()
    assert (upload.load, bytes(upload.data)) == (1, b"")
    assert "was taken already, as load 1" in post(analyst, "take", 422, number=upload.pk)
    post(analyst, "withdraw", 302, number=1)
    assert not loaded.current().loads[0].counts
    assert "was withdrawn on" in post(analyst, "withdraw", 422, number=1)
    post(analyst, "restore", 302, number=1)
    assert loaded.current().loads[0].counts
    actions = list(AuditEvent.objects.filter(subject_kind="load of figures").values_list("action", flat=True))
    assert sorted(actions) == ["measure.figures_loaded", "measure.load_put_back", "measure.load_withdrawn"]


def test_what_cannot_be_taken_is_said_and_nothing_is_kept(analyst: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Choose a file first" in post(analyst, "send", 422)
    assert "neither CSV nor Excel" in sent(analyst, GOOD, "figures.pdf", 422)
    assert "figures.xlsx" in sent(analyst, "no workbook", "figures.xlsx", 422)
    assert "That could not be done" in sent(analyst, "a,b\n1,2\n", status=422)
    assert "does not know what to do" in post(analyst, "explode", 422)
    assert "not kept here any more" in post(analyst, "take", 422, number=77)
    assert "There is no load 9" in post(analyst, "withdraw", 422, number=9)
    monkeypatch.setattr(load_services, "BYTES_AT_MOST", 10)
    assert "is larger than" in sent(analyst, GOOD, status=422)
    assert not Upload.objects.exists()
    assert not loaded.current().loads


def test_a_file_given_up_is_forgotten_and_a_new_one_takes_its_place(analyst: Client) -> None:
    sent(analyst, GOOD)
    sent(analyst, MIXED, "other.csv")
    assert Upload.objects.get().file_name == "other.csv"
    post(analyst, "give-up", 302, number=Upload.objects.get().pk)
    assert not Upload.objects.exists()
    assert "Send one; you see what would be taken" in analyst.get(reverse("measures:load")).content.decode()


def test_the_same_file_twice_is_refused_and_the_first_stays(analyst: Client) -> None:
    sent(analyst, GOOD)
    post(analyst, "take", 302, number=Upload.objects.get().pk)
    assert "0 new, 0 changed, 2 the same" in sent(analyst, GOOD)
    said = post(analyst, "take", 422, number=Upload.objects.get(taken_at=None).pk)
    assert "is the file that was loaded last" in said
    assert len(loaded.current().loads) == 1
    assert Upload.objects.filter(taken_at=None).count() == 1


def test_an_empty_file_to_fill_can_be_loaded_when_filled(analyst: Client) -> None:
    response = analyst.get(reverse("measures:load") + "?template=caesareans")
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[1:] == [f"caesareans,{code},,,,,," for code in ("RM1", "RGP", "RCX")]
    filled = "\n".join([lines[0], *(line.replace(",,,,,,", ",2025-11,9,90,,,") for line in lines[1:])])
    assert "3 figures would be taken" in sent(analyst, filled)
