"""Frames with their objects at the size of a thumbnail: what a page of the gallery draws.

Coordinates are whole numbers in *tile units*, of which every frame is ``TILE_UNITS`` high; a page of 60 tiles stays
below about 300 KB however crowded its frames are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predscope.evaluation.ignored_classes import ignored_class_ids
from predscope.exploration.columns import RecentlyUsed
from predscope.exploration.compact_shapes import Canvas, compact_object, mark_ignored
from predscope.exploration.kind_counts import OutcomeCodes
from predscope.exploration.outcomes import match_table
from predscope.exploration.query import FrameQuery, chosen_label_set, chosen_sets
from predscope.exploration.selection import FrameSelection
from predscope.payload import Layer, frame_record, project_layers
from predscope.project import Project

TILE_UNITS: Final = 360
"""Height of a frame in tile units: half a screen pixel at the largest size on a dense screen."""
MAX_OBJECTS: Final = 60
"""Objects drawn on one tile; the rest are told as a number."""
MAX_DETAILED: Final = 40
"""A tile with more objects shows their boxes instead of their shapes."""
MAX_NUMBERS: Final = 48_000
"""Coordinates on one page, about 4 bytes each; beyond it the most detailed tiles fall back to boxes."""
_UNKNOWN_SIZE: Final = (4 / 3 * TILE_UNITS, float(TILE_UNITS))

DRAWN_COLUMNS: Final = [
    "frame_index", "class_id", "geometry", "confidence", "x", "y", "w", "h", "is_crowd", "is_ignored",
    "oriented_box", "polygons", "rle_counts", "rle_height", "rle_width", "keypoints", "polylines",
]  # fmt: skip

_ERRORS: Final = (2, 3)  # codes of false positives and false negatives
_IGNORED: Final = 4

Links = Callable[[int, str], str]


@dataclass(frozen=True, slots=True)
class _Request:
    """What a page is made of: which versions of which sets, in which frames, at which operating point.

    Attributes:
        evaluated: the prediction set whose outcomes are told; None: none.
    """

    sets: tuple[tuple[str, str, int], ...]
    frame_indices: tuple[int, ...]
    threshold: float
    iou: float
    by: str
    label_set: str | None
    evaluated: str | None


@dataclass(slots=True)
class _Found:
    """An object that may be drawn; where there are too many, errors go first, then the heavier ones.

    Attributes:
        outcome: its code, see ``OutcomeCodes``.
    """

    layer: int
    weight: float
    values: dict[str, Any]
    outcome: int = 0

    @property
    def rank(self) -> tuple[bool, float]:
        """The smaller, the more it is wanted."""
        return self.outcome not in _ERRORS, -self.weight


@dataclass(slots=True)
class _Tile:
    """A frame on its way to a tile."""

    width: float
    height: float
    scale: float
    kept: list[_Found]
    left_out: int

    def draw(self, *, detailed: bool) -> list[list[Any]]:
        canvas = Canvas(self.scale)
        drawn = []
        for found in self.kept:
            entry = compact_object(found.values, found.layer, canvas, detailed=detailed)
            drawn.append(with_outcome(entry, found.outcome))
        return drawn


_pages: Final[RecentlyUsed[list[dict[str, Any]]]] = RecentlyUsed(24)
_layers: Final[RecentlyUsed[list[Layer]]] = RecentlyUsed(8)


def query_layers(project: Project, query: FrameQuery) -> list[Layer]:
    """The layers that a query's frames are drawn with: its label set and its prediction sets, in order.

    The same sets come again for every query of a revision, and with them what they keep of their files.
    """
    label_set, prediction_sets = chosen_label_set(project, query), tuple(chosen_sets(project, query))
    key = (str(project.path), project.revision, label_set, prediction_sets)
    return list(_layers.get(key, lambda: _open_layers(project, label_set, prediction_sets)))


def _open_layers(project: Project, label_set: str | None, prediction_sets: Sequence[str]) -> list[Layer]:
    return project_layers(project, prediction_sets, label_set)


def tile_records(
    project: Project,
    layers: Sequence[Layer],
    selection: FrameSelection,
    positions: slice,
    image_url: Links,
    thumbnail_url: Links,
) -> list[dict[str, Any]]:
    """The tiles at some positions of a selection.

    Returns:
        Per tile: ``frame`` (id), ``index``, ``file_name``, ``status``, ``thumb`` (address or None), ``size``
        [width, height] in tile units, ``counts`` (objects of each layer at the threshold or above), ``badge`` (the
        sort's value and, where one prediction set counts, the errors, in words), ``more`` (objects that are not drawn)
        and ``objects``, each ``[row, layer, class_id, kind, confidence or None, flags, geometry]``: flags 1 crowd,
        2 ignored, and in bits 2 and up the outcome against the selection's ``outcomes_of``: 1 tp, 2 fp, 3 fn,
        4 ignored, 0 none; geometry as in frame payloads under ``box``, ``obb``, ``parts``, ``lines``, ``points`` by
        kind, None for a classification.
    """
    indices = selection.indices[positions].tolist()
    request = _Request(
        tuple((layer.objects.role, layer.objects.name, layer.objects.version) for layer in layers),
        tuple(indices),
        selection.query.confidence,
        selection.query.iou,
        selection.query.by,
        chosen_label_set(project, selection.query),
        selection.outcomes_of,
    )
    drawn = _pages.get((str(project.path), project.revision, request), lambda: _draw(project, layers, request))
    counts = [
        (selection.label_counts if layer.role == "labels" else selection.prediction_counts[layer.name])[positions]
        for layer in layers
    ]
    rows = project.frames.iloc[indices].to_dict("records")
    records = []
    for place, (row, tile) in enumerate(zip(rows, drawn, strict=True)):
        frame = frame_record(row, image_url, thumbnail_url)
        records.append(
            {key: frame[key] for key in ("frame", "index", "file_name", "status", "thumb")}
            | tile
            | {
                "counts": [int(layer_counts[place]) for layer_counts in counts],
                "badge": _badge(selection, (positions.start or 0) + place),
            }
        )
    return records


def with_outcome(entry: list[Any], code: int) -> list[Any]:
    """A drawn object together with the code of its outcome."""
    entry[5] |= code << 2
    return entry


def _badge(selection: FrameSelection, position: int) -> str:
    """``precision .50, 5 missed, 2 false``: with several prediction sets on a tile, errors would be anyone's."""
    value = selection.value_in_words(position)
    errors = selection.errors_in_words(position) if len(selection.prediction_counts) == 1 else ""
    if selection.query.sort in ("missed", "false"):
        return errors or value
    return ", ".join(filter(None, (value, errors)))


def _draw(project: Project, layers: Sequence[Layer], request: _Request) -> list[dict[str, Any]]:
    """Size, objects and the number of objects left out of each tile."""
    found: dict[int, list[list[_Found]]] = {index: [[] for _ in layers] for index in request.frame_indices}
    codes = _outcome_codes(project, request)
    ignored_classes = frozenset(ignored_class_ids(project.classes))
    for position, layer in enumerate(layers):
        table = layer.objects.of_frames(sorted(found), columns=DRAWN_COLUMNS)
        if layer.role == "predictions":
            table = table.filter(pc.greater_equal(table["confidence"].fill_null(1.0), request.threshold))
        things = _read(table, position)
        mark_ignored((thing.values for thing in things), project.classes)
        if codes is not None and (layer.role == "labels" or layer.objects.name == request.evaluated):
            of_rows = codes.of_rows(layer.role, table["row"].to_numpy()).tolist()
            for thing, code in zip(things, of_rows, strict=True):
                thing.outcome = code
        for thing in things if codes is not None else ():
            if thing.values["class_id"] in ignored_classes:  # no evaluation knows of them
                thing.outcome = _IGNORED
        for thing in things:
            found[thing.values["frame_index"]][position].append(thing)
    frames = project.frames.iloc[list(request.frame_indices)]
    tiles = [
        _tile(width, height, found[index])
        for index, width, height in zip(request.frame_indices, frames["width"], frames["height"], strict=True)
    ]
    drawn = [tile.draw(detailed=len(tile.kept) <= MAX_DETAILED) for tile in tiles]
    _shed_detail(tiles, drawn)
    return [
        {"size": [round(tile.width), round(tile.height)], "objects": objects, "more": tile.left_out}
        for tile, objects in zip(tiles, drawn, strict=True)
    ]


def _outcome_codes(project: Project, request: _Request) -> OutcomeCodes | None:
    if request.evaluated is None:
        return None
    table = match_table(
        project, request.evaluated, request.threshold, request.iou, label_set=request.label_set, by=request.by
    )
    return OutcomeCodes(table)


def _tile(width: Any, height: Any, by_layer: list[list[_Found]]) -> _Tile:
    kept, left_out = _most_important(by_layer)
    if pd.isna(width) or pd.isna(height) or not width or not height:
        return _Tile(*_UNKNOWN_SIZE, 1.0, kept, left_out)
    scale = TILE_UNITS / float(height)
    return _Tile(float(width) * scale, float(TILE_UNITS), scale, kept, left_out)


def _read(table: pa.Table, layer: int) -> list[_Found]:
    columns = {name: table[name].to_pylist() for name in table.column_names if table[name].null_count < len(table)}
    if not columns:
        return []
    names = list(columns)
    found = []
    for values in zip(*columns.values(), strict=True):
        record = dict(zip(names, values, strict=True))
        confidence = record.get("confidence")
        area = (record.get("w") or 0.0) * (record.get("h") or 0.0)
        found.append(_Found(layer, area if confidence is None else confidence, record))
    return found


def _most_important(by_layer: list[list[_Found]]) -> tuple[list[_Found], int]:
    """At most ``MAX_OBJECTS``, shared fairly between layers: errors, the largest labels, the most confident ones."""
    total = sum(len(found) for found in by_layer)
    if total <= MAX_OBJECTS:
        return [thing for found in by_layer for thing in found], 0
    quotas = [0] * len(by_layer)
    room = MAX_OBJECTS
    for position in sorted(range(len(by_layer)), key=lambda position: len(by_layer[position])):
        remaining_layers = sum(1 for quota, found in zip(quotas, by_layer, strict=True) if not quota and found)
        if by_layer[position]:
            quotas[position] = min(len(by_layer[position]), room // remaining_layers)
            room -= quotas[position]
    kept = []
    for quota, found in zip(quotas, by_layer, strict=True):
        kept.extend(sorted(found, key=lambda thing: thing.rank)[:quota])
    return kept, total - len(kept)


def _shed_detail(tiles: list[_Tile], drawn: list[list[list[Any]]]) -> None:
    """Redraw the most detailed tiles with boxes until the page is small enough."""
    sizes = [sum(_numbers(entry[-1]) for entry in objects) for objects in drawn]
    total = sum(sizes)
    for place in sorted(range(len(tiles)), key=lambda place: -sizes[place]):
        if total <= MAX_NUMBERS:
            return
        drawn[place] = tiles[place].draw(detailed=False)
        total += 4 * len(drawn[place]) - sizes[place]


def _numbers(geometry: Any) -> int:
    return sum(map(_numbers, geometry)) if isinstance(geometry, list) else 1
