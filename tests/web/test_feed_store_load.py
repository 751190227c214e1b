"""`wherry flow load` and `wherry flow check`: files of either kind, and the same file again."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest
from feed_store_support import er7, event, everything

from wherry.cli import main
from wherry.web.feed.files import hl7_messages
from wherry.web.feed.models import Message, Stay, Visit

pytestmark = pytest.mark.django_db
DAY = [event("A04", 0, place=0), event("A01", 10, place=1), event("A08", 20, visit_key="RM1|V7"), event("A03", 90)]


def hl7_file(folder: Path, between: bytes = b"", name: str = "day.hl7") -> Path:
    path = folder / name
    path.write_bytes(b"FHS|^~\\&|PAS\rBHS|^~\\&|PAS\r" + between.join(er7(one) for one in DAY) + b"BTS|4\rFTS|1\r")
    return path


@pytest.mark.parametrize("between", [b"", b"\n", b"\r\n", b"BTS|1\rBHS|^~\\&|PAS\r"])
def test_a_file_of_messages_and_the_same_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], between: bytes
) -> None:
    path = hl7_file(tmp_path, between)
    assert main(["flow", "load", str(path), "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "4 messages kept, 0 repeated; of those kept, 1 wait for a person." in out
    assert "1  Nothing is known of this visit yet" in out
    assert [bytes(raw) for raw in Message.objects.order_by("pk").values_list("raw", flat=True)] == [
        er7(one).strip() for one in DAY
    ]
    before = everything()
    assert main(["flow", "load", str(path), "--quiet"]) == 0
    assert "0 messages kept, 4 repeated; of those kept, 0 wait" in capsys.readouterr().out
    assert everything() == before
    assert main(["flow", "check"]) == 0
    assert "4 messages, 1 visits made again.\nNothing differs." in capsys.readouterr().out


def test_segment_ends_of_a_text_editor(tmp_path: Path) -> None:
    path = tmp_path / "day.txt"
    path.write_bytes(b"".join(er7(one).replace(b"\r", b"\r\n") for one in DAY))
    assert len(hl7_messages(path.read_bytes())) == 4
    assert main(["flow", "load", str(path), "--quiet"]) == 0
    assert Visit.objects.get().standing == "left"


def encounter(end: str | None, version: str) -> dict[str, object]:
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "meta": {"versionId": version, "lastUpdated": f"2026-07-14T1{version}:00:00Z"},
        "status": "finished" if end else "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2026-07-14T08:00:00Z", **({"end": end} if end else {})},
        "location": [{"location": {"reference": "Location/b"}}],
    }


PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Aldous"}]}
BED = {"resourceType": "Location", "id": "b", "identifier": [{"value": "RM102|M1|A|3"}]}
STRANGER = {"resourceType": "Encounter", "id": "e2", "status": "finished", "class": {"code": "AMB"}}


def test_fhir_in_a_bundle_and_in_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": one} for one in (encounter(None, "1"), PATIENT, BED, STRANGER)],
    }
    (tmp_path / "first.json").write_bytes(orjson.dumps(bundle))
    load = ["flow", "load", "--quiet", "--organisation", "RM1"]
    assert main([*load, str(tmp_path / "first.json")]) == 0
    out = capsys.readouterr().out
    assert "1 messages kept" in out
    assert "1 Encounters of classes that are not followed were left out: 1 AMB." in out
    assert Visit.objects.get().bed_key == "RM102|M1|A|3"
    later = [encounter("2026-07-14T12:00:00Z", "2"), encounter(None, "1"), PATIENT, BED]
    lines = b"\n".join(orjson.dumps(one) for one in later)
    (tmp_path / "later.ndjson.gz").write_bytes(gzip.compress(lines + b"\n{broken\n"))
    assert main([*load, str(tmp_path / "later.ndjson.gz")]) == 0
    out = capsys.readouterr().out
    assert "2 messages kept, 1 repeated; of those kept, 1 wait for a person." in out
    assert "This is no JSON" in out
    assert (Visit.objects.get().standing, Stay.objects.get().to_at is None) == ("left", False)


def test_what_is_no_file_and_what_has_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "load", str(tmp_path / "none.hl7")]) == 1
    assert "There is no file" in capsys.readouterr().err
    (tmp_path / "poem.txt").write_text("Shall I compare thee\nto a summer's day?")
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(b'{"resourceType": "Bundle"}')[:-6])
    good = hl7_file(tmp_path)
    files = [str(tmp_path / "poem.txt"), str(tmp_path / "cut.json.gz"), str(good)]
    assert main(["flow", "load", *files, "--quiet"]) == 1
    out, err = capsys.readouterr()
    assert "4 messages kept" in out
    assert "poem.txt has neither HL7 v2 messages (MSH|...) nor FHIR (JSON). Nothing of it was kept." in err
    assert "cut.json.gz cannot be read to its end" in err


def test_a_check_says_what_differs_and_mends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["flow", "load", str(hl7_file(tmp_path)), "--quiet"])
    Visit.objects.update(standing="in_bed")
    capsys.readouterr()
    assert main(["flow", "check"]) == 1
    assert "1  visits differed\nNothing was written: use --mend." in capsys.readouterr().out
    assert main(["flow", "check", "--mend"]) == 0
    assert Visit.objects.get().standing == "left"
