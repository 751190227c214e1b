"""Pages of inequalities: the gap first, nobody dropped, nothing small told, nothing good without figures."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import measures_support as support
import pytest
from django.test import Client
from django.urls import reverse
from snapshot_factory import Made

from wherry.performance.inequality import deaths, loaded
from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.access.models import User
from wherry.web.components import performance
from wherry.web.inequalities import selectors

ClientFor = Callable[..., Client]
SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)


@pytest.fixture(scope="module")
def folder(handmade_data: tuple[Path, Made], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the handmade snapshot and the made values."""
    root = tmp_path_factory.mktemp("inequalities")
    copytree(handmade_data[1].hub, root / "hub")
    support.made_values(root)
    return root


@pytest.fixture(autouse=True)
def made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERRY_DATA", str(folder))
    support.use(monkeypatch)
    selectors.forget()


def page_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def text_of(page: str) -> str:
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", SVG.sub(" ", page), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def one(code: str = "made-waits") -> str:
    return reverse("inequalities:measure", args=[code])


def test_the_overview_says_how_many_gaps_hold_and_ranks_them(client_for: ClientFor) -> None:
    page = page_of(client_for(Role.EXECUTIVE), reverse("inequalities:overview"))
    said = text_of(page)
    assert "1 of 2 measures by deprivation show a gap that holds after allowing for all 2." in said
    assert "In 1 of them the most deprived fifth fares worse." in said
    assert "Rows stand by the strength of the evidence" in said
    assert "not adjusted for age" in said
    assert "This measure is a plain count" in said
    assert f'{one()}?scope=group&amp;split=imd_quintile"' in page
    assert "more than 3" in said, "printed ratios, with what was printed"


def test_every_drawing_has_its_title_description_and_table(client_for: ClientFor) -> None:
    client = client_for(Role.EXECUTIVE)
    for name in ("overview", "life_course"):
        page = page_of(client, reverse(f"inequalities:{name}"))
        drawings = SVG.findall(page)
        assert drawings
        for svg in drawings:
            if "font-family" in svg:
                assert "<title" in svg
                assert "<desc" in svg
        assert page.count("<table") >= 1
        assert "style=" not in page
    assert len([svg for svg in SVG.findall(page_of(client, one())) if "font-family" in svg]) == 2


def test_one_measure_its_gap_in_words_and_numbers(client_for: ClientFor) -> None:
    said = text_of(page_of(client_for(Role.EXECUTIVE), one()))
    assert "Most deprived fifth: " in said
    assert "lower, which is worse (95% interval" in said
    assert "Worst (Most deprived fifth) against the rest chosen after seeing the figures" in said
    assert "is not known. They have a row of their own and are in no gap" in said, "a sixth of the people"
    assert "17% not known" in said
    assert "From the least to the most deprived end, with all five fifths in the line" in said
    assert "Is it closing?" in said
    assert "Each point counts who waits or stays on one day" in said
    assert "not adjusted for age" in said


@pytest.mark.parametrize("split", ["age_band", "sex", "ethnicity", "place"])
def test_other_splits_say_that_the_worst_was_chosen(client_for: ClientFor, split: str) -> None:
    said = text_of(page_of(client_for(Role.EXECUTIVE), f"{one()}?split={split}&scope=RGP"))
    assert "Worst against best chosen after seeing the figures" in said
    assert "From the least to the most deprived end" not in said
    assert ("not adjusted for age" in said) == (split != "age_band")


def test_small_figures_are_withheld_from_those_who_may_not_see_patients(client_for: ClientFor) -> None:
    address = one("made-long-waits") + "?period=2024-03-01"
    seen = text_of(page_of(client_for(Role.CLINICIAN), address))
    hidden = text_of(page_of(client_for(Role.EXECUTIVE), address))
    assert "Counts of 1 to 4 are withheld (*)" in hidden
    assert "Published as it is." in seen
    row = re.compile(r"Most deprived fifth (\S+)")
    assert row.search(hidden).group(1) == "*"  # type: ignore[union-attr]
    assert row.search(seen).group(1) != "*"  # type: ignore[union-attr]


