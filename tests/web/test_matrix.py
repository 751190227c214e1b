"""Every address with every role: one table says what each gets, and an address that is not in the table fails the test.

Those in `who` get the status in `allowed` (of a form: an empty one); others get 403; a stranger is sent to sign in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pyarrow.parquet as pq
import pytest
import well_support
from accounts_support import TRUSTS, account
from aid_support import made_run
from beds_support import made_beds_run
from discharge_support import matrix_needs as discharge_needs
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from evaluation_support import matrix_needs as evaluation_needs
from feed_support import matrix_message, matrix_sender
from matrix_beds import BEDS_NOW
from matrix_cancer import CANCER
from matrix_discharge import DISCHARGE
from matrix_elective import ELECTIVE
from matrix_emergency import EMERGENCY
from matrix_evaluation import EVALUATION
from matrix_feed import FEED
from matrix_inequalities import INEQUALITIES
from matrix_line import ALL, OPENS, QUALITY, ROWS, A, C, D, E, G, Line, M
from matrix_measures import MEASURES
from matrix_offers import OFFERS
from matrix_outlook import OUTLOOK
from matrix_peers import PEERS
from matrix_planning import PLANNING
from matrix_reports import REPORTS
from matrix_unplanned import UNPLANNED
from matrix_virtual import VIRTUAL
from matrix_well import WELL
from offers_support import matrix_needs
from planning_support import made_plan_run, made_version
from pytest_django import DjangoDbBlocker
from reports_support import matrix_needs as report_needs
from snapshot_factory import Made
from unplanned_support import matrix_call
from virtual_support import matrix_needs as virtual_needs

from wherry.web.access import Permission, Role
from wherry.web.access.models import User
from wherry.web.access.requires import MARK
from wherry.web.components import errors

TABLE = (
    # sign-in and one's own account
    Line("access:sign_in", ALL, 302, stranger=200),
    Line("access:sign_out", ALL, 302, "POST"),
    Line("access:help", ALL, stranger=200),
    Line("access:about", ALL, stranger=200),
    Line("access:health", ALL, stranger=200),
    Line("access:me", ALL),
    Line("access:password", ALL),
    # administrators
    Line("access:people", frozenset({D})),
    Line("access:person_add", frozenset({D})),
    Line("access:person", frozenset({D}), needs="person"),
    Line("access:person_change", frozenset({D}), 422, "POST", needs="change"),
    # information governance
    Line("access:audit", frozenset({G})),
    Line("access:audit_unusual", frozenset({G})),
    Line("access:audit_export", frozenset({G})),
    Line("access:audit_check", frozenset({G}), 302, "POST"),
    # totals
    Line("home:control_room", ALL),
    Line("home:measure", ALL, needs="measure"),
    Line("data:published", ALL),
    # what came in
    Line("data:sources", QUALITY),
    Line("data:quarantine", QUALITY),
    Line("data:loads", QUALITY),
    Line("data:findings", OPENS, needs="rule"),
    Line("data:findings_csv", frozenset({M}), needs="rule"),
    Line("data:links", frozenset({M})),
    Line("data:link", frozenset({M}), needs="pair"),
    # the list
    Line("waiting:list", ROWS),
    Line("waiting:export_csv", frozenset({M, A})),
    Line("waiting:export_excel", frozenset({M, A})),
    Line("waiting:views", ROWS),
    Line("waiting:save_view", ROWS, 302, "POST"),
    Line("waiting:change_view", ROWS, 302, "POST", needs="view"),
    # a patient
    Line("waiting:pathway", OPENS, needs="pathway"),
    Line("waiting:add_note", OPENS, 400, "POST", needs="pathway"),
    Line("waiting:undo", OPENS, 302, "POST", needs="pathway"),
    # validation
    Line("waiting:validation", frozenset({M})),
    Line("waiting:next_case", frozenset({M}), 302),
    Line("waiting:bulk", frozenset({M})),
    Line("waiting:confirm_all", frozenset({M}), 400, "POST"),
    Line("waiting:worklist", frozenset({M})),
    Line("waiting:validate", frozenset({M}), needs="pathway"),
    Line("waiting:decide", frozenset({M}), 302, "POST", needs="pathway"),
    Line("waiting:clinical", frozenset({C})),
    Line("waiting:clinical_case", frozenset({C}), needs="pathway"),
    Line("waiting:decide_clinically", frozenset({C}), 302, "POST", needs="pathway"),
    # elective work
    *ELECTIVE,
    *OFFERS,
    *WELL,
    *CANCER,
    *PLANNING,
    *DISCHARGE,
    *BEDS_NOW,
    *FEED,
    *EMERGENCY,
    *UNPLANNED,
    *VIRTUAL,
    *OUTLOOK,
    *MEASURES,
    *PEERS,
    *INEQUALITIES,
    *EVALUATION,
    *REPORTS,
)


def patterns(resolver: URLResolver, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every pattern with its name, `space:name`."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, entry.namespace or space)
        else:
            yield f"{space}:{entry.name}", entry


@dataclass(frozen=True)
class Standing:
    """What every line of the table is tried with: a snapshot, somebody of each role signed in, and what they need."""

    made: Made
    sessions: dict[tuple[Role | None, tuple[str, ...]], str]
    needs: dict[str, tuple[dict[str, object], str]]


@pytest.fixture(scope="module")
def standing(
    handmade_data: tuple[Path, Made],
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Standing]:
    """Made once. Each test's own transaction is within this one, so that what it writes goes and this stays."""
    made = handmade_data[1]
    root = tmp_path_factory.mktemp("matrix")
    copytree(made.hub, root / "hub")
    folder = root / "hub" / "snapshots" / made.snapshot_id
    review = pq.read_table(folder / "link_review.parquet").to_pylist()[0]
    listed = pq.read_table(folder / "waiting_list.parquet").to_pylist()
    doubtful = next(row for row in listed if row["worst_severity"] == "high")
    cancer = next(row for row in pq.read_table(folder / "cancer_wait.parquet").to_pylist() if row["tracked"])
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        patch.setenv("WHERRY_DATA", str(root))
        everybody = ((role, where) for where in (TRUSTS, ("NOBODY",)) for role in (None, *Role))
        sessions: dict[tuple[Role | None, tuple[str, ...]], str] = {}
        for role, organisations in everybody:
            client = Client()
            name = f"standing-{role.value if role else 'nobody'}-{'-'.join(organisations)}"
            client.force_login(account(role, organisations, name))
            sessions[role, organisations] = client.cookies[settings.SESSION_COOKIE_NAME].value
        somebody = account(None, TRUSTS, "somebody")
        needs: dict[str, tuple[dict[str, object], str]] = {
            "": ({}, ""),
            "person": ({"pk": somebody.pk}, ""),
            "change": ({"pk": somebody.pk, "act": "grant"}, ""),
            "rule": ({"rule": "p2_overdue"}, ""),
            "measure": ({"code": "over_52"}, ""),
            "pair": ({}, f"?left={review['left_identity']}&right={review['right_identity']}"),
            "view": ({"view_id": 1, "act": "delete"}, ""),
            "pathway": ({"key": doubtful["pathway_key"]}, ""),
            "cancer": ({"key": cancer["cancer_key"]}, ""),
            "aid_run": ({"run_id": made_run(made).pk}, ""),
            "plan_run": ({"pk": made_plan_run().pk}, ""),
            "beds_run": ({"pk": made_beds_run().pk}, ""),
            "ward": ({"site": "RM102", "ward": "M1"}, ""),
            "bed": ({"site": "RM102", "ward": "M1", "bay": "A", "number": 1}, ""),
            "plan_scenario": ({"slug": made_version().slug}, ""),
            "feed_message": ({"pk": matrix_message()}, ""),
            "performance_measure": ({"code": "rtt-52-weeks"}, ""),
            "performance_file": ({"code": "rtt-52-weeks", "kind": "csv"}, ""),
            "feed_sender": ({"pk": matrix_sender()}, ""),
            "peers_measure": ({"code": "four-hour-published"}, ""),
            "peers_table": ({"form": "csv"}, ""),
        }
        call = matrix_call()
        needs |= {"call": ({"pk": call.pk}, ""), "call_act": ({"pk": call.pk, "act": "refuse"}, "")}
        needs |= discharge_needs()
        needs |= virtual_needs()
        needs |= evaluation_needs()
        needs |= report_needs()
        yield Standing(made, sessions, needs)
        transaction.set_rollback(True)


