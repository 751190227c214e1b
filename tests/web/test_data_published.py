"""The published position: real figures as NHS England publishes them, and a plain page when none are loaded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from wherry.web.access import Role


def test_nothing_loaded_says_how_to_load(client_for: Callable[..., Client], no_data: Path) -> None:
    page = client_for(Role.EXECUTIVE).get("/data/published/").content.decode()
    assert "None are loaded yet" in page
    assert "wherry published load FILE" in page


@pytest.fixture(scope="module")
def norfolk(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three trusts' own rows of January 2026, loaded once."""
    from wherry.hub import published

    folder = tmp_path_factory.mktemp("published")
    published.load([shared_data / "nhse_rtt" / "rtt_jan2026_norfolk_waveney.csv"], root=folder / "hub" / "published")
    return folder


@pytest.mark.real
def test_january_2026_is_as_published(
    norfolk: Path, client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERRY_DATA", str(norfolk))
    page = client_for(Role.EXECUTIVE).get("/data/published/?period=2026-01&who=RM1").content.decode()
    row = re.search(r'<th scope="row">On the list</th>(.*?)</tr>', page, re.DOTALL)
    assert row
    assert re.findall(r"[\d,]{4,}", row[1])[:4] == ["68,959", "33,378", "26,144", "128,481"]
    assert 'role="img"' in page
    assert "Every week in figures: Norfolk and Norwich" in page


@pytest.mark.real
@pytest.mark.parametrize("query", ["period=1999-01", "function=nonsense", "who=XYZ", "period=%00&function=<script>"])
def test_an_address_that_is_not_known_falls_back(
    norfolk: Path, client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setenv("WHERRY_DATA", str(norfolk))
    response = client_for(Role.ANALYST).get(f"/data/published/?{query}")
    assert response.status_code == 200
    assert "68,959" in response.content.decode()


@pytest.mark.real
def test_bands_add_up_to_the_list(norfolk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wherry.web.data import published_selectors, published_views

    monkeypatch.setenv("WHERRY_DATA", str(norfolk))
    found = published_selectors.position("2026-01", "C_999", "group")
    assert found is not None
    bands = published_views._bands(found)
    for index, column in enumerate(found.columns):
        assert column.position is not None
        assert sum(numbers[index] or 0 for _, numbers in bands) == column.position.total
    assert sum(number for _, number in published_views._weekly(found)) == 128_481
