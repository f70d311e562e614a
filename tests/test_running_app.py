"""Finding the app of a project among whatever listens on the ports."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from predscope.errors import PredscopeError
from predscope.running_app import (
    PORTS_TRIED,
    address,
    find_running_app,
    free_port,
    is_port_free,
    project_served_at,
)


@pytest.fixture
def health_server(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Something that answers as the app of ``tmp_path`` does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/api/health"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(json.dumps({"project": str(tmp_path)}).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, tmp_path
    server.shutdown()
    server.server_close()


def test_the_app_of_a_project_is_found_and_another_projects_is_not(health_server: tuple[int, Path]) -> None:
    port, project = health_server
    assert project_served_at(address("127.0.0.1", port)) == project
    found = find_running_app(project, port=port)
    assert found is not None
    assert found.url == f"http://127.0.0.1:{port}"
    assert find_running_app(project / "other", port=port) is None
    found.stop()
    assert project_served_at(found.url) == project, "an app that was not started here must not be stopped"


def test_a_silent_or_foreign_server_is_not_taken_for_the_app() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert project_served_at(address("127.0.0.1", port), timeout=0.2) is None
        assert not is_port_free("127.0.0.1", port)
        assert free_port("127.0.0.1", port) > port


def test_no_free_port_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("predscope.running_app.is_port_free", lambda host, port: False)
    with pytest.raises(PredscopeError, match=rf"ports 8501 to {8500 + PORTS_TRIED} .* --port"):
        free_port("127.0.0.1", 8501)


def test_an_address_for_every_interface_is_shown_as_this_machine() -> None:
    assert address("0.0.0.0", 8501) == "http://127.0.0.1:8501"
