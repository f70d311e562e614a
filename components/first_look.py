"""The first frames of a project, small, with everything drawn over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from components import urls
from components.gallery import gallery
from components.state import ViewState
from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.tiles import tile_records
from predscope.payload import Layer, scene
from predscope.project import Project

TILES: Final = 24
ROWS: Final = 2


def first_look(
    project: Project,
    layers: Sequence[Layer],
    on_open: Callable[[str], None],
    on_sort: Callable[[str], None],
) -> None:
    """A few rows of thumbnails; a click opens the frame, another order opens the whole gallery."""
    query = FrameQuery.of(project)
    selection = select_frames(project, query)
    positions = slice(0, min(TILES, len(selection)))
    tiles = tile_records(project, layers, selection, positions, urls.image_url, urls.thumbnail_url)
    for tile in tiles:
        tile["href"] = urls.page_url(urls.FRAME_PATH, ViewState(query, frame=tile["frame"]).to_params())
    gallery(
        selection,
        layers,
        scene(project, layers),
        tiles,
        key="overview.gallery",
        place="overview",
        most_rows=ROWS,
        on_open=on_open,
        on_sort=on_sort,
    )
