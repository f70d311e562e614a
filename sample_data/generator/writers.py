"""Writes labels and predictions in the formats that people use."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import cv2
import numpy as np

from .dataset import Frame
from .labelling import CLASSES, LabelledObject
from .masks import encode, polygons, run_lengths
from .persons import KEYPOINTS, SKELETON

CATEGORY_IDS = {name: index for index, name in enumerate(CLASSES, start=1)}
_GROUPS = {"person": "person", "dog": "animal", "traffic light": "street"}


def write_json(path: Path, document: Any) -> None:
    """One line an annotation: readable enough, and versions differ by lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(document, list):
        text = "[\n" + ",\n".join(_compact(entry) for entry in document) + "\n]\n"
    else:
        members = []
        for key, value in document.items():
            listed = isinstance(value, list)
            body = "[\n" + ",\n".join(_compact(entry) for entry in value) + "\n]" if listed else _compact(value)
            members.append(f"{json.dumps(key)}: {body}")
        text = "{" + ",\n".join(members) + "}\n"
    path.write_text(text, encoding="utf-8")


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def coco_labels(frames: Iterable[Frame]) -> dict[str, Any]:
    """All labels as a COCO document. Traffic lights are boxes, bicycles and crowds masks, the rest polygons."""
    images, annotations = [], []
    for frame in frames:
        if not frame.role.is_listed:
            continue
        light = frame.scene.light
        image = {
            "id": frame.role.image_id,
            "file_name": frame.role.file_name,
            "width": frame.width,
            "height": frame.height,
            "time_of_day": light.time_of_day,
            "weather": light.weather,
            "camera": frame.scene.camera,
            "blur": frame.scene.blur,
        }
        if frame.role.clip_index is not None:
            image |= {"video_id": "video", "frame_id": frame.role.clip_index}
        images.append(image)
        for label in frame.labels:
            annotations.append(_coco_annotation(len(annotations) + 1, frame, label))
    categories = []
    for name, number in CATEGORY_IDS.items():
        category: dict[str, Any] = {"id": number, "name": name, "supercategory": _GROUPS.get(name, "vehicle")}
        if name == "person":
            category |= {"keypoints": list(KEYPOINTS), "skeleton": [list(pair) for pair in SKELETON]}
        categories.append(category)
    info = {"description": "Rendered street scenes", "version": "1.0", "license": "Apache-2.0"}
    return {"info": info, "categories": categories, "images": images, "annotations": annotations}


def _coco_annotation(number: int, frame: Frame, label: LabelledObject) -> dict[str, Any]:
    annotation: dict[str, Any] = {
        "id": number,
        "image_id": frame.role.image_id,
        "category_id": CATEGORY_IDS[label.class_name],
        "bbox": list(label.box),
        "area": label.area,
        "iscrowd": int(label.is_crowd),
    }
    if label.is_crowd:
        counts = run_lengths(label.crop, frame.height, frame.width)
        annotation["segmentation"] = {"size": [frame.height, frame.width], "counts": counts}
    elif label.class_name == "bicycle":
        annotation["segmentation"] = encode(label.crop, frame.height, frame.width)
    elif label.class_name == "traffic light":
        annotation["area"] = label.box[2] * label.box[3]
    else:
        annotation["segmentation"] = polygons(label.crop)
    if label.keypoints is not None:
        annotation["keypoints"] = _flat(label.keypoints)
        annotation["num_keypoints"] = int((label.keypoints[:, 2] > 0).sum())
    if label.track_id is not None:
        annotation["track_id"] = label.track_id
    if not label.is_crowd:
        facts: dict[str, Any] = {"occlusion": label.occlusion, "truncated": label.truncated}
        annotation["attributes"] = facts | label.attributes
    return annotation


def _flat(keypoints: np.ndarray) -> list[float]:
    return [int(value) if float(value).is_integer() else float(value) for value in keypoints.ravel()]


