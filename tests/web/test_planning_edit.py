"""Changing a scenario in the browser: one line changes, every problem is said where it is, nothing typed is lost."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from planning_texts import TEXT, sent

from wherry.web.access import Role
from wherry.web.access.access import access_of
from wherry.web.access.models import AuditEvent, User
from wherry.web.planning import edit_forms, edit_services
from wherry.web.planning.edit_fields import Form, form_of
from wherry.web.planning.edit_text import added, put, value_at, without_table, without_value
from wherry.web.planning.models import ScenarioVersion
from wherry.web.planning.scenario_reading import read, variants
from wherry.web.planning.scenario_selectors import LONGEST, Version, files, version

P, E = Role.PLANNER, Role.EXECUTIVE
OWN = sorted(files())


@pytest.fixture
def planner(client_for: Callable[..., Client], no_data: Path) -> Client:
    """A planner, with a short plan of their own to change."""
    client = client_for(P)
    user = User.objects.get(username__startswith="planner")
    edit_services.save(
        access=access_of(user), name="short", text=TEXT, why="to begin", base=version("no-change"), seen=0
    )
    return client


def shown(client: Client, slug: str = "short", query: str = "") -> str:
    response = client.get(f"{reverse('planning:edit', args=[slug])}{query}")
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, act: str, *, slug: str = "short", page: str = "", **changed: str) -> tuple[int, str]:
    """Send the form as it is shown, with some fields written over."""
    data = sent(page or shown(client, slug), **changed) | {"act": act}
    response = client.post(reverse("planning:save", args=[slug]), data, follow=True)
    return response.status_code, response.content.decode()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def lines_changed(before: str, after: str) -> list[tuple[str, str]]:
    old, new = before.split("\n"), after.split("\n")
    assert len(old) == len(new)
    return [(one, other) for one, other in zip(old, new, strict=True) if one != other]


# The form and the text


@pytest.mark.parametrize("name", OWN)
def test_a_form_sent_as_it_is_shown_changes_nothing(name: str) -> None:
    one = version_of(files()[name].read_text())
    edit, _ = edit_forms.read_post(query(edit_forms.begin(one, 0, as_text=False).form, one.text), one, 0)
    assert (edit.text, edit.errors, edit.general) == (one.text, {}, [])


def version_of(text: str) -> Version:
    return Version("no-change", 0, "", "", text)


def query(form: Form | None, text: str, **changed: str) -> QueryDict:
    assert form is not None
    data = QueryDict(mutable=True)
    data.update({one.id: one.shown for one in form.by_id.values()} | {"document": text} | changed)
    data["name"] = changed.get("name", tomllib.loads(text)["name"])
    return data


NEW = {"per_cent": "37.5", "factor": "0.875", "number": "0.875", "whole": "77", "year": "2032", "text": 'Say "so" £5'}
MEANS = {"per_cent": 0.375, "factor": 0.875, "number": 0.875, "whole": 77, "year": "2032/33", "text": 'Say "so" £5'}


@pytest.mark.parametrize("name", [*OWN, "short"])
def test_every_field_changes_its_own_value_and_nothing_else(name: str) -> None:
    text = TEXT if name == "short" else files()[name].read_text()
    document = tomllib.loads(text)
    form = form_of(text, {}, variants())
    assert len(form.by_id) > 10
    for one in form.by_id.values():
        limit = one.limit
        typed, means = NEW[one.kind], MEANS[one.kind]
        if limit is not None and limit.least > 0.875:
            typed, means = "2.5", 2.5
        both = {other.id: typed for other in form.by_id.values() if other.path == one.path}
        edit = edit_forms.Edit(text, document["name"])
        edit_forms._take_in(edit, query(form, text, **both), {})
        assert not edit.errors
        after = tomllib.loads(edit.text)
        assert value_at(after, one.path) == means
        before, now = text.split("\n"), edit.text.split("\n")
        if len(now) > len(before):  # a new line for what was not there
            assert value_at(document, one.path) is None
            assert len(now) == len(before) + 1
            assert not set(before) - set(now)
        else:
            assert len(lines_changed(text, edit.text)) == 1


def test_one_end_of_a_range_changes_one_line_and_keeps_its_comment(planner: Client) -> None:
    status, html = post(planner, "save", growth__0__per_year__high="3.1", why="The trust says so")
    assert status == 200
    assert "version 2 of short" in words(html)
    saved = ScenarioVersion.objects.get(slug="short", number=2)
    assert lines_changed(TEXT, saved.text) == [
        ("per_year = [0.01, 0.023] # a range", "per_year = [0.01, 0.031] # a range")
    ]
    assert (saved.why, saved.made_from, saved.saved_by_name) == (
        "The trust says so",
        "short:1",
        "Test Planner-Rm1-Rgp-Rcx",
    )
    line = AuditEvent.objects.get(action="plan.saved", subject_key="short:2")
    assert "The trust says so" in line.detail


@given(
    st.dictionaries(
        st.text("abc-_ .=#é", min_size=1, max_size=6),
        st.one_of(st.integers(-5, 5), st.booleans(), st.text(max_size=12), st.lists(st.floats(0, 1), max_size=2)),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(
        [("growth", 0), ("interventions", 0), ("interventions", 1), ("capacity",), ("capacity", "beds"), ()]
    ),
)
def test_whatever_is_put_into_a_text_is_read_back(values: dict[str, object], table: tuple[str | int, ...]) -> None:
    text = TEXT
    for key, value in values.items():
        text = put(text, (*table, key), value)
        text = put(text, (*table, key), value)
    after, before = tomllib.loads(text), tomllib.loads(TEXT)
    for key, value in values.items():
        assert value_at(after, (*table, key)) == value
        text = without_value(text, (*table, key))
    assert tomllib.loads(text) == before or table == ("capacity", "beds")


def test_a_table_is_taken_out_whole_with_its_comment_and_put_back_at_the_end() -> None:
    for place, name in enumerate(("falls", "stays")):
        left = without_table(TEXT, ("interventions", place))
        expected = tomllib.loads(TEXT)
        block = expected["interventions"].pop(place)
        assert tomllib.loads(left) == expected
        assert name not in left
        again = tomllib.loads(added(left, '[[interventions]]\nname = "new"'))
        assert [one["name"] for one in again["interventions"]] == [expected["interventions"][0]["name"], "new"]
        assert block["name"] == name
    assert "# Falls." not in without_table(TEXT, ("interventions", 0))
    assert "# Stays." in without_table(TEXT, ("interventions", 0))


# What is wrong


def test_an_upside_down_range_is_said_beside_it_and_everything_typed_stays(planner: Client) -> None:
    status, html = post(
        planner,
        "save",
        growth__0__per_year__low="4,5",
        growth__0__per_year__high="3",
        title="A better title",
        why="Because",
    )
    assert status == 422
    assert "Nothing was saved, and nothing you typed is lost" in words(html)
    again = sent(html)
    assert (again["growth-0-per_year-low"], again["growth-0-per_year-high"]) == ("4,5", "3")
    assert (again["title"], again["why"]) == ("A better title", "Because")
    assert 'id="growth-0-per_year-low-error"' in html
    assert not ScenarioVersion.objects.filter(slug="short", number=2).exists()
    status, html = post(planner, "save", page=html, growth__0__per_year__low="2.9")
    assert status == 200
    text = ScenarioVersion.objects.get(slug="short", number=2).text
    assert 'title = "A better title"' in text
    assert "per_year = [0.029, 0.03]" in text


def test_every_problem_is_said_at_once_each_at_its_field(planner: Client) -> None:
    status, html = post(
        planner,
        "check",
        growth__0__first="next year",
        growth__0__source="",
        interventions__0__share__high="120",
        interventions__1__share__low="lots",
        interventions__0__phase__start="2030/31",
        population__weights__high="70",
        runs="many",
        horizon_year="2020",
    )
    assert status == 422
    for field in (
        "growth-0-first",
        "growth-0-source",
        "interventions-0-share-high",
        "interventions-1-share-low",
        "interventions-0-phase-full",
        "population-weights",
        "runs",
        "horizon_year",
    ):
        assert f'href="#{field}' in html, field
    again = sent(html)
    assert (again["growth-0-first"], again["interventions-0-share-high"]) == ("next year", "120")
    assert again["interventions-0-phase-start"] == "2030/31"


def test_saving_needs_a_reason_and_a_change(planner: Client) -> None:
    status, html = post(planner, "save", runs="32")
    assert status == 422
    assert "Say why in a sentence" in words(html)
    assert sent(html)["runs"] == "32"
    status, html = post(planner, "save", why="For fun")
    assert status == 422
    assert "This is what version 1 says already" in words(html)
    assert ScenarioVersion.objects.filter(slug="short").count() == 1


def test_checking_saves_nothing_and_says_that_all_is_well(planner: Client) -> None:
    status, html = post(planner, "check", runs="32", why="")
    assert status == 200
    assert "nothing is wrong with it" in words(html)
    assert "1 line added, 1 taken out" in words(html)
    assert ScenarioVersion.objects.filter(slug="short").count() == 1


# Versions


def test_a_system_file_is_never_changed_a_change_is_version_1(planner: Client) -> None:
    before = files()["no-change"].read_text()
    status, html = post(planner, "save", slug="no-change", runs="64", why="Quicker")
    assert status == 200
    assert files()["no-change"].read_text() == before
    assert ScenarioVersion.objects.get(slug="no-change").number == 1
    assert "system’s own file" in words(html)


def test_the_second_of_two_is_told_who_was_first_and_may_go_on(planner: Client, make_user: Callable[..., User]) -> None:
    page = shown(planner)
    other = make_user(P, username="ann")
    edit_services.save(
        access=access_of(other), name="short", text=TEXT.replace("runs = 16", "runs = 48"), why="More runs",
        base=version("short"), seen=1,
    )  # fmt: skip
    status, html = post(planner, "save", page=page, seed="9", why="Another seed")
    assert status == 422
    said = words(html)
    assert "Test Ann saved version 2 after you began" in said
    assert "More runs" in said
    assert "− taken out runs = 48" in said
    assert "+ added seed = 9" in said
    assert ScenarioVersion.objects.filter(slug="short").count() == 2
    status, html = post(planner, "save", page=html)
    assert status == 200
    third = ScenarioVersion.objects.get(slug="short", number=3)
    assert "seed = 9" in third.text
    assert "runs = 16" in third.text
    assert third.made_from == "short:1"


def test_an_older_version_may_be_taken_up_again(planner: Client) -> None:
    assert post(planner, "save", seed="9", why="Another seed")[0] == 200
    page = shown(planner, query="?version=1")
    status, _ = post(planner, "save", page=page, why="The first was better")
    assert status == 200
    third = ScenarioVersion.objects.get(slug="short", number=3)
    assert (third.text, third.made_from) == (TEXT, "short:1")


def test_a_scenario_with_more_fields_than_a_browser_sends_opens_as_text(planner: Client) -> None:
    many = "".join(
        f'[[growth]]\nname = "g{n}"\ntitle = "G {n}"\nkinds = ["emergency"]\nper_year = 0.01\n'
        'includes_population = false\nfirst = "2024/25"\nlast = "2025/26"\nsource = "own default"\n'
        for n in range(160)
    )
    page = shown(planner, query="?as=text")
    status, _ = post(planner, "save", page=page, text=TEXT + many, why="Many")
    assert status == 200
    html = shown(planner)
    assert sent(html)["text"] == TEXT + many
    assert "growth-0-per_year-low" not in html


def test_of_two_at_the_same_moment_one_is_told(
    planner: Client, monkeypatch: pytest.MonkeyPatch, make_user: Callable[..., User]
) -> None:
    known, ann = edit_services._known, access_of(make_user(P, username="ann"))

    def and_then_somebody_saves(name: str) -> list[Version]:
        found = known(name)
        monkeypatch.setattr(edit_services, "_known", known)
        theirs = TEXT.replace("seed = 1", "seed = 2")
        edit_services.save(access=ann, name="short", text=theirs, why="First", base=found[0], seen=1)
        return found

    monkeypatch.setattr(edit_services, "_known", and_then_somebody_saves)
    status, html = post(planner, "save", seed="9", why="Second")
    assert status == 422
    assert "Test Ann saved version 2" in words(html)
    assert not ScenarioVersion.objects.filter(text__contains="seed = 9").exists()


def test_another_name_is_a_copy_and_a_taken_or_crooked_name_is_refused(planner: Client) -> None:
    status, html = post(planner, "save", name="winter-2030", why="To try winter")
    assert status == 200
    copy = ScenarioVersion.objects.get(slug="winter-2030")
    assert (copy.number, copy.made_from) == (1, "short:1")
    assert 'name = "winter-2030"' in copy.text
    status, html = post(planner, "save", name="no-change", why="Mine")
    assert status == 422
    assert "There is a scenario called no-change already" in words(html)
    status, html = post(planner, "save", name="Winter 2030", why="Mine")
    assert status == 422
    assert 'href="#name"' in html
    assert sent(html)["name"] == "Winter 2030"


# The text


def test_as_text_what_is_wrong_is_said_with_its_line(planner: Client) -> None:
    page = shown(planner, query="?as=text")
    assert sent(page)["text"] == TEXT
    broken = TEXT.replace("[0.05, 0.15]", "[0.15, 0.05]").replace('effect = "avoid"', 'efect = "avoid"')
    status, html = post(planner, "save", page=page, text=broken, why="Try")
    assert status == 422
    assert sent(html)["text"] == broken
    said = words(html)
    assert "line 33" in said
    assert "upside down" in said
    assert "Did you mean &#39;effect&#39;?" in said or "Did you mean 'effect'?" in said
    status, html = post(planner, "save", page=html, text="name = ", why="Try")
    assert status == 422
    assert "This is not TOML" in words(html)
    assert ScenarioVersion.objects.filter(slug="short").count() == 1
    status, html = post(planner, "save", page=page, text=TEXT + "# one more line\n", why="A note")
    assert status == 200
    assert ScenarioVersion.objects.get(slug="short", number=2).text == TEXT + "# one more line\n"


def test_a_text_over_200_kb_is_refused_in_words(planner: Client) -> None:
    page = shown(planner, query="?as=text")
    status, html = post(planner, "save", page=page, text=TEXT + "#" * LONGEST, why="Much")
    assert status == 422
    assert "longer than 200 kB" in words(html)
    assert ScenarioVersion.objects.filter(slug="short").count() == 1


def test_form_and_text_turn_into_each_other_with_what_was_typed(planner: Client) -> None:
    _, html = post(planner, "text", runs="48")
    assert "runs = 48 # few" in sent(html)["text"]
    _, html = post(planner, "form", page=html)
    assert sent(html)["runs"] == "48"


# Interventions


def test_a_new_intervention_is_added_from_a_short_form(planner: Client) -> None:
    new = {
        "new__title": "Virtual wards", "new__effect": "shorten", "new__low": "5", "new__high": "12", "new__ages": "65+",
        "new__marker": "virtual_ward", "new__start": "2025", "new__full": "2028/29", "new__source": "own default",
        "new__owner": "Community services",
    }  # fmt: skip
    page = shown(planner)
    data = sent(page, **new) | {"act": "add", "new-kinds": ["emergency", "elective"], "new-sites": "RGP"}
    html = planner.post(reverse("planning:save", args=["short"]), data).content.decode()
    assert "Virtual wards is added here" in words(html)
    made = tomllib.loads(sent(html)["document"])["interventions"][-1]
    assert made == {
        "name": "virtual-wards", "title": "Virtual wards", "effect": "shorten", "kinds": ["emergency", "elective"],
        "sites": ["RGP"], "ages": "65+", "markers": ["virtual_ward"], "share": [0.05, 0.12],
        "phase": {"start": "2025/26", "full": "2028/29"}, "source": "own default", "owner": "Community services",
    }  # fmt: skip
    assert sent(html)["new-title"] == ""
    status, html = post(planner, "save", page=html, why="To see what they return")
    assert status == 200
    found = read(ScenarioVersion.objects.get(slug="short", number=2).text)
    assert found.scenario is not None
    assert [one.name for one in found.scenario.interventions] == ["falls", "stays", "virtual-wards"]


def test_an_unfinished_intervention_is_kept_and_not_saved(planner: Client) -> None:
    status, html = post(planner, "save", new__title="Half a thought", new__low="9", new__high="4", why="Try", runs="20")
    assert status == 422
    for field in ("new-effect", "new-source", "new-low", "new-start", "new-full"):
        assert f'href="#{field}"' in html, field
    assert (sent(html)["new-title"], sent(html)["runs"]) == ("Half a thought", "20")
    wrong = {
        "new__effect": "convert",
        "new__source": "own default",
        "new__low": "3",
        "new__start": "2025",
        "new__full": "2024",
    }
    status, html = post(planner, "add", page=html, **wrong)
    assert status == 422
    assert 'href="#new-to"' in html
    assert 'href="#new-full"' in html
    assert ScenarioVersion.objects.filter(slug="short").count() == 1


def test_an_intervention_is_taken_out_and_what_was_typed_into_the_next_one_stays_with_it(planner: Client) -> None:
    status, html = post(
        planner, "remove:interventions-0", interventions__1__share__low="eleven", interventions__1__owner="Ann"
    )
    again = sent(html)
    assert again["interventions-0-title"] == "Shorter stays"
    assert again["interventions-0-owner"] == "Ann"
    assert again["interventions-0-share-low"] == "eleven"
    assert status == 422
    status, html = post(planner, "save", page=html, interventions__0__share__low="10", why="Not ours to do")
    assert status == 200
    text = ScenarioVersion.objects.get(slug="short", number=2).text
    assert [one["name"] for one in tomllib.loads(text)["interventions"]] == ["stays"]


def test_those_who_may_only_see_may_not_save(client_for: Callable[..., Client], planner: Client) -> None:
    page, client = shown(planner), client_for(E)
    data = sent(page, runs="99", why="Mine") | {"act": "save"}
    assert client.post(reverse("planning:save", args=["short"]), data).status_code == 403
    assert client.get(reverse("planning:edit", args=["short"])).status_code == 403
    assert ScenarioVersion.objects.filter(slug="short").count() == 1
