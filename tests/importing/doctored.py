"""A small but realistic data set, the predictions of a decent model, and ways to plant one defect in either."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from predscope.importing import Corrections, StagedImport, stage_labels, stage_predictions
from predscope.project import Project
from predscope.report import Problem, Severity

WIDTH, HEIGHT = 320, 200
CLASSES = {1: "person", 3: "car", 8: "dog", 18: "traffic light"}

DOCTOR_CODES = frozenset(
    {
        *("looks_normalised", "looks_like_pixels", "looks_like_logits", "looks_like_corners", "looks_like_centres"),
        *(
            "looks_like_sizes",
            "looks_swapped",
            "looks_like_network_pixels",
            "labels_not_covered",
            "class_ids_shifted",
            "classes_disagree",
            "class_names_alike",
        ),
        *("confidence_in_percent", "confidence_out_of_range", "correction_unused", "mask_size_differs"),
        *("frame_ids_shifted", "size_differs", "duplicate_objects", "constant_confidence"),
    }
)
"""What must not be said of good data."""


@dataclass
class Dataset:
    """COCO labels and results as Python objects, to be changed at will before they are written."""

    labels: dict[str, Any]
    results: list[dict[str, Any]]

    def copy(self) -> Dataset:
        return copy.deepcopy(self)

    @property
    def annotations(self) -> list[dict[str, Any]]:
        return self.labels["annotations"]

    def rows(self, role: str) -> list[dict[str, Any]]:
        return self.annotations if role == "labels" else self.results

    def sizes(self) -> dict[Any, tuple[int, int]]:
        return {image["id"]: (image["width"], image["height"]) for image in self.labels["images"]}


def make_dataset(
    seed: int = 0, *, frames: int = 24, objects: int = 7, found: float = 0.85, width: int = WIDTH, height: int = HEIGHT
) -> Dataset:
    """Labels and predictions; ``found``: share of labels that the model finds, with the right class."""
    random = np.random.default_rng(seed)
    images = [
        {"id": 101 + 2 * n, "file_name": f"frame_{n:03d}.jpg", "width": width, "height": height} for n in range(frames)
    ]
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    ids = list(CLASSES)
    for image in images:
        for _ in range(int(random.integers(max(objects - 3, 1), objects + 4))):
            box = _random_box(random, width, height)
            category = int(random.choice(ids, p=[0.4, 0.3, 0.2, 0.1]))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image["id"],
                    "category_id": category,
                    "bbox": box,
                    "area": round(box[2] * box[3], 2),
                    "iscrowd": 0,
                }
            )
            if random.random() < found:
                moved = np.array(box) + random.normal(0, 0.05, 4) * [box[2], box[3], box[2], box[3]]
                seen = category if random.random() < 0.9 else int(random.choice(ids))
                results.append(_result(image, seen, _inside(moved, width, height), random.beta(5, 2)))
        for _ in range(int(random.integers(1, 5))):
            false = _random_box(random, width, height)
            results.append(_result(image, int(random.choice(ids)), false, random.beta(2, 6)))
    categories = [{"id": key, "name": name} for key, name in CLASSES.items()]
    return Dataset({"images": images, "annotations": annotations, "categories": categories}, results)


def _random_box(random: np.random.Generator, width: int, height: int) -> list[float]:
    w, h = random.uniform(0.04, 0.35) * width, random.uniform(0.05, 0.45) * height
    x, y = random.uniform(0, width - w), random.uniform(0, height - h)
    return [round(float(value), 2) for value in (x, y, w, h)]


def _inside(box: np.ndarray, width: int, height: int) -> list[float]:
    x, y = float(np.clip(box[0], 0, width - 4)), float(np.clip(box[1], 0, height - 4))
    w, h = float(np.clip(box[2], 3, width - x)), float(np.clip(box[3], 3, height - y))
    return [round(value, 2) for value in (x, y, w, h)]


def _result(image: dict[str, Any], category: int, box: list[float], score: float) -> dict[str, Any]:
    return {"image_id": image["id"], "category_id": category, "bbox": box, "score": round(float(score), 4)}


def change_boxes(data: Dataset, role: str, change: Callable[[list[float], tuple[int, int]], list[float]]) -> None:
    """Write every box otherwise; ``change`` gets x, y, w, h and the frame's width and height."""
    sizes = data.sizes()
    for row in data.rows(role):
        row["bbox"] = [float(value) for value in change(row["bbox"], sizes[row["image_id"]])]
        row.pop("area", None)


