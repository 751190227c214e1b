"""The control room: the numbers are those of the list, a missing feed is not zero, executives get totals only."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from django.test import Client
from snapshot_factory import Made, write_snapshot

from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.access.models import User
from wherry.web.home import measures, selectors
from wherry.web.home.measures import Count
from wherry.web.waiting import overlay
from wherry.web.waiting.selectors import WaitingList
from wherry.web.well import frame as well_frame


def list_rows(made: Made) -> list[dict[str, object]]:
    return pq.read_table(made.hub / "snapshots" / made.snapshot_id / "waiting_list.parquet").to_pylist()


def expected(rows: list[dict[str, object]], code: str) -> tuple[int, int | None]:
    """The measures again, one row at a time and in plain words."""
    number, of = 0, 0
    for row in rows:
        days = row["days_waited"]
        known = days is not None
        hit = {
            "within_18": known and days <= 126,
            "over_18": known and days > 126,
            "over_52": known and days > 364,
            "over_65": known and days > 455,
            "over_78": known and days > 546,
            "on_list": True,
            "unknown_start": not known,
            "no_next": row["next_event_on"] is None,
            "doubtful": row["worst_severity"] == "high",
            "p2_overdue": "p2_overdue" in str(row["findings"]).split(";"),
        }[code]
        number += bool(hit)
        of += known
    return number, (of if code in {"within_18", "over_18", "over_52"} else None)


@pytest.mark.parametrize("code", sorted(measures.BY_CODE))
def test_each_number_is_the_number_of_rows(make_user: Callable[..., User], handmade: Made, code: str) -> None:
    rows = list_rows(handmade)
    room = selectors.control_room(access_of(make_user(Role.WAITING_LIST_MANAGER)))
    assert room is not None
    tile = next(tile for tile in room.tiles if tile.measure.code == code)
    number, of = expected(rows, code)
    assert tile.total.count == Count(number, of)
    for trust, cell in tile.by_trust.items():
        number, of = expected([row for row in rows if row["organisation"] == trust], code)
        assert cell.count == Count(number, of)


def test_a_group_share_is_a_sum_over_a_sum() -> None:
    assert (Count(9, 10) + Count(10, 100)).share == pytest.approx(19 / 110)
    assert Count(0, 0).share is None


def test_people_see_their_own_trusts(make_user: Callable[..., User], handmade: Made) -> None:
    room = selectors.control_room(access_of(make_user(Role.EXECUTIVE, ("RGP",))))
    assert room is not None
    on_list = next(tile for tile in room.tiles if tile.measure.code == "on_list")
    assert set(on_list.by_trust) == {"RGP"}
    assert on_list.total.count == Count(sum(row["organisation"] == "RGP" for row in list_rows(handmade)), None)


def test_what_is_outside_comes_first_with_its_limit_in_force(client_for: Callable[..., Client], handmade: Made) -> None:
    page = client_for(Role.WAITING_LIST_MANAGER).get("/").content.decode()
    assert page.index("Outside its limits") < page.index("To know and to work through")
    assert "at least 60% of the list by 31 March 2026" in page
    assert "31 January 2026" in page


def test_an_executive_gets_totals_without_a_way_to_a_person(client_for: Callable[..., Client], handmade: Made) -> None:
    client = client_for(Role.EXECUTIVE)
    pages = [client.get("/").content.decode()]
    pages += [client.get(f"/measures/{code}/").content.decode() for code in measures.BY_CODE]
    for page in pages:
        assert "/waiting-list/" not in page
        for surname in handmade.surnames:
            assert surname.upper() not in page
    assert "rounded to five" in pages[1]


def test_small_numbers_are_withheld_from_those_who_see_totals(
    client_for: Callable[..., Client], handmade: Made
) -> None:
    import re

    page = client_for(Role.EXECUTIVE).get("/measures/over_65/").content.decode()
    cells = re.findall(r'<td class="app-number">([^<]*)</td>', page)
    assert cells
    assert all(cell == "fewer than 5" or int(cell.replace(",", "")) % 5 == 0 for cell in cells)


def test_an_analyst_counts_what_an_analyst_sees(make_user: Callable[..., User], handmade: Made) -> None:
    room = selectors.control_room(access_of(make_user(Role.ANALYST)))
    assert room is not None
    assert room.without_opted_out
    on_list = next(tile for tile in room.tiles if tile.measure.code == "on_list")
    assert on_list.total.count == Count(sum(not row["opted_out"] for row in list_rows(handmade)), None)


def test_nothing_built_yet_is_said(client_for: Callable[..., Client], no_data: Path) -> None:
    page = client_for(Role.EXECUTIVE).get("/").content.decode()
    assert "Nothing has been built yet" in page
    assert "wherry hub build" in page
    assert client_for(Role.EXECUTIVE).get("/measures/over_52/").status_code == 404


def test_a_trust_whose_events_never_came_is_not_known_and_not_zero(
    make_user: Callable[..., User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = write_snapshot(tmp_path / "hub", snapshot_id="without-rcx")
    folder = made.hub / "snapshots" / made.snapshot_id
    for name, column in (("waiting_list", "organisation"), ("source_freshness", "source")):
        table = pq.read_table(folder / f"{name}.parquet")
        pq.write_table(table.filter(pc.not_equal(table[column], "RCX")), folder / f"{name}.parquet")
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    room = selectors.control_room(access_of(make_user(Role.WAITING_LIST_MANAGER)))
    assert room is not None
    on_list = next(tile for tile in room.tiles if tile.measure.code == "on_list")
    assert on_list.by_trust["RCX"].count is None
    assert on_list.by_trust["RM1"].count is not None
    assert on_list.missing == ("RCX",)


def test_the_way_it_goes_is_counted_from_the_snapshot_before(
    client_for: Callable[..., Client], make_user: Callable[..., User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_snapshot(tmp_path / "hub", census=date(2026, 1, 24), open_pathways=150)
    made = write_snapshot(tmp_path / "hub", census=date(2026, 1, 31), open_pathways=160)
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    room = selectors.control_room(access_of(make_user(Role.WAITING_LIST_MANAGER)))
    assert room is not None
    assert room.before == date(2026, 1, 24)
    on_list = next(tile for tile in room.tiles if tile.measure.code == "on_list")
    assert on_list.total.was == Count(150, None)
    assert on_list.total.count == Count(160, None)
    assert made.rows["waiting_list"] == 160
    page = client_for(Role.EXECUTIVE).get("/").content.decode()
    assert "▲ 10 more than on 24 January 2026" in page


def test_a_snapshot_of_another_system_is_not_the_one_before(
    make_user: Callable[..., User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = write_snapshot(tmp_path / "hub", census=date(2026, 1, 24), open_pathways=150)
    manifest = tmp_path / "hub" / "snapshots" / old.snapshot_id / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"system": "elsewhere"}))
    write_snapshot(tmp_path / "hub", census=date(2026, 1, 31), open_pathways=160)
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    room = selectors.control_room(access_of(make_user(Role.WAITING_LIST_MANAGER)))
    assert room is not None
    assert room.before is None


def test_what_was_counted_of_a_list_that_is_gone_is_never_shown_for_a_new_one(
    make_user: Callable[..., User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new list may lie where an older one lay in memory. Lists are opened between, and the control room is not."""
    for module in (selectors, overlay, well_frame):
        monkeypatch.setattr(module, "id", lambda _: 0, raising=False)
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    access = access_of(make_user(Role.WAITING_LIST_MANAGER))
    for number in (60, 61, 62):
        made = write_snapshot(tmp_path / "hub", open_pathways=number)
        listing = WaitingList(access)
        assert len(listing.overlay.off) == listing.frame.size == made.rows["waiting_list"]
        assert len(well_frame.laid_over(listing.snapshot, listing.frame, (), {})[0].bits) == number
        if number == 61:
            continue
        room = selectors.control_room(access)
        assert room is not None
        on_list = next(tile for tile in room.tiles if tile.measure.code == "on_list")
        assert on_list.total.count == Count(number, None)


