"""YOLO text files: detect, segment, pose and oriented boxes, as labels or as predictions (``--save-txt --save-conf``).

One ``.txt`` a frame, named like its image. The input is a folder of them, a data set with a ``data.yaml``, or that
``data.yaml``. An empty file is a frame without objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import BATCH_ROWS, Detection, ObjectBatch, Reading, Role
from predscope.formats.content import describe_content, read_first_lines, read_head, read_text
from predscope.formats.folders import SAMPLE_FILES, place_below
from predscope.formats.yolo.layout import (
    YAML_SUFFIXES,
    ImageFinder,
    YoloDescription,
    find_description,
    find_description_below,
    find_label_files,
    name_frames,
    read_description,
)
from predscope.formats.yolo.rows import (
    BOX_COLUMNS,
    QUAD_COLUMNS,
    YoloRow,
    YoloRowLayout,
    parse_file,
    rows_to_batch,
)
from predscope.media import read_image_info
from predscope.reading_progress import counted
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredFrame, Geometry

_TOLERANCE: Final = 0.02


class YoloReader:
    """YOLO text labels and predictions."""

    name = "yolo"
    title = "YOLO text files"

    def detect(self, source: Path, head: bytes) -> Detection:
        try:
            return _detect(source)
        except InputError as error:
            return Detection(0.0, error.what.rstrip("."))

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        description = find_description(source)
        if description is None and source.is_dir():
            description = find_description_below(source)
        root = source if source.is_dir() else source.parent
        files = find_label_files(source, description)
        if not files:
            raise FileParsingError(
                "has no label files: expected one .txt file a frame.",
                where=source,
                fix="Give the folder of the .txt files (often named labels).",
            )
        layout = _judge_rows(_sample_rows(files), role, description, files[0])
        _note_layout(layout, description, report)
        finder = ImageFinder()
        images = [finder.find(path) for path in counted(files, "Looking for the images")]
        names = name_frames(files, root, images)
        return Reading(
            self.name,
            role,
            [DeclaredFrame(name) for name in names],
            None if description is None else description.classes,
            _read_batches(files, root, names, images, layout, report),
            report,
        )


def _detect(source: Path) -> Detection:
    if source.is_file():
        if source.suffix.lower() in YAML_SUFFIXES:
            count = len(read_description(source).classes)
            return Detection(0.9, f"a data.yaml with {count} class names")
        if source.suffix.lower() != ".txt":
            return Detection(0.0, "")
    files = find_label_files(source, None)[:SAMPLE_FILES]
    if not files:
        return Detection(0.0, "")
    rows = _sample_rows(files)
    if not rows:
        if not any(read_head(path).strip() for path in files):
            return Detection(0.4, "empty .txt files: frames without objects")
        return Detection(0.0, f"its .txt files are not numbers ({describe_content(read_head(files[0]))})")
    fitting = [row for row in rows if _looks_like_yolo(row)]
    share = len(fitting) / len(rows)
    description = find_description(source)
    pose = YoloRowLayout("labels", None if description is None else description.keypoint_shape).pose_columns
    confident = [len(row) % 2 == 0 if pose is None else len(row) in (BOX_COLUMNS + 1, pose + 1) for row in fitting]
    role: Role = "predictions" if confident and all(confident) else "labels"
    if share < 0.5:
        return Detection(0.0, "its .txt files are not rows of a class and fractions of the frame")
    return Detection(0.9 * share, "text files with rows of a class index and fractions of the frame", role)


def _sample_rows(files: list[Path]) -> list[list[float]]:
    """Rows of numbers from the first files; rows of anything else count as empty ones."""
    rows: list[list[float]] = []
    for path in files[:SAMPLE_FILES]:
        for line in read_first_lines(path)[:1000]:
            tokens = line.split()
            try:
                rows.append(list(map(float, tokens)))
            except ValueError:
                rows.append([])
    return [row for row in rows if row] if any(rows) else []


def _looks_like_yolo(row: list[float]) -> bool:
    values = np.array(row)
    return bool(
        len(row) >= BOX_COLUMNS
        and values[0] >= 0
        and values[0] == np.floor(values[0])
        and np.abs(values[1:5]).max() <= 1.5
    )


def _judge_rows(rows: list[list[float]], role: Role, description: YoloDescription | None, file: Path) -> YoloRowLayout:
    keypoint_shape = None if description is None else description.keypoint_shape
    layout = YoloRowLayout(role, keypoint_shape)
    counts = {len(row) for row in rows}
    pose = layout.pose_columns
    if role == "labels":
        with_confidence = {BOX_COLUMNS + 1} if pose is None else {BOX_COLUMNS + 1, pose + 1}
        if rows and counts <= with_confidence:
            raise FileParsingError(
                f"its rows have {len(rows[0])} columns: the last one is a confidence, so these are predictions.",
                where=file,
                fix="Import them with `predscope import predictions`.",
            )
        oriented = pose is None and counts == {QUAD_COLUMNS} and _are_parallelograms(rows)
        return YoloRowLayout(role, keypoint_shape, oriented)
    if rows and all(count % 2 for count in counts) and pose is None:
        return YoloRowLayout(role, keypoint_shape, counts == {QUAD_COLUMNS} and _are_parallelograms(rows), "none")
    oriented = pose is None and counts == {QUAD_COLUMNS + 1} and _are_parallelograms(rows)
    boxes = np.array([row for row in rows if len(row) == BOX_COLUMNS + 1]).reshape(-1, BOX_COLUMNS + 1)
    second = False
    if counts == {BOX_COLUMNS + 1}:
        at_end, behind_class = _share_in_frame(boxes[:, 1:5]), _share_in_frame(boxes[:, 2:6])
        second = behind_class >= 0.9 and behind_class > at_end + 0.1
    return YoloRowLayout(role, keypoint_shape, oriented, "second" if second else "end")


def _are_parallelograms(rows: list[list[float]]) -> bool:
    """Do the corners of every row form a parallelogram, as a rectangle does whatever the frame's proportions?"""
    corners = np.array([row[1:9] for row in rows]).reshape(-1, 4, 2)
    gap = np.abs(corners[:, 0] + corners[:, 2] - corners[:, 1] - corners[:, 3]).max(axis=1)
    return bool((gap < _TOLERANCE).mean() > 0.98)


