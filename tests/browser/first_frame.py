"""Run a command that starts the app, wait until a frame with predictions over it is drawn, stop it.

    python tests/browser/first_frame.py -- make demo DEMO_OPTIONS=--no-browser

Exit code 0 when the picture and at least one label and one prediction are on screen. The command must print the link.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

START_SECONDS: Final = 240
DRAWN_SECONDS: Final = 60
CHROMIUM_ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def main() -> int:
    command = sys.argv[sys.argv.index("--") + 1 :]
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        link = _wait_for_link(process, started)
        print(f"{link} after {time.monotonic() - started:.1f} s")
        return _look_at(link)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def _wait_for_link(process: subprocess.Popen[str], started: float) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="")
        if found := re.search(r"http://\S+", line):
            return found.group()
        if time.monotonic() - started > START_SECONDS:
            break
    raise SystemExit("the command ended, or took too long, without printing a link")


def _look_at(link: str) -> int:
    from playwright.sync_api import sync_playwright

    executable = os.environ.get("PREDSCOPE_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        opened = time.monotonic()
        page.goto(link)
        picture = page.locator("img[src*='/api/']").first
        picture.wait_for(state="visible", timeout=DRAWN_SECONDS * 1000)
        page.wait_for_function("element => element.complete && element.naturalWidth > 0", arg=picture.element_handle())
        page.locator("[data-id^='labels:']").first.wait_for(state="attached", timeout=DRAWN_SECONDS * 1000)
        page.locator("[data-id^='p:']").first.wait_for(state="attached", timeout=DRAWN_SECONDS * 1000)
        print(f"first frame drawn with labels and predictions {time.monotonic() - opened:.1f} s after opening the link")
        target = Path("artifacts/screenshots/first_frame.png")
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(target))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
