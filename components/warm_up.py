"""Reads ahead what the first page will ask for, while the browser is still starting."""

from __future__ import annotations

import inspect
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from PIL import Image
from starlette.applications import Starlette


@asynccontextmanager
async def warm_up_with_server(_: Starlette) -> AsyncIterator[None]:
    """Begin in the background as soon as the server runs; nothing waits for it."""
    threading.Thread(target=_warm_up, name="predscope-warm-up", daemon=True).start()
    yield


def _warm_up() -> None:
    """Import the components of the pages, and put the first answers into their caches."""
    from components import frame_viewer, gallery  # noqa: F401 - for the import itself
    from components.session import requested_view
    from components.state import ViewState
    from predscope.errors import PredscopeError
    from predscope.exploration import FrameQuery, select_frames
    from predscope.exploration.outcome_fields import outcome_fields
    from predscope.payload import frame_payloads, scene

    try:
        view = requested_view()
        query = FrameQuery.of(view.project)
        selection = select_frames(view.project, query)
        scene(view.project, view.layers)
        sets = frame_viewer.evaluated_sets(view.project, ViewState(query))
        fields = outcome_fields(view.project, sets, query.confidence, query.iou)
        frame_payloads(view.project, view.layers, selection.indices[:1].tolist(), _no_link, _no_link, fields)
    except PredscopeError:
        return  # the pages say what is wrong, each in its place
    finally:
        _warm_up_libraries()


def _warm_up_libraries() -> None:
    """What libraries look up once, on first use: Pillow its formats, ``inspect`` the files of all modules.

    Streamlit asks ``inspect`` for the stack when the first element is drawn, which takes a tenth of a second.
    """
    Image.preinit()
    inspect.stack()


def _no_link(frame_index: int, version: str) -> str:
    return ""
