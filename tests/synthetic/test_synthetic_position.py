"""The position: open clocks, waits, decisions to admit, completions and new periods follow the published month."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from synthetic_reader import Written

from wherry.reference import system, treatment_functions
from wherry.synthetic.inputs import Inputs, inputs_of
from wherry.synthetic.journeys import (
    ADMITTED,
    KINDS,
    NON_ADMITTED,
    NULLIFIED,
    OPEN,
    PLANNED,
    Journeys,
    day_number,
    make_journeys,
)
from wherry.synthetic.streams import Streams
from wherry.waiting.clocks import derive

CENSUS = date(2026, 1, 31)
TRUSTS = ("RM1", "RGP", "RCX")


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return inputs_of("norfolk-waveney")


@pytest.fixture(scope="module")
def full(inputs: Inputs) -> Journeys:
    """The journeys of the whole system: cheap, because they are only numbers."""
    return make_journeys(inputs, 1.0, Streams(1), day_number(CENSUS))


@pytest.fixture(scope="module")
def periods(written: Written) -> pa.Table:
    """Every clock under the clock contract, from the events of all three trusts as they were sent."""
    rows = sorted(written.rows("event"), key=lambda row: (row["source"] != "RM1", row["source"], row["line"]))
    return derive(
        pa.table(
            {
                "pathway_id": [f"{row['ppid_issuer']}:{row['ppid']}" for row in rows],
                "event_date": [row["event_on"] for row in rows],
                "event_type": [row["event_type"] for row in rows],
                "rtt_status": [row["rtt_status"] for row in rows],
                "provider": [row["source"] for row in rows],
                "treatment_function": [row["treatment_function"] for row in rows],
                "first_activity": [row["first_activity"] for row in rows],
                "dna_communicated": [row["dna_communicated"] for row in rows],
            },
            schema=pa.schema(
                [
                    ("pathway_id", pa.string()),
                    ("event_date", pa.date32()),
                    ("event_type", pa.string()),
                    ("rtt_status", pa.string()),
                    ("provider", pa.string()),
                    ("treatment_function", pa.string()),
                    ("first_activity", pa.bool_()),
                    ("dna_communicated", pa.bool_()),
                ]
            ),
        ),
        CENSUS,
    )


def week_bands(start: np.ndarray, end: np.ndarray | int) -> np.ndarray:
    return np.clip((np.asarray(end) - start + 6) // 7 - 1, 0, 104)


# --- the whole system, before it is written --------------------------------------------------------------------------


def test_full_scale_is_the_published_position_band_by_band(inputs: Inputs, full: Journeys) -> None:
    open_ = full.kind == OPEN
    totals = system.load("norfolk-waveney").published["rtt_incomplete"]
    for index, trust in enumerate(TRUSTS):
        mine = open_ & (full.trust == index)
        assert int(mine.sum()) == totals[trust]
        for group in range(len(inputs.groups)):
            rows = mine & (inputs.function_group[full.function] == group)
            band = week_bands(full.start[rows].astype(int), day_number(CENSUS))
            assert np.array_equal(np.bincount(band, minlength=105), inputs.incomplete[index, group])
            decided = band[full.decided[rows]]
            assert np.array_equal(np.bincount(decided, minlength=105), inputs.decided[index, group])


def test_full_scale_completions_of_january_follow_parts_1a_and_1b(inputs: Inputs, full: Journeys) -> None:
    january = (full.stop > day_number(date(2025, 12, 31))) & (full.stop <= day_number(CENSUS))
    for index in range(3):
        for kind, published in ((ADMITTED, inputs.admitted), (NON_ADMITTED, inputs.non_admitted)):
            made = int((january & (full.kind == kind) & (full.trust == index)).sum())
            assert made == pytest.approx(int(published[index].sum()), rel=0.01)


def test_full_scale_waits_of_completed_clocks_follow_the_published_bands(inputs: Inputs, full: Journeys) -> None:
    for kind, published in ((ADMITTED, inputs.admitted), (NON_ADMITTED, inputs.non_admitted)):
        for index in range(3):
            rows = (full.kind == kind) & (full.trust == index)
            made = np.bincount(week_bands(full.start[rows].astype(int), full.stop[rows].astype(int)), minlength=105)
            wanted = published[index].sum(axis=0)
            gap = np.abs(np.cumsum(made) / made.sum() - np.cumsum(wanted) / wanted.sum()).max()
            assert gap < 0.004


@pytest.mark.parametrize(("trust", "low", "high"), [("RM1", 0.95, 1.05), ("RGP", 0.95, 1.10), ("RCX", 0.70, 1.05)])
def test_new_periods_of_january_come_near_part_3(
    inputs: Inputs, full: Journeys, trust: str, low: float, high: float
) -> None:
    """RCX publishes far more new periods than its stops and open clocks can hold: those cannot all be made."""
    index = TRUSTS.index(trust)
    new = (full.trust == index) & (full.start > day_number(date(2025, 12, 31))) & (full.kind != PLANNED)
    assert low < int(new.sum()) / int(inputs.new_periods[index].sum()) < high


def test_reporting_groups_are_spread_over_real_active_functions(inputs: Inputs, full: Journeys) -> None:
    used = {inputs.functions[number] for number in np.unique(full.function)}
    assert {"302", "303", "104", "107", "420", "840"} <= used
    for code in used:
        function = treatment_functions.get(code)
        assert function is not None
        assert function.active(CENSUS)


@pytest.mark.parametrize("scale", [0.002, 0.013, 0.05, 0.37])
def test_any_scale_rounds_each_trust_once(inputs: Inputs, scale: float) -> None:
    made = make_journeys(inputs, scale, Streams(4), day_number(CENSUS))
    for index, published in enumerate((68_959, 33_378, 26_144)):
        rows = (made.kind == OPEN) & (made.trust == index)
        assert int(rows.sum()) == round(published * scale)
    assert {KINDS[kind] for kind in np.unique(made.kind)} == set(KINDS)
    assert ((made.stop == made.stop.min()) == np.isin(made.kind, (OPEN, PLANNED))).all()
    assert set(np.unique(made.status[made.kind == NULLIFIED])) == {33}


# --- as it was sent, under the clock contract -------------------------------------------------------------------------


def test_open_clocks_under_the_contract_are_the_published_ones(written: Written, periods: pa.Table) -> None:
    open_ = Counter(
        provider
        for provider, outcome in zip(periods["provider"].to_pylist(), periods["outcome"].to_pylist(), strict=True)
        if outcome == "open"
    )
    scale = written.manifest["scale"]
    for trust, published in zip(TRUSTS, (68_959, 33_378, 26_144), strict=True):
        assert written.manifest["open_clocks"][trust]["recorded_open"] == round(published * scale)
        assert open_[trust] == round(published * scale)


def test_the_shape_of_waits_is_the_published_one(written: Written, periods: pa.Table, inputs: Inputs) -> None:
    """Largest gap between the two distributions, trust by trust; unknown starts have no wait."""
    rows = periods.to_pylist()
    for index, trust in enumerate(TRUSTS):
        bands = [
            r["week_band"]
            for r in rows
            if r["outcome"] == "open" and r["provider"] == trust and r["week_band"] is not None
        ]
        made = np.bincount(bands, minlength=105)
        wanted = inputs.incomplete[index].sum(axis=0)
        assert np.abs(np.cumsum(made) / made.sum() - np.cumsum(wanted) / wanted.sum()).max() < 0.02
        late = made[18:].sum() / made.sum()
        assert late == pytest.approx(wanted[18:].sum() / wanted.sum(), abs=0.01)


def test_reporting_groups_of_open_clocks_are_the_published_ones(
    written: Written, periods: pa.Table, inputs: Inputs
) -> None:
    made: Counter[tuple[str, str]] = Counter()
    for row in periods.to_pylist():
        if row["outcome"] == "open":
            group = treatment_functions.reporting_group(row["treatment_function"])
            assert group is not None
            made[row["provider"], group] += 1
    for index, trust in enumerate(TRUSTS):
        for group, code in enumerate(inputs.groups):
            exact = inputs.incomplete[index, group].sum() * written.manifest["scale"]
            assert abs(made[trust, code] - exact) <= 1.0


def test_clean_pathways_have_exactly_their_true_clocks(written: Written, periods: pa.Table) -> None:
    spoilt = {key for kind in ("repeated_event",) for _, key in written.dirty(kind)}
    assert spoilt
    flawed = {row["pathway_key"] for row in written.truth("pathways").to_pylist() if row["flaw"]}
    columns = ("pathway_key", "period", "clock_start", "clock_stop", "stop_status", "outcome", "organisation")
    true = {
        tuple(row[column] for column in columns)
        for row in written.truth("clocks").to_pylist()
        if row["pathway_key"] not in flawed
    }
    derived = {
        (
            row["pathway_id"], row["period"], row["clock_start"], row["clock_stop"], row["stop_status"], row["outcome"],
            row["provider"],
        )
        for row in periods.to_pylist()
        if row["pathway_id"] not in flawed
    }  # fmt: skip
    assert derived == true


def test_flawed_clocks_do_what_their_flaw_says(written: Written, periods: pa.Table) -> None:
    derived: dict[str, list[dict[str, object]]] = {}
    for row in periods.to_pylist():
        derived.setdefault(row["pathway_id"], []).append(row)
    true = {row["pathway_key"]: row for row in written.truth("clocks").to_pylist()}
    seen: Counter[str] = Counter()
    for pathway in written.truth("pathways").to_pylist():
        flaw, key = pathway["flaw"], pathway["pathway_key"]
        if not flaw:
            continue
        seen[flaw] += 1
        last = derived[key][-1]
        if flaw != "restarted_on_transfer":
            assert last["outcome"] == "open"
        if flaw in {"treated_not_stopped", "stop_before_start", "referral_closed", "dead_but_open"}:
            assert true[key]["outcome"] == "stopped"
            assert not pathway["truly_open"]
        elif flaw == "unknown_start":
            assert last["clock_start"] is None
            assert true[key]["clock_start"] == pathway["referral_received_on"]
        elif flaw == "duplicate_pathway":
            assert key not in true
            assert last["clock_start"] == true[pathway["duplicate_of"]]["clock_start"]
        else:
            assert "two_starts" in str(last["issues"])
            assert last["clock_start"] == true[key]["clock_start"]
        if flaw == "stop_before_start":
            assert "stop_without_start" in str(derived[key][0]["issues"])
    assert set(seen) == {
        "treated_not_stopped", "stop_before_start", "unknown_start", "duplicate_pathway", "referral_closed",
        "dead_but_open", "restarted_on_transfer",
    }  # fmt: skip


def test_returns_from_monitoring_keep_their_place_on_the_list(periods: pa.Table) -> None:
    earlier = {(row["pathway_id"], row["period"]): row for row in periods.to_pylist()}
    back = [
        row
        for row in earlier.values()
        if row["period"] == 2 and earlier[row["pathway_id"], 1]["stop_status"] in ("31", "32")
    ]
    assert len(back) > 50
    for row in back:
        waited = earlier[row["pathway_id"], 1]["days_waited"]
        assert row["list_order_date"] == row["clock_start"] - timedelta(days=waited)


def test_every_status_and_event_type_occurs(written: Written) -> None:
    rows = written.rows("event")
    assert {row["rtt_status"] for row in rows} == {
        "10", "11", "12", "20", "21", "30", "31", "32", "33", "34", "35", "36", "90", "91", "92", "98", "99", None,
    }  # fmt: skip
    assert len({row["event_type"] for row in rows}) == 12


def test_waits_do_not_depend_on_deprivation_given_trust_and_function(written: Written) -> None:
    """Within trust and function, the mean wait of the most deprived fifth differs from the rest by chance alone."""
    decile = {row["person_id"]: row["imd_decile"] for row in written.truth("people").to_pylist()}
    start = {row["pathway_key"]: row["clock_start"] for row in written.truth("clocks").to_pylist()}
    cells: dict[tuple[str, str], list[tuple[int, bool]]] = {}
    for row in written.truth("pathways").to_pylist():
        if row["truly_open"]:
            wait = (CENSUS - start[row["pathway_key"]]).days
            cell = cells.setdefault((row["organisation"], row["treatment_function"]), [])
            cell.append((wait, decile[row["person_id"]] <= 2))
    difference = variance = 0.0
    for rows in cells.values():
        waits, poor = np.array([wait for wait, _ in rows], float), np.array([p for _, p in rows])
        if poor.sum() and (~poor).sum() and len(rows) > 5:
            spread = waits.var(ddof=1)
            difference += poor.sum() * (waits[poor].mean() - waits[~poor].mean())
            variance += poor.sum() ** 2 * spread * (1 / poor.sum() + 1 / (~poor).sum())
    assert abs(difference) < 3.5 * variance**0.5


def test_equal_events_are_only_those_that_were_repeated(written: Written, periods: pa.Table) -> None:
    columns = (
        "source",
        "ppid",
        "event_on",
        "event_type",
        "rtt_status",
        "treatment_function",
        "first_activity",
        "dna_communicated",
    )
    seen = Counter(tuple(row[column] for column in columns) for row in written.rows("event"))
    extra = sum(count - 1 for count in seen.values())
    assert extra == written.manifest["dirt"]["repeated_event"]
    marked = sum("duplicate_event" in (issues or "") for issues in periods["issues"].to_pylist())
    assert marked <= extra


def test_duplicate_referrals_are_only_those_that_are_logged(written: Written) -> None:
    columns = ("person_id", "organisation", "treatment_function", "referral_received_on")
    seen = Counter(tuple(row[column] for column in columns) for row in written.truth("pathways").to_pylist())
    assert sum(count - 1 for count in seen.values()) == written.manifest["dirt"]["duplicate_pathway"]
