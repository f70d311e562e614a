"""Frames that the browser tests of the viewer draw: generated images and payloads, nothing read from disk."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import cv2
import hotcoco.mask
import numpy as np

WIDTH, HEIGHT = 640, 480
FRAME_COUNT = 60
MISSING_FRAME = 5
CLIP_START, CLIP_LENGTH = 8, 50  # the frames of the video "clip", in the case "video"
HOSTILE_NAME = "<img src=x onerror='window.harmed = 1'>"
CLASSES = ["car", "person", "bicycle", "truck", "bus", "sign", "scene", "lane", "crowd of people"]
COLORS = ["#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#BBBBBB", "#EE8866", "#44BB99"]
LAYERS = [
    {"key": "labels", "name": "Labels", "role": "labels"},
    {"key": "p:model_a", "name": "model_a", "role": "predictions", "color": "#0072B2"},
    {"key": "p:model_b", "name": "model_b", "role": "predictions", "color": "#E69F00"},
]


def scene(case: str) -> dict[str, Any]:
    classes: list[dict[str, Any]] = [
        {"id": i, "name": name, "color": color} for i, (name, color) in enumerate(zip(CLASSES, COLORS, strict=True))
    ]
    classes[1] |= {"keypoints": ["head", "neck", "hip", "foot"], "skeleton": [[0, 1], [1, 2], [2, 3]]}
    if case == "hostile":
        classes[0]["name"] = HOSTILE_NAME
    if case == "classes":
        classes += [{"id": i, "name": f"class number {i}", "color": "#999999"} for i in range(len(classes), 90)]
    return {"layers": LAYERS[:2] if case in {"one_model", "outcomes"} else LAYERS, "classes": classes}


def image_bytes(index: int) -> bytes:
    """A street-like gradient with a few solid blocks, different for every frame."""
    random = np.random.default_rng(index)
    sky, ground = random.integers(90, 230, 3), random.integers(40, 120, 3)
    share = np.linspace(0, 1, HEIGHT)[:, None, None]
    pixels = np.broadcast_to(sky * (1 - share) + ground * share, (HEIGHT, WIDTH, 3)).astype(np.uint8).copy()
    for _ in range(14):
        x, y = int(random.integers(0, WIDTH - 80)), int(random.integers(120, HEIGHT - 60))
        w, h = int(random.integers(20, 90)), int(random.integers(20, 100))
        cv2.rectangle(pixels, (x, y), (x + w, y + h), random.integers(30, 230, 3).tolist(), -1)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def ring_mask() -> np.ndarray:
    """A disc with a hole and a separate speck: what an outline must follow exactly."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    distance = np.hypot(columns - 470, rows - 130)
    mask = (distance < 60) & (distance > 25)
    mask[200:206, 560:575] = True
    return mask.astype(np.uint8)


def encode(mask: np.ndarray) -> dict[str, Any]:
    record = hotcoco.mask.encode(np.asfortranarray(mask))
    counts = record["counts"]
    return {"size": [HEIGHT, WIDTH], "counts": counts.decode() if isinstance(counts, bytes) else counts}


def _shapes() -> list[dict[str, Any]]:
    """One of every shape: 7 labels (and a classification), 3 predictions of the first model, 2 of the second."""
    ring = ring_mask()
    return [
        {"id": "labels:0", "layer": 0, "cls": 0, "kind": "box", "box": [60, 300, 120, 80], "attrs": {"occluded": True}},
        {
            "id": "labels:1",
            "layer": 0,
            "cls": 3,
            "kind": "polygon",
            "parts": [
                [
                    [220, 300, 380, 300, 380, 420, 220, 420],
                    [260, 330, 340, 330, 340, 390, 260, 390],
                ],
                [[400, 400, 440, 400, 420, 440]],
            ],
            "box": [220, 300, 220, 140],
        },
        {
            "id": "labels:2",
            "layer": 0,
            "cls": 4,
            "kind": "mask",
            "mask": encode(ring),
            "box": [410, 70, 166, 136],
            "area": float(ring.sum()),
        },
        {
            "id": "labels:3",
            "layer": 0,
            "cls": 1,
            "kind": "keypoints",
            "points": [540, 260, 2, 540, 290, 2, 545, 340, 1, 0, 0, 0],
            "box": [520, 250, 50, 110],
            "track": "t7",
        },
        {"id": "labels:4", "layer": 0, "cls": 7, "kind": "polyline", "lines": [[20, 460, 200, 440, 420, 470]]},
        {"id": "labels:5", "layer": 0, "cls": 2, "kind": "oriented_box", "obb": [130, 150, 120, 50, math.pi / 6]},
        {"id": "labels:6", "layer": 0, "cls": 8, "kind": "box", "box": [250, 60, 110, 90], "crowd": True},
        {"id": "labels:7", "layer": 0, "cls": 6, "kind": "classification", "attrs": {"weather": "rain"}},
        {"id": "labels:8", "layer": 0, "cls": 5, "kind": "box", "box": [585, 20, 40, 40], "ignored": True},
        {"id": "p:model_a:0", "layer": 1, "cls": 0, "kind": "box", "conf": 0.91, "box": [66, 305, 118, 84]},
        {"id": "p:model_a:1", "layer": 1, "cls": 3, "kind": "box", "conf": 0.42, "box": [90, 310, 60, 40]},
        {"id": "p:model_a:2", "layer": 1, "cls": 6, "kind": "classification", "conf": 0.77},
        {"id": "p:model_b:0", "layer": 2, "cls": 0, "kind": "box", "conf": 0.66, "box": [52, 292, 122, 90]},
        {"id": "p:model_b:1", "layer": 2, "cls": 4, "kind": "box", "conf": 0.31, "box": [405, 66, 130, 128]},
    ]


