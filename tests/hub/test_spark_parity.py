"""Spark and DuckDB make the same snapshot: every table, row for row, from one tiny artificial system."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wherry.cli import main
from wherry.hub.schema import TABLES

pytestmark = pytest.mark.spark

#: What a build may stamp by itself: when a file was taken in, and under which name the load is kept.
STAMPED = {"received_at", "load_id"}


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same extracts built by each engine. Skips where Spark cannot run."""
    pytest.importorskip("pyspark", reason="Spark is not installed: pip install 'wherry[spark]'")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17, and there is no `java` on the path")
    folder = tmp_path_factory.mktemp("parity")
    made = ["synthesise", "--system", "norfolk-waveney", "--scale", "0.001", "--seed", "3", "--out", str(folder)]
    assert main(made) == 0
    built = {}
    for engine in ("duckdb", "spark"):
        hub = folder / engine
        command = ["hub", "build", "--extracts", str(folder / "extracts"), "--hub", str(hub), "--engine", engine]
        assert main([*command, "--quiet"]) == 0
        built[engine] = hub / "snapshots" / (hub / "current").read_text(encoding="utf-8").strip()
    return built


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_is_the_same_on_both_engines(hubs: dict[str, Path], name: str) -> None:
    duck, spark = (_rows(hubs[engine] / f"{name}.parquet") for engine in ("duckdb", "spark"))
    assert spark.schema.equals(duck.schema)
    assert spark.num_rows == duck.num_rows
    for column in duck.column_names:
        assert spark.column(column).to_pylist() == duck.column(column).to_pylist(), f"{name}.{column}"


def test_the_tables_that_carry_the_list_are_not_empty(hubs: dict[str, Path]) -> None:
    for name in ("person", "pathway_event", "rtt_period", "waiting_list", "quality_finding", "link_review"):
        assert pq.read_metadata(hubs["spark"] / f"{name}.parquet").num_rows > 0, name


def test_both_snapshots_say_which_engine_made_them(hubs: dict[str, Path]) -> None:
    for engine, folder in hubs.items():
        assert f'"engine": "{engine}"' in (folder / "manifest.json").read_text(encoding="utf-8")


def _rows(path: Path) -> pa.Table:
    table = pq.read_table(path)
    return table.select([name for name in table.column_names if name not in STAMPED])
