"""``predscope evaluate``: the numbers of a prediction set, as a text table or as JSON."""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from predscope.cli.corrections import given_corrections, read_corrections
from predscope.cli.json_numbers import json_number
from predscope.cli.report_text import OF_LABELS, flags_of
from predscope.errors import InputError
from predscope.evaluation.coco_result import CocoEvaluation
from predscope.evaluation.detection import Detection
from predscope.evaluation.objects import IouType
from predscope.evaluation.operating_point import DEFAULT_CONFIDENCE, DEFAULT_IOU, OperatingPoint
from predscope.evaluation.voc import VocEvaluation, VocProtocol
from predscope.project import Project
from predscope.project_evaluation import NamedSigmas, evaluate_files, evaluate_project
from predscope.report import ImportReport, Severity
from predscope.schema import Geometry

if TYPE_CHECKING:
    from predscope.cli.other_kinds import OtherKinds

_COCO_NAMES: Final = (
    *("AP", "AP50", "AP75", "APs", "APm", "APl"),
    *("AR1", "AR10", "AR100", "ARs", "ARm", "ARl"),
)
_SIGMAS_FIX: Final = 'Write [0.026, 0.025, ...], one number a keypoint, or {"person": [0.026, ...], ...}.'
_UNIT: Final = {
    IouType.BBOX: "boxes",
    IouType.SEGM: "masks",
    IouType.BOUNDARY: "masks and their boundaries",
    IouType.KEYPOINTS: "keypoints",
    IouType.ORIENTED: "oriented boxes",
}
_OTHER_SHAPES: Final = frozenset({Geometry.CLASSIFICATION, Geometry.MASK, Geometry.POLYGON})
"""Of labels that may be more than objects."""
_VOC_NAMES: Final = {VocProtocol.AREA: "area under the curve", VocProtocol.ELEVEN_POINTS: "11 points"}


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is evaluated, where, and what is to be said about it."""

    detection: Detection
    labels: str
    predictions: str
    confidence: float
    iou: float
    notes: list[str]
    other_kinds: OtherKinds | None = None


def evaluate(arguments: argparse.Namespace) -> int:
    """Evaluate a set of a project, or two files."""
    subject = _of_files(arguments) if arguments.labels is not None else _of_project(arguments)
    other = subject.other_kinds
    wants_objects = arguments.json or arguments.protocol != "coco" or arguments.iou_type != IouType.BBOX
    if other is not None and other.is_instead and not wants_objects:
        _print_other_kinds(subject, other)
        return 0
    voc = _pascal_voc(arguments, subject)
    coco = subject.detection.coco()
    point = subject.detection.operating_point(subject.confidence, subject.iou)
    notes = [*subject.notes, *_remarks(coco)]
    if arguments.json:
        content = _as_json(subject, coco, point, voc, notes) | ({} if other is None else other.to_json())
        json.dump(content, sys.stdout, indent=2)
        print()
        return 0
    if other is not None and (lines := other.to_text()):
        print(*lines, "", sep="\n")
    _print_text(subject, coco, point, voc)
    for note in notes:
        print(f"predscope: {note}", file=sys.stderr)
    return 0


def _print_other_kinds(subject: _Subject, other: OtherKinds) -> None:
    print(f"{subject.predictions} against {subject.labels}:", *other.to_text(), sep="\n")
    for note in subject.notes:
        print(f"predscope: {note}", file=sys.stderr)


def _pascal_voc(arguments: argparse.Namespace, subject: _Subject) -> VocEvaluation | None:
    if arguments.protocol == "coco":
        if arguments.plus_one:
            raise InputError("--plus-one is only for --protocol voc or voc07.")
        return None
    protocol = VocProtocol(arguments.protocol)
    return subject.detection.voc(subject.iou, protocol=protocol, plus_one=arguments.plus_one)


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
        labels,
        predictions,
        images=arguments.images,
        class_map=class_map,
        corrections=read_corrections(arguments),
        iou_type=IouType(arguments.iou_type),
        sigmas=_read_sigmas(arguments),
    )
    notes = [*_findings("labels", files.labels_report), *_findings("predictions", files.predictions_report)]
    other = None
    if not _OTHER_SHAPES.isdisjoint(files.labels["geometry"].unique().to_pylist()):
        from predscope.cli import other_kinds

        other = other_kinds.of_files(files, confidence)
    return _Subject(detection, str(labels), str(predictions), confidence, iou, notes, other)


def _of_project(arguments: argparse.Namespace) -> _Subject:
    for name in ("images", "class_map"):
        if getattr(arguments, name) is not None:
            raise InputError(f"--{name.replace('_', '-')} is only for --labels PATH --predictions PATH.")
    if given := given_corrections(arguments):
        raise InputError(f"{given[0]} is only for --labels PATH --predictions PATH.")
    project = Project.open(arguments.project) if arguments.project else Project.find()
    confidence, iou = _operating_point(arguments, project.settings)
    detection = evaluate_project(
        project, arguments.predictions, iou_type=IouType(arguments.iou_type), sigmas=_read_sigmas(arguments)
    )
    labels = project.set_names("labels")[0]
    predictions = arguments.predictions or project.set_names("predictions")[0]
    other = None
    geometry = project.objects("labels", labels).table(["geometry"])["geometry"]
    if not _OTHER_SHAPES.isdisjoint(geometry.unique().to_pylist()):
        from predscope.cli import other_kinds

        other = other_kinds.of_project(project, labels, predictions, confidence)
    return _Subject(detection, labels, predictions, confidence, iou, [], other)


def _read_sigmas(arguments: argparse.Namespace) -> NamedSigmas | None:
    path: Path | None = arguments.sigmas
    if path is None:
        return None
    if arguments.iou_type != IouType.KEYPOINTS:
        raise InputError("--sigmas is only for --iou-type keypoints.")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(f"the sigmas cannot be read ({error}).", where=path, fix=_SIGMAS_FIX) from None
    lists = list(content.values()) if isinstance(content, dict) else [content]
    if not all(isinstance(entry, list) and set(map(type, entry)) <= {int, float} for entry in lists):
        raise InputError("these are no keypoint sigmas.", where=path, fix=_SIGMAS_FIX)
    return content


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
    notes = []
    for problem in report.problems.values():
        is_taken = role == "predictions" or set(problem.correction) <= OF_LABELS
        flags = flags_of(problem.to_json()) if is_taken else []
        fix = f"Add {' '.join(flags)}. {problem.fix}" if flags else problem.fix
        if problem.severity is not Severity.INFO:
            notes.append(f"{role}: {problem.message} ({problem.count:,}) {fix}".rstrip())
    return notes


def _remarks(coco: CocoEvaluation) -> list[str]:
    notes = [f"AP and AR: {coco.capped}."] if str(coco.capped) else []
    if coco.hallucinated:
        names = ", ".join(entry.name for entry in coco.hallucinated[:5])
        more = f" and {len(coco.hallucinated) - 5} more" if len(coco.hallucinated) > 5 else ""
        notes.append(f"classes that are predicted but never labelled, which AP does not see: {names}{more}.")
    return notes


def _as_json(
    subject: _Subject, coco: CocoEvaluation, point: OperatingPoint, voc: VocEvaluation | None, notes: list[str]
) -> dict[str, Any]:
    micro = point.micro
    table = _class_table(coco, point)
    statistics = dict.fromkeys(_COCO_NAMES, math.nan) | coco.statistics
    of_voc = None
    if voc is not None:
        by_class = dict(
            zip((entry.name for entry in voc.classes), map(json_number, voc.average_precision), strict=True)
        )
        of_voc = {
            "protocol": str(voc.protocol),
            "iou": voc.iou_threshold,
            "plus_one": voc.plus_one,
            "mAP": json_number(voc.mean),
            "AP": by_class,
        }
    return {
        "iou_type": str(coco.iou_type),
        "labels": subject.labels,
        "predictions": subject.predictions,
        "frames": subject.detection.frame_count,
        "label_count": int(coco.label_count.sum()),
        "prediction_count": int(coco.prediction_count.sum()),
        "coco": {name: json_number(value) for name, value in statistics.items()},
        "operating_point": {
            "confidence": point.confidence,
            "iou": point.iou_threshold,
            **{name: json_number(getattr(micro, name)) for name in ("precision", "recall", "f1", "tp", "fp", "fn")},
            "macro": {name: json_number(value) for name, value in point.macro.items()},
        },
        **({} if of_voc is None else {"voc": of_voc}),
        "per_class": [
            {name: value if isinstance(value, str) else json_number(value) for name, value in row.items()}
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


def _print_text(subject: _Subject, coco: CocoEvaluation, point: OperatingPoint, voc: VocEvaluation | None) -> None:
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
    table = _class_table(coco, point)
    shown = ["name", "support", "predictions", "AP", "AP50", "precision", "recall", "f1"]
    titles = ["class", "labels", "predictions", "AP", "AP50", "precision", "recall", "F1"]
    if voc is not None:
        print(f"Pascal VOC, {_VOC_NAMES[voc.protocol]}, IoU {voc.iou_threshold:g}: mAP {_text(voc.mean)}")
        table["VOC AP"] = voc.average_precision
        shown.append("VOC AP")
        titles.append("VOC AP")
    print()
    table = table[(table["support"] > 0) | (table["predictions"] > 0)]
    rows = [
        [str(value) if name in ("name", "support", "predictions") else _text(value) for name, value in row.items()]
        for row in table[shown].to_dict("records")
    ]
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