def test_a_file_is_controlled_whoever_takes_it(client_for: ClientFor) -> None:
    response = client_for(Role.CLINICIAN).get(one("made-long-waits") + "?format=csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows
    for row in rows:
        number = float(row["numerator"] or 0)
        assert row["withheld"] == "*" or number % 5 == 0
        assert not (row["withheld"] and (row["numerator"] or row["value"]))
    assert {row["category_name"] for row in rows} >= {"Most deprived fifth", "Not known"}


def test_a_place_and_a_measure_without_splits_say_why_there_is_nothing(client_for: ClientFor) -> None:
    client = client_for(Role.EXECUTIVE)
    assert "counted in one split at a time" in text_of(page_of(client, f"{one()}?scope=E07000145"))
    assert "counted in one split at a time" in text_of(
        page_of(client, reverse("inequalities:overview") + "?scope=E07000145")
    )
    assert "has no figures by any split" in text_of(page_of(client, one("made-nothing")))


def test_what_there_is_not(client_for: ClientFor) -> None:
    client = client_for(Role.EXECUTIVE)
    for query in ("?scope=nobody", "?split=shoe_size", "?split=all", "?period=yesterday", "?period=1999-01-01"):
        assert client.get(one() + query).status_code == 404, query


def test_core20plus5_says_who_has_what_is_missing(client_for: ClientFor) -> None:
    said = text_of(page_of(client_for(Role.EXECUTIVE), reverse("inequalities:core20plus5")))
    assert "0 of 10 lines have figures" in said
    assert said.count("No data. Who has it: ") == 10
    assert "165,000 people" in said
    assert "Young carers" in said
    assert "Better for Core20" not in said


def test_the_life_course_of_everywhere_and_of_one_place(client_for: ClientFor) -> None:
    client = client_for(Role.EXECUTIVE)
    said = text_of(page_of(client, reverse("inequalities:life_course")))
    assert "Worse than England; no interval published" in said
    assert "No data: no figure of this stage" in said
    there = text_of(page_of(client, reverse("inequalities:life_course") + "?place=E07000145"))
    assert "3.46%" in there
    assert client.get(reverse("inequalities:life_course") + "?place=E99").status_code == 404


def test_life_expectancy_is_empty_until_deaths_are_loaded(client_for: ClientFor, folder: Path, tmp_path: Path) -> None:
    client = client_for(Role.EXECUTIVE)
    address = reverse("inequalities:life_expectancy")
    empty = text_of(page_of(client, address))
    assert "No deaths have been loaded" in empty
    assert "wherry inequality load FILE.csv" in empty
    assert "6 years and 9 months" in empty
    rows = [",".join(deaths.NEEDED)]
    for quintile, times in (("1", 1.4), ("5", 1.0)):
        for age in deaths.STARTS:
            dead = round(20_000 * (0.004 if age == 0 else 0.00005 * 1.08**age) * times)
            rows += [f"{quintile},1,{age},Cancer,{dead},20000", f"{quintile},1,{age},Rare,{int(age == 40) * 2},20000"]
    path = tmp_path / "deaths.csv"
    path.write_text("\n".join(rows) + "\n")
    loaded.load(path, folder / "hub")
    try:
        page = page_of(client, address)
        said = text_of(page)
        assert "Males of the most deprived fifth can expect" in said
        assert "Rare * * * *" in said, "two deaths tell of too few people"
        assert "Rare: *" in page
        assert "Rare * *" not in text_of(page_of(client_for(Role.CLINICIAN), address))
    finally:
        loaded.forget(loaded.DEATHS, folder / "hub")


def test_before_any_values_every_page_says_how_they_come(
    client_for: ClientFor, handmade: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_for(Role.EXECUTIVE)
    for name in ("overview", "core20plus5"):
        assert "wherry measures build" in text_of(page_of(client, reverse(f"inequalities:{name}")))


def test_who_sees_patients_at_one_trust_is_not_shown_what_was_kept_for_who_sees_all(
    make_user: Callable[..., User],
) -> None:
    """What a clinician of every trust looked at first is kept for readers alike: not for a clinician of one."""
    scope = performance.scope("group")
    assert scope is not None

    def withheld(organisations: tuple[str, ...], name: str) -> bool:
        access = access_of(make_user(Role.CLINICIAN, organisations, name))
        rows = selectors.overview(scope, None, access)
        return any(part.withheld for row in rows for part in row.breakdown.parts)

    assert [withheld(("RM1", "RGP", "RCX"), "all"), withheld(("RM1",), "one")] == [False, True]
