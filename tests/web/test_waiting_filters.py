"""The list's filters against a plain loop over the same rows, and addresses that make no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snapshot_factory import Made
from waiting_support import TRUSTS, person, rows

from wherry.web.access.permissions import Role
from wherry.web.waiting import filters as filtering
from wherry.web.waiting.frame import fold
from wherry.web.waiting.selectors import WaitingList

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("handmade")]

_COLUMNS = {p: column for p, (column, _) in filtering.FACETS.items()}
_DATA = st.fixed_dictionaries(
    {},
    optional={
        "trust": st.lists(st.sampled_from(TRUSTS), max_size=2),
        "group": st.lists(st.sampled_from(["100", "110", "130", "502", "X04"]), max_size=3),
        "function": st.lists(st.sampled_from(["108", "110", "257"]), max_size=2),
        "priority": st.lists(st.sampled_from(["P2", "P3", "P4", "none"]), max_size=2),
        "commissioner": st.lists(st.sampled_from(["26A", "07K"]), max_size=1),
        "stage": st.lists(st.sampled_from(["outpatient", "admitted"]), max_size=1),
        "severity": st.lists(st.sampled_from(["high", "medium", "low", "none"]), max_size=2),
        "quintile": st.lists(st.sampled_from("12345"), max_size=2),
        "finding": st.lists(st.sampled_from(["stale", "no_next_event", "no_start", "tci_past"]), max_size=2),
        "wait": st.sampled_from(list(filtering.WAIT_WORDS)),
        "validation": st.sampled_from(["never", "older", "recent"]),
        "no_next": st.just("1"),
        "no_tci": st.just("1"),
        "order": st.sampled_from(list(filtering.ORDERS)),
    },
)


def _query(choices: dict[str, Any]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in choices.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query


def _fits(row: dict[str, Any], choices: dict[str, Any]) -> bool:
    for parameter, column in _COLUMNS.items():
        wanted = choices.get(parameter)
        if wanted and (str(row[column]) if row[column] is not None else "none") not in wanted:
            return False
    if choices.get("finding") and not set(choices["finding"]) & set(row["findings"].split(";")):
        return False
    if "no_next" in choices and row["next_event_on"] is not None:
        return False
    if "no_tci" in choices and row["tci_on"] is not None:
        return False
    return _wait_fits(row["days_waited"], choices.get("wait")) and _validation_fits(row, choices.get("validation"))


def _wait_fits(days: int | None, wait: str | None) -> bool:
    if wait is None:
        return True
    if wait == "unknown" or days is None:
        return wait == "unknown" and days is None
    if wait == "within_18":
        return days <= 126
    return days > 7 * int(wait.removeprefix("over_"))


def _validation_fits(row: dict[str, Any], choice: str | None) -> bool:
    on = row["last_validated_on"]
    if choice is None:
        return True
    if choice == "never":
        return on is None
    recent = on is not None and (_today() - on).days <= 84
    return recent if choice == "recent" else on is not None and not recent


def _today() -> Any:
    from wherry.web import snapshot

    return snapshot.today()


def _sort(found: list[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    if order == "longest":
        return sorted(found, key=lambda r: (r["days_waited"] is not None, -(r["days_waited"] or 0), r["position"]))
    if order == "next":
        return sorted(found, key=lambda r: (r["next_event_on"] is None, str(r["next_event_on"]), r["position"]))
    return sorted(found, key=lambda r: r["position"])


@pytest.fixture(scope="module")
def every_row(handmade_data: tuple[Path, Made]) -> list[dict[str, Any]]:
    """The list as rows, read once."""
    return rows(handmade_data[1])


@given(choices=_DATA)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_filter_gives_the_rows_and_counts_of_a_plain_loop(
    every_row: list[dict[str, Any]], choices: dict[str, Any]
) -> None:
    listing = WaitingList(person(Role.WAITING_LIST_MANAGER))
    filters, ignored = listing.read(_query(choices))
    selected = listing.select(filters)
    found = [row for row in every_row if _fits(row, choices)]
    assert ignored == ()
    shown = [r["pathway_key"] for r in listing.take(selected.rows)]
    assert shown == [r["pathway_key"] for r in _sort(found, choices.get("order", "list"))]
    days = [r["days_waited"] for r in found]
    head = selected.headline
    assert head.count == len(found)
    assert head.unknown == days.count(None)
    assert (head.over_18, head.over_52, head.over_65) == tuple(
        sum(d is not None and d > 7 * weeks for d in days) for weeks in (18, 52, 65)
    )
    for parameter, column in _COLUMNS.items():
        others = {name: value for name, value in choices.items() if name != parameter}
        under = [str(r[column]) if r[column] is not None else "" for r in every_row if _fits(r, others)]
        assert selected.facets[parameter] == {value: under.count(value) for value in set(under)}
    others = {name: value for name, value in choices.items() if name != "finding"}
    for rule, count in selected.findings.items():
        assert count == sum(rule in r["findings"].split(";") and _fits(r, others) for r in every_row)


@given(choices=_DATA, page=st.integers(1, 40), size=st.sampled_from([50, 100, 200]))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_an_address_written_from_a_filter_reads_back_as_the_same_filter(
    choices: dict[str, Any], page: int, size: int
) -> None:
    listing = WaitingList(person(Role.WAITING_LIST_MANAGER))
    filters, _ = listing.read(_query(choices | {"page": str(page), "size": str(size), "q": "Brown & Søn"}))
    again, ignored = listing.read(QueryDict(filters.query(paging=True)))
    assert ignored == ()
    assert again == filters


def test_the_pages_of_a_list_hold_every_row_once() -> None:
    listing = WaitingList(person(Role.WAITING_LIST_MANAGER))
    filters, _ = listing.read(QueryDict("size=50"))
    selected = listing.select(filters)
    seen: list[int] = []
    _, _, _, pages = listing.page(filters, selected)
    for number in range(1, pages + 1):
        part, _, shown, _ = listing.page(filters.having(page=number), selected)
        assert shown == number
        seen += [row["position"] for row in part]
    assert seen == list(range(1, 201))


def test_a_page_after_the_last_is_the_last() -> None:
    listing = WaitingList(person(Role.WAITING_LIST_MANAGER))
    filters, _ = listing.read(QueryDict("page=9999"))
    _, _, shown, pages = listing.page(filters, listing.select(filters))
    assert shown == pages == 4


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("trust=XXX", "trust “XXX”"),
        ("wait=over_1000000", "wait “over_1000000”"),
        ("page=-1", "page “-1”"),
        ("page=٣", "page “٣”"),
        ("page=1e9", "page “1e9”"),
        ("size=7", "size “7”"),
        ("order=name;DROP", "order “name;DROP”"),
        ("finding=%00", "finding “\x00”"),
        ("validation=x&show=y", "validation “x”"),
        ("quintile=9", "quintile “9”"),
    ],
)
def test_what_an_address_gets_wrong_is_left_out_and_said(address: str, said: str) -> None:
    listing = WaitingList(person(Role.WAITING_LIST_MANAGER))
    filters, ignored = listing.read(QueryDict(address))
    assert said in ignored
    assert listing.select(filters).headline.count == 200


def test_a_trust_outside_the_scope_is_not_understood() -> None:
    listing = WaitingList(person(Role.WAITING_LIST_MANAGER, "RGP"))
    filters, ignored = listing.read(QueryDict("trust=RM1"))
    assert ignored == ("trust “RM1”",)
    assert {row["organisation"] for row in listing.take(listing.select(filters).rows)} == {"RGP"}


@pytest.mark.parametrize("spacing", ["{}", "{} ", "{0:.3}"])
def test_people_are_found_by_name_in_any_form(handmade: Made, spacing: str) -> None:
    row = next(r for r in rows(handmade) if r["surname"] and not r["surname"].startswith("="))
    listing = WaitingList(person(Role.WAITING_LIST_MANAGER))
    for words in (
        row["surname"].upper(),
        f"{row['surname']}, {row['forename']}",
        f"{row['forename']} {row['surname']}",
        spacing.format(row["surname"]),
    ):
        filters, _ = listing.read(QueryDict(mutable=True))
        found = listing.take(listing.select(filters.having(q=words.strip())).rows)
        assert row["pathway_key"] in {r["pathway_key"] for r in found}
        assert all(row["surname"][:3].lower() in f"{r['surname']} {r['forename']}".lower() for r in found)


def test_people_and_pathways_are_found_by_number_in_any_spacing(handmade: Made) -> None:
    row = next(r for r in rows(handmade) if r["nhs_number"])
    number = row["nhs_number"]
    local = row["identity_key"].partition(":")[2]
    ppid = row["pathway_key"].partition(":")[2]
    listing = WaitingList(person(Role.WAITING_LIST_MANAGER))
    spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
    for words in (
        number,
        spaced,
        spaced.replace(" ", "-"),
        local,
        f" {local} ",
        ppid,
        ppid.lower(),
        row["pathway_key"],
    ):
        filters, _ = listing.read(QueryDict(f"q={words}"))
        found = {r["pathway_key"] for r in listing.take(listing.select(filters).rows)}
        assert row["pathway_key"] in found, words
        people = {r["person_key"] for r in listing.take(listing.select(filters).rows)}
        assert people == {row["person_key"]}, words


def test_a_hospital_number_of_one_trust_finds_the_persons_pathway_at_another(handmade: Made) -> None:
    identities: dict[str, dict[str, str]] = {}
    for identity in rows(handmade, "person_identity"):
        trust = identity["identity_key"].partition(":")[0]
        identities.setdefault(identity["person_key"], {})[trust] = identity["local_patient_id"]
    row, other = next(
        (row, number)
        for row in rows(handmade)
        for trust, number in identities[row["person_key"]].items()
        if trust != row["organisation"]
    )
    listing = WaitingList(person(Role.WAITING_LIST_MANAGER, row["organisation"]))
    filters, _ = listing.read(QueryDict(f"q={other}"))
    found = {r["pathway_key"] for r in listing.take(listing.select(filters).rows)}
    assert row["pathway_key"] in found


def test_names_are_compared_without_accents_case_or_apostrophes() -> None:
    import pyarrow as pa

    assert fold(pa.array(["O’Brien", "Łódź Søn", "ANNE-Marie", None])).to_pylist() == [
        "obrien",
        "łodz søn",
        "anne marie",
        "",
    ]
