"""Which images are to be decoded, and what is to be measured on each and on its crops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from predscope.metrics.derived import features_of_metric
from predscope.metrics.features import FEATURES
from predscope.metrics.image_portions import portions
from predscope.metrics.looking import ImageFiles, Progress, look_at_files
from predscope.metrics.measuring import ImageBatch, ImageTask, crop_keys
from predscope.metrics.selection import Selection, current_sets
from predscope.metrics.store import Store
from predscope.metrics.workspace import Workspace
from predscope.project import ObjectSet
from predscope.project.frame_images import index_folder

_NO_BOXES: Final = np.zeros((0, 4), np.int32)


@dataclass
class ImagePlan:
    """What is to be done with the images.

    Attributes:
        files: the images as they lie there.
        batches: images to decode.
        count: how many.
    """

    files: ImageFiles
    batches: list[ImageBatch] = field(default_factory=list)
    count: int = 0


@dataclass(frozen=True)
class _Missing:
    """What has not been computed of some things.

    Attributes:
        names: of metrics or features.
        frame: int64 (n,): frame of each thing.
        box: int32 (n, 4): of crops; without rows for frames.
        is_missing: bool (n, names).
    """

    names: tuple[str, ...]
    frame: np.ndarray
    box: np.ndarray
    is_missing: np.ndarray

    def by_frame(self, count: int) -> np.ndarray:
        """bool (count, names): whether a frame lacks something."""
        result = np.zeros((count, len(self.names)), bool)
        for place in range(len(self.names)):
            result[self.frame[self.is_missing[:, place]], place] = True
        return result

    def boxes(self) -> dict[int, np.ndarray]:
        """By frame: the boxes of the crops that lack something, each once."""
        chosen = np.flatnonzero(self.is_missing.any(axis=1)) if self.names else np.zeros(0, np.int64)
        _, first = np.unique(crop_keys(self.frame[chosen], self.box[chosen]), return_index=True)
        chosen = chosen[first]
        chosen = chosen[np.argsort(self.frame[chosen], kind="stable")]
        if not len(chosen):
            return {}
        frame, box = self.frame[chosen], self.box[chosen]
        starts = np.flatnonzero(np.diff(frame, prepend=-1))
        return dict(zip(frame[starts].tolist(), np.split(box, starts[1:]), strict=True))


def plan_images(workspace: Workspace, selection: Selection, progress: Progress | None = None) -> ImagePlan:
    """Compare what is kept with what is asked for."""
    wants = [
        [metric.name for metric in selection.needing("pixels", frames=True)],
        selection.features("pixels", frames=True),
        [metric.name for metric in selection.needing("pixels", frames=False)],
        selection.features("pixels", frames=False),
    ]
    if not selection.is_of_pixels:
        return ImagePlan(ImageFiles(np.zeros(len(workspace.project.frames_table), np.uint64)))
    files = look_at_files(workspace, progress)
    column_of = {metric.name: metric.key for metric in selection.metrics}
    column_of |= {name: feature.key for name, feature in FEATURES.items()}
    frame_count = len(files.contents)
    of_frames = _missing_on_frames(workspace, files, [*wants[0], *wants[1]], column_of)
    of_crops = _missing_on_crops(workspace, selection, files, wants[2], column_of, is_feature=False)
    of_feature_crops = _missing_on_crops(workspace, selection, files, wants[3], column_of, is_feature=True)
    # Images that lack the same things go together, so that nothing is measured twice.
    lacking = np.concatenate([part.by_frame(frame_count) for part in (of_frames, of_crops, of_feature_crops)], axis=1)
    names = np.array([name for part in wants for name in part])
    borders = np.cumsum([len(part) for part in wants])[:-1]
    boxes, feature_boxes = of_crops.boxes(), of_feature_crops.boxes()
    plan, videos = ImagePlan(files), index_folder(workspace.project)
    for frames, pattern in _groups(lacking):
        lists = [tuple(part.tolist()) for part in _split_names(names, pattern, borders)]
        for portion in portions(workspace.project, frames):
            tasks = _tasks(workspace, files, portion, boxes, feature_boxes)
            plan.batches.append(ImageBatch(tasks, lists[0], lists[2], lists[1], lists[3], videos))
            plan.count += len(tasks)
    return plan


def _missing_on_frames(
    workspace: Workspace, files: ImageFiles, names: list[str], column_of: dict[str, str]
) -> _Missing:
    frame = np.flatnonzero(files.is_there)
    return _Missing(
        tuple(names), frame, _NO_BOXES, _not_kept(workspace.frames, files.contents[frame], names, column_of)
    )


def _missing_on_crops(
    workspace: Workspace,
    selection: Selection,
    files: ImageFiles,
    names: list[str],
    column_of: dict[str, str],
    *,
    is_feature: bool,
) -> _Missing:
    """Of the crops of all sets that are measured so."""
    frames, boxes, missing = [np.zeros(0, np.int64)], [_NO_BOXES], [np.zeros((0, len(names)), bool)]
    is_there = files.is_there
    for objects in current_sets(workspace.project) if names else ():
        is_asked = np.array([_is_measured_on(selection, name, objects, is_feature=is_feature) for name in names])
        if not is_asked.any():
            continue
        frame, box = workspace.object_block(objects).frame, workspace.crops_of(objects)
        chosen = np.flatnonzero(is_there[frame] & (box[:, 2] > box[:, 0]) & (box[:, 3] > box[:, 1]))
        frame, box = frame[chosen], box[chosen]
        contents = files.contents[frame]
        not_kept = _not_kept(workspace.crops, crop_keys(contents, box), names, column_of)
        not_kept[contents == 0] = True
        frames.append(frame)
        boxes.append(box)
        missing.append(not_kept & is_asked)
    return _Missing(tuple(names), np.concatenate(frames), np.concatenate(boxes), np.concatenate(missing))


def _is_measured_on(selection: Selection, name: str, objects: ObjectSet, *, is_feature: bool) -> bool:
    if is_feature:
        return any(name in features_of_metric(m) and m.measured_on.covers(objects.role) for m in selection.metrics)
    return any(name == m.name and m.measured_on.covers(objects.role) for m in selection.metrics)


def _not_kept(store: Store, keys: np.ndarray, names: list[str], column_of: dict[str, str]) -> np.ndarray:
    """bool (keys, names)."""
    kept = store.read([column_of[name] for name in names])
    result = np.ones((len(keys), len(names)), bool)
    for place, name in enumerate(names):
        result[:, place] = ~kept.is_known(column_of[name], keys)
    return result


def _groups(lacking: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Frames that lack something, those that lack the same together; and what."""
    frames = np.flatnonzero(lacking.any(axis=1))
    if not len(frames):
        return
    patterns, group = np.unique(lacking[frames], axis=0, return_inverse=True)
    for place, pattern in enumerate(patterns):
        yield frames[group.reshape(-1) == place], pattern


def _split_names(names: np.ndarray, pattern: np.ndarray, borders: np.ndarray) -> list[np.ndarray]:
    """The names of the pattern, in the four lists that they come from."""
    return [part[chosen] for part, chosen in zip(np.split(names, borders), np.split(pattern, borders), strict=True)]


def _tasks(
    workspace: Workspace,
    files: ImageFiles,
    frames: Sequence[int] | np.ndarray,
    boxes: dict[int, np.ndarray],
    feature_boxes: dict[int, np.ndarray],
) -> tuple[ImageTask, ...]:
    tasks = []
    for frame in (int(index) for index in frames):
        source = workspace.project.pixel_source(frame)
        if source is not None:
            mine, mine_too = boxes.get(frame, _NO_BOXES), feature_boxes.get(frame, _NO_BOXES)
            tasks.append(ImageTask(frame, source, files.stamps[frame].apply_exif, mine, mine_too))
    return tuple(tasks)
