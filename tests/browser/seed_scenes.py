"""Pictures with a coloured shape wherever an object is, and the scripts that hand those objects over.

Every object has a colour of its own, so a test can ask the pixels of a picture where the object is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from tests.compat.encord_project import CLASSES, FIRST, SMALL
from tests.conftest import ROOT

WIDTH, HEIGHT = 320, 200
ODD_CLASS: Final = '<b>R&D</b> "ä" ~ #1/2'
ODD_FRAME: Final = "boxes/é 1 & #2"
GOOD, BAD = "good_v1", "bad ü & <i>v2</i>"
"""Names of the two inference sets."""
CAR: Final = list(CLASSES)[2]
GROUND: Final = (60, 60, 60)

ENTRIES: Final[list[dict[str, Any]]] = [
    {
        "frame_id": ODD_FRAME,
        "image_name": "boxes.png",
        "objects": [
            {"id": "car", "kind": "bbox", "class": "car", "at": [20, 30, 80, 50]},
            {
                "id": "child",
                "kind": "bbox",
                "class": "child",
                "at": [150, 40, 30, 60],
                "attrs": {"age": 7, "a<b": "x&y"},
            },
            {"id": "dust", "kind": "bbox", "class": "dust", "at": [240, 10, 60, 40]},
            {"id": "odd", "kind": "bbox", "class": ODD_CLASS, "at": [230, 110, 60, 50]},
        ],
    },
    {
        "frame_id": "polygons",
        "image_name": "polygons.png",
        "objects": [
            {
                "id": "truck",
                "kind": "polygons",
                "class": "car",
                "at": [[[20, 20], [120, 20], [20, 120]], [[40, 140], [120, 140], [120, 180], [40, 180]]],
            },
            {
                "id": "adult",
                "kind": "polygons",
                "class": "adult",
                "at": [[[200, 40], [260, 60], [230, 160], [190, 120]]],
            },
        ],
    },
    {
        "frame_id": "semantic",
        "image_name": "semantic.png",
        "objects": [
            {"id": "m", "kind": "semseg", "areas": [["road", 0, 120, 320, 80], ["sky", 0, 0, 320, 50]]},
        ],
    },
    {
        "frame_id": "instances",
        "image_name": "instances.png",
        "objects": [
            {
                "id": "i",
                "kind": "instances",
                "areas": [["car", 20, 30, 90, 60], ["car", 130, 30, 90, 60], ["child", 240, 60, 40, 90]],
            },
        ],
    },
    {
        "frame_id": "keypoints",
        "image_name": "keypoints.png",
        "objects": [
            {
                "id": "dog",
                "kind": "keypoints",
                "class": "dog",
                "at": [[60, 60], [100, 80], [140, 70]],
                "box": [50, 40, 110, 60],
            },
            {"id": "pup", "kind": "keypoints", "class": "dog", "at": [[200, 120], [230, 140], [260, 125]]},
        ],
    },
    {
        "frame_id": "lines",
        "image_name": "lines.png",
        "objects": [
            {"id": "left", "kind": "line", "class": "lane", "at": [30, 190, 120, 20]},
            {"id": "right", "kind": "line", "class": "lane", "at": [280, 190, 180, 20]},
        ],
    },
    {
        "frame_id": "weather",
        "image_name": "weather.png",
        "objects": [{"id": "w", "kind": "classification", "class": "sunny", "secondary": {"wind": "<strong> & cold"}}],
    },
]
"""What there is on each frame; places are x, y, width and height, pixels."""

AQUARIUM_SCRIPT: Final = """
import json, sys
import numpy as np
import predscope.compat.aquarium as al

images, (entries, odd_class, good, bad) = sys.argv[1], json.load(open(sys.argv[2]))
WIDTH, HEIGHT = 320, 200
ids = {"car": 1, "child": 2, "adult": 3, "dust": 4, odd_class: 5, "road": 6, "sky": 7, "dog": 8, "lane": 9,
       "sunny": 10, "rainy": 11}
