"""Labels and predictions of frames as small painted pictures, to lie over photographs: what is meant strong, the rest
faint.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from predscope.evaluation.class_pictures import ClassPictures
from predscope.evaluation.ignored_classes import predictions_on_pixels, with_void_labels
from predscope.evaluation.objects import IouType, Objects, columns_for
from predscope.evaluation.pixels import FrameLine
from predscope.evaluation.semantic import Semantic
from predscope.exploration.query import FrameQuery, chosen_label_set
from predscope.exploration.semantic_performance import PixelQuery, class_names, frame_sizes_of, pixel_maps_of
from predscope.palette import class_color, color_of, to_bgr
from predscope.project import Project
from predscope.recently_used import RecentlyUsed
from predscope.schema import ObjectClass

HEIGHT_PX: Final = 180
"""Of the pictures, at most."""
BACKGROUND_COLOR: Final = "#7F858E"
_STRONG, _FAINT = 215, 60
"""Opacities, of 255."""


@dataclass(frozen=True, slots=True)
class PixelPicture:
    """One frame.

    Attributes:
        label, prediction: transparent PNGs of the shape of the frame, as ``data:`` addresses.
        aspect: width by height.
    """

    label: str
    prediction: str
    aspect: float


_pages: Final[RecentlyUsed[list[PixelPicture]]] = RecentlyUsed(8)


def pixel_pictures(
    project: Project, query: FrameQuery, prediction_set: str, found: Semantic, pixels: PixelQuery, frames: Sequence[int]
) -> list[PixelPicture]:
    """Pictures of some frames that have labels.

    Args:
        found: the counts that ``pixels`` speaks of.
        pixels: whose pixels are strong: those of a cell of the confusion matrix; those of a class that are wrong; with
            neither, all that are wrong.
        frames: frame indices.
    """
    label_set = chosen_label_set(project, query)
    is_strong = _strong_cells(found, pixels)
    key = (str(project.path), project.revision, label_set, prediction_set, is_strong.tobytes(), tuple(frames))
    return _pages.get(key, lambda: _draw(project, label_set, prediction_set, is_strong, frames))


def _strong_cells(found: Semantic, pixels: PixelQuery) -> np.ndarray:
    """bool (classes + 1, classes + 1): label class by predicted class; the last of each says nothing."""
    names = class_names(found)
    size = len(names)
    strong = ~np.eye(size, dtype=bool)
    strong[-1] = False
    if pixels.label_class in names and pixels.predicted_class in names:
        strong[:] = False
        strong[names.index(pixels.label_class), names.index(pixels.predicted_class)] = True
    elif pixels.klass in names:
        own = np.zeros((size, size), bool)
        place = names.index(pixels.klass)
        own[place], own[:, place] = True, True
        strong &= own
    if found.ignores_background:  # it is in the pictures all the same, and is no prediction
        strong[:, -2] = strong[:, -1]
        strong[-2] = False
    return strong


def _draw(
    project: Project, label_set: str | None, prediction_set: str, is_strong: np.ndarray, frames: Sequence[int]
) -> list[PixelPicture]:
    sets = project.objects("labels", label_set), project.objects("predictions", prediction_set)
    order = np.sort(np.asarray(frames, np.int64))
    columns = columns_for(IouType.SEGM)
    labels, predictions = (Objects.from_table(entry.of_frames(order, columns)) for entry in sets)
    labels, predictions = (
        with_void_labels(labels, project.classes),
        predictions_on_pixels(predictions, project.classes),
    )
    pictures = ClassPictures(
        labels, predictions, len(project.classes), frame_sizes_of(project), *(pixel_maps_of(entry) for entry in sets)
    )
    colors = _colors(project.classes, pictures.nothing, pictures.background)
    drawn = {}
    known = pictures.frames
    for frame in order.tolist():
        place = int(np.searchsorted(known.frame, frame))
        line = FrameLine(known.frame[place : place + 1], known.size[place : place + 1])
        height, width = line.size[0].tolist()
        label, prediction = (painted.picture(height, width) for painted in pictures.painted(line))
        rows, columns_shown = _sampled(height, width)
        label, prediction = label[np.ix_(rows, columns_shown)], prediction[np.ix_(rows, columns_shown)]
        opacity = np.where(is_strong[label, prediction], _STRONG, _FAINT)
        drawn[frame] = PixelPicture(
            _png(label, colors, opacity, pictures.nothing),
            _png(prediction, colors, opacity, pictures.nothing),
            width / height,
        )
    return [drawn[frame] for frame in frames]


def _colors(classes: Sequence[ObjectClass], nothing: int, background: int | None) -> np.ndarray:
    """uint8 (classes and what is behind them, 3): blue, green, red."""
    colors = [to_bgr(color_of(entry)) for entry in classes]
    colors += [to_bgr(class_color(class_id)) for class_id in range(len(classes), nothing + 1)]
    if background is not None:
        colors[background] = to_bgr(BACKGROUND_COLOR)
    return np.array(colors, np.uint8)


def _sampled(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the frame that the picture shows."""
    scale = min(HEIGHT_PX / height, 1.0)
    shown = max(round(height * scale), 1), max(round(width * scale), 1)
    rows, columns = (
        ((np.arange(count) + 0.5) * side / count).astype(np.int64)
        for count, side in zip(shown, (height, width), strict=True)
    )
    return rows, columns


def _png(classes: np.ndarray, colors: np.ndarray, opacity: np.ndarray, nothing: int) -> str:
    alpha = np.where(classes == nothing, 0, opacity).astype(np.uint8)
    _, png = cv2.imencode(".png", np.dstack([colors[classes], alpha]))
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode("ascii")