def to_corners(box: list[float], size: tuple[int, int] = (1, 1)) -> list[float]:
    return [box[0], box[1], box[0] + box[2], box[1] + box[3]]


def to_centres(box: list[float], size: tuple[int, int] = (1, 1)) -> list[float]:
    return [box[0] + box[2] / 2, box[1] + box[3] / 2, box[2], box[3]]


def to_fractions(box: list[float], size: tuple[int, int]) -> list[float]:
    return [box[0] / size[0], box[1] / size[1], box[2] / size[0], box[3] / size[1]]


def to_swapped(box: list[float], size: tuple[int, int] = (1, 1)) -> list[float]:
    return [box[1], box[0], box[3], box[2]]


@dataclass
class Clinic:
    """A folder in which data sets are written, imported and looked at without publishing."""

    folder: Path
    made: int = 0

    def write(self, content: Any, name: str = "") -> Path:
        self.made += 1
        path = self.folder / (name or f"file_{self.made}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def save_images(self, data: Dataset, **options: Any) -> Path:
        folder = self.folder / f"images_{self.made}"
        self.made += 1
        folder.mkdir()
        for image in data.labels["images"]:
            path = folder / Path(image["file_name"]).name
            Image.new("RGB", (image["width"], image["height"]), "teal").save(path, **options)
        return folder

    def project(self, data: Dataset | None = None, images: Path | None = None) -> Project:
        """A new project, with the labels of a data set if one is given."""
        self.made += 1
        project = Project.create(self.folder / f"project_{self.made}", images=images)
        if data is None:
            return project
        with stage_labels(project, self.write(data.labels)) as staged:
            return staged.publish().project

    def labels(self, source: Any, images: Path | None = None, **options: Any) -> StagedImport:
        """A dry run of labels in a new project."""
        path = source if isinstance(source, Path) else self.write(source)
        return stage_labels(self.project(images=images), path, **options)

    def predictions(self, data: Dataset, source: Any = None, project: Project | None = None, **o: Any) -> StagedImport:
        """A dry run of predictions (by default those of the data set) beside its labels."""
        path = source if isinstance(source, Path) else self.write(data.results if source is None else source)
        return stage_predictions(project or self.project(data), path, name="model", **o)


def table_of(staged: StagedImport) -> pa.Table:
    """What would be imported, without what only the file's own spelling decides."""
    return staged.objects.table().drop_columns(["attributes", "source_id"])


def assert_same(found: pa.Table, expected: pa.Table) -> None:
    """Equal tables, coordinates to a thousandth of a pixel."""
    assert len(found) == len(expected)
    for name in expected.column_names:
        one, other = found[name].to_pylist(), expected[name].to_pylist()
        if name in ("x", "y", "w", "h", "area", "confidence"):
            one = [np.nan if value is None else value for value in one]
            other = [np.nan if value is None else value for value in other]
            tolerance = 0.5 if name == "area" else 1e-3
            np.testing.assert_allclose(one, other, atol=tolerance, err_msg=name)
        else:
            assert one == other, name


def diagnosed(
    staged: StagedImport,
    code: str,
    *,
    count: int | None = None,
    place: str = "",
    fix: str = "",
    correction: dict[str, Any] | None = None,
    severity: Severity | None = None,
) -> Problem:
    """The finding, after it was checked for all that is expected of it."""
    report = staged.report
    assert report.rows == report.imported + report.rejected
    assert code in report.problems, {name: problem.message for name, problem in report.problems.items()}
    problem = report.problems[code]
    if count is not None:
        assert problem.count == count
    if severity is not None:
        assert problem.severity is severity
    assert any(place in example for example in problem.examples) or not place, problem.examples
    assert fix in problem.fix
    assert problem.correction == (correction or {})
    Corrections().changed(problem.correction)
    return problem


def assert_mends(staged: StagedImport, code: str, again: Callable[..., StagedImport], clean: StagedImport) -> None:
    """What the finding offers makes of the damaged file what the clean one is, and the doctor is content."""
    corrections = Corrections().changed(staged.report.problems[code].correction)
    mended = again(corrections=corrections)
    assert mended.report.problems["corrected"].examples == [" ".join(corrections.flags())]
    assert DOCTOR_CODES.isdisjoint(mended.report.problems), mended.report.problems.keys()
    assert_same(table_of(mended), table_of(clean))
