"""The drawings: what is in them, that they are whole, that a page, a print and the PDF can read them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherry.performance import spc
from wherry.performance.spc import model
from wherry.performance.spc.draw import axes, marks

SVG = "{http://www.w3.org/2000/svg}"


def months(count: int, first: int = 2021 * 12 + 3) -> list[date]:
    return [date((first + at) // 12, (first + at) % 12 + 1, 1) for at in range(count)]


def drawn(made: spc.Chart, **more: object) -> ElementTree.Element:
    text = spc.draw.svg(made, id="c1", title="T", description="D", y_label="Y", **more)  # type: ignore[arg-type]
    return ElementTree.fromstring(text)


def words(root: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def of_fill(root: ElementTree.Element, kind: str) -> int:
    """How many points of a type are drawn: each begins with one absolute move."""
    fill = marks.LOOKS[kind].fill
    return sum(path.get("d", "").count("M") for path in root.iter(f"{SVG}path") if path.get("fill") == fill)


@pytest.fixture(scope="module")
def made() -> spc.Chart:
    """A baseline, a gap, a rebase, one point beyond each limit of the second group."""
    values: list[float | None] = [74, 76] * 8 + [81, 83] * 6 + [95, 60]
    values[5] = None
    return spc.chart(months(30), values, improvement="increase", target=78, rebase=[months(30)[16]])


def test_it_says_what_it_is_to_those_who_do_not_see_it(made: spc.Chart) -> None:
    root = ElementTree.fromstring(
        spc.draw.svg(made, id="a-b", title="Four <hours>", description='"D" & more', y_label="Per <cent>")
    )
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "a-b-title a-b-desc"
    assert [(part.tag, part.get("id"), part.text) for part in list(root)[:2]] == [
        (f"{SVG}title", "a-b-title", "Four <hours>"),
        (f"{SVG}desc", "a-b-desc", '"D" & more'),
    ]
    assert "Per <cent>" in words(root)
    assert root.get("viewBox") == "0 0 520 310"


def test_nothing_in_it_needs_a_style_a_script_or_another_file(made: spc.Chart) -> None:
    text = spc.draw.svg(made, id="c", title="T", description="D", y_label="Y", notes=[(months(9)[8], "N")])
    for forbidden in ("style", "class=", "<script", "href", "url(", "NaN", "inf"):
        assert forbidden not in text


def test_every_point_is_there_once_in_the_shape_of_its_type(made: spc.Chart) -> None:
    root = drawn(made)
    for kind in (model.COMMON, model.IMPROVEMENT, model.CONCERN):
        wanted = sum(point.point_type == kind and point.value is not None for point in made.points)
        assert wanted > 0
        assert of_fill(root, kind) == wanted + (kind != model.COMMON)  # and one in the legend
    assert len({look.outline for kind, look in marks.LOOKS.items() if "neutral" not in kind}) == 3
    assert {"better than usual", "worse than usual"} <= set(words(root))


def test_a_missing_value_and_a_rebase_break_the_line(made: spc.Chart) -> None:
    root = drawn(made)
    (line,) = [path for path in root.iter(f"{SVG}path") if path.get("stroke") == "#768692"]
    assert line.get("d", "").count("M") == 3
    assert "new baseline" in words(root)
    reasoned = drawn(made, baselines={months(30)[16]: "Ward <moved>", months(30)[3]: "Elsewhere"})
    assert [title.text for title in reasoned.iter(f"{SVG}title")] == ["T", "Ward <moved>"]
    (mean,) = [path for path in root.iter(f"{SVG}path") if path.get("stroke") == marks.INK and "H" in path.get("d", "")]
    assert mean.get("d", "").count("M") == 2


def test_lines_are_named_and_do_not_lie_on_one_another(made: spc.Chart) -> None:
    root = drawn(made, unit="percent")
    named = [
        text
        for text in root.iter(f"{SVG}text")
        if (text.text or "").split(" ")[0] in ("Upper", "Mean", "Lower", "Target")
    ]
    assert sorted((text.text or "").split(" ")[0] for text in named) == ["Lower", "Mean", "Target", "Upper"]
    assert "Target 78%" in words(root)
    heights = sorted(float(text.get("y", "")) for text in named)
    assert all(after - before >= 14.9 for before, after in pairwise(heights))
    flat = drawn(spc.chart(months(5), [3] * 5, improvement="increase", target=3))
    assert {"Upper 3", "Mean 3", "Lower 3", "Target 3"} <= set(words(flat))


def test_a_target_that_changes_steps(made: spc.Chart) -> None:
    targets: list[float | None] = [None] * 10 + [76.0] * 10 + [78.0] * 10
    root = drawn(made, targets=targets, unit="percent")
    (line,) = [path for path in root.iter(f"{SVG}path") if path.get("stroke") == "#d5281b"]
    assert (line.get("d", "").count("M"), line.get("d", "").count("V")) == (1, 1)
    assert "Target 78%" in words(root)
    with pytest.raises(ValueError, match="2 targets for 30 points"):
        drawn(made, targets=[1, 2])
    assert not [path for path in drawn(made, targets=[None] * 30).iter(f"{SVG}path") if path.get("stroke") == "#d5281b"]


def test_notes_are_numbered_in_order_of_date(made: spc.Chart) -> None:
    when = months(30)
    root = drawn(made, notes=[(when[20], "Strike & snow"), (when[3], "New unit"), (date(2031, 1, 1), "Later")])
    assert [title.text for title in root.iter(f"{SVG}title")] == ["T", "New unit", "Strike & snow"]
    assert [word for word in words(root) if word in ("1", "2", "3")] == ["1", "2"]


def test_no_figures_one_figure_and_only_missing_ones() -> None:
    for values in ([], [None, None]):
        chart = spc.chart(months(len(values)), values, improvement="neutral")
        assert words(drawn(chart)) == ["No figures yet"]
        assert "<title>T</title>" in spc.draw.spark(chart, title="T")
    one = spc.chart(months(1), [4], improvement="neutral")
    assert of_fill(drawn(one), model.COMMON) == 1
    assert spc.draw.spark(one, title="T").count("<path") >= 1


def test_the_spark_keeps_its_last_and_its_special_points(made: spc.Chart) -> None:
    root = ElementTree.fromstring(spc.draw.spark(made, title="T"))
    assert of_fill(root, model.IMPROVEMENT) == sum(p.point_type == model.IMPROVEMENT for p in made.points)
    assert of_fill(root, model.COMMON) == 0
    assert (next(iter(root)).text, root.get("viewBox")) == ("T", "0 0 120 28")
    calm = spc.chart(months(12), [1, 2] * 6, improvement="increase")
    assert of_fill(ElementTree.fromstring(spc.draw.spark(calm, title="T")), model.COMMON) == 1


def test_rare_events_are_drawn_without_a_lower_limit() -> None:
    days = [date(2024, 1, 1) + timedelta(days=at * at) for at in range(14)]
    for chart in (spc.t_chart(days), spc.g_chart(days, list(range(14)))):
        found = words(drawn(chart))
        assert any(word.startswith("Upper") for word in found)
        assert any(word.startswith("Median" if chart.kind == "g" else "Mean") for word in found)
    assert not any(word.startswith("Lower") for word in words(drawn(spc.g_chart(days, list(range(14))))))


@settings(max_examples=60)
@given(
    st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=1, max_size=30),
    st.sampled_from(["percent", "number", "pence", "days", ""]),
)
def test_everything_lies_inside_the_frame(values: list[float | None], unit: str) -> None:
    made = spc.chart(months(len(values)), values, improvement="increase", target=0)
    root = drawn(made, unit=unit)
    for path in root.iter(f"{SVG}path"):
        for x, y in re.findall(r"M(-?[\d.]+) (-?[\d.]+)", path.get("d", "")):
            assert 0 <= float(x) <= 520
            assert 0 <= float(y) <= 310
    ElementTree.fromstring(spc.draw.spark(made, title="T"))


@pytest.mark.parametrize("what", [*model.POINT_TYPES, *model.ASSURANCES])
def test_each_icon_has_a_title_a_letter_and_a_look_of_its_own(what: str) -> None:
    text = spc.draw.icon(what, title="A & B")
    root = ElementTree.fromstring(text)
    assert (root.get("role"), next(iter(root)).text) == ("img", "A & B")
    others = {spc.draw.icon(one, title="A & B") for one in (*model.POINT_TYPES, *model.ASSURANCES) if one != what}
    assert text not in others
    assert "style" not in text


def test_nothing_to_say_is_a_dash() -> None:
    assert spc.draw.icon("", title="T") == spc.draw.icon(None, title="T")
    assert "M10 16h12" in spc.draw.icon(None, title="T")


@pytest.mark.parametrize(
    ("days", "first", "count"),
    [
        (months(48), "Apr 2021", 4),
        (months(12), "Apr 2021", 6),
        ([date(2025, 3, 31) + timedelta(days=at) for at in range(14)], "1 Apr 2025", 7),
        ([date(2024, 12, 2) + timedelta(weeks=at) for at in range(20)], "9 Dec 2024", 7),
        ([date(2015 + at, 4, 1) for at in range(10)], "2016", 5),
        ([datetime(2025, 1, 1, hour) for hour in range(6)], "1 Jan 00:00", 6),  # noqa: DTZ001
        ([date(2024, 5, 1)], "May 2024", 1),
        ([date(2024, 4, 1), date(2024, 7, 1), date(2024, 10, 1), date(2025, 1, 1)], "Apr 2024", 4),
    ],
)
def test_dates_suit_how_far_apart_the_points_are(days: list[date], first: str, count: int) -> None:
    found = axes.dates(days)
    assert (found[0][1], len(found)) == (first, count)
    assert {day for day, _ in found} <= set(days)


def test_dates_that_lie_close_together_are_not_written_over_one_another() -> None:
    events = [date(2024, 1, 1) + timedelta(days=day) for day in (0, 1, 2, 3, 4, 5, 6, 7, 200)]
    root = drawn(spc.t_chart(events))
    foot = [text for text in root.iter(f"{SVG}text") if re.match(r"\d+ [A-Z]", text.text or "")]
    assert 2 <= len(foot) < 7
    assert all(float(b.get("x", "")) - float(a.get("x", "")) > 50 for a, b in pairwise(foot))


@settings(max_examples=60)
@given(st.floats(-1e12, 1e12), st.floats(0, 1e12))
def test_the_numbers_at_the_side_enclose_what_is_shown(low: float, size: float) -> None:
    found = axes.steps(low, low + size)
    slack = 1e-6 * (abs(low) + size)
    assert found[0] <= low + slack
    assert found[-1] >= low + size - slack
    assert 3 <= len(found) <= 9


def test_the_pdf_can_draw_it(made: spc.Chart, tmp_path: Path) -> None:
    """Through the library that makes the PDF: chart, spark and icon, without a warning; the words are text in it."""
    import typst
    from pypdf import PdfReader

    chart = spc.draw.svg(made, id="c", title="T", description="D", y_label="Seen in time", unit="percent")
    (tmp_path / "a.svg").write_text(chart, encoding="utf-8")
    (tmp_path / "b.svg").write_text(spc.draw.spark(made, title="T"), encoding="utf-8")
    (tmp_path / "c.svg").write_text(spc.draw.icon(model.CONCERN, title="T"), encoding="utf-8")
    source, out = tmp_path / "a.typ", tmp_path / "a.pdf"
    source.write_text('#image("a.svg", width: 15cm)\n#image("b.svg")\n#image("c.svg")\n', encoding="utf-8")
    typst.compile(str(source), output=str(out))
    text = PdfReader(out).pages[0].extract_text()
    assert "Seen in time" in text
    assert "Target 78%" in text
