"""Fixtures of the browser tests: a real Chromium and apps served on free ports.

``app_server(script)`` starts an app and returns its address, ``page`` is a fresh page of 1400 x 900 pixels that fails
its test when the browser's console reported an error. A test that fails leaves what it saw last, and what the browser
and the apps said, in ``artifacts/failures``; ``PREDSCOPE_SCREENSHOTS=1`` keeps the last sight of every test in
``artifacts/screenshots``.

One Chromium and one app of each kind serve a whole run: most of the price of a page is the compiling of scripts, which
a browser remembers. What pages store is forgotten before the next one opens.

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
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from predscope import Project, quick_project
from tests.browser.viewer_harness import APP, ViewerPage
from tests.conftest import SAMPLE_DATA

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "artifacts" / "screenshots"
FAILURES = ROOT / "artifacts" / "failures"
START_SECONDS = 60
SECONDS_TO_WAIT = 40
"""For what should be there at once: on a machine that does much else it takes longer."""
WIDTH, HEIGHT = 1400, 900
VIEWPORT = {"width": WIDTH, "height": HEIGHT}
_HAS_FAILED = pytest.StashKey[bool]()
os.environ.setdefault("PREDSCOPE_MEASURE", "0")  # no app measures beside a test that does not ask for it
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        item.stash[_HAS_FAILED] = True
    return report


# Apps


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class ServedApp:
    """An app that was started for the tests."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]

    def wait_until_healthy(self) -> None:
        """Returns when it answers; fails with its log when it ends or never does."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.is_healthy():
                return
            time.sleep(0.1)
        pytest.fail(f"the app did not start:\n{self.said()}")


@pytest.fixture(scope="session")
def served_apps() -> Iterator[dict[Any, ServedApp]]:
    """The apps that run, by what they were started with; they end with the run."""
    apps: dict[Any, ServedApp] = {}
    yield apps
    for app in apps.values():
        app.process.terminate()
    for app in apps.values():
        try:
            app.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            app.process.kill()


@pytest.fixture(scope="session")
def app_server(served_apps: dict[Any, ServedApp], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """``app_server(script, *arguments, environment={...}) -> "http://127.0.0.1:PORT"``; each app is started once."""

    def start(script: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        key = (script, arguments, tuple(sorted((environment or {}).items())))
        if key in served_apps:
            return served_apps[key].url
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
        app = served_apps[key] = ServedApp(f"http://127.0.0.1:{port}", log, process)
        app.wait_until_healthy()
        return app.url

    return start


# The browser


class Browser:
    """A Chromium with a profile of its own that is started when it is first needed, and again should it crash."""

    def __init__(self, playwright: Any, profiles: Callable[[], Path]) -> None:
        self._playwright = playwright
        self._profiles = profiles
        self._context: Any = None
        self._origins: set[str] = set()
        """Whose storage there may be something in."""

    def new_page(self, *, viewport: Mapping[str, int] = VIEWPORT, color_scheme: str = "light") -> Any:
        """A page that knows nothing of those before it."""
        try:
            page = self._started().new_page()
        except playwright_api.Error:
            if self._context is None:
                raise
            self.close()
            page = self._started().new_page()
        self._forget(page)
        page.on("framenavigated", self._note)
        page.set_default_timeout(SECONDS_TO_WAIT * 1000)
        if viewport != VIEWPORT:
            page.set_viewport_size(dict(viewport))
        page.emulate_media(color_scheme=color_scheme)
        return page

    def _note(self, frame: Any) -> None:
        place = urlsplit(frame.url)
        if place.netloc:
            self._origins.add(f"{place.scheme}://{place.netloc}")

    def _started(self) -> Any:
        if self._context is None:
            names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
            executable = os.environ.get("PREDSCOPE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
            self._context = self._playwright.chromium.launch_persistent_context(
                self._profiles(),
                executable_path=executable,
                args=_CHROMIUM_ARGUMENTS,
                viewport=VIEWPORT,
            )
        return self._context

    def _forget(self, page: Any) -> None:
        self._context.clear_cookies()
        session = self._context.new_cdp_session(page)
        for origin in self._origins:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage"})
        session.detach()

    def close(self) -> None:
        if self._context is not None:
            with suppress(playwright_api.Error):  # it may have crashed
                self._context.close()
            self._context = None


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for the whole run."""
    with playwright_api.sync_playwright() as playwright:
        chromium = Browser(playwright, lambda: tmp_path_factory.mktemp("profile"))
        try:
            chromium.new_page().close()
        except playwright_api.Error as error:
            reason = str(error).splitlines()[0]
            pytest.skip(f"no Chromium can be started ({reason}); install one or set PREDSCOPE_CHROMIUM")
        yield chromium
        chromium.close()


def is_a_problem(message: Any) -> bool:
    """On a cold deep link Streamlit asks for its own addresses below the page's first, and gets a 404 for each."""
    return message.type == "error" and "/_stcore/" not in (message.location or {}).get("url", "")


@pytest.fixture
def new_page(
    browser: Browser, served_apps: dict[Any, ServedApp], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Any]]:
    """``new_page(width=1400, height=900, color_scheme="light")``: pages whose console errors fail the test.

    ``is_cold=True``: the pictures that earlier tests have seen are fetched again.
    """
    pages: list[Any] = []
    problems: list[str] = []
    said: list[str] = []

    def listen(message: Any) -> None:
        said.append(f"{message.type}: {message.text} ({(message.location or {}).get('url', '')})")
        if is_a_problem(message):
            problems.append(message.text)

    def open_page(
        *, width: int = WIDTH, height: int = HEIGHT, color_scheme: str = "light", is_cold: bool = False
    ) -> Any:
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=color_scheme)
        pages.append(page)
        if is_cold:
            page.context.new_cdp_session(page).send("Network.clearBrowserCache")
        page.on("console", listen)
        page.on("pageerror", lambda error: problems.append(str(error)))
        return page

    yield open_page
    has_failed = bool(problems) or request.node.stash.get(_HAS_FAILED, False)
    name = re.sub(r"[^\w.-]+", "_", f"{request.node.path.stem}-{request.node.name}")
    if has_failed:
        logs = [f"{app.url}\n{app.said()}" for app in served_apps.values()]
        FAILURES.mkdir(parents=True, exist_ok=True)
        seen = [f"page {number}: {page.url}" for number, page in enumerate(pages)]
        text = "\n".join([*seen, "", "The browser said", *said, *problems, "", "The apps said", *logs])
        (FAILURES / f"{name}.txt").write_text(text, encoding="utf-8")
    for number, page in enumerate(pages):
        if page.is_closed():
            continue
        try:
            if has_failed or os.environ.get("PREDSCOPE_SCREENSHOTS"):
                folder = FAILURES if has_failed else SCREENSHOTS
                page.screenshot(path=str(folder / f"{name}{f'_{number}' if number else ''}.png"))
            page.close()
        except playwright_api.Error as error:
            problems.append(f"the page has crashed: {error}")
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