person = {"train_name": "person", "train_id": 2}
more = {"child": person, "adult": person, "dust": {"ignore_in_eval": True},
        "dog": {"keypoint_names": ["nose", "back", "tail"], "skeleton": [[0, 1], [1, 2]]}}
colors = {name: color for name, color in zip(ids, al.orig_label_color_list)}

al_client = al.Client()
al_client.set_credentials(api_key="anything")
al_client.create_project("streets", al.LabelClassMap(
    [al.ClassMapEntry(name=name, class_id=number, color=colors[name], **more.get(name, {}))
     for name, number in ids.items()]))


def mask_of(areas, shift, value_of):
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for place, (name, x, y, w, h) in enumerate(areas):
        mask[y:y + h, x + shift:x + shift + w] = value_of(place, name)
    return mask


def add(frame, word, one, confidence=None, shift=0, name_of=lambda name: name):
    scored = {} if confidence is None else {"confidence": confidence}
    kind, at = one["kind"], one.get("at")
    common = {"sensor_id": "cam", "label_id": one["id"] if confidence is None else one["id"] + "_inf"}
    if "class" in one:
        common["classification"] = name_of(one["class"])
    method = lambda what: getattr(frame, f"add_{word}_2d_{what}")
    if kind == "bbox":
        extra = {"user_attrs": one["attrs"]} if confidence is None and "attrs" in one else {}
        method("bbox")(**common, top=at[1], left=at[0] + shift, width=at[2], height=at[3], **scored, **extra)
    elif kind == "polygons":
        parts = [{"vertices": [(x + shift, y) for x, y in part]} for part in at]
        method("polygon_list")(**common, polygons=parts, **scored)
    elif kind == "semseg":
        mask = mask_of(one["areas"], shift, lambda place, name: ids[name])
        method("semseg")(**common, mask_data=mask)
    elif kind == "instances":
        mask = mask_of(one["areas"], shift, lambda place, name: place + 1)
        mapping = [{"id": place + 1, "classification": name_of(area[0]), "attributes": {"place": place}}
                   for place, area in enumerate(one["areas"])]
        method("instance_seg")(**common, mask_data=mask, instance_mapping=mapping)
    elif kind == "keypoints":
        points = [{"x": x + shift, "y": y, "name": name} for (x, y), name in zip(at, ("nose", "back", "tail"))]
        box = {}
        if "box" in one:
            x, y, w, h = one["box"]
            box = {"left": x + shift, "top": y, "width": w, "height": h}
        method("keypoints")(**common, keypoints=points, **box, **scored)
    elif kind == "line":
        x1, y1, x2, y2 = at
        method("line_segment")(**common, x1=x1 + shift, y1=y1, x2=x2 + shift, y2=y2, **scored)
    else:
        extra = {"secondary_labels": one["secondary"]} if confidence is None else {}
        method("classification")(**common, **scored, **extra)


label_dataset = al.LabeledDataset()
for entry in entries:
    frame = al.LabeledFrame(frame_id=entry["frame_id"])
    frame.add_image(sensor_id="cam", image_url=images + "/" + entry["image_name"])
    frame.add_user_metadata("place", "north & <south>")
    for one in entry["objects"]:
        add(frame, "label", one)
    label_dataset.add_frame(frame)
al_client.create_dataset("streets", "train_set", dataset=label_dataset, wait_until_finish=True,
                         preview_first_frame=True)

rolled = {"child": "person", "adult": "person"}
wrong = {"car": "person", "child": "car", "sunny": "rainy"}
for name, name_of, confidence, shift in (
    (good, lambda name: rolled.get(name, name), 0.9, 2),
    (bad, lambda name: wrong.get(name, name), 0.6, 6),
):
    inferences = al.Inferences()
    for entry in entries:
        inf_frame = al.InferencesFrame(frame_id=entry["frame_id"])
        for place, one in enumerate(entry["objects"]):
            add(inf_frame, "inference", one, confidence - place / 20, shift, name_of)
        inferences.add_frame(inf_frame)
    al_client.create_inferences("streets", "train_set", inferences=inferences, inferences_id=name,
                                wait_until_finish=True, preview_first_frame=True)
