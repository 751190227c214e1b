"""The people and what registers make of them: numbers, places, demand, and every kind of dirt at its stated rate."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from statistics import fmean

import numpy as np
import pytest
from synthetic_reader import Written

from wherry.reference import nhs_number
from wherry.synthetic import bookings, events
from wherry.synthetic.demand import profile
from wherry.synthetic.feeds import INACTIVE_FUNCTION
from wherry.synthetic.inputs import inputs_of
from wherry.synthetic.journeys import day_number
from wherry.synthetic.people import make_people
from wherry.synthetic.settings import assumptions, dirt_table, rate
from wherry.synthetic.streams import Streams

CENSUS = date(2026, 1, 31)
TRUSTS = ("RM1", "RGP", "RCX")


def within(found: int, of: int, share: float) -> bool:
    """Whether a count lies within five standard deviations (and two rows) of its share."""
    return abs(found - of * share) <= 5.0 * (of * share * (1.0 - share)) ** 0.5 + 2.0


@pytest.fixture(scope="module")
def identity(written: Written) -> dict[tuple[str, str], int]:
    """(source, local number) to the true person."""
    return {
        (row["source"], row["local_patient_id"]): row["person_id"] for row in written.truth("identities").to_pylist()
    }


@pytest.fixture(scope="module")
def people(written: Written) -> dict[int, dict[str, object]]:
    return {row["person_id"]: row for row in written.truth("people").to_pylist()}


# --- people ----------------------------------------------------------------------------------------------------------


def test_people_are_as_many_as_the_scale_says_and_only_patients_have_numbers(
    written: Written, people: dict[int, dict[str, object]], identity: dict[tuple[str, str], int]
) -> None:
    assert len(people) == 1_100_000 * written.manifest["scale"]
    patients = set(identity.values())
    assert {person for person, row in people.items() if row["nhs_number"]} == patients
    assert 0.34 < len(patients) / len(people) < 0.44


def test_true_numbers_are_synthetic_and_one_a_person(people: dict[int, dict[str, object]]) -> None:
    numbers = [str(row["nhs_number"]) for row in people.values() if row["nhs_number"]]
    assert len(set(numbers)) == len(numbers)
    assert all(nhs_number.is_synthetic(number) for number in numbers)


def test_every_number_that_is_sent_begins_with_999(written: Written) -> None:
    sent = [row["nhs_number"] for row in written.rows("patient") if row["nhs_number"]]
    assert all(len(number) == 10 and number.startswith("999") for number in sent)


def test_opted_out_people_are_patients_by_true_number(written: Written, people: dict[int, dict[str, object]]) -> None:
    out = [row["nhs_number"] for row in written.rows("opt_out")]
    true = {row["nhs_number"] for row in people.values()}
    assert set(out) <= true
    assert len(set(out)) == len(out) == round(0.05 * written.manifest["patients"])


def test_places_and_ages_are_those_of_the_system() -> None:
    inputs = inputs_of("norfolk-waveney")
    made = make_people(inputs, 0.2, Streams(5), day_number(CENSUS))
    share = np.bincount(made.place, minlength=len(inputs.lsoa)) / len(made)
    wanted = inputs.population.sum(axis=1) / inputs.population.sum()
    assert np.abs(share - wanted).max() < 12 / len(made)
    for place, (low, high) in enumerate(inputs.age_bands[:-1]):
        band = (made.age >= low) & (made.age <= high)
        assert band.mean() == pytest.approx(inputs.population[:, place].sum() / inputs.population.sum(), abs=2e-4)
    age = (day_number(CENSUS) - made.birth_day) / 365.2425
    assert ((age - made.age >= 0) & (age - made.age < 1.001)).all()


def test_ethnicity_and_deprivation_vary_by_place(written: Written) -> None:
    inputs = inputs_of("norfolk-waveney")
    made = make_people(inputs, 1.0, Streams(5), day_number(CENSUS))
    district = np.array(inputs.place_district)[made.place]
    other = {name: float((made.ethnic[district == name] != 0).mean()) for name in set(inputs.place_district)}
    assert other["Norwich"] > 2 * other["North Norfolk"]
    by_place = np.bincount(made.place, weights=made.ethnic != 0) / np.bincount(made.place)
    assert np.percentile(by_place, 95) > 3 * np.percentile(by_place, 5)
    decile = np.bincount(inputs.place_decile[made.place], minlength=11)[1:]
    assert (decile > 0).all()


def test_demand_is_plausible_by_age_and_sex(
    written: Written, people: dict[int, dict[str, object]], identity: dict[tuple[str, str], int]
) -> None:
    rows: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in written.truth("pathways").to_pylist():
        rows[row["treatment_function"]].append(people[row["person_id"]])

    def age(code: str) -> float:
        return fmean((CENSUS - row["birth_date"]).days / 365.25 for row in rows[code])  # type: ignore[operator]

    assert age("420") < 15 < age("502") < age("110") < age("130") < age("430")
    assert fmean(row["sex"] == "2" for row in rows["502"]) > 0.97
    assert fmean(row["sex"] == "2" for row in rows["101"]) < 0.35
    assert all(profile(code).sum() > 0 for code in assumptions()["functions"])


def test_place_decides_the_trust_mostly(written: Written, people: dict[int, dict[str, object]]) -> None:
    inputs = inputs_of("norfolk-waveney")
    nearest = dict(zip(inputs.lsoa, inputs.catchment.argmax(axis=1), strict=True))
    rows = written.truth("pathways").to_pylist()
    at_home = fmean(TRUSTS[nearest[people[row["person_id"]]["lsoa"]]] == row["organisation"] for row in rows)
    assert at_home > 0.75


def test_some_people_are_known_to_several_trusts(identity: dict[tuple[str, str], int]) -> None:
    trusts: dict[int, set[str]] = defaultdict(set)
    for (source, _), person in identity.items():
        trusts[person].add(source)
    share = fmean(len(found) > 1 for found in trusts.values())
    assert 0.07 < share < 0.12


# --- dirt ------------------------------------------------------------------------------------------------------------

_FLAWS_AND_UNREADABLE = {"bad_date", "unknown_event_type", "missing_key", "cut_line"}


def test_every_kind_of_dirt_in_the_table_is_made_and_logged(written: Written) -> None:
    logged = set(written.manifest["dirt"])
    pairs = {row["kind"] for row in written.truth("hard_pairs").to_pylist()}
    rare = {"another_persons_number", "inactive_function"}
    assert set(dirt_table()) - rare <= logged | pairs
    assert logged | pairs <= set(dirt_table())


def test_dirt_of_registers_lies_within_binomial_bounds(written: Written) -> None:
    identities = written.manifest["identities"]
    for kind in (
        "missing_nhs_number", "unverified_number", "mistyped_nhs_number", "misspelt_name", "swapped_names",
        "default_birth_date", "mistyped_birth_date", "missing_postcode", "wrong_sex", "ethnicity_not_recorded",
    ):  # fmt: skip
        extra = 0.003 if kind == "missing_nhs_number" else 0.0  # second identities often have no number
        found = len(written.dirty(kind))
        assert within(found, identities, rate(kind)) or within(found, identities, rate(kind) + extra), kind
    assert within(len(written.dirty("two_identities")), identities, rate("two_identities"))
    assert len(written.dirty("nickname")) < identities * rate("nickname")


def test_dirt_of_pathways_lies_at_its_rate(written: Written) -> None:
    rows = written.truth("pathways").to_pylist()
    open_ = [row for row in rows if row["recorded_open"]]
    flaws = Counter(row["flaw"] for row in open_)
    for kind in ("duplicate_pathway", "referral_closed", "dead_but_open"):
        assert flaws[kind] == pytest.approx(rate(kind) * len(open_), abs=1.0)
    events_ = written.rows("event")
    assert within(written.manifest["dirt"]["repeated_event"], len(events_), rate("repeated_event"))
    running = [row for row in events_ if row["event_type"] == "attendance" and row["rtt_status"] in ("20", None)]
    assert within(written.manifest["dirt"]["no_outcome"], len(running), rate("no_outcome"))
    listed = written.rows("list_entry")
    for kind, column in (("missing_priority", "clinical_priority"), ("missing_procedure", "procedure")):
        blank = [row for row in listed if row[column] is None]
        assert within(len(blank), len(listed), rate(kind))


def test_logged_numbers_are_wrong_in_the_way_they_are_logged(
    written: Written, people: dict[int, dict[str, object]], identity: dict[tuple[str, str], int]
) -> None:
    kinds = {
        kind: written.dirty(kind) for kind in ("missing_nhs_number", "mistyped_nhs_number", "another_persons_number")
    }
    for row in written.rows("patient"):
        key = (row["source"], row["local_patient_id"])
        true = people[identity[key]]["nhs_number"]
        if key in kinds["missing_nhs_number"]:
            assert row["nhs_number"] is None
            assert row["nhs_number_status"] == "07"
        elif key in kinds["mistyped_nhs_number"]:
            assert not nhs_number.is_valid(row["nhs_number"])
            assert row["nhs_number_status"] == "03"
        elif key in kinds["another_persons_number"]:
            assert nhs_number.is_valid(row["nhs_number"])
            assert row["nhs_number"] != true
        else:
            assert row["nhs_number"] == true


def test_a_clean_identity_carries_the_truth(
    written: Written, people: dict[int, dict[str, object]], identity: dict[tuple[str, str], int]
) -> None:
    soiled = {
        (row["source"], row["key"]) for row in written.truth("dirty_rows").to_pylist() if row["feed"] == "patient"
    }
    clean = 0
    for row in written.rows("patient"):
        key = (row["source"], row["local_patient_id"])
        person = people[identity[key]]
        if row["source"] == "RGP" and key not in soiled:
            clean += 1
            for column in (
                "surname",
                "forename",
                "birth_date",
                "sex",
                "ethnic_category",
                "lsoa",
                "gp_practice",
                "death_date",
            ):
                assert row[column] == person[column]
            assert row["nhs_number_status"] == "01"
    assert clean > 1000


def test_hard_pairs_are_two_people_who_look_alike(written: Written, people: dict[int, dict[str, object]]) -> None:
    kinds = Counter()
    for pair in written.truth("hard_pairs").to_pylist():
        one, two = people[pair["person_id"]], people[pair["other_person_id"]]
        kinds[pair["kind"]] += 1
        assert one["nhs_number"] != two["nhs_number"]
        assert one["surname"] == two["surname"]
        assert one["lsoa"] == two["lsoa"]
        if pair["kind"] == "twins":
            assert one["birth_date"] == two["birth_date"]
            assert one["forename"] != two["forename"]
        else:
            assert one["forename"] == two["forename"]
            assert (two["birth_date"] - one["birth_date"]).days > 17 * 365  # type: ignore[operator]
    assert set(kinds) == {"twins", "namesakes"}


def test_duplicate_pathways_are_the_same_person_function_and_day(written: Written) -> None:
    rows = {row["pathway_key"]: row for row in written.truth("pathways").to_pylist()}
    copies = [row for row in rows.values() if row["duplicate_of"]]
    assert copies
    for row in copies:
        first = rows[row["duplicate_of"]]
        for column in ("person_id", "organisation", "treatment_function", "referral_received_on"):
            assert row[column] == first[column]


def test_the_dead_have_no_events_after_their_death(written: Written, identity: dict[tuple[str, str], int]) -> None:
    died = {
        identity[row["source"], row["local_patient_id"]]: row["death_date"]
        for row in written.rows("patient")
        if row["death_date"]
    }
    assert died
    person = {row["pathway_key"]: row["person_id"] for row in written.truth("pathways").to_pylist()}
    for row in written.rows("event"):
        day = died.get(person[f"{row['ppid_issuer']}:{row['ppid']}"])
        assert day is None or row["event_on"] <= day
    for row in written.rows("appointment"):
        assert person[f"{row['ppid_issuer']}:{row['ppid']}"] not in died


def test_lists_hold_what_their_dirt_says(written: Written) -> None:
    entries = {(row["source"], f"{row['ppid_issuer']}:{row['ppid']}"): row for row in written.rows("list_entry")}
    for key in written.dirty("tci_in_past") & entries.keys():
        assert entries[key]["tci_on"] < CENSUS
        assert entries[key]["removed_on"] is None
    for key in written.dirty("planned_overdue") & entries.keys():
        assert entries[key]["list_type"] == "planned"
        assert entries[key]["due_on"] < CENSUS
    assert not written.dirty("missing_list_entry") & entries.keys()
    late = [
        row
        for row in entries.values()
        if row["clinical_priority"] == "P2" and row["removed_on"] is None and row["list_type"] == "admitted"
        and (CENSUS - row["added_on"]).days > 28
    ]  # fmt: skip
    assert late
    for row in entries.values():
        if row["list_type"] == "admitted":
            assert row["removed_on"] is None or row["removed_on"] >= row["added_on"]
            assert row["priority_reviewed_on"] is None or row["added_on"] <= row["priority_reviewed_on"] <= CENSUS


def test_words_are_those_of_the_feed_contract(written: Written) -> None:
    from wherry.hub import schema

    assert events.TYPES == schema.EVENT_TYPES
    for feed, column, words in (
        ("referral", "referral_source", bookings.SOURCES), ("list_entry", "list_type", bookings.LISTS),
        ("list_entry", "clinical_priority", (*bookings.PRIORITIES, None)), ("appointment", "kind", bookings.KINDS),
        ("list_entry", "intended_management", bookings.MANAGEMENT), ("appointment", "status", bookings.BOOKED),
        ("patient", "sex", ("1", "2", "X")), ("referral", "priority_type", ("1", "2", "3")),
    ):  # fmt: skip
        assert {row[column] for row in written.rows(feed)} <= set(words), column
    columns = {name: {column.name for column in shape.columns} for name, shape in schema.FEEDS.items()}
    for (_, feed), extract in written.feeds.items():
        assert set(extract.rows[0]) - {"line"} <= columns[feed]
    assert INACTIVE_FUNCTION not in assumptions()["functions"]
