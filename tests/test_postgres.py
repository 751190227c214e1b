"""The web's own tests again, on PostgreSQL: what people do is kept there in production."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.mark.postgres
def test_every_test_of_the_web_passes_on_postgresql() -> None:
    server = os.environ.get("WHERRY_TEST_POSTGRES")
    if not server:
        pytest.skip("no PostgreSQL: set WHERRY_TEST_POSTGRES to the address of a server where databases may be created")
    environment = os.environ | {"WHERRY_DATABASE_URL": server}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/web", "-q", "-m", "not browser", "--create-db"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert " passed" in run.stdout