"""


def color_of(entry: int, place: int) -> tuple[int, int, int]:
    """Blue, green and red of an object, or of an area of a mask; no two on a picture are alike."""
    strong = [(230, 40, 40), (40, 220, 40), (40, 40, 230), (40, 220, 220), (220, 40, 220)]
    return strong[(entry + place) % len(strong)]


def draw(folder: Path) -> dict[str, tuple[str, tuple[int, int, int]]]:
    """Save the pictures.

    Returns:
        By label id the frame that the object is on and its colour (blue, green, red).
    """
    folder.mkdir(parents=True)
    colors: dict[str, tuple[str, tuple[int, int, int]]] = {}
    for number, entry in enumerate(ENTRIES):
        picture = np.full((HEIGHT, WIDTH, 3), GROUND, np.uint8)
        for place, one in enumerate(entry["objects"]):
            own = color_of(number, place)
            at, kind = one.get("at"), one["kind"]
            if kind == "bbox":
                x, y, width, height = at
                picture[y : y + height, x : x + width] = own
            elif kind == "polygons":
                for part in at:
                    cv2.fillPoly(picture, [np.array(part, np.int32)], own)
            elif kind in ("semseg", "instances"):
                for area, (name, x, y, width, height) in enumerate(one["areas"]):
                    picture[y : y + height, x : x + width] = color_of(number, area)
                    colors[f"{one['id']}_{name if kind == 'semseg' else area + 1}"] = (
                        entry["frame_id"],
                        color_of(number, area),
                    )
            elif kind == "keypoints":
                for x, y in at:
                    picture[y - 3 : y + 4, x - 3 : x + 4] = own
            elif kind == "line":
                cv2.line(picture, tuple(at[:2]), tuple(at[2:]), own, 3)
            colors[one["id"]] = entry["frame_id"], own
        assert cv2.imwrite(str(folder / entry["image_name"]), picture)
    return colors


def run_python(*command: str, folder: Path) -> str:
    """What a Python process of its own prints, started in a folder, without a terminal."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PREDSCOPE_")}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_aquarium(folder: Path) -> Path:
    """Draw the pictures and run the script; returns the folder that it ran in."""
    draw(folder / "images")
    work = folder / "work"
    work.mkdir()
    (folder / "entries.json").write_text(json.dumps([ENTRIES, ODD_CLASS, GOOD, BAD]))
    (folder / "upload.py").write_text(AQUARIUM_SCRIPT)
    run_python(str(folder / "upload.py"), str(folder / "images"), str(folder / "entries.json"), folder=work)
    return work


