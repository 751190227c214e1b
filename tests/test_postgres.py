"""The web's own tests of acts and screens again, on PostgreSQL: what people do is kept there in production."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
#: What people do and what messages leave behind. Pages that only read, and who may see what, are tried on SQLite alone.
KEPT = [
    f"tests/web/test_{name}.py"
    for name in (
        *("access_people", "audit_chain", "beds_acts", "cancer_services", "data_links"),
        *("discharge_artificial", "discharge_escalation", "discharge_services", "elective_aid_runs"),
        *("emergency_levels", "emergency_loading", "evaluation_pages", "feed_listener_store", "feed_queue"),
        *("feed_store", "feed_store_days", "feed_store_load", "feed_store_merges", "feed_store_writers"),
        *("home_clockwork", "measures_acts", "offers_calls", "offers_codes", "offers_earlier", "offers_patient"),
        *("offers_places", "offers_staff", "offers_steps", "offers_transfer", "planning_edit", "planning_runs"),
        *("reports_editions", "unplanned_hub", "virtual_loading", "virtual_services", "waiting_decisions"),
        *("well_follow_ups", "well_forms", "well_harm", "well_patient"),
    )
]


@pytest.mark.postgres
def test_what_people_do_is_kept_on_postgresql() -> None:
    server = os.environ.get("WHERRY_TEST_POSTGRES")
    if not server:
        pytest.skip("no PostgreSQL: set WHERRY_TEST_POSTGRES to the address of a server where databases may be created")
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *KEPT, "-q", "-m", "not browser", "--create-db"],
        cwd=REPOSITORY,
        env=environment | {"WHERRY_DATABASE_URL": server},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-20000:] + run.stderr[-2000:]
    assert " passed" in run.stdout
