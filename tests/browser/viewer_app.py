"""An app of its own with nothing but the viewer on it, for the browser tests."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import streamlit as st  # noqa: E402
import viewer_frames  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import Response  # noqa: E402
from starlette.routing import Route  # noqa: E402

from components.routes import code  # noqa: E402
from components.urls import CODE_ROUTE  # noqa: E402


def image(request: Request) -> Response:
    index = request.path_params["index"]
    return Response(
        viewer_frames.image_bytes(index), media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"}
    )


def objects(request: Request) -> Response:
    case = request.query_params["case"]
    indices = [int(part) for part in request.query_params["frames"].split(",")]
    body = {"frames": [viewer_frames.payload(case, index) for index in indices]}
    return Response(json.dumps(body), media_type="application/json")


app = st.App(
    Path(__file__).with_name("viewer_page.py"),
    routes=[Route("/api/image/{index:int}", image), Route("/api/objects", objects), Route(CODE_ROUTE, code)],
)
