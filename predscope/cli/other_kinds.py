"""``predscope evaluate`` on data that is not boxes: classes of whole frames, and a class for every pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from predscope.cli.json_numbers import json_number
from predscope.cli.panoptic import PANOPTIC_FORMATS, panoptic_json, panoptic_of, panoptic_text
from predscope.evaluation.classification import Classification, evaluate_classification
from predscope.evaluation.frame_classes import FrameClasses, has_one_class
from predscope.evaluation.ignored_classes import frame_classes_without_ignored
from predscope.evaluation.multilabel import MultilabelClassification, evaluate_multilabel
from predscope.evaluation.objects import IouType, Objects, columns_for
from predscope.evaluation.panoptic import Panoptic
from predscope.evaluation.pixels import PixelMaps, fills_frames
from predscope.evaluation.semantic import Semantic, evaluate_semantic
from predscope.importing.in_memory import JoinedFiles
from predscope.project import Project
from predscope.schema import Geometry, ObjectClass

_TOP: Final = (2, 3, 5, 10)
_FRAME_COLUMNS: Final = ["frame_index", "class_id", "geometry", "confidence", "class_scores"]
_CLASS_COLUMNS: Final = ("name", "support", "predicted", "tp", "precision", "recall", "f1")


@dataclass(frozen=True)
class OtherKinds:
    """The evaluations that the data allows beside that of objects.

    Attributes:
        has_objects: labels or predictions have boxes, so that objects can be compared.
        confidence: the threshold of the classifications.
        classification: None: not both have classifications of whole frames.
        semantic: None: not both say of every pixel what it shows.
        panoptic: None: not both came as panoptic files.
    """

    has_objects: bool
    confidence: float
    classification: Classification | MultilabelClassification | None = None
    semantic: Semantic | None = None
    panoptic: Panoptic | None = None

    @property
    def is_instead(self) -> bool:
        """Whether they tell what there is to tell, and a table of objects would say nothing or little."""
        return self.semantic is not None or (self.classification is not None and not self.has_objects)

    def to_json(self) -> dict[str, Any]:
        """What was evaluated, by its name in this class; -1 where nothing could be computed."""
        result: dict[str, Any] = {}
        if self.classification is not None:
            result["classification"] = _classification_json(self.classification, self.confidence)
        if self.semantic is not None:
            result["semantic"] = _semantic_json(self.semantic)
        if self.panoptic is not None:
            result["panoptic"] = panoptic_json(self.panoptic)
        return result

    def to_text(self) -> list[str]:
        """Lines for the terminal."""
        lines: list[str] = []
        if self.classification is not None:
            lines += _classification_text(self.classification, self.confidence)
        if self.semantic is not None:
            lines += [*([""] if lines else []), *_semantic_text(self.semantic)]
        if self.panoptic is not None:
            lines += ["", *panoptic_text(self.panoptic)]
        return lines


def of_files(files: JoinedFiles, confidence: float) -> OtherKinds:
    """Of two inputs."""
    tables = files.labels, files.predictions
    sides = [files.frames[side].to_numpy().astype(np.float64) for side in ("width", "height")]
    given = files.label_maps, files.prediction_maps
    maps = [None if table is None else PixelMaps.from_table(table) for table in given]
    sizes = np.stack(sides, axis=1)
    semantic = None
    if all(own is not None or fills_frames(table, sizes) for own, table in zip(maps, tables, strict=True)):
        labels, predictions = (Objects.from_table(table) for table in tables)
        semantic = evaluate_semantic(
            labels, predictions, files.classes, frame_sizes=sizes, label_maps=maps[0], prediction_maps=maps[1]
        )
    formats = files.labels_report.format, files.predictions_report.format
    panoptic = panoptic_of(formats, tables, files.classes, (maps[0], maps[1]), sizes)
    return replace(_evaluated(tables, files.classes, confidence, semantic), panoptic=panoptic)


def of_project(project: Project, labels: str, predictions: str, confidence: float) -> OtherKinds:
    """Of two sets of a project; pixels are counted once, and kept in its cache."""
    from predscope.exploration.data_kind import is_semantic  # most projects hold boxes, and need none of this
    from predscope.exploration.semantic_performance import count_pixels, frame_sizes_of, pixel_maps_of

    sets = project.objects("labels", labels), project.objects("predictions", predictions)
    semantic = count_pixels(project, *sets) if all(is_semantic(project, entry) for entry in sets) else None
    found = _evaluated(tuple(entry.table(_FRAME_COLUMNS) for entry in sets), project.classes, confidence, semantic)
    formats = sets[0].report.format, sets[1].report.format
    if not PANOPTIC_FORMATS.issuperset(formats):
        return found
    columns = [*columns_for(IouType.SEGM), "attributes"]
    tables = sets[0].table(columns), sets[1].table(columns)
    maps = pixel_maps_of(sets[0]), pixel_maps_of(sets[1])
    sizes = frame_sizes_of(project)
    return replace(found, panoptic=panoptic_of(formats, tables, project.classes, maps, sizes))


def _evaluated(
    tables: tuple[pa.Table, ...], classes: tuple[ObjectClass, ...], confidence: float, semantic: Semantic | None
) -> OtherKinds:
    kinds = [set(table["geometry"].unique().to_pylist()) for table in tables]
    if semantic is not None and semantic.background is not None and not semantic.confusion[semantic.background].any():
        semantic = semantic.without_background()
    classification: Classification | MultilabelClassification | None = None
    if all(Geometry.CLASSIFICATION in present for present in kinds):
        labels, predictions = (
            frame_classes_without_ignored(FrameClasses.from_table(table, len(classes)), classes) for table in tables
        )
        if has_one_class(labels):
            classification = evaluate_classification(labels, predictions, classes, confidence=confidence)
        else:
            classification = evaluate_multilabel(labels, predictions, classes, confidence=confidence)
    has_objects = any(present - {Geometry.CLASSIFICATION} for present in kinds)
    return OtherKinds(has_objects, confidence, classification, semantic)


def _classification_json(found: Classification | MultilabelClassification, confidence: float) -> dict[str, Any]:
    table = found.to_pandas()
    if isinstance(found, MultilabelClassification):
        return {
            "multilabel": True,
            "confidence": confidence,
            "frames": len(found.frames),
            "exact_match": json_number(found.exact_match),
            **{name: json_number(value) for name, value in _micro(table).items()},
            "macro": _macro(table),
            "per_class": _records(table[[*_CLASS_COLUMNS]]),
        }
    curves = [found.curve(entry.class_id) for entry in found.classes]
    if found.scores is not None:
        table["roc_auc"] = [np.nan if curve is None else curve.roc_auc for curve in curves]
        table["AP"] = [np.nan if curve is None else curve.average_precision for curve in curves]
    return {
        "multilabel": False,
        "confidence": confidence,
        "frames": len(found.frame),
        "without_prediction": int((found.prediction < 0).sum()),
        "unlabelled": found.unlabelled,
        "accuracy": json_number(found.accuracy),
        "balanced_accuracy": json_number(found.balanced_accuracy),
        "top_k": {str(k): json_number(found.top_k_accuracy(k)) for k in _shown_tops(found)},
        "macro": {name: json_number(value) for name, value in found.macro.items()},
        "weighted": {name: json_number(value) for name, value in found.weighted.items()},
        "per_class": _records(table.drop(columns="class_id")),
        "confusion": found.confusion.tolist(),
    }


def _classification_text(found: Classification | MultilabelClassification, confidence: float) -> list[str]:
    table = found.to_pandas()
    if isinstance(found, MultilabelClassification):
        micro, macro = _micro(table), _macro(table)
        lines = [
            f"{len(found.frames):,} labelled frames, any number of classes each, confidence {confidence:g}",
            f"precision {_text(micro['precision'])}, recall {_text(micro['recall'])}, F1 {_text(micro['f1'])}, "
            f"macro F1 {_text(macro['f1'])}, exact match {_text(found.exact_match)}",
        ]
    else:
        tops = "".join(f", top-{k} {_text(found.top_k_accuracy(k))}" for k in _shown_tops(found))
        missing = int((found.prediction < 0).sum())
        lines = [
            f"{len(found.frame):,} labelled frames, one class each, confidence {confidence:g}; "
            f"{missing:,} without a prediction",
            f"accuracy {_text(found.accuracy)}, balanced accuracy {_text(found.balanced_accuracy)}{tops}, "
            f"macro F1 {_text(found.macro['f1'])}",
        ]
    shown = table[(table["support"] > 0) | (table["predicted"] > 0)]
    titles = ("class", "frames", "predicted", "right", "precision", "recall", "F1")
    return [*lines, "", *_table(shown[[*_CLASS_COLUMNS]], titles)]


def _semantic_json(found: Semantic) -> dict[str, Any]:
    table = found.to_pandas().rename(columns={"iou": "IoU", "dice": "Dice"})
    names = [entry.name for entry in found.classes]
    result = {
        "frames": len(found.frames),
        "pixels": int(found.cells.pixels.sum()),
        **{name: json_number(value) for name, value in _semantic_values(found).items()},
        "per_class": _records(table.drop(columns="class_id")),
        "confusion": {"labels": names, "predictions": [*names, None], "pixels": found.confusion.tolist()},
    }
    if found.background is not None:
        result["without_background"] = {
            name: json_number(value) for name, value in _semantic_values(found.without_background()).items()
        }
    return result


def _semantic_text(found: Semantic) -> list[str]:
    table = found.to_pandas()
    table = table[(table["pixels"] > 0) | (table["predicted"] > 0)]
    lines = [
        f"{len(found.frames):,} frames, {int(found.cells.pixels.sum()):,} labelled pixels",
        ", ".join(f"{name} {_text(value)}" for name, value in _semantic_values(found).items()),
    ]
    if found.background is not None:
        lines.append(f"without the background: mIoU {_text(found.without_background().mean_iou)}")
    titles = ("class", "pixels", "predicted", "IoU", "accuracy", "precision", "Dice")
    return [*lines, "", *_table(table.drop(columns="class_id"), titles)]


def _semantic_values(found: Semantic) -> dict[str, float]:
    return {
        "mIoU": found.mean_iou,
        "mean_frame_mIoU": found.mean_frame_iou,
        "FWIoU": found.frequency_weighted_iou,
        "pixel_accuracy": found.pixel_accuracy,
        "mean_accuracy": found.mean_accuracy,
        "Dice": found.mean_dice,
    }


def _shown_tops(found: Classification) -> list[int]:
    return [k for k in _TOP if k <= found.scored_classes and k < len(found.classes)]


def _micro(table: pd.DataFrame) -> dict[str, float]:
    hits, labels, predicted = (int(table[name].sum()) for name in ("tp", "support", "predicted"))
    return {
        "precision": hits / predicted if predicted else math.nan,
        "recall": hits / labels if labels else math.nan,
        "f1": 2 * hits / (labels + predicted) if labels + predicted else math.nan,
    }


def _macro(table: pd.DataFrame) -> dict[str, float]:
    """Means over the classes that occur; undefined ones count as 0."""
    occurring = table[(table["support"] > 0) | (table["predicted"] > 0)]
    return {name: json_number(float(occurring[name].fillna(0).mean())) for name in ("precision", "recall", "f1")}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): value if isinstance(value, str) else json_number(value) for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def _table(table: pd.DataFrame, titles: tuple[str, ...]) -> list[str]:
    """Columns of numbers below their titles; the first is text."""
    rows = [[_cell(value) for value in row.values()] for row in table.to_dict("records")]
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    lines = []
    for row in [list(titles), *rows]:
        numbers = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *numbers]))
    return lines


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return _text(value) if isinstance(value, float) else f"{value:,}"


def _text(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
