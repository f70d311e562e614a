"""Frames that came as class-index masks: joined with the project's frames like the objects in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from predscope.formats.base import PixelMap, text_column
from predscope.importing.frames.known import KnownFrames
from predscope.importing.frames.labelled import LabelFrames
from predscope.importing.frames.predicted import PredictionFrames
from predscope.importing.rows.judgement import FrameFacts
from predscope.schema import PIXEL_MAP_SCHEMA


def pixel_map_table(
    maps: list[PixelMap] | None, frames: LabelFrames | PredictionFrames | KnownFrames, facts: FrameFacts
) -> pa.Table | None:
    """``PIXEL_MAP_SCHEMA``, sorted by frame; None where the input is of another kind.

    Maps of no frame, and those of another size than their frame, are left out, as their objects are; of several for
    one frame the first holds.

    Args:
        maps: what the reader found, once the objects are read.
        frames: finds the frame of each.
        facts: sizes of all frames.
    """
    if maps is None:
        return None
    index = frames.resolve(text_column([entry.file_name for entry in maps]), "name").astype(np.int64)
    kept: list[dict[str, Any]] = []
    for position in np.argsort(index, kind="stable").tolist():
        frame, entry = int(index[position]), maps[position]
        if frame < 0 or (kept and kept[-1]["frame_index"] == frame):
            continue
        height, width = facts.height[frame], facts.width[frame]
        if np.isnan([height, width]).any() or (entry.height, entry.width) == (height, width):
            kept.append(
                {
                    "frame_index": frame,
                    "height": entry.height,
                    "width": entry.width,
                    "void_counts": entry.void_counts,
                }
            )
    return pa.Table.from_pylist(kept, schema=PIXEL_MAP_SCHEMA)
