"""The few columns that queries look at, in numpy, read once a revision of a project.

5,000 frames with 146,000 predictions take about 5 MB here; every query after the first works on these arrays alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from predscope.project import Project
from predscope.recently_used import RecentlyUsed
from predscope.schema import Role

SEQUENCE_KEY: Final = "sequence"
"""The attribute under which the video of a frame is offered, where the frames have no attribute of that name."""


@dataclass(frozen=True, slots=True)
class ObjectColumns:
    """One label or prediction set; rows sorted by frame.

    Attributes:
        frame_index: int32 (n,).
        class_id: int32 (n,).
        confidence: float64 (n,); None for labels. A prediction without a confidence has 1.
        box_area: float64 (n,), pixels^2; NaN for objects without a box.
        pair_frame, pair_class: int32 (p,): each (frame, class) that occurs, once.
        pair_confidence: float64 (p,): the highest confidence of that class in that frame; None for labels.
    """

    frame_index: np.ndarray
    class_id: np.ndarray
    confidence: np.ndarray | None
    box_area: np.ndarray
    pair_frame: np.ndarray
    pair_class: np.ndarray
    pair_confidence: np.ndarray | None

    def counting(self, threshold: float) -> np.ndarray | slice:
        """Index of the rows whose confidence is ``threshold`` or above."""
        return slice(None) if self.confidence is None else self.confidence >= threshold

    def counting_pairs(self, threshold: float) -> np.ndarray | slice:
        """Index of the (frame, class) pairs that have such a row."""
        return slice(None) if self.pair_confidence is None else self.pair_confidence >= threshold


@dataclass(frozen=True, slots=True)
class AttributeColumn:
    """One key of the frames' metadata.

    Attributes:
        values: distinct values as text, in the order of people (numbers by size).
        codes: int32 (number of frames,): index into ``values``; -1 where a frame has none.
    """

    values: tuple[str, ...]
    codes: np.ndarray


@dataclass(frozen=True, slots=True)
class FrameColumns:
    """The frames of a project.

    Attributes:
        image_status: str (n,), values of ``ImageStatus``.
        text: per frame its id, file name and attribute values, case folded.
        area: float64 (n,), pixels; NaN where unknown.
        attributes: by key.
    """

    image_status: np.ndarray
    text: list[str]
    area: np.ndarray
    attributes: dict[str, AttributeColumn]


_object_columns: Final[RecentlyUsed[ObjectColumns]] = RecentlyUsed(12)
_frame_columns: Final[RecentlyUsed[FrameColumns]] = RecentlyUsed(3)


def object_columns(project: Project, role: Role, name: str) -> ObjectColumns:
    """Columns of the newest version of a set."""
    key = (str(project.path), project.revision, role, name)
    return _object_columns.get(key, lambda: _read_objects(project, role, name))


def frame_columns(project: Project) -> FrameColumns:
    """Columns of the project's frames."""
    return _frame_columns.get((str(project.path), project.revision), lambda: _read_frames(project.frames))


def _read_objects(project: Project, role: Role, name: str) -> ObjectColumns:
    wanted = ["frame_index", "class_id", "w", "h"] + (["confidence"] if role == "predictions" else [])
    table = project.objects(role, name).table(columns=wanted)
    frame_index = _numbers(table, "frame_index", np.int32)
    class_id = _numbers(table, "class_id", np.int32)
    confidence = None
    if role == "predictions":
        confidence = np.nan_to_num(_numbers(table, "confidence", np.float64), nan=1.0)
    n_classes = max(len(project.classes), 1)
    pair = frame_index.astype(np.int64) * n_classes + class_id
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    starts = np.flatnonzero(np.concatenate(([True], pair[1:] != pair[:-1]))) if len(pair) else np.zeros(0, np.int64)
    pair_confidence = None
    if confidence is not None:
        pair_confidence = np.maximum.reduceat(confidence[order], starts) if len(pair) else confidence
    return ObjectColumns(
        frame_index=frame_index,
        class_id=class_id,
        confidence=confidence,
        box_area=_numbers(table, "w", np.float64) * _numbers(table, "h", np.float64),
        pair_frame=frame_index[order][starts],
        pair_class=class_id[order][starts],
        pair_confidence=pair_confidence,
    )


def _read_frames(frames: pd.DataFrame) -> FrameColumns:
    records = [orjson.loads(text) if isinstance(text, str) and text else {} for text in frames["attributes"].tolist()]
    attributes: dict[str, list[str | None]] = {}
    for position, record in enumerate(records):
        for key, value in record.items():
            attributes.setdefault(key, [None] * len(records))[position] = attribute_text(value)
    if SEQUENCE_KEY not in attributes and frames["sequence"].notna().any():
        attributes[SEQUENCE_KEY] = [value if isinstance(value, str) else None for value in frames["sequence"].tolist()]
    text = [
        "\n".join(filter(None, parts)).casefold()
        for parts in zip(frames["frame_id"].tolist(), frames["file_name"].tolist(), *attributes.values(), strict=True)
    ]
    width = frames["width"].to_numpy(dtype=np.float64, na_value=np.nan)
    height = frames["height"].to_numpy(dtype=np.float64, na_value=np.nan)
    return FrameColumns(
        image_status=frames["image_status"].to_numpy(dtype=object),
        text=text,
        area=np.where(width * height > 0, width * height, np.nan),
        attributes={key: _attribute_column(values) for key, values in attributes.items()},
    )


def attribute_text(value: Any) -> str | None:
    """A metadata value as filters spell it; None for null."""
    if value is None:
        return None
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _attribute_column(values: list[str | None]) -> AttributeColumn:
    distinct = sorted({value for value in values if value is not None}, key=_human_order)
    code_of = {value: code for code, value in enumerate(distinct)}
    codes = np.fromiter((-1 if value is None else code_of[value] for value in values), np.int32, len(values))
    return AttributeColumn(tuple(distinct), codes)


def _human_order(text: str) -> tuple[int, float, str]:
    try:
        return 0, float(text), text
    except ValueError:
        return 1, 0.0, text


def _numbers(table: pa.Table, name: str, dtype: Any) -> np.ndarray:
    """A column as a contiguous array; null becomes NaN in float columns."""
    return np.ascontiguousarray(table[name].to_numpy(), dtype=dtype)
