"""Publishing: the same inputs change nothing, two builds at once are refused, and a build may die at any moment."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from extract_factory import event, one_trust, patient, write
from hub_link import build_small
from test_hub_build import adds_up

import wherry.hub
from wherry.errors import UserError
from wherry.hub.schema import TABLES
from wherry.hub.store import KEEP, Store, read_json

HERE = Path(__file__).parent


def tree(folder: Path) -> dict[str, bytes]:
    """Every file under a folder with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def whole(hub: Path) -> str:
    """Open the current snapshot, read every table, check its counts; returns its id."""
    snapshot = wherry.hub.open(hub)
    for name, rows in snapshot.manifest["rows"].items():
        assert snapshot.arrow(name).num_rows == rows
    adds_up(snapshot)
    return snapshot.id


def test_building_twice_changes_nothing(tmp_path: Path) -> None:
    extracts, hub = one_trust().write(tmp_path / "x"), tmp_path / "hub"
    first = build_small(extracts, hub)
    before = tree(hub)
    second = build_small(extracts, hub)
    assert (first.published, second.published) == (True, False)
    assert second.snapshot_id == first.snapshot_id
    assert second.rows == first.rows
    after = tree(hub)
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} <= {".lock"}


def test_a_decision_a_new_file_or_another_census_makes_a_new_snapshot(tmp_path: Path) -> None:
    extracts, hub = one_trust().write(tmp_path / "x"), tmp_path / "hub"
    ids = [build_small(extracts, hub).snapshot_id]
    (hub / "identity_decisions.csv").write_text("identity_key,other_identity_key,decision,decided_by,decided_at\n")
    ids.append(build_small(extracts, hub).snapshot_id)
    write(extracts, "RM1", "patient", [patient(1)], date(2026, 2, 1))
    ids.append(build_small(extracts, hub).snapshot_id)
    ids.append(build_small(extracts, hub, census=date(2026, 1, 30)).snapshot_id)
    assert ids == sorted(set(ids))
    assert wherry.hub.open(hub).census == date(2026, 1, 30)


def test_the_last_snapshots_are_kept_and_no_more(tmp_path: Path) -> None:
    extracts, hub = one_trust().write(tmp_path / "x"), tmp_path / "hub"
    ids = [f"20250101T00000{n}Z-000000000000" for n in range(KEEP)]
    for name in ids:
        Store(hub).snapshot_dir(name).mkdir(parents=True)
    ids += [build_small(extracts, hub, census=date(2026, 1, day)).snapshot_id for day in (1, 2)]
    assert sorted(path.name for path in (hub / "snapshots").iterdir()) == ids[-KEEP:]
    assert whole(hub) == ids[-1]


def test_pruning_never_deletes_the_current_snapshot(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for name in "abcdefgh":
        store.snapshot_dir(name).mkdir(parents=True)
    store.pointer.write_text("b\n")
    store.prune(3)
    assert sorted(path.name for path in store.snapshots.iterdir()) == ["b", "g", "h"]


def test_without_a_pointer_no_snapshot_is_deleted(tmp_path: Path) -> None:
    extracts, hub = one_trust().write(tmp_path / "x"), tmp_path / "hub"
    first = build_small(extracts, hub).snapshot_id
    (hub / "current").unlink()
    second = build_small(extracts, hub).snapshot_id
    assert {path.name for path in (hub / "snapshots").iterdir()} == {first, second}


def test_two_builds_at_once(tmp_path: Path) -> None:
    extracts, hub = one_trust().write(tmp_path / "x"), tmp_path / "hub"
    with Store(hub).lock(), pytest.raises(UserError, match=f"Another build is running .*process {os.getpid()}"):
        build_small(extracts, hub)
    assert build_small(extracts, hub).published


def test_a_hub_that_cannot_be_made(tmp_path: Path) -> None:
    extracts = one_trust().write(tmp_path / "x")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UserError, match="cannot be made"):
        build_small(extracts, tmp_path / "file" / "hub")


