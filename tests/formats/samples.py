"""A small input of every format that is read, each shape that the format has in it at least once."""

from __future__ import annotations

import base64
import io
import json
import pickle
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from predscope.schema import Role
from tests.compat.original_classes import KINDS, original_classes
from tests.formats.fuzzing import Files


@dataclass(frozen=True)
class Sample:
    """An input in order.

    Attributes:
        format: name of the reader that it is for.
        files: contents by name.
        rows: objects in it.
        source: what is opened, below the folder of the files.
        role: of the objects.
        variant: tells samples of one format apart.
    """

    format: str
    files: Files
    rows: int
    source: str = "."
    role: Role = "labels"
    variant: str = ""

    @property
    def name(self) -> str:
        return f"{self.format}_{self.variant}" if self.variant else self.format


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def _png(pixels: np.ndarray, palette: bool = False) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    if palette:
        image.putpalette([value for index in range(256) for value in (index, 255 - index, (index * 7) % 256)])
    image.save(buffer, "png")
    return buffer.getvalue()


def _photo(seed: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (24, 32, 3), np.uint8)).save(buffer, "jpeg")
    return buffer.getvalue()


def _class_pixels() -> np.ndarray:
    pixels = np.zeros((20, 30), np.uint8)
    pixels[2:8, 3:12] = 1
    pixels[10:18, 15:28] = 2
    return pixels


