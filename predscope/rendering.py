"""Frames with their objects drawn on the pixels: previews and exported stills.

The app draws vectors in the browser; this is for places without one. Labels are solid with a light casing, predictions
dashed in the colour of their set, crowds hatched, masks tinted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import cv2
import numpy as np
from hotcoco import mask as rle

from predscope.errors import InputError
from predscope.palette import color_of, to_bgr
from predscope.payload import Layer
from predscope.project import Project
from predscope.project.frame_images import read_frame
from predscope.schema import Geometry, ObjectClass

_MISSING_BACKGROUND: Final = (60, 56, 52)
_CASING: Final = (24, 24, 24)
_FILL_OPACITY: Final = 0.28
_DASH_PX: Final = 9


def render_frame(project: Project, layers: Sequence[Layer], frame_index: int, *, confidence: float = 0.0) -> np.ndarray:
    """Draw one frame with all its objects.

    Args:
        layers: the sets to draw, later ones on top.
        confidence: predictions below it are left out.

    Returns:
        uint8 (height, width, 3), blue-green-red; a grey canvas of the frame's size where the image is missing.
    """
    frame = project.frames.iloc[frame_index]
    image = _frame_pixels(project, frame_index, frame)
    by_class = len(layers) == 1
    for layer in layers:
        for record in layer.objects.of_frame(frame_index).to_pylist():
            if record["confidence"] is not None and record["confidence"] < confidence:
                continue
            object_class = project.classes[record["class_id"]]
            color = to_bgr(color_of(object_class) if by_class else layer.color)
            _draw_object(image, record, object_class, color, dashed=layer.role == "predictions")
    return image


def encode_png(image: np.ndarray) -> bytes:
    """PNG bytes of a uint8 BGR image."""
    return cv2.imencode(".png", image)[1].tobytes()


def _frame_pixels(project: Project, frame_index: int, frame: Any) -> np.ndarray:
    try:
        return read_frame(project, frame_index)
    except InputError:
        pass
    height, width = (int(frame[side]) if frame[side] == frame[side] else 480 for side in ("height", "width"))
    return np.full((height, width, 3), _MISSING_BACKGROUND, np.uint8)


def _draw_object(
    image: np.ndarray, record: dict[str, Any], object_class: ObjectClass, color: tuple[int, int, int], *, dashed: bool
) -> None:
    rings = _outline_rings(record)
    if record["geometry"] in (Geometry.POLYGON, Geometry.MASK):
        _tint(image, _covered(record, rings, image.shape[:2]), color, hatched=record["is_crowd"])
    for ring, closed in rings:
        _stroke(image, ring, color, closed=closed, dashed=dashed)
    if record["geometry"] == Geometry.KEYPOINTS:
        _draw_keypoints(image, record["keypoints"], object_class, color)
    _caption(image, record, object_class.name, color)


def _outline_rings(record: dict[str, Any]) -> list[tuple[np.ndarray, bool]]:
    """The lines to stroke: float (n, 2) points and whether they close."""
    geometry = record["geometry"]
    if geometry == Geometry.POLYGON:
        return [(_points(ring), True) for part in record["polygons"] for ring in part]
    if geometry == Geometry.POLYLINE:
        return [(_points(line), False) for line in record["polylines"]]
    if geometry == Geometry.ORIENTED_BOX:
        center_x, center_y, width, height, angle = record["oriented_box"]
        corners = cv2.boxPoints(((center_x, center_y), (width, height), np.degrees(angle)))
        return [(corners.astype(np.float64), True)]
    if geometry == Geometry.MASK:
        contours, _ = cv2.findContours(_decode(record), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        return [(contour[:, 0, :].astype(np.float64), True) for contour in contours]
    if record["x"] is None:
        return []
    x, y, w, h = (record[side] for side in ("x", "y", "w", "h"))
    return [(np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]), True)]


def _covered(record: dict[str, Any], rings: Iterable[tuple[np.ndarray, bool]], shape: tuple[int, int]) -> np.ndarray:
    """bool (height, width): the pixels of the object."""
    if record["geometry"] == Geometry.MASK:
        mask = np.zeros(shape, np.uint8)
        decoded = _decode(record)[: shape[0], : shape[1]]
        mask[: decoded.shape[0], : decoded.shape[1]] = decoded
        return mask.astype(bool)
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round(ring).astype(np.int32) for ring, _ in rings], 1)  # even-odd: holes stay open
    return mask.astype(bool)


def _decode(record: dict[str, Any]) -> np.ndarray:
    encoded = {"size": [record["rle_height"], record["rle_width"]], "counts": record["rle_counts"]}
    return np.ascontiguousarray(rle.decode(encoded))


def _tint(image: np.ndarray, covered: np.ndarray, color: tuple[int, int, int], *, hatched: bool) -> None:
    if hatched:
        rows, columns = np.ogrid[: covered.shape[0], : covered.shape[1]]
        covered = covered & ((rows + columns) % 10 < 3)
    image[covered] = (image[covered] * (1 - _FILL_OPACITY) + np.array(color) * _FILL_OPACITY).astype(np.uint8)


def _stroke(image: np.ndarray, ring: np.ndarray, color: tuple[int, int, int], *, closed: bool, dashed: bool) -> None:
    points = np.vstack([ring, ring[:1]]) if closed else ring
    lines = _dashes(points) if dashed else [points]
    for thickness, shade in ((4, _CASING), (2, color)):
        for line in lines:
            cv2.polylines(image, [np.round(line).astype(np.int32)], False, shade, thickness, cv2.LINE_AA)


def _dashes(points: np.ndarray) -> list[np.ndarray]:
    """Cut a line into dashes of equal length, as long as the gaps between them."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    travelled = np.concatenate([[0.0], np.cumsum(steps)])
    dashes = []
    for start in np.arange(0.0, travelled[-1], 2 * _DASH_PX):
        end = min(start + _DASH_PX, travelled[-1])
        inner = points[(travelled > start) & (travelled < end)]
        ends = [[np.interp(at, travelled, points[:, axis]) for axis in (0, 1)] for at in (start, end)]
        dashes.append(np.vstack([ends[:1], inner, ends[1:]]))
    return dashes


