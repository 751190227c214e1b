"""The what-if page: answers with ranges, in scope, sums of its lists, quick the second time, honest while it waits."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from snapshot_factory import Made
from waiting_support import TRUSTS, person, rows

from wherry.web.access import Role
from wherry.web.elective import whatif_jobs as jobs
from wherry.web.elective import whatif_store as store
from wherry.web.elective import whatif_views as views
from wherry.web.elective.whatif_question import Question, Slot, scenarios
from wherry.web.elective.whatif_selectors import WhatIf
from wherry.web.waiting.selectors import NothingYet

E = Role.EXECUTIVE


@pytest.fixture(scope="module")
def worked(handmade_data: tuple[Path, Made], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    """A working folder of its own, in which what is worked out by one test is there for the next."""
    folder = tmp_path_factory.mktemp("whatif")
    copytree(handmade_data[0] / "hub", folder / "hub")
    return folder, handmade_data[1]


@pytest.fixture
def made(worked: tuple[Path, Made], monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setenv("WHERRY_DATA", str(worked[0]))
    views._kept.clear()
    return worked[1]


def page(client: Client, query: str = "") -> str:
    response = client.get(f"{reverse('elective:what_if')}?{query}")
    assert response.status_code == 200
    return response.content.decode()


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_page_answers_when_lines_are_reached_with_ranges(made: Made, client_for: Callable[..., Client]) -> None:
    said = text(page(client_for(E)))
    for words in (
        "If nothing changes",
        "Nobody over 65 weeks",
        "Fewer than 1% over 52 weeks",
        "92% within 18 weeks",
        "eight runs in ten",
        "What theory says",
        "How well the model does",
        "What was assumed",
        "instead of",
    ):
        assert words in said, words
    assert "Being worked out" not in said


def test_today_is_the_list_as_it_stands(made: Made, db: None) -> None:
    seen = WhatIf(person(E))
    seen.ask([], Question())
    seen = WhatIf(person(E))
    known = [row for row in rows(made) if row["clock_start"] is not None]
    assert seen.measured["waiting"][0].sum() == len(known)
    assert seen.measured["waiting"][2].sum() == sum(row["week_band"] >= 52 for row in known)
    assert int(seen.measured["without_start"]) == len(rows(made)) - len(known)


def test_the_group_is_the_sum_of_its_parts_in_every_run(made: Made, db: None) -> None:
    question = Question(slots=(Slot(aid=50, order=25),))
    seen = WhatIf(person(E))
    seen.ask([], question)
    seen = WhatIf(person(E))
    asked = scenarios(question, seen.choices())
    seen.ask(asked, question)
    assert seen.missing(asked, question)[0] == 0
    for scenario in asked:
        whole = seen.answer(scenario, question)
        for facet in ("function", "trust", "site"):
            parts = seen.by(scenario, question, facet)
            assert np.array_equal(whole.waiting, sum(part.waiting for part in parts.values()))


def test_a_person_sees_only_their_own_trusts(made: Made, client_for: Callable[..., Client]) -> None:
    own = client_for(E, ("RGP",))
    html = page(own)
    assert 'value="RGP"' in html
    for other in ("RM1", "RCX", "RM102"):
        assert f'value="{other}"' not in html
    assert "left out" in text(page(own, "asked=1&trust=RM1"))
    seen, every = WhatIf(person(E, "RGP")), WhatIf(person(E))
    total = [sum(s.measured["waiting"][0, s.chosen(Question())].sum() for s in [one]) for one in (seen, every)]
    assert 0 < total[0] < total[1]


def test_somebody_with_capacity_nowhere_on_the_list_is_told_so(made: Made, client_for: Callable[..., Client]) -> None:
    assert "Nobody waits here" in text(page(client_for(E, ("NOBODY",))))


def test_extra_sessions_and_referrals_change_the_answer(made: Made, db: None) -> None:
    first = WhatIf(person(E))
    first.ask([], Question())
    seen = WhatIf(person(E))
    function = seen.functions_of(Question())[0]
    site = next(cell.site for cell in seen.cells if cell.function == function)
    question = Question(
        function=function,
        slots=(Slot(more=200, site=site, function=function, stage=0), Slot(referrals=100)),
    )
    asked = scenarios(question, seen.choices())
    seen.ask(asked, question)
    plain, more, referrals = (seen.answer(scenario, question).series(0)[:, -1].mean() for scenario in asked)
    assert more < plain
    assert referrals >= plain


def test_the_csv_has_every_week_of_every_scenario(made: Made, client_for: Callable[..., Client]) -> None:
    response = client_for(E).get(f"{reverse('elective:what_if_csv')}?asked=1&order1=50")
    body = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[arg-type]
    lines = list(csv.DictReader(io.StringIO(body)))
    assert len(lines) == 2 * 4 * 105
    assert {line["people"] for line in lines} == {"the whole list", "over 18 weeks", "over 52 weeks", "over 65 weeks"}
    for line in lines:
        assert int(line["low"]) <= int(line["middle"]) <= int(line["high"])


def test_while_it_is_worked_out_the_page_says_so_and_asks_once(
    made: Made, client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copytree(made.hub, tmp_path / "hub")
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    asked: list[list[dict[str, object]]] = []
    monkeypatch.setattr(jobs, "work_out", SimpleNamespace(enqueue=lambda snapshot_id, units: asked.append(units)))
    client = client_for(E)
    for _ in range(3):
        assert "Being worked out" in page(client)
    status = client.get(reverse("elective:what_if_status"))
    assert "Being worked out" in status.content.decode()
    assert "HX-Refresh" not in status
    assert asked == [[]]  # the measuring, once


def test_once_it_is_there_the_status_loads_the_page_again(made: Made, client_for: Callable[..., Client]) -> None:
    client = client_for(E)
    page(client, "asked=1")
    assert client.get(f"{reverse('elective:what_if_status')}?asked=1")["HX-Refresh"] == "true"


def test_an_old_mark_is_asked_again_and_older_snapshots_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    assert store.mark("one", ["a", "b"]) == ["a", "b"]
    assert store.mark("one", ["a", "c"]) == ["c"]
    monkeypatch.setattr(store, "_OLD", -1.0)
    assert store.mark("one", ["a"]) == ["a"]
    assert store.asked_for("one", "z") is None
    store.write("one", "a", {"x": np.arange(3)})
    assert store.asked_for("one", "a") is None
    assert store.read("one", "a")["x"].tolist() == [0, 1, 2]
    with pytest.raises(KeyError):
        store.read("one", "z")
    store.mark("two", ["a"])
    store.sweep("two")
    assert not store.folder("one").exists()
    assert store.folder("two").exists()


def test_what_goes_wrong_is_said_and_may_be_asked_again(
    made: Made, client_for: Callable[..., Client], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copytree(made.hub, tmp_path / "hub")
    monkeypatch.setenv("WHERRY_DATA", str(tmp_path))
    made_up = jobs.basis_of
    monkeypatch.setattr(jobs, "basis_of", lambda start: 1 / 0)
    client = client_for(E)
    page(client)
    assert "Something went wrong" in text(page(client))
    monkeypatch.setattr(jobs, "basis_of", made_up)
    assert "What theory says" in text(page(client, "again=1"))


def test_nothing_yet(no_data: Path, client_for: Callable[..., Client]) -> None:
    with pytest.raises(NothingYet):
        WhatIf(person(E))
    assert "no snapshot yet" in page(client_for(E))


def test_nobody_is_named(made: Made, client_for: Callable[..., Client]) -> None:
    html = page(client_for(Role.WAITING_LIST_MANAGER, TRUSTS)).casefold()
    assert not any(surname.casefold() in html for surname in made.surnames)
