"""What is in the real data: every input with what an import of it must find, and the files that are none.

Counts of objects are compared with those that ``count_objects`` takes from the files in the plainest way.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from defusedxml import ElementTree
from PIL import Image


@dataclass(frozen=True)
class Input:
    """One file or folder, and what importing it comes to.

    Attributes:
        path: below the folder of its data set.
        objects: imported, by geometry.
        frames: that the input speaks of.
        matched: those that the project has; None: all of them.
        classes: of the project afterwards.
        codes: warnings and errors of the report, all of them.
    """

    path: str
    format: str
    objects: dict[str, int]
    frames: int
    classes: int
    role: str = "labels"
    matched: int | None = None
    repaired: int = 0
    rejected: int = 0
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataSet:
    """Inputs of the same images; predictions are imported onto the first of the labels.

    Attributes:
        folder: below the shared data.
        images: below ``folder``; None: there are none.
        blank_frames: name -> (width, height) of images to be made, where the real ones are not there.
    """

    folder: str
    images: str | None
    inputs: list[Input]
    blank_frames: dict[str, tuple[int, int]] = field(default_factory=dict)


def _predictions(path: str, format: str, objects: dict[str, int], frames: int, classes: int, **more: Any) -> Input:
    return Input(path, format, objects, frames, classes, role="predictions", **more)


_CLIPPED: Final[dict[str, Any]] = {"repaired": 2, "codes": ("box_clipped",)}
_NO_NAMES: Final[dict[str, Any]] = {"codes": ("class_names_missing",)}
_OTHER_IDS: Final[dict[str, Any]] = {"codes": ("class_ids_shifted",)}
_FAKE: Final = "instances_val2014_fake"
_RODM_FRAMES: Final = {f"{number:05d}.png": (200, 200) for number in range(1, 8)}

DATA_SETS: Final = [
    DataSet(
        "cars_yolov8_test54",
        "images",
        [
            Input("yolo/configs/test.yaml", "yolo", {"box": 91}, 54, 80),
            Input("labels", "yolo", {"box": 91}, 54, 1, **_NO_NAMES),
            _predictions("predictions.json", "coco", {"box": 1995}, 54, 80, codes=("class_ids_shifted",)),
        ],
    ),
    DataSet(
        "cartucho_map_sample",
        "input/images-optional",
        [
            Input("input/ground-truth", "detection_txt", {"box": 686}, 85, 30, repaired=5, codes=("box_clipped",)),
            _predictions("input/detection-results", "detection_txt", {"box": 494}, 84, 38, codes=("unknown_class",)),
        ],
    ),
    DataSet(
        "coco_val2014_fake100",
        None,
        [
            Input("dataset/cocoapi/instances_val2014_100.json", "coco", {"polygon": 830, "mask": 9}, 100, 80),
            _predictions(f"dataset/cocoapi/{_FAKE}bbox100_results.json", "coco", {"box": 734}, 99, 80),
            _predictions(f"dataset/cocoapi/{_FAKE}segm100_results.json", "coco", {"mask": 734}, 99, 80),
            _predictions(f"cocoapi_results/{_FAKE}bbox100_results.json", "coco", {"box": 734}, 99, 80),
            _predictions(f"cocoapi_results/{_FAKE}segm100_results.json", "coco", {"mask": 734}, 99, 80),
            _predictions(
                "cocoapi_results/person_keypoints_val2014_fakekeypoints100_results.json",
                "coco",
                {"keypoints": 125},
                47,
                80,
            ),
        ],
    ),
    DataSet(
        "coco_val2014_fake100",
        "dataset",
        [
            Input("dataset/gt_dataset.json", "coco", {"polygon": 9}, 3, 4),
            _predictions("dataset/dt_dataset.json", "coco", {"polygon": 9}, 3, 4),
        ],
    ),
    DataSet(
        "coco_val2014_fake100",
        None,
        [
            Input("dataset/gt_ignore_test.json", "coco", {"box": 14}, 1, 1),
            _predictions("dataset/dt_ignore_test.json", "coco", {"box": 63}, 1, 1),
        ],
    ),
    DataSet(
        "coco_val2014_fake100",
        None,
        [
            Input(
                "dataset/example_crowdpose_val.json",
                "coco",
                {"keypoints": 9, "box": 1},
                4,
                1,
                codes=("skeleton_out_of_range",),  # its edges name points 15 to 17 of 14
            ),
            _predictions(
                "dataset/example_crowdpose_preds.json",
                "coco",
                {"keypoints": 7},
                4,
                1,
                rejected=8,  # scores of poses, above 1
                codes=("confidence_out_of_range",),
            ),
        ],
    ),
    DataSet(
        "coco_val2014_fake100",
        None,
        [
            Input("keypoints_dataset/gt_dataset.json", "coco", {"keypoints": 11, "box": 3}, 1, 1),
            _predictions("keypoints_dataset/dt_dataset.json", "coco", {"keypoints": 128}, 1, 1),
        ],
    ),
    DataSet(
        "coco_val2014_fake100",
        None,
        [Input("lvis_dataset/lvis_val_100.json", "coco", {"polygon": 977}, 100, 1230)],
    ),
    DataSet(
        "davis_frames",
        "JPEGImages",
        [Input("Annotations", "instance_masks", {"mask": 21}, 21, 3)],
    ),
    DataSet(
        "kitti_sample3",
        "training/image_2",
        [Input("training/label_2", "kitti", {"box": 10}, 3, 6)],
    ),
    DataSet(
        "labelme_examples/bbox_detection",
        "data_annotated",
        [
            Input("data_annotated", "labelme", {"box": 9}, 3, 3),
            Input("data_dataset_voc", "voc", {"box": 9}, 3, 3),
        ],
    ),
    DataSet(
        "labelme_examples/instance_segmentation",
        "data_annotated",
        [
            Input("data_annotated", "labelme", {"polygon": 14}, 3, 7),
            Input("data_dataset_coco/annotations.json", "coco", {"polygon": 12}, 3, 21),
            Input("data_dataset_voc", "masks", {"mask": 14}, 3, 20, codes=("instance_masks",)),
            Input("data_dataset_voc/SegmentationClass", "masks", {"mask": 14}, 3, 20),
            Input("data_dataset_voc/SegmentationClassNpy", "masks", {"mask": 14}, 3, 20),
            Input("data_dataset_voc/SegmentationObject", "instance_masks", {"mask": 12}, 3, 20),
            Input("data_dataset_voc/SegmentationObjectNpy", "instance_masks", {"mask": 12}, 3, 20),
        ],
    ),
    DataSet(
        "labelme_examples/semantic_segmentation",
        "data_annotated",
        [
            Input("data_annotated", "labelme", {"polygon": 18}, 3, 7),
            Input("data_dataset_voc", "masks", {"mask": 14}, 3, 20),
            Input("data_dataset_voc/SegmentationClassNpy", "masks", {"mask": 14}, 3, 20),
        ],
    ),
    DataSet(
        "labelme_examples/primitives",
        "",
        [
            Input(
                "primitives.json",
                "labelme",
                {"box": 2, "polygon": 2, "polyline": 2, "keypoints": 1, "mask": 1},
                1,
                7,
            )
        ],
    ),
    DataSet(
        "labelme_examples/video_annotation",
        "data_annotated",
        [Input("data_annotated", "labelme", {"polygon": 15}, 5, 2)],
    ),
    DataSet("lvis_val100_gt", None, [Input("data/lvis_val_100.json", "coco", {"polygon": 977}, 100, 1230)]),
    DataSet(
        "mixed14_maskrcnn",
        "data/images",
        [
            Input(
                "data/trainval.json",
                "coco",
                {"polygon": 157},
                51,
                12,  # of 14: Person is there three times
                matched=50,
                codes=("duplicate_class_name", "labels_without_image"),
            ),
            _predictions("output/coco_instances_results.json", "coco", {"mask": 278}, 51, 12),
        ],
    ),
    DataSet(
        "panoptic_sample/sample_data",
        "input_images",
        [
            Input("panoptic_examples.json", "coco_panoptic", {"mask": 50}, 2, 133),
            Input("panoptic_coco_detection_format.json", "coco", {"mask": 50}, 2, 133),
            Input("panoptic_examples_2ch_format", "instance_masks", {"mask": 50}, 2, 133),
            Input("images_info_examples.json", "coco", {}, 2, 133, codes=("no_annotations",)),
        ],
    ),
    DataSet(
        "rodm_legacy_samples",
        None,
        [
            Input("groundtruths", "detection_txt", {"box": 15}, 7, 1),
            Input("groundtruths_rel", "detection_txt", {"box": 15}, 7, 1),
            Input("samples/sample_2/groundtruths", "detection_txt", {"box": 15}, 7, 1),
            _predictions("detections", "detection_txt", {"box": 24}, 7, 1),
            _predictions("detections_rel", "detection_txt", {"box": 24}, 7, 1),
            _predictions("samples/sample_2/detections", "detection_txt", {"box": 24}, 7, 2, codes=("unknown_class",)),
        ],
        blank_frames=_RODM_FRAMES,
    ),
    DataSet(
        "sahi_tests",
        None,
        [
            Input("coco_evaluate/dataset.json", "coco", {"box": 249}, 2, 80),
            _predictions("coco_evaluate/result.json", "coco", {"box": 89}, 2, 80),
        ],
    ),
    DataSet(
        "sahi_tests/coco_utils",
        "",
        [
            Input("combined_coco.json", "coco", {"polygon": 12}, 2, 3),
            Input("modified_terrain1_coco.json", "coco", {"polygon": 7}, 1, 3),
            Input("modified_terrain2_coco.json", "coco", {"polygon": 5}, 1, 3),
            Input("terrain1.json", "labelme", {"polygon": 7}, 1, 1),
            Input("terrain1_coco.json", "coco", {"polygon": 7}, 1, 1),
            Input("terrain2.json", "labelme", {"polygon": 5}, 1, 1),
            Input("terrain2_coco.json", "coco", {"polygon": 5}, 1, 1),
            Input("terrain_all_coco.json", "coco", {"polygon": 22}, 3, 2, matched=2, codes=("labels_without_image",)),
        ],
    ),
    DataSet(
        "sahi_tests/coco_utils",
        None,
        [
            Input("terrain3.json", "labelme", {"polygon": 10}, 1, 1),
            Input("terrain3_coco.json", "coco", {"polygon": 10}, 1, 1),
            Input("visdrone2019-det-train-first50image.json", "coco", {"box": 3326}, 50, 2),
        ],
    ),
    DataSet(
        "teeth_yolov8_test51",
        "test/images",
        [
            Input("test/labels", "yolo", {"box": 1485}, 51, 32, **_NO_NAMES),
            _predictions("predictions.json", "coco", {"box": 8742}, 51, 33, **_OTHER_IDS),
        ],
    ),
    DataSet(
        "voc2012_rodm100",
        "images",
        [
            Input("gts/pascalvoc_format", "voc", {"box": 273}, 100, 20),
            Input("gts/imagenet_format", "voc", {"box": 273}, 100, 20),
            Input("gts/coco_format_v1/instances_default.json", "coco", {"box": 273}, 100, 20),
            Input("gts/coco_format_v2/instances_v2.json", "coco", {"polygon": 273}, 100, 20),
            Input("gts/cvat_format/annotations.xml", "cvat", {"box": 273}, 100, 20),
            Input("gts/labelme_format", "labelme", {"box": 273}, 100, 20),
            Input("gts/openimages_format", "open_images", {"box": 273}, 100, 20),
            Input("gts/yolo_format", "yolo", {"box": 273}, 100, 20),
            _predictions("dets/abs_xywh", "detection_txt", {"box": 452}, 98, 20),
            _predictions("dets/abs_xyx2y2", "detection_txt", {"box": 452}, 98, 20),
            _predictions("dets/rel_xywh", "yolo", {"box": 452}, 98, 20, codes=("confidence_second",)),
            _predictions("dets/coco_format/coco_dets.json", "coco", {"box": 452}, 98, 20),
        ],
    ),
    DataSet(
        "voc2012_rodm100/toyexample",
        "images",
        [
            Input("gts_vocpascal_format", "voc", {"box": 12}, 10, 1),
            Input("gts_coco_format/toy_example_coco.JSON", "coco", {"box": 12}, 10, 1),
            _predictions("dets_classid_abs_xywh", "detection_txt", {"box": 12}, 10, 1, **_CLIPPED),
            _predictions("dets_classid_abs_xyx2y2", "detection_txt", {"box": 12}, 10, 1, **_CLIPPED),
            _predictions(
                "dets_classid_rel_xcycwh",
                "yolo",
                {"box": 12},
                10,
                1,
                repaired=2,
                codes=("box_clipped", "confidence_second"),
            ),
            _predictions("dets_classname_abs_xywh", "detection_txt", {"box": 12}, 10, 1, **_CLIPPED),
            _predictions("dets_classname_abs_xyx2y2", "detection_txt", {"box": 12}, 10, 1, **_CLIPPED),
            _predictions("dets_classname_rel_xcycwh", "detection_txt", {"box": 12}, 10, 1, **_CLIPPED),
            _predictions("dets_coco_format/coco_dets.json", "coco", {"box": 12}, 10, 1, **_CLIPPED),
        ],
    ),
]

NO_INPUTS: Final = {
    "**/SOURCE.txt": "where a data set is from",
    "panoptic_sample/license.txt": "a licence",
    "**/*.names": "names of classes",
    "**/class_names.txt": "names of classes",
    "labelme_examples/*/labels.txt": "names of classes",
    "sahi_tests/coco_utils/coco_class_names.yaml": "names of classes",
    "voc2012_rodm100/gts/imagenet_format/labelmap.txt": "colours of classes",
    "panoptic_sample/panoptic_coco_categories.json": "categories alone",
    "lvis_val100_gt/data/coco_to_synset.json": "other names of classes",
    "davis_frames/meta.json": "classes of objects by their numbers, used with the masks",
    "davis_frames/Annotations/*/*.json": "boxes of the masks beside them, by the numbers of objects",
    "voc2012_rodm100/gts/imagenet_format/ImageSets/*/*.txt": "names of frames",
    "voc2012_rodm100/gts/yolo_format/train.txt": "names of frames",
    "kitti_sample3/training/calib/*.txt": "camera matrices",
    "coco_val2014_fake100/cocoapi_results/captions_val2014_fakecap_results.json": "captions of whole images",
    "coco_val2014_fake100/cocoapi_results/val2014_fake_eval_res.txt": "results of an evaluation",
    "coco_val2014_fake100/dataset/2299_1.npy": "similarities of poses",
    "panoptic_sample/sample_data/panoptic_examples/*.png": "the pixels of panoptic_examples.json",
}
"""Files that are neither labels nor predictions by themselves, and what they are."""

_VOID: Final = 255


def count_objects(path: Path, format: str) -> int:
    """How many objects files hold, counted with nothing but parsers of JSON, XML and text."""
    match format:
        case "coco":
            data = json.loads(path.read_text())
            return len(data if isinstance(data, list) else data.get("annotations", []))
        case "coco_panoptic":
            return sum(len(entry["segments_info"]) for entry in json.loads(path.read_text())["annotations"])
        case "yolo" | "detection_txt" | "kitti":
            folder = path if path.is_dir() else path.parents[2] / "labels"
            lists = ("obj.names", "train.txt")
            files = [file for file in folder.rglob("*.txt") if file.name not in lists]
            return sum(bool(line.strip()) for file in files for line in file.read_text().splitlines())
        case "voc":
            return sum(len(ElementTree.parse(file).findall("object")) for file in path.rglob("*.xml"))
        case "cvat":
            return sum(len(image) for image in ElementTree.parse(path).iter("image"))
        case "labelme":
            files = sorted(path.glob("*.json")) if path.is_dir() else [path]
            return sum(_count_shapes(json.loads(file.read_text())["shapes"]) for file in files)
        case "open_images":
            return sum(1 for file in path.glob("*.csv") for _ in csv.DictReader(file.open()))
        case "masks":
            folder = path if path.name.startswith("Seg") else path / "SegmentationClass"
            return sum(_count_regions(_pixels(file)) for file in sorted(folder.iterdir()))
        case "instance_masks":
            return sum(_count_instances(_pixels(file)) for file in path.rglob("*") if file.suffix in (".png", ".npy"))
    raise AssertionError(format)


def _count_shapes(shapes: list[dict[str, Any]]) -> int:
    """Shapes of one class and one group are parts of one object."""
    alone = sum(shape.get("group_id") is None for shape in shapes)
    return alone + len({(shape["label"], shape["group_id"]) for shape in shapes if shape.get("group_id") is not None})


def _pixels(file: Path) -> np.ndarray:
    return np.load(file) if file.suffix == ".npy" else np.asarray(Image.open(file))


def _count_regions(mask: np.ndarray) -> int:
    values = set(np.unique(mask).tolist()) - {-1, 0, _VOID}
    return sum(cv2.connectedComponents((mask == value).astype(np.uint8), connectivity=8)[0] - 1 for value in values)


def _count_instances(mask: np.ndarray) -> int:
    if mask.ndim == 3:  # class and number of the instance in two channels of colours; class 0 is void
        pairs = np.unique(mask.reshape(-1, mask.shape[2])[:, :2], axis=0)
        return int((pairs[:, 0] > 0).sum())
    return len(set(np.unique(mask).tolist()) - {-1, 0, _VOID})
