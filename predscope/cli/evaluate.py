"""``predscope evaluate``: the numbers of a prediction set, as a text table or as JSON."""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from predscope.errors import InputError
from predscope.evaluation.coco_result import CocoEvaluation
from predscope.evaluation.detection import Detection
from predscope.evaluation.objects import IouType
from predscope.evaluation.operating_point import DEFAULT_CONFIDENCE, DEFAULT_IOU, OperatingPoint
from predscope.project import Project
from predscope.project_evaluation import evaluate_files, evaluate_project
from predscope.report import ImportReport, Severity

_COCO_NAMES: Final = (
    *("AP", "AP50", "AP75", "APs", "APm", "APl"),
    *("AR1", "AR10", "AR100", "ARs", "ARm", "ARl"),
)
_NOT_COMPUTED: Final = -1
_UNIT: Final = {IouType.BBOX: "boxes", IouType.SEGM: "masks", IouType.KEYPOINTS: "keypoints"}


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is evaluated, where, and what is to be said about it."""

    detection: Detection
    labels: str
    predictions: str
    confidence: float
    iou: float
    notes: list[str]


def evaluate(arguments: argparse.Namespace) -> int:
    """Evaluate a set of a project, or two files."""
    subject = _of_files(arguments) if arguments.labels is not None else _of_project(arguments)
    coco = subject.detection.coco()
    point = subject.detection.operating_point(subject.confidence, subject.iou)
    notes = [*subject.notes, *_remarks(coco)]
    if arguments.json:
        json.dump(_as_json(subject, coco, point, notes), sys.stdout, indent=2)
        print()
        return 0
    _print_text(subject, coco, point)
    for note in notes:
        print(f"predscope: {note}", file=sys.stderr)
    return 0


def _of_files(arguments: argparse.Namespace) -> _Subject:
    if arguments.predictions is None:
        raise InputError("--labels needs --predictions PATH beside it.")
    if arguments.project is not None:
        raise InputError("give either --project, or --labels and --predictions, not both.")
    labels, predictions = arguments.labels, Path(arguments.predictions)
    class_map = None
    if arguments.class_map is not None:
        from predscope.cli.imports import read_class_map  # it brings the whole import command with it

        class_map = read_class_map(arguments.class_map)
    confidence, iou = _operating_point(arguments, {})
    detection, files = evaluate_files(
        labels, predictions, images=arguments.images, class_map=class_map, iou_type=IouType(arguments.iou_type)
    )
    notes = [*_findings("labels", files.labels_report), *_findings("predictions", files.predictions_report)]
    return _Subject(detection, str(labels), str(predictions), confidence, iou, notes)


def _of_project(arguments: argparse.Namespace) -> _Subject:
    for name in ("images", "class_map"):
        if getattr(arguments, name) is not None:
            raise InputError(f"--{name.replace('_', '-')} is only for --labels PATH --predictions PATH.")
    project = Project.open(arguments.project) if arguments.project else Project.find()
    confidence, iou = _operating_point(arguments, project.settings)
    detection = evaluate_project(project, arguments.predictions, iou_type=IouType(arguments.iou_type))
    labels = project.set_names("labels")[0]
    predictions = arguments.predictions or project.set_names("predictions")[0]
    return _Subject(detection, labels, predictions, confidence, iou, [])


def _operating_point(arguments: argparse.Namespace, settings: dict[str, Any]) -> tuple[float, float]:
    confidence, iou = arguments.confidence, arguments.iou
    confidence = settings.get("confidence", DEFAULT_CONFIDENCE) if confidence is None else confidence
    iou = settings.get("iou", DEFAULT_IOU) if iou is None else iou
    if not 0 <= confidence <= 1:
        raise InputError(f"--confidence must be from 0 to 1, got {confidence:g}.")
    if not 0 < iou <= 1:
        raise InputError(f"--iou must be above 0 and at most 1, got {iou:g}.")
    return confidence, iou


def _findings(role: str, report: ImportReport) -> list[str]:
    return [
        f"{role}: {problem.message} ({problem.count:,}) {problem.fix}".rstrip()
        for problem in report.problems.values()
        if problem.severity is not Severity.INFO
    ]


def _remarks(coco: CocoEvaluation) -> list[str]:
    notes = [f"AP and AR: {coco.capped}."] if str(coco.capped) else []
    if coco.hallucinated:
        names = ", ".join(entry.name for entry in coco.hallucinated[:5])
        more = f" and {len(coco.hallucinated) - 5} more" if len(coco.hallucinated) > 5 else ""
        notes.append(f"classes that are predicted but never labelled, which AP does not see: {names}{more}.")
    return notes


def _as_json(subject: _Subject, coco: CocoEvaluation, point: OperatingPoint, notes: list[str]) -> dict[str, Any]:
    micro = point.micro
    table = _class_table(coco, point)
    statistics = dict.fromkeys(_COCO_NAMES, math.nan) | coco.statistics
    return {
        "iou_type": str(coco.iou_type),
        "labels": subject.labels,
        "predictions": subject.predictions,
        "frames": subject.detection.frame_count,
        "label_count": int(coco.label_count.sum()),
        "prediction_count": int(coco.prediction_count.sum()),
        "coco": {name: _number(value) for name, value in statistics.items()},
        "operating_point": {
            "confidence": point.confidence,
            "iou": point.iou_threshold,
            **{name: _number(getattr(micro, name)) for name in ("precision", "recall", "f1", "tp", "fp", "fn")},
            "macro": {name: _number(value) for name, value in point.macro.items()},
        },
        "per_class": [
            {name: value if isinstance(value, str) else _number(value) for name, value in row.items()}
            for row in table.to_dict("records")
        ],
        "capped": {
            "cap": coco.capped.cap,
            "frames": coco.capped.frames,
            "predictions": coco.capped.predictions,
        },
        "notes": notes,
    }


def _class_table(coco: CocoEvaluation, point: OperatingPoint) -> pd.DataFrame:
    averages = coco.to_pandas().drop(columns=["labels"])
    counts = point.to_pandas()
    columns = ["precision", "recall", "f1", "support", "tp", "fp", "fn"]
    table = pd.concat([averages, counts[columns]], axis=1).drop(columns="class_id")
    first = ["name", "AP", "AP50", *columns]
    return table[[*first, *(name for name in table.columns if name not in first)]]


def _number(value: Any) -> float | int:
    if isinstance(value, float) and math.isnan(value):
        return _NOT_COMPUTED
    return value if isinstance(value, (int, float)) else value.item()


def _print_text(subject: _Subject, coco: CocoEvaluation, point: OperatingPoint) -> None:
    print(
        f"{subject.predictions} against {subject.labels}: {_UNIT[coco.iou_type]}, "
        f"{subject.detection.frame_count:,} frames, {int(coco.label_count.sum()):,} labels, "
        f"{int(coco.prediction_count.sum()):,} predictions"
    )
    print()
    for line in _in_lines({name: _text(value) for name, value in coco.statistics.items()}, 6):
        print(line)
    micro = point.micro
    print()
    print(
        f"confidence {point.confidence:g}, IoU {point.iou_threshold:g}: precision {_text(micro.precision)}, "
        f"recall {_text(micro.recall)}, F1 {_text(micro.f1)} ({micro.tp:,} TP, {micro.fp:,} FP, {micro.fn:,} FN)"
    )
    print()
    table = _class_table(coco, point)
    table = table[(table["support"] > 0) | (table["predictions"] > 0)]
    shown = ["name", "support", "predictions", "AP", "AP50", "precision", "recall", "f1"]
    rows = [
        [str(value) if name in ("name", "support", "predictions") else _text(value) for name, value in row.items()]
        for row in table[shown].to_dict("records")
    ]
    titles = ["class", "labels", "predictions", "AP", "AP50", "precision", "recall", "F1"]
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    for row in [titles, *rows]:
        name, *numbers = row
        cells = [cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)]
        print("  ".join([name.ljust(widths[0]), *cells]))


def _in_lines(values: dict[str, str], length: int) -> list[str]:
    cells = [f"{name:<6} {text:<6}" for name, text in values.items()]
    return ["  " + "  ".join(cells[start : start + length]).rstrip() for start in range(0, len(cells), length)]


def _text(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
