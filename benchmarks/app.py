"""The app in a real browser: command to first tile, next frame, toggles, a crowded frame."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

_ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
_STEPS: Final = 12
_OVERLAY: Final = "[data-id^='p:']"

_IS_DRAWN: Final = f"""
() => [...document.querySelectorAll('*')].some(({{ shadowRoot }}) => {{
  const image = shadowRoot?.querySelector("img[src*='/api/']");
  return image?.complete && image.naturalWidth > 0 && shadowRoot.querySelector("{_OVERLAY}");
}})
"""
"""A photo that is decoded, with a prediction over it: asked at every animation frame."""
_STEP_SCRIPT: Final = """
async () => {
  const root = [...document.querySelectorAll('*')].map(e => e.shadowRoot).find(r => r && r.querySelector('.viewer'));
  const shown = () => root.querySelector('.viewer img')?.src;
  const before = shown();
  const started = performance.now();
  document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
  while (shown() === before && performance.now() - started < 5000) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - started;
}
"""
_TOGGLE_SCRIPT: Final = """
async () => {
  const started = performance.now();
  document.dispatchEvent(new KeyboardEvent('keydown', {key: 'g', bubbles: true}));
  const script = performance.now() - started;
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return [script, performance.now() - started];
}
"""
_ZOOM_SCRIPT: Final = """
async () => {
  const root = [...document.querySelectorAll('*')].map(e => e.shadowRoot).find(r => r && r.querySelector('.viewer'));
  const pane = root.querySelector('.pane') ?? root.querySelector('.viewer');
  const box = pane.getBoundingClientRect();
  const times = [];
  let last = performance.now();
  for (let step = 0; step < 40; step++) {
    pane.dispatchEvent(new WheelEvent('wheel', {deltaY: step < 20 ? -60 : 60, clientX: box.x + box.width / 2,
      clientY: box.y + box.height / 2, bubbles: true, cancelable: true}));
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return times.slice(2);
}
"""


def measure_app(problem: Path, work: Path) -> dict[str, float]:
    """Name of the measurement -> value, its unit in the name."""
    environment = {**os.environ, "PREDSCOPE_CACHE": str(work / "cache")}
    shutil.rmtree(work / "cache", ignore_errors=True)
    command = [sys.executable, "-m", "predscope", "view", "--no-browser", "--port", "8720"]
    command += ["--images", str(problem / "images"), "--labels", str(problem / "instances.json")]
    normal = [*command, "--predictions", str(problem / "results.json")]
    crowded = [*command, "--predictions", str(problem / "crowded.json")]
    found: dict[str, float] = {}
    executable = os.environ.get("PREDSCOPE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        with _app(normal, environment) as (link, started):
            _first_tile(browser, link)
            found["first start on 5,000 frames, 146 k predictions: command to first frame with overlay, s"] = (
                time.perf_counter() - started
            )
        warm = []
        for _ in range(3):
            with _app(normal, environment) as (link, started):
                _first_tile(browser, link)
                warm.append(time.perf_counter() - started)
        found["warm: command to first frame with overlay, s"] = statistics.median(warm)
        with _app(normal, environment) as (link, _):
            found |= _steps(_first_tile(browser, link))
        with _app(crowded, environment) as (link, _):
            found |= _crowded(_first_tile(browser, link))
        browser.close()
    return found


def _steps(page: Page) -> dict[str, float]:
    page.wait_for_timeout(2500)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    times, per_step = [], []
    for _ in range(_STEPS):
        requests.clear()
        times.append(page.evaluate(_STEP_SCRIPT))
        per_step.append(len(requests))
        page.wait_for_timeout(700)
    requests.clear()
    toggles = [page.evaluate(_TOGGLE_SCRIPT) for _ in range(6)]
    return {
        "next frame to paint, ms (median of 12)": statistics.median(times),
        "next frame to paint, ms (slowest of 12)": max(times),
        "requests before the next frame is painted (most)": max(per_step),
        "toggle labels to paint, ms (median)": statistics.median(toggle[1] for toggle in toggles),
        "requests of six toggles": len([url for url in requests if "/api/" in url]),
    }


def _crowded(page: Page) -> dict[str, float]:
    page.wait_for_timeout(2500)
    times = page.evaluate(_ZOOM_SCRIPT)
    toggles = [page.evaluate(_TOGGLE_SCRIPT) for _ in range(6)]
    return {
        "3,000 objects: shapes drawn": page.locator(_OVERLAY).count(),
        "3,000 objects: frames per second while zooming": 1000 / statistics.mean(times),
        "3,000 objects: toggle script, ms (median)": statistics.median(toggle[0] for toggle in toggles),
    }


@contextmanager
def _app(command: list[str], environment: dict[str, str]) -> Iterator[tuple[str, float]]:
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield found.group(), started
                break
    finally:
        process.terminate()
        process.wait(timeout=20)


def _first_tile(browser: Browser, link: str) -> Page:
    page: Any = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(link, wait_until="commit")
    page.wait_for_function(_IS_DRAWN, polling="raf", timeout=60_000)
    return page
