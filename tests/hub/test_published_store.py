"""Vintages, and what may never be lost: the same file twice, refused files, a load killed at any moment."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from wherry.errors import UserError
from wherry.hub import published
from wherry.hub.published import files, store

HEAD = "Period,Org Code,Parent Org,Org name,A&E attendances Type 1,Attendances over 4hrs Type 1\n"


def ae(attendances: int, month: str = "APRIL-2024", providers: int = 3) -> str:
    rows = [f"MSitAE-{month},R{n:02d},NHS ENGLAND,TRUST {n},{attendances},{n}\n" for n in range(providers)]
    total = f"Total,Total,Total,Total,{attendances * providers},{sum(range(providers))}\n"
    return HEAD + "".join(rows) + total


def put(folder: Path, name: str, words: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(words.encode() if isinstance(words, str) else words)
    return path


def state(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_a_revision_adds_a_vintage_and_is_shown_by_default(tmp_path: Path) -> None:
    root = tmp_path / "published"
    revised = put(tmp_path, "April-2024-revised-130624-x.csv", ae(11))
    older = put(tmp_path, "April-2024-revised-110523-x.csv", ae(10))
    original = put(tmp_path, "April-2024.csv", ae(9))
    part = put(tmp_path, "April-2024-revised-010125-part.csv", ae(99, providers=1))
    outcomes = published.load([revised, older, original, part], root=root)
    assert [o.status for o in outcomes] == ["loaded"] * 4
    with published.open(root) as found:
        named = [v.file_name for v in found.vintages("ae", "2024-04")]
        assert named == [part.name, original.name, older.name, revised.name]
        assert found.ae("2024-04").attendances == 33
        assert found.ae("2024-04", vintage="2").attendances == 27
        assert found.ae("2024-04", vintage="first").attendances == 99
        chosen = found.vintages("ae", "2024-04")[2]
        assert (chosen.published_on, chosen.number, chosen.of, chosen.revised) == ("2023-05-11", 3, 4, True)
        assert found.ae("2024-04", vintage=chosen.vintage).attendances == 30
        with pytest.raises(UserError, match="No one vintage"):
            found.ae("2024-04", vintage="zzz")


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "published"
    path = put(tmp_path, "a.csv", ae(1))
    published.load([path], root=root)
    before = state(root)
    (again,) = published.load([path], root=root)
    assert again.status == "unchanged"
    assert state(root) == before


def _zip(words: bytes, name: str = "a.csv") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, words)
    return out.getvalue()


def _damaged(packed: bytes) -> bytes:
    where = len(packed) // 3
    return packed[:where] + bytes(b ^ 0xFF for b in packed[where : where + 8]) + packed[where + 8 :]


ROWS = ae(5, providers=200).encode()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.csv", b"", "empty"),
        ("cut.zip", _zip(ROWS)[:500], "not a whole zip"),
        ("damaged.zip", _damaged(_zip(ROWS)), "damaged"),
        ("none.zip", _zip(b"x", "a.txt"), "no CSV"),
        ("other.csv", b"a,b,c\n1,2,3\n", "not a publication"),
        ("half.csv", ROWS[:-40], "stops in the middle of line 201"),
        ("wide.csv", ROWS.decode().encode("utf-16"), "UTF-16"),
        ("binary.csv", bytes(range(256)) * 20, "binary"),
        ("odd.csv", ROWS.replace(b"TRUST 7", b"TRUST \x81\x8d"), "neither UTF-8"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "old Excel"),
        ("no.xlsx", b"this is no workbook", "not a whole zip"),
        ("later.csv", ae(1, "APRIL-2099").encode(), "future"),
        ("bare.csv", HEAD.encode(), "none of its 0 rows"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_nothing_is_lost(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    root = tmp_path / "published"
    published.load([put(tmp_path, "good.csv", ae(1))], root=root)
    before = state(root)
    refused, good = published.load([put(tmp_path, name, data), put(tmp_path, "good2.csv", ae(2))], root=root)
    assert refused.status == "refused"
    assert words in refused.words
    assert "Nothing was changed" in refused.words
    assert good.status == "loaded"
    after = state(root)
    assert {k: after[k] for k in before if k != "current"} == {k: v for k, v in before.items() if k != "current"}


def test_missing_files_and_folders_are_refused_in_words(tmp_path: Path) -> None:
    missing, folder = published.load([tmp_path / "no.csv", tmp_path], root=tmp_path / "published")
    assert "Cannot open" in missing.words
    assert "is a folder" in folder.words
    assert not (tmp_path / "published").exists()


def test_a_zip_that_unpacks_a_thousandfold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = put(tmp_path, "bomb.zip", _zip(b"0" * (20 << 20)))
    (outcome,) = published.load([bomb], root=tmp_path / "published")
    assert "unsafe" in outcome.words
    monkeypatch.setattr(files, "MAXIMUM_BYTES", 1_000)
    (outcome,) = published.load([put(tmp_path, "large.csv", ROWS)], root=tmp_path / "published")
    assert "the most that is read" in outcome.words


def test_windows_text_is_read_and_said_so(tmp_path: Path) -> None:
    words = ae(1).replace("TRUST 1", "ST MARY\u2019S").encode("cp1252")
    (outcome,) = published.load([put(tmp_path, "a.csv", words)], root=tmp_path / "published")
    assert outcome.load is not None
    assert outcome.load.findings == ["Not UTF-8 at line 3: read as Windows-1252."]
    with published.open(tmp_path / "published") as found:
        assert "ST MARY\u2019S" in {p.name for p in found.providers("ae")}


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    with published.open(tmp_path / "none") as found:
        assert found.periods("rtt") == []
        with pytest.raises(UserError, match="published load"):
            found.rtt_england()


def test_what_a_killed_load_left_is_swept_up(tmp_path: Path) -> None:
    root = tmp_path / "published"
    published.load([put(tmp_path, "a.csv", ae(1))], root=root)
    for left in ("data/ae/2024-04/.new-abc/x", "data/ae/2024-04/abcdef012345/rows.parquet", "loads/abcdef012345/q"):
        (root / left).parent.mkdir(parents=True)
        (root / left).write_text("half")
    (root / "indexes" / ".new-00000002.json").write_text("{")
    with published.open(root) as found:
        assert found.ae("2024-04").attendances == 3
    published.load([put(tmp_path, "b.csv", ae(2))], root=root)
    assert not [p for p in root.rglob("*") if p.name.startswith(".new-") or "abcdef012345" in str(p)]
    with published.open(root) as found:
        assert found.ae("2024-04").attendances == 6


def test_kill_at_any_moment_leaves_a_readable_store(tmp_path: Path) -> None:
    root = tmp_path / "published"
    months = ["January", "February", "March", "April", "May", "June", "July", "August"]
    paths = [put(tmp_path, f"{m}.csv", ae(n + 1, f"{m}-2024", 120)) for n, m in enumerate(months)]
    published.load(paths[:1], root=root)
    code = (
        f"import sys, pathlib; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from hub_killer import die_at\nfrom wherry.hub import published\nprint('ready', flush=True)\n"
        "die_at(int(sys.argv.pop()))\n"
        "published.load([pathlib.Path(p) for p in sys.argv[2:]], root=pathlib.Path(sys.argv[1]))\n"
    )
    pick = random.Random(5)
    killed = 0
    # First at changes of the disk, which cannot be missed on however slow a machine; then whenever it comes.
    for operation in (3, 7, 0, 0, 0, 0):
        command = [sys.executable, "-c", code, str(root), *map(str, paths), str(operation)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        if not operation:
            time.sleep(pick.uniform(0.0, 0.25))
            child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
        child.stdout.close()
        with published.open(root) as found:
            for period in found.periods("ae"):
                assert found.ae(period).attendances == 120 * int(period[-2:])
    assert killed >= 2
    published.load(paths, root=root)
    with published.open(root) as found:
        assert len(found.periods("ae")) == 8
    assert not list(root.rglob(".new-*"))
    known = {v.folder for v in store.index(root).vintages}
    assert {p.parent.relative_to(root).as_posix() for p in root.glob("data/*/*/*/*")} == known


def test_readers_that_hold_the_old_index_keep_reading(tmp_path: Path) -> None:
    root = tmp_path / "published"
    published.load([put(tmp_path, "a.csv", ae(1))], root=root)
    with published.open(root) as old:
        published.load([put(tmp_path, "b-revised.csv", ae(2))], root=root)
        assert old.ae("2024-04").attendances == 3
    assert os.path.islink(root / "current") is False
