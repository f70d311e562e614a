"""Which image files have changed since they were last measured: by size and time of change, without opening them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from predscope.media.naming import ARCHIVE_SUFFIXES, split_archive_member, split_video_frame
from predscope.metrics.image_index import ImageRecord
from predscope.metrics.image_source import source_content_key
from predscope.metrics.workspace import Workspace

_HASHING_THREADS: Final = 4

Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class Stamp:
    """An image file as it lies there now: as the index spells it, in bytes and nanoseconds."""

    path: str
    file_size: int
    modified_ns: int
    apply_exif: bool

    def record(self, content: int, problem: str) -> ImageRecord:
        """For the index: what it turned out to hold."""
        return ImageRecord(self.path, self.file_size, self.modified_ns, self.apply_exif, content, problem)


@dataclass(slots=True)
class ImageFiles:
    """The images of all frames of a project.

    Attributes:
        contents: uint64 (frames,): see ``pixels.content_key``; 0: not known, or no file.
        stamps: by frame; frames without a file are not in it.
        problems: by frame: why its image cannot be decoded, where that is known.
        records: images that need not be decoded although their file has changed: under another name or time they are
            old acquaintances.
    """

    contents: np.ndarray
    stamps: dict[int, Stamp] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    records: list[ImageRecord] = field(default_factory=list)

    @property
    def is_there(self) -> np.ndarray:
        """bool (frames,)."""
        result = np.zeros(len(self.contents), bool)
        result[list(self.stamps)] = True
        return result


def look_at_files(workspace: Workspace, progress: Progress | None = None) -> ImageFiles:
    """Compare the image files with the index. Only those that have changed are read, to be hashed.

    With an empty index nothing is read: there is nothing that they could turn out to be.
    """
    project = workspace.project
    table, root = project.frames_table, project.images_root
    known = workspace.images.read()
    files = ImageFiles(np.zeros(len(table), np.uint64))
    if root is None:
        return files
    changed: list[int] = []
    states = _States(root)
    names = zip(table["image_path"].to_pylist(), table["apply_exif"].to_pylist(), strict=True)
    for frame, (path, apply_exif) in enumerate(names):
        stamp = None if path is None else states.stamp(path, apply_exif=apply_exif is not False)
        if stamp is None:
            continue
        files.stamps[frame] = stamp
        record = known.get(stamp.path)
        if record is not None and record == stamp.record(record.content, record.problem):
            files.contents[frame] = record.content
            if record.problem:
                files.problems[frame] = record.problem
        else:
            changed.append(frame)
    if known and changed:
        problem_of = {record.content: record.problem for record in known.values()}
        for frame, content in zip(changed, _hash_files(workspace, files, changed, progress), strict=True):
            if content in problem_of:
                files.contents[frame] = content
                files.records.append(files.stamps[frame].record(content, problem_of[content]))
                if problem_of[content]:
                    files.problems[frame] = problem_of[content]
    return files


class _States:
    """Sizes and times of image files, and of the videos and archives that others are in: of those asked once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._containers: dict[str, tuple[int, int] | None] = {}

    def stamp(self, name: str, *, apply_exif: bool) -> Stamp | None:
        """Of an image by its name; None: there is no such file."""
        state = self._state(name)
        return None if state is None else Stamp(name, *state, apply_exif)

    def _state(self, name: str) -> tuple[int, int] | None:
        if self._root.suffix.lower() in ARCHIVE_SUFFIXES and self._root.is_file():
            return self._of_container("")
        frame = split_video_frame(name)
        if frame is not None:
            return self._of_container(frame[0])
        state = _size_and_time(f"{self._root}{os.sep}{name}")
        member = split_archive_member(name) if state is None else None
        return state if member is None else self._of_container(member[0])

    def _of_container(self, name: str) -> tuple[int, int] | None:
        if name not in self._containers:
            self._containers[name] = _size_and_time(f"{self._root}{os.sep}{name}" if name else str(self._root))
        return self._containers[name]


def _size_and_time(path: str) -> tuple[int, int] | None:
    try:
        state = os.stat(path)  # noqa: PTH116 - three times as fast, and asked of every frame
    except OSError:
        return None
    return state.st_size, state.st_mtime_ns


def _hash_files(workspace: Workspace, files: ImageFiles, frames: list[int], progress: Progress | None) -> list[int]:
    def content_of(frame: int) -> int:
        source = workspace.project.pixel_source(frame)
        return 0 if source is None else source_content_key(source, apply_exif=files.stamps[frame].apply_exif)

    contents: list[int] = []
    with ThreadPoolExecutor(_HASHING_THREADS) as pool:
        for content in pool.map(content_of, frames):
            contents.append(content)
            if progress is not None:
                progress(len(contents), len(frames), "Looking at changed images")
    return contents
