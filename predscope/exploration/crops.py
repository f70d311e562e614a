"""Objects as crops: a window of the frame around each, with the object and its counterpart, and what is said of them.

A crop is shaped like a tile of the gallery of frames (``predscope.exploration.tiles``): the same code draws both.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from predscope.evaluation.objects import IouType
from predscope.exploration.compact_shapes import Canvas, compact_object
from predscope.exploration.kind_counts import OutcomeCodes
from predscope.exploration.object_query import ERROR_WORDS
from predscope.exploration.object_selection import OUTCOME_NAMES, ObjectItem, ObjectSelection
from predscope.exploration.outcome_words import OUTCOME_TITLES, OutcomeWords, sentence
from predscope.exploration.outcomes import detection
from predscope.exploration.query import chosen_label_set
from predscope.exploration.sorting import rate
from predscope.exploration.tiles import DRAWN_COLUMNS, TILE_UNITS, with_outcome
from predscope.payload import Layer, frame_record
from predscope.project import Project
from predscope.schema import Geometry

CONTEXT: Final = 1.6
"""How much wider and higher the window is than what it is about."""
SMALLEST_WINDOW: Final = 64
"""Pixels: what is tiny is seen with what is around it."""
NARROWEST, WIDEST = 0.75, 1.8
"""Width by height of windows: the shorter side shows more around the object."""
_UNKNOWN_SIZE: Final = (640, 480)
"""Of a frame whose image cannot be read: nothing is drawn there but words."""

_AS_BOXES: Final = (Geometry.BOX, Geometry.CLASSIFICATION)
"""Kinds that a comparison of boxes sees as they are."""

Window = tuple[int, int, int, int]
"""Left, top, width, height of a part of a frame, whole pixels."""
CropUrl = Callable[[int, str, Sequence[int]], str]


def crop_window(boxes: Sequence[Sequence[float]], width: float, height: float) -> Window:
    """The window around some boxes (x, y, w, h), inside the frame.

    Args:
        boxes: without any, it is the whole frame.
        width, height: of the frame; NaN where unknown, then nothing is cut off.
    """
    if not boxes:
        return (0, 0, *_UNKNOWN_SIZE) if np.isnan([width, height]).any() else (0, 0, int(width), int(height))
    lows = np.min([box[:2] for box in boxes], axis=0)
    highs = np.max([[box[0] + box[2], box[1] + box[3]] for box in boxes], axis=0)
    middle = (lows + highs) / 2
    side = np.maximum((highs - lows) * CONTEXT, SMALLEST_WINDOW)
    side = np.maximum(side, [side[1] * NARROWEST, side[0] / WIDEST])
    frame = np.array([width, height])
    if np.isnan(frame).any():
        left, top = np.maximum(np.floor(middle - side / 2), 0)
        return int(left), int(top), int(np.ceil(side[0])), int(np.ceil(side[1]))
    side = np.ceil(np.minimum(side, frame))
    corner = np.floor(np.clip(middle - side / 2, 0, np.maximum(frame - side, 0)))
    return int(corner[0]), int(corner[1]), int(side[0]), int(side[1])


def window_around(frame: Mapping[Hashable, Any], objects: Iterable[Mapping[str, Any]]) -> Window:
    """The window around some objects of a frame.

    Args:
        frame: a row of ``Project.frames``.
        objects: their columns; those without a box do not count.
    """
    width, height = (float("nan") if pd.isna(frame[side]) else float(frame[side]) for side in ("width", "height"))
    boxes = [[values[side] for side in "xywh"] for values in objects if values["x"] is not None]
    return crop_window(boxes, width, height)


def canvas_of(window: Window) -> Canvas:
    """What is drawn in a window, in the units of its crop."""
    return Canvas(TILE_UNITS / window[3], *window[:2])


def crop_of_frame(frame: Mapping[Hashable, Any], window: Window, crop_url: CropUrl) -> dict[str, Any]:
    """What a crop has of its frame: those keys of ``tile_records`` that are not about objects."""

    def url(frame_index: int, version: str) -> str:
        return crop_url(frame_index, version, window)

    found = frame_record(frame, url, url)
    return {
        "frame_id": found["frame"],
        "file_name": found["file_name"],
        "status": found["status"],
        "thumb": found["thumb"],
        "size": [round(window[2] * canvas_of(window).scale), TILE_UNITS],
        "counts": [],
        "badge": "",
        "more": 0,
    }


def crop_records(
    project: Project,
    layers: Sequence[Layer],
    selection: ObjectSelection,
    places: Sequence[int],
    crop_url: CropUrl,
) -> list[dict[str, Any]]:
    """The crops of some places of a selection.

    Args:
        layers: the label layer and that of the query's prediction set.

    Returns:
        Per crop the keys of ``tile_records``, in the units of the crop: ``frame`` (the id of the object),
        ``frame_id`` (of its frame), ``size``, ``thumb``, ``objects`` (with the code of their outcome in bits 2 and up
        of the flags: 1 tp, 2 fp, 3 fn, 4 ignored), ``counts`` (empty); besides ``title`` and ``words``, the caption,
        and ``value``, that of the metric that they are sorted by, in words.
        Objects are drawn as they were compared. Those that have another shape of their own have it too, in two more
        places: its kind and its geometry.
    """
    items = [selection.item(place) for place in places]
    label_layer = next((place for place, layer in enumerate(layers) if layer.role == "labels"), 0)
    prediction_layer = next((place for place, layer in enumerate(layers) if layer.role == "predictions"), 0)
    labels = _objects(layers[label_layer], [row for item in items for row in _rows(item)[1]])
    predictions = _objects(layers[prediction_layer], [row for item in items for row in _rows(item)[0]])
    query = selection.query
    found = detection(project, query.prediction_set, chosen_label_set(project, query.frames), query.frames.by)
    words = OutcomeWords.of(found, selection.table)
    codes = OutcomeCodes(selection.table)
    frames = project.frames.iloc[[item.frame_index for item in items]].to_dict("records")
    records = []
    for place, item, row in zip(places, items, frames, strict=True):
        own_predictions, own_labels = _rows(item)
        drawn = [(label_layer, labels[label]) for label in own_labels if label in labels]
        drawn += [(prediction_layer, predictions[own]) for own in own_predictions if own in predictions]
        window = window_around(row, [values for _, values in drawn])
        canvas = canvas_of(window)
        records.append(
            crop_of_frame(row, window, crop_url)
            | {
                "frame": selection.object_id(place),
                "index": item.frame_index,
                "objects": [
                    with_outcome(
                        as_compared(values, layer, canvas, found.iou_type),
                        int(codes.of_rows(layers[layer].role, np.array([values["row"]]))[0]),
                    )
                    for layer, values in drawn
                ],
                "outcome": OUTCOME_NAMES[item.outcome],
                "value": selection.value_in_words(place),
                **_caption(project, selection, words, item),
            }
        )
    return records


def as_compared(values: dict[str, Any], layer: int, canvas: Canvas, iou_type: IouType) -> list[Any]:
    """An object drawn as the comparison sees it, followed by kind and geometry of its own shape where that differs."""
    own = compact_object(values, layer, canvas, detailed=True)
    if iou_type is IouType.BBOX and own[3] not in _AS_BOXES:
        return [*compact_object(values, layer, canvas, detailed=False), own[3], own[6]]
    if iou_type in (IouType.SEGM, IouType.BOUNDARY) and own[3] == Geometry.KEYPOINTS:
        area = Geometry.POLYGON if values["rle_counts"] is None else Geometry.MASK
        filled = compact_object(values | {"geometry": area}, layer, canvas, detailed=True)
        return [*filled, own[3], own[6]]
    return own


def _rows(item: ObjectItem) -> tuple[list[int], list[int]]:
    """Rows of the predictions and of the labels that a crop shows."""
    predictions, labels = [item.prediction_row], [item.label_row]
    (predictions if item.is_label else labels).append(item.near_row)
    return [row for row in predictions if row >= 0], [row for row in labels if row >= 0]


def _objects(layer: Layer, rows: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Columns that are drawn, by row."""
    wanted = np.unique(np.asarray(rows, dtype=np.int64))
    return {values["row"]: values for values in layer.objects.rows(wanted, DRAWN_COLUMNS).to_pylist()}


def _caption(
    project: Project, selection: ObjectSelection, words: OutcomeWords, item: ObjectItem
) -> dict[str, str | None]:
    """``title`` "False positive: person .71", ``words`` "IoU .42 with this person, needs .50".

    Where the query asks for kinds of error, the title names that kind: "Localisation: person .71".
    """
    table, classes = selection.table, project.classes
    title = sentence(ERROR_WORDS[item.error.name.lower()]) if item.error else OUTCOME_TITLES[item.outcome]
    if item.is_label:
        position = int(np.searchsorted(table.labels.row, item.label_row))
        name, text = classes[int(table.labels.class_id[position])].name, words.of_label(position)
    else:
        position = int(np.searchsorted(table.predictions.row, item.prediction_row))
        name = f"{classes[int(table.predictions.class_id[position])].name} {rate(item.confidence)}"
        text = words.of_error(selection.tide, position) if item.error else words.of_prediction(position)
    return {"title": f"{title}: {name}", "words": text}
