"""The report is put together from what it is given: sums over sums, whole periods, judgements, and nothing invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import report_support as made

from wherry.errors import UserError
from wherry.performance.report import Marks, Narrative, assemble, from_json, to_json, with_narratives, words
from wherry.performance.report.controlled import Shown
from wherry.performance.report.objectives import objectives
from wherry.performance.report.rows import judge


def test_a_groups_figure_is_the_sum_over_the_sum() -> None:
    row = made.group_report().row("t-four")
    pairs = [made.four(24, trust) for trust in range(3)]
    top, below = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    assert (row.numerator, row.denominator) == (top, below)
    assert row.value == pytest.approx(100 * top / below)
    mean_of_percentages = sum(100 * a / b for a, b in pairs) / 3
    assert row.value != pytest.approx(mean_of_percentages, abs=1e-6)
    assert [cell.numerator for cell in row.cells] == [a for a, _ in pairs]


def test_exceptions_are_concern_or_certain_to_miss_worst_first() -> None:
    report = made.group_report()
    found = {one.code: one.reasons for one in report.exceptions}
    assert found == {
        "t-four": ("Will miss its target as things are",),
        "t-waits": ("Getting worse: a special cause of concern",),
        "t-money": ("Getting worse: a special cause of concern",),
    }
    assert [one.code for one in report.exceptions] == ["t-waits", "t-money", "t-four"], "what gets worse goes first"
    assert report.unexplained == tuple(one.code for one in report.exceptions)


def test_each_measure_with_data_stands_in_one_box_of_the_matrix() -> None:
    report = made.group_report()
    named = [code for cell in report.matrix for code in cell.codes]
    assert sorted(named) == sorted(row.code for row in report.rows if row.has_data)
    assert "t-nothing" not in named


def test_a_measure_without_data_says_who_must_send_what() -> None:
    (row,) = made.group_report().without_data
    assert row.code == "t-nothing"
    assert row.missing.startswith("Director of midwifery sends a file with numerator and denominator")
    assert (row.words, row.variation, row.assurance) == ("", "", "")
    assert made.group_report().dashboards[1].codes == ("t-nothing",)


def test_only_whole_periods_up_to_the_end_of_the_month_count() -> None:
    report = assemble(made.given(), "group", date(2025, 11, 1))
    assert report.row("t-four").period == "2025-11-01"
    assert report.row("t-four").points[-1].period == "2025-11-01"
    quarters = report.row("t-quarters")
    assert (quarters.period_words, quarters.late) == ("July to September 2025", "")
    january = made.group_report().row("t-quarters")
    assert (january.period, january.late) == ("2025-07-01", "nothing newer has come")


def test_an_organisation_that_has_not_sent_is_named() -> None:
    rows = [row for row in made.rows() if not (row[0] == "t-four" and row[2] == "RCX" and row[1] == made.JANUARY)]
    row = assemble(made.given(made.values(rows)), "group", made.JANUARY).row("t-four")
    assert row.late == "nothing from Queen Elizabeth yet"
    assert row.denominator == sum(made.four(24, trust)[1] for trust in (0, 1))


def test_small_counts_are_withheld_in_every_scope() -> None:
    given = made.given()
    for scope in given.figures.scopes:
        report = assemble(given, scope.code, made.JANUARY)
        row = report.row("t-small")
        for one in (*row.points, *row.cells, row):
            assert one.numerator is None or not 0 < one.numerator < 5, (scope.code, one)
            assert one.value is None or not 0 < one.value < 5, (scope.code, one)
    own = assemble(given, "RM1", made.JANUARY).row("t-small")
    assert (own.withheld, own.words, own.value, own.variation) == (True, "withheld", None, "")
    cells = {cell.code: cell for cell in assemble(given, "group", made.JANUARY).row("t-small").cells}
    assert cells["RM1"].withheld
    assert cells["RGP"].withheld, "the total less the others would tell of the first"


def test_nothing_is_judged_where_more_than_a_fifth_is_withheld() -> None:
    values = (*[30.0] * 18, *[90.0] * 7)
    for hidden in (5, 6):
        withheld = tuple(at < hidden for at in range(25))
        shown = Shown(
            made.MONTHS,
            values,
            (None,) * 25,
            tuple(None if w else v for w, v in zip(withheld, values, strict=True)),
            withheld,
        )
        judged = judge(made.SMALL, shown, date(2026, 1, 31), Marks())
        assert judged is not None
        assert (judged.chart is None, judged.variation == "") == (hidden == 6, hidden == 6)


def test_published_figures_are_never_withheld_or_rounded() -> None:
    row = made.group_report().row("t-four")
    assert not any(point.withheld for point in row.points)
    assert row.numerator is not None
    assert row.numerator % 5, "not rounded"
    assert "published as it is" in row.disclosure


def test_a_place_has_its_residents_figures_and_no_organisations_beside() -> None:
    report = assemble(made.given(), "E07000145", made.JANUARY)
    assert (report.scope_kind, report.scope_name) == ("place", "Great Yarmouth")
    row = report.row("t-waits")
    top = sum(made.waits(24, trust)[0] // 4 for trust in range(3))
    assert row.numerator == pytest.approx(top, abs=2.5)
    assert row.cells == ()
    assert not report.row("t-four").has_data


def test_rare_events_are_judged_by_the_days_between_them() -> None:
    row = made.group_report().row("t-rare")
    assert (row.period, row.assurance, row.late) == ("2025-12-03", "", "")
    assert row.variation == "common_cause"
    assert "days between" in row.chart


def test_a_rebase_with_its_reason_changes_the_judgement() -> None:
    start = made.MONTHS[17]
    marks = {("t-waits", "group"): Marks(((start, "A ward closed"),), ((start, "The ward closed <b>"),))}
    row = assemble(made.given(marks=marks), "group", made.JANUARY).row("t-waits")
    assert row.variation == "common_cause"
    assert row.rebased == ("New baseline from 1 June 2025: A ward closed",)
    assert "<b>" not in row.chart


def test_what_changed_since_the_edition_before() -> None:
    before = assemble(made.given(), "group", date(2025, 12, 1))
    rows = [row for row in made.rows() if row[0] != "t-money"]
    index = next(at for at, row in enumerate(rows) if row[:3] == ("t-four", date(2025, 12, 1), "RM1"))
    revised = (*rows[index][:5], rows[index][5] - 900, *rows[index][6:])
    rows[index] = revised
    report = assemble(made.given(made.values(rows)), "group", made.JANUARY, previous=before)
    assert report.since == "December 2025"
    said = {(one.kind, one.code) for one in report.changes}
    assert {("lost", "t-money"), ("revised", "t-four")} <= said
    (words,) = [one.words for one in report.changes if one.kind == "revised"]
    pairs = [made.four(23, trust) for trust in range(3)]
    below = sum(b for _, b in pairs)
    then, now = (100 * (sum(a for a, _ in pairs) - less) / below for less in (0, 900))
    assert words == f"Seen within four hours: December 2025 was sent as {then:.1f}% and is {now:.1f}% now."


def test_frameworks_name_their_measures_and_verdicts_their_scope() -> None:
    report = made.group_report()
    assert [(one.key, one.codes) for one in report.objectives] == [("3b", ("t-quarters",)), ("6a", ("t-four",))]
    assert len(report.themes) == 12
    assert [one.verdict for one in report.verdicts] == ["Negative", "Realised"]
    assert [one.title for one in assemble(made.given(), "RGP", made.JANUARY).verdicts] == ["A call"]


def test_the_systems_own_objectives_are_twenty_one() -> None:
    found = objectives(made.system())
    assert len({one.code for one in found}) == 21
    assert sorted({one.code[0] for one in found}) == list("12345678")


def test_a_report_survives_json_to_the_byte() -> None:
    report = with_narratives(made.group_report(), {"": Narrative("All well"), "t-small": Narrative("Said")})
    text = to_json(report)
    assert from_json(text) == report
    assert to_json(from_json(text)) == text
    assert [one.code for one in report.remarks] == ["t-small"]


def test_a_scope_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UserError, match="no scope 'XX'"):
        assemble(made.given(), "XX", made.JANUARY)


def test_no_values_at_all_make_a_report_that_says_so() -> None:
    report = assemble(made.given(made.values([made.rows()[0]])), "RCX", made.JANUARY)
    assert len(report.without_data) == len(report.rows)
    assert report.exceptions == ()


def test_a_target_of_the_trajectory_goes_before_the_standing_one() -> None:
    easy = replace(made.FOUR, trajectory=made.target(10.0))
    given = made.given(measures=made.MEASURES | {"t-four": easy})
    row = assemble(given, "group", made.JANUARY).row("t-four")
    assert (row.target, row.assurance) == (10.0, "consistent_pass")


def test_the_day_of_an_event_that_counts_one_patient_is_nowhere_in_the_report() -> None:
    """With its rule of people, the same events by the day show neither days nor how many, beside nobody's name."""
    rare = replace(made.RARE, national=False)
    report = assemble(made.given(measures={rare.code: rare}), "group", made.JANUARY)
    row = report.row(rare.code)
    assert (row.words, row.withheld, row.chart, len(row.points)) == ("withheld", True, "", 1)
    assert {cell.words for cell in row.cells} == {"withheld"}
    kept = to_json(report)
    assert not any(day.isoformat() in kept or words.day(day) in kept for day in made.DAYS)


def test_nothing_drawn_or_written_depends_on_a_withheld_count() -> None:
    """Two people or three of RM1: its report, charts and all, is the same to the byte."""
    found = [
        made.values([(*row[:5], count, *row[6:]) if row[0] == "t-small" and row[2] == "RM1" else row for row in rows])
        for rows in [made.rows()]
        for count in (2, 3)
    ]
    two, three = (to_json(assemble(made.given(one), "RM1", made.JANUARY)) for one in found)
    assert two == three


def test_a_part_that_lacks_what_the_whole_has_is_told_so() -> None:
    rows = {row.code: row.missing for row in assemble(made.given(), "E07000145", made.JANUARY).without_data}
    assert rows["t-money"] == "The group has figures; none are of Great Yarmouth."
    assert rows["t-nothing"].startswith("Director of midwifery sends a file")
