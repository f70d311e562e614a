"""Which images go to a worker together.

Frames of a video go in longer portions, that begin where decoding can begin if there is such a frame near: so whichever
worker has a portion decodes hardly anything that is not measured.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from predscope.errors import InputError
from predscope.media.naming import split_video_frame
from predscope.media.video_index import video_index
from predscope.project import Project
from predscope.project.frame_images import index_folder

IMAGES_A_BATCH: Final = 24
_MOST_VIDEO_FRAMES: Final = 96


def portions(project: Project, frames: Iterable[int]) -> Iterator[list[int]]:
    """Frame indices, in their order, in portions for one worker each."""
    names = project.frames_table["image_path"]
    placed = ((int(frame), split_video_frame(names[int(frame)].as_py() or "")) for frame in frames)
    for video, run in itertools.groupby(placed, key=lambda entry: None if entry[1] is None else entry[1][0]):
        entries = list(run)
        indices = [frame for frame, _ in entries]
        if video is None:
            yield from (indices[at : at + IMAGES_A_BATCH] for at in range(0, len(indices), IMAGES_A_BATCH))
            continue
        numbers = np.array([place[1] for _, place in entries if place is not None], np.int64)
        start = 0
        for stop in cuts(numbers, _key_frames(project, indices[0])):
            yield indices[start:stop]
            start = stop


def cuts(numbers: np.ndarray, key_frames: np.ndarray) -> list[int]:
    """Where portions of a video end: before a key frame, if one is in reach.

    Args:
        numbers: int64 (n,): frames of the video, rising.
        key_frames: int64 (k,): frames at which decoding can begin, rising.

    Returns:
        Positions in ``numbers``; the last is n.
    """
    begins = np.searchsorted(key_frames, numbers, side="right")
    is_boundary = np.diff(begins, prepend=-1) > 0
    found: list[int] = []
    start = 0
    while start < len(numbers):
        stop = min(start + _MOST_VIDEO_FRAMES, len(numbers))
        if stop < len(numbers):
            near = np.flatnonzero(is_boundary[start + IMAGES_A_BATCH : stop + 1])
            stop = start + IMAGES_A_BATCH + int(near[-1]) if len(near) else stop
        found.append(stop)
        start = stop
    return found


def _key_frames(project: Project, frame_index: int) -> np.ndarray:
    source = project.pixel_source(frame_index)
    try:
        return video_index(source.file, index_folder(project)).key_frames if source else np.zeros(0, np.int64)
    except InputError:
        return np.zeros(0, np.int64)
