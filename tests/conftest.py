"""What every test may use: a working folder of its own, the public data, and one tiny artificial system."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time, so that main does not turn red by chance; `make search` draws others.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("WHERRY_EXAMPLES", "steady"))

# Django reads its settings on import, so the working folder must be set before any test module is.
os.environ["WHERRY_DATA"] = tempfile.mkdtemp(prefix="wherry-tests-")
os.environ.setdefault("WHERRY_SYSTEMS", str(Path(__file__).resolve().parents[1] / "systems"))

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public data (`WHERRY_SHARED`, or `../shared/data` beside the repository); skips without it."""
    folder = Path(os.environ.get("WHERRY_SHARED", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no public data at {folder}: set WHERRY_SHARED to run this test")
    return folder


@dataclass(frozen=True)
class TinySystem:
    """An artificial system of about two thousand people, built through the front door."""

    extracts: Path
    truth: Path
    hub: Path


@pytest.fixture(scope="session")
def tiny_system(tmp_path_factory: pytest.TempPathFactory) -> TinySystem:
    """Synthesise and build once a session. Read only: a test that builds again copies the folder."""
    from wherry.cli import main

    folder = tmp_path_factory.mktemp("tiny")
    assert (
        main(["synthesise", "--system", "norfolk-waveney", "--scale", "0.002", "--seed", "7", "--out", str(folder)])
        == 0
    )
    hub = folder / "hub"
    assert main(["hub", "build", "--extracts", str(folder / "extracts"), "--hub", str(hub), "--quiet"]) == 0
    return TinySystem(folder / "extracts", folder / "truth", hub)