@pytest.mark.parametrize("limit", [3_000, 60_000])
def test_a_full_disk_leaves_the_last_snapshot(tmp_path: Path, limit: int) -> None:
    extracts, hub = one_trust().write(tmp_path / "x"), tmp_path / "hub"
    first = build_small(extracts, hub).snapshot_id
    # A file may not grow beyond the limit: of the first size nothing can be landed, of the second not all published.
    write(extracts, "RM1", "event", [event(number) for number in range(20_000)], date(2026, 2, 1))
    script = (
        f"import resource, sys; sys.path.insert(0, {str(HERE)!r})\n"
        "from pathlib import Path\nfrom hub_link import build_small\nfrom wherry.errors import UserError\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "try:\n"
        f"    build_small(Path({str(extracts)!r}), Path({str(hub)!r}))\n"
        "except UserError as error:\n    print(error)\n    sys.exit(3)\n"
    )
    # -B: byte code would be cut short at the limit too, for whoever reads it next.
    done = subprocess.run([sys.executable, "-B", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "no room left" in done.stdout
    assert "The last snapshot stands" in done.stdout
    assert whole(hub) == first
    assert list(hub.rglob(".tmp-*")) == []
    assert build_small(extracts, hub).published
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


# --- killed at any moment -------------------------------------------------------------------------------------------


@pytest.fixture
def kill() -> Iterator[Callable[[Path, Path, float, int], str]]:
    """Builds in another process, and kills it there."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "hub_killer.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout
        assert stdout.readline() == "ready\n"

        def ask(extracts: Path, hub: Path, seconds: float = 60, operation: int = 0) -> str:
            stdin.write(f"{extracts}\t{hub}\t{seconds}\t{operation}\n")
            stdin.flush()
            return stdout.readline().strip()

        yield ask
        stdin.close()
        process.wait()


def test_killed_at_any_moment(tmp_path: Path, kill: Callable[..., str]) -> None:
    dice = random.Random(2026)
    extracts, hub = one_trust().write(tmp_path / "x"), tmp_path / "hub"
    first = build_small(extracts, hub).snapshot_id
    day = 2
    published = [first]
    # A build changes the file system so many times until it points to what it made, once for each table among them;
    # each is a moment to die at.
    moments = sorted(dice.sample(range(1, 20 + len(TABLES)), 7)) + [None] * 3
    died = 0
    for moment in moments:
        write(extracts, "RM1", "event", [event(number) for number in range(1, day)], date(2026, 2, day))
        day += 1
        answer = (
            kill(extracts, hub, operation=moment) if moment else kill(extracts, hub, seconds=dice.uniform(0.05, 1.5))
        )
        assert answer in ("killed", "exit 0")
        died += answer == "killed"
        current = whole(hub)
        if current != published[-1]:
            published.append(current)
        assert published == sorted(published)
    assert died >= 6
    last = build_small(extracts, hub)
    assert whole(hub) == last.snapshot_id
    assert last.census == date(2026, 2, day - 1)
    assert list(hub.rglob(".tmp-*")) == []
    assert not (hub / "work").exists()
    assert len(list((hub / "snapshots").iterdir())) <= KEEP
    # What was landed before a death is landed once, whole.
    for path in (hub / "landing").iterdir():
        load = read_json(path / "load.json")
        assert pq.read_metadata(path / "rows.parquet").num_rows + load["bad_lines"] == load["rows_read"]


def test_killed_on_the_first_build(tmp_path: Path, kill: Callable[..., str]) -> None:
    extracts = one_trust().write(tmp_path / "x")
    # Among the last changes of a first build are the snapshot's name, the pointer and what follows it.
    named = 33 + len(TABLES)
    for operation in (20, named, named + 1, named + 4):
        hub = tmp_path / f"hub{operation}"
        assert kill(extracts, hub, operation=operation) in ("killed", "exit 0")
        if (hub / "current").exists():
            whole(hub)
        build_small(extracts, hub)
        whole(hub)
