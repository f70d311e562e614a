"""Taking the rows of an input as the user says they are: see ``Corrections``.

What concerns rows by themselves is done here, before anything is joined or judged. Class names and copies are the
business of ``classes`` and ``copies``; sizes that need the frame, of ``validation``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from predscope.formats.base import BoxFormat, ObjectBatch, text_column
from predscope.importing.corrections import Corrections, flag_of
from predscope.importing.findings import note
from predscope.importing.references import whole_number
from predscope.report import ImportReport
from predscope.schema import Geometry

_SHAPED: Final = (Geometry.POLYGON, Geometry.MASK, Geometry.POLYLINE, Geometry.ORIENTED_BOX)
"""Their box follows from the shape."""
_OF_ROWS: Final = ("box_format", "units", "swap_xy", "class_offset", "confidence_scale")
"""Corrections that concern rows by themselves."""


class Corrector:
    """Takes batches as the user says they are, and reports in the end what came of it."""

    def __init__(self, corrections: Corrections, report: ImportReport) -> None:
        self._corrections = corrections
        self._report = report
        self._used: set[str] = set()
        self._rows = 0

    def __call__(self, batch: ObjectBatch) -> ObjectBatch:
        """The batch corrected; the given one stays as it is."""
        if self._corrections == Corrections():
            return batch
        self._rows += len(batch)
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite then is rejected later
            return corrected(batch, self._corrections, self._used)

    def finish(self) -> None:
        """Report which corrections were applied, and which had nothing to work on."""
        if not self._rows:
            return
        note(self._report, "corrected", count=self._rows, examples=[" ".join(self._corrections.flags())])
        unused = [name for name in _OF_ROWS if getattr(self._corrections, name) and name not in self._used]
        if self._corrections.network_fit is not None and self._corrections.network_input is None:
            unused.append("network_fit")
        if unused:
            note(self._report, "correction_unused", count=len(unused), examples=[flag_of(name) for name in unused])


def corrected(batch: ObjectBatch, corrections: Corrections, used: set[str] | None = None) -> ObjectBatch:
    """A batch as the user says it is. The given one stays as it was.

    Args:
        used: gets the names of those corrections that had something to work on.
    """
    used = set() if used is None else used
    if corrections.class_offset:
        batch = _with_class_offset(batch, corrections.class_offset, used)
    if corrections.confidence_scale and batch.confidence is not None:
        used.add("confidence_scale")
        batch = replace(batch, confidence=scaled_confidence(batch.confidence, corrections.confidence_scale))
    if (batch.geometry == Geometry.CLASSIFICATION).all():
        return batch
    if corrections.box_format and batch.box is not None:
        used.add("box_format")
        if corrections.box_format != batch.box_format:
            batch = _with_box_format(batch, batch.box, corrections.box_format)
    if corrections.units:
        used.add("units")
        relative = corrections.units == "relative"
        if relative != batch.relative:
            batch = replace(batch, relative=relative, area=None)
    if corrections.swap_xy:
        used.add("swap_xy")
        batch = _swapped(batch)
    return batch


def numbers_of_file(box: np.ndarray, box_format: BoxFormat) -> np.ndarray:
    """Boxes (n, 4) x, y, w, h as they stand in a file of that format."""
    numbers = np.array(box, np.float64)
    if box_format == "xyxy":
        numbers[:, 2:] += numbers[:, :2]
    elif box_format == "cxcywh":
        numbers[:, :2] += numbers[:, 2:] / 2
    return numbers


def boxes_from_numbers(numbers: np.ndarray, box_format: BoxFormat) -> np.ndarray:
    """Boxes (n, 4) x, y, w, h from the four numbers of a file; the reverse of ``numbers_of_file``."""
    box = np.array(numbers, np.float64)
    if box_format == "xyxy":
        box[:, 2:] -= box[:, :2]
    elif box_format == "cxcywh":
        box[:, :2] -= box[:, 2:] / 2
    return box


def scaled_confidence(confidence: np.ndarray, scale: str) -> np.ndarray:
    """Confidences of a scale (``ConfidenceScale``) as 0..1; NaN stays."""
    values = np.array(confidence, np.float64)
    if scale == "percent":
        return values / 100
    if scale == "logit":
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-values))
    if scale == "unbounded":  # keeps the order, which is all that AP asks for; what is negative stays, to be rejected
        has_no_end = (values > 0) & np.isfinite(values)
        return np.divide(values, 1 + values, out=values, where=has_no_end)
    return values


def _with_class_offset(batch: ObjectBatch, offset: int, used: set[str]) -> ObjectBatch:
    references = batch.class_ref
    if references.dtype.kind in "iu":
        used.add("class_offset")
        return replace(batch, class_ref=references + offset)
    if batch.class_ref_is == "name":
        return batch
    texts = [_shifted(value, offset) for value in references]
    if any(new is not old for new, old in zip(texts, references, strict=True)):
        used.add("class_offset")
    return replace(batch, class_ref=text_column(texts))


def _shifted(value: Any, offset: int) -> Any:
    number = whole_number(str(value))
    return value if number is None else str(number + offset)


def _with_box_format(batch: ObjectBatch, box: np.ndarray, box_format: BoxFormat) -> ObjectBatch:
    """Boxes of another format. Objects that have a shape lose theirs, which then follows from the shape."""
    box = boxes_from_numbers(numbers_of_file(box, batch.box_format), box_format)
    box[np.isin(batch.geometry.astype(str), _SHAPED)] = np.nan
    area = batch.area
    if area is not None:  # that of a plain box is a product of the numbers that were mistaken
        area = np.where(batch.geometry == Geometry.BOX, np.nan, area)
    return replace(batch, box=box, box_format=box_format, area=area)


def _swapped(batch: ObjectBatch) -> ObjectBatch:
    """Mirrored at the diagonal: x and y, width and height change places in all shapes, masks included."""
    changes: dict[str, Any] = {}
    if batch.box is not None:
        changes["box"] = np.asarray(batch.box, np.float64)[:, [1, 0, 3, 2]]
    if batch.polygons is not None:
        changes["polygons"] = [
            None if parts is None else [[_pairs_swapped(ring) for ring in part] for part in parts]
            for parts in batch.polygons
        ]
    if batch.polylines is not None:
        changes["polylines"] = [
            None if lines is None else [_pairs_swapped(line) for line in lines] for lines in batch.polylines
        ]
    if batch.keypoints is not None:
        changes["keypoints"] = [None if points is None else _triples_swapped(points) for points in batch.keypoints]
    if batch.oriented_box is not None:
        changes["oriented_box"] = [
            [entry[1], entry[0], entry[2], entry[3], np.pi / 2 - entry[4]] if entry and len(entry) == 5 else entry
            for entry in batch.oriented_box
        ]
    if batch.rle_counts is not None and batch.rle_size is not None:
        changes["rle_counts"] = [
            None if counts is None else _transposed(counts, size)
            for counts, size in zip(batch.rle_counts, batch.rle_size.tolist(), strict=True)
        ]
        changes["rle_size"] = batch.rle_size[:, ::-1]
    return replace(batch, **changes)


def _pairs_swapped(values: Any) -> list[float]:
    numbers = list(values)
    if len(numbers) % 2 == 0:
        numbers[0::2], numbers[1::2] = numbers[1::2], numbers[0::2]
    return numbers


def _triples_swapped(values: Any) -> list[float]:
    numbers = list(values)
    if len(numbers) % 3 == 0:
        numbers[0::3], numbers[1::3] = numbers[1::3], numbers[0::3]
    return numbers


def _transposed(counts: bytes, size: list[int]) -> bytes:
    """A mask with rows and columns exchanged; one that cannot be decoded stays, to be rejected by its size."""
    from hotcoco import mask as rle_codec

    from predscope.run_lengths import read_run_lengths

    if not read_run_lengths([counts], np.array([size]), with_boxes=False).is_valid[0]:
        return counts
    pixels = rle_codec.decode({"size": size, "counts": counts})
    encoded: bytes | str = rle_codec.encode(np.asfortranarray(pixels.T))["counts"]
    return encoded.encode() if isinstance(encoded, str) else encoded
