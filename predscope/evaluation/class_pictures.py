"""The classes of pixels, of labels and of predictions, painted frame by frame."""

from __future__ import annotations

import numpy as np

from predscope.evaluation.objects import Objects
from predscope.evaluation.pixels import ClassLines, FrameLine, PixelMaps, class_lines
from predscope.schema import Geometry


class ClassPictures:
    """Labels and predictions painted as classes, frame by frame; for the arguments see ``semantic.evaluate_semantic``.

    Attributes:
        frames: those that have labels; of labels that came as class-index masks, those with such a mask.
        background: what pixels of no object have, behind the classes; None: such pixels are not labelled.
        nothing: what pixels have of which nothing is said.
    """

    def __init__(
        self,
        labels: Objects,
        predictions: Objects,
        class_count: int,
        frame_sizes: np.ndarray,
        label_maps: PixelMaps | None,
        prediction_maps: PixelMaps | None,
    ) -> None:
        labels, predictions = _on_maps(labels, label_maps), _areas(predictions, prediction_maps)
        self._labels = labels
        self._predictions = predictions
        self._frame_sizes = frame_sizes
        self._label_maps = label_maps
        self._prediction_maps = prediction_maps
        self.frames = _frame_line(labels, label_maps, frame_sizes)
        self.background = None if label_maps is None else class_count
        self.nothing = class_count + (label_maps is not None)

    def painted(self, line: FrameLine) -> tuple[ClassLines, ClassLines]:
        """Labels and predictions of some frames."""
        labels, predictions = self._labels, self._predictions
        values = np.where(labels.is_out, self.nothing, labels.class_id)
        has_label = _has_map(self._label_maps, line)
        if self._prediction_maps is None:
            has_prediction = np.isin(line.frame, predictions.frame)
        else:
            has_prediction = _has_map(self._prediction_maps, line)
        return (
            self._paint(line, labels, values, np.arange(len(labels)), self._label_maps, has_label),
            self._paint(
                line, predictions, predictions.class_id, -predictions.rank, self._prediction_maps, has_prediction
            ),
        )

    def _paint(
        self,
        line: FrameLine,
        objects: Objects,
        values: np.ndarray,
        order: np.ndarray,
        maps: PixelMaps | None,
        is_whole: np.ndarray,
    ) -> ClassLines:
        ground = self.nothing if self.background is None else self.background
        default = np.where(is_whole, ground, self.nothing)
        return class_lines(line, objects, values, order, default, _void(maps, line), self.nothing, self._frame_sizes)


def _on_maps(labels: Objects, maps: PixelMaps | None) -> Objects:
    """Without what is on frames that did not come as class-index masks, and without boxes and the like beside these."""
    if maps is None:
        return labels
    return _areas(labels.take(np.flatnonzero(np.isin(labels.frame, maps.frame))), maps)


def _areas(objects: Objects, maps: PixelMaps | None) -> Objects:
    """The masks and polygons, where there are class-index masks: a box does not say of pixels what they show."""
    if maps is None:
        return objects
    kinds = objects.shapes["geometry"].to_numpy(zero_copy_only=False)
    return objects.take(np.flatnonzero(np.isin(kinds, [Geometry.MASK, Geometry.POLYGON])))


def _frame_line(labels: Objects, maps: PixelMaps | None, frame_sizes: np.ndarray) -> FrameLine:
    """The frames that have labels, with their sizes: that of their mask, else of an object's, else the frame's."""
    frame = np.unique(labels.frame) if maps is None else np.unique(maps.frame)
    size = np.nan_to_num(frame_sizes[frame][:, ::-1]).astype(np.int64).reshape(-1, 2)
    if "rle_height" in labels.shapes.column_names:
        sides = [labels.shapes[name].to_numpy(zero_copy_only=False) for name in ("rle_height", "rle_width")]
        own = np.stack([side.astype(np.float64) for side in sides], axis=1).reshape(-1, 2)
        known = np.flatnonzero(np.isfinite(own[:, 0]))[::-1]
        size[np.searchsorted(frame, labels.frame[known])] = own[known].astype(np.int64)
    if maps is not None:
        size[np.searchsorted(frame, maps.frame)] = maps.size
    known = size.prod(axis=1) > 0
    return FrameLine(frame[known], size[known])


def _has_map(maps: PixelMaps | None, line: FrameLine) -> np.ndarray:
    return np.zeros(len(line.frame), bool) if maps is None else np.isin(line.frame, maps.frame)


def _void(maps: PixelMaps | None, line: FrameLine) -> list[tuple[int, bytes]]:
    """Frame index and void pixels of the frames of a line; where the size differs, the whole is passed over."""
    if maps is None:
        return []
    found = []
    for position in np.flatnonzero(np.isin(maps.frame, line.frame)).tolist():
        counts, frame = maps.void[position], int(maps.frame[position])
        if counts is not None and (maps.size[position] == line.size[np.searchsorted(line.frame, frame)]).all():
            found.append((frame, counts))
    return found
