"""One artificial system a session, read back by its templates."""

from __future__ import annotations

import json

import pytest
from elective_world import ElectiveWorld, make
from synthetic_reader import Written, read_all

from wherry.paths import system_dir
from wherry.synthetic.generate import synthesise

SCALE = 0.02


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("synthetic") / "made"
    made = synthesise("norfolk-waveney", scale=SCALE, seed=11, out=folder, quiet=True)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == made.manifest
    return Written(folder, manifest, read_all(folder / "extracts", system_dir("norfolk-waveney") / "templates"))


@pytest.fixture(scope="session")
def artificial() -> ElectiveWorld:
    return make()
