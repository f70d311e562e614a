"""Finding and starting the app of a project from another process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from predscope.errors import PredscopeError

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8501
PORTS_TRIED: Final = 20
_HEALTH_PATH: Final = "/api/health"
_START_SECONDS: Final = 30.0


@dataclass(slots=True)
class RunningApp:
    """An app that answers.

    Attributes:
        url: its address, without a trailing slash.
        process: the process, where this one started it.
    """

    url: str
    process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Stop the app if it was started here; another's is left alone."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()


def address(host: str, port: int) -> str:
    """The URL of an app that listens on host and port, for a browser on this machine."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - shown, not bound
    return f"http://{shown}:{port}"


def project_served_at(url: str, timeout: float = 1.0) -> Path | None:
    """The project that the app at ``url`` shows; None if nothing, or something else, answers there."""
    try:
        with urllib.request.urlopen(url + _HEALTH_PATH, timeout=timeout) as response:  # noqa: S310 - our own http URL
            answer = json.load(response)
        return Path(answer["project"])
    except (OSError, ValueError, KeyError, TypeError, urllib.error.URLError):
        return None


def find_running_app(project_path: Path, *, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> RunningApp | None:
    """The app that shows a project, on the default port or one of the next few."""
    for candidate in range(port, port + PORTS_TRIED):
        if is_port_free(host, candidate):
            continue
        served = project_served_at(address(host, candidate))
        if served is not None and served.resolve() == project_path.resolve():
            return RunningApp(address(host, candidate))
    return None


def start_app(project_path: Path, *, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> RunningApp:
    """Start the app of a project in a process of its own and wait until it answers.

    Raises:
        PredscopeError: it did not answer in time; the message holds what it printed.
    """
    port = free_port(host, port)
    command = [sys.executable, "-m", "predscope", "view", str(project_path), "--host", host, "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--no-browser"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    app = RunningApp(address(host, port), process)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        served = project_served_at(app.url)
        if served is not None and served.resolve() == project_path.resolve():  # and not one that took the port first
            return app
        time.sleep(0.1)
    app.stop()
    said = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
    raise PredscopeError(f"the app did not start within {_START_SECONDS:.0f} s. {said[-500:]}")


def is_port_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str, port: int) -> int:
    """``port``, or the next one that is free.

    Raises:
        PredscopeError: none of the next few is free.
    """
    for candidate in range(port, port + PORTS_TRIED):
        if is_port_free(host, candidate):
            return candidate
    raise PredscopeError(
        f"ports {port} to {port + PORTS_TRIED - 1} on {host} are all in use. Stop one of the programs, or use --port."
    )
