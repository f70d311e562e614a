"""Judging objects beside their frames: what is repaired, what is rejected, what is only remarked.

All checks work on whole columns. A row that is rejected is counted under the first reason found; a row that is repaired
is counted once, however much of it was.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from predscope.geometry import (
    bounds_of_keypoints,
    bounds_of_oriented_boxes,
    clip_boxes,
    overhang_of_boxes,
)
from predscope.importing.frames.names import AMBIGUOUS
from predscope.importing.rows.columns import UNKNOWN_GEOMETRY
from predscope.importing.rows.judgement import RowJudgement
from predscope.importing.rows.outlines import any_not_finite, cross_themselves, whole_points
from predscope.importing.rows.rescaling import is_scaled, place_shapes, rescale_masks
from predscope.run_lengths import read_run_lengths
from predscope.schema import Geometry

OVERHANG_TOLERANCE_PX: Final = 1.0
CONFIDENCE_TOLERANCE: Final = 1e-3


class BatchCheck(RowJudgement):
    """The checks of one batch. ``columns`` is changed in place where rows are repaired or completed."""

    def run(self) -> None:
        """All checks, from what a row refers to, to its shape, to its numbers."""
        with np.errstate(invalid="ignore", over="ignore"):  # rejected rows keep their NaN and infinite numbers
            self._check_references()
            self._check_numbers()
            self._check_paths()
            self._check_points()
            self._scale()
            self._check_masks()
            self._complete()
            self._check_sizes()
            self._check_places()
            self._check_confidence()
        self.repaired &= self.kept

    def _check_references(self) -> None:
        frame_index = self._frame_index
        self._reject("ambiguous_frame", frame_index == AMBIGUOUS, self._name_frame)
        self._reject("unknown_frame", frame_index < 0, self._name_frame)
        self._reject("class_missing", self._class_id < 0)
        self._reject("unknown_geometry", self._columns.geometry == UNKNOWN_GEOMETRY)
        has_frame = frame_index >= 0
        self._width[has_frame] = self._frames.width[frame_index[has_frame]]
        self._height[has_frame] = self._frames.height[frame_index[has_frame]]
        habits = self._habits
        is_box = np.isfinite(self._columns.box).all(axis=1)
        if habits.looks_normalised and not self._batch.relative:
            self._reject("looks_normalised", is_box, self._box_text, habits.correction)
        if habits.looks_like_pixels and self._batch.relative:
            self._reject("looks_like_pixels", is_box, self._box_text, habits.correction)

    def _check_numbers(self) -> None:
        columns = self._columns
        box = columns.box
        partly = np.isnan(box).any(axis=1) & ~np.isnan(box).all(axis=1)
        bad = partly | np.isinf(box).any(axis=1)
        # A box of which nothing is there may follow from the shape; a plain box may not.
        bad |= np.isnan(box).all(axis=1) & columns.has(Geometry.BOX)
        for paths in (columns.polygons, columns.polylines):
            if paths is not None:
                bad |= any_not_finite(paths.values, paths.object_value_starts)
        for lists in (columns.keypoints, columns.oriented_box):
            if lists is not None:
                bad |= any_not_finite(lists.values, lists.starts)
        self._reject("not_finite", bad, self._box_text)
        columns.area[~np.isfinite(columns.area) | (columns.area < 0)] = np.nan
        box[~np.isfinite(box).all(axis=1)] = np.nan
        box[columns.has(Geometry.CLASSIFICATION)] = np.nan

    def _check_paths(self) -> None:
        columns = self._columns
        if columns.polygons is not None:
            columns.polygons, dropped = whole_points(columns.polygons, is_polygon=True)
            is_empty = np.diff(columns.polygons.object_starts) == 0
            is_polygon = columns.has(Geometry.POLYGON)
            self._reject("polygon_too_short", dropped & is_empty & is_polygon)
            self._repair("part_dropped", dropped & ~is_empty)
            self._reject("shape_missing", is_polygon & is_empty)
            self._remark("polygon_crosses_itself", cross_themselves(columns.polygons))
        else:
            self._reject("shape_missing", columns.has(Geometry.POLYGON))
        is_line = columns.has(Geometry.POLYLINE)
        if columns.polylines is not None:
            columns.polylines, dropped = whole_points(columns.polylines, is_polygon=False)
            is_empty = np.diff(columns.polylines.object_starts) == 0
            self._reject("shape_missing", is_line & is_empty)
            self._repair("part_dropped", dropped & ~is_empty)
        else:
            self._reject("shape_missing", is_line)

    def _check_points(self) -> None:
        columns = self._columns
        if columns.keypoints is not None:
            broken = columns.keypoints.lengths % 3 != 0
            self._reject("keypoints_broken", broken)
            columns.keypoints = columns.keypoints.emptied(broken)
            self._reject("shape_missing", columns.has(Geometry.KEYPOINTS) & (columns.keypoints.lengths == 0))
        else:
            self._reject("shape_missing", columns.has(Geometry.KEYPOINTS))
        is_oriented = columns.has(Geometry.ORIENTED_BOX)
        if columns.oriented_box is not None:
            oriented = columns.oriented_box
            broken = (oriented.lengths != 5) & oriented.present
            negative = np.zeros(len(broken), bool)
            negative[oriented.lengths == 5] = (oriented.emptied(broken).values.reshape(-1, 5)[:, 2:4] < 0).any(axis=1)
            self._reject("oriented_box_broken", broken | negative)
            columns.oriented_box = oriented.emptied(broken | negative)
            self._reject("shape_missing", is_oriented & ~oriented.present)
        else:
            self._reject("shape_missing", is_oriented)

    def _scale(self) -> None:
        """Fractions, or pixels of a frame of another size or of a network's input, to pixels of the frame."""
        columns, network = self._columns, self._habits.network
        offset = None
        if self._batch.relative or network is not None:
            has_size = np.isfinite(self._width) & np.isfinite(self._height)
            self._reject("frame_size_unknown", ~has_size & ~columns.has(Geometry.CLASSIFICATION))
            size = np.stack([np.where(has_size, self._width, 0), np.where(has_size, self._height, 0)], axis=1)
            factor = size
            if network is not None:
                factor, offset = network.to_frame(size)
                if self._batch.relative:
                    factor = factor * (network.width, network.height)
        elif self._frames.scale is not None:
            factor = np.where(self._frame_index[:, None] >= 0, self._frames.scale[self._frame_index], 1.0)
        else:
            return
        place_shapes(columns, factor, offset)

    def _check_masks(self) -> None:
        columns = self._columns
        is_mask = columns.has(Geometry.MASK)
        if columns.rle_counts is None or columns.rle_size is None:
            self._reject("shape_missing", is_mask)
            return
        has_counts = np.fromiter((counts is not None for counts in columns.rle_counts), bool, len(is_mask))
        self._reject("shape_missing", is_mask & ~has_counts)
        lacks_box = has_counts & np.isnan(columns.box[:, 0])
        frame_size = np.column_stack([self._height, self._width])
        for network in (self._habits.network, None):
            if network is None and not self._habits.rescale:
                continue
            chosen = has_counts & np.isfinite(frame_size).all(axis=1) & (columns.rle_size != frame_size).any(axis=1)
            if network is not None:
                chosen &= (columns.rle_size == (network.height, network.width)).all(axis=1)
            rescale_masks(columns, frame_size, chosen, network)
            lacks_box |= has_counts & np.isnan(columns.box[:, 0])
        masks = read_run_lengths(columns.rle_counts, columns.rle_size, with_boxes=bool(lacks_box.any()))
        height, width = columns.rle_size.astype(np.float64).T
        differs = (height != self._height) | (width != self._width)
        differs &= np.isfinite(self._width) & np.isfinite(self._height)
        differs &= has_counts
        self._reject("mask_size_differs", differs, self._mask_text, self._mask_correction(differs))
        self._reject("mask_broken", has_counts & ~masks.is_valid)
        self._fill_box(masks.box, has_counts)
        self._fill_area(masks.area, has_counts)

    def _mask_correction(self, rows: np.ndarray) -> dict[str, Any]:
        """What would bring masks of another size to their frames, if one thing does it for all of them."""
        size = self._columns.rle_size
        if size is None or not rows.any():
            return {}
        mask, frame = size[rows][:, ::-1], np.column_stack([self._width, self._height])[rows]
        if (mask[:, ::-1] == frame).all():
            return {"swap_xy": True}
        if self._habits.mask_correction:
            return dict(self._habits.mask_correction)
        return {"rescale": True} if is_scaled(mask, frame).all() else {}

    def _complete(self) -> None:
        """Boxes and areas that the files do not give, from the shapes."""
        columns = self._columns
        if columns.polygons is not None:
            self._fill_box(columns.polygons.bounds(), columns.polygons.present)
            self._fill_area(columns.polygons.polygon_areas(), columns.has(Geometry.POLYGON))
        if columns.polylines is not None:
            self._fill_box(columns.polylines.bounds(), columns.polylines.present)
        if columns.oriented_box is not None and len(columns.oriented_box.values):
            oriented = np.full((len(columns), 5), np.nan)
            oriented[columns.oriented_box.lengths == 5] = columns.oriented_box.values.reshape(-1, 5)
            self._fill_box(bounds_of_oriented_boxes(oriented), columns.oriented_box.present)
            self._fill_area(oriented[:, 2] * oriented[:, 3], columns.has(Geometry.ORIENTED_BOX))
        if columns.keypoints is not None:
            self._fill_box(bounds_of_keypoints(columns.keypoints), columns.keypoints.present)
        is_drawn = ~columns.has(Geometry.CLASSIFICATION)
        self._reject("shape_missing", is_drawn & np.isnan(columns.box[:, 0]))
        has_area = ~(columns.has(Geometry.POLYLINE) | columns.has(Geometry.CLASSIFICATION))
        self._fill_area(np.maximum(columns.box[:, 2], 0) * np.maximum(columns.box[:, 3], 0), has_area)
        self._reject("not_finite", np.isinf(columns.box).any(axis=1), self._box_text)  # too large to reckon with
        columns.area[np.isinf(columns.area)] = np.nan

    def _check_sizes(self) -> None:
        box, columns = self._columns.box, self._columns
        misplaced, detail = self._misplaced()
        negative = (box[:, 2] < 0) | (box[:, 3] < 0)
        self._reject("negative_size", negative & ~misplaced, self._box_text)
        self._reject("negative_size", negative, self._box_text, detail=detail)
        has_extent = columns.has(Geometry.BOX) | columns.has(Geometry.POLYGON) | columns.has(Geometry.ORIENTED_BOX)
        is_flat = (box[:, 2] == 0) | (box[:, 3] == 0)
        self._remark("zero_size", is_flat & has_extent & ~misplaced, self._box_text)

    def _check_places(self) -> None:
        """Objects outside their frames. Lines and oriented boxes may rightly reach over the border and stay whole.

        Those that are cut only because all are read in the wrong way are no finding of their own.
        """
        columns = self._columns
        box, width, height = columns.box, self._width, self._height
        misplaced, detail = self._misplaced()
        outside = (box[:, 0] >= width) | (box[:, 1] >= height)
        outside |= (box[:, 0] + box[:, 2] <= 0) & (box[:, 0] < 0)
        outside |= (box[:, 1] + box[:, 3] <= 0) & (box[:, 1] < 0)
        # A point or line of zero extent on the right or lower border touches the frame.
        on_border = (box[:, 2] == 0) & (box[:, 0] == width) | (box[:, 3] == 0) & (box[:, 1] == height)
        outside &= ~on_border
        self._reject("box_outside_frame", outside & ~misplaced, self._place_text)
        self._reject("box_outside_frame", outside, self._place_text, detail=detail)
        overhang = overhang_of_boxes(box, width, height)
        clippable = ~(columns.has(Geometry.POLYLINE) | columns.has(Geometry.ORIENTED_BOX))
        over = clippable & (overhang >= OVERHANG_TOLERANCE_PX)
        self._repair("box_clipped", over & ~misplaced, self._place_text)
        self.repaired |= over & self.kept
        if (is_cut := over & self.kept).any():
            columns.box = np.where(is_cut[:, None], clip_boxes(box, width, height), box)
            columns.given_box = np.where(is_cut[:, None], box, np.nan)
        slightly = clippable & (overhang > 0) & ~over & ~misplaced
        self._remark("box_overhang", slightly, self._place_text)

    def _check_confidence(self) -> None:
        columns = self._columns
        if self._role == "labels":
            columns.confidence = None
            return
        if columns.confidence is None:
            columns.confidence = np.full(len(columns), np.nan)
        confidence = columns.confidence
        self._reject("confidence_missing", np.isnan(confidence))
        as_text = self._confidence_text(confidence.copy())
        if self._habits.looks_like_logits:
            self._reject("looks_like_logits", np.isfinite(confidence), as_text)
        if self._habits.in_percent:
            self._repair("confidence_in_percent", confidence != 0, as_text)
            confidence /= 100
        out_of_range = (confidence < 0) | (confidence > 1 + CONFIDENCE_TOLERANCE)
        is_unbounded = self._habits.looks_unbounded and not self._habits.in_percent
        correction = {"confidence_scale": "unbounded"} if is_unbounded else None
        self._reject("confidence_out_of_range", out_of_range, as_text, correction)
        self._repair("confidence_clipped", confidence > 1, as_text)
        np.clip(confidence, 0, 1, out=confidence)

    def _fill_box(self, box: np.ndarray, where: np.ndarray) -> None:
        chosen = where & np.isnan(self._columns.box[:, 0])
        self._columns.box[chosen] = box[chosen]

    def _fill_area(self, area: np.ndarray, where: np.ndarray) -> None:
        chosen = where & np.isnan(self._columns.area)
        self._columns.area[chosen] = area[chosen]
