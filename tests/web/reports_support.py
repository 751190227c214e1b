"""Editions of reports for tests: made through the services, from measures made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import measures_support as figures
import pyarrow as pa
from accounts_support import TRUSTS, account

from wherry.performance import disclosure
from wherry.performance.measures import scopes
from wherry.performance.measures.values import VALUES, Values
from wherry.performance.report import Figures, Given, Report, assemble, to_json
from wherry.reference.system import load
from wherry.web.access import Role
from wherry.web.access.access import Access, access_of
from wherry.web.access.models import User
from wherry.web.reports import files, selectors, services
from wherry.web.reports.models import Edition, EditionFile

MONTH = date(2025, 12, 1)
SAID = {
    "what": "Fewer were seen in time.",
    "why": "A ward was closed.",
    "so_what": "Older people waited longest.",
    "action": "Open the ward again.",
    "by_when": "2026-04-30",
    "by_whom": "Chief operating officer",
}


def made_report() -> Report:
    """The group's report from the figures of `measures_support`, without any store."""
    columns = zip(*figures.rows(), strict=True)
    table = pa.table(
        {field.name: pa.array(list(column), field.type) for field, column in zip(VALUES, columns, strict=True)},
        schema=VALUES,
    )
    system = load("norfolk-waveney")
    found = Figures(
        Values(Path("nowhere"), {"load_id": "made"}, table), scopes.scopes(system, MONTH), disclosure.rules(system)
    )
    given = Given(found, figures.MEASURES, system.title, True, "2026-01-20T09:00:00+00:00")
    return assemble(given, "group", MONTH)


def matrix_needs() -> Mapping[str, tuple[dict[str, object], str]]:
    """A sent edition and a draft, for the table of addresses and roles."""
    user = account(None, TRUSTS, "maker")
    report = made_report()
    now = datetime.now(UTC)
    for version in (1, 2):
        edition = Edition.objects.create(
            scope="group",
            scope_name=report.scope_name,
            month=MONTH,
            version=version,
            state="sent" if version == 1 else "draft",
            report=to_json(report),
            report_sha256="",
            values_id="made",
            made_by=user,
            made_by_name="Test Maker",
            made_at=now,
            figures_at=now,
            sent_by=user,
            sent_by_name="Test Maker",
            sent_at=now,
        )
        if version == 1:
            content = files.render(report, "xlsx")
            sha = files.sha256(content)
            EditionFile.objects.create(edition=edition, kind="xlsx", content=content, size=len(content), sha256=sha)
    address = {"scope": "group", "month": "2025-12"}
    return {
        "report": ({**address, "version": 1}, ""),
        "report_file": ({**address, "version": 1, "kind": "xlsx"}, ""),
        "report_draft": ({**address, "version": 2, "measure": "made-waits"}, ""),
    }


def person(role: Role, name: str) -> Access:
    """Somebody of a role at every trust."""
    return access_of(account(role, TRUSTS, name))


def user_of(access: Access) -> User:
    """Who that is."""
    assert access.user is not None
    return access.user


def written_and_signed(edition: Edition, writer: Access, signer: Access) -> Edition:
    """Everything said that must be, and signed by another."""
    report = selectors.report_of(edition)
    for code in ("", *(one.code for one in report.exceptions)):
        text = services.write(access=writer, edition=edition, measure=code, seen=0, text=SAID)
        services.sign(access=signer, edition=edition, measure=code, number=text.number)
    return Edition.objects.get(pk=edition.pk)


def sent(edition: Edition, writer: Access, signer: Access, secretary: Access) -> Edition:
    """The same, sent."""
    ready = written_and_signed(edition, writer, signer)
    return services.send(access=secretary, edition=ready, touched=ready.touched)
