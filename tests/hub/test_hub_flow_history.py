"""The history of flow is taken in whole or not at all, and every row that cannot be is kept with its reason."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from wherry.cli import main
from wherry.errors import UserError
from wherry.hub import flow
from wherry.hub.flow.schema import HISTORY
from wherry.hub.store import Store

HEADER = ",".join(HISTORY.names)
SEEN = "RM131,attendance,3,4,2026-05-01T10:00:00Z,,,,,,18-39,2026-05-01T11:30:00Z,"
ILL = (
    "RM102,emergency,1,2,2026-05-02T01:00:00+01:00,2026-05-02T05:00:00Z,2026-05-02T06:10:00Z,medicine,300,,75-84,"
    "2026-05-09T15:00:00Z,2026-05-09T10:00:00Z"
)
PLANNED = "RGP75,elective,,,,,2026-05-03 08:30,surgery,110,2026-05-03,65-74,,"


def given(folder: Path, *rows: str, name: str = "history.csv", header: str = HEADER) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return folder


def load(folder: Path) -> flow.FlowHistory:
    return flow.load(folder / "in", system="norfolk-waveney", hub=folder / "hub")


def test_rows_are_published_in_order_with_moments_in_utc(tmp_path: Path) -> None:
    given(tmp_path / "in", PLANNED, ILL, SEEN)
    found = load(tmp_path)
    rows = flow.history(tmp_path / "hub")
    assert rows.schema == HISTORY
    assert rows["kind"].to_pylist() == ["attendance", "emergency", "elective"]
    assert rows["arrived_at"].to_pylist()[1] == datetime(2026, 5, 2, tzinfo=UTC)
    assert rows["admitted_at"].to_pylist()[2] == datetime(2026, 5, 3, 7, 30, tzinfo=UTC)  # London time in summer
    assert rows["left_at"].to_pylist()[2] is None
    assert rows["booked_for"].to_pylist()[2] == date(2026, 5, 3)
    assert found.manifest["counts"] == {
        "RGP75": {"elective": 1}, "RM102": {"emergency": 1}, "RM131": {"attendance": 1},
    }  # fmt: skip
    assert not found.artificial


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (SEEN.replace("RM131", "RM999"), "site 'RM999' is none of"),
        (SEEN.replace("attendance", "visit"), "kind 'visit' is none of"),
        (SEEN.replace("2026-05-01T10:00:00Z", "2026-05-01"), "arrived_at '2026-05-01' has no time of day"),
        (SEEN.replace("2026-05-01T10:00:00Z", "yesterday at noon"), "arrived_at 'yesterday at noon' is no moment"),
        (SEEN.replace("2026-05-01T10:00:00Z", ""), "neither arrived_at nor admitted_at"),
        (SEEN.replace("2026-05-01T11:30:00Z", "2026-05-01T09:30:00Z"), "left_at is before the visit began"),
        (SEEN.replace("18-39", "18-40"), "age_band '18-40' is none of"),
        (ILL.replace("2026-05-02T06:10:00Z", ""), "kind says an admission and admitted_at is blank"),
        (ILL.replace("emergency", "attendance"), "kind is attendance and admitted_at is not blank"),
        (ILL.replace("medicine", ""), "an admission needs a ward_group"),
        (ILL.replace("300", "999"), "specialty '999' is no treatment function"),
        (ILL.replace("2026-05-02T06:10:00Z", "2026-05-01T23:00:00Z"), "admitted_at is before arrived_at"),
        (PLANNED.replace("2026-05-03,65", "soon,65"), "booked_for"),
    ],
)
def test_a_row_that_says_something_impossible_is_kept_apart(tmp_path: Path, row: str, reason: str) -> None:
    given(tmp_path / "in", SEEN, row)
    found = load(tmp_path)
    assert (found.manifest["rows_published"], found.manifest["rows_quarantined"]) == (1, 1)
    [bad] = found.quarantine().to_pylist()
    assert (bad["file_name"], bad["line"]) == ("history.csv", 3)
    assert reason in bad["reason"]


def test_a_file_that_will_not_do_leaves_the_old_history_in_force(tmp_path: Path) -> None:
    given(tmp_path / "in", SEEN)
    old = load(tmp_path).id
    for change, words in (
        (
            lambda: given(tmp_path / "in", SEEN, header=HEADER.replace("site", "hospital")),
            "line 1: 'hospital' is no column",
        ),
        (lambda: given(tmp_path / "in", "x", header="site"), "line 1: the column kind, ed_type, arrived_at"),
        (lambda: given(tmp_path / "in", SEEN.replace("RM131", "?")), "No row of"),
        (lambda: (tmp_path / "in" / "history.csv").unlink(), "holds no CSV file"),
    ):
        change()
        with pytest.raises(UserError, match=words):
            load(tmp_path)
        assert flow.current_id(tmp_path / "hub") == old
    assert flow.history(tmp_path / "hub").num_rows == 1


def test_killed_before_the_pointer_moves_the_old_history_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """Stands for SIGKILL."""

    def dies(*_: object, **__: object) -> None:
        raise Killed

    given(tmp_path / "in", SEEN)
    old = load(tmp_path).id
    given(tmp_path / "in", SEEN, ILL)
    with monkeypatch.context() as patch:
        patch.setattr("wherry.hub.one_table.swap", dies)
        with pytest.raises(Killed):
            load(tmp_path)
    assert flow.current_id(tmp_path / "hub") == old
    assert load(tmp_path).id != old
    assert not list(Store(tmp_path / "hub" / "flow").snapshots.glob(".tmp-*"))


def test_the_same_rows_in_other_files_are_the_same_history(tmp_path: Path) -> None:
    given(tmp_path / "one" / "in", SEEN, ILL, PLANNED)
    given(tmp_path / "two" / "in", ILL, name="b.csv")
    given(tmp_path / "two" / "in", PLANNED, SEEN, name="a.csv")
    one, two = load(tmp_path / "one"), load(tmp_path / "two")
    assert one.manifest["sha256"] == two.manifest["sha256"]
    assert one.rows().equals(two.rows())


def test_optional_columns_may_be_left_out(tmp_path: Path) -> None:
    given(
        tmp_path / "in",
        "RM102,emergency,1,2026-05-02T01:00:00Z,2026-05-02T06:10:00Z,older,",
        header="site,kind,ed_type,arrived_at,admitted_at,ward_group,left_at",
    )
    [row] = load(tmp_path).rows().to_pylist()
    assert (row["ready_at"], row["acuity"], row["ward_group"]) == (None, "", "older")


def test_nothing_loaded_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="wherry flow history load FOLDER"):
        flow.history(tmp_path)


def test_the_commands_load_and_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path / "data"))
    given(tmp_path / "in", SEEN, ILL, SEEN.replace("RM131", "??"))
    (tmp_path / "in" / "manifest.json").write_text(json.dumps({"artificial": True}))
    assert main(["flow", "history", "load", str(tmp_path / "in")]) == 0
    assert main(["flow", "history", "show"]) == 0
    said = capsys.readouterr().out
    assert "2 visits of 3 rows; 1 in quarantine" in said
    assert "history.csv line 4: site '??' is none of" in said
    assert "Everybody in it is artificial" in said
