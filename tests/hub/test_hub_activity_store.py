"""A load is published whole or not at all, and the commands say what is in force."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from activity_files import attendance, spell, write

from wherry.cli import main
from wherry.errors import UserError
from wherry.hub import activity
from wherry.hub.store import Store


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it, so nothing is tidied."""


def load(folder: Path) -> activity.Activity:
    return activity.load(folder / "in", system="norfolk-waveney", hub=folder / "hub")


def test_killed_at_any_moment_the_old_load_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "in", "admitted", [spell()])
    in_force = load(tmp_path).id
    survived = 0
    for last in range(1, 60):
        write(tmp_path / "in", "admitted", [spell(count=last + 1)])
        left = last

        def dying(real: Any) -> Any:
            def call(*args: Any, **options: Any) -> Any:
                nonlocal left
                left -= 1
                if left == 0:
                    raise Killed
                return real(*args, **options)

            return call

        with monkeypatch.context() as patched:
            for name in ("fsync", "rename", "replace"):
                patched.setattr(os, name, dying(getattr(os, name)))
            try:
                load(tmp_path)
                done = True
            except Killed:
                done = False
        found = activity.open(tmp_path / "hub")
        if found.id == in_force:
            assert not done
            survived += 1
        else:
            assert sum(found.cells()["count"].to_pylist()) == last + 1
        in_force = found.id
        assert sum(found.manifest["counts"]["RM1"].values()) == sum(found.cells()["count"].to_pylist())
        if done:
            break
    else:
        pytest.fail("the load never came to its end")
    assert survived >= 5
    store = Store(tmp_path / "hub" / "activity")
    assert not list(store.snapshots.glob(".tmp-*"))


def test_a_second_load_at_once_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "in", "admitted", [spell()])
    with (
        Store(tmp_path / "hub" / "activity").lock(),
        pytest.raises(UserError, match="Another build is running"),
    ):
        load(tmp_path)


def test_the_same_files_are_the_same_activity_and_few_loads_are_kept(tmp_path: Path) -> None:
    write(tmp_path / "in", "admitted", [spell()])
    loads = [load(tmp_path) for _ in range(7)]
    assert len({one.id for one in loads}) == 7
    assert len({one.manifest["sha256"] for one in loads}) == 1
    assert loads[-1].id == activity.current_id(tmp_path / "hub")
    assert len(list((tmp_path / "hub" / "activity" / "snapshots").iterdir())) == 5


def test_damage_is_told_in_words(tmp_path: Path) -> None:
    write(tmp_path / "in", "admitted", [spell()])
    (tmp_path / "in" / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match=r"manifest\.json cannot be read as JSON"):
        load(tmp_path)
    (tmp_path / "in" / "manifest.json").write_text(json.dumps({"artificial": True}), encoding="utf-8")
    found = load(tmp_path)
    assert found.artificial
    (found.folder / "cells.parquet").write_bytes(b"")
    with pytest.raises(UserError, match="Load the activity again"):
        found.cells()
    (found.folder / "manifest.json").unlink()
    with pytest.raises(UserError, match="Load it again"):
        activity.open(tmp_path / "hub")


def test_the_commands_load_and_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "in", "admitted", [spell(count=1200), spell(age=200)])
    write(tmp_path / "in", "attendance", [attendance(organisation="RCX", site="RCX70", count=40)])
    hub = ["--hub", str(tmp_path / "hub")]
    assert main(["hub", "activity", "show", *hub]) == 1
    assert "wherry hub activity load FOLDER" in capsys.readouterr().err
    assert main(["hub", "activity", "load", str(tmp_path / "in"), *hub]) == 0
    said = capsys.readouterr().out
    assert "2 rows of 3 in 2 files became 2 cells; 1 rows in quarantine" in said
    assert "RM1/admitted.csv line 3: age 200 is not between 0 and 120" in said
    assert main(["hub", "activity", "show", "--quarantine", "1", *hub]) == 0
    said = capsys.readouterr().out
    assert activity.current_id(tmp_path / "hub") in said
    assert activity.open(tmp_path / "hub").manifest["loaded_at"] in said
    emergencies = next(line for line in said.splitlines() if line.startswith("emergency admissions"))
    assert emergencies.split()[-3:] == ["0", "1,200", "1,200"]
    assert "Nights in bed: 6,000." in said
    assert "RM1/admitted.csv line 3" in said
