"""A real browser over a real server: one tiny artificial system, built through the front door, served by gunicorn.

The server is a process of its own with production settings (hashed static files, strict policy), so these tests touch
no database themselves. Everything here skips, and says so, where chromium is missing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wherry.web.access.permissions import Role

_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
]
#: How long to wait for what should come at once (milliseconds): a busy machine may take its time.
_PATIENCE = 60_000
#: What an accessibility check looks for: WCAG 2.2 at levels A and AA, and axe's own good practice.
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Live:
    """A running server: where it is, its working folder, and an account for each role."""

    url: str
    folder: Path
    accounts: dict[str, tuple[str, str]]

    def run(self, *words: str) -> str:
        """A `wherry` command on the server's working folder."""
        return _wherry(self.folder, *words)


def _environment(folder: Path) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "DJANGO"))},
        "WHERRY_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "wherry.web.config.settings",
    }


def _wherry(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from wherry.cli import main; raise SystemExit(main())", *words],
        env=_environment(folder),
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _chromium() -> str:
    found = os.environ.get("WHERRY_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("no chromium on this machine: install it, or set WHERRY_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def ready(tiny_system: Any, made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A working folder of the tiny system with its database and accounts, made once a run. Read only."""
    _chromium()

    def make(folder: Path) -> None:
        shutil.copytree(tiny_system.hub, folder / "hub")
        published = Path(os.environ.get("WHERRY_SHARED", Path(__file__).resolve().parents[3] / "shared" / "data"))
        extract = published / "nhse_rtt" / "rtt_jan2026_norfolk_waveney.csv"
        if extract.is_file():
            _wherry(folder, "published", "load", str(extract))
        for command in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
            subprocess.run(
                [sys.executable, "-m", "django", *command], env=_environment(folder), check=True, timeout=900
            )
        (folder / "accounts.json").write_text(_wherry(folder, "people", "demo", "--format", "json"), encoding="utf-8")

    return made_once("live", make)


@pytest.fixture(scope="session")
def live(ready: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The server over a copy of that folder. Tests share it: each leaves what others read as it was."""
    folder = tmp_path_factory.mktemp("live") / "data"
    shutil.copytree(ready, folder)
    environment = _environment(folder)
    rows = json.loads((folder / "accounts.json").read_text(encoding="utf-8"))
    accounts = {row["role"]: (row["username"], row["password"]) for row in rows}
    # Listening already, so that nobody else gets the port meanwhile.
    door = socket.create_server(("127.0.0.1", 0))
    port = door.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "wherry.web.config.wsgi:application"),
            *("--bind", f"fd://{door.fileno()}"),
            *("--workers", "1", "--threads", "4", "--worker-class", "gthread", "--log-level", "warning"),
            # A browser that waits a while on a slow machine finds its connection open, and the worker is not given up.
            *("--keep-alive", "75", "--timeout", "600"),
        ],
        pass_fds=[door.fileno()],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_for(url, server, folder / "server.log")
        yield Live(url, folder, accounts)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()
        door.close()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 300
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health/", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.25)
    raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One chromium a process. Its event loop stays, so Django is told that this process's other tests are safe."""
    executable = _chromium()
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=_PATIENCE)

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=executable, args=_FLAGS, timeout=3 * _PATIENCE)
        yield made
        made.close()


@pytest.fixture
def new_page(live: Live, browser: Any) -> Iterator[Callable[..., Any]]:
    """`new_page(width=1280, **options)`: a page in its own session. A script error or refused script fails the test."""
    contexts, troubles = [], []

    def make(width: int = 1280, height: int = 900, **options: Any) -> Any:
        context = browser.new_context(
            base_url=live.url, viewport={"width": width, "height": height}, locale="en-GB", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(_PATIENCE)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None,
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert not troubles, troubles


@pytest.fixture
def page(new_page: Callable[..., Any]) -> Any:
    """One page, 1280 wide."""
    return new_page()


@pytest.fixture(scope="session")
def signed_in() -> dict[str, list[Any]]:
    """The cookie of each role's last session."""
    return {}


@pytest.fixture
def sign_in(live: Live, signed_in: dict[str, list[Any]]) -> Callable[..., None]:
    """`sign_in(page, role, afresh=False)`: through the form, as a person does; later on by that session's cookie.

    A session that has ended, or `afresh`, brings the form again; a session made afresh is the test's own.
    """

    def enter(page: Any, role: Role | str, *, afresh: bool = False) -> None:
        kept = signed_in.get(str(role))
        if kept and not afresh:
            page.context.add_cookies(kept)
            page.goto("/")
            if "/sign-in/" not in page.url:
                return
        username, password = live.accounts[str(role)]
        page.goto("/sign-in/")
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{live.url}/")  # not a pattern: "**/" is the form's own address too
        if not afresh:
            signed_in[str(role)] = [cookie for cookie in page.context.cookies() if cookie["name"] == "wherry_session"]

    return enter


@pytest.fixture
def settled() -> Callable[[Any], None]:
    """`settled(page)`: its scripts have run and its menu is laid out; a key pressed meanwhile would lose its place."""

    def wait(page: Any) -> None:
        page.wait_for_load_state()
        page.locator("[data-nhsuk-header-init]").wait_for(state="attached")
        page.evaluate(
            "document.fonts.ready.then(() => new Promise((done) =>"
            " requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))))"
        )

    return wait


@pytest.fixture
def axe() -> Callable[[Any], None]:
    """`axe(page)`: no violation of WCAG 2.2 AA on the page as it stands."""
    from axe_playwright_python.sync_playwright import Axe

    checker = Axe()

    def check(page: Any) -> None:
        # Only violations are written out node by node: to write out what passes takes longer than to check it.
        page.wait_for_load_state()  # with its styles
        options = {"runOnly": {"type": "tag", "values": _RULES}, "resultTypes": ["violations"]}
        results = checker.run(page, options=options)
        assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"

    return check


@pytest.fixture
def fits() -> Callable[[Any], None]:
    """`fits(page)`: the page's body does not scroll sideways (wide tables scroll in their own box)."""

    def check(page: Any) -> None:
        page.wait_for_load_state()
        for _ in range(100):  # a window that was just made narrow is laid out a moment later
            widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            if widths[0] <= widths[1]:
                break
            page.wait_for_timeout(100)
        assert widths[0] <= widths[1], f"{page.url} is {widths[0]} wide in a window of {widths[1]}"

    return check
