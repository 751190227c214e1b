"""Files of an edition: made from its report, or handed out as they were sent."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from wherry.errors import UserError
from wherry.performance.report import Report, to_json
from wherry.web.reports import selectors
from wherry.web.reports.models import Edition, EditionFile


def render(report: Report, kind: str) -> bytes:
    """A report as `pdf`, `xlsx` or `json`."""
    if kind == "pdf":
        from wherry.performance.report import pdf

        return pdf.render(report)
    if kind == "xlsx":
        from wherry.performance.report import workbook

        return workbook.render(report)
    return to_json(report).encode()


def file_of(edition: Edition, kind: str) -> bytes:
    """A file of an edition: the very bytes that were sent, or what the draft would be now.

    Raises UserError where a kept file is not what was sent.
    """
    if edition.is_draft:
        return render(replace(selectors.report_of(edition), version=edition.version, reason=edition.reason), kind)
    if kind == "json":
        content, sha = edition.report.encode(), edition.report_sha256
    else:
        kept = EditionFile.objects.get(edition=edition, kind=kind)
        content, sha = bytes(kept.content), kept.sha256
    if sha256(content) != sha:
        raise UserError(
            f"The kept {kind} of this edition is not what was sent: its SHA-256 differs. It is not handed out. Tell "
            "whoever runs this service; the audit log has the SHA-256 of what was sent."
        )
    return content


def sha256(content: bytes) -> str:
    """SHA-256 of a file, as it is kept and shown."""
    return hashlib.sha256(content).hexdigest()