_CATEGORIES = [{"id": 1, "name": "car", "supercategory": "vehicle"}, {"id": 3, "name": "person"}]
_IMAGES = [
    {"id": 1, "file_name": "a.jpg", "width": 60, "height": 40},
    {"id": 2, "file_name": "b.jpg", "width": 60, "height": 40},
]
_COCO = {
    "info": {"year": 2024},
    "licenses": None,
    "images": _IMAGES,
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 20], "area": 600, "iscrowd": 0},
        {
            "id": 2,
            "image_id": 1,
            "category_id": 3,
            "bbox": [5, 5, 9, 9],
            "segmentation": [[5, 5, 14, 5, 14, 14, 5, 14]],
        },
        {
            "id": 3,
            "image_id": 2,
            "category_id": 3,
            "iscrowd": 1,
            "segmentation": {"size": [40, 60], "counts": [90, 30, 2280]},
        },
        {"id": 4, "image_id": 2, "category_id": 1, "bbox": [3, 3, 6, 6], "keypoints": [4, 4, 2, 6, 6, 1, 0, 0, 0]},
    ],
    "categories": _CATEGORIES,
}
_RESULTS = [
    {"image_id": 1, "category_id": 1, "bbox": [1.5, 2.5, 30.25, 20], "score": 0.9},
    {"image_id": 2, "category_id": 3, "bbox": [1, 1, 5, 5], "score": 0.125},
    {"image_id": 2, "category_id": 3, "segmentation": {"size": [40, 60], "counts": [90, 30, 2280]}, "score": 0.5},
]
_VOC = b"""<annotation>
 <filename>a.jpg</filename>
 <size><width>60</width><height>40</height><depth>3</depth></size>
 <object><name>car</name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>31</xmax><ymax>22</ymax></bndbox></object>
 <object><name>person</name><pose>Left</pose><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>14.5</xmax><ymax>14</ymax></bndbox></object>
</annotation>
"""
_KITTI = b"""Car 0.00 0 -1.58 587.01 173.33 614.12 200.12 1.65 1.67 3.64 -0.65 1.71 46.70 -1.59
Pedestrian 0.10 2 0.21 423.17 173.67 433.17 224.03 1.60 0.38 0.30 -5.87 1.63 23.11 -0.03
DontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10
"""
_KITTI_SCORED = b"""car 0.00 0 0.00 587.01 173.33 614.12 200.12 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.97
cyclist 0.00 0 0.00 665.45 160.00 717.93 217.99 0.00 0.00 0.00 0.00 0.00 0.00 0.00 0.32
"""
_LABELME = {
    "version": "5.0.1",
    "flags": {},
    "shapes": [
        {"label": "car", "points": [[1, 2], [31, 22]], "group_id": None, "shape_type": "rectangle", "flags": {}},
        {"label": "person", "points": [[5, 5], [14, 5], [14, 14]], "group_id": 1, "shape_type": "polygon", "flags": {}},
        {
            "label": "lane",
            "points": [[0, 0], [10, 10], [20, 5]],
            "group_id": None,
            "shape_type": "linestrip",
            "flags": {},
        },
    ],
    "imagePath": "..\\images\\a.jpg",
    "imageData": None,
    "imageHeight": 40,
    "imageWidth": 60,
}
_CVAT = b"""<?xml version="1.0" encoding="utf-8"?>
<annotations>
 <version>1.1</version>
 <meta><task><labels>
  <label><name>car</name><color>#ff0000</color></label><label><name>person</name><color>#00ff00</color></label>
 </labels></task></meta>
 <image id="0" name="a.jpg" width="60" height="40">
  <box label="car" occluded="0" xtl="1.0" ytl="2.0" xbr="31.0" ybr="22.0" z_order="0">
   <attribute name="make">x</attribute></box>
  <polygon label="person" occluded="1" points="5.0,5.0;14.0,5.0;14.0,14.0" z_order="0"></polygon>
  <polyline label="car" occluded="0" points="0.0,0.0;10.0,10.0" z_order="0"></polyline>
 </image>
 <image id="1" name="b.jpg" width="60" height="40">
  <points label="person" occluded="0" points="3.0,4.0" z_order="0"></points>
 </image>
</annotations>
"""
_LABEL_STUDIO = [
    {
        "id": 1,
        "data": {"image": "/data/upload/1/a.jpg"},
        "annotations": [
            {
                "id": 7,
                "result": [
                    {
                        "id": "r1",
                        "type": "rectanglelabels",
                        "from_name": "label",
                        "to_name": "image",
                        "original_width": 60,
                        "original_height": 40,
                        "image_rotation": 0,
                        "value": {
                            "x": 10,
                            "y": 10,
                            "width": 50,
                            "height": 40,
                            "rotation": 0,
                            "rectanglelabels": ["car"],
                        },
                    },
                    {
                        "id": "r2",
                        "type": "polygonlabels",
                        "from_name": "label",
                        "to_name": "image",
                        "original_width": 60,
                        "original_height": 40,
                        "value": {"points": [[10, 10], [50, 10], [50, 60]], "polygonlabels": ["person"]},
                    },
                ],
            }
        ],
    }
]
_OPEN_IMAGES = b"""ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf
a,xclick,/m/0k4j,1,0.1,0.5,0.2,0.6,0,0,0
b,xclick,/m/01g317,1,0.25,0.75,0.1,0.9,1,0,1
"""
_TABLE = b"""image,class,confidence,xmin,ymin,xmax,ymax,weather
a.jpg,car,0.9,1,2,31,22,rain
a.jpg,person,0.25,5,5,14,14,sun
b.jpg,car,0.5,3.5,4.5,20,30,sun
"""
_CLASSES = b"""image,label,score
a.jpg,cat,0.9
b.jpg,dog,0.75
c.jpg,cat,0.5
"""
_PANOPTIC = {
    "images": _IMAGES[:1],
    "annotations": [
        {
            "image_id": 1,
            "file_name": "a.png",
            "segments_info": [
                {"id": 1, "category_id": 1, "area": 54, "bbox": [3, 2, 9, 6], "iscrowd": 0},
                {"id": 258, "category_id": 3, "area": 104, "bbox": [15, 10, 13, 8], "iscrowd": 0},
            ],
        }
    ],
    "categories": [
        {"id": 1, "name": "car", "supercategory": "vehicle", "isthing": 1, "color": [1, 2, 3]},
        {"id": 3, "name": "sky", "supercategory": "outdoor", "isthing": 0, "color": [3, 2, 1]},
    ],
}


def _panoptic_png() -> bytes:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[2:8, 3:12] = (1, 0, 0)
    pixels[10:18, 15:28] = (2, 1, 0)
    return _png(pixels)


def _instance_pixels() -> np.ndarray:
    pixels = np.zeros((20, 30), np.uint16)
    pixels[2:8, 3:12] = 1001
    pixels[10:18, 15:22] = 2001
    pixels[10:18, 24:28] = 2002
    return pixels


_SCORES = b"""image,cat,dog,bird
a.jpg,0.7,0.2,0.1
b.jpg,0.05,0.9,0.05
"""


