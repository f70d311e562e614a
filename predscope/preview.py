"""The first frame of an import, to be looked at before anything is published."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import numpy as np

from predscope.importing import StagedImport
from predscope.payload import staged_layers
from predscope.project import Project
from predscope.rendering import encode_png, render_frame
from predscope.running_app import RunningApp, find_running_app, start_app

PREVIEW_FILE_NAME: Final = "first_frame.png"


@dataclass(frozen=True, slots=True)
class FirstFramePreview:
    """What there is to look at.

    Attributes:
        frame_id: the frame shown: the first that has objects in the import.
        link: the page of the app that draws it; None if no app runs and none was to be started.
        image: uint8 (height, width, 3), red-green-blue: labels and staged objects drawn on the frame.
    """

    frame_id: str
    link: str | None
    image: np.ndarray

    def save(self, path: Path | str) -> Path:
        """Write the image as PNG."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_png(self.image[:, :, ::-1]))
        return path


def preview_first_frame(
    project: Project, staged: StagedImport, *, app: RunningApp | None = None, start: bool = True
) -> FirstFramePreview:
    """Draw the first frame of a staged import, and link to the page of the app that shows it::

        with stage_predictions(project, "results.json", name="yolo11") as staged:
            preview = preview_first_frame(project, staged)
            print(preview.link)
            preview.save("first_frame.png")
            staged.publish()

    Args:
        project: the project that the import is staged in.
        staged: from ``stage_labels`` or ``stage_predictions``; not published yet.
        app: an app that runs on the project; looked for on the default ports if it is not given.
        start: start an app if none runs; it ends with this program.

    Raises:
        PredscopeError: no app runs and none could be started.
    """
    app = app or find_running_app(project.path)
    if app is None and start:
        app = start_app(project.path)
        atexit.register(app.stop)
    view = staged.project
    frame_id = str(view.frames["frame_id"].iloc[staged.first_frame])
    image = render_frame(view, staged_layers(view, staged.objects), staged.first_frame)
    link = f"{app.url}/Frame?{urlencode({'frame': frame_id, 'preview': staged.staged_id})}" if app else None
    return FirstFramePreview(frame_id, link, np.ascontiguousarray(image[:, :, ::-1]))


@contextmanager
def app_for_preview(project: Project) -> Iterator[RunningApp]:
    """The app that shows the project; one that had to be started is stopped at the end."""
    app = find_running_app(project.path)
    if app is not None:
        yield app
        return
    app = start_app(project.path)
    try:
        yield app
    finally:
        app.stop()
