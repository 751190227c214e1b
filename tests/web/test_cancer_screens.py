"""The cancer list, one patient's page and the performance page: what they show, to whom, and that looks are logged."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from datetime import date

import pytest
from cancer_support import rows
from django.test import Client
from django.urls import reverse
from snapshot_factory import Made

from wherry.web.access import Role
from wherry.web.access.models import AuditEvent
from wherry.web.cancer import frame, kept
from wherry.web.cancer.models import Act, Tracking
from wherry.web.components.formats import person_name

ClientFor = Callable[..., Client]
TODAY = date(2026, 1, 31)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    frame.forget()
    kept.forget()


@pytest.fixture
def navigator(handmade: Made, client_for: ClientFor) -> Client:
    return client_for(Role.CANCER_NAVIGATOR)


def page(client: Client, query: str = "") -> str:
    response = client.get(reverse("cancer:list") + query)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def shown(text: str) -> list[str]:
    """Names on the list, in order."""
    return re.findall(r'<td role="cell" class="wl-who"><a href="[^"]+">([^<]+)</a>', text)


def names(found: list[dict[str, object]]) -> list[str]:
    return sorted(person_name(row["surname"], row["forename"]) for row in found)  # type: ignore[arg-type]


def there(row: dict[str, object], name: str = "cancer:patient") -> str:
    return reverse(name, kwargs={"key": row["cancer_key"]})


# --- the list -------------------------------------------------------------------------------------------------------


def test_everybody_tracked_is_listed_and_who_breaches_next_comes_first(navigator: Client, handmade: Made) -> None:
    text = page(navigator)
    tracked = rows(handmade)
    assert sorted(shown(text)) == names(tracked)
    ahead = [row for row in tracked if row["breach_on"] and row["breach_on"] > TODAY]
    soonest = min(row["breach_on"] for row in ahead)
    first = person_name(
        *(min(ahead, key=lambda r: (r["breach_on"], r["cancer_key"]))[n] for n in ("surname", "forename"))
    )
    assert "Next to breach:" in text
    assert shown(text)[0] == first
    assert f"on {soonest.day} {soonest:%b %Y}" in text


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("?trust=RGP", lambda r: r["organisation"] == "RGP"),
        ("?tumour=lung&tumour=skin", lambda r: r["tumour_group"] in ("lung", "skin")),
        ("?clock=d62", lambda r: r["breach_clock"] == "d62"),
        ("?owner=none", lambda r: not r["owner"]),
        ("?band=0", lambda r: r["day"] <= 28),
        ("?band=1&band=2", lambda r: 29 <= r["day"] <= 103),
        ("?concern=over_62", lambda r: "over_62" in r["concerns"].split(";")),
        ("?work=no_action", lambda r: True),
        ("?work=escalated", lambda r: False),
    ],
)
def test_each_filter(navigator: Client, handmade: Made, query: str, fits: Callable[..., bool]) -> None:
    assert sorted(shown(page(navigator, query))) == names([row for row in rows(handmade) if fits(row)])


def test_orders_and_pages(navigator: Client, handmade: Made) -> None:
    by_day = [
        int(n)
        for n in re.findall(
            r'class="app-number"><span class="wl-label">Day </span><strong>(\d+)', page(navigator, "?order=longest")
        )
    ]
    assert by_day == sorted(by_day, reverse=True)
    assert len(by_day) == len(rows(handmade))
    assert "Part of this address was not understood" in page(navigator, "?order=lunch&page=zero&trust=XX&band=9")
    assert len(shown(page(navigator, "?page=900"))) == len(by_day)


def test_a_search_finds_by_name_and_number_and_is_logged(navigator: Client, handmade: Made) -> None:
    row = next(row for row in rows(handmade) if row["nhs_number"] and row["surname"].isalpha())
    found = shown(page(navigator, f"?q={row['surname'][:6].lower()}"))
    assert person_name(row["surname"], row["forename"]) in found
    assert shown(page(navigator, f"?q={row['nhs_number']}")) != []
    assert page(navigator, "?q=nobody-of-this-name").count("Nobody on the cancer list fits") == 1
    searched = AuditEvent.objects.filter(action="cancer.searched")
    assert searched.count() == 3
    assert row["cancer_key"] in searched.order_by("sequence")[0].detail


def test_only_ones_own_trusts_are_listed(handmade: Made, client_for: ClientFor) -> None:
    client = client_for(Role.CANCER_NAVIGATOR, ("RGP",))
    assert sorted(shown(page(client))) == names(rows(handmade, trust="RGP"))
    assert client.get(there(rows(handmade, trust="RM1")[0])).status_code == 404
    assert "Nobody on the cancer list fits" in page(client_for(Role.CANCER_NAVIGATOR, ("XX",)))


def test_the_file_has_every_row_of_the_filter_and_its_taking_is_logged(navigator: Client, handmade: Made) -> None:
    response = navigator.get(reverse("cancer:export_csv") + "?trust=RM1&order=longest")
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    lines = list(csv.reader(io.StringIO(text)))
    wanted = rows(handmade, trust="RM1")
    assert lines[0] == [f"Cancer list as at 31 Jan 2026: {len(wanted)} rows."]
    assert "Trust that tracks" in lines[1][0]
    body = lines[6:]
    assert sorted(line[-2] for line in body) == sorted(row["cancer_key"] for row in wanted)
    assert AuditEvent.objects.get(action="cancer.exported").detail.count(f'"rows":{len(wanted)}') == 1


# --- one patient ----------------------------------------------------------------------------------------------------


def test_the_page_says_where_the_patient_stands_and_is_logged(navigator: Client, handmade: Made) -> None:
    for row in rows(handmade, tracked=None):
        response = navigator.get(there(row))
        assert response.status_code == 200, row["cancer_key"]
        text = html.unescape(response.content.decode())
        assert row["why"] in text
        assert text.count("62 days to treatment: ") == 1
        assert reverse("waiting:pathway", kwargs={"key": row["pathway_key"]}) in response.content.decode()
    opened = AuditEvent.objects.filter(action="cancer.opened").values_list("subject_key", flat=True)
    assert list(opened) == [row["cancer_key"] for row in rows(handmade, tracked=None)]


def test_chase_escalate_plan_transfer_comment_and_undo(navigator: Client, handmade: Made) -> None:
    row = next(row for row in rows(handmade, trust="RM1") if row["day"] > 40)
    user = navigator.session["_auth_user_id"]
    forms = [
        ("chase", {"milestone": "informed", "asked": "Clinic 4", "due_on": "2/2/2026"}, "The chase is recorded."),
        ("plan", {"text": "Book MDT", "owner": user, "due_on": "3 February 2026"}, "The next action is recorded."),
        ("escalate", {"level": "1", "person": user, "text": "No room"}, "The escalation is recorded."),
        ("transfer", {"to_organisation": "RGP", "sent_on": "30/1/2026", "data_set_sent": "yes"}, "after day 38"),
        ("comment", {"text": "Patient <b>rang</b>"}, "The comment is saved."),
        ("done", {"text": "Booked"}, "The action is done."),
    ]
    for name, values, said in forms:
        response = navigator.post(there(row, f"cancer:{name}"), values, follow=True)
        assert response.status_code == 200, (name, response.content)
        assert said in response.content.decode(), name
    text = navigator.get(there(row)).content.decode()
    assert "Patient &lt;b&gt;rang" in text
    assert "asked Clinic 4" in text
    listed = page(navigator, "?work=escalated")
    assert shown(listed) == [person_name(row["surname"], row["forename"])]
    assert "Escalated, level 1" in listed
    act = Act.objects.get(kind="escalate")
    navigator.post(there(row, "cancer:undo"), {"act": act.pk, "reason": "Solved"})
    assert Tracking.objects.get(cancer_key=row["cancer_key"]).level == 0


def test_a_form_that_is_wrong_keeps_what_was_written(navigator: Client, handmade: Made) -> None:
    row = rows(handmade)[0]
    response = navigator.post(there(row, "cancer:chase"), {"asked": "Ward 7", "due_on": "32/1/2026", "milestone": "x"})
    text = html.unescape(response.content.decode())
    assert response.status_code == 400
    assert 'value="Ward 7"' in text
    assert "“32/1/2026” is not a date" in text
    assert '<details class="wl-choice" open>' in text
    assert 'href="#chase-milestone"' in text
    assert not Act.objects.exists()


def test_a_clinician_sees_the_harm_form_and_no_tracking_forms(handmade: Made, client_for: ClientFor) -> None:
    text = client_for(Role.CLINICIAN).get(there(rows(handmade)[0])).content.decode()
    assert "Record a harm review" in text
    assert "Chase the next step" not in text
    assert "Write a comment" in text


# --- performance ----------------------------------------------------------------------------------------------------


def test_performance_adds_up_and_links_to_the_people(navigator: Client, handmade: Made) -> None:
    text = html.unescape(navigator.get(reverse("cancer:performance")).content.decode())
    ended = [row for row in rows(handmade, tracked=None) if row["fds_status"] in ("met", "breached")]
    missed = sum(row["fds_status"] == "breached" for row in ended)
    assert f"{100 * (len(ended) - missed) / len(ended):.1f}%" in text
    late = re.search(r'<a href="([^"]+outcome=fds_breached)">(\d+) late</a>', text)
    assert late is not None
    assert int(late[2]) == missed
    assert len(shown(page(navigator, "?" + late[1].partition("?")[2]))) == missed
    month = re.search(r'<option value="(20\d\d-\d\d)">', text)
    assert month is not None
    assert navigator.get(reverse("cancer:performance") + f"?month={month[1]}&trust=RGP").status_code == 200


def test_an_executive_sees_totals_and_no_way_to_people(handmade: Made, client_for: ClientFor) -> None:
    text = client_for(Role.EXECUTIVE).get(reverse("cancer:performance")).content.decode()
    assert "By tumour group" in text
    assert "outcome=" not in text


def test_nothing_built_yet(no_data: object, client_for: ClientFor) -> None:
    client = client_for(Role.CANCER_NAVIGATOR)
    assert b"There is no snapshot yet" in client.get(reverse("cancer:list")).content
    assert b"There is no snapshot yet" in client.get(reverse("cancer:performance")).content
    assert client.get(reverse("cancer:patient", kwargs={"key": "RM1:K1"})).status_code == 404