def test_late_feeds_are_named_where_they_matter(make_user: Callable[..., User], handmade: Made) -> None:
    room = selectors.control_room(access_of(make_user(Role.WAITING_LIST_MANAGER)))
    assert room is not None
    assert [(row.source, row.feed) for row in room.late] == [("RGP", "appointment")]
    late = {tile.measure.code for tile in room.tiles if tile.late}
    assert late == {"no_next"}


def test_counting_agrees_with_counting_by_specialty(handmade: Made) -> None:
    table = pa.table(pq.read_table(handmade.hub / "snapshots" / handmade.snapshot_id / "waiting_list.parquet"))
    rows = measures.Rows(table)
    for measure in measures.MEASURES:
        whole = measures.count(rows)[measure.code]
        parts = measures.count_groups(rows, measure)
        for trust, counted in whole.items():
            together = [found[trust] for found in parts.values() if trust in found]
            assert sum(part.number for part in together) == counted.number


def test_decisions_to_take_are_counted_as_their_queue_counts_them(
    client_for: Callable[..., Client], make_user: Callable[..., User], handmade: Made
) -> None:
    access = access_of(make_user(Role.WAITING_LIST_MANAGER))
    room = selectors.control_room(access)
    assert room is not None
    assert room.to_validate
    queue = client_for(Role.WAITING_LIST_MANAGER).get("/waiting-list/validation/").content.decode()
    assert f"{room.to_validate}" in queue
    executive = selectors.control_room(access_of(make_user(Role.EXECUTIVE)))
    assert executive is not None
    assert executive.to_validate is None


def test_feeds_go_on_ageing_when_nothing_is_built(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_user: Callable[..., User],
    client_for: Callable[..., Client],
) -> None:
    """A real system's clock runs on: when builds stop, every feed is late, whatever the snapshot says."""
    write_snapshot(tmp_path / "hub", census=date(2026, 1, 31), open_pathways=40)
    (manifest,) = (tmp_path / "hub" / "snapshots").glob("*/manifest.json")
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"artificial": False}))
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    room = selectors.control_room(access_of(make_user(Role.WAITING_LIST_MANAGER)))
    assert room is not None
    fresh = pq.read_table(manifest.parent / "source_freshness.parquet").to_pylist()
    assert sum(not row["late"] for row in fresh) > 10
    assert {(row.source, row.feed) for row in room.late} == {
        (row["source"], row["feed"]) for row in fresh if row["source"] in ("RM1", "RGP", "RCX")
    }
    assert all(tile.late for tile in room.tiles)
    page = client_for(Role.WAITING_LIST_MANAGER).get("/data/").content.decode()
    assert f"<strong>{len(fresh)} of {len(fresh)}</strong> feeds are late" in page
    assert "On time" not in page
