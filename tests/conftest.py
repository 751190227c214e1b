"""What every test may use: a working folder of its own, the public data, and one tiny artificial system."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The same examples every time, and however slow the machine, so that main does not turn red by chance; `make search`
# draws others.
settings.register_profile(
    "steady", derandomize=True, deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("WHERRY_EXAMPLES", "steady"))

# Django reads its settings on import, so the working folder must be set before any test module is.
os.environ["WHERRY_DATA"] = tempfile.mkdtemp(prefix="wherry-tests-")
os.environ.setdefault("WHERRY_SYSTEMS", str(Path(__file__).resolve().parents[1] / "systems"))

REPOSITORY = Path(__file__).resolve().parents[1]

#: Files that take longest, longest first: they begin first, so that no worker is left with one of them at the end.
LONGEST = (
    *("test_postgres.py", "system/test_platform_walk.py", "hub/test_spark_parity.py", "hub/test_hub_publish.py"),
    *("web/test_matrix.py", "system/test_well_walk.py", "system/test_waiting_manager.py"),
    *("system/test_platform_access.py", "system/test_offer_walk.py", "waiting/test_waiting_list.py"),
    *("hub/test_hub_build.py", "system/test_planning_walk.py", "hub/test_hub_elective.py"),
    *("waiting/test_waiting_clocks.py", "hub/test_linkage_properties.py", "system/test_cancer_walk.py"),
)


def pytest_unconfigure() -> None:
    """Leave nothing behind on the machine."""
    shutil.rmtree(os.environ["WHERRY_DATA"], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; everything else, and the order within a file, as it was."""
    rank = {REPOSITORY / "tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public data (`WHERRY_SHARED`, or `../shared/data` beside the repository); skips without it."""
    folder = Path(os.environ.get("WHERRY_SHARED", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no public data at {folder}: set WHERRY_SHARED to run this test")
    return folder


@pytest.fixture(scope="session")
def made_once(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Callable[[str, Callable[[Path], object]], Path]:
    """`made_once(name, make)`: a folder that `make(folder)` fills once a run, for whichever worker asks first.

    The others wait for it. Read only, since every worker has the same.
    """
    base = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):  # a worker of pytest-xdist has a folder in the run's own
        base = base.parent

    def once(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = base / f"once-{name}", base / f"once-{name}.done"
        with (base / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return once


@dataclass(frozen=True)
class TinySystem:
    """An artificial system of about two thousand people, built through the front door."""

    extracts: Path
    truth: Path
    hub: Path


@pytest.fixture(scope="session")
def tiny_system(made_once: Callable[[str, Callable[[Path], object]], Path]) -> TinySystem:
    """Synthesise and build once a run. Read only: a test that builds again copies the folder."""
    from wherry.cli import main

    def make(folder: Path) -> None:
        made = ["synthesise", "--system", "norfolk-waveney", "--scale", "0.002", "--seed", "7", "--out", str(folder)]
        assert main(made) == 0
        built = ["hub", "build", "--extracts", str(folder / "extracts"), "--hub", str(folder / "hub"), "--quiet"]
        assert main(built) == 0

    folder = made_once("tiny", make)
    return TinySystem(folder / "extracts", folder / "truth", folder / "hub")


@pytest.fixture(scope="session")
def small_spark() -> Any:
    """A Spark session for a few rows: it plans in full, but compiles neither its plans nor much of itself.

    At this size compiling takes longer than running. Skips where Spark cannot run.
    """
    sql = pytest.importorskip("pyspark.sql", reason="Spark is not installed: pip install 'wherry[spark]'")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17, and there is no `java` on the path")
    plain = {
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    builder = sql.SparkSession.builder.master("local[2]")
    for name, value in plain.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session
