"""The pages of peers: what they show, what they say when there is nothing, and people's own choices and kept gaps."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from peers_pages_support import small_country

from wherry.errors import UserError
from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.peers import selectors, services
from wherry.web.peers.models import KeptGap, Pick

PAGE = "/performance/peers/"
MEASURE = PAGE + "measure/four-hour-published/"
FIVE = ["RAA", "RAB", "RAC", "RAD", "RAE"]


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_country(tmp_path_factory.mktemp("peers") / "data")


@pytest.fixture
def loaded(country: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHERRY_DATA", str(country))
    return country


def test_nothing_loaded_says_how_to_load(client_for: Callable[..., Client], no_data: Path) -> None:
    client = client_for(Role.BOARD_SECRETARY)
    for address in (PAGE, MEASURE):
        page = client.get(address).content.decode()
        assert "No A&amp;E statistics are loaded yet" in page
        assert "wherry published load FILE" in page
    assert client.get(PAGE + "table.csv").status_code == 404
    assert client.get(PAGE + "case/").status_code == 200


@pytest.mark.usefixtures("loaded")
def test_the_page_compares_our_first_trust_with_its_nearest(client_for: Callable[..., Client]) -> None:
    page = client_for(Role.EXECUTIVE).get(PAGE + "?count=6").content.decode()
    assert "Norfolk and Norwich University Hospitals beside the 6 nearest trusts" in page
    row = re.search(r"four-hour-published.*?</tr>", page, re.DOTALL)
    assert row
    assert "82.0%" in row[0]
    assert "more is better" in row[0]
    assert row[0].count("<circle") == 6
    assert "1st of 7" in row[0]
    assert "Epsilon &lt;hospitals&gt;" in page
    assert "<hospitals>" not in page
    assert "Small (RAX): no type 1 emergency department" in page
    assert "Not loaded, so not compared: rtt, cancer" in page


@pytest.mark.usefixtures("loaded")
def test_one_measure_has_its_charts_with_their_tables(client_for: Callable[..., Client]) -> None:
    page = client_for(Role.CLINICIAN).get(MEASURE + "?trust=RGP&group=all&adjust=none").content.decode()
    assert page.count('<svg role="img"') == 3
    for drawing in re.findall(r'<svg role="img".*?</svg>', page, re.DOTALL):
        title, words = re.search(r'aria-labelledby="(\S+) (\S+)"', drawing).groups()  # type: ignore[union-attr]
        assert f'<title id="{title}">' in drawing
        assert f'<desc id="{words}">' in drawing
    assert "style=" not in page
    assert "Every trust compared, as a table" in page
    assert "Month by month, as a table" in page
    assert "Every point of the funnel, as a table" in page
    assert "490 visits of four hours or less in the month" in page
    assert "Keep it" not in page
    assert client_for(Role.CLINICIAN).get(PAGE + "measure/nonsense/").status_code == 404


@pytest.mark.usefixtures("loaded")
def test_an_address_that_is_not_known_falls_back(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.ANALYST)
    for query in (
        *("trust=XXX", "group=friends", "group=pick:none", f"group=pick:a:{'9' * 30}", "count=0"),
        *("count=-5", "count=99999999", "trust=%00&group=%00", "count=٣"),
    ):
        assert client.get(f"{PAGE}?{query}").status_code == 200, query
    for query in ("trust=XXX&adjust=all", "group=pick:none&count=-5&adjust=%00"):
        assert client.get(f"{MEASURE}?{query}").status_code == 200, query


@pytest.mark.usefixtures("loaded")
def test_the_table_leaves_as_a_file(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.ANALYST)
    sent = client.get(PAGE + "table.csv?trust=RGP&group=all")
    text = b"".join(sent.streaming_content).decode("utf-8-sig")  # type: ignore[arg-type]
    row = next(one for one in csv.DictReader(io.StringIO(text)) if one["measure"] == "four-hour-published")
    assert (row["trust"], row["own"], row["median"]) == ("RGP", "64.0", "71.0")
    assert row["gap_in"] == "visits of four hours or less in the month (theoretical)"
    assert client.get(PAGE + "table.xlsx").status_code == 200
    assert client.get(PAGE + "table.pdf").status_code == 404


def save(user: User, name: str = "Coastal", slug: str = "", seen: int = 0, trusts: list[str] | None = None) -> Pick:
    return services.save_pick(
        access=access_of(user),
        slug=slug,
        name=name,
        trusts=FIVE if trusts is None else trusts,
        reason="They are by the sea.",
        seen=seen,
        known=[*FIVE, "RM1"],
    )


def test_a_choice_is_kept_version_by_version_and_the_second_is_told(make_user: Callable[..., User]) -> None:
    user = make_user(Role.ANALYST)
    one = save(user)
    assert (one.slug, one.number, one.trusts) == ("coastal", 1, FIVE)
    assert save(user).slug == "coastal-2"
    two = save(user, "Coast", "coastal", 1, ["rm1", "RAA"])
    assert (two.number, two.trusts) == (2, ["RAA", "RM1"])
    with pytest.raises(services.Overtaken, match=r"saved version 2 of Coast first"):
        save(user, "Shore", "coastal", 1)
    gone = services.withdraw_pick(access=access_of(user), slug="coastal", seen=2)
    assert (gone.number, gone.withdrawn) == (3, True)
    assert [row.slug for row in selectors.picks()] == ["coastal-2"]
    with pytest.raises(UserError, match="withdrawn already"):
        services.withdraw_pick(access=access_of(user), slug="coastal", seen=3)
    assert services.withdraw_pick(access=access_of(user), slug="coastal", seen=3, back=True).number == 4
    assert AuditEvent.objects.filter(subject_kind="peer_pick").count() == 5
    with pytest.raises(UserError, match="no such choice to change"):
        save(user, slug="nobody:made")
    with pytest.raises(TypeError):
        one.delete()


def test_a_choice_that_lacks_something_is_not_saved(make_user: Callable[..., User]) -> None:
    user = make_user(Role.ANALYST)
    for name, trusts, words in (
        *(("", FIVE, "Give the choice a name"), ("x" * 121, FIVE, "at most 120"), ("A", [], "at least one")),
        *(("A", ["ZZZ"], "No trust ZZZ"), ("\x00", FIVE, "Give the choice a name")),
    ):
        with pytest.raises(UserError, match=words):
            save(user, name, trusts=trusts)
    assert not Pick.objects.exists()


def test_only_those_who_keep_measures_choose(make_user: Callable[..., User]) -> None:
    with pytest.raises(PermissionDenied):
        save(make_user(Role.CLINICIAN))


@pytest.mark.usefixtures("loaded")
def test_a_choice_and_a_gap_are_kept_on_the_pages(client_for: Callable[..., Client]) -> None:
    client = client_for(Role.ANALYST)
    assert "Nobody has chosen peers" in client.get(PAGE + "choices/").content.decode()
    lacking = client.post(PAGE + "act/", {"act": "save", "name": "Sea & shore", "trusts": FIVE, "reason": ""})
    assert lacking.status_code == 400
    assert "Say why these are the right peers" in lacking.content.decode()
    assert 'value="Sea &amp; shore"' in lacking.content.decode()
    sent = {"act": "save", "name": "Sea & shore", "trusts": FIVE, "reason": "Like us."}
    page = client.post(PAGE + "act/", sent, follow=True).content.decode()
    assert "Sea &amp; shore (version 1)" in page
    kept = {
        "act": "keep",
        "measure": "four-hour-published",
        "trust": "RGP",
        "group": "pick:sea-shore:1",
        "note": "July",
    }
    page = client.post(PAGE + "act/", kept, follow=True).content.decode()
    assert "RAA, RAB, RAC, RAD, RAE" in page
    gap = KeptGap.objects.get()
    assert sorted(gap.figures["gaps"][0]["peers"]) == FIVE
    assert gap.figures["gaps"][0]["formula"].startswith("opportunity 1")
    assert gap.figures["gaps"][0]["period"] == "2025-03-01"
    assert gap.figures["values"]
    for act, stands in (("withdraw_gap", False), ("restore_gap", True), ("restore_gap", True)):
        client.post(PAGE + "act/", {"act": act, "gap": gap.pk})
        gap.refresh_from_db()
        assert (gap.withdrawn_at is None) is stands
    assert AuditEvent.objects.filter(subject_kind="peer_gap").count() == 3
    assert client.post(PAGE + "act/", {"act": "nonsense"}).status_code == 400
    assert client.get(PAGE + "choices/?slug=%00sea-shore").status_code == 200
    assert client.post(PAGE + "act/", {"act": "withdraw", "slug": "\x00", "gap": "x"}).status_code == 302
    withdrawn = client.post(PAGE + "act/", {"act": "withdraw", "slug": "sea-shore", "seen": 1}, follow=True)
    assert "Offer Sea &amp; shore again" in withdrawn.content.decode()


@pytest.mark.usefixtures("loaded")
def test_what_the_case_said_stands_with_its_source(client_for: Callable[..., Client]) -> None:
    page = client_for(Role.ANALYST).get(PAGE + "case/").content.decode()
    row = re.search(r"Absent through sickness.*?</tr>", page, re.DOTALL)
    assert row
    assert re.findall(r"<strong>(.*?)</strong>", row[0]) == ["4.4%", "6.1%", "6.2%"]
    assert "national average: 4.5%" in row[0]
    assert "Figure 13 (sourced)" in row[0]
    assert "Prevalence by district is not counted here" in page