def coco_results(frames: Iterable[Frame], model: str) -> list[dict[str, Any]]:
    """A model's predictions as COCO results: boxes, with masks and poses where it has them."""
    results = []
    for frame in frames:
        for prediction in frame.predictions[model]:
            result: dict[str, Any] = {
                "image_id": frame.role.image_id,
                "category_id": CATEGORY_IDS[prediction.class_name],
                "bbox": list(prediction.box),
                "score": prediction.confidence,
            }
            if prediction.crop is not None:
                result["segmentation"] = encode(prediction.crop, frame.height, frame.width)
            if prediction.keypoints is not None:
                result["keypoints"] = _flat(prediction.keypoints)
            results.append(result)
    return results


def write_yolo_labels(folder: Path, frames: Iterable[Frame]) -> None:
    """YOLO detection labels: one text file a frame, and ``data.yaml`` with the classes."""
    folder.mkdir(parents=True, exist_ok=True)
    names = "".join(f"  {index}: {name}\n" for index, name in enumerate(CLASSES))
    head = (
        "# Boxes of the street frames: class, centre x, centre y, width, height as fractions of the image.\n"
        "# The images are in ../images; to train from here, link that folder as images/.\n"
    )
    (folder / "data.yaml").write_text(f"{head}path: .\ntrain: images\nval: images\nnames:\n{names}", encoding="utf-8")
    for frame in frames:
        if frame.role.is_listed and frame.role.clip_index is None:
            lines = [_yolo_line(label.class_name, label.box, frame) for label in frame.labels if not label.is_crowd]
            _write_lines(folder / "labels" / f"{Path(frame.role.file_name).stem}.txt", lines)


def write_yolo_predictions(folder: Path, frames: Iterable[Frame], model: str) -> None:
    """A model's boxes in the form of YOLO's saved results: the confidence comes last."""
    _write_lines(folder / "classes.txt", list(CLASSES))
    for frame in frames:
        lines = [
            f"{_yolo_line(one.class_name, one.box, frame)} {one.confidence:.4f}" for one in frame.predictions[model]
        ]
        _write_lines(folder / f"{Path(frame.role.file_name).stem}.txt", lines)


def _yolo_line(class_name: str, box: tuple[float, float, float, float], frame: Frame) -> str:
    x, y, width, height = box
    values = (
        (x + width / 2) / frame.width,
        (y + height / 2) / frame.height,
        width / frame.width,
        height / frame.height,
    )
    return " ".join([str(CLASSES.index(class_name)), *(f"{value:.6f}" for value in values)])


def _write_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_voc(folder: Path, frame: Frame) -> None:
    """A frame's boxes as Pascal VOC XML. VOC counts pixels from 1 and includes the last one."""
    objects = []
    for label in frame.labels:
        if label.is_crowd:
            continue
        x, y, width, height = label.box
        corners = {"xmin": x + 1, "ymin": y + 1, "xmax": x + width, "ymax": y + height}
        box = "".join(f"<{key}>{value}</{key}>" for key, value in corners.items())
        objects.append(
            f"  <object>\n    <name>{escape(label.class_name)}</name>\n    <pose>Unspecified</pose>\n"
            f"    <truncated>{int(label.truncated)}</truncated>\n"
            f"    <occluded>{int(label.occlusion > 0.1)}</occluded>\n"
            f"    <difficult>{int(label.occlusion > 0.8)}</difficult>\n    <bndbox>{box}</bndbox>\n  </object>\n"
        )
    size = f"<size><width>{frame.width}</width><height>{frame.height}</height><depth>3</depth></size>"
    head = f"<annotation>\n  <folder>images</folder>\n  <filename>{escape(frame.role.file_name)}</filename>\n  {size}\n"
    path = folder / f"{Path(frame.role.file_name).stem}.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}{''.join(objects)}</annotation>\n", encoding="utf-8")


def write_class_mask(folder: Path, frame: Frame) -> None:
    """A frame's classes pixel by pixel (0: background), as a gray PNG; ``classes.txt`` names the values."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "classes.txt").write_text("\n".join(["background", *CLASSES]) + "\n", encoding="utf-8")
    mask = np.zeros((frame.height, frame.width), np.uint8)
    for label in frame.labels:
        x, y, width, height = label.box
        mask[y : y + height, x : x + width][label.crop.mask] = CATEGORY_IDS[label.class_name]
    cv2.imwrite(str(folder / f"{Path(frame.role.file_name).stem}.png"), mask, [cv2.IMWRITE_PNG_COMPRESSION, 9])
