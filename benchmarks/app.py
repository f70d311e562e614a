"""The app in a real browser: command to first tile, next frame, toggles, operating point, crowded frames, a video."""

from __future__ import annotations

import json
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

import numpy as np
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

_OPERATING_POINT_SCRIPT: Final = """
async ([name, value, released]) => {
  const root = [...document.querySelectorAll('*')].map(e => e.shadowRoot).find(r => r && r.querySelector('.viewer'));
  const slider = root.querySelector(`input[name='${name}']`);
  const legend = () => [...root.querySelectorAll('.legend-entry')].map((node) => node.textContent).join();
  const before = legend();
  const started = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  if (released) slider.dispatchEvent(new Event('change', {bubbles: true}));
  while (legend() === before && performance.now() - started < 5000) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - started;
}
"""
"""A slider of the viewer moved, or released, until other outcomes are counted on screen."""
_LIST_SCRIPT: Final = """
async () => {
  const root = [...document.querySelectorAll('*')].map(e => e.shadowRoot).find(r => r && r.querySelector('.viewer'));
  const scroller = root.querySelector('.list-scroller');
  const started = performance.now();
  for (let step = 0; step < 40; step++) {
    scroller.scrollTop = step * 900;
    await new Promise(requestAnimationFrame);
  }
  const rate = 40000 / (performance.now() - started);
  const times = [];
  for (let step = 0; step < 5; step++) {
    const begin = performance.now();
    root.querySelector("[data-sort='size']").click();
    times.push(performance.now() - begin);
    await new Promise(requestAnimationFrame);
  }
  return [rate, times.sort((a, b) => a - b)[2]];
}
"""
_PLAYBACK_SCRIPT: Final = """
async () => {
  const root = [...document.querySelectorAll('*')].map(e => e.shadowRoot).find(r => r && r.querySelector('.viewer'));
  const shown = () => root.querySelector('.viewer img')?.src;
  const press = () => document.dispatchEvent(new KeyboardEvent('keydown', {key: ' ', code: 'Space', bubbles: true}));
  let last = shown(), first = null, changes = 0;
  press();
  while (changes < 60) {
    await new Promise(requestAnimationFrame);
    if (shown() === last) continue;
    last = shown();
    if (first === null) first = performance.now(); else changes++;
  }
  press();
  return 60000 / (performance.now() - first);
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
    masked = [*command[: command.index("--labels")], "--labels", str(problem / "masks.json")]
    masked += ["--predictions", str(problem / "mask_results.json")]
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
        with _app(masked, environment) as (link, _):
            found |= _masks(_first_tile(browser, link))
        with _app(_video(work), environment) as (link, _):
            found |= _playback(_first_tile(browser, link))
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
    asked = len([url for url in requests if "/api/" in url])
    points = [
        [page.evaluate(_OPERATING_POINT_SCRIPT, [slider, value, released]) for value in values]
        for slider, values, released in (("threshold", (0.6, 0.2) * 3, False), ("iou", (0.75, 0.5) * 3, True))
    ]
    return {
        "next frame to paint, ms (median of 12)": statistics.median(times),
        "next frame to paint, ms (slowest of 12)": max(times),
        "requests before the next frame is painted (most)": max(per_step),
        "toggle labels to paint, ms (median)": statistics.median(toggle[1] for toggle in toggles),
        "requests of six toggles": asked,
        "confidence moved to outcomes on screen, ms (median)": statistics.median(points[0]),
        "IoU moved to outcomes on screen, ms (median)": statistics.median(points[1]),
    }


def _crowded(page: Page) -> dict[str, float]:
    page.wait_for_timeout(2500)
    times = page.evaluate(_ZOOM_SCRIPT)
    toggles = [page.evaluate(_TOGGLE_SCRIPT) for _ in range(6)]
    shapes = page.locator(_OVERLAY).count()
    page.keyboard.press("o")
    page.locator(".object-row").first.wait_for()
    rate, sorting = page.evaluate(_LIST_SCRIPT)
    return {
        "3,000 objects: shapes drawn": shapes,
        "3,000 objects: frames per second while zooming": 1000 / statistics.mean(times),
        "3,000 objects: toggle script, ms (median)": statistics.median(toggle[0] for toggle in toggles),
        "3,000 objects: frames per second while the list scrolls": rate,
        "3,000 objects: the list sorted, ms (median)": sorting,
    }


def _masks(page: Page) -> dict[str, float]:
    page.wait_for_timeout(2500)
    times = []
    for _ in range(_STEPS):
        times.append(page.evaluate(_STEP_SCRIPT))
        page.wait_for_timeout(700)
    return {"30 masks: next frame to paint, ms (median of 12)": statistics.median(times)}


def _video(work: Path) -> list[str]:
    """A command that shows a video of 1280 x 720 at 25 frames a second, with a label and a prediction on each frame."""
    import cv2

    folder = work / "video"
    count, size = 200, (1280, 720)
    if not (folder / "results.json").is_file():
        (folder / "images").mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(0)
        photo = cv2.resize(rng.integers(0, 255, (45, 80, 3), np.uint8), size, interpolation=cv2.INTER_CUBIC)
        writer = cv2.VideoWriter(str(folder / "images" / "clip.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 25, size)
        for number in range(count):
            writer.write(np.roll(photo, 4 * number, axis=1))
        writer.release()
        width, height = size
        images = [{"id": i, "file_name": f"clip.mp4#{i}", "width": width, "height": height} for i in range(count)]
        objects = [{"image_id": i, "category_id": 1, "bbox": [4 * i, 300, 90, 90]} for i in range(count)]
        labels = [{**entry, "id": number, "iscrowd": 0} for number, entry in enumerate(objects, 1)]
        content = {"images": images, "annotations": labels, "categories": [{"id": 1, "name": "ball"}]}
        (folder / "labels.json").write_text(json.dumps(content))
        (folder / "results.json").write_text(json.dumps([{**entry, "score": 0.9} for entry in objects]))
    command = [sys.executable, "-m", "predscope", "view", "--no-browser", "--port", "8720"]
    command += ["--images", str(folder / "images"), "--labels", str(folder / "labels.json")]
    return [*command, "--predictions", str(folder / "results.json")]


def _playback(page: Page) -> dict[str, float]:
    page.wait_for_timeout(2500)
    return {"video of 1280 x 720, 25 frames/s: frames per second when played": page.evaluate(_PLAYBACK_SCRIPT)}


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
