"""What the sample holds, in numbers: ``weaknesses.json`` and the README."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .dataset import Frame
from .labelling import CLASSES, LabelledObject
from .models import SMALL_AREA_PX, WEAKNESSES


def _is_small_at_night(frame: Frame, label: LabelledObject) -> bool:
    at_night = frame.scene.light.time_of_day == "night"
    return at_night and label.class_name in ("person", "car") and label.area < SMALL_AREA_PX


def _concerns(key: str, frame: Frame, label: LabelledObject) -> bool:
    """Whether a label is one that a planted weakness is about."""
    classes = {
        "bus_or_truck": ("bus", "truck"),
        "duplicate_bicycles": ("bicycle",),
        "shifted_traffic_lights": ("traffic light",),
    }
    if label.is_crowd:
        return False
    return _is_small_at_night(frame, label) if key == "small_at_night" else label.class_name in classes.get(key, ())


_WHERE: dict[str, dict[str, Any]] = {
    "small_at_night": {"classes": ["person", "car"], "time_of_day": "night", "area_px_below": SMALL_AREA_PX},
    "bus_or_truck": {"classes": ["bus", "truck"]},
    "duplicate_bicycles": {"classes": ["bicycle"]},
    "shifted_traffic_lights": {"classes": ["traffic light"]},
    "overconfident": {},
    "dogs_in_rain": {"classes": ["dog"], "weather": "rain"},
}


def weaknesses(frames: list[Frame]) -> list[dict[str, Any]]:
    """What is planted, how many labels it concerns, what became of them, and how many predictions it made.

    ``found_labels`` counts the labels that the model made any prediction from, whatever its class and its overlap.
    """
    entries = []
    for key, (model, description) in WEAKNESSES.items():
        labels = found = planted = 0
        touched = []
        for frame in frames:
            if not frame.role.has_predictions:
                continue
            sources = {prediction.source for prediction in frame.predictions[model]}
            concerned = [index for index, label in enumerate(frame.labels) if _concerns(key, frame, label)]
            made = sum(prediction.planted == key for prediction in frame.predictions[model])
            labels += len(concerned)
            found += sum(index in sources for index in concerned)
            planted += made
            if made or (key == "small_at_night" and concerned):
                touched.append(frame.role.file_name)
        entry: dict[str, Any] = {"key": key, "model": model, "description": description, "where": _WHERE[key]}
        if labels:
            entry |= {"labels": labels, "found_labels": found}
        if key != "small_at_night":
            entry["predictions"] = planted
        entries.append(entry | {"frames": len(touched), "examples": touched[:5]})
    return entries


def readme(frames: list[Frame], entries: list[dict[str, Any]], seed: int) -> str:
    """The text of ``sample_data/README.md``."""
    listed = [frame for frame in frames if frame.role.is_listed]
    counts = Counter(label.class_name for frame in listed for label in frame.labels if not label.is_crowd)
    crowds = sum(label.is_crowd for frame in listed for label in frame.labels)
    made = {model: sum(len(frame.predictions[model]) for frame in frames) for model in ("model_a", "model_b")}
    light = Counter(frame.scene.light.time_of_day for frame in listed)
    sky = Counter(frame.scene.light.weather for frame in listed)
    street = [frame for frame in frames if frame.role.clip_index is None]
    rows = []
    for entry in entries:
        numbers = []
        if "labels" in entry:
            verb = "found" if entry["key"] == "small_at_night" else "found by the model"
            numbers.append(f"{entry['labels']} labels, {entry['found_labels']} {verb}")
        if "predictions" in entry:
            numbers.append(f"{entry['predictions']} predictions")
        rows.append(f"| `{entry['key']}` | {entry['model']} | {entry['description']} | {'; '.join(numbers)} |")
    shapes = {
        "person": "polygon, 17 keypoints from 34 px height on",
        "bicycle": "mask with holes",
        "traffic light": "box",
    }
    class_rows = [f"| {name} | {counts[name]} | {shapes.get(name, 'polygon')} |" for name in CLASSES]
    odd = {
        "no image": [f.role.file_name for f in frames if not f.role.has_image],
        "no label entry": [f.role.file_name for f in frames if not f.role.is_listed],
        "no predictions": [f.role.file_name for f in frames if not f.role.has_predictions and f.role.is_listed],
        "empty": [f.role.file_name for f in street if f.role.is_listed and not f.labels],
    }
    return _README.format(
        seed=seed,
        street=len(street),
        clip=len(frames) - len(street),
        light=", ".join(f"{count} {name}" for name, count in light.most_common()),
        sky=", ".join(f"{count} {name}" for name, count in sky.most_common()),
        classes="\n".join(class_rows),
        total=sum(counts.values()),
        crowds=crowds,
        weaknesses="\n".join(rows),
        a=made["model_a"],
        b=made["model_b"],
        missing=", ".join(f"`{name}`" for name in odd["no image"]),
        unlisted=", ".join(f"`{name}`" for name in odd["no label entry"]),
        unpredicted=", ".join(f"`{name}`" for name in odd["no predictions"]),
        empty=", ".join(f"`{name}`" for name in odd["empty"]),
    )


_README = """# Sample data

Street scenes drawn by a program, with exact labels, and the predictions of two simulated models whose weaknesses are
known. Nothing here was photographed or downloaded. Everything, this page too, is written by

```
python sample_data/make_sample_data.py            # draws everything again (seed {seed})
python sample_data/make_sample_data.py --check    # compares the labels and predictions with what is here
```

The same seed gives the same labels and predictions, byte by byte. `generator/` holds the program.

## Frames

`images/` has {street} street frames (`street_000.jpg` and on) and a video of {clip} frames (`video/frame_000.jpg` and
on, also as `video.mp4`) whose objects keep their track ids. By light: {light}. By weather: {sky}.
The COCO file says for each frame `time_of_day`, `weather`, `camera` and `blur`.

Odd on purpose:

- {missing}: labelled and predicted, but the image is absent;
- {unlisted}: an image that the labels file does not list, with no predictions;
- {unpredicted}: labelled, but no model was run on it;
- {empty}: labelled, and nothing is there; every prediction on it is a false positive.

## Labels

| class | labels | shape |
|---|---|---|
{classes}

{total} labels, and {crowds} crowds (`iscrowd`). A label covers what is visible; `occlusion` (0 to 1) is the
share that something in front hides, `truncated` says that the frame's edge cuts the object. Objects of which fewer
than 40 pixels or 8 % can be seen are not labelled.

| where | what |
|---|---|
| `labels/instances.json` | COCO: all labels |
| `labels_yolo/` | YOLO detection: boxes of the street frames |
| `labels_voc/` | Pascal VOC XML: boxes of the first twelve frames |
| `masks/` | class-index PNGs of the first twelve frames |

## Predictions

| where | what |
|---|---|
| `predictions/model_a.json` | COCO results: {a} boxes with masks (traffic lights: boxes alone) and persons' keypoints |
| `predictions/model_b.json` | COCO results: {b} boxes with masks |
| `predictions_yolo/` | model_b's boxes on the first twelve frames: YOLO text files with confidences |

Both miss small and hidden objects more often than others, and both see things that are not there. Planted on top
(`weaknesses.json` has the same for programs):

| key | model | what it does | how much |
|---|---|---|---|
{weaknesses}

model_b is otherwise the better one at night.
"""
