"""Exporting a set, importing it into a project of its own, and comparing the objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from predscope import Project, import_labels, import_predictions
from predscope.export import ExportReport, export_objects
from predscope.schema import Role

COLUMNS = (
    *("geometry", "confidence", "x", "y", "w", "h", "is_crowd", "is_ignored", "oriented_box", "polygons"),
    *("rle_counts", "keypoints", "polylines", "class_scores", "track_id", "attributes"),
)


SUFFIX_OF = {"coco": ".json", "coco_predictions": ".json", "csv": ".csv", "parquet": ".parquet"} | dict.fromkeys(
    ("yolo", "voc", "kitti"), ""
)

READER_OF = {"csv": "table", "parquet": "table", "coco_predictions": "coco"}
"""The reader of each format, where it has another name."""


def export_and_import(
    project: Project, folder: Path, *, format: str, role: Role = "labels", **arguments: Any
) -> tuple[ExportReport, Project]:
    """Write a set, and read it into a new project with the same images; predictions into one with the same labels."""
    target = folder / f"out{SUFFIX_OF[format]}"
    report = export_objects(project, target, role=role, format=format, **arguments)
    fresh = Project.create(folder / "fresh", images=project.images_root)
    if role == "predictions":
        export_objects(project, folder / "truth.parquet", role="labels", format="parquet")
        import_labels(fresh, folder / "truth.parquet")
        import_predictions(Project.open(fresh.path), target, name="again")
    else:
        import_labels(fresh, target)
    return report, Project.open(fresh.path)


def rows_of(project: Project, role: Role = "labels", name: str | None = None) -> dict[str, list[dict[str, Any]]]:
    """Objects by the names of their frames, each as a dict with the name of its class, in an order of their own."""
    table = project.objects(role, name).table()
    files = project.frames["file_name"].tolist()
    found: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        kept = {column: row[column] for column in COLUMNS}
        if row["given_box"] is not None:
            kept |= dict(zip("xywh", row["given_box"], strict=True))
        kept["attributes"] = orjson.loads(row["attributes"]) if row["attributes"] else None
        kept["class"] = project.classes[row["class_id"]].name
        found.setdefault(files[row["frame_index"]], []).append(kept)
    return {frame: sorted(rows, key=order) for frame, rows in found.items()}


def order(row: dict[str, Any]) -> tuple[Any, ...]:
    box = tuple(-1.0 if row[side] is None else round(row[side], 3) for side in "xywh")
    return (row["class"], *box, -1.0 if row["confidence"] is None else round(row["confidence"], 6))
