"""The head of CVAT's XML: the task, its frames and its labels."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final
from xml.etree.ElementTree import Element

from predscope.formats.cvat.shapes import UNKNOWN_SIZE, FrameSize
from predscope.formats.json_files.values import as_color, as_size, as_text, as_whole
from predscope.schema import DeclaredClass, DeclaredFrame

_VIDEO_SUFFIXES: Final = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv"})
_MAX_DECLARED: Final = 200_000
_NUMBERED: Final = re.compile(r"(?:.*/)?frame_\d+(?:\.\w+)?", re.IGNORECASE)
_EDGE: Final = re.compile(r"<line\b[^>]*>")
_NODE: Final = re.compile(r"<circle\b[^>]*>")
_DATA: Final = re.compile(r'data-(node-from|node-to|node-id|label-name)="([^"]*)"')


@dataclass(slots=True)
class CvatContents:
    """What the first pass over a file found.

    Attributes:
        source: name of the task's video or archive.
        images: frames of ``<image>`` elements.
        frames: numbers of the frames that tracks speak of.
        listed: numbers of all frames of the task, if it gives them.
        step: between two frames of the task.
        size: of the frames of the video.
    """

    version: str = ""
    source: str = ""
    images: list[DeclaredFrame] = field(default_factory=list)
    classes: list[DeclaredClass] | None = None
    frames: set[int] = field(default_factory=set)
    listed: range = range(0)
    step: int = 1
    size: FrameSize = UNKNOWN_SIZE

    @property
    def is_video(self) -> bool:
        return PurePosixPath(self.source.replace("\\", "/")).suffix.lower() in _VIDEO_SUFFIXES

    def video_frame(self, index: int, size: FrameSize | None = None) -> DeclaredFrame:
        size = size or self.size
        video = self.source or "video"
        return DeclaredFrame(f"{video}#{index}", None, size.width, size.height, video, index)

    def image_frame(self, element: Element) -> DeclaredFrame:
        """The frame of an ``<image>``; one of a video, whose images CVAT names ``frame_000012``, goes by its number."""
        size = FrameSize(as_size(element.get("width")), as_size(element.get("height")))
        number, name = as_whole(element.get("id")), as_text(element.get("name"))
        if self.is_video and number is not None and (name is None or _NUMBERED.fullmatch(name)):
            return self.video_frame(number, size)
        attributes = {key: text for key in ("subset", "task_id") if (text := as_text(element.get(key)))}
        return DeclaredFrame(
            name or f"image {number}", as_text(element.get("id")), size.width, size.height, None, None, attributes
        )

    def declared_frames(self) -> list[DeclaredFrame]:
        if not self.frames and self.images:
            return self.images
        wanted = sorted(self.frames | set(self.listed))
        return [*self.images, *(self.video_frame(index) for index in wanted)]


def read_meta(meta: Element, contents: CvatContents) -> None:
    source = meta.findtext("source") or meta.findtext(".//source") or ""
    contents.source = source.strip()
    size = meta.find(".//original_size")
    if size is not None:
        contents.size = FrameSize(as_size(size.findtext("width")), as_size(size.findtext("height")))
    step = re.fullmatch(r"\s*step\s*=\s*(\d+)\s*", meta.findtext(".//frame_filter") or "")
    contents.step = max(int(step.group(1)[:6]), 1) if step else 1
    first, last = as_whole(meta.findtext(".//start_frame")), as_whole(meta.findtext(".//stop_frame"))
    is_track_task = (meta.findtext(".//mode") or "").strip() == "interpolation"
    if is_track_task and first is not None and last is not None and 0 <= last - first < _MAX_DECLARED and first >= 0:
        contents.listed = range(first, last + 1, contents.step)
    labels = meta.findall(".//labels/label")
    if labels:
        contents.classes = _read_classes(labels)


def _read_classes(labels: list[Element]) -> list[DeclaredClass]:
    names: list[tuple[str, str, str, str | None]] = []
    for label in labels:
        name = (label.findtext("name") or "").strip()
        if name:
            names.append(
                (
                    name,
                    (label.findtext("parent") or "").strip(),
                    label.findtext("svg") or "",
                    as_color(label.findtext("color")),
                )
            )
    classes = []
    for name, parent, drawing, color in names:
        if parent:  # a point of a skeleton
            continue
        points = tuple(inner for inner, owner, *_ in names if owner == name)
        classes.append(DeclaredClass(name, keypoints=points, skeleton=_skeleton(drawing, points), color=color))
    return classes


def _skeleton(drawing: str, points: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Edges between a class's points, from the drawing that CVAT keeps of it."""
    position = {name: index for index, name in enumerate(points)}
    node: dict[str, int] = {}
    for index, match in enumerate(_NODE.finditer(drawing)):
        data = dict(_DATA.findall(match.group()))
        node[data.get("node-id", str(index + 1))] = position.get(data.get("label-name", ""), index)
    edges = []
    for match in _EDGE.finditer(drawing):
        data = dict(_DATA.findall(match.group()))
        ends = node.get(data.get("node-from", ""), -1), node.get(data.get("node-to", ""), -1)
        if all(0 <= end < len(points) for end in ends):
            edges.append(ends)
    return tuple(edges)
