"""Crops: whole frames of what has no box; objects drawn as they were compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from predscope.evaluation.objects import IouType
from predscope.exploration import FrameQuery
from predscope.exploration.compact_shapes import Canvas
from predscope.exploration.crops import as_compared, crop_records, crop_window
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.tiles import DRAWN_COLUMNS
from predscope.importing import import_labels, import_predictions
from predscope.payload import project_layers
from predscope.project import Project
from tests.classification_dataset import write_classification
from tests.exploration.test_object_selection import sample

__all__ = ["sample"]


def test_without_boxes_the_window_is_the_frame() -> None:
    assert crop_window([], 640, 480) == (0, 0, 640, 480)
    assert crop_window([], float("nan"), 480)[:2] == (0, 0)


def test_classified_frames_are_shown_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREDSCOPE_CACHE", str(tmp_path / "cache"))
    files = write_classification(tmp_path, per_class=6)
    project = Project.create(tmp_path / "project", images=files.images)
    import_labels(project, files.images)
    import_predictions(Project.open(project.path), files.predictions, name="model")
    project = Project.open(project.path)
    query = ObjectQuery(FrameQuery.of(project).with_(confidence=0.0), "model", ("fp",))
    selection = select_objects(project, query)
    assert len(selection)
    layers = project_layers(project, ["model"])
    crops = crop_records(project, layers, selection, range(len(selection)), lambda index, version, box: str(list(box)))
    for crop in crops:
        assert crop["thumb"] == "[0, 0, 128, 96]"
        assert crop["size"] == [480, 360]
        kinds = {(layer, kind, flags >> 2) for _, layer, _, kind, _, flags, _ in crop["objects"]}
        assert (1, "classification", 2) in kinds
        assert (0, "classification", 3) in kinds, "the label that it was taken for something else"


def test_objects_are_drawn_as_they_were_compared(sample: Project) -> None:
    """Boxes with the outline under them where boxes were compared; the outline alone where masks were."""
    layers = project_layers(sample, ["model_a"])
    for by, of_boxes in (("bbox", True), ("segm", False)):
        query = ObjectQuery(FrameQuery(confidence=0.1, by=by), "model_a", ("tp",))
        crops = crop_records(
            sample, layers, select_objects(sample, query), range(20), lambda index, version, box: str(list(box))
        )
        drawn = [entry for crop in crops for entry in crop["objects"]]
        own = {entry[7] for entry in drawn if len(entry) == 9}
        if of_boxes:
            assert {entry[3] for entry in drawn} == {"box"}
            assert {"polygon", "mask"} & own
        else:
            assert {"polygon", "mask"} & {entry[3] for entry in drawn}
            assert own <= {"keypoints"}, "what stands beside a mask"
        for *_, (left, top, width, height), kind, geometry in [
            entry for entry in drawn if of_boxes and len(entry) == 9
        ]:
            if kind != "keypoints":
                points = np.concatenate([np.reshape(ring, (-1, 2)) for part in geometry for ring in part])
                inside = points - (left, top)
                assert (inside >= -3).all()
                assert (inside <= np.add((width, height), 3)).all(), "the outline lies in its box"


def test_keypoints_lie_over_the_masks_that_were_compared() -> None:
    ring = [10.0, 10, 60, 10, 60, 60]
    person = dict.fromkeys(DRAWN_COLUMNS) | {
        "row": 0,
        "geometry": "keypoints",
        "class_id": 1,
        "is_crowd": False,
        "is_ignored": False,
        "x": 10.0,
        "y": 10.0,
        "w": 50.0,
        "h": 50.0,
        "keypoints": [20.0, 20, 2],
        "polygons": [[ring]],
    }
    kinds = {
        by: [place for place in as_compared(person, 0, Canvas(1.0), IouType(by))[3:] if isinstance(place, str)]
        for by in ("bbox", "segm", "keypoints")
    }
    assert kinds == {"bbox": ["box", "keypoints"], "segm": ["polygon", "keypoints"], "keypoints": ["keypoints"]}