_BDD100K = [
    {
        "name": "a.jpg",
        "attributes": {"weather": "rainy"},
        "labels": [
            {"id": "0", "category": "car", "box2d": {"x1": 10, "y1": 20.5, "x2": 30, "y2": 60}},
            {
                "id": "1",
                "category": "lane",
                "poly2d": [{"vertices": [[0, 0], [9, 9], [20, 5]], "types": "LLL", "closed": False}],
            },
        ],
    },
    {"name": "b.jpg", "labels": None},
]
_DATUMARO = {
    "info": {},
    "categories": {"label": {"labels": [{"name": "car", "parent": ""}, {"name": "person", "parent": ""}]}},
    "items": [
        {
            "id": "a",
            "image": {"path": "a.jpg", "size": [40, 60]},
            "annotations": [
                {"id": 0, "type": "bbox", "label_id": 0, "bbox": [1, 2, 30, 20.5], "attributes": {"score": 1}},
                {"id": 1, "type": "polygon", "label_id": 1, "points": [5, 5, 14, 5, 14, 14], "group": 0},
                {"id": 2, "type": "mask", "label_id": 1, "rle": {"counts": [90, 30, 2280], "size": [40, 60]}},
            ],
        }
    ],
}
_SUPERVISELY_META = {"classes": [{"title": "car", "shape": "rectangle", "color": "#FF00AA"}], "tags": []}


def _supervisely() -> dict[str, Any]:
    bitmap = base64.b64encode(zlib.compress(_png(np.full((3, 4), 255, np.uint8)))).decode()
    return {
        "size": {"height": 40, "width": 60},
        "tags": [],
        "objects": [
            {
                "classTitle": "car",
                "geometryType": "rectangle",
                "points": {"exterior": [[1, 2], [31, 22]], "interior": []},
            },
            {"classTitle": "car", "geometryType": "bitmap", "bitmap": {"data": bitmap, "origin": [5, 6]}},
        ],
    }


_LABEL_STUDIO_VIDEO = [
    {
        "id": 1,
        "data": {"video": "/data/upload/1/clip.mp4"},
        "annotations": [
            {
                "id": 7,
                "result": [
                    {
                        "id": "r1",
                        "type": "videorectangle",
                        "from_name": "box",
                        "to_name": "video",
                        "value": {
                            "framesCount": 8,
                            "duration": 0.32,
                            "sequence": [
                                {
                                    "frame": 1,
                                    "enabled": True,
                                    "rotation": 0,
                                    "x": 10,
                                    "y": 10,
                                    "width": 20,
                                    "height": 20,
                                },
                                {
                                    "frame": 4,
                                    "enabled": False,
                                    "rotation": 0,
                                    "x": 40,
                                    "y": 10,
                                    "width": 20,
                                    "height": 25,
                                },
                            ],
                            "labels": ["car"],
                        },
                    },
                    {
                        "id": "r2",
                        "type": "timelinelabels",
                        "from_name": "what",
                        "to_name": "video",
                        "value": {"ranges": [{"start": 2, "end": 3}], "timelinelabels": ["turning"]},
                    },
                ],
            }
        ],
    }
]
_VIDEOS = [{"id": 1, "width": 60, "height": 40, "length": 2, "file_names": ["clip/00000.jpg", "clip/00005.jpg"]}]
_TRACK_MASKS = [{"size": [40, 60], "counts": [90, 30, 2280]}, None]
_YOUTUBE_VIS = {
    "info": {"year": 2021},
    "videos": _VIDEOS,
    "categories": _CATEGORIES,
    "annotations": [
        {
            "id": 1,
            "video_id": 1,
            "category_id": 1,
            "iscrowd": 0,
            "width": 60,
            "height": 40,
            "segmentations": _TRACK_MASKS,
            "bboxes": [[2, 10, 1, 30], None],
            "areas": [30, None],
        },
        {"id": 2, "video_id": 1, "category_id": 3, "bboxes": [[1, 2, 30, 20], [2, 2, 30, 20.5]]},
    ],
}
_YOUTUBE_VIS_RESULTS = [
    {"video_id": 1, "score": 0.75, "category_id": 1, "segmentations": _TRACK_MASKS},
    {"video_id": 1, "score": 0.5, "category_id": 3, "segmentations": [[[5, 5, 14, 5, 14, 14]], [[5, 5, 9, 5, 9, 9]]]},
]
_CITYSCAPES = {
    "imgHeight": 40,
    "imgWidth": 60,
    "objects": [
        {"label": "road", "polygon": [[0, 20], [59, 20], [59, 39], [0, 39]]},
        {"label": "cargroup", "polygon": [[5, 5], [14, 5], [14, 14]], "deleted": 0, "verified": 1, "user": "x"},
    ],
}
_VIA = {
    "_via_settings": {},
    "_via_img_metadata": {
        "a.jpg123": {
            "filename": "a.jpg",
            "size": 123,
            "regions": [
                {
                    "shape_attributes": {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 15},
                    "region_attributes": {"name": "car"},
                },
                {
                    "shape_attributes": {"name": "polygon", "all_points_x": [0, 9, 9], "all_points_y": [0, 0, 9]},
                    "region_attributes": {"name": "person"},
                },
            ],
            "file_attributes": {},
        }
    },
    "_via_attributes": {},
}


