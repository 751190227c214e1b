"""The web's own tests of acts and screens again, on PostgreSQL: what people do is kept there in production."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
#: Who may see what, pages that only read, and what keeps nothing do not depend on the database: they are tried once.
LEFT_OUT = [
    f"--ignore=tests/web/{name}.py"
    for name in (
        *("test_matrix", "test_elective_capacity_pages", "test_elective_diagnostics_pages"),
        *("test_elective_whatif_pages", "test_elective_whatif_question", "test_data_published"),
        *("test_planning_charts", "test_waiting_filters", "test_waiting_screens", "test_data_screens"),
        *("test_feed_mllp", "test_feed_listener", "test_feed_pages", "test_beds_pages", "test_outlook_pages"),
        *("test_emergency_now", "test_discharge_pages", "test_discharge_access", "test_virtual_pages"),
    )
]


@pytest.mark.postgres
def test_what_people_do_is_kept_on_postgresql() -> None:
    server = os.environ.get("WHERRY_TEST_POSTGRES")
    if not server:
        pytest.skip("no PostgreSQL: set WHERRY_TEST_POSTGRES to the address of a server where databases may be created")
    environment = os.environ | {"WHERRY_DATABASE_URL": server}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/web", "-q", "-m", "not browser", "--create-db", *LEFT_OUT],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert " passed" in run.stdout
