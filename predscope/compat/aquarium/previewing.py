"""A look at the first frame before, or after, anything is imported; never waits where nobody can answer."""

from __future__ import annotations

import atexit
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from predscope.errors import PredscopeError
from predscope.importing import StagedImport
from predscope.preview import PREVIEW_FILE_NAME, preview_first_frame
from predscope.project import Project
from predscope.running_app import DEFAULT_HOST, DEFAULT_PORT, address, find_running_app, start_app

CANCEL_WORD: Final = "exit"


def preview_accepted(project: Project, staged: StagedImport) -> bool:
    """Draw the first frame of an import and print links to it; whether to go on.

    The picture is written as PNG. On a terminal the app is started and the question asked; in a notebook it is started;
    elsewhere nothing waits and nothing is started.
    """
    preview = preview_first_frame(project, staged, start=False)
    path = preview.save(staged.report_folder / PREVIEW_FILE_NAME)
    print(f"Preview of the first frame, {preview.frame_id!r}: {path.as_uri()}")
    link = preview.link
    if link is None and (_can_ask() or _is_notebook()):
        try:
            link = preview_first_frame(project, staged).link
        except PredscopeError as error:
            print(f"  The app could not be started: {error}")
    if link is not None:
        print(f"  In the app, before it is imported: {link}")
    else:
        _print_later_link(project, preview.frame_id)
    sys.stdout.flush()
    if not _can_ask():
        return True
    answer = input(f"Press ENTER to continue, or type {CANCEL_WORD!r} and press ENTER to cancel. ")
    return answer.strip().lower() != CANCEL_WORD


def print_links(project: Project, frame_index: int) -> None:
    """Draw a frame of a project that ends with this program, and print links to it."""
    from predscope.payload import project_layers  # brings the drawing with it
    from predscope.rendering import encode_png, render_frame

    path = project.path / PREVIEW_FILE_NAME
    path.write_bytes(encode_png(render_frame(project, project_layers(project), frame_index)))
    frame_id = str(project.frames["frame_id"].iloc[frame_index])
    print(f"Preview of frame {frame_id!r}: {path.as_uri()}")
    if _can_ask() or _is_notebook():
        app = find_running_app(project.path) or start_app(project.path)
        atexit.register(app.stop)
        print(f"  In the app, as long as this program runs: {app.url}/Frame?{urlencode({'frame': frame_id})}")
    sys.stdout.flush()


def temporary_folder() -> Path:
    """A folder for a project to look at, removed when the program ends, unless its pictures are still to be seen."""
    folder = Path(tempfile.mkdtemp(prefix="predscope-preview-"))
    if _can_ask() or _is_notebook():
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _print_later_link(project: Project, frame_id: str) -> None:
    link = f"{address(DEFAULT_HOST, DEFAULT_PORT)}/Frame?{urlencode({'frame': frame_id})}"
    print(f"  In the app, once it is imported: {link}")
    print(f"  Start the app with: predscope view {shlex.quote(str(project.path))}")


def _can_ask() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def _is_notebook() -> bool:
    return "ipykernel" in sys.modules
