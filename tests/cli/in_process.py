"""Commands run inside the process of the tests: what they print and their exit code, without the start of a process."""

from __future__ import annotations

import contextlib
import io
import subprocess
from pathlib import Path

from predscope.cli.parser import main


def run_here(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Like ``predscope ARGUMENTS`` in a process of its own."""
    words = list(map(str, arguments))
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), contextlib.chdir(cwd or Path.cwd()):
        try:
            code = main(words)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())
