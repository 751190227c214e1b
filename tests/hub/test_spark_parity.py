"""Spark and DuckDB make the same snapshot: every table, row for row, from one tiny artificial system.

Nine feeds of elective work come from one trust each (cancer from two), and lists and appointments not from all, so
that every feed is read on both engines without the same check of the same feed three times over. Each trust writes
dates and yes and no in its own way; those ways are all in the feeds that come from every trust. Linkage is tried apart,
where much is doubtful.
"""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hub_link import build_small
from linkage_people import NUMBERS, identities, identity
from test_waiting_quality import CASES
from waiting_tables import CENSUS, Made

from wherry.cli import main
from wherry.hub.backends import connect
from wherry.hub.derivation import DeriveContext
from wherry.hub.linkage import link, no_decisions
from wherry.hub.schema import TABLES
from wherry.hub.schema_elective import FEEDS
from wherry.hub.tables import HOMES
from wherry.hub.templates import read_templates
from wherry.paths import system_dir
from wherry.waiting import derivations
from wherry.waiting.derive import derive

pytestmark = pytest.mark.spark

#: What a build may stamp by itself: when a file was taken in, and under which name the load is kept.
STAMPED = {"received_at", "load_id"}


#: The feeds of elective work that each trust sends here.
SENT = {
    "RM1": {"session", "theatre_case", "cancer_pathway", "cancer_event"},
    "RGP": {"emergency_attendance", "follow_up", "cancer_pathway", "cancer_event"},
    "RCX": {"contact_detail", "observation", "diagnostic_request"},
}


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory, small_spark: object) -> dict[str, Path]:
    """The same extracts built by each engine. Skips where Spark cannot run."""
    folder = tmp_path_factory.mktemp("parity")
    made = ["synthesise", "--system", "norfolk-waveney", "--scale", "0.001", "--seed", "3", "--out", str(folder)]
    assert main(made) == 0
    elective = {feed.name for feed in FEEDS}
    elsewhere = {("RCX", "list_entry"), ("RCX", "appointment"), ("RGP", "appointment")}
    for template in read_templates(system_dir("norfolk-waveney") / "templates"):
        unsent = template.feed in elective and template.feed not in SENT[template.source]
        if unsent or (template.source, template.feed) in elsewhere:
            (left_out,) = (path for path in (folder / "extracts").rglob("*.*") if template.name.fullmatch(path.name))
            left_out.unlink()
    built = {}
    for engine in ("duckdb", "spark"):
        hub = folder / engine
        # Who is whom is tried apart, below, where much is doubtful.
        build_small(folder / "extracts", hub, engine=engine, derivations=derivations.ALL)
        built[engine] = hub / "snapshots" / (hub / "current").read_text(encoding="utf-8").strip()
    return built


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_is_the_same_on_both_engines(hubs: dict[str, Path], name: str) -> None:
    duck, spark = (_rows(hubs[engine] / f"{name}.parquet") for engine in ("duckdb", "spark"))
    assert [(field.name, field.type) for field in spark.schema] == [(field.name, field.type) for field in duck.schema]
    assert spark.num_rows == duck.num_rows
    for column in duck.column_names:
        assert spark.column(column).to_pylist() == duck.column(column).to_pylist(), f"{name}.{column}"


def test_the_tables_that_carry_the_list_are_not_empty(hubs: dict[str, Path]) -> None:
    for name in ("person", "pathway_event", "rtt_period", "waiting_list", "quality_finding", "quarantined_row"):
        assert pq.read_metadata(hubs["spark"] / f"{name}.parquet").num_rows > 0, name


def test_every_feed_of_elective_work_is_there_from_those_that_send_it(hubs: dict[str, Path]) -> None:
    for feed in FEEDS:
        table = pq.read_table(hubs["spark"] / f"{HOMES[feed.name]}.parquet")
        senders = {source for source, feeds in SENT.items() if feed.name in feeds}
        assert set(table["source"].to_pylist()) == senders, feed.name


@pytest.mark.usefixtures("hubs")
def test_people_are_linked_alike_where_much_is_doubtful() -> None:
    from pyspark.sql import SparkSession

    muddled = _muddle(400)
    duck = link(muddled, no_decisions())
    spark = link(muddled, no_decisions(), backend="spark", spark=SparkSession.getActiveSession())
    assert duck.stats["links_probabilistic"] > 20
    assert duck.reviews.num_rows > 100
    assert spark.assignments.equals(duck.assignments)
    assert spark.reviews.equals(duck.reviews)


def test_the_list_of_every_case_of_quality_is_the_same(small_spark: object, tmp_path: Path) -> None:
    made = Made()
    for at, (_, _, _, events, more, _) in enumerate(CASES):
        made.pathway(f"case-{at:03d}", *sorted(events, key=lambda text: text[:10]), **more)
    made.pathway("pair", identity={"nhs_number": None, "nhs_number_valid": False})
    system = SimpleNamespace(organisations=())
    spark = connect("spark", tmp_path)
    tables = {name: spark.give(table, name) for name, table in made.arrow().items()}
    found = derive(tables, DeriveContext(CENSUS, system, spark))
    expected = made.derive(system=system)
    assert {name: table.to_pylist() for name, table in found.items()} == {
        name: table.to_pylist() for name, table in expected.items()
    }


def _muddle(count: int) -> pa.Table:
    """Identities of few names, dates and addresses, some with a slip, an earlier name, or a number."""
    rng = random.Random(20260131)
    rows = []
    for n in range(count):
        forename = rng.choice(["Ann", "Anne", "Mary", "William", "Bill", "Elizabeth", "Beth", "Jhon", "John", "J"])
        changes = {
            "nhs_number": rng.choice([None, None, None, *NUMBERS[:40]]),
            "nhs_number_status": rng.choice(["01", "02"]),
            "surname": rng.choice(["Hall", "Hill", "Hill-Wood", "Wood", "Quantrill", "Quantril", "Mary", None]),
            "forename": forename,
            "birth_date": date(1950 + rng.randrange(3), rng.randrange(1, 13), rng.choice([3, 4, 13])),
            "sex": rng.choice(["1", "2"]),
            "postcode": rng.choice(["NR1 3QY", "NR1 3QZ", "NR2 1AA", None]),
            "address_line": f"{rng.randrange(1, 4)} Mill Lane",
        }
        rows.append(identity(f"RM1:{n:04d}", None, **changes))
    return identities(*rows)


def test_both_snapshots_say_which_engine_made_them(hubs: dict[str, Path]) -> None:
    for engine, folder in hubs.items():
        assert f'"engine": "{engine}"' in (folder / "manifest.json").read_text(encoding="utf-8")


def _rows(path: Path) -> pa.Table:
    table = pq.read_table(path)
    return table.select([name for name in table.column_names if name not in STAMPED])