ENCORD_SCRIPTS: Final = {
    "pickle": """
import pickle, sys
import numpy as np
from predscope.compat.encord import BoundingBox, Format, ObjectDetection, Prediction

target, FIRST, CAR = sys.argv[1] + "/predictions.pkl", *sys.argv[3:5]
mask = np.zeros((720, 1280), np.uint8)
mask[100:200, 300:500] = 1
mask[600:700, 1000:1100] = 1
polygon = np.array([[0.2, 0.1], [0.2, 0.4], [0.3, 0.4], [0.3, 0.1]])
found = [(Format.BOUNDING_BOX, BoundingBox(x=0.2, y=0.3, w=0.1, h=0.4)), (Format.MASK, mask), (Format.POLYGON, polygon)]
predictions_to_store = []
for data_format, data in found:
    predictions_to_store.append(
        Prediction(
            data_hash=FIRST,
            confidence=0.8,
            object=ObjectDetection(feature_hash=CAR, format=data_format, data=data),
        )
    )
with open(target, "wb") as f:
    pickle.dump(predictions_to_store, f)
print(target)
""",
    "writer": """
import sys
from pathlib import Path
import numpy as np
from predscope.compat.encord import PredictionWriter, load_project

data_dir, FIRST, CAR = Path(sys.argv[2]), *sys.argv[3:5]
project = load_project(data_dir)
mask = np.zeros((720, 1280), np.uint8)
mask[10:20, 30:50] = 1
with PredictionWriter(data_dir, project) as writer:
    writer.add_prediction(
        data_hash=FIRST, class_uid=CAR, confidence_score=0.9, bbox={"x": 0.1, "y": 0.2, "w": 0.3, "h": 0.1}, frame=0
    )
    writer.add_prediction(data_hash=FIRST, class_uid=CAR, confidence_score=0.7, polygon=mask, frame=0)
""",
    "kitti": """
import json, sys
from pathlib import Path
from predscope.compat.encord import PredictionWriter, import_KITTI_labels, load_project

data_dir, FIRST = Path(sys.argv[2]), sys.argv[3]
predictions_root = Path(sys.argv[1]) / "kitti"
(predictions_root / "labels").mkdir(parents=True)
unused = "0.00 0.00 0.00 0.00 0.00 0.00 0.00"
(predictions_root / "labels" / f"{FIRST}__first.txt").write_text(
    f"car 0.00 0 0.00 587.01 173.33 614.12 200.12 {unused} 97.85\\n"
    f"cyclist 0.00 0 0.00 665.45 160.00 717.93 217.99 {unused} 32.65\\n"
    f"pedestrian 0.00 0 0.00 423.17 173.67 433.17 224.03 {unused} 30.183\\n"
)
(predictions_root / "ontology_label_map.json").write_text(
    json.dumps({"OTk2MzM3": "pedestrian", "NzYyMjcx": "cyclist", "Nzg2ODEx": "car"})
)
project = load_project(data_dir)
object_map = json.loads((predictions_root / "ontology_label_map.json").read_text())
with PredictionWriter(cache_dir=data_dir, project=project, custom_object_map=object_map) as writer:
    import_KITTI_labels(project, data_root=predictions_root, prediction_writer=writer)
""",
    "masks": """
import sys
from pathlib import Path
import cv2
import numpy as np
from predscope.compat.encord import PredictionWriter, import_mask_predictions, load_project

data_dir, SMALL = Path(sys.argv[2]), sys.argv[5]
rows = ["0000000000000000000", "0011100000000000000", "0011100000002222000", "0000000000002222000",
        "0000111000002200000", "0000111000002200000", "0000111000000000000", "0000000000000000000"]
predictions_root = Path(sys.argv[1]) / "masks"
predictions_root.mkdir()
cv2.imwrite(str(predictions_root / f"{SMALL}.png"), np.array([[int(one) for one in row] for row in rows], np.uint8))
class_map = {"OTk2MzM3": 1, "NzYyMjcx": 2, "Nzg2ODEx": 3}
project = load_project(data_dir)
with PredictionWriter(cache_dir=data_dir, project=project) as writer:
    import_mask_predictions(
        project,
        data_root=predictions_root,
        cache_dir=data_dir,
        prediction_writer=writer,
        class_map=class_map,
        du_hash_name_lookup=lambda file_pth: (file_pth.stem, 0),
    )
""",
    "metrics": """
import sys
from pathlib import Path
from predscope.compat.encord import PredictionIterator, run_metrics

run_metrics(data_dir=Path(sys.argv[2]), iterator_cls=PredictionIterator)
""",
}
"""Parts of the document on importing predictions; arguments are a folder, the project and hashes."""


def run_encord(name: str, folder: Path, project: Path) -> str:
    """Run one of the scripts; returns what it prints."""
    return run_python("-c", ENCORD_SCRIPTS[name], str(folder), str(project), FIRST, CAR, SMALL, folder=project)