_VIA_3 = {
    "project": {"pname": "x", "data_format_version": "3.1.1", "vid_list": ["1", "2"]},
    "config": {"file": {"loc_prefix": {"1": "", "2": "", "3": "", "4": ""}}, "ui": {}},
    "attribute": {
        "1": {"aname": "kind", "anchor_id": "FILE1_Z0_XY1", "type": 4, "options": {"1": "car", "2": "person"}},
        "2": {"aname": "weather", "anchor_id": "FILE1_Z0_XY0", "type": 1, "options": {}},
    },
    "file": {
        "1": {"fid": 1, "fname": "a.jpg", "type": 2, "loc": 1, "src": ""},
        "2": {"fid": 2, "fname": "b.jpg", "type": 2, "loc": 3, "src": "images/b.jpg"},
    },
    "metadata": {
        "1_aa": {"vid": "1", "flg": 0, "z": [], "xy": [2, 10, 20, 30, 15], "av": {"1": "1"}},
        "1_bb": {"vid": "1", "flg": 0, "z": [], "xy": [7, 0, 0, 9, 0, 9, 9], "av": {"1": "2"}},
        "2_cc": {"vid": "2", "flg": 0, "z": [], "xy": [9, 20, 10, 30, 20, 20, 30], "av": {"1": "1"}},
        "2_dd": {"vid": "2", "flg": 0, "z": [], "xy": [], "av": {"2": "rain"}},
    },
    "view": {"1": {"fid_list": [1]}, "2": {"fid_list": [2]}},
}
_VIA_3_CSV = b"""# Exported using VGG Image Annotator (http://www.robots.ox.ac.uk/~vgg/software/via)
# SHAPE_ID = {"POINT":1,"RECTANGLE":2}
# ATTRIBUTE = {"1":{"aname":"kind","anchor_id":"FILE1_Z0_XY1","type":3,"options":{"0":"car","1":"person"}}}
# CSV_HEADER = metadata_id,file_list,flags,temporal_coordinates,spatial_coordinates,metadata
"1_aa","[""a.jpg""]",0,"[]","[2,10,20,30,15]","{""1"":""0""}"
"1_bb","[""b.jpg""]",0,"[]","[5,1,2,3,4]","{""1"":""1""}"
"""


def _pickle() -> bytes:
    with original_classes(next(iter(KINDS))) as classes:
        boxes = [
            classes.Prediction(
                data_hash="a",
                frame=0,
                confidence=0.5,
                object=classes.ObjectDetection(
                    format=classes.Format.BOUNDING_BOX,
                    data=classes.BoundingBox(x=0.2, y=0.3, w=0.1, h=0.4, theta=0),
                    feature_hash="OTk2MzM3",
                    track_id=None,
                ),
                classification=None,
            ),
            classes.Prediction(
                data_hash="b",
                frame=0,
                confidence=0.25,
                object=classes.ObjectDetection(
                    format=classes.Format.MASK,
                    data=np.eye(6, dtype=np.uint8),
                    feature_hash="NzYyMjcx",
                    track_id=None,
                ),
                classification=None,
            ),
        ]
        return pickle.dumps(boxes, 4)


def _parquet() -> bytes:
    table = pd.DataFrame(
        {
            "image": ["a.jpg", "a.jpg", "b.jpg"],
            "class": ["car", "person", "car"],
            "score": [0.9, 0.25, 0.5],
            "x": [1.0, 5.0, 3.5],
            "y": [2.0, 5.0, 4.5],
            "width": [30.0, 9.0, 16.5],
            "height": [20.0, 9.0, 25.5],
        }
    )
    buffer = io.BytesIO()
    table.to_parquet(buffer)
    return buffer.getvalue()


