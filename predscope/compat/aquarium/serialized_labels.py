"""Labels as the client serializes them, added to a frame as a script would add them, with the same checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from predscope.compat.aquarium import values
from predscope.compat.aquarium.label_set import LINK_PREFIX, LabelSet
from predscope.compat.aquarium.values import mapping, place_of, sequence

Record = dict[str, Any]
_Method = Callable[..., None]
_COMMON: Final = ("confidence", "iscrowd")
_BOX: Final = ("top", "left", "width", "height")
_SHAPES: Final[dict[str, tuple[_Method, tuple[str, ...]]]] = {
    "BBOX_2D": (LabelSet.add_2d_bbox, (*_BOX, "area", *_COMMON)),
    "LINE_SEGMENT_2D": (LabelSet.add_2d_line_segment, ("x1", "y1", "x2", "y2", *_COMMON)),
    "KEYPOINTS_2D": (LabelSet.add_2d_keypoints, ("keypoints", *_BOX, "polygons", "center", *_COMMON)),
    "POLYGON_LIST_2D": (LabelSet.add_2d_polygon_list, ("polygons", "center", *_COMMON)),
    "CLASSIFICATION_2D": (LabelSet.add_2d_classification, ("confidence", "secondary_labels")),
}
"""By type: the method, and the attributes that are arguments of it; all others are the user's."""
_INSTANCE: Final = "INSTANCE_LABEL_2D"


def add_labels(labels: LabelSet, records: Any, *, needs_confidence: bool) -> None:
    """Add the entries of ``label_data`` or ``inference_data``, a list or None.

    Kinds that are not shown, and masks whose pixels lie in files of their own, are counted among those not shown.

    Raises:
        InputError: an entry cannot be used.
    """
    where = place_of(labels.frame_id)
    entries = [mapping(record, "a label", where) for record in sequence(records, "labels", where)]
    instances = [entry for entry in entries if entry.get("label_type") == _INSTANCE]
    for entry in entries:
        kind, label_id = str(entry.get("label_type")), entry.get("uuid")
        sensor: Record = {
            "sensor_id": entry.get("label_coordinate_frame") or values.DEFAULT_SENSOR_ID,
            "label_id": label_id,
        }
        given = mapping(entry.get("attributes"), "attributes", where)
        if kind in _SHAPES:
            _add_shape(labels, kind, sensor | {"classification": entry.get("label")}, given, needs_confidence)
        elif kind == "SEMANTIC_LABEL_URL_2D":
            labels.add_2d_semseg(**sensor, mask_url=given.get("url"), resize_mode=given.get("resize_mode"))
        elif kind == "INSTANCE_LABEL_URL_2D":
            labels.add_2d_instance_seg(
                **sensor,
                mask_url=given.get("url"),
                instance_mapping=_instance_mapping(str(label_id), instances),
                resize_mode=given.get("resize_mode"),
            )
        elif kind != _INSTANCE:
            labels.note_not_shown(kind, label_id)


def _add_shape(labels: LabelSet, kind: str, label: Record, given: Record, needs_confidence: bool) -> None:
    method, names = _SHAPES[kind]
    if needs_confidence:
        values.confidence(given.get("confidence"), place_of(labels.frame_id, str(label["label_id"])), required=True)
    label |= {name: given.get(name) for name in names}
    rest = {name: value for name, value in given.items() if name not in names}
    links = {name: rest.pop(name) for name in list(rest) if name.startswith(LINK_PREFIX)}
    if links and kind != "CLASSIFICATION_2D":
        label["links"] = links
    method(labels, **label, user_attrs=rest or None)


def _instance_mapping(label_id: str, instances: Iterable[Record]) -> list[Record]:
    """The instances of a mask; each is an entry of its own, named by the mask and its id."""
    found = []
    for entry in instances:
        attributes = mapping(entry.get("attributes"), "attributes", str(entry.get("uuid")))
        number = attributes.pop("id", None)
        attributes.pop("resize_mode", None)
        if entry.get("uuid") == f"{label_id}_{number}":
            found.append({"id": number, "classification": entry.get("label"), "attributes": attributes})
    return found
