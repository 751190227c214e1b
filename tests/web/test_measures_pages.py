"""The summary of measures and the page of one: what they say first, to whom, and what they never say."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree, ignore_patterns

import measures_support as support
import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from snapshot_factory import Made

from wherry.performance.measures.model import Split
from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.access.models import User
from wherry.web.components import performance
from wherry.web.measures import lines, selectors
from wherry.web.measures.behind import behind

ClientFor = Callable[..., Client]


@pytest.fixture(scope="module")
def folder(handmade_data: tuple[Path, Made], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the handmade snapshot and the made values."""
    root = tmp_path_factory.mktemp("measures")
    copytree(handmade_data[1].hub, root / "hub")
    support.made_values(root)
    return root


@pytest.fixture(autouse=True)
def made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERRY_DATA", str(folder))
    support.use(monkeypatch)
    lines.forget()


def here(code: str, query: str = "") -> str:
    return reverse("measures:measure", args=[code]) + query


def text_of(client: Client, address: str, status: int = 200) -> str:
    """The words of a page, without drawings."""
    response = client.get(address)
    assert response.status_code == status
    found = re.sub(r"<(script|style|svg|select)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found)).split())


# --- the summary ----------------------------------------------------------------------------------------------------


def test_what_changed_or_misses_comes_first(client_for: ClientFor) -> None:
    got = text_of(client_for(Role.EXECUTIVE), reverse("measures:summary"))
    first, _, every = got.partition("5 measures List")
    assert "2 will miss their targets" in first
    assert "1 getting better" in first
    assert "1 without data" in first
    assert "Seen within four hours" in first
    assert "Seen within four hours" in every
    assert "the target of 78% will be missed" in first


def test_a_measure_without_data_says_who_must_send_it(client_for: ClientFor) -> None:
    got = text_of(client_for(Role.EXECUTIVE), reverse("measures:summary"))
    assert "Stillbirths No data: the chief operating officer must have it sent" in got
    page = text_of(client_for(Role.EXECUTIVE), here("made-nothing"))
    assert "No data: the chief operating officer must have it sent" in page
    assert "Better" not in page.partition("Definition")[0]
    everywhere = lines.lines(performance.scopes()[0], None)
    assert everywhere["made-nothing"].states == {"none"}


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("?page=workforce", "Posts that are vacant", "Waiting 18 weeks"),
        ("?page=maternity", "Stillbirths", "Posts that are vacant"),
        ("?state=none", "Stillbirths", "Waiting 18 weeks or less"),
        ("?theme=rtt_incompletes", "Waiting 18 weeks or less", "Stillbirths"),
        ("?objective=6a", "Waiting more than 65 weeks", "Stillbirths"),
        ("?page=nonsense&state=%00&scope=nowhere&view=x&objective='--", "Stillbirths", "No measure fits"),
        ("?page=maternity&state=worse", "No measure fits this filter", "Stillbirths"),
    ],
)
def test_the_list_is_narrowed_by_its_address(client_for: ClientFor, query: str, there: str, gone: str) -> None:
    got = text_of(client_for(Role.EXECUTIVE), reverse("measures:summary") + query)
    assert there in got
    assert gone not in got


def test_the_matrix_is_a_table_with_links(client_for: ClientFor) -> None:
    response = client_for(Role.EXECUTIVE).get(reverse("measures:summary") + "?view=matrix&scope=RM1")
    body = response.content.decode()
    table = body.partition("<table")[2].partition("</table>")[0]
    rows = {html.unescape(re.sub(r"<[^>]+>", "", row.partition("</th>")[0])).strip(): row for row in table.split("<tr")}
    better = rows[next(name for name in rows if name.endswith("Better than usual"))]
    assert f'href="{here("made-waits")}?scope=RM1"' in better
    assert "Stillbirths" not in table


def test_organisations_side_by_side(client_for: ClientFor) -> None:
    got = text_of(client_for(Role.EXECUTIVE), reverse("measures:summary") + "?view=beside")
    top, below = support.waits(23, 1)
    assert "Norfolk and Norwich James Paget Queen Elizabeth" in got
    assert f"{100 * (5 * round(top / 5)) / (5 * round(below / 5)):.1f}%" in got


