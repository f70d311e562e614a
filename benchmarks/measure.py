"""Seconds and peak memory of a command, as the operating system counts them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took.

    Attributes:
        seconds: wall time from start to exit.
        peak_mb: largest resident set, MB.
    """

    seconds: float
    peak_mb: float


def run(command: Sequence[str | Path], *, environment: dict[str, str] | None = None) -> Cost:
    """Run a command to its end; its output is thrown away.

    Raises:
        RuntimeError: it failed; the message holds what it printed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **(environment or {})},
    )
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise RuntimeError(f"{command} failed: {printed.decode(errors='replace')[-2000:]}")
    return Cost(seconds, usage.ru_maxrss / 1024)