def _draw_keypoints(
    image: np.ndarray, keypoints: Sequence[float], object_class: ObjectClass, color: tuple[int, int, int]
) -> None:
    triples = np.asarray(keypoints, float).reshape(-1, 3)
    for start, end in object_class.skeleton:
        if max(start, end) < len(triples) and triples[start, 2] > 0 and triples[end, 2] > 0:
            ends = [tuple(int(value) for value in np.round(triples[at, :2])) for at in (start, end)]
            cv2.line(image, ends[0], ends[1], color, 2, cv2.LINE_AA)
    for x, y, visibility in triples:
        if visibility > 0:
            center = (round(x), round(y))
            cv2.circle(image, center, 4, _CASING, -1, cv2.LINE_AA)
            cv2.circle(image, center, 3, color, -1 if visibility > 1 else 1, cv2.LINE_AA)


def _caption(image: np.ndarray, record: dict[str, Any], name: str, color: tuple[int, int, int]) -> None:
    confidence = record["confidence"]
    text = name if confidence is None else f"{name} {confidence:.2f}"
    text = text.encode("ascii", "replace").decode()  # OpenCV's fonts have no other letters
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.42, 1)
    x = round(record["x"] or 0)
    y = max(round(record["y"] or 0), height + base + 2)
    cv2.rectangle(image, (x, y - height - base - 2), (x + width + 6, y), color, -1)
    shade = (16, 16, 16) if sum(color) > 380 else (255, 255, 255)
    cv2.putText(image, text, (x + 3, y - base), cv2.FONT_HERSHEY_SIMPLEX, 0.42, shade, 1, cv2.LINE_AA)


def _points(flat: Sequence[float]) -> np.ndarray:
    return np.asarray(flat, float).reshape(-1, 2)
