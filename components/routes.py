"""Images, thumbnails and objects by id, as plain HTTP beside the Streamlit pages.

A request never names a path: frames are addressed by index and looked up in the project. Answers carry a version in
their address and may be kept by the browser for ever.
"""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import unquote

import orjson
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from components import urls
from components.browser_code import component_code
from components.session import published_project, requested_view
from predscope.errors import PredscopeError
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import BY_PLACE
from predscope.payload import PREDICTION_LAYER_PREFIX, frame_payloads
from predscope.project import Project
from predscope.thumbnails import browser_image_file, crop_file, thumbnail_file

MAX_FRAMES_PER_REQUEST: Final = 64
HOSTS_VARIABLE: Final = "PREDSCOPE_ALLOWED_HOSTS"
"""Comma-separated host names, besides this machine's own, that may ask (set by ``--host``)."""

_POINT: Final = ("conf", "iou", "by")
_KEEP: Final = {"Cache-Control": "private, max-age=31536000, immutable"}


def image(request: Request) -> Response:
    """The frame's image file as it is on disk; a JPEG of it where browsers do not know its format."""
    frame_index = request.path_params["index"]
    try:
        project = _project_asked_for(request)
        path = browser_image_file(project, frame_index) if frame_index < len(project.frames) else None
    except PredscopeError:
        path = None
    if path is None or not path.is_file():
        return _not_found("This frame has no image file.")
    return FileResponse(path, headers=_KEEP)


def thumbnail(request: Request) -> Response:
    """A small JPEG of the frame, rendered on first use."""
    frame_index = request.path_params["index"]
    try:
        project = _project_asked_for(request)
        path = thumbnail_file(project, frame_index) if frame_index < len(project.frames) else None
    except PredscopeError:
        path = None
    if path is None:
        return _not_found("This frame has no image that can be read.")
    return FileResponse(path, media_type="image/jpeg", headers=_KEEP)


def objects(request: Request) -> Response:
    """Frame payloads: ``?frames=3,4,5&sets=labels,p:model_a``.

    With ``&evaluated=model_a&conf=.25&iou=.5``, objects are told what became of them there; ``labels`` names the label
    set, ``by`` what is compared.
    """
    from predscope.exploration.outcome_fields import outcome_fields  # slow to import; the first page comes before it

    try:
        frame_indices = [int(part) for part in request.query_params.get("frames", "").split(",") if part]
    except ValueError:
        return Response("frames must be a comma-separated list of frame indices, such as 3,4,5.", status_code=400)
    if not 0 < len(frame_indices) <= MAX_FRAMES_PER_REQUEST:
        return Response(f"ask for 1 to {MAX_FRAMES_PER_REQUEST} frames at a time.", status_code=400)
    wanted = _listed(request, "sets")
    label_set = request.query_params.get("labels")
    try:
        view = requested_view(
            request.query_params.get("preview"), label_set=label_set, set_names=_sets_named(request, label_set)
        )
        if not all(0 <= index < len(view.project.frames) for index in frame_indices):
            return _not_found("The project has no such frame.")
        by_key = {layer.key: layer for layer in view.layers}
        if unknown := [key for key in wanted if key not in by_key]:
            return _not_found(f"The project has no set {unknown[0]!r}.")
        fields = None
        if evaluated := _listed(request, "evaluated"):
            point = FrameQuery.from_params({name: request.query_params.get(name, "") for name in _POINT}, view.project)
            fields = outcome_fields(
                view.project,
                evaluated,
                point.confidence,
                point.iou,
                label_set=label_set,
                by=point.by,
                by_place=request.query_params.get("match") == BY_PLACE,
            )
        layers = [by_key[key] for key in wanted]
        payloads = frame_payloads(view.project, layers, frame_indices, urls.image_url, urls.thumbnail_url, fields)
    except PredscopeError as error:
        return _not_found(str(error))
    return Response(orjson.dumps({"frames": payloads}), media_type="application/json", headers=_KEEP)


def crop(request: Request) -> Response:
    """A JPEG of a part of the frame, rendered on first use: ``?box=left,top,width,height`` in frame pixels."""
    frame_index = request.path_params["index"]
    try:
        left, top, width, height = (int(part) for part in request.query_params.get("box", "").split(","))
    except ValueError:
        return Response("box must be four whole numbers: left,top,width,height.", status_code=400)
    try:
        project = published_project()
        known = frame_index < len(project.frames)
        path = crop_file(project, frame_index, (left, top, width, height)) if known else None
    except PredscopeError:
        path = None
    if path is None:
        return _not_found("This frame has no image that can be read, or the box lies outside of it.")
    return FileResponse(path, media_type="image/jpeg", headers=_KEEP)


def code(request: Request) -> Response:
    """The module of a component, as text; see ``components.browser_code``."""
    module = component_code(request.path_params["name"])
    if module is None:
        return _not_found("There is no such component.")
    return Response(module, media_type="text/javascript", headers=_KEEP)


def health(_: Request) -> Response:
    """Which project this process serves: lets the command line find a running app."""
    try:
        project = published_project()
    except PredscopeError as error:
        return Response(orjson.dumps({"project": None, "error": str(error)}), media_type="application/json")
    return Response(orjson.dumps({"project": str(project.path), "process": os.getpid()}), media_type="application/json")


def _listed(request: Request, name: str) -> list[str]:
    return [unquote(key) for key in request.query_params.get(name, "").split(",") if key]


def _project_asked_for(request: Request) -> Project:
    """The project, or with ``preview`` as a staged import would leave it."""
    return requested_view(request.query_params.get("preview")).project


def _sets_named(request: Request, label_set: str | None) -> list[str]:
    """Names of all sets that a request speaks of, among them those of old versions."""
    layers = [key.removeprefix(PREDICTION_LAYER_PREFIX) for key in _listed(request, "sets")]
    return [*layers, *_listed(request, "evaluated"), *([] if label_set is None else [label_set])]


def _not_found(text: str) -> Response:
    return Response(text, status_code=404, media_type="text/plain")


def _allowed_hosts() -> list[str]:
    extra = [host.strip() for host in os.environ.get(HOSTS_VARIABLE, "").split(",") if host.strip()]
    return ["localhost", "127.0.0.1", *extra]


ROUTES: Final = [
    Route(urls.IMAGE_ROUTE, image),
    Route(urls.THUMBNAIL_ROUTE, thumbnail),
    Route(urls.CROP_ROUTE, crop),
    Route(urls.OBJECTS_ROUTE, objects),
    Route(urls.CODE_ROUTE, code),
    Route(urls.HEALTH_ROUTE, health),
]
"""Plain functions run in worker threads, beside the scripts of the pages."""

MIDDLEWARE: Final = [Middleware(TrustedHostMiddleware, allowed_hosts=_allowed_hosts())]
"""Refuses requests that name a foreign host, so that no web page elsewhere can rebind its name to this app."""
