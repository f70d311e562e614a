"""Panoptic quality in the output of ``predscope evaluate``."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa

from predscope.cli.json_numbers import json_number
from predscope.evaluation.objects import Objects
from predscope.evaluation.panoptic import Panoptic
from predscope.evaluation.panoptic_segments import compare_segments, things
from predscope.evaluation.pixels import PixelMaps
from predscope.schema import ObjectClass

PANOPTIC_FORMATS: Final = frozenset({"coco_panoptic"})
"""Readers of files in which every pixel belongs to one segment: a thing or stuff."""


def panoptic_of(
    formats: tuple[str, str],
    tables: tuple[pa.Table, pa.Table],
    classes: tuple[ObjectClass, ...],
    maps: tuple[PixelMaps | None, PixelMaps | None],
    frame_sizes: np.ndarray,
) -> Panoptic | None:
    """Panoptic quality of labels and predictions; None: not both came as panoptic files.

    Args:
        formats: names of the readers that they came by.
        tables: columns of ``columns_for(IouType.SEGM)`` and ``attributes``.
    """
    label_maps = maps[0]
    if not PANOPTIC_FORMATS.issuperset(formats) or label_maps is None:
        return None
    labels, predictions = (Objects.from_table(table) for table in tables)
    is_thing = things(classes, *tables)
    return compare_segments(labels, predictions, classes, label_maps, frame_sizes=frame_sizes, is_thing=is_thing)


def panoptic_json(found: Panoptic) -> dict[str, Any]:
    """PQ, SQ and RQ of all classes, of things and of stuff, and of each class; -1 where nothing could be computed."""
    per_class = [
        {"name": row["name"], "is_thing": bool(row["is_thing"])}
        | {name: json_number(row[name]) for name in ("PQ", "SQ", "RQ", "tp", "fp", "fn")}
        for row in found.to_pandas().to_dict("records")
    ]
    return {**{which: _numbers(found, which) for which in ("all", "things", "stuff")}, "per_class": per_class}


def panoptic_text(found: Panoptic) -> list[str]:
    """Lines for the terminal."""
    lines = ["panoptic quality"]
    for which in ("all", "things", "stuff"):
        values = ", ".join(
            f"{name} {'-' if value < 0 else f'{value:.3f}'}" for name, value in _numbers(found, which).items()
        )
        lines.append(f"{which:<6}  {values}")
    return lines


def _numbers(found: Panoptic, which: str) -> dict[str, float]:
    return {name: json_number(value) for name, value in found.quality(which).items()}
