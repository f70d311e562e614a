"""Fixtures of the browser tests: a real Chromium and apps served on free ports.

``app_server(script)`` starts an app and returns its address, ``page`` is a fresh page of 1400 x 900 pixels that fails
its test when the browser's console reported an error. What a test saw last is kept in ``artifacts/screenshots``.

``PREDSCOPE_CHROMIUM`` names the browser to use. Without any the tests are skipped and say so.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from predscope import Project, quick_project
from tests.browser.viewer_harness import APP, ViewerPage
from tests.conftest import SAMPLE_DATA

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "artifacts" / "screenshots"
START_SECONDS = 40
WIDTH, HEIGHT = 1400, 900
_CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns when the app at ``url`` answers; fails with its log when it ends or never does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the app did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")


@pytest.fixture(scope="session")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """``app_server(script, *arguments, environment={...}) -> "http://127.0.0.1:PORT"``; each app is started once."""
    processes: list[subprocess.Popen[bytes]] = []
    addresses: dict[Any, str] = {}

    def start(script: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        key = (script, arguments, tuple(sorted((environment or {}).items())))
        if key in addresses:
            return addresses[key]
        port = free_port()
        log = tmp_path_factory.mktemp("app") / "log.txt"
        command = [sys.executable, "-m", "streamlit", "run", str(script)]
        command += ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
        command += ["--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *(["--", *arguments] if arguments else [])],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
            )
        processes.append(process)
        url = f"http://127.0.0.1:{port}"
        wait_until_healthy(url, process, log)
        addresses[key] = url
        return url

    yield start
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for the whole run."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    executable = os.environ.get("PREDSCOPE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    with playwright_api.sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=executable, args=_CHROMIUM_ARGUMENTS)
        except playwright_api.Error as error:
            reason = str(error).splitlines()[0]
            pytest.skip(f"no Chromium can be started ({reason}); install one or set PREDSCOPE_CHROMIUM")
        yield chromium
        chromium.close()


def is_a_problem(message: Any) -> bool:
    """On a cold deep link Streamlit asks for its own addresses below the page's first, and gets a 404 for each."""
    return message.type == "error" and "/_stcore/" not in (message.location or {}).get("url", "")


@pytest.fixture
def new_page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """``new_page(width=1400, height=900, color_scheme="light")``: pages whose console errors fail the test."""
    pages: list[Any] = []
    problems: list[str] = []

    def open_page(*, width: int = WIDTH, height: int = HEIGHT, color_scheme: str = "light", **options: Any) -> Any:
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=color_scheme, **options)
        page.set_default_timeout(20_000)
        page.on("console", lambda message: problems.append(message.text) if is_a_problem(message) else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        pages.append(page)
        return page

    yield open_page
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "_", request.node.name)
    for number, page in enumerate(pages):
        if not page.is_closed():
            page.screenshot(path=str(SCREENSHOTS / f"{name}{f'_{number}' if number else ''}.png"))
            page.close()
    assert not problems, f"the browser's console reported: {problems}"


@pytest.fixture
def page(new_page: Callable[..., Any]) -> Any:
    """A page of 1400 x 900 pixels in the light theme."""
    return new_page()


@pytest.fixture
def open_viewer(app_server: Callable[..., str], new_page: Callable[..., Any]) -> Callable[..., ViewerPage]:
    """``open_viewer("shapes", frame=0, width=900)``: a page with the viewer on generated frames."""

    def open_case(case: str = "shapes", frame: int = 0, **options: Any) -> ViewerPage:
        view = ViewerPage(new_page(**options))
        view.page.goto(f"{app_server(APP)}/?case={case}&frame={frame}")
        view.locator(".pane .layer [data-id]").first.wait_for(state="attached")
        view.settle(200)
        return view

    return open_case


@pytest.fixture(scope="session")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The sample scenes with both models."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREDSCOPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return quick_project(
            images=SAMPLE_DATA / "images",
            labels=SAMPLE_DATA / "labels" / "instances.json",
            predictions={name: SAMPLE_DATA / "predictions" / f"{name}.json" for name in ("model_a", "model_b")},
        ).project
