"""The one place that builds links, of pages and of the HTTP routes behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

from predscope.exploration.object_query import BY_PLACE, ObjectQuery

OVERVIEW_PAGE: Final = "../pages/overview.py"
EXPLORE_PAGE: Final = "../pages/explore.py"
FRAME_PAGE: Final = "../pages/frame.py"
OBJECTS_PAGE: Final = "../pages/objects.py"
PERFORMANCE_PAGE: Final = "../pages/performance.py"
BY_METRIC_PAGE: Final = "../pages/by_metric.py"
ERRORS_PAGE: Final = "../pages/errors.py"
DATA_PAGE: Final = "../pages/data.py"
IMPORT_PAGE: Final = "../pages/import.py"

EXPLORE_PATH: Final = "Explore"
FRAME_PATH: Final = "Frame"
OBJECTS_PATH: Final = "Objects"
PERFORMANCE_PATH: Final = "Performance"
BY_METRIC_PATH: Final = "By_metric"
ERRORS_PATH: Final = "Errors"
DATA_PATH: Final = "Data"
IMPORT_PATH: Final = "Import"

IMAGE_ROUTE: Final = "/api/image/{index:int}"
THUMBNAIL_ROUTE: Final = "/api/thumb/{index:int}"
CROP_ROUTE: Final = "/api/crop/{index:int}"
OBJECTS_ROUTE: Final = "/api/objects"
CODE_ROUTE: Final = "/api/code/{name:str}.js"
HEALTH_ROUTE: Final = "/api/health"


def image_url(frame_index: int, version: str, preview: str | None = None) -> str:
    """The frame's own image file; ``version`` changes with the file, so that browsers may keep it for ever.

    Args:
        preview: id of the staged import whose frames are meant; None: the project's.
    """
    return f"/api/image/{frame_index}?v={quote(version)}{_of_preview(preview)}"


def thumbnail_url(frame_index: int, version: str, preview: str | None = None) -> str:
    """A JPEG of the frame, a few hundred pixels wide; ``preview`` as above."""
    return f"/api/thumb/{frame_index}?v={quote(version)}{_of_preview(preview)}"


def _of_preview(preview: str | None) -> str:
    return "" if preview is None else f"&preview={quote(preview)}"


def crop_url(frame_index: int, version: str, window: Sequence[int]) -> str:
    """A JPEG of a part of the frame: left, top, width and height in whole frame pixels."""
    return f"/api/crop/{frame_index}?box={','.join(map(str, window))}&v={quote(version)}"


def code_url(name: str, version: str) -> str:
    """What a component runs in the browser; ``version`` changes with it."""
    return f"/api/code/{name}.js?v={version}"


def objects_url(
    layer_keys: Iterable[str],
    revision: str,
    preview: str | None = None,
    *,
    label_set: str | None = None,
    outcomes: tuple[Sequence[str], float, float] | None = None,
    by: str = "",
    by_place: bool = False,
) -> str:
    """Frame payloads of the layers named; the caller appends ``&frames=3,4,5`` (frame indices).

    Args:
        label_set: whose labels; None: the project's first label set.
        outcomes: prediction sets, confidence and IoU; objects are told what became of them there.
        by: what objects are compared by for that, see ``FrameQuery.by``.
        by_place: they are matched whatever their classes, see ``ObjectQuery.by_place``.
    """
    parameters = {"sets": _listed(layer_keys), "v": revision}
    if preview:
        parameters["preview"] = preview
    if label_set is not None:
        parameters["labels"] = label_set
    if outcomes is not None:
        names, confidence, iou = outcomes
        parameters |= {"evaluated": _listed(names), "conf": f"{confidence:.12g}", "iou": f"{iou:.12g}"} | (
            {"by": by} if by else {}
        )
        if by_place:
            parameters["match"] = BY_PLACE
    return f"{OBJECTS_ROUTE}?{urlencode(parameters)}"


def _listed(names: Iterable[str]) -> str:
    return ",".join(quote(name, safe=":") for name in names)


def page_url(path: str, parameters: Mapping[str, str | list[str]]) -> str:
    """A page of the app with its state: a link that can be pasted."""
    query = urlencode(parameters, doseq=True)
    return f"/{path}?{query}" if query else f"/{path}"


def objects_page_url(query: ObjectQuery) -> str:
    """The gallery of the objects that a query selects."""
    return page_url(OBJECTS_PATH, query.to_params())


def preview_url(frame_id: str, staged_id: str) -> str:
    """The viewer on the first frame of an import that is not published yet."""
    return page_url(FRAME_PATH, {"frame": frame_id, "preview": staged_id})