def _outcomes() -> list[dict[str, Any]]:
    return [
        {"id": "labels:0", "layer": 0, "cls": 0, "kind": "box", "box": [60, 300, 120, 80], "outcome": "tp",
         "match": "p:model_a:0", "iou": 0.84},
        {"id": "labels:1", "layer": 0, "cls": 1, "kind": "box", "box": [300, 200, 40, 110], "outcome": "fn",
         "error": "No prediction overlaps it."},
        {"id": "p:model_a:0", "layer": 1, "cls": 0, "kind": "box", "conf": 0.91, "box": [66, 305, 118, 84],
         "outcome": "tp", "match": "labels:0", "iou": 0.84},
        {"id": "p:model_a:1", "layer": 1, "cls": 1, "kind": "box", "conf": 0.71, "box": [450, 250, 60, 140],
         "outcome": "fp", "iou": 0.23, "error": "Best overlap 0.23 with a person that 0.95 already matched."},
    ]  # fmt: skip


def _many(count: int, seed: int) -> list[dict[str, Any]]:
    """Boxes and 24-gons in equal numbers, labels and predictions of one model."""
    random = np.random.default_rng(seed)
    objects: list[dict[str, Any]] = []
    for i in range(count):
        x, y = random.uniform(0, WIDTH - 60), random.uniform(0, HEIGHT - 60)
        w, h = random.uniform(6, 60, 2)
        layer = i % 2
        record: dict[str, Any] = {
            "id": f"{LAYERS[layer]['key']}:{i}",
            "layer": layer,
            "cls": int(random.integers(0, 6)),
            "kind": "box",
            "box": [round(float(v), 1) for v in (x, y, w, h)],
        }
        if layer:
            record["conf"] = round(float(random.uniform(0.01, 1)), 3)
        if i % 4 > 1:
            angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
            ring = np.stack([x + w / 2 * (1 + np.cos(angles)), y + h / 2 * (1 + np.sin(angles))], axis=1)
            record |= {"kind": "polygon", "parts": [[ring.round(1).ravel().tolist()]]}
        objects.append(record)
    return objects


@cache
def payload(case: str, index: int) -> dict[str, Any]:
    if case in {"shapes", "hostile"} and index == 0:
        objects = _shapes()
    elif case == "outcomes":
        objects = _outcomes()
    elif case.startswith("many"):
        objects = _many(int(case.removeprefix("many")), index)
    else:
        objects = _many(8, index)
    if case == "stacked" and index == 0:
        boxes = [[200 - 20 * i, 150 - 20 * i, 200 + 40 * i, 120 + 40 * i] for i in range(3)]
        objects = [
            {"id": f"labels:{i}", "layer": 0, "cls": i, "kind": "box", "box": box} for i, box in enumerate(boxes)
        ]
    missing = index == MISSING_FRAME
    clip = {"sequence": "clip", "sequence_index": index - CLIP_START} if case == "video" and in_clip(index) else {}
    return clip | {
        "frame": f"day/{index:03d}",
        "index": index,
        "file_name": f"day/{index:03d}.jpg",
        "width": WIDTH,
        "height": HEIGHT,
        "status": "missing" if missing else "ok",
        "apply_exif": True,
        "image": None if missing else f"/api/image/{index}?v=1",
        "thumb": None,
        "attributes": {},
        "objects": objects,
    }


def entry(case: str, index: int) -> dict[str, Any]:
    """What the order knows of a frame."""
    frame = payload(case, index)
    fields = ("index", "image", "width", "height", "apply_exif", "sequence", "sequence_index")
    return {"id": frame["frame"]} | {name: frame[name] for name in fields if name in frame}


def in_clip(index: int) -> bool:
    """Whether a frame belongs to the video."""
    return CLIP_START <= index < CLIP_START + CLIP_LENGTH
