"""Peers over the real publications of a year of A&E, January 2026 RTT and April 2025 cancer: every trust in England."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from wherry.hub import published
from wherry.performance.measures import build
from wherry.performance.measures.values import Scope
from wherry.performance.peers import ALL, REGION, Adjust, Room, medians, open_room, show
from wherry.reference import system as systems

pytestmark = pytest.mark.real
OURS = ("RM1", "RGP", "RCX")
#: Small general hospitals of towns, and large hospitals of cities, as anybody who knows them would sort them.
SMALL, LARGE = {"RGR", "RLQ", "RFF", "RBT", "RJC", "RFR"}, {"RR8", "RTD", "RRK", "R0A", "R1H", "RAJ", "RRV"}


def open_pathways(shared_data: Path, folder: Path) -> Path:
    """The extract's rows of open pathways alone (Part 2), which are all that peers need and load twice as fast."""
    with zipfile.ZipFile(shared_data / "nhse_rtt" / "Full-CSV-data-file-Jan26.zip") as whole:
        lines = whole.read(whole.namelist()[0]).splitlines(keepends=True)
    path = folder / "open-pathways.csv"
    path.write_bytes(
        b"".join(line for n, line in enumerate(lines) if n == 0 or b"Part_2," in line or b'"Part_2"' in line)
    )
    return path


@pytest.fixture(scope="module")
def room(shared_data: Path, made_once: Callable[[str, Callable[[Path], object]], Path]) -> Iterator[Room]:
    system = systems.load("norfolk-waveney")

    def make(folder: Path) -> None:
        paths = sorted((shared_data / "nhse_ae" / "monthly").glob("Monthly-AE-*.csv"))
        paths += [open_pathways(shared_data, folder), *(shared_data / "nhse_cwt").glob("*.xlsx")]
        outcomes = published.load(paths, root=folder / "hub" / "published")
        assert {outcome.status for outcome in outcomes} == {"loaded"}
        build.build(system, folder / "hub")

    found = open_room(system, made_once("peers", make) / "hub")
    yield found
    found.opened.close()


def test_every_trust_with_a_department_is_there_and_who_is_left_out_says_why(room: Room) -> None:
    people = room.population
    assert len(people.trusts) == 121
    assert people.vintages["ae"] == "A&E, 2024-04 to 2025-03"
    assert people.features == tuple(feature.code for feature in room.settings.features)
    assert {t.code for t in people.trusts if "children" in t.why_not} == {"RBS", "RCU", "RQ3"}
    # Sheffield's list is not in the publication of January 2026.
    assert {t.code for t in people.trusts if t.why_not} == {"RBS", "RCU", "RQ3", "RHQ"}
    # North Middlesex joined the Royal Free on 1 January 2025: nine months of its attendances are counted there.
    assert "RAP" not in people.place
    assert "RAP" in people.trusts[people.at("RAL")].absorbed
    assert people.stopped == ()
    told = json.dumps(show.group_json(room.group("RHQ", ALL), room.settings), allow_nan=False)
    assert '"own": null' in told


def test_our_peers_are_plausible_and_always_the_same(room: Room) -> None:
    groups = {code: room.group(code).codes for code in OURS}
    assert all(len(codes) == 10 for codes in groups.values())
    assert {"RGR", "RLQ", "RJC"} <= set(groups["RGP"]) & set(groups["RCX"])
    assert "RCX" in groups["RGP"]
    assert "RGP" in groups["RCX"]
    assert not LARGE & (set(groups["RGP"]) | set(groups["RCX"]))
    assert not SMALL & set(groups["RM1"])
    again = Room(room.opened, room.values, room.measures, room.settings)
    assert {code: again.group(code).codes for code in OURS} == groups
    east = room.group("RM1", REGION)
    assert {peer.trust.region for peer in east.peers} == {"East of England"}
    assert len(room.group("RM1", ALL).peers) == 116


def test_every_measure_has_a_benchmark_for_our_trusts_and_every_rank_lies_in_its_range(room: Room) -> None:
    for code in OURS:
        for measure, row in room.table(room.group(code)):
            assert row.median is not None, measure.code
            assert row.lower_quartile is not None
            assert row.upper_quartile is not None
            assert row.lower_quartile <= row.median <= row.upper_quartile
            for rank in (row.rank, row.rank_of_all):
                assert rank is not None
                assert rank.low is not None, measure.code
                assert rank.high is not None
                assert 1 <= rank.low <= rank.place <= rank.high <= rank.of


def test_figures_are_those_of_the_publication(room: Room) -> None:
    position = room.opened.rtt_position("2026-01", ["RM1"])
    row = room.compare(room.group("RM1"), "rtt-18-weeks-published")
    assert row.own is not None
    assert row.own.value == pytest.approx(position.percent_within_18)
    assert row.own.denominator == 68_959
    median = room.compare(room.group("RM1"), medians.CODE)
    assert median.own is not None
    assert median.own.value == pytest.approx(7 * (position.median.weeks or 0))
    four = room.compare(room.group("RGP"), "four-hour-published")
    assert four.own is not None
    assert four.own.value == pytest.approx(room.opened.ae("2025-03", ["RGP"]).percent_within_4_hours)


def test_the_group_is_sums_over_sums(room: Room) -> None:
    assert room.values is not None
    made = room.panel("four-hour-published")
    columns = made.pick(OURS)
    whole = 100 * made.numerators[-1, columns].sum() / made.denominators[-1, columns].sum()
    assert whole == pytest.approx(room.opened.ae("2025-03", OURS).percent_within_4_hours)
    series = room.values.series(made.measure, Scope("group", "Group", OURS))
    assert series.values[-1] == pytest.approx(whole)
    assert whole != pytest.approx(made.values[-1, columns].mean(), abs=0.5)


def test_trusts_differ_by_far_more_than_chance(room: Room) -> None:
    of = room.group("RGP")
    chance, widened = (room.funnel("four-hour-published", of, one) for one in (Adjust.NONE, Adjust.ADD))
    assert chance is not None
    assert widened is not None
    assert chance.funnel.phi > 50

    def outside(view: object) -> int:
        low, high = view.limits[0.998]  # type: ignore[attr-defined]
        shares = np.array(view.shares)  # type: ignore[attr-defined]
        return int(((shares < np.array(low)) | (shares > np.array(high))).sum())

    assert outside(chance) > 60
    assert outside(widened) < 10


def test_no_series_has_a_break_where_trusts_joined(room: Room) -> None:
    made = room.panel("four-hour-published")
    assert "RAP" in made.joined
    column = made.column("RAL")
    assert column is not None
    volumes = made.denominators[:, column]
    assert volumes.max() < 1.5 * volumes.min()
