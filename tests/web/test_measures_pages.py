"""The summary of measures and the page of one: what they say first, to whom, and what they never say."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import measures_support as support
import pytest
from django.test import Client
from django.urls import reverse
from snapshot_factory import Made

from wherry.web.access import Role
from wherry.web.measures import lines

ClientFor = Callable[..., Client]


@pytest.fixture(scope="module")
def folder(handmade_data: tuple[Path, Made], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the handmade snapshot and the made values."""
    root = tmp_path_factory.mktemp("measures")
    copytree(handmade_data[1].hub, root / "hub")
    support.made_values(root)
    return root


@pytest.fixture(autouse=True)
def made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERRY_DATA", str(folder))
    support.use(monkeypatch)
    lines.forget()


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    found = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found)).split())


def test_the_summary(client_for: ClientFor) -> None:
    got = text_of(client_for(Role.EXECUTIVE), reverse("measures:summary"))
    Path("/tmp/p4_summary.txt").write_text(got)


def test_the_page(client_for: ClientFor) -> None:
    got = text_of(client_for(Role.EXECUTIVE), reverse("measures:measure", args=["made-waits"]))
    Path("/tmp/p4_page.txt").write_text(got)
