"""Frames and their objects as the compact JSON that the viewer and the gallery draw.

A *scene* is what stays the same from frame to frame (layers, classes); a *frame payload* is one frame with its objects.
Keys are short and absent where there is nothing to say: 300 objects take about 60 KB.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from predscope.palette import LABEL_COLOR, color_of, prediction_set_color
from predscope.project import ObjectSet, Project
from predscope.schema import Geometry, ImageStatus

LABEL_LAYER: Final = "labels"
PREDICTION_LAYER_PREFIX: Final = "p:"

_DRAWN_COLUMNS: Final = [
    "frame_index", "class_id", "geometry", "confidence", "x", "y", "w", "h", "area", "is_crowd", "is_ignored",
    "oriented_box", "polygons", "rle_counts", "rle_height", "rle_width", "keypoints", "polylines", "track_id",
    "attributes",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layer:
    """One set of objects drawn over the image.

    Attributes:
        key: ``labels`` or ``p:<name of the prediction set>``.
        name: as shown to people.
        objects: the set.
        color: of the whole layer, ``#RRGGBB``.
    """

    key: str
    name: str
    objects: ObjectSet
    color: str

    @property
    def role(self) -> str:
        return self.objects.role


def project_layers(
    project: Project, prediction_sets: Sequence[str] | None = None, label_set: str | None = None
) -> list[Layer]:
    """A label set, if there is one, and the prediction sets named (all without ``prediction_sets``), in order.

    Raises:
        ProjectError: there is no label set of that name (None: the first).
    """
    layers = []
    if project.set_names("labels"):
        objects = project.objects("labels", label_set or project.set_names("labels")[0])
        layers.append(Layer(LABEL_LAYER, "Labels", objects, LABEL_COLOR))
    for position, name in enumerate(project.set_names("predictions")):
        if prediction_sets is None or name in prediction_sets:
            objects = project.objects("predictions", name)
            color = prediction_set_color(position)
            layers.append(Layer(PREDICTION_LAYER_PREFIX + name, name, objects, color))
    return layers


def staged_layers(project: Project, staged: ObjectSet) -> list[Layer]:
    """An import that is not published yet, over the labels that are; ``project`` as the import would leave it."""
    if staged.role == "labels":
        return [Layer(LABEL_LAYER, "Labels (not imported yet)", staged, LABEL_COLOR)]
    color = prediction_set_color(0)
    layer = Layer(PREDICTION_LAYER_PREFIX + staged.name, f"{staged.name} (not imported yet)", staged, color)
    return [*project_layers(project, prediction_sets=[]), layer]


def scene(project: Project, layers: Sequence[Layer]) -> dict[str, Any]:
    """What the drawing code must know once: layers and classes with their colours."""
    return {
        "layers": [
            {"key": layer.key, "name": layer.name, "role": layer.role, "color": layer.color} for layer in layers
        ],
        "classes": [
            {
                "id": object_class.class_id,
                "name": object_class.name,
                "color": color_of(object_class),
                "keypoints": list(object_class.keypoints),
                "skeleton": [list(pair) for pair in object_class.skeleton],
            }
            for object_class in project.classes
        ],
    }


def frame_record(
    frame: Mapping[Hashable, Any], image_url: Callable[[int, str], str], thumbnail_url: Callable[[int, str], str]
) -> dict[str, Any]:
    """A frame without its objects: identity, size, state and addresses of its pixels.

    ``sequence`` and ``sequence_index`` are there only for frames of a video or image sequence.

    Args:
        frame: a row of ``Project.frames``.
        image_url, thumbnail_url: the address of a frame's pixels from its index and the version of its file.
    """
    index = int(frame["frame_index"])
    version = f"{_int_or_zero(frame['modified_ns']):x}-{_int_or_zero(frame['file_size']):x}"
    shown = frame["image_status"] == ImageStatus.OK
    apply_exif = frame["apply_exif"]
    record = {
        "frame": frame["frame_id"],
        "index": index,
        "file_name": frame["file_name"],
        "width": _int_or_zero(frame["width"]),
        "height": _int_or_zero(frame["height"]),
        "status": frame["image_status"],
        "apply_exif": True if pd.isna(apply_exif) else bool(apply_exif),
        "image": image_url(index, version) if shown else None,
        "thumb": thumbnail_url(index, version) if shown else None,
    }
    if isinstance(frame["sequence"], str) and frame["sequence"]:
        record["sequence"] = frame["sequence"]
        if not pd.isna(frame["sequence_index"]):
            record["sequence_index"] = int(frame["sequence_index"])
    return record


def frame_payloads(
    project: Project,
    layers: Sequence[Layer],
    frame_indices: Sequence[int],
    image_url: Callable[[int, str], str],
    thumbnail_url: Callable[[int, str], str],
    fields: Mapping[str, Callable[[np.ndarray], list[dict[str, Any]]]] | None = None,
) -> list[dict[str, Any]]:
    """Frame payloads, in the order asked for; one read of each set for all of them.

    Args:
        fields: by key of a layer, what is known of its objects beside their own columns, from their rows; such as their
            outcomes (``predscope.exploration.outcome_fields``).
    """
    objects_by_frame: dict[int, list[dict[str, Any]]] = {index: [] for index in frame_indices}
    ignored_classes = frozenset(entry.class_id for entry in project.classes if entry.is_ignored)
    for position, layer in enumerate(layers):
        table = layer.objects.of_frames(sorted(objects_by_frame), columns=_DRAWN_COLUMNS)
        records = _object_records(table, layer.key, position)
        if fields is not None and layer.key in fields:
            for record, more in zip(records, fields[layer.key](table["row"].to_numpy()), strict=True):
                record |= more
        for record in records if ignored_classes else ():
            if record["cls"] in ignored_classes:  # no evaluation knows of them
                record |= {"ignored": True} | ({} if fields is None else {"outcome": "ignored"})
        for frame_index, record in zip(table["frame_index"].to_pylist(), records, strict=True):
            objects_by_frame[frame_index].append(record)
    rows = project.frames.iloc[list(frame_indices)].to_dict("records")
    return [
        frame_record(row, image_url, thumbnail_url)
        | {"attributes": _json_object(row["attributes"]), "objects": objects_by_frame[int(row["frame_index"])]}
        for row in rows
    ]


def _object_records(table: pa.Table, layer_key: str, layer_position: int) -> list[dict[str, Any]]:
    """One dictionary an object; columns without any value cost nothing."""
    columns = {name: table[name].to_pylist() for name in table.column_names if table[name].null_count < len(table)}
    boxes = _rounded_boxes(table) if "x" in columns else [None] * len(table)
    records: list[dict[str, Any]] = [
        {"id": f"{layer_key}:{row}", "layer": layer_position, "cls": class_id, "kind": kind}
        for row, class_id, kind in zip(columns["row"], columns["class_id"], columns["geometry"], strict=True)
    ] if len(table) else []  # fmt: skip
    for record, box in zip(records, boxes, strict=True):
        if box is not None:
            record["box"] = box
    for column, key, convert in _OPTIONAL_FIELDS:
        for record, value in zip(records, columns.get(column, ()), strict=False):
            if value is not None and value is not False:
                record[key] = convert(value)
    if "rle_counts" in columns:
        for record, counts, height, width in zip(
            records, columns["rle_counts"], columns["rle_height"], columns["rle_width"], strict=True
        ):
            if record["kind"] == Geometry.MASK and counts is not None:
                record["mask"] = {"size": [height, width], "counts": counts.decode("ascii")}
    return records


def _rounded_boxes(table: pa.Table) -> list[list[float] | None]:
    sides = [pc.round(table[name], 2).to_pylist() for name in ("x", "y", "w", "h")]
    return [None if box[0] is None else list(box) for box in zip(*sides, strict=True)]


def _rounded(values: Any) -> Any:
    """Coordinates to a hundredth of a pixel, at any depth of nesting."""
    if isinstance(values, list):
        return [_rounded(value) for value in values]
    return round(values, 2)


def _rounded_confidence(value: float) -> float:
    """To five digits; but never up to a whole hundredth, where thresholds lie: .6999999 is below .7."""
    short = round(value, 5)
    return value if short > value and short == round(value, 2) else short


def _json_object(text: Any) -> dict[str, Any]:
    return orjson.loads(text) if isinstance(text, str) and text else {}


def _int_or_zero(value: Any) -> int:
    return 0 if pd.isna(value) else int(value)


_OPTIONAL_FIELDS: Final[tuple[tuple[str, str, Callable[[Any], Any]], ...]] = (
    ("confidence", "conf", _rounded_confidence),
    ("area", "area", lambda value: round(value, 1)),
    ("is_crowd", "crowd", bool),
    ("is_ignored", "ignored", bool),
    ("oriented_box", "obb", lambda value: [round(part, 4) for part in value]),
    ("polygons", "parts", _rounded),
    ("keypoints", "points", _rounded),
    ("polylines", "lines", _rounded),
    ("track_id", "track", str),
    ("attributes", "attrs", _json_object),
)