def _share_in_frame(centered: np.ndarray) -> float:
    """How many of these x, y, w, h boxes lie inside the frame, 0..1."""
    inside = (np.abs(centered[:, :2] - 0.5) + centered[:, 2:] / 2 <= 0.5 + _TOLERANCE).all(axis=1)
    return float(inside.mean())


def _note_layout(layout: YoloRowLayout, description: YoloDescription | None, report: ImportReport) -> None:
    if description is None:
        report.note(
            "class_names_missing",
            Severity.WARNING,
            "There is no data.yaml or classes.txt with the names of the classes; only their numbers are known.",
            fix="Put the data.yaml beside the labels, or give a --class-map.",
        )
    if layout.oriented:
        report.note(
            "rows_of_corners", Severity.INFO, "Rows of four corners that form rectangles were read as oriented boxes."
        )
    if layout.confidence_at == "second":
        report.note(
            "confidence_second",
            Severity.WARNING,
            "The confidence stands behind the class, not at the end of the rows; it was read from there.",
        )


def _read_batches(
    files: list[Path],
    root: Path,
    names: list[str],
    images: list[Path | None],
    layout: YoloRowLayout,
    report: ImportReport,
) -> Iterator[ObjectBatch]:
    rows: list[YoloRow] = []
    for frame, path in enumerate(counted(files)):
        try:
            text = read_text(path)
        except InputError as error:
            report.note("file_unreadable", Severity.ERROR, "A label file cannot be read.", examples=[str(error)])
            continue
        rows += parse_file(text, frame, place_below(path, root), layout, report)
        while len(rows) >= BATCH_ROWS:
            yield from _batches(rows[:BATCH_ROWS], names, images, layout, report)
            rows = rows[BATCH_ROWS:]
    if rows:
        yield from _batches(rows, names, images, layout, report)


def _frame_sizes(frames: set[int], images: list[Path | None]) -> dict[int, tuple[int, int]]:
    """Width and height in pixels of those frames whose image is there."""
    sizes = {}
    for frame in frames:
        image = images[frame]
        info = None if image is None else read_image_info(image.parent, image.name)
        if info is not None and info.width and info.height:
            sizes[frame] = (info.width, info.height)
    return sizes


def _batches(
    rows: list[YoloRow], names: list[str], images: list[Path | None], layout: YoloRowLayout, report: ImportReport
) -> Iterator[ObjectBatch]:
    """One batch; with oriented boxes two: those in pixels, and those whose frame's size is not known."""
    if not layout.oriented:
        yield rows_to_batch(rows, names, layout, report)
        return
    sizes = _frame_sizes({row.frame for row in rows}, images)
    known = [row for row in rows if row.frame in sizes]
    unknown = [row for row in rows if row.frame not in sizes]
    if known:
        yield rows_to_batch(known, names, layout, report, frame_sizes=[sizes[row.frame] for row in known])
    if unknown:
        quads = sum(row.geometry is Geometry.ORIENTED_BOX for row in unknown)
        report.note(
            "oriented_box_as_polygon",
            Severity.WARNING,
            "Oriented boxes became polygons of four corners, because their images were not found.",
            count=quads,
            examples=[unknown[0].place],
            fix="Keep the images in an images folder beside the labels folder.",
        )
        yield rows_to_batch(unknown, names, layout, report)