@pytest.fixture
def signed_in(standing: Standing, db: None) -> Callable[..., Client]:
    """`signed_in(role, organisations=TRUSTS)`: a client signed in as a person of that role (made once a test)."""
    made: dict[tuple[Role | None, tuple[str, ...]], Client] = {}

    def sign_in(role: Role | None, organisations: tuple[str, ...] = TRUSTS) -> Client:
        key = (role, organisations)
        if key not in made:
            made[key] = Client()
            made[key].cookies[settings.SESSION_COOKIE_NAME] = standing.sessions[key]
        return made[key]

    return sign_in


@pytest.fixture
def address(standing: Standing, db: None) -> Callable[[Line], str]:
    """The address of a line, with something real behind it."""

    def of(line: Line) -> str:
        if line.needs.startswith("well_"):
            kwargs, query = well_support.matrix_needs(line.needs, standing.made)
        elif line.needs in standing.needs:
            kwargs, query = standing.needs[line.needs]
        else:
            kwargs, query = matrix_needs(line.needs, standing.made)
        return reverse(line.name, kwargs=kwargs) + query

    return of


@pytest.fixture
def short_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal of few words: its page is the same everywhere, and would be drawn thousands of times."""
    monkeypatch.setattr(errors, "_page", lambda request, status, *words: HttpResponse(words, status=status))


@pytest.fixture
def made_of(handmade_data: tuple[Path, Made]) -> Made:
    """The people of the handmade snapshot."""
    return handmade_data[1]


def test_the_table_has_every_address_once() -> None:
    real = sorted(name for name, _ in patterns(get_resolver()))
    assert sorted(line.name for line in TABLE) == real


def test_every_view_says_who_may() -> None:
    for name, pattern in patterns(get_resolver()):
        mark = getattr(pattern.callback, MARK, None)
        assert mark, name
        line = next(line for line in TABLE if line.name == name)
        expected = {role for role in Role if mark in role.permissions} if isinstance(mark, Permission) else set(ALL)
        assert expected == line.who, name


def test_before_the_first_build_every_page_still_answers(
    no_data: Path, client_for: Callable[..., Client], make_user: Callable[..., User]
) -> None:
    """Comes first, before anything stands. The first and the last role that has the page."""
    plain = [line for line in TABLE if line.method == "GET" and not line.needs]
    for line in plain:
        allowed = [role for role in Role if role in line.who]
        for role in {allowed[0], allowed[-1]}:
            assert client_for(role).get(reverse(line.name)).status_code < 500, (line.name, role)


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.name)
@pytest.mark.usefixtures("short_refusals")
def test_each_role_gets_what_the_table_says(
    line: Line, address: Callable[[Line], str], signed_in: Callable[..., Client], made_of: Made
) -> None:
    """And roles without identities see no name and no number there."""
    there = address(line)
    got = {}
    for role in Role:
        client = signed_in(role)
        response = client.get(there) if line.method == "GET" else client.post(there)
        got[role.value] = response.status_code
        if role in {A, E, G, D}:
            content = b"".join(response.streaming_content) if response.streaming else response.content
            text = content.decode("utf-8", "replace").casefold()
            seen = [name for name in made_of.surnames if name.casefold() in text]
            seen += [number for number in ("999 0", "9990") if number in text]
            assert not seen, role
    assert got == {role.value: line.allowed if role in line.who else 403 for role in Role}


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.name)
@pytest.mark.usefixtures("short_refusals")
def test_the_other_method_opens_nothing_that_the_table_refuses(
    line: Line, address: Callable[[Line], str], signed_in: Callable[..., Client]
) -> None:
    there = address(line)
    for role in Role:
        if role not in line.who:
            client = signed_in(role)
            response = client.post(there) if line.method == "GET" else client.get(there)
            assert response.status_code == 403, role


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.name)
def test_a_stranger_is_sent_to_sign_in(line: Line, address: Callable[[Line], str], client: Client) -> None:
    there = address(line)
    response = client.get(there) if line.method == "GET" else client.post(there)
    assert response.status_code == line.stranger
    if line.stranger == 302:
        assert response["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.name)
def test_an_account_without_a_role_sees_nothing(
    line: Line, address: Callable[[Line], str], signed_in: Callable[..., Client]
) -> None:
    client, there = signed_in(None), address(line)
    response = client.get(there) if line.method == "GET" else client.post(there)
    assert response.status_code == (line.allowed if line.stranger == 200 or line.name == "access:sign_out" else 403)


@pytest.mark.parametrize(
    "line",
    [
        line
        for line in TABLE
        if line.needs
        in {"pathway", "pair", "cancer", "feed_message", "discharge_patient", "discharge_own", "virtual_patient"}
    ],
    ids=lambda line: line.name,
)
def test_another_trusts_patient_is_not_there(
    line: Line, address: Callable[[Line], str], signed_in: Callable[..., Client]
) -> None:
    there = address(line)
    for role in line.who:
        client = signed_in(role, ("NOBODY",))
        response = client.get(there) if line.method == "GET" else client.post(there)
        assert response.status_code == 404, role
