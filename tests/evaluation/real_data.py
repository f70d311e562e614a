"""Real labels and predictions, joined."""

from __future__ import annotations

from pathlib import Path

from predscope.evaluation.detection import Detection
from predscope.evaluation.objects import IouType
from predscope.importing.in_memory import join_files


def joined(
    labels: Path, predictions: Path, iou_type: IouType = IouType.BBOX, class_map: dict | None = None, **options
) -> Detection:
    files = join_files(labels, predictions, class_map=class_map)
    return Detection.from_tables(
        files.labels, files.predictions, files.classes, files.frames, iou_type=iou_type, **options
    )


def voc2012(shared_data: Path) -> Detection:
    """100 photographs, 273 labels, 452 predictions of 20 classes."""
    folder = shared_data / "voc2012_rodm100"
    return joined(folder / "gts/coco_format_v2/instances_v2.json", folder / "dets/coco_format/coco_dets.json")


def teeth(shared_data: Path) -> Detection:
    """51 images, 8,742 predictions down to a confidence of 0.001."""
    folder = shared_data / "teeth_yolov8_test51"
    ids_from_1 = {f"class {index}": index + 1 for index in range(32)}
    return joined(folder / "test", folder / "predictions.json", class_map=ids_from_1)


def cars(shared_data: Path) -> Detection:
    """54 images with labels of one class, and predictions of 34."""
    root = shared_data / "cars_yolov8_test54"
    return joined(root, next(root.rglob("predictions.json")), class_map={"car": 3})
