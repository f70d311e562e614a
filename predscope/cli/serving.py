"""Runs the app in this process, on a free port, and opens the browser when it answers."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import threading
import time
import webbrowser
from typing import Any, Final

from predscope.errors import InputError, PredscopeError
from predscope.locations import app_folder
from predscope.project import Project
from predscope.running_app import address, free_port, is_port_free, project_served_at

_POLL_SECONDS: Final = 0.05
_OPEN_WITHIN_SECONDS: Final = 60.0
_PORTS: Final = 65536


def serve(project: Project, arguments: argparse.Namespace, *, start_page: str) -> int:
    """Serve the app of a project until it is stopped; if one runs on the port already, only point to it."""
    host, port = arguments.host, arguments.port
    _check_address(host, port)
    if not is_port_free(host, port):
        served = project_served_at(address(host, port))
        if served is not None and served.resolve() == project.path.resolve():
            print(f"Predscope already shows {project.name} at {address(host, port)}{start_page}", flush=True)
            if not arguments.no_browser:
                webbrowser.open(address(host, port) + start_page)
            return 0
        port = free_port(host, port)
        print(f"predscope: port {arguments.port} is in use; using {port}.", file=sys.stderr)
    link = address(host, port)
    os.environ["PREDSCOPE_PROJECT"] = str(project.path.resolve())
    if host not in ("127.0.0.1", "localhost"):
        allowed = "*" if host in ("0.0.0.0", "::") else host  # noqa: S104 - the user asked for it
        os.environ.setdefault("PREDSCOPE_ALLOWED_HOSTS", allowed)
    announce = threading.Thread(
        target=_announce, args=(project.name, link, start_page, not arguments.no_browser), daemon=True
    )
    announce.start()
    _load_app().run(
        config={
            "server.address": host,
            "server.port": port,
            "server.headless": True,
            "server.fileWatcherType": "none",
            "server.showEmailPrompt": False,
            "browser.gatherUsageStats": False,
            "browser.serverAddress": "127.0.0.1",
        }
    )
    return 0


def _check_address(host: str, port: int) -> None:
    """Refuse what no program of this machine can listen on."""
    if not 0 < port < _PORTS:
        raise InputError(f"must be from 1 to {_PORTS - 1}, got {port}.", where="--port")
    if not is_port_free(host, 0):  # 0: any port
        raise InputError(
            f"{host!r} is no address of this machine.",
            where="--host",
            fix="Leave it out for this machine alone, or give 0.0.0.0 for all of its addresses.",
        )


def _load_app() -> Any:
    """The ASGI application of ``app.py``; its folder becomes the one that Streamlit takes its settings from."""
    folder = app_folder()
    launcher = folder / "app.py"
    if not launcher.is_file():
        raise PredscopeError(f"{launcher}: the app's files are missing. Install predscope again.")
    sys.path.insert(0, str(folder))
    sys.argv = [str(launcher)]  # Streamlit looks for .streamlit/config.toml beside the program that was started
    spec = importlib.util.spec_from_file_location("predscope_app", launcher)
    assert spec is not None  # noqa: S101 - the file is there
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app


def _announce(name: str, link: str, start_page: str, open_browser: bool) -> None:
    """Say where the app is, and open it, as soon as it answers."""
    deadline = time.monotonic() + _OPEN_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if project_served_at(link, timeout=0.5) is not None:
            print(f"Predscope shows {name} at {link}{start_page}  (Ctrl+C stops it)", flush=True)
            if open_browser:
                webbrowser.open(link + start_page)
            return
        time.sleep(_POLL_SECONDS)
