"""`wherry run` gives an artificial hub its year of activity once, and leaves every other hub alone."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from activity_files import spell, write

import wherry.hub
from wherry.cli import run
from wherry.errors import UserError
from wherry.hub import activity


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(wherry.hub, "open", lambda: SimpleNamespace(artificial=True))
    write(tmp_path / "made" / "activity", "admitted", [spell()])
    (tmp_path / "made" / "activity" / "manifest.json").write_text(json.dumps({"artificial": True}), encoding="utf-8")
    return tmp_path / "made"


ARGS = argparse.Namespace(system="norfolk-waveney", seed=1)


def test_an_artificial_hub_gets_a_year_once(folder: Path) -> None:
    run._load_activity(ARGS, folder)
    loaded = activity.open()
    assert loaded.artificial
    assert loaded.manifest["counts"] == {"RM1": {"emergency": 1}}
    run._load_activity(ARGS, folder)
    assert activity.open().id == loaded.id


def test_a_real_hub_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wherry.hub, "open", lambda: SimpleNamespace(artificial=False))
    run._load_activity(ARGS, folder)
    assert activity.current_id() is None


def test_files_that_will_not_do_are_told(folder: Path) -> None:
    write(folder / "activity", "admitted", [spell(age=500)])
    with pytest.raises(UserError, match="could not be loaded"):
        run._load_activity(ARGS, folder)
    assert activity.current_id() is None
