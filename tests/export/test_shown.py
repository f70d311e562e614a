"""What Explore and Objects show is what their Export downloads."""

from __future__ import annotations

import json

from predscope import Project
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.query import FrameQuery
from predscope.exploration.selection import select_frames
from predscope.export import export_download
from predscope.export.shown import of_frames, of_objects


def test_the_frames_of_a_query(shapes_project: Project) -> None:
    query = FrameQuery.of(shapes_project).with_(label_classes=("bicycle",), confidence=0.6)
    frames = set(select_frames(shapes_project, query).indices.tolist())
    selection = of_frames(shapes_project, query, "labels", "labels")
    assert {frame.index for frame in selection.frames()} == frames
    content = json.loads(export_download(selection, "coco")[1])
    assert len(content["images"]) == len(frames)
    assert len(content["annotations"]) == selection.count()
    predictions = of_frames(shapes_project, query.with_(label_classes=()), "predictions", "model")
    scores = [row["score"] for row in json.loads(export_download(predictions, "coco")[1])]
    assert scores
    assert min(scores) >= 0.6
    assert predictions.count() == len(scores)


def test_the_objects_of_a_query(shapes_project: Project) -> None:
    query = ObjectQuery.of(shapes_project, FrameQuery.of(shapes_project))
    for outcomes in ((), ("tp",), ("fp",), ("fn",)):
        asked = query.with_(outcomes=outcomes)
        found = select_objects(shapes_project, asked)
        for role, rows in (("predictions", found.prediction_row), ("labels", found.label_row)):
            selection = of_objects(shapes_project, asked, role)
            shown = sorted(set(rows[rows >= 0].tolist()))
            written = [row for table in selection.chunks([]) for row in table["row"].to_pylist()]
            assert written == shown
            assert selection.count() == len(shown)