def test_before_any_values_every_measure_says_so(
    client_for: ClientFor, handmade_data: tuple[Path, Made], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copytree(handmade_data[1].hub, tmp_path / "hub", ignore=ignore_patterns("performance"))
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    got = text_of(client_for(Role.EXECUTIVE), reverse("measures:summary"))
    assert "No values have been built" in got
    assert "None is getting worse" not in got
    assert "No data" in text_of(client_for(Role.EXECUTIVE), here("made-waits"))


# --- one measure ----------------------------------------------------------------------------------------------------


def test_the_sentence_comes_first_then_the_chart_with_its_table(client_for: ClientFor) -> None:
    body = client_for(Role.EXECUTIVE).get(here("made-waits")).content.decode()
    lede, chart = body.index('<p class="app-lede">Better than usual'), body.index('<figure class="app-figure">')
    assert lede < chart < body.index("The figures of this chart")
    assert body.index("The figures of this chart") < body.index("Organisations beside each other")
    assert body.index("For whom it is worst") < body.index("Numerator</dt>")
    svg = body.partition("<figure")[2].partition("</figure>")[0]
    assert "<title" in svg
    assert "<desc" in svg
    assert "style=" not in svg


def test_the_worst_is_named_and_not_known_is_never_it(client_for: ClientFor) -> None:
    got = text_of(client_for(Role.EXECUTIVE), here("made-waits"))
    assert "Deprivation: Worst for Most deprived fifth: 61.8%, 5.9 points below everybody." in got
    assert "Worst for Not known" not in got
    chart = text_of(client_for(Role.EXECUTIVE), here("made-waits", "?split=imd_quintile&category=1"))
    assert "Deprivation: Most deprived fifth" in chart


def test_a_reader_of_totals_never_sees_a_small_count(client_for: ClientFor) -> None:
    code = "made-long-waits"
    client = client_for(Role.EXECUTIVE)
    for scope in ("group", "RM1", "RGP", "RCX"):
        body = client.get(here(code, f"?scope={scope}")).content.decode()
        assert "Small counts are withheld" in body
        figures = re.findall(r'<th scope="row">[^<]*</th>\s*<td class="app-number">([^<]*)</td>', body)
        assert len(figures) == 24
        assert ("*" in figures) == (scope != "group")
        assert not {"1", "2", "3", "4"} & set(figures)
        hidden = figures.count("*")
        drawn = body.partition('<figure class="app-figure">')[2].partition("</figure>")[0].count("<svg")
        assert drawn == (hidden <= 4)
        assert ("limits would mislead" in body) == (hidden > 4)
    assert "withheld" in text_of(client, here(code, "?scope=RGP"))


def test_who_may_see_patients_sees_counts_but_takes_none_away(client_for: ClientFor) -> None:
    client, code = client_for(Role.WAITING_LIST_MANAGER), "made-long-waits"
    body = client.get(here(code, "?scope=RM1")).content.decode()
    assert "Small counts are withheld" not in body
    assert '<td class="app-number">3</td>' in body
    for role in (Role.WAITING_LIST_MANAGER, Role.EXECUTIVE):
        address = reverse("measures:download", args=[code, "csv"]) + "?scope=RM1"
        response = client_for(role).get(address)
        rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
        assert {row["value"] for row in rows if row["withheld"] == "yes"} == {"*"}
        assert all(float(row["value"]) % 5 == 0 for row in rows if row["withheld"] == "no")
        assert {row["split"] for row in rows} == {"all", "imd_quintile"}


def test_the_day_of_a_rare_event_is_told_to_those_alone_who_may_see_patients(
    client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    support.use(monkeypatch, {support.RARE.code: support.RARE})
    told = text_of(client_for(Role.WAITING_LIST_MANAGER), here("made-rare"))
    assert "11 September 2025" in told
    withheld = client_for(Role.ANALYST).get(here("made-rare", "?scope=RM1")).content.decode()
    assert "The days of these events are withheld" in withheld
    assert "Latest figure withheld" in withheld
    file = client_for(Role.WAITING_LIST_MANAGER).get(reverse("measures:download", args=["made-rare", "csv"]))
    for body in (withheld, b"".join(file.streaming_content).decode()):
        assert not re.search(r"2025-\d\d-11|11 \w+ 2025", body)
    # Nor does a form say, by what it takes, on which day there was one.
    note = {"text": "What happened", "period": "2025-09-11"}
    answer = client_for(Role.ANALYST).post(reverse("measures:note", args=["made-rare"]), note)
    assert "Choose a period of the data, or none" in answer.content.decode()
    assert "withheld" in lines.lines(performance.scopes()[1], None)["made-rare"].states


def test_the_workbook_says_what_it_is(client_for: ClientFor) -> None:
    response = client_for(Role.EXECUTIVE).get(reverse("measures:download", args=["made-waits", "xlsx"]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    about = " ".join(str(row[0].value) for row in book["About"].iter_rows())
    assert "Counts of 1 to 4 are withheld" in about
    assert "31 January 2026" in about
    assert book["Figures"].max_row == 1 + 24 * (1 + 6 + 6 + 2 + 6 + 8)
    assert client_for(Role.EXECUTIVE).get(reverse("measures:download", args=["made-waits", "pdf"])).status_code == 404
    assert client_for(Role.EXECUTIVE).get(here("no-such-measure")).status_code == 404


def test_published_and_organisations_figures_stay_as_they_are(client_for: ClientFor) -> None:
    for code in ("made-four-hours", "made-vacancies"):
        body = client_for(Role.EXECUTIVE).get(here(code)).content.decode()
        assert "Small counts are withheld" not in body
    shown = selectors.chart_for("made-vacancies", "RM1")
    assert shown.series.numerators[0] == 3
    assert not shown.withheld


@pytest.mark.django_db
def test_a_place_has_the_same_figure_in_its_own_chart_and_in_the_split() -> None:
    whole = selectors.chart_for("made-waits", "E07000145")
    part = selectors.chart_for("made-waits", "group", Split.PLACE, "E07000145")
    assert whole.series.values.tolist() == part.series.values.tolist()
    assert whole.controlled.withheld == part.controlled.withheld


def test_three_sets_of_rules_can_be_compared(client_for: ClientFor) -> None:
    pages = {name: client_for(Role.EXECUTIVE).get(here("made-waits", f"?rules={name}")) for name in selectors.RULES}
    causes = {
        name: len(re.findall("[67] points (?:above|below|rising|falling)", page.content.decode()))
        for name, page in pages.items()
    }
    assert "6 points" in pages["six"].content.decode()
    assert "6 points" not in pages["default"].content.decode()
    assert causes["default"] > 0
    assert selectors.chart_for("made-waits", "group", rules="nonsense").chart is not None


def test_the_list_behind_is_offered_to_those_who_may_open_it(client_for: ClientFor) -> None:
    there = f'href="{reverse("waiting:list")}?trust=RM1"'
    assert there in client_for(Role.WAITING_LIST_MANAGER).get(here("made-waits", "?scope=RM1")).content.decode()
    assert reverse("waiting:list") not in client_for(Role.EXECUTIVE).get(here("made-waits")).content.decode()
    access = access_of(User.objects.get(username__startswith="waiting_list_manager"))
    found = behind(replace(support.LONG, code="rtt-65-weeks"), performance.scopes()[1], access)
    assert found is not None
    assert found.href == f"{reverse('waiting:list')}?trust=RM1&wait=over_65"


def test_nothing_is_withheld_only_from_who_may_see_patients_at_every_trust(make_user: Callable[..., User]) -> None:
    trusts, scope = ("RM1", "RGP", "RCX"), performance.scopes()[1]
    everywhere = access_of(make_user(Role.CLINICIAN, trusts, "everywhere"))
    at_one = access_of(make_user(Role.CLINICIAN, ("RM1",), "at-one"))
    at_two = access_of(make_user(Role.CLINICIAN, ("RM1", "RGP", "RY3"), "at-two-and-elsewhere"))
    executive = access_of(make_user(Role.EXECUTIVE, trusts, "an-executive"))
    # Lines are kept for readers alike: whoever looks first must not open them to the next.
    for access, exempt in ((everywhere, True), (at_one, False), (at_two, False), (executive, False), (None, False)):
        assert performance.rule(access).exempt is exempt
        assert ("withheld" in lines.lines(scope, access)["made-long-waits"].states) is not exempt
