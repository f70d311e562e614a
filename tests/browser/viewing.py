"""The app as the command line starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.browser.conftest import free_port
from tests.conftest import ROOT


class viewing:  # noqa: N801 - used as a function
    """``predscope view`` with some arguments, until the end of the block; gives the link that it prints.

    ``page`` is the one that looks at it, if it is still open at the end.
    """

    def __init__(self, page: Any | None, folder: Path, *arguments: str | Path) -> None:
        self.page = page
        self.command = [sys.executable, "-m", "predscope", "view", "--no-browser", "--port", str(free_port())]
        self.command += map(str, arguments)
        self.environment = {**os.environ, "PREDSCOPE_CACHE": str(folder / "cache")}

    def __enter__(self) -> str:
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True, env=self.environment, cwd=ROOT)
        for line in self.process.stdout:
            if link := re.search(r"http://\S+", line):
                return link.group()
        raise AssertionError("the command ended without printing a link")

    def __exit__(self, *_: object) -> None:
        if self.page is not None:
            self.page.goto("about:blank")  # a page whose server is gone reports that
        self.process.terminate()
        self.process.wait(timeout=20)