SAMPLES: tuple[Sample, ...] = (
    Sample("coco", {"instances.json": _json(_COCO)}, 4, "instances.json"),
    Sample("coco", {"results.json": _json(_RESULTS)}, 3, "results.json", "predictions", "results"),
    Sample(
        "coco_panoptic",
        {"panoptic.json": _json(_PANOPTIC), "panoptic/a.png": _panoptic_png()},
        2,
        "panoptic.json",
    ),
    Sample(
        "yolo",
        {
            "data.yaml": b"names:\n  0: car\n  1: person\n",
            "labels/a.txt": b"0 0.5 0.5 0.2 0.2\n1 0.25 0.5 0.125 0.5\n",
            "labels/b.txt": b"1 0.1 0.1 0.05 0.05\n",
        },
        3,
    ),
    Sample(
        "yolo",
        {
            "data.yaml": b"names: [car, person]\nkpt_shape: [2, 3]\n",
            "labels/a.txt": b"0 0.5 0.5 0.2 0.2 0.4 0.4 2 0.6 0.6 1\n",
        },
        1,
        variant="pose",
    ),
    Sample(
        "yolo",
        {
            "data.yaml": b"names: [car]\n",
            "labels/a.txt": b"0 0.1 0.1 0.5 0.1 0.3 0.4\n0 0.2 0.2 0.5 0.2 0.5 0.6 0.1 0.5\n",
        },
        2,
        variant="segments",
    ),
    Sample("voc", {"a.xml": _VOC, "b.xml": _VOC.replace(b"a.jpg", b"b.jpg")}, 4),
    Sample("masks", {"a.png": _png(_class_pixels()), "b.png": _png(_class_pixels().T.copy())}, 4),
    Sample("masks", {"a.png": _png(_class_pixels(), palette=True)}, 2, variant="palette"),
    Sample("classification_csv", {"classes.csv": _CLASSES}, 3, "classes.csv", "predictions"),
    Sample(
        "image_folder",
        {f"{kind}/{index}.jpg": _photo(index) for kind in ("cat", "dog") for index in (1, 2)},
        4,
    ),
    Sample("kitti", {"000000.txt": _KITTI, "000001.txt": _KITTI}, 6),
    Sample(
        "kitti",
        {"labels/0a__x.txt": _KITTI_SCORED, "labels/1b__y.txt": _KITTI_SCORED},
        4,
        role="predictions",
        variant="scored",
    ),
    Sample("labelme", {"a.json": _json(_LABELME), "b.json": _json({**_LABELME, "imagePath": "b.jpg"})}, 6),
    Sample("cvat", {"annotations.xml": _CVAT}, 4, "annotations.xml"),
    Sample("label_studio", {"export.json": _json(_LABEL_STUDIO)}, 2, "export.json"),
    Sample(
        "detection_txt",
        {"a.txt": b"car 0.9 1 2 31 22\nperson 0.4 5 5 14 14\n", "b.txt": b"car 0.25 3 4 20 30\n"},
        3,
        role="predictions",
    ),
    Sample("open_images", {"boxes.csv": _OPEN_IMAGES}, 2, "boxes.csv"),
    Sample("class_scores", {"scores.csv": _SCORES}, 2, "scores.csv", "predictions"),
    Sample("instance_masks", {"a.png": _png(_instance_pixels()), "b.png": _png(_instance_pixels())}, 6),
    Sample("bdd100k", {"labels.json": _json(_BDD100K)}, 2, "labels.json"),
    Sample("datumaro", {"annotations/default.json": _json(_DATUMARO)}, 3, "annotations/default.json"),
    Sample(
        "supervisely",
        {"meta.json": _json(_SUPERVISELY_META), "train/ann/a.jpg.json": _json(_supervisely())},
        2,
    ),
    Sample("via", {"via.json": _json(_VIA)}, 2, "via.json"),
    Sample("via", {"via.json": _json(_VIA_3)}, 3, "via.json", variant="3"),
    Sample("via", {"via.csv": _VIA_3_CSV}, 2, "via.csv", variant="3_csv"),
    Sample("label_studio", {"export.json": _json(_LABEL_STUDIO_VIDEO)}, 6, "export.json", variant="video"),
    Sample("youtube_vis", {"instances.json": _json(_YOUTUBE_VIS)}, 3, "instances.json"),
    Sample("youtube_vis", {"results.json": _json(_YOUTUBE_VIS_RESULTS)}, 3, "results.json", "predictions", "results"),
    Sample(
        "cityscapes",
        {f"bern/bern_{index:06d}_000019_gtFine_polygons.json": _json(_CITYSCAPES) for index in (0, 1)},
        4,
    ),
    Sample("encord_pickle", {"predictions.pkl": _pickle()}, 2, "predictions.pkl", "predictions"),
    Sample("table", {"predictions.csv": _TABLE}, 3, "predictions.csv", "predictions"),
    Sample("table", {"predictions.parquet": _parquet()}, 3, "predictions.parquet", "predictions", "parquet"),
)
